"""What the tests of the module share: a folder, and vectors by a fixed seed."""

import array
import os
import random
import shutil
import sys
import tempfile
import unittest

if os.environ.get("without"):
    sys.modules["numpy"] = None  # as if it were not installed

import vsx

DIM = 16


def vectors(n, seed=1, dim=DIM):
    """n lists of dim numbers."""
    r = random.Random(seed)
    return [[r.gauss(0, 1) for _ in range(dim)] for _ in range(n)]


def flat(rows):
    """The same as f32 in a buffer of two dimensions, without numpy."""
    a = array.array("f", [c for row in rows for c in row])
    return memoryview(a).cast("B").cast("f", (len(rows), len(rows[0])))


def listed(a):
    """What numpy and memoryview alike give as lists."""
    return a.tolist()


def nearest(rows, q, k):
    """The k nearest by squared distance, of lists."""
    d = sorted((sum((x - y) ** 2 for x, y in zip(r, q)), i)
               for i, r in enumerate(rows))
    return [i for _, i in d[:k]]


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def build(self, n=100, spec="Flat", name="i.vsx", **more):
        index = vsx.build(flat(vectors(n)), self.path(name), spec, **more)
        self.addCleanup(index.close)
        return index
