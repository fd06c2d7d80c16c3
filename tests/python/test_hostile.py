"""What nobody should do, and is an exception all the same."""

import array
import gc
import os
import resource
import subprocess
import sys
import unittest

from support import DIM, Folder, flat, vectors, vsx

try:
    import numpy
except ImportError:
    numpy = None


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
        index.close()
        index.close()
        self.assertTrue(index.closed)
        for call in (lambda: index.search(vectors(1)), lambda: len(index),
                     lambda: index[1], lambda: list(index), lambda: index.dim,
                     lambda: 1 in index, index.refresh, index.ids,
                     lambda: index.add(vectors(1))):
            with self.assertRaisesRegex(ValueError, "is closed"):
                call()
        self.assertIn("closed", repr(index))

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
        index = self.build(50)
        q, bad = flat(vectors(2)), [["a"] * DIM]

        def once():
            index.search(q, 3)
            index.search_id(1, 3)
            index[3], index.row(4), 5 in index
            index.dim, index.recalls, index.properties
            for wrong in (bad, None, [[float("nan")] * DIM]):
                try:
                    index.search(wrong)
                except (TypeError, ValueError):
                    pass
            try:
                index[10**6]
            except KeyError:
                pass

        def most():
            gc.collect()
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(1000):
            once()
        before = most()
        for _ in range(10000):
            once()
        self.assertLess(most() - before, 2048)  # KiB


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

    def test_ids_of_all_types(self):
        x = numpy.array(vectors(4), "f4")
        for i, t in enumerate(("i8", "u8", "i4", "u2")):
            ids = numpy.array([3, 9, 1, 7], t)
            with vsx.build(x, self.path(f"{i}.vsx"), "Flat",
                           ids=ids) as index:
                self.assertEqual(sorted(index), [1, 3, 7, 9])


if __name__ == "__main__":
    unittest.main()
