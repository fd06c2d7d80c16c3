"""What nobody should do, and is an exception all the same."""

import array
import ctypes
import datetime
import gc
import os
import pickle
import resource
import subprocess
import sys
import unittest

from support import DIM, Folder, flat, listed, vectors, vsx

try:
    import numpy
except ImportError:
    numpy = None


class Taken(ctypes.Structure):
    """struct mallinfo2 of malloc.h."""
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks",
        "uordblks", "fordblks", "keepcost")]


def heap_bytes():
    """Of C; the most that the process had where a sanitizer has its own."""
    if os.environ.get("sanitize"):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = Taken
    taken = mallinfo()
    return taken.uordblks + taken.hblkhd


class Arguments(Folder):
    def refused(self, kind, call, *args, **kwargs):
        with self.assertRaises(kind):
            call(*args, **kwargs)

    def test_types(self):
        with self.build(10) as index:
            for x in ("text", b"bytes", bytearray(64), None, 3, {}, object(),
                      ["a"] * DIM, [None] * DIM,
                      memoryview(array.array("i", [0] * DIM)),
                      memoryview(array.array("Q", [0] * DIM))):
                self.refused(TypeError, index.search, x)
            self.refused(ValueError, index.search, [[1.0] * DIM, "b"])
            for k in ("a", None, 1.5):
                self.refused(TypeError, index.search, vectors(1), k)
            for ids in ("a", None, 3, [1.5], ["a"], b"12345678"):
                self.refused(TypeError, index.remove, ids)
            self.refused(TypeError, index.search, vectors(1), out=3)
            self.refused(TypeError, index.search, vectors(1), out=(1,))
            self.refused(TypeError, index.search, vectors(1), unknown=1)
            self.refused(TypeError, index.remove)
            for keys in ("text", b"bytes", 3, [1], [["a"]]):
                self.refused(TypeError, index.add, vectors(1), keys=keys)
            self.refused(UnicodeEncodeError, index.add, vectors(1),
                         keys=["\ud800"])
            self.refused(TypeError, vsx.Index)
            self.refused(TypeError, vsx.open, 3.5)
            self.refused(TypeError, vsx.build, vectors(3), self.path("n"),
                         properties=[1])
            self.refused(TypeError, index.compact, progress=3)

    def test_shapes(self):
        with self.build(10) as index:
            cube = memoryview(array.array("f", [0.0] * 32)).cast("B").cast(
                "f", (2, 4, 4))
            for x in ([], [[]], [[1.0] * (DIM - 1)], [[1.0] * DIM, [1.0]],
                      cube):
                self.refused(ValueError, index.search, x)
            self.refused(ValueError, index.add, vectors(2), [1])
            self.refused(ValueError, index.add, vectors(2), keys=["a"])
            self.refused(ValueError, index.add, vectors(1), keys=["a" * 1025])
            self.refused(ValueError, index.add, [[1.0, 2.0]])
            self.refused(ValueError, vsx.build, [1.0, 2.0], self.path("n"))
            self.refused(ValueError, vsx.build, vectors(2), self.path("n"),
                         ids=[1])
            self.refused(ValueError, vsx.build, iter([]), self.path("n"))
            self.refused(ValueError, vsx.build,
                         iter([vectors(2), vectors(2, dim=3)]), self.path("n"))
            self.refused(ValueError, vsx.build, vectors(2), self.path("n"),
                         queries=vectors(2, dim=3))
        self.assertFalse(os.path.exists(self.path("n")))

    def test_numbers(self):
        with self.build(10) as index:
            for k in (0, -1):
                self.refused(ValueError, index.search, vectors(1), k)
            for name in ("ef", "nprobe"):
                self.refused(ValueError, index.search, vectors(1),
                             **{name: -1})
            self.refused(ValueError, index.search, vectors(1), ef=1, nprobe=1)
            self.refused(ValueError, index.search, vectors(1), threads=-1)
            for timeout in (-1, float("nan"), 1e300):
                self.refused(ValueError, index.search, vectors(1),
                             timeout=timeout)
            self.refused((MemoryError, OverflowError), index.search,
                         vectors(2), sys.maxsize)
            self.refused(OverflowError, index.search, vectors(1), 2**70)
            for ids in ([-1], [2**64], array.array("q", [-5])):
                self.refused(ValueError, index.remove, ids)
            self.refused(ValueError, lambda: index[-1])
            for bad in (float("nan"), float("inf"), 1e300):
                self.refused(vsx.NumericError, index.search, [[bad] * DIM])
                with self.assertRaises(vsx.NumericError) as e:
                    vsx.build(vectors(2) + [[bad] * DIM], self.path("n"))
                self.assertEqual(e.exception.row, 2)

    def test_arguments_by_position_and_name(self):
        """Searches take theirs by a way of their own, as Python does."""
        q = vectors(1)[0]
        with self.build(10) as index:
            for call, told in (
                    (lambda: index.search(), "missing .*'x'"),
                    (lambda: index.search(k=3), "missing .*'x'"),
                    (lambda: index.search(q, 3, 4), "at most 2 positional"),
                    (lambda: index.search(q, x=q), "name .'x'. and position .1"),
                    (lambda: index.search(q, 3, k=3), "'k'"),
                    (lambda: index.search(q, K=3), "'K' is an invalid"),
                    (lambda: index.search(q, **{"": 3}), "'' is an invalid"),
                    (lambda: index.search(q, **{"\ud800": 3}), "invalid"),
                    (lambda: index.search(q, **{3: 3}), "strings"),
                    (lambda: index.range_search(q), "missing .*'radius'"),
                    (lambda: index.range_search(radius=1.0), "missing .*'x'"),
                    (lambda: index.range_search(q, 1.0, 3), "at most 2"),
                    (lambda: index.range_search(q, "1"), "real number"),
                    (lambda: index.search_id(), "missing .*'id'"),
                    (lambda: index.search_id(1, id=1), "'id'"),
                    (lambda: index.search_id("1"), "str"),
                    (lambda: index.search(q, None), "NoneType"),
                    (lambda: index.search(q, threads=1.5), "float"),
                    (lambda: index.search(q, recall="1"), "real number"),
                    (lambda: index.search(q, group_by=b"n"), "group_by"),
                    (lambda: index.search(q, group_by=1), "group_by")):
                self.assertRaisesRegex(TypeError, told, call)
            for threads in (2**31, -2**31 - 1, 2**63, -2**70):
                self.refused(OverflowError, index.search, q, threads=threads)
            self.refused(OverflowError, index.search, q, ef=2**63)
            self.refused(OverflowError, index.search, q, recall=10**400)
            self.refused(ZeroDivisionError, index.search, q,
                         exact=type("", (), {"__bool__": lambda _: 1 // 0})())

            name = "".join(["th", "reads"])  # not the one of the call's source
            due = [listed(a) for a in index.search(q, 3)]
            for more in ({name: 1}, {"exact": "yes"}, {"timeout": None},
                         {"out": None, "filter": None, "group_by": None}):
                got = index.search(k=True + True + True, x=q, **more)
                self.assertEqual([listed(a) for a in got], due)

    def test_errors_travel_whole(self):
        with self.build(3) as index:
            for call, also in (
                    (lambda: vsx.open(self.path("none")), FileNotFoundError),
                    (lambda: vsx.build(vectors(2), self.path("a/b")),
                     FileNotFoundError),
                    (lambda: vsx.open(self.path("i.vsx") + "/x"), OSError),
                    (lambda: index[7], KeyError),
                    (lambda: index.search([[float("nan")] * DIM]), ValueError),
                    (lambda: vsx.build(vectors(2), index.path),
                     FileExistsError)):
                with self.assertRaises(vsx.Error) as wrong:
                    call()
                told = wrong.exception
                self.assertIsInstance(told, also)
                again = pickle.loads(pickle.dumps(told))
                self.assertEqual((type(again), str(again)),
                                 (type(told), str(told)))
                self.assertEqual(vars(again), vars(told))
                if isinstance(told, vsx.SystemError):
                    self.assertGreater(again.errno, 0)
            self.assertEqual(vsx.Error("x").row, None)
            self.assertTrue(issubclass(vsx.AccessError, PermissionError))
            for ids in ([[1], [2]], memoryview(bytes(16)).cast("q", (1, 2))):
                for call in (index.keys, index.reconstruct_batch):
                    self.refused((TypeError, ValueError), call, ids)

    def test_counts_are_never_other_counts(self):
        """What is too small or too great is refused, not taken modulo 2**32."""
        path = self.path("n")
        with self.build(10) as index:
            for bad in (-1, 2**32, 2**64, -2**70):
                for call in (lambda: vsx.build(vectors(2), path, threads=bad),
                             lambda: vsx.build(vectors(2), path,
                                               ef_construction=bad),
                             lambda: index.add(vectors(1), threads=bad),
                             lambda: index.upsert(vectors(1), threads=bad),
                             lambda: index.compact(threads=bad),
                             lambda: index.verify(threads=bad),
                             lambda: index.effort_for(0.5, bad)):
                    self.refused(ValueError, call)
            for bad in (-1, 2**64, -2**70):
                for call in (lambda: vsx.build(vectors(2), path, memory=bad),
                             lambda: vsx.build(vectors(2), path, seed=bad),
                             lambda: vsx.open(index.path, memory=bad),
                             lambda: index.add(vectors(1), memory=bad),
                             lambda: index.compact(memory=bad)):
                    self.refused(ValueError, call)
            for bad in (1.5, "1", None):
                self.refused(TypeError, vsx.build, vectors(2), path, seed=bad)
                self.refused(TypeError, index.verify, threads=bad)
            self.assertEqual(len(index), 10)
        self.assertFalse(os.path.exists(path))

    def test_texts_do_not_end_at_a_nul(self):
        with self.build(3, fields=[{"n": 1}] * 3) as index:
            for call in (lambda: index.select("n = 1\0 and n = 2"),
                         lambda: index.search(vectors(1), filter="n = 1\0"),
                         lambda: index.search(vectors(1), group_by="n\0"),
                         lambda: index.remove(where="n = 1\0"),
                         lambda: index.add(vectors(1), fields=[{"n\0x": 1}]),
                         lambda: index.compact(self.path("c\0d")),
                         lambda: index.backup("a\0b")):
                self.refused(ValueError, call)
            self.assertEqual(len(index), 3)
        for more in ({"properties": {"x_a": "b\0c"}}, {"model": "a\0b"},
                     {"properties": {"x_a\0": "b"}},
                     {"fields": [{"a\0b": 1}, None]}):
            self.refused(ValueError, vsx.build, vectors(2), self.path("n"),
                         **more)

    def test_code_of_the_caller_that_empties_what_it_was_given(self):
        """Values live on while they are looked at, whoever lets go of them."""
        row, properties, part = {}, {}, {}

        class Time:
            def __getattr__(self, name):
                if name != "isoformat":
                    raise AttributeError(name)
                row.clear()
                gc.collect()
                return lambda: "2026-01-31T12:00:00Z"

        class Text:
            def __str__(self):
                properties.clear()
                gc.collect()
                return "text"

        class Number:
            def __float__(self):
                part.clear()
                gc.collect()
                return 1.0
        row["".join(["a", "t"])] = Time()
        row["b"] = [Time()]
        properties["x_" + str(id(row))] = Text()
        properties["x_b"] = "b"
        part.update(x=[[Number()] * DIM], keys=["".join(["k", "1"])])
        with vsx.build(vectors(1), self.path("r"), "Flat", fields=[row],
                       properties=properties) as index:
            self.assertEqual(len(index), 1)
        with vsx.build(iter([part]), self.path("p"), "Flat") as index:
            self.assertEqual(index.keys([0]), ["k1"])

    def test_a_part_that_fails_leaves_nothing(self):
        def parts(last):
            yield vectors(5)
            if isinstance(last, BaseException):
                raise last
            yield last
        for last in (ZeroDivisionError("mine"), KeyboardInterrupt(), "text", {},
                     {"x": None}, {"keys": ["a"]}, (vectors(1), [1, 2]), None):
            with self.assertRaises((ValueError, TypeError, ZeroDivisionError,
                                    KeyboardInterrupt)):
                vsx.build(parts(last), self.path("n"), "Flat")
            self.assertEqual(os.listdir(self.folder), [])

    def test_names(self):
        for name in ("metric", "dtype", "builder"):
            self.refused(ValueError, vsx.build, vectors(2), self.path("n"),
                         **{name: "nonsense"})
        self.refused(ValueError, vsx.build, vectors(2), self.path("n"), "Nope")
        self.refused(ValueError, vsx.open, self.build().path, check="x")
        self.refused(ValueError, vsx.open, "nul\0byte")

    def test_files(self):
        with self.assertRaises(vsx.SystemError) as e:
            vsx.open(self.path("none"))
        self.assertEqual(e.exception.errno, 2)
        with open(self.path("text"), "w") as f:
            f.write("no index\n" * 1000)
        self.refused(vsx.FormatError, vsx.open, self.path("text"))


class Lives(Folder):
    def test_closed(self):
        index = self.build(10)
        repo, out = self.path("repo"), self.path("out.vsx")
        index.close()
        index.close()
        self.assertTrue(index.closed)
        for call in (lambda: index.search(vectors(1)), lambda: len(index),
                     lambda: index.range_search(vectors(1), 1.0),
                     lambda: index.search_id(1), lambda: index.row(1),
                     lambda: index.reconstruct(1), lambda: index.keys([1]),
                     lambda: index.reconstruct_batch([1]),
                     lambda: index.payloads([1]), lambda: index.values([1]),
                     lambda: index.find("a"), lambda: index.select("a = 1"),
                     lambda: index.effort_for(0.5), index.view,
                     lambda: index.recalls, lambda: index.properties,
                     lambda: index.fields,
                     lambda: index[1], lambda: list(index), lambda: index.dim,
                     lambda: 1 in index, index.refresh, index.ids,
                     lambda: index.add(vectors(1)),
                     lambda: index.upsert(vectors(1)),
                     lambda: index.remove([1]), index.compact,
                     lambda: index.compact(out), index.verify,
                     lambda: index.backup(repo)):
            with self.assertRaisesRegex(ValueError, "is closed"):
                call()
        self.assertIn("closed", repr(index))
        self.assertEqual(os.listdir(self.folder), ["i.vsx"])

    def test_closed_while_it_is_changed(self):
        """What was written was written, and nobody is told otherwise."""
        for n_rows, n_live, change in (
                (301, 300, lambda i, p: i.add(vectors(1), progress=p)),
                (301, 299, lambda i, p: i.upsert(vectors(1), [3], progress=p)),
                (299, 299, lambda i, p: i.compact(progress=p))):
            index, told = self.build(300, "HNSW8", overwrite=True), []
            index.remove([5])

            def close(*_):
                told.append(True)
                index.close()
            self.assertGreater(change(index, close)["file_bytes"], 0)
            self.assertTrue(told and index.closed)
            with vsx.open(index.path) as again:
                self.assertEqual((again.n_rows, len(again)), (n_rows, n_live))

    def test_buffers_in_use_cannot_be_freed(self):
        index, seen = self.build(10), []
        rows = array.array("f", [c for r in vectors(600) for c in r])
        x = memoryview(rows).cast("B").cast("f", (600, DIM))

        def during(*_):
            try:
                x.release()
                rows.append(1.0)
            except BufferError:
                seen.append(True)
        index.add(x, progress=during)
        self.assertTrue(seen)
        x.release()
        self.assertRaises(ValueError, index.search, x)

    def test_arrays_that_cannot_be_written(self):
        d = memoryview(bytes(4 * 2)).cast("f", (1, 2))
        i = memoryview(bytearray(8 * 2)).cast("q", (1, 2))
        with self.build(10) as index:
            self.assertRaises(BufferError, index.search, flat(vectors(1)), 2,
                              out=(d, i))

    def test_exit_with_open_indexes_and_running_threads(self):
        path = self.build(200, "HNSW8").path
        program = f"""
import threading, vsx
index = vsx.open({path!r})
row = index.row(3)
def search():
    while True:
        index.search([[0.0] * {DIM}] * 50, 5)
for _ in range(3):
    threading.Thread(target=search, daemon=True).start()
"""
        done = subprocess.run([sys.executable, "-c", program],
                              capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_sub_interpreters_are_refused(self):
        program = """
import _xxsubinterpreters as s
import sys
i = s.create()
try:
    s.run_string(i, f"import sys; sys.path[:] = {sys.path!r}; import vsx")
except s.RunFailedError as e:
    assert "main interpreter alone" in str(e), e
else:
    raise SystemExit("was not refused")
s.destroy(i)
import vsx
"""
        done = subprocess.run([sys.executable, "-c", program],
                              capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_repetition_takes_no_memory(self):
        utc = datetime.timezone.utc
        fields = [{"n": i, "s": f"s{i}", "l": ["a", "b"],
                   "t": datetime.datetime(2026, 1, 31, tzinfo=utc)}
                  for i in range(50)]
        index = self.build(50, keys=[f"k{i}" for i in range(50)], fields=fields,
                           payload=["text"] * 50, properties={"x_a": "b"})
        one = flat(vectors(1, seed=3))
        docs = vsx.Collection(self.path("docs.vsx"))
        self.addCleanup(docs.close)
        docs.add([f"d{i}" for i in range(20)], vectors(20), ["text"] * 20,
                 [{"n": i} for i in range(20)])
        q, chosen = flat(vectors(2)), index.select("n < 9")
        reads = {
            "search": lambda: index.search(q, 3),
            "search one, a list": lambda: index.search(vectors(1)[0], 3),
            "filter": lambda: index.search(q, 3, filter="n > 3 and s != 's5'"
                                           .replace("'", '"')),
            "selection": lambda: index.search(q, 3, filter=chosen),
            "select": lambda: index.search(q, 3, filter=index.select(
                "n < 30", ids=range(20), keys=["k3", "none"])),
            "group_by": lambda: index.search(q, 3, group_by="s"),
            "search_id": lambda: index.search_id(1, 3),
            "range_search": lambda: index.range_search(q, 40.0),
            "rows": lambda: (index[3], index["k3"], index.row(4), 5 in index,
                             "k" in index, index.reconstruct_batch([1, 2])),
            "texts": lambda: (index.keys([1, 2]), index.payloads([1, 2]),
                              index.find("k7"), index.values([1, 2])),
            "ids": lambda: (index.ids(), list(index), chosen.ids()),
            "facts": lambda: (index.dim, index.spec, index.recalls, repr(index),
                              index.properties, index.fields, index.metric,
                              index.effort_for(0.5), index.path),
            "view": lambda: index.view().refresh(),
            "open": lambda: vsx.open(index.path).close(),
            "pickle": lambda: pickle.loads(pickle.dumps(index)),
            "query": lambda: docs.query(vectors(1)[0], 3, where={"n": {"$gt": 5}}),
            "get": lambda: (docs.get(["d1", "none"], vectors=True), docs.peek(2),
                            docs.get(where="n < 3"), docs.count({"n": 3}),
                            docs.get(where_document={"$contains": "x"})),
        }
        for i, (kind, call) in enumerate((
                (TypeError, lambda: index.search([["a"] * DIM])),
                (TypeError, lambda: index.search(None)),
                (ValueError, lambda: index.search([[float("nan")] * DIM])),
                (ValueError, lambda: index.search(q, filter="n >")),
                (ValueError, lambda: index.search(q, group_by="none")),
                (ValueError, lambda: index.search([[1.0], [1.0, 2.0]])),
                (ValueError, lambda: index.range_search(q, -1.0)),
                (ValueError, lambda: index.search(q, out=(q, q))),
                (TypeError, lambda: index.add(q, fields=[{"n": "a"}] * 2)),
                (ValueError, lambda: index.add(q, keys=["a"])),
                (ValueError, lambda: vsx.build(q, "x", properties={"a": "\0"})),
                (KeyError, lambda: index[10**6]),
                (KeyError, lambda: index.keys([1, 10**6])),
                (KeyError, lambda: index.payloads([1, 10**6])),
                (KeyError, lambda: index.values([1, 10**6])),
                (KeyError, lambda: index.find("none")),
                (ValueError, lambda: index.select("n < 30", keys=["k1", ""])),
                (OSError, lambda: vsx.open("/none")),
                (ValueError, lambda: docs.query(vectors(1)[0], 3, where={})),
        )):
            reads[f"refused {i}"] = lambda kind=kind, call=call: \
                self.refused_once(kind, call)
        writes = {
            "add, remove": lambda: (
                index.add(one, keys=["new"], payload=["p"], fields=fields[:1]),
                index.upsert(one, keys=["new"], fields=fields[1:2]),
                index.remove(keys=["new"]), index.compact()),
            "build": lambda: vsx.build(q, self.path("b.vsx"), overwrite=True,
                                       fields=fields[:2]).close(),
            "verify": lambda: (index.verify(), index.verify("pages")),
            "upsert": lambda: (
                docs.upsert("d1", vectors(1)[0], "text", {"n": 7}),
                docs.delete("d1"), docs.index.compact()),
        }
        # No block of malloc() has less than 32 bytes.
        few = 10 if os.environ.get("sanitize") else 1
        for n, bytes_each, calls in ((10000 // few, 8, reads),
                                     (100, 32, writes)):
            for name, call in calls.items():
                self.does_not_grow(name, call, n, bytes_each)

    def refused_once(self, kind, call):
        try:
            call()
        except kind:
            return
        self.fail("was not refused")

    def does_not_grow(self, name, call, n, bytes_each):
        """In the quietest of four parts: what Python and malloc() keep for later
        comes and goes, and what each call leaves behind is in all of them."""
        def taken():
            gc.collect()
            # Names that calls within datetime make anew stay in it for a while.
            sys._clear_type_cache()
            return sys.getallocatedblocks(), heap_bytes()
        n //= 4
        for _ in range(20):
            call()
        grown, before = [], taken()
        for _ in range(4):
            for _ in range(n):
                call()
            after = taken()
            grown.append([b - a for a, b in zip(before, after)])
            before = after
        blocks, heap = map(min, zip(*grown))
        self.assertLess(blocks, n // 2, name)
        # What a sanitizer keeps of freed blocks is no growth.
        kept = 65536 if os.environ.get("sanitize") else 0
        self.assertLess(heap, bytes_each * n + kept, name)


@unittest.skipUnless(numpy, "numpy is not installed")
class Numpy(Folder):
    def test_strides_orders_and_types(self):
        x = numpy.array(vectors(40), "f4")
        with vsx.build(x, self.path("n.vsx"), "Flat") as index:
            due = index.search(x, 3)[1]
            self.assertEqual((due.dtype, due.shape), (numpy.int64, (40, 3)))
            twice = numpy.repeat(numpy.repeat(x, 2, 0), 2, 1)[::2, ::2]
            for y in (numpy.asfortranarray(x), twice, x[::-1][::-1],
                      x.astype("f8"), x.astype("<f4"), x.tolist()):
                numpy.testing.assert_array_equal(index.search(y, 3)[1], due)
            self.assertEqual(index.search(x[:0], 3)[1].shape, (0, 3))
            half = index.search(x.astype("f2"), 1)[1]
            numpy.testing.assert_array_equal(half, due[:, :1])
            for y in (x.astype(">f4"), x.astype("c8"), x.astype("i4"),
                      x.astype("?"), numpy.array([["a"] * DIM]),
                      numpy.array([[object()] * DIM])):
                self.assertRaises((TypeError, ValueError), index.search, y)
            self.assertRaises(ValueError, index.search, x[:, :3])
            self.assertRaises(ValueError, index.search, x[None])
            self.assertRaises(ValueError, index.search, x, 3,
                              out=(numpy.empty((40, 3), "f8"),
                                   numpy.empty((40, 3), "i8")))
            self.assertRaises((ValueError, BufferError), index.search, x, 3,
                              out=(numpy.empty((3, 40), "f4").T,
                                   numpy.empty((40, 3), "i8")))

    def test_lists_of_arrays(self):
        x = numpy.array(vectors(6), "f4")
        with vsx.build(list(x), self.path("l.vsx"), "Flat") as index:
            for rows in (list(x), tuple(x), list(x.astype("f8")),
                         [r.tolist() for r in x], list(x[:, ::-1][:, ::-1]),
                         [x[0], *x[1:].tolist()]):
                self.assertEqual(index.search(rows, 1)[1].ravel().tolist(),
                                 list(range(6)))
            one = list(x[3])  # of numpy's numbers, and of arrays without dimensions
            self.assertEqual(index.search(one, 1)[1].tolist(), [3])
            one = [numpy.array(c) for c in x[3]]
            self.assertEqual(index.search(one, 1)[1].tolist(), [3])
            for bad in ([x, x], [x[0], x[0, :3]], [x[0], 1.0], [1.0, x[0]]):
                self.assertRaises((TypeError, ValueError), index.search, bad)

    def test_fields_of_numpy_are_what_they_look_like(self):
        row = {"b": numpy.bool_(True), "f": numpy.float32(0.5),
               "i": numpy.int16(3), "s": numpy.str_("x"),
               "l": numpy.array([1.5, 2.5], "f4"), "m": [numpy.bool_(False)]}
        with self.build(1, fields=[row]) as index:
            self.assertEqual(index.fields, {"b": "bool", "f": "float", "i": "int",
                                            "s": "string", "l": "[float]",
                                            "m": "[bool]"})
            self.assertEqual(index.values([0]), [
                {"b": True, "f": 0.5, "i": 3, "s": "x", "l": [1.5, 2.5],
                 "m": [False]}])
        for bad in (numpy.datetime64("2026-01-31", "ns"), numpy.array(["a"], "O"),
                    numpy.complex64(1), numpy.zeros((2, 2))):
            self.assertRaises(TypeError, vsx.build, vectors(1), self.path("n"),
                              fields=[{"t": bad}])

    def test_ids_of_all_types(self):
        x = numpy.array(vectors(4), "f4")
        for i, t in enumerate(("i8", "u8", "i4", "u2")):
            ids = numpy.array([3, 9, 1, 7], t)
            with vsx.build(x, self.path(f"{i}.vsx"), "Flat",
                           ids=ids) as index:
                self.assertEqual(sorted(index), [1, 3, 7, 9])


if __name__ == "__main__":
    unittest.main()
