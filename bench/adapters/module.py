"""VSX in ann-benchmarks and in VIBE, whose runners ask for the same class.

ann-benchmarks: copy this file to ann_benchmarks/algorithms/vsx/module.py with
ann-benchmarks/config.yml and ann-benchmarks/Dockerfile beside it.
VIBE: copy it to vibe/algorithms/vsx/module.py with vibe/config.yml and
vibe/image.def beside it.
"""

import os
import tempfile

import numpy as np
import vsx

from ..base.module import BaseANN

# "normalized" is VIBE's name for rows of length 1 compared by inner product.
_METRICS = {"euclidean": "l2", "angular": "cosine", "cosine": "cosine",
            "normalized": "cosine", "ip": "ip"}


class VSX(BaseANN):
    """An index of the given spec, in a file, searched where it is mapped."""

    def __init__(self, metric, spec, ef_construction=0):
        if metric not in _METRICS:
            raise NotImplementedError(f"VSX has no metric {metric!r}")
        self._metric, self._spec = _METRICS[metric], spec
        self._ef_construction = int(ef_construction)
        self._index = self._results = None
        self._effort = {}
        self._label = f"VSX({spec})"

    def fit(self, X):
        X = np.ascontiguousarray(X)
        if X.dtype == np.float64:
            X = X.astype(np.float32)
        self._folder = tempfile.TemporaryDirectory()
        path = os.path.join(self._folder.name, "rows.vsx")
        self._index = vsx.build(X, path, self._spec, metric=self._metric,
                                ef_construction=self._ef_construction)

    def set_query_arguments(self, effort):
        """ef of a graph, nprobe of lists; Flat takes none."""
        name = self._index.effort_name
        self._effort = {name: int(effort)} if name else {}
        told = ", ".join(f"{k}={v}" for k, v in self._effort.items())
        self._label = f"VSX({', '.join(filter(None, (self._spec, told)))})"

    def query(self, v, n):
        return self._found(self._search(v, n, 1))

    def batch_query(self, X, n):
        self._results = self._search(np.ascontiguousarray(X), n, 0)

    def get_batch_results(self):
        return [self._found(row) for row in self._results]

    def get_memory_usage(self):
        """KiB that answers are made from: the file, and what is beside it."""
        if self._index is None:
            return super().get_memory_usage()
        return (self._index.file_bytes + self._index.heap_bytes) / 1024

    def get_additional(self):
        return {"file_bytes": self._index.file_bytes}

    def done(self):
        if self._index is not None:
            self._index.close()
            self._folder.cleanup()
            self._index = None

    def __str__(self):
        return self._label

    def _search(self, x, n, threads):
        return self._index.search(x, n, threads=threads, **self._effort)[1]

    @staticmethod
    def _found(ids):
        """Without the -1 of an index that has fewer rows than n."""
        return ids[ids >= 0]
