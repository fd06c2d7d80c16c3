from os import PathLike
from typing import (Any, Callable, Iterable, Iterator, Literal, Optional,
                    Sequence, Tuple, Union)

from .collection import Collection as Collection

Path = Union[str, bytes, PathLike[str], PathLike[bytes]]
# Whatever has the buffer protocol, or nested sequences of numbers.
Array = Any
Text = Union[str, bytes]
Texts = Sequence[Optional[Text]]
Metric = Literal["l2", "ip", "cosine"]
Elem = Literal["f32", "f16", "bf16", "i8", "u8"]
# progress(what, text, done, total, unit); what is "progress" or "note".
Progress = Callable[[str, str, int, int, str], object]

__version__: str
isa: str

class Error(Exception):
    status: int
    row: Optional[int]
    query: Optional[int]
    page: Optional[int]
    segment: Optional[int]
    section: Optional[str]
    errno: Optional[int]

class InvalidError(Error, ValueError): ...
class NotFoundError(Error, KeyError): ...
class NumericError(Error, ValueError): ...
class ExistsError(Error, FileExistsError): ...
class CorruptError(Error): ...
class TruncatedError(Error): ...
class FormatError(Error, ValueError): ...
class VersionError(Error): ...
class SystemError(Error, OSError): ...
class OutOfMemoryError(Error, MemoryError): ...
class StoppedError(Error, TimeoutError): ...
class BusyError(Error, BlockingIOError): ...

class Selection:
    def ids(self) -> Any: ...
    def __len__(self) -> int: ...

Filter = Union[str, Selection]
# bool, int, float, str, datetime, lists of these, None.
Fields = Sequence[Optional[dict[str, Any]]]

class Index:
    fields: dict[str, str]
    dim: int
    spec: str
    asked: str
    kept: str
    generation: int
    n_rows: int
    n_live: int
    n_segments: int
    file_bytes: int
    heap_bytes: int
    deleted_bytes: int
    superseded_bytes: int
    default_effort: int
    default_refine: float
    effort_name: str
    target_recall: float
    normalised: bool
    format_version: int
    seed: int
    has_keys: bool
    has_payload: bool
    metric: Metric
    dtype: Elem
    path: str
    closed: bool
    built: Optional[dict[str, Any]]
    properties: dict[str, str]
    recalls: list[dict[str, float]]

    def search(self, x: Array, k: int = 10, *, ef: int = 0, nprobe: int = 0,
               recall: float = 0.0, refine: float = 0.0,
               slack: float = 0.0, exact: bool = False, threads: int = 0,
               filter: Optional[Filter] = None,
               timeout: Optional[float] = None,
               out: Optional[Tuple[Array, Array]] = None,
               group_by: Optional[str] = None,
               ) -> Tuple[Any, Any]: ...
    def range_search(self, x: Array, radius: float, *, max: int = 0,
                     ef: int = 0, nprobe: int = 0, recall: float = 0.0,
                     exact: bool = False, filter: Optional[Filter] = None,
                     timeout: Optional[float] = None,
                     ) -> Tuple[Any, Any, Any]: ...
    def search_id(self, id: int, k: int = 10, *, ef: int = 0, nprobe: int = 0,
                  recall: float = 0.0, refine: float = 0.0,
                  slack: float = 0.0, exact: bool = False,
                  filter: Optional[Filter] = None,
                  timeout: Optional[float] = None,
                  group_by: Optional[str] = None) -> Tuple[Any, Any]: ...
    def reconstruct(self, id: int, /) -> Any: ...
    def reconstruct_batch(self, ids: Union[Array, Sequence[int]], /) -> Any: ...
    def row(self, id: int, /) -> Any: ...
    def ids(self) -> Any: ...
    def select(self, filter: Optional[str] = None, *,
               ids: Union[Array, Sequence[int], None] = None,
               keys: Optional[Sequence[Text]] = None) -> Selection: ...
    def find(self, key: Text, /) -> int: ...
    def keys(self, ids: Union[Array, Sequence[int]], /,
             ) -> list[Union[str, bytes, None]]: ...
    def payloads(self, ids: Union[Array, Sequence[int]], /,
                 ) -> list[Optional[bytes]]: ...
    def values(self, ids: Union[Array, Sequence[int]], /,
               ) -> list[dict[str, Any]]: ...
    def add(self, x: Array, ids: Union[Array, Sequence[int], None] = None, *,
            keys: Optional[Texts] = None, payload: Optional[Texts] = None,
            fields: Optional[Fields] = None, threads: int = 0, memory: int = 0, wait: float = 0.0,
            progress: Optional[Progress] = None) -> dict[str, Any]: ...
    def upsert(self, x: Array, ids: Union[Array, Sequence[int], None] = None,
               *, keys: Optional[Texts] = None,
               payload: Optional[Texts] = None,
               fields: Optional[Fields] = None, threads: int = 0, memory: int = 0, wait: float = 0.0,
               progress: Optional[Progress] = None) -> dict[str, Any]: ...
    def remove(self, ids: Union[Array, Sequence[int], None] = None, *,
               keys: Optional[Sequence[Text]] = None,
               where: Optional[Filter] = None, wait: float = 0.0,
               ) -> dict[str, Any]: ...
    def compact(self, out: Optional[Path] = None, *,
                spec: Optional[str] = None, threads: int = 0, memory: int = 0,
                wait: float = 0.0, overwrite: bool = False,
                progress: Optional[Progress] = None) -> dict[str, Any]: ...
    def verify(self, level: Literal["full", "pages", "quick"] = "full", *,
               min_recall: float = 0.0, threads: int = 0,
               progress: Optional[Progress] = None) -> dict[str, Any]: ...
    def backup(self, repo: Path, name: Optional[str] = None, *,
               wait: float = 0.0, progress: Optional[Progress] = None,
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
    def __getitem__(self, id: Union[int, Text]) -> Any: ...

def open(path: Path, *, check: Literal["touch", "none", "all"] = "touch",
         preload: Literal["none", "hot", "all"] = "none", copy: bool = False,
         memory: int = 0, untrusted: bool = False, lock_memory: bool = False,
         ) -> Index: ...
def build(x: Union[Array, Iterable[Array], Iterable[Tuple[Array, Array]]],
          path: Path, spec: Optional[str] = None, *, metric: Metric = "l2",
          dtype: Elem = "f32",
          ids: Union[Array, Sequence[int], None] = None,
          keys: Optional[Texts] = None, payload: Optional[Texts] = None,
          fields: Optional[Fields] = None,
          queries: Optional[Array] = None, recall: float = 0.0,
          overwrite: bool = False, threads: int = 0, memory: int = 0,
          seed: int = 0, normalize: bool = False, ef_construction: int = 0,
          builder: Literal["auto", "insert", "partition"] = "auto",
          model: Optional[str] = None, model_hash: Optional[str] = None,
          properties: Optional[dict[str, str]] = None,
          progress: Optional[Progress] = None, wait: float = 0.0,
          max_bytes_per_row: int = 0,
          ) -> Index: ...
def restore(repo: Path, path: Path, name: str = "latest", *,
            overwrite: bool = False, wait: float = 0.0) -> dict[str, Any]: ...
