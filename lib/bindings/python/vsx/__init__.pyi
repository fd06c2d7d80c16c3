from os import PathLike
from typing import (Any, Callable, Final, Iterable, Iterator, Literal,
                    Optional, Sequence, Tuple, Union, final)

from .collection import Collection as Collection

_Path = Union[str, bytes, PathLike[str], PathLike[bytes]]
# Whatever has the buffer protocol, or nested sequences of numbers.
_Array = Any
_Text = Union[str, bytes]
_Texts = Sequence[Optional[_Text]]
_Metric = Literal["l2", "ip", "cosine"]
_Elem = Literal["f32", "f16", "bf16", "i8", "u8"]
# progress(what, text, done, total, unit); what is "progress" or "note".
_Progress = Callable[[str, str, int, int, str], object]

__version__: str
isa: str

class Error(Exception):
    status: int
    row: Optional[int]
    query: Optional[int]
    page: Optional[int]
    segment: Optional[int]
    section: Optional[str]
    errno: Any  # int or None; of OSError, too

class InvalidError(Error, ValueError): ...
class NotFoundError(Error, KeyError): ...
class NumericError(Error, ValueError): ...
class ExistsError(Error, FileExistsError): ...
class CorruptError(Error): ...
class TruncatedError(Error): ...
class FormatError(Error, ValueError): ...
class VersionError(Error): ...
class SystemError(Error, OSError): ...
class NoFileError(SystemError, FileNotFoundError): ...
class AccessError(SystemError, PermissionError): ...
class OutOfMemoryError(Error, MemoryError): ...
class StoppedError(Error, TimeoutError): ...
class BusyError(Error, BlockingIOError): ...

@final
class Selection:
    def ids(self) -> Any: ...
    def __len__(self) -> int: ...

_Filter = Union[str, Selection]
# bool, int, float, str, datetime, lists of these, None.
_Fields = Sequence[Optional[dict[str, Any]]]

@final
class Index:
    fields: Final[dict[str, str]]
    dim: Final[int]
    spec: Final[str]
    asked: Final[str]
    kept: Final[str]
    generation: Final[int]
    n_rows: Final[int]
    n_live: Final[int]
    n_segments: Final[int]
    file_bytes: Final[int]
    heap_bytes: Final[int]
    deleted_bytes: Final[int]
    superseded_bytes: Final[int]
    default_effort: Final[int]
    default_refine: Final[float]
    effort_name: Final[str]
    target_recall: Final[float]
    normalised: Final[bool]
    format_version: Final[int]
    seed: Final[int]
    has_keys: Final[bool]
    has_payload: Final[bool]
    metric: Final[_Metric]
    dtype: Final[_Elem]
    path: Final[str]
    closed: Final[bool]
    built: Final[Optional[dict[str, Any]]]
    properties: Final[dict[str, str]]
    recalls: Final[list[dict[str, float]]]

    def search(self, x: _Array, k: int = 10, *, ef: int = 0, nprobe: int = 0,
               recall: float = 0.0, refine: float = 0.0,
               slack: float = 0.0, exact: bool = False, threads: int = 0,
               filter: Optional[_Filter] = None,
               timeout: Optional[float] = None,
               out: Optional[Tuple[_Array, _Array]] = None,
               group_by: Optional[str] = None,
               ) -> Tuple[Any, Any]: ...
    def range_search(self, x: _Array, radius: float, *, max: int = 0,
                     ef: int = 0, nprobe: int = 0, recall: float = 0.0,
                     exact: bool = False, filter: Optional[_Filter] = None,
                     timeout: Optional[float] = None,
                     ) -> Tuple[Any, Any, Any]: ...
    def search_id(self, id: int, k: int = 10, *, ef: int = 0, nprobe: int = 0,
                  recall: float = 0.0, refine: float = 0.0,
                  slack: float = 0.0, exact: bool = False,
                  filter: Optional[_Filter] = None,
                  timeout: Optional[float] = None,
                  group_by: Optional[str] = None) -> Tuple[Any, Any]: ...
    def reconstruct(self, id: int, /) -> Any: ...
    def reconstruct_batch(self, ids: Union[_Array, Sequence[int]], /) -> Any: ...
    def row(self, id: int, /) -> Any: ...
    def ids(self) -> Any: ...
    def select(self, filter: Optional[str] = None, *,
               ids: Union[_Array, Sequence[int], None] = None,
               keys: Optional[Sequence[_Text]] = None) -> Selection: ...
    def find(self, key: _Text, /) -> int: ...
    def keys(self, ids: Union[_Array, Sequence[int]], /,
             ) -> list[Union[str, bytes, None]]: ...
    def payloads(self, ids: Union[_Array, Sequence[int]], /,
                 ) -> list[Optional[bytes]]: ...
    def values(self, ids: Union[_Array, Sequence[int]], /,
               ) -> list[dict[str, Any]]: ...
    def add(self, x: _Array, ids: Union[_Array, Sequence[int], None] = None, *,
            keys: Optional[_Texts] = None, payload: Optional[_Texts] = None,
            fields: Optional[_Fields] = None, threads: int = 0, memory: int = 0, wait: float = 0.0,
            progress: Optional[_Progress] = None) -> dict[str, Any]: ...
    def upsert(self, x: _Array, ids: Union[_Array, Sequence[int], None] = None,
               *, keys: Optional[_Texts] = None,
               payload: Optional[_Texts] = None,
               fields: Optional[_Fields] = None, threads: int = 0, memory: int = 0, wait: float = 0.0,
               progress: Optional[_Progress] = None) -> dict[str, Any]: ...
    def remove(self, ids: Union[_Array, Sequence[int], None] = None, *,
               keys: Optional[Sequence[_Text]] = None,
               where: Optional[_Filter] = None, wait: float = 0.0,
               ) -> dict[str, Any]: ...
    def compact(self, out: Optional[_Path] = None, *,
                spec: Optional[str] = None, threads: int = 0, memory: int = 0,
                wait: float = 0.0, overwrite: bool = False,
                progress: Optional[_Progress] = None) -> dict[str, Any]: ...
    def verify(self, level: Literal["full", "pages", "quick"] = "full", *,
               min_recall: float = 0.0, threads: int = 0,
               progress: Optional[_Progress] = None) -> dict[str, Any]: ...
    def backup(self, repo: _Path, name: Optional[str] = None, *,
               wait: float = 0.0, progress: Optional[_Progress] = None,
               ) -> dict[str, Any]: ...
    def effort_for(self, recall: float, k: int = 10, /,
                   ) -> Tuple[int, float]: ...
    def refresh(self) -> bool: ...
    def view(self) -> Index: ...
    def close(self) -> None: ...
    def __enter__(self) -> Index: ...
    def __exit__(self, *exception: object) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[int]: ...
    def __contains__(self, id: object) -> bool: ...
    def __getitem__(self, id: Union[int, _Text]) -> Any: ...

def open(path: _Path, *, check: Literal["touch", "none", "all"] = "touch",
         preload: Literal["none", "hot", "all"] = "none", copy: bool = False,
         memory: int = 0, untrusted: bool = False, lock_memory: bool = False,
         ) -> Index: ...
def build(x: Union[_Array, Iterable[_Array], Iterable[Tuple[_Array, _Array]]],
          path: _Path, spec: Optional[str] = None, *, metric: _Metric = "l2",
          dtype: _Elem = "f32",
          ids: Union[_Array, Sequence[int], None] = None,
          keys: Optional[_Texts] = None, payload: Optional[_Texts] = None,
          fields: Optional[_Fields] = None,
          queries: Optional[_Array] = None, recall: float = 0.0,
          overwrite: bool = False, threads: int = 0, memory: int = 0,
          seed: int = 0, normalize: bool = False, ef_construction: int = 0,
          builder: Literal["auto", "insert", "partition"] = "auto",
          model: Optional[str] = None, model_hash: Optional[str] = None,
          properties: Optional[dict[str, str]] = None,
          progress: Optional[_Progress] = None, wait: float = 0.0,
          max_bytes_per_row: int = 0,
          ) -> Index: ...
def restore(repo: _Path, path: _Path, name: str = "latest", *,
            overwrite: bool = False, wait: float = 0.0) -> dict[str, Any]: ...
