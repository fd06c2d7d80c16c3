from typing import Any, Callable, Iterable, Optional, Sequence, Union

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from . import _Path
from .collection import Collection, _Where

_Filter = Union[_Where, Callable[[dict[str, Any]], bool], None]
_Scored = list[tuple[Document, float]]

class VSX(VectorStore):
    def __init__(self, embedding: Embeddings, path: _Path, *,
                 metric: str = "cosine", spec: Optional[str] = None,
                 wait: float = 60.0) -> None: ...
    @classmethod
    def from_texts(cls, texts: list[str], embedding: Embeddings,
                   metadatas: Optional[list[dict[str, Any]]] = None, *,
                   ids: Optional[list[str]] = None, path: _Path,
                   **options: Any) -> VSX: ...
    @property
    def embeddings(self) -> Embeddings: ...
    @property
    def collection(self) -> Collection: ...
    def close(self) -> None: ...
    def add_texts(self, texts: Iterable[str],
                  metadatas: Optional[list[dict[str, Any]]] = None, *,
                  ids: Optional[Sequence[Optional[str]]] = None,
                  **kwargs: Any) -> list[str]: ...
    def add_documents(self, documents: list[Document],
                      **kwargs: Any) -> list[str]: ...
    def delete(self, ids: Optional[list[str]] = None,
               **kwargs: Any) -> bool: ...
    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]: ...
    def similarity_search(self, query: str, k: int = 4, filter: _Filter = None,
                          **kwargs: Any) -> list[Document]: ...
    def similarity_search_by_vector(
        self, embedding: list[float], k: int = 4, filter: _Filter = None,
        **kwargs: Any) -> list[Document]: ...
    def similarity_search_with_score(
        self, query: str, k: int = 4, filter: _Filter = None,
        **kwargs: Any) -> _Scored: ...
    def similarity_search_with_score_by_vector(
        self, embedding: list[float], k: int = 4, filter: _Filter = None,
        **kwargs: Any) -> _Scored: ...
    def max_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20,
        lambda_mult: float = 0.5, filter: _Filter = None,
        **kwargs: Any) -> list[Document]: ...
    def max_marginal_relevance_search_by_vector(
        self, embedding: list[float], k: int = 4, fetch_k: int = 20,
        lambda_mult: float = 0.5, filter: _Filter = None,
        **kwargs: Any) -> list[Document]: ...
