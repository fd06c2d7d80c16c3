"""What a call costs from Python beside C: bench_call and this, in turns.

usage: call.py BENCH_CALL   with the module on PYTHONPATH; prints a table
"""

import os
import subprocess
import sys
import tempfile
import time

import numpy as np
import vsx

N, K, ROUNDS, TURNS = 1000, 10, 20, 5


def measure(path):
    """Microseconds a query: one at a time, with out=, batches by 1 and 2 threads."""
    index = vsx.open(path)
    x = np.array(index.reconstruct_batch(range(N)))
    rows = list(x)
    out = (np.empty(K, np.float32), np.empty(K, np.int64))
    best = [1.0] * 4
    for _ in range(ROUNDS):
        began = time.thread_time()
        for row in rows:
            index.search(row, K)
        best[0] = min(best[0], time.thread_time() - began)
        began = time.thread_time()
        for row in rows:
            index.search(row, K, out=out)
        best[1] = min(best[1], time.thread_time() - began)
        for threads in (1, 2):
            began = time.perf_counter()
            index.search(x, K, threads=threads)
            best[1 + threads] = min(best[1 + threads],
                                    time.perf_counter() - began)
    index.close()
    return [1e6 * b / N for b in best]


def main(program):
    print("| index | C, us | more from Python, us | with out=, us "
          "| 1,000 at once, % more | by 2 threads, % more "
          "| 2 threads to 1: C, Python |")
    print("| --- |" + " ---: |" * 6)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "i.vsx")
        for spec, n, dim in (("Flat", 1000, 16), ("HNSW16", 5000, 128),
                             ("IVF64,Flat", 5000, 128)):
            x = np.random.default_rng(1).standard_normal((n, dim), np.float32)
            vsx.build(x, path, spec, overwrite=True).close()
            c, python = [], []
            for _ in range(TURNS):
                said = subprocess.run([program, path], check=True,
                                      capture_output=True, text=True).stdout
                c.append([float(s) for s in said.split()])
                python.append(measure(path))
            c, python = np.min(c, axis=0), np.min(python, axis=0)
            print(f"| {spec}, {n:,} x {dim} | {c[0]:.2f} "
                  f"| {python[0] - c[0]:.2f} | {python[1] - c[0]:.2f} "
                  f"| {100 * (python[2] / c[1] - 1):.1f} "
                  f"| {100 * (python[3] / c[2] - 1):.1f} "
                  f"| {c[1] / c[2]:.2f}, {python[2] / python[3]:.2f} |")


main(sys.argv[1])
