"""The vector store for LangChain: its real base class where it is installed,
otherwise a stand-in with the methods that its users call."""

import asyncio
import sys
import types
import unittest

from support import Folder, vsx

try:
    from langchain_core.documents import Document
    from langchain_core.vectorstores import VectorStore
except ImportError:
    class Document:
        def __init__(self, page_content, metadata=None, id=None):
            self.page_content, self.id = page_content, id
            self.metadata = metadata or {}

    class VectorStore:
        """What the real one makes of the methods of a store."""

        def similarity_search_with_relevance_scores(
                self, query, k=4, score_threshold=None, **kwargs):
            found = self._similarity_search_with_relevance_scores(
                query, k, **kwargs)
            return [(d, s) for d, s in found
                    if score_threshold is None or s >= score_threshold]

        @classmethod
        def from_documents(cls, documents, embedding, **kwargs):
            return cls.from_texts([d.page_content for d in documents],
                                  embedding, [d.metadata for d in documents],
                                  ids=[d.id for d in documents], **kwargs)

        def search(self, query, search_type, **kwargs):
            if search_type == "similarity":
                return self.similarity_search(query, **kwargs)
            if search_type == "mmr":
                return self.max_marginal_relevance_search(query, **kwargs)
            return [d for d, _ in self.similarity_search_with_relevance_scores(
                query, **kwargs)]

        def as_retriever(self, search_type="similarity", search_kwargs=None):
            return types.SimpleNamespace(invoke=lambda query: self.search(
                query, search_type, **(search_kwargs or {})))

        @classmethod
        async def afrom_texts(cls, texts, embedding, metadatas=None, *,
                              ids=None, **kwargs):
            if ids is not None:
                kwargs["ids"] = ids
            return await asyncio.get_running_loop().run_in_executor(
                None, lambda: cls.from_texts(texts, embedding, metadatas,
                                             **kwargs))

    def _twin(name):
        async def call(self, *args, **kwargs):
            return await asyncio.get_running_loop().run_in_executor(
                None, lambda: getattr(self, name)(*args, **kwargs))
        return call

    for _name in ("add_texts", "add_documents", "delete", "get_by_ids",
                  "similarity_search", "similarity_search_with_score",
                  "similarity_search_by_vector",
                  "similarity_search_with_relevance_scores",
                  "max_marginal_relevance_search",
                  "max_marginal_relevance_search_by_vector", "search"):
        setattr(VectorStore, "a" + _name, _twin(_name))
    for _name, _what in (("documents", Document), ("vectorstores", VectorStore)):
        _module = types.ModuleType(f"langchain_core.{_name}")
        setattr(_module, _what.__name__, _what)
        sys.modules[_module.__name__] = _module
    sys.modules.setdefault("langchain_core", types.ModuleType("langchain_core"))

from vsx.langchain import VSX, _differing


class Letters:
    """How often each letter occurs: an embedding that a test can follow."""

    def embed_query(self, text):
        return [1.0 * text.count(c) for c in "abcdefgh"]

    def embed_documents(self, texts):
        return [self.embed_query(t) for t in texts]


TEXTS = ["aaaa", "aaab", "bbbb", "cccc", "dddd", "hgfe"]
METADATAS = [{"n": n, "even": n % 2 == 0, "loc": {"lines": [n, n + 1]},
              "dc:title": f"title {n}"} for n in range(len(TEXTS))]


class Store(Folder):
    def setUp(self):
        super().setUp()
        self.store = VSX.from_texts(TEXTS, Letters(), METADATAS, ids=list("uvwxyz"),
                                    path=self.path("docs.vsx"))
        self.addCleanup(self.store.close)

    def texts(self, found):
        return [d.page_content for d in found]

    def test_what_was_added_comes_back_whole(self):
        found = self.store.similarity_search("aaaa", 2)
        self.assertEqual(self.texts(found), ["aaaa", "aaab"])
        self.assertEqual(found[0].metadata, METADATAS[0])
        self.assertEqual(found[0].id, "u")
        self.assertEqual(self.texts(self.store.get_by_ids(["z", "none", "w"])),
                         ["hgfe", "bbbb"])
        self.assertIsInstance(self.store.embeddings, Letters)

    def test_ids_are_made_and_kept(self):
        ids = self.store.add_texts(["ef", "fe"], [{"n": 9}, {"n": 10}])
        self.assertEqual(len(set(ids)), 2)
        self.assertTrue(all(isinstance(i, str) for i in ids))
        self.assertEqual(self.texts(self.store.get_by_ids(ids)), ["ef", "fe"])
        ids = self.store.add_documents(
            [Document(page_content="gg", id="g"), Document(page_content="hh")])
        self.assertEqual(ids[0], "g")
        self.assertEqual(self.texts(self.store.get_by_ids(ids)), ["gg", "hh"])
        self.assertEqual(self.store.add_texts([]), [])

    def test_documents_are_replaced_by_id(self):
        self.store.add_documents([Document(page_content="gggg", id="u")])
        self.store.add_texts(["1", "bbgg"], ids=["v", "v"])
        self.assertEqual(self.texts(self.store.get_by_ids(["u", "v"])),
                         ["gggg", "bbgg"])
        self.assertEqual(self.store.collection.count(), len(TEXTS))

    def test_delete(self):
        self.assertTrue(self.store.delete(["u", "none"]))
        self.assertEqual(self.store.get_by_ids(["u"]), [])
        self.assertTrue(self.store.delete())
        self.assertEqual(self.store.similarity_search("a"), [])
        self.store.add_texts(["aa"])
        self.assertEqual(self.texts(self.store.similarity_search("a")), ["aa"])

    def test_a_filter_leaves_k_of_those_that_pass(self):
        for even in ({"even": True}, "even = true",
                     lambda metadata: metadata["even"],
                     lambda metadata: metadata["loc"]["lines"][0] % 2 == 0):
            found = self.store.similarity_search("aaab", 3, filter=even)
            self.assertEqual(sorted(self.texts(found)),
                             ["aaaa", "bbbb", "dddd"])
        self.assertEqual(self.store.similarity_search(
            "a", 3, filter=lambda metadata: False), [])

    def test_scores(self):
        found = self.store.similarity_search_with_score("aaab", 6)
        self.assertEqual(found[0][0].page_content, "aaab")
        self.assertAlmostEqual(found[0][1], 1.0, places=5)
        for metric in ("cosine", "l2", "ip"):
            store = VSX.from_texts(TEXTS, Letters(), path=self.path(metric),
                                   metric=metric)
            self.addCleanup(store.close)
            scores = [s for _, s in
                      store.similarity_search_with_relevance_scores("aaab", 6)]
            self.assertTrue(all(0 <= s <= 1 for s in scores), scores)
            self.assertEqual(scores, sorted(scores, reverse=True))
        found = self.store.similarity_search_with_relevance_scores(
            "aaab", 6, score_threshold=0.9)
        self.assertEqual([d.page_content for d, _ in found], ["aaab", "aaaa"])

    def test_marginal_relevance(self):
        near = self.texts(self.store.similarity_search("aaabb", 2))
        self.assertEqual(near, ["aaab", "aaaa"])
        apart = self.texts(self.store.max_marginal_relevance_search(
            "aaabb", 2, lambda_mult=0.5))
        self.assertEqual(apart, ["aaab", "bbbb"])
        self.assertEqual(_differing([1.0, 0.0], [[1, 0], [2, 0], [0, 1]], 5, 0.5),
                         [0, 1, 2])
        self.assertEqual(_differing([1.0, 0.0], [], 5, 0.5), [])
        self.assertEqual(len(self.store.max_marginal_relevance_search("a", 50)),
                         len(TEXTS))

    def test_as_a_retriever(self):
        for kind, options, due in (
                ("similarity", {"k": 2}, ["aaab", "aaaa"]),
                ("similarity", {"k": 2, "filter": {"even": False}},
                 ["aaab", "cccc"]),
                ("mmr", {"k": 2, "fetch_k": 6, "lambda_mult": 0.2},
                 ["aaab", "cccc"]),
                ("mmr", {"k": 2, "filter": {"n": {"$in": [0, 2]}}},
                 ["aaaa", "bbbb"]),
                ("similarity_score_threshold",
                 {"score_threshold": 0.9, "k": 3}, ["aaab", "aaaa"])):
            retriever = self.store.as_retriever(search_type=kind,
                                                search_kwargs=options)
            self.assertEqual(self.texts(retriever.invoke("aaab")), due, kind)
        self.assertEqual(self.store.max_marginal_relevance_search("a", 0), [])

    def test_the_file_is_opened_again(self):
        self.store.close()
        again = VSX(Letters(), self.path("docs.vsx"))
        self.addCleanup(again.close)
        self.assertEqual(self.texts(again.similarity_search("hgfe", 1)),
                         ["hgfe"])
        with self.assertRaises(ValueError):
            again.add_texts(["a"], [{}, {}])
        with self.assertRaises(ValueError):
            again.add_texts(["a"], ids=["b", "c"])

    def test_asked_from_a_loop(self):
        async def ask():
            ids = await self.store.aadd_texts(["ff"])
            found = await self.store.asimilarity_search("ff", 1)
            scored = await self.store.asimilarity_search_with_score("ff", 1)
            both = await self.store.amax_marginal_relevance_search("ff", 2)
            await self.store.adelete(ids)
            other = await VSX.afrom_texts(TEXTS[:2], Letters(), METADATAS[:2],
                                          ids=["a", "b"],
                                          path=self.path("other.vsx"))
            self.assertEqual(self.texts(await other.asearch("aaaa", "mmr", k=1)),
                             ["aaaa"])
            self.assertEqual(self.texts(await other.aget_by_ids(["b"])), ["aaab"])
            other.close()
            return found, scored, both, await self.store.aget_by_ids(ids)

        found, scored, both, gone = asyncio.run(ask())
        self.assertEqual(self.texts(found), ["ff"])
        self.assertEqual(scored[0][0].page_content, "ff")
        self.assertEqual((len(both), gone), (2, []))


if __name__ == "__main__":
    unittest.main()
