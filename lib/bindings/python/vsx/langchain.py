"""A vector store for LangChain: vsx.langchain.VSX, over one file.

    from vsx.langchain import VSX
    store = VSX.from_texts(texts, embedding, metadatas, path="docs.vsx")
    store.similarity_search("what is said", k=4, filter={"lang": "en"})

Needs langchain-core. Filters are those of vsx.Collection, and choose before the
search: k documents come back while there are k that pass.
"""

import uuid

from langchain_core.documents import Document
from langchain_core.vectorstores import VectorStore

from .collection import Collection


class VSX(VectorStore):
    """Documents in the file `path`, which the first of them makes.

    embedding  LangChain's Embeddings: texts and questions to vectors
    metric     'cosine', 'l2' or 'ip', of a new file
    spec       of a new file, such as 'HNSW32'; None: what suits the rows
    wait       seconds to wait for another writer

    Scores are what vsx gives: similarities for cosine and ip, squared distances
    for l2. Relevance scores are from 0 to 1, 1 the nearest, for every metric.
    """

    def __init__(self, embedding, path, *, metric="cosine", spec=None,
                 wait=60.0):
        self._embedding = embedding
        self._collection = Collection(path, metric=metric, spec=spec,
                                      wait=wait)
        self._metric = metric

    @classmethod
    def from_texts(cls, texts, embedding, metadatas=None, *, ids=None, path,
                   **options):
        """A store with these texts; options as for the class."""
        store = cls(embedding, path, **options)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    @property
    def embeddings(self):
        return self._embedding

    @property
    def collection(self):
        """The vsx.Collection below it."""
        return self._collection

    def close(self):
        """Close the file; the next call opens it again."""
        self._collection.close()

    # ---- writing ---------------------------------------------------------

    def add_texts(self, texts, metadatas=None, *, ids=None, **kwargs):
        """Add texts, in place of those that have these ids; gives the ids."""
        texts = list(texts)
        ids = [None] * len(texts) if ids is None else list(ids)
        ids = [str(uuid.uuid4()) if i is None else i for i in ids]
        # The last of an id counts, as when each is written by itself.
        last = {key: n for n, key in enumerate(ids)}
        kept = sorted(last.values())
        if metadatas is not None:
            metadatas = list(metadatas)
            if len(metadatas) != len(texts):
                raise ValueError(f"there are {len(texts)} texts and "
                                 f"{len(metadatas)} metadatas")
            metadatas = [metadatas[n] for n in kept]
        if len(ids) != len(texts):
            raise ValueError(f"there are {len(texts)} texts and {len(ids)} ids")
        if texts:
            chosen = [texts[n] for n in kept]
            self._collection.upsert(
                [ids[n] for n in kept],
                self._embedding.embed_documents(chosen), chosen, metadatas)
        return ids

    def add_documents(self, documents, **kwargs):
        """The same for Documents, whose ids count unless ids= is given."""
        documents = list(documents)
        ids = kwargs.pop("ids", None)
        if ids is None:
            ids = [getattr(d, "id", None) for d in documents]
        return self.add_texts([d.page_content for d in documents],
                              [d.metadata for d in documents], ids=ids,
                              **kwargs)

    def delete(self, ids=None, **kwargs):
        """Delete by ids; None deletes all. An id that is not there is no error."""
        if ids is None:
            ids = self._collection.get()["ids"]
        self._collection.delete(ids)
        return True

    # ---- reading ---------------------------------------------------------

    def get_by_ids(self, ids, /):
        """Documents in the order of ids, without those that are not there."""
        told = self._collection.get(list(ids))
        return [self._document(*one) for one in zip(
            told["ids"], told["documents"], told["metadatas"])]

    def similarity_search(self, query, k=4, filter=None, **kwargs):
        """The k nearest Documents of a text."""
        return self.similarity_search_by_vector(
            self._embedding.embed_query(query), k, filter, **kwargs)

    def similarity_search_by_vector(self, embedding, k=4, filter=None,
                                    **kwargs):
        return [d for d, _ in self.similarity_search_with_score_by_vector(
            embedding, k, filter, **kwargs)]

    def similarity_search_with_score(self, query, k=4, filter=None, **kwargs):
        """(Document, score) of the k nearest, the nearest first."""
        return self.similarity_search_with_score_by_vector(
            self._embedding.embed_query(query), k, filter, **kwargs)

    def similarity_search_with_score_by_vector(self, embedding, k=4,
                                               filter=None, **kwargs):
        found = self._nearest(embedding, k, filter, kwargs)
        return [(self._document(key, text, metadata), score)
                for key, text, metadata, score in found]

    def max_marginal_relevance_search(self, query, k=4, fetch_k=20,
                                      lambda_mult=0.5, filter=None, **kwargs):
        """k of the fetch_k nearest Documents that differ from each other."""
        return self.max_marginal_relevance_search_by_vector(
            self._embedding.embed_query(query), k, fetch_k, lambda_mult,
            filter, **kwargs)

    def max_marginal_relevance_search_by_vector(
            self, embedding, k=4, fetch_k=20, lambda_mult=0.5, filter=None,
            **kwargs):
        found = self._nearest(embedding, max(k, fetch_k), filter, kwargs)
        if not found:
            return []
        rows = self._collection.get([f[0] for f in found], vectors=True)
        if not rows["ids"]:
            return []
        chosen = _differing(embedding, rows["vectors"].tolist(), k,
                            lambda_mult)
        return [self._document(*(rows[name][n] for name in (
            "ids", "documents", "metadatas"))) for n in chosen]

    def _select_relevance_score_fn(self):
        index = self._collection.index
        metric = self._metric if index is None else index.metric
        if metric == "l2":
            return lambda score: 1.0 / (1.0 + max(score, 0.0) ** 0.5)
        return lambda score: min(max(score, 0.0), 1.0)

    def _similarity_search_with_relevance_scores(self, query, k=4, **kwargs):
        score = self._select_relevance_score_fn()
        return [(d, score(s)) for d, s in
                self.similarity_search_with_score(query, k, **kwargs)]

    def _nearest(self, vector, k, filter, options):
        """(id, text, metadata, score) of the k nearest that pass."""
        n = k
        while callable(filter):
            # Of metadata whole, which only the documents have: ask for more
            # until enough pass or there are no more.
            found = self._nearest(vector, n, None, options)
            passed = [f for f in found if filter(f[2] or {})]
            if len(passed) >= k or len(found) < n:
                return passed[:k]
            n *= 4
        told = self._collection.query(vector, k, filter or None, **options)
        return list(zip(*(told[name][0] for name in (
            "ids", "documents", "metadatas", "distances"))))

    @staticmethod
    def _document(key, text, metadata):
        return Document(id=key, page_content=text or "",
                        metadata=metadata or {})


def _differing(query, vectors, k, weight):
    """Maximal marginal relevance (Carbonell and Goldstein, 1998): numbers of
    vectors, each the best of weight times its cosine to the query less 1 - weight
    times its greatest cosine to those before it."""
    def unit(v):
        length = sum(x * x for x in v) ** 0.5
        return [x / length for x in v] if length else v

    def dot(a, b):
        return sum(x * y for x, y in zip(a, b))

    query = unit([float(x) for x in query])
    vectors = [unit(v) for v in vectors]
    relevance = [dot(query, v) for v in vectors]
    nearest = [0.0] * len(vectors)
    chosen, left = [], set(range(len(vectors)))
    while left and len(chosen) < k:
        best = max(sorted(left), key=lambda n: weight * relevance[n] -
                   (1.0 - weight) * nearest[n])
        left.remove(best)
        for n in left:
            alike = dot(vectors[best], vectors[n])
            nearest[n] = max(nearest[n], alike) if chosen else alike
        chosen.append(best)
    return chosen
