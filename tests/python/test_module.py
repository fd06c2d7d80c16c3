"""What the module promises: build, search, change, look inside."""

import array
import ast
import datetime
import doctest
import inspect
import math
import multiprocessing
import os
import pickle
import signal
import threading
import unittest

from support import DIM, Folder, flat, listed, nearest, vectors, vsx


class Building(Folder):
    def test_says_what_was_built(self):
        index = self.build(100, "HNSW8", metric="cosine")
        self.assertEqual((len(index), index.dim, index.metric, index.dtype),
                         (100, DIM, "cosine", "f32"))
        self.assertEqual(index.spec, "HNSW8")
        self.assertEqual(index.built["n_rows"], 100)
        self.assertIn("HNSW8, 100 x 16 f32, cosine", repr(index))

    def test_takes_lists_arrays_and_parts(self):
        rows = vectors(20)
        wide = memoryview(array.array("d", [c for r in rows for c in r]))
        parts = ((flat(rows[i:i + 5]), range(i, i + 5))
                 for i in range(0, 20, 5))
        for i, x in enumerate((rows, flat(rows),
                               wide.cast("B").cast("d", (20, DIM)), parts)):
            with vsx.build(x, self.path(f"{i}.vsx"), "Flat") as index:
                self.assertEqual(listed(index.search(flat(rows), 1)[1]),
                                 [[r] for r in range(20)])

    def test_takes_bytes_as_they_are(self):
        a = array.array("B", range(64))
        x = memoryview(a).cast("B", (4, 16))
        with vsx.build(x, self.path("u.vsx"), "Flat", dtype="u8") as index:
            self.assertEqual(index.dtype, "u8")
            self.assertEqual(listed(index[2]), list(range(32, 48)))
            self.assertEqual(listed(index.row(2)), list(range(32, 48)))

    def test_gives_ids_and_properties(self):
        index = self.build(3, ids=[7, 2**63, 5], properties={"x_who": "me"})
        self.assertEqual(sorted(i % 2**64 for i in index), [5, 7, 2**63])
        self.assertEqual(index.properties["x_who"], "me")
        self.assertIn(2**63, index)
        self.assertNotIn(6, index)

    def test_keeps_within_bytes_a_row(self):
        index = self.build(2000, "auto", max_bytes_per_row=75)
        self.assertEqual(index.spec, "SQ8,Refine(FP16)")
        self.assertEqual(index.dtype, "f16")
        with self.assertRaises(ValueError) as e:
            self.build(2000, "auto", max_bytes_per_row=5,
                       overwrite=True)
        self.assertIn("5 bytes a row are allowed, but the least",
                      str(e.exception))
        for bad in (-1, 2**32, 1.5):
            with self.assertRaises((TypeError, ValueError, OverflowError)):
                self.build(20, max_bytes_per_row=bad, overwrite=True)

    def test_will_not_write_over_a_file_unasked(self):
        self.build(3)
        with self.assertRaises(vsx.ExistsError) as e:
            self.build(3)
        self.assertIsInstance(e.exception, FileExistsError)
        self.assertIn("exists already", str(e.exception))
        self.build(4, overwrite=True)

    def test_tells_its_progress(self):
        said = []
        self.build(200, "HNSW8", progress=lambda *a: said.append(a))
        self.assertTrue(any(what == "progress" for what, *_ in said))
        for what, text, done, total, unit in said:
            self.assertIn(what, ("progress", "note"))
            self.assertLessEqual(done, total or done)

    def test_ends_when_its_callback_raises(self):
        def raises(*_):
            raise ZeroDivisionError("mine")
        with self.assertRaisesRegex(ZeroDivisionError, "mine"):
            self.build(200, "HNSW8", progress=raises)
        self.assertEqual(os.listdir(self.folder), [])

    def test_ends_by_ctrl_c(self):
        def presses(*_):
            signal.raise_signal(signal.SIGINT)
        with self.assertRaises(KeyboardInterrupt):
            self.build(200, "HNSW8", progress=presses)
        self.assertEqual(os.listdir(self.folder), [])


class Searching(Folder):
    def test_finds_what_a_look_at_every_row_finds(self):
        rows, queries = vectors(100), vectors(7, seed=2)
        with self.build(100) as index:
            D, I = index.search(flat(queries), k=5)
            self.assertEqual(listed(I), [nearest(rows, q, 5) for q in queries])
            for d, i, q in zip(listed(D), listed(I), queries):
                for value, row in zip(d, i):
                    exact = sum((a - b) ** 2 for a, b in zip(rows[row], q))
                    self.assertAlmostEqual(value, exact, places=4)

    def test_gives_one_dimension_for_one_query(self):
        with self.build(10) as index:
            D, I = index.search(vectors(10)[3], k=2)
            self.assertEqual((len(D), len(I), listed(I)[0]), (2, 2, 3))
            D, I = index.search_id(3, k=2)
            self.assertNotIn(3, listed(I))

    def test_groups_give_their_nearest_row(self):
        rows = vectors(60)
        fields = [{"doc": i % 7} for i in range(59)] + [None]
        for spec in ("Flat", "HNSW8", "IVF4,Flat"):
            with self.build(60, spec, name=spec, fields=fields) as index:
                near = nearest(rows, rows[5], 60)
                due = list({(fields[i] or {}).get("doc"): i
                            for i in reversed(near)}.values())
                due.sort(key=near.index)
                found = index.search(flat(rows[5:6]), 10, ef=60 * (spec[0] == "H"),
                                     nprobe=4 * (spec[0] == "I"), group_by="doc")
                self.assertEqual(listed(found[1]), [due + [-1, -1]])
                found = index.search_id(5, 3, exact=True, group_by="doc")
                self.assertEqual(len(set(i % 7 for i in listed(found[1]))), 3)
                self.assertRaises(ValueError, index.search, rows[0],
                                  group_by="none")

    def test_says_where_there_are_fewer_rows(self):
        with self.build(3) as index:
            D, I = index.search(flat(vectors(2)), k=5)
            self.assertEqual([r[3:] for r in listed(I)], [[-1, -1]] * 2)
            self.assertTrue(all(math.isnan(d)
                                for r in listed(D) for d in r[3:]))

    def test_fills_arrays_of_the_caller(self):
        d = memoryview(bytearray(2 * 3 * 4)).cast("f", (2, 3))
        i = memoryview(bytearray(2 * 3 * 8)).cast("q", (2, 3))
        with self.build(10) as index:
            out = index.search(flat(vectors(2)), 3, out=(d, i))
            self.assertIs(out[0], d)
            self.assertIs(out[1], i)
            self.assertEqual([r[0] for r in listed(i)], [0, 1])

    def test_takes_effort_recall_and_exact(self):
        rows = vectors(500)
        with self.build(500, "HNSW8") as index:
            q = flat(vectors(20, seed=3))
            exact = listed(index.search(q, 10, exact=True)[1])
            self.assertEqual(listed(index.search(q, 10, ef=500)[1]), exact)
            effort, refine = index.effort_for(0.9, 10)
            self.assertEqual(listed(index.search(q, 10, recall=0.9)[1]),
                             listed(index.search(q, 10, ef=effort)[1]))
            self.assertEqual(exact[0], nearest(rows, vectors(20, seed=3)[0],
                                               10))
            self.assertEqual(index.effort_name, "ef")
            self.assertTrue(index.recalls[0]["at_10"] <=
                            index.recalls[-1]["at_10"])

    def test_gives_the_same_in_any_number_of_threads(self):
        with self.build(300, "HNSW8") as index:
            q = flat(vectors(50, seed=4))
            one = [listed(a) for a in index.search(q, 10, threads=1)]
            for threads in (0, 2, 5):
                self.assertEqual(
                    [listed(a) for a in index.search(q, 10, threads=threads)],
                    one)

    def test_ends_when_its_time_is_over(self):
        with self.build(3) as index:
            with self.assertRaises(vsx.StoppedError) as e:
                index.search(flat(vectors(1)), 1, timeout=0)
            self.assertIsInstance(e.exception, TimeoutError)


class Looking(Folder):
    def test_gives_vectors_back(self):
        rows = vectors(10)
        with self.build(10) as index:
            for got, row in zip(listed(index.reconstruct_batch([4, 2])),
                                (rows[4], rows[2])):
                for a, b in zip(got, row):
                    self.assertAlmostEqual(a, b, places=6)
            self.assertEqual(listed(index[4]), listed(index.reconstruct(4)))
            self.assertEqual(listed(index.row(4)), listed(index[4]))

    def test_a_row_outlives_its_index(self):
        index = self.build(10)
        row, vector = index.row(3), listed(index[3])
        index.close()
        self.assertEqual(listed(row), vector)
        with self.assertRaises((TypeError, ValueError)):
            row[0] = 1.0

    def test_names_ids_that_are_not_there(self):
        with self.build(3) as index:
            with self.assertRaises(KeyError) as e:
                index[77]
            self.assertEqual(e.exception.status, 2)
            self.assertIn("no row has the id 77", str(e.exception))
            self.assertFalse(str(e.exception).startswith('"'))

    def test_opens_with_options(self):
        path = self.build(10).path
        for options in ({"check": "all"}, {"preload": "all"}, {"copy": True},
                        {"untrusted": True}, {"path": path, "memory": 1 << 20}):
            with vsx.open(**{"path": path, **options}) as index:
                again = pickle.loads(pickle.dumps(index))
                self.assertEqual(len(again), 10)
                again.close()

    def test_verifies(self):
        index = self.build(100)
        said = index.verify(min_recall=0.9)
        self.assertEqual(said["findings"], [])
        with open(index.path, "r+b") as f:
            f.seek(index.file_bytes // 2)
            was = f.read(1)
            f.seek(index.file_bytes // 2)
            f.write(bytes([was[0] ^ 1]))
        self.assertNotEqual(index.verify()["findings"], [])
        self.assertNotEqual(index.verify("pages")["findings"], [])
        with vsx.open(index.path) as damaged:
            with self.assertRaises(vsx.CorruptError) as e:
                damaged.search(flat(vectors(1)), 10, exact=True)
            self.assertIsInstance(e.exception.page, int)


class Changing(Folder):
    def test_adds_removes_and_sees_it(self):
        index = self.build(50)
        said = index.add(flat(vectors(5, seed=9)))
        self.assertEqual((said["n_added"], len(index)), (5, 55))
        self.assertEqual(index.remove([3, 4, 1000])["unknown"], [1000])
        self.assertEqual(len(index), 53)
        self.assertNotIn(3, index)
        said = index.upsert(vectors(1, seed=10), [5])
        self.assertEqual(said["n_replaced"], 1)
        with self.assertRaises(vsx.ExistsError):
            index.add(vectors(1), [5])
        said = index.compact()
        self.assertEqual((said["n_rows"], index.n_rows), (53, 53))

    def test_a_view_sees_what_was_there(self):
        index = self.build(5, payload=["text"] * 5)
        seen = index.view()
        index.remove([1])
        index.compact()
        self.assertEqual((len(seen), seen.payloads([1])), (5, [b"text"]))
        self.assertEqual(len(pickle.loads(pickle.dumps(seen))), 4)
        index.close()
        self.assertEqual(listed(seen.search(vectors(2)[1], 1)[1]), [1])
        self.assertTrue(seen.refresh())
        self.assertEqual(len(seen), 4)
        seen.close()

    def test_others_see_it_when_they_ask(self):
        index = self.build(5)
        with vsx.open(index.path) as other:
            self.assertFalse(other.refresh())
            index.add(vectors(1))
            self.assertEqual(len(other), 5)
            self.assertTrue(other.refresh())
            self.assertEqual(len(other), 6)

    def test_backs_up_and_restores(self):
        index = self.build(50)
        self.assertEqual(index.backup(self.path("repo"), "one")["name"], "one")
        index.remove([0])
        vsx.restore(self.path("repo"), self.path("old.vsx"))
        with vsx.open(self.path("old.vsx")) as old:
            self.assertEqual(len(old), 50)

    def test_waits_for_no_other_writer(self):
        index, busy = self.build(200, "HNSW8"), []

        def meanwhile(*_):
            try:
                vsx.open(index.path).remove([1])
            except vsx.BusyError as e:
                busy.append(e)
        index.compact(progress=meanwhile)
        self.assertTrue(busy)


class Naming(Folder):
    def test_values_of_fields_come_back(self):
        utc = datetime.timezone.utc
        given = [{"b": True, "i": -3, "f": 0.5, "s": "é", "l": ["x", "y"],
                  "t": datetime.datetime(2026, 1, 31, 12, 0, 30, 5, utc)},
                 None, {"i": 2**40, "l": [], "s": ""}]
        index = self.build(3, fields=given)
        self.assertEqual(index.values([2, 0, 1, 0]),
                         [given[2], given[0], {}, given[0]])
        self.assertEqual(index.values([]), [])
        self.assertRaises(KeyError, index.values, [0, 99])
        self.assertEqual(self.build(2, name="none.vsx").values([0]), [{}])

    def test_range_search(self):
        rows = vectors(300)
        for spec in ("Flat", "HNSW8", "IVF8,Flat"):
            index = self.build(300, spec, name=spec)
            D, I = index.search(flat(rows[:3]), k=300, exact=True)
            D, I = listed(D), listed(I)
            radius = D[0][40]
            lims, d, i = map(listed, index.range_search(flat(rows[:3]), radius,
                                                        exact=True))
            due = [[x for x in row if x <= radius] for row in D]
            self.assertEqual(lims, [0, len(due[0]), len(due[0] + due[1]),
                                    len(sum(due, []))])
            self.assertEqual(d, sum(due, []))
            self.assertEqual(i, sum((I[n][:len(due[n])] for n in range(3)), []))
            lims, d, i = index.range_search(rows[0], radius, max=5)
            self.assertEqual(listed(lims), [0, 5])
            self.assertEqual(listed(i)[0], 0)
            lims, d, i = index.range_search(rows[0], 0.0)
            self.assertEqual((listed(d), listed(i)), ([0.0], [0]))
        self.assertEqual(listed(index.range_search(vectors(1, 9)[0], 0.0)[0]),
                         [0, 0])
        for call in (lambda: index.range_search([1.0, 2.0], 1.0),
                     lambda: index.range_search(rows[0], -1.0),
                     lambda: index.range_search(rows[0], math.nan),
                     lambda: index.range_search(rows[0], 1.0, max=-1),
                     lambda: index.range_search([math.nan] * DIM, 1.0)):
            self.assertRaises(ValueError, call)

    def test_slack_of_codes_beside_links(self):
        index = self.build(500, "HNSW8,SQ8,G4")
        q = flat(vectors(20, seed=5))
        every = index.search(q, ef=500, slack=math.inf)[1]
        self.assertEqual(listed(every), listed(index.search(q, exact=True)[1]))
        one = vectors(1, seed=6)[0]
        self.assertEqual(len(listed(index.search(one, slack=0.1)[1])), 10)
        self.assertRaises(ValueError, index.search, one, slack=-1.0)
        self.assertRaises(ValueError, index.search_id, 3, slack=math.nan)

    def test_keys_and_payloads_stay_with_their_rows(self):
        names = [f"word {i}" for i in range(20)]
        names[3] = b"\xff\xfe"
        texts = [None if i % 4 else "p%d \u00e9" % i for i in range(20)]
        index = self.build(20, "HNSW8", keys=names, payload=texts)
        self.assertTrue(index.has_keys and index.has_payload)
        ids = [index.find(name) for name in names]
        self.assertEqual(index.keys(ids), names)
        self.assertEqual(index.payloads(ids),
                         [t and t.encode() for t in texts])
        self.assertEqual(listed(index["word 7"]), listed(index[ids[7]]))
        self.assertIn("word 7", index)
        self.assertNotIn("word 77", index)
        self.assertRaises(KeyError, lambda: index["word 77"])
        index.upsert(vectors(1, seed=3), keys=["word 7"], payload=[b"new"])
        self.assertEqual(len(index), 20)
        self.assertEqual(index.payloads([index.find("word 7")]), [b"new"])
        index.remove(keys=["word 8"])
        self.assertNotIn("word 8", index)
        index.compact()
        self.assertEqual(index.keys([index.find(b"\xff\xfe")]),
                         [b"\xff\xfe"])

    def test_parts_bring_their_keys(self):
        parts = [{"x": vectors(2, seed=i), "keys": [f"a{i}", f"b{i}"]}
                 for i in range(3)]
        with vsx.build(iter(parts), self.path("p.vsx"), "Flat") as index:
            self.assertEqual(sorted(index.keys(index.ids())),
                             ["a0", "a1", "a2", "b0", "b1", "b2"])


class Filtering(Folder):
    def test_searches_find_what_passes(self):
        rows = vectors(60)
        fields = [{"lang": ("en", "de", "fr")[i % 3], "year": 2000 + i,
                   "score": i if i % 2 else i + 0.5, "old": i < 30,
                   "tags": ["a"] * (i % 2) + ["b"],
                   "at": datetime.datetime(2026, 1, 1 + i % 28,
                                           tzinfo=datetime.timezone.utc)}
                  for i in range(60)]
        fields[7] = {"lang": None}
        fields[8] = None
        with vsx.build(flat(rows), self.path("f.vsx"), "HNSW8",
                       fields=fields) as index:
            self.assertEqual(index.fields,
                             {"lang": "string", "year": "int",
                              "score": "float", "old": "bool",
                              "tags": "[string]", "at": "time"})
            for text, passes in (
                    ('lang = "en"', lambda f: f["lang"] == "en"),
                    ("year >= 2050 and not old", lambda f: f["year"] >= 2050),
                    ("score < 10.25", lambda f: f["score"] < 10.25),
                    ('tags contains "a"', lambda f: "a" in f["tags"]),
                    ('at < "2026-01-03"', lambda f: f["at"].day < 3)):
                due = [i for i, f in enumerate(fields)
                       if f and f["lang"] and passes(f)]
                chosen = index.select(text)
                self.assertEqual((len(chosen), sorted(listed(chosen.ids()))),
                                 (len(due), due))
                q = vectors(1, seed=8)[0]
                near = [i for i in nearest(rows, q, 60) if i in due][:4]
                for way in (text, chosen):
                    self.assertEqual(
                        listed(index.search(q, 4, filter=way)[1]), near)
            self.assertEqual(
                listed(index.search_id(0, 3, filter="year > 2055")[1]),
                [i for i in nearest(rows, rows[0], 60) if i > 55][:3])
            before = index.select("year > 2055")
            index.remove(where="year = 2057")
            self.assertEqual(len(index), 59)
            self.assertNotIn(57, listed(
                index.search(rows[57], 4, filter=before)[1]))
            index.add(vectors(1, seed=9), fields=[{"score": 3}])
            self.assertEqual(len(index.select("score = 3")), 2)

    def test_searches_find_ids_and_keys_that_are_chosen(self):
        rows, q = vectors(60), vectors(1, seed=8)[0]
        near = nearest(rows, q, 60)
        with self.build(60, "HNSW8", keys=[f"k{i}" for i in range(60)],
                        fields=[{"n": i} for i in range(60)]) as index:
            for given, due in (
                    ({"ids": [5, 3, 3, 99]}, {3, 5}),
                    ({"ids": array.array("Q", [5, 3])}, {3, 5}),
                    ({"ids": ()}, set()),
                    ({"keys": ["k7", b"k8", "none"]}, {7, 8}),
                    ({"ids": range(50), "keys": ("k49", "k50")}, {49}),
                    ({"filter": "n > 40", "ids": [40, 41, 42]}, {41, 42}),
                    ({"filter": "n > 40", "ids": range(50), "keys": ["k45"]},
                     {45})):
                chosen = index.select(**given)
                self.assertEqual(set(listed(chosen.ids())), due)
                self.assertIn(f": {len(due)}>", repr(chosen))
                found = listed(index.search(q, 3, filter=chosen)[1])
                self.assertEqual([i for i in found if i != -1],
                                 [i for i in near if i in due][:3])
            ids, keys = [5, 6], ["k7", "k8"]
            before = index.select(ids=ids), index.select(keys=keys)
            ids.clear()
            keys.clear()
            index.remove([5, 8])
            for chosen, due in zip(before, (6, 7)):
                self.assertEqual(
                    listed(index.search(q, 2, filter=chosen)[1]), [due, -1])
            for wrong in ({}, {"ids": None}, {"ids": "ab"}, {"ids": 3},
                          {"ids": [1.5]}, {"keys": "ab"}, {"keys": b"ab"},
                          {"keys": [3]}, {"keys": 3}, {"filter": 3}):
                self.assertRaises(TypeError, index.select, **wrong)
            for wrong in ({"ids": [-1]}, {"ids": [2**64]}, {"keys": [""]},
                          {"keys": ["x" * 5000]}, {"keys": [None]}):
                self.assertRaises(ValueError, index.select, **wrong)
            for odd in ("", "x" * 5000, "\ud800", b"", None, 1.5, -1, 2**64):
                self.assertFalse(odd in index)
        self.assertRaises(ValueError, lambda: None in index)

    def test_says_what_is_wrong_with_a_filter(self):
        with self.build(3, fields=[{"n": 1}] * 3) as index:
            for text in ("n >", "m = 1", 'n = "a"', "", "n = 1)"):
                self.assertRaises(vsx.InvalidError, index.select, text)
            for filter in (3, b"n = 1", ["n = 1"]):
                self.assertRaises(TypeError, index.search, vectors(1),
                                  filter=filter)
            for fields in (3, "n", [3], [{1: 2}], [{"n": {}}], [{"n": "a"}],
                           [{"n": [1]}], [{"n": 2**70}], [{"x": ["a", 1]}],
                           [{"not": 1}], [{"x": float("nan")}]):
                with self.assertRaises((TypeError, ValueError, OverflowError)):
                    index.add(vectors(1), fields=fields)
            self.assertEqual(len(index), 3)


class Sharing(Folder):
    def test_many_threads_search_while_it_is_closed_and_refreshed(self):
        index, stop, faults = self.build(300, "HNSW8"), threading.Event(), []
        q = flat(vectors(3, seed=5))

        def searches():
            while not stop.is_set():
                try:
                    index.search(q, 5)
                except ValueError as e:
                    if "closed" not in str(e):
                        faults.append(e)
                    return
                except Exception as e:
                    faults.append(e)
                    return
        threads = [threading.Thread(target=searches) for _ in range(4)]
        for t in threads:
            t.start()
        for i in range(10):
            index.add(vectors(1, seed=i))
        index.close()
        stop.set()
        for t in threads:
            t.join()
        self.assertEqual(faults, [])

    def test_children_search_too(self):
        index = self.build(300, "HNSW8")
        q = vectors(40, seed=6)
        due = listed(index.search(q, 5, threads=2)[1])
        for method in ("fork", "spawn"):
            with multiprocessing.get_context(method).Pool(2) as pool:
                self.assertEqual(pool.map(searched, [(index, q)] * 4),
                                 [due] * 4)

    def test_a_child_has_no_threads_of_its_parent(self):
        """It searches one by one, and by threads of its own, all the same."""
        index, q = self.build(300, "HNSW8"), vectors(40, seed=6)
        due = listed(index.search(q, 5, threads=2)[1])
        self.assertEqual(listed(index.search(q[0], 5)[1]), due[0])
        child = os.fork()
        if child == 0:
            right = (listed(index.search(q[0], 5)[1]) == due[0]
                     and listed(index.search(q, 5, threads=2)[1]) == due
                     and listed(index.search(q, 5, threads=1)[1]) == due)
            index.close()
            os._exit(not right)
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertEqual(listed(index.search(q, 5, threads=2)[1]), due)


def searched(job):
    index, q = job
    return listed(index.search(q, 5, threads=2)[1])


class Words(Folder):
    def test_examples_hold(self):
        at = {"path": self.path("doc.vsx"), "vsx": vsx}
        result = doctest.testmod(vsx, extraglobs=at, verbose=False)
        self.assertEqual(result.failed, 0)
        self.assertGreater(result.attempted, 3)

    def test_everything_has_a_text_and_a_stub(self):
        stub = os.path.join(os.path.dirname(vsx.__file__), "__init__.pyi")
        with open(stub) as f:
            stub = f.read()
        for name in vsx.__all__:
            self.assertTrue(name == "isa" or getattr(vsx, name).__doc__, name)
            self.assertIn(name, stub)
        for name in dir(vsx.Index):
            if not name.startswith("_"):
                self.assertTrue(getattr(vsx.Index, name).__doc__, name)
                self.assertRegex(stub, rf"\b{name}\b")

    def test_stubs_say_what_the_calls_take(self):
        """Names, order, kinds and defaults of all parameters are the same."""
        folder = os.path.dirname(vsx.__file__)
        for file, at, classes in (
                ("__init__.pyi", vsx, (vsx.Index, vsx.Selection)),
                ("collection.pyi", vsx.collection, (vsx.Collection,))):
            with open(os.path.join(folder, file)) as f:
                tree = ast.parse(f.read())
            stubs = {node.name: node for node in tree.body
                     if isinstance(node, ast.FunctionDef)}
            for name in stubs:
                self.assertEqual(parameters(getattr(at, name)),
                                 stubbed(stubs[name]), name)
            for made in classes:
                node = next(n for n in tree.body if isinstance(n, ast.ClassDef)
                            and n.name == made.__name__)
                methods = {n.name: n for n in node.body
                           if isinstance(n, ast.FunctionDef)}
                told = methods.keys() | {n.target.id for n in node.body if
                                         isinstance(n, ast.AnnAssign)}
                self.assertEqual({n for n in told if n[0] != "_"},
                                 {n for n in dir(made) if n[0] != "_"})
                for name, method in methods.items():
                    real = getattr(made, name)
                    if not callable(real) or name[0] == "_" and name != "__init__":
                        continue
                    due = stubbed(method)
                    if name == "query":
                        due = passed_on(due)
                    self.assertEqual(parameters(real), due,
                                     f"{made.__name__}.{name}")


def parameters(call):
    """(name, kind, default) of each but self; **effort is any."""
    given = list(inspect.signature(call).parameters.values())
    if given and given[0].name == "self":
        del given[0]
    return [(p.name, p.kind.name, p.default is not p.empty and p.default)
            for p in given]


def stubbed(node):
    """The same of a function of a stub."""
    a, told = node.args, []
    positional = a.posonlyargs + a.args
    defaults = [None] * (len(positional) - len(a.defaults)) + a.defaults
    for arg, default in zip(positional, defaults):
        kind = ("POSITIONAL_ONLY" if arg in a.posonlyargs
                else "POSITIONAL_OR_KEYWORD")
        told.append((arg.arg, kind, default is not None and
                     ast.literal_eval(default)))
    for arg, default in zip(a.kwonlyargs, a.kw_defaults):
        told.append((arg.arg, "KEYWORD_ONLY", default is not None and
                     ast.literal_eval(default)))
    if told and told[0][0] == "self":
        del told[0]
    return told


def passed_on(told):
    """**effort, which goes on to Index.search(), in place of what that takes."""
    of_search = {p[0]: p for p in parameters(vsx.Index.search)[2:]}
    effort = [p for p in told if p == of_search.get(p[0])]
    if {p[0] for p in effort} != of_search.keys() - {"filter", "out"}:
        return told
    return [p for p in told if p not in effort] + [("effort", "VAR_KEYWORD", False)]


if __name__ == "__main__":
    unittest.main()
