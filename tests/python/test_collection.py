"""Documents: what Collection promises."""

import array
import datetime
import doctest
import re
import sys
import unittest

from support import Folder, flat, listed, vectors, vsx
import vsx.collection


class Documents(Folder):
    def setUp(self):
        super().setUp()
        self.c = vsx.Collection(self.path("docs.vsx"))
        self.addCleanup(self.c.close)

    def fill(self, n=30):
        self.rows = vectors(n)
        self.c.add([f"doc-{i}" for i in range(n)], self.rows,
                   [f"text {i}" for i in range(n)],
                   [{"i": i, "even": i % 2 == 0, "lang": "en" if i % 3 else "de",
                     "at": datetime.date(2026, 1, 1 + i % 28)}
                    for i in range(n)])

    def test_what_is_refused_says_what_was_expected(self):
        self.fill()
        one = vectors(1)
        for where, told in (
                ({}, "{} is no dict with a test, nor a str"),
                ([], "[] is no dict with a test, nor a str"),
                ({"i": {"$in": []}}, "[] is no list of one value or more"),
                ({"lang": "a\0b"}, "has a NUL")):
            for call in (self.c.get, self.c.delete, self.c.count):
                with self.assertRaises(ValueError) as wrong:
                    call(where=where)
                self.assertIn(told, str(wrong.exception))
        for value, told in (("x", "field i is str, other rows have int"),
                            ([1], "field i is a list, other rows have int")):
            with self.assertRaises(TypeError) as wrong:
                self.c.add(["new-1", "new-2"], vectors(2), None,
                           [{"i": 1}, {"i": value}])
            self.assertIn(told, str(wrong.exception))
        with self.assertRaises(vsx.InvalidError) as wrong:
            self.c.add(["new"], one, None, [{"i": 1.5}])
        self.assertIn("field i is float, expected int", str(wrong.exception))
        for document, metadata, told in (
                (b"x", None, "a document is a str: b'x'"),
                ({"a": 1}, None, "a document is a str: {'a': 1}"),
                (None, "x", "metadata is a dict: 'x'")):
            with self.assertRaises(TypeError) as wrong:
                self.c.upsert(["new"], one, [document], [metadata])
            self.assertIn(told, str(wrong.exception))
        for page in ({"limit": -1}, {"offset": -1}):
            self.assertRaises(ValueError, self.c.get, **page)
        self.assertEqual(self.c.count(), 30)

    def test_an_empty_one_answers(self):
        self.assertEqual((self.c.count(), len(self.c)), (0, 0))
        for where in (None, {"n": 3}):
            for x, n in ((vectors(1)[0], 1), (vectors(1), 1), (vectors(3), 3),
                         (flat(vectors(2)), 2)):
                told = self.c.query(x, where=where)
                self.assertEqual(list(told.values()), [[[]] * n] * 4)
        self.assertEqual(self.c.get()["ids"], [])
        self.c.delete(["none"])
        self.c.add([], [])

    def test_what_was_added_is_found_and_told(self):
        self.fill()
        told = self.c.query(self.rows[4], 3)
        self.assertEqual(told["ids"][0][0], "doc-4")
        self.assertEqual(told["documents"][0][0], "text 4")
        self.assertEqual(told["metadatas"][0][0],
                         {"i": 4, "even": True, "lang": "en",
                          "at": "2026-01-05"})
        self.assertAlmostEqual(told["distances"][0][0], 1.0, places=5)
        several = self.c.query(self.rows[:2], 1)
        self.assertEqual(several["ids"], [["doc-0"], ["doc-1"]])

    def test_where(self):
        self.fill()
        for where, passes in (
                ({"lang": "de"}, lambda i: i % 3 == 0),
                ({"i": {"$gte": 5, "$lt": 9}}, lambda i: 5 <= i < 9),
                ({"$or": [{"i": 1}, {"i": {"$in": [2, 3]}}]},
                 lambda i: i in (1, 2, 3)),
                ({"$and": [{"even": True}, {"i": {"$nin": [0, 2]}}]},
                 lambda i: i % 2 == 0 and i not in (0, 2)),
                ({"$not": {"lang": {"$ne": "de"}}}, lambda i: i % 3 == 0),
                ({"at": {"$lt": datetime.date(2026, 1, 3)}},
                 lambda i: i % 28 < 2),
                ("i > 25", lambda i: i > 25)):
            due = {f"doc-{i}" for i in range(30) if passes(i)}
            self.assertEqual(set(self.c.get(where=where)["ids"]), due)
            self.assertEqual(self.c.count(where), len(due))
            self.assertEqual(
                set(self.c.query(self.rows[0], 30, where=where)["ids"][0]),
                due)

    def test_where_of_any_character(self):
        odd = "".join(map(chr, range(1, 0xa1))) + "\u2028\uffff\U0001f600"
        texts = [odd, *odd]
        self.c.add([f"odd-{i}" for i in range(len(texts))],
                   vectors(len(texts)), metadatas=[{"t": t} for t in texts])
        for i, text in enumerate(texts):
            self.assertEqual(self.c.get(where={"t": text})["ids"], [f"odd-{i}"])

    def test_where_of_what_nobody_has(self):
        """It is equal to nothing, as in Chroma, and no error."""
        for fill in (self.fill, lambda: self.c.delete(where="i >= 0")):
            fill()
            every = self.c.count()
            for where, all_pass in (
                    ({"none": 3}, False), ({"none": {"$gt": 3}}, False),
                    ({"none": {"$in": [3, "a"]}}, False),
                    ({"none": {"$contains": "a"}}, False),
                    ({"none": {"$ne": 3}}, True),
                    ({"none": {"$nin": [3]}}, True),
                    ({"none": {"$not_contains": "a"}}, True),
                    ({"$not": {"none": 3}}, True),
                    ({"none": 3, "i": {"$gte": 0}}, False),
                    ({"none": {"$ne": 3}, "i": {"$gte": 0}}, True),
                    ({"$or": [{"none": 3}, {"i": {"$gte": 0}}]}, True),
                    ({"$or": [{"none": 3}, {"other": 3}]}, False),
                    ({"$or": [{"none": {"$ne": 3}}, {"i": -1}]}, True),
                    ({"$and": [{"none": 3}, {"i": {"$gte": 0}}]}, False),
                    ({"$and": [{"none": {"$ne": 3}}, {"x": {"$ne": 3}}]}, True)):
                due = every if all_pass else 0
                self.assertEqual(self.c.count(where), due, where)
                self.assertEqual(len(self.c.get(where=where)["ids"]), due)
                found = self.c.query(self.rows[0], 50, where=where)["ids"]
                self.assertEqual(len(found[0]), due)
                self.assertEqual(self.c.get(["doc-1"], where=where)["ids"],
                                 ["doc-1"] * bool(due))

    def test_where_document(self):
        self.fill()
        self.c.add("none", vectors(1, seed=8)[0], metadatas={"i": 99})
        texts = {f"doc-{i}": f"text {i}" for i in range(30)} | {"none": ""}
        for what, passes in (
                ({"$contains": "t 1"}, lambda t: "t 1" in t),
                ({"$contains": "T 1"}, lambda t: False),
                ({"$not_contains": "2"}, lambda t: "2" not in t),
                ({"$regex": "[89]$"}, lambda t: t[-1:] in ("8", "9")),
                ({"$not_regex": "^text"}, lambda t: not t),
                ({"$and": [{"$contains": "1"}, {"$contains": "2"}]},
                 lambda t: "1" in t and "2" in t),
                ({"$or": [{"$contains": "29"}, {"$contains": "7"}]},
                 lambda t: "29" in t or "7" in t)):
            due = {i for i, t in texts.items() if passes(t)}
            self.assertEqual(set(self.c.get(where_document=what)["ids"]), due)
            told = self.c.query(self.rows[0], 40, where_document=what)
            self.assertEqual(set(told["ids"][0]), due)
            both = self.c.get(where={"even": True}, where_document=what)["ids"]
            self.assertEqual(set(both), {i for i in due - {"none"}
                                         if int(i[4:]) % 2 == 0})
            self.assertEqual(set(self.c.get(["doc-12", "none"],
                                            where_document=what)["ids"]),
                             due & {"doc-12", "none"})
        self.c.delete(where_document={"$contains": "text 2"})
        self.assertEqual(self.c.count(), 31 - 11)
        self.c.delete(["doc-1", "doc-3"], where_document={"$regex": "3"})
        self.assertEqual(self.c.get(["doc-1", "doc-3"])["ids"], ["doc-1"])

    def test_ids_that_no_document_can_have(self):
        """They are not there: that is no error, but to add one is."""
        self.fill(3)
        odd = ["", "x" * 5000, "\ud800", "\0"]
        self.assertEqual(self.c.get(odd + ["doc-1"])["ids"], ["doc-1"])
        self.assertEqual(self.c.get(odd[1])["ids"], [])
        for key in odd:
            self.assertFalse(key in self.c.index)
            self.c.delete([key], where={"i": 1})
            self.c.delete([key])
        for key in odd[:3]:
            self.assertRaises(ValueError, self.c.add, [key], vectors(1))
        for key in ("\0", "ключ", "日本", "e\u0301", "é", "a\nb", " "):
            self.c.add([key], vectors(1))
            self.assertEqual(self.c.get(key)["ids"], [key])
            self.c.delete(key)
        self.assertEqual(self.c.count(), 3)

    def test_iterables_and_vectors_with_the_answers(self):
        self.rows = vectors(3)
        self.c.add((f"doc-{i}" for i in range(3)), self.rows,
                   (f"text {i}" for i in range(3)), ({"i": i} for i in range(3)))
        told = self.c.query(self.rows[:2], 2, vectors=True)
        self.assertEqual(told["documents"][1][0], "text 1")
        for ids, rows in zip(told["ids"], told["vectors"]):
            for key, row in zip(ids, listed(rows)):
                self.assertEqual(row, listed(self.c.index[key]))
        self.assertEqual(self.c.query(flat(self.rows)[:0], 2)["ids"], [])

    def test_an_answer_is_of_one_generation(self):
        """Whatever others delete or close between its parts."""
        self.fill(8)

        class Meanwhile(vsx.Collection):
            def _told(self, *args):
                with vsx.Collection(self._path) as other:
                    other.delete([f"doc-{i}" for i in range(8)])
                    other.upsert("doc-1", vectors(1)[0])
                self.refresh()
                self._index.compact()
                self.close()
                return super()._told(*args)

        for call in (lambda c: c.query(self.rows[0], 8)["ids"][0],
                     lambda c: c.get()["ids"],
                     lambda c: c.get(vectors=True)["ids"]):
            with Meanwhile(self.path("docs.vsx")) as c:
                self.assertEqual(set(call(c)), {f"doc-{i}" for i in range(8)})
                self.assertEqual(c.count(), 1)
            self.c.refresh()
            self.c.delete("doc-1")
            self.c.upsert([f"doc-{i}" for i in range(8)], self.rows)

    def test_two_begin_it_at_once(self):
        class Late(vsx.Collection):
            """Sees no file until it has tried to make one."""
            seen = False

            def _open(self):
                if not self.seen:
                    self.seen = True
                    return None
                return super()._open()
        for call in ("add", "upsert"):
            self.c.upsert("first", vectors(1)[0])
            late = Late(self.path("docs.vsx"))
            late._index = None
            getattr(late, call)("late-" + call, vectors(1)[0])
            late.close()
        self.c.refresh()
        self.assertEqual(set(self.c.get()["ids"]),
                         {"first", "late-add", "late-upsert"})

    def test_vectors_of_any_kind(self):
        rows = vectors(4)
        self.c.add("a", rows[0])
        self.c.add("b", array.array("f", rows[1]))
        self.c.add(["c", "d"], [array.array("f", rows[2]), rows[3]])
        self.assertEqual(self.c.query(flat(rows), 1)["ids"],
                         [["a"], ["b"], ["c"], ["d"]])
        self.assertEqual(self.c.query(rows[3], 1, group_by=None)["ids"], [["d"]])
        for call in (self.c.add, self.c.upsert):
            self.assertRaises(ValueError, call, ["x", "x"], rows[:2])

    def test_quotes_in_values_are_values(self):
        self.c.add(["a", "b"], vectors(2), metadatas=[
            {"s": 'x" or s = "y'}, {"s": "y\\\n"}])
        self.assertEqual(self.c.get(where={"s": 'x" or s = "y'})["ids"], ["a"])
        self.assertEqual(self.c.get(where={"s": "y\\\n"})["ids"], ["b"])

    def test_get_and_peek(self):
        self.fill()
        told = self.c.get(["doc-3", "none", "doc-1"], vectors=True)
        self.assertEqual(told["ids"], ["doc-3", "doc-1"])
        self.assertEqual(len(listed(told["vectors"])), 2)
        self.assertEqual(self.c.get(["doc-3", "doc-4"],
                                    where={"even": True})["ids"], ["doc-4"])
        self.assertEqual(len(self.c.peek(4)["ids"]), 4)
        every = self.c.get()["ids"]
        self.assertEqual(self.c.get(limit=5, offset=3)["ids"], every[3:8])

    def test_metadata_that_no_field_can_hold_are_kept(self):
        kept = [{"loc": {"lines": [1, 2]}, "dc:title": "t", "mixed": [1, "a"],
                 "big": 2**70, "null": None, "or": 1, "i": 3, "tags": ["x"]},
                {"i": 4, "x": None, "tags": []}]
        self.c.add(["a", "b"], vectors(2), metadatas=kept)
        self.assertEqual(self.c.get()["metadatas"], kept)
        self.assertEqual(set(self.c.index.fields), {"i", "tags"})
        self.assertEqual(self.c.get(where={"tags": {"$contains": "x"}})["ids"],
                         ["a"])

    @unittest.skipIf(sys.modules.get("numpy", 0) is None, "needs numpy")
    def test_metadata_of_numpy(self):
        import numpy as np
        self.c.add(["a"], vectors(1), metadatas=[
            {"i": np.int64(3), "f": np.float32(0.5), "b": np.bool_(True),
             "s": np.str_("x"), "l": np.array([1, 2]), "m": [np.int8(4)]}])
        self.assertEqual(self.c.get()["metadatas"], [
            {"i": 3, "f": 0.5, "b": True, "s": "x", "l": [1, 2], "m": [4]}])
        self.assertEqual(self.c.count({"i": np.int64(3)}), 1)

    def test_upsert_and_delete(self):
        self.fill()
        self.assertRaises(vsx.ExistsError, self.c.add, ["doc-1"], vectors(1))
        self.c.upsert(["doc-1", "new"], vectors(2, seed=5), ["uno", "nuevo"])
        self.assertEqual(self.c.count(), 31)
        self.assertEqual(self.c.get("doc-1")["documents"], ["uno"])
        self.assertEqual(self.c.get("doc-1")["metadatas"], [None])
        self.c.delete(["new", "none"])
        self.c.delete(where={"lang": "de"})
        self.assertEqual(self.c.count(), 20)
        self.c.delete(["doc-2", "doc-4"], where={"i": 4})
        self.assertEqual(self.c.get(["doc-2", "doc-4"])["ids"], ["doc-2"])
        self.assertRaises(ValueError, self.c.delete)

    def test_it_is_one_file_that_others_see(self):
        self.fill(3)
        with vsx.Collection(self.path("docs.vsx")) as other:
            self.c.add("more", vectors(1, seed=7)[0], "text", {"i": 99})
            self.assertEqual(other.count(), 3)
            self.assertTrue(other.refresh())
            self.assertEqual(other.get("more")["metadatas"], [{"i": 99}])

    def test_what_is_wrong_is_said(self):
        self.fill(3)
        for call in (lambda: self.c.add(["a"], vectors(2)),
                     lambda: self.c.add(["a"], vectors(1), ["x", "y"]),
                     lambda: self.c.add([""], vectors(1)),
                     lambda: self.c.add([3], vectors(1)),
                     lambda: self.c.add(["a"], vectors(1),
                                        metadatas=[{"i": "text"}]),
                     lambda: self.c.get(where={}),
                     lambda: self.c.get(where={"i": {}}),
                     lambda: self.c.get(where={"i": {"$like": 3}}),
                     lambda: self.c.get(where={"i": None}),
                     lambda: self.c.get(where={"$and": []}),
                     lambda: self.c.get(where="nothing = 3"),
                     lambda: self.c.get([3]),
                     lambda: self.c.delete([None]),
                     lambda: self.c.add(["a", "b"], vectors(2), "xy"),
                     lambda: self.c.get(where_document="x"),
                     lambda: self.c.get(where_document={}),
                     lambda: self.c.get(where_document={"$contains": ""}),
                     lambda: self.c.get(where_document={"$contains": 3}),
                     lambda: self.c.get(where_document={"$like": "x"}),
                     lambda: self.c.get(where_document={"$or": []}),
                     lambda: self.c.get(where_document={"$regex": "("}),
                     lambda: self.c.query([1.0] * 16, include=["documents"]),
                     lambda: self.c.get(where={"i = 1 or i": 3}),
                     lambda: self.c.get(where={"not": 3}),
                     lambda: self.c.query([1.0], 3)):
            with self.assertRaises((TypeError, ValueError, re.error)):
                call()
        self.assertEqual(self.c.count(), 3)

    def test_examples_hold(self):
        at = {"path": self.path("doc.vsx"), "vsx": vsx}
        result = doctest.testmod(vsx.collection, extraglobs=at, verbose=False)
        self.assertEqual(result.failed, 0)
        self.assertGreater(result.attempted, 3)


if __name__ == "__main__":
    unittest.main()
