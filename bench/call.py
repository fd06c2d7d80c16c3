"""What a call costs from Python beside C: rounds of bench_call and of this, in
turns, so that other work on the machine slows both.

usage: call.py BENCH_CALL [INDEX...]   with the module on PYTHONPATH; prints a
table of the least of each. Without files, of three that it builds.
"""

import os
import subprocess
import sys
import tempfile
import time

import numpy as np
import vsx

N, K, ROUNDS = 1000, 10, 60
BUILT = (("Flat", 1000, 16), ("HNSW16", 5000, 128), ("IVF64,Flat", 5000, 128))


class Searches:
    def __init__(self, path):
        self.index = vsx.open(path)
        self.x = np.array(self.index.reconstruct_batch(range(N)))
        self.rows = list(self.x)
        self.out = (np.empty(K, np.float32), np.empty(K, np.int64))

    def round(self):
        """Microseconds a query: one at a time, with out=, and batches by 1 and
        2 threads."""
        search, took = self.index.search, []
        began = time.thread_time()
        for row in self.rows:
            search(row, K)
        took.append(time.thread_time() - began)
        began = time.thread_time()
        for row in self.rows:
            search(row, K, out=self.out)
        took.append(time.thread_time() - began)
        for threads in (1, 2):
            began = time.perf_counter()
            search(self.x, K, threads=threads)
            took.append(time.perf_counter() - began)
        return [1e6 * t / N for t in took]


def compare(program, path):
    searches, c, python = Searches(path), [], []
    with subprocess.Popen([program, path], stdin=subprocess.PIPE, text=True,
                          stdout=subprocess.PIPE, bufsize=1) as other:
        for _ in range(ROUNDS):
            other.stdin.write("\n")
            c.append([float(s) for s in other.stdout.readline().split()])
            python.append(searches.round())
    index = searches.index
    c, python = np.min(c, axis=0), np.min(python, axis=0)
    print(f"| {index.spec}, {len(index):,} x {index.dim} | {c[0]:.2f} "
          f"| {python[0] - c[0]:.2f} | {python[1] - c[0]:.2f} "
          f"| {100 * (python[2] / c[1] - 1):.1f} "
          f"| {100 * (python[3] / c[2] - 1):.1f} "
          f"| {c[1] / c[2]:.2f}, {python[2] / python[3]:.2f} |", flush=True)


def main(program, paths):
    print("| index | C, us | more from Python, us | with out=, us "
          "| 1,000 at once, % more | by 2 threads, % more "
          "| 2 threads to 1: C, Python |")
    print("| --- |" + " ---: |" * 6, flush=True)
    for path in paths:
        compare(program, path)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "i.vsx")
        for spec, n, dim in () if paths else BUILT:
            x = np.random.default_rng(1).standard_normal((n, dim), np.float32)
            vsx.build(x, path, spec, overwrite=True).close()
            compare(program, path)


main(sys.argv[1], sys.argv[2:])
