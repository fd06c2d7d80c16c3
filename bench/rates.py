"""Fit what steps of a walk take to what bench_rates has measured.

usage: rates.py POINTS... [--held-out POINTS...]   files of bench_rates

Prints the constants of lib/kind/rates.h and lib/kind/hnsw/build_auto.c, by
least squares of relative errors with none below 0, and how far each index is
off. Of each set (the indexes of one file's folder name and first word) it
tells what is least at a recall by the clock and by the constants, which is
what "auto" would take of the whole. POINTS behind --held-out are reckoned
with, but not fitted to.
"""

import csv
import math
import os
import sys

LINE = 64.0

# Codes of more bytes are not near: what is of them beyond is far away.
NEAR = 16 << 20

# What a point counts of each constant.
TERMS = [
    ("a search", lambda p: 1),
    ("a component of the query", lambda p: p["dim"]),
    ("a step", lambda p: p["hops"]),
    ("a line of links", lambda p: p["hops"] * p["M"] * 8 / LINE),
    ("a line of codes of links", lambda p: p["hops"] * gate_lines(p)),
    ("a row compared", lambda p: p["distances"]),
    ("a line of it", lambda p: p["distances"] * code_lines(p)),
    ("a line of it that is far",
     lambda p: p["distances"] * code_lines(p) * far(p)),
    ("a line of a row looked at",
     lambda p: p["looked_at"] * p["row_bytes"] / LINE),
]


def gate_lines(p):
    blocks = math.ceil(2 * p["M"] / 32)
    return blocks * (16 * p["parts"] + 128) / LINE * (p["parts"] > 0)


def code_lines(p):
    return (p["dim"] + 4 if p["estimates"] else p["row_bytes"]) / LINE


def far(p):
    return max(0, 1 - NEAR / (p["rows"] * code_lines(p) * LINE))


def read(path):
    with open(path) as f:
        for row in csv.DictReader(f, delimiter="\t"):
            point = {k: v if k in ("index", "spec") else float(v)
                     for k, v in row.items()}
            point["terms"] = [t(point) / point["us"] / 1000 for _, t in TERMS]
            yield point


def solve(a, b):
    """a x = b by elimination."""
    n = len(b)
    a = [[x + (1e-12 * a[i][i] + 1e-30) * (i == j) for j, x in enumerate(r)]
         for i, r in enumerate(a)]  # where sets are too few for all terms
    rows = [list(a[i]) + [b[i]] for i in range(n)]
    for i in range(n):
        best = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[best] = rows[best], rows[i]
        for r in range(n):
            if r != i:
                by = rows[r][i] / rows[i][i]
                rows[r] = [x - by * y for x, y in zip(rows[r], rows[i])]
    return [rows[i][n] / rows[i][i] for i in range(n)]


def fit(points):
    """Nanoseconds of each term. What comes out below 0 is left out."""
    used = list(range(len(TERMS)))
    while True:
        a = [[sum(p["terms"][i] * p["terms"][j] for p in points)
              for j in used] for i in used]
        x = solve(a, [sum(p["terms"][i] for p in points) for i in used])
        worst = min(range(len(x)), key=lambda i: x[i])
        if x[worst] >= 0:
            out = [0.0] * len(TERMS)
            for i, v in zip(used, x):
                out[i] = v
            return out
        del used[worst]


def reckoned(p, rates):
    return p["us"] * sum(r * t for r, t in zip(rates, p["terms"]))


def at_recall(points, recall, value):
    """Between the efforts around it; None: it is not reached."""
    below = None
    for p in points:
        if p["recall"] >= recall:
            if below is None:
                return value(p)
            part = (recall - below["recall"]) / (p["recall"] - below["recall"])
            return value(below) + part * (value(p) - value(below))
        below = p
    return None


def by(points, key):
    out = {}
    for p in points:
        out.setdefault(key(p), []).append(p)
    return out


def set_of(p):
    return os.path.basename(p["index"]).rsplit(".", 2)[0]


def tell_sets(points, rates):
    print("\n| set, recall | least, us | by the constants | us | more |")
    print("| --- | --- | --- | ---: | ---: |")
    for name, all_of in by(points, set_of).items():
        indexes = by(all_of, lambda p: p["index"])
        for recall in (0.95, 0.99):
            us, cost = {}, {}
            for p in indexes.values():
                took = at_recall(p, recall, lambda q: q["us"])
                if took:
                    us[p[0]["spec"]] = took
                    cost[p[0]["spec"]] = at_recall(
                        p, recall, lambda q: reckoned(q, rates))
            if us:
                best, taken = min(us, key=us.get), min(cost, key=cost.get)
                print(f"| {name}, {recall} | {best} {us[best]:.1f} | {taken} "
                      f"{cost[taken]:.1f} | {us[taken]:.1f} | "
                      f"{us[taken] / us[best] - 1:.0%} |")


def main(args):
    split = args.index("--held-out") if "--held-out" in args else len(args)
    points = [p for path in args[:split] for p in read(path)]
    others = [p for path in args[split + 1:] for p in read(path)]
    rates = fit(points)
    print("| nanoseconds | |\n| --- | ---: |")
    for (name, _), r in zip(TERMS, rates):
        print(f"| {name} | {r:.2f} |")
    off = [sum(r * t for r, t in zip(rates, p["terms"])) - 1 for p in points]
    print(f"\n{len(points)} points: off by "
          f"{math.sqrt(sum(o * o for o in off) / len(off)):.1%} (root mean "
          f"square), {max(off, key=abs):+.1%} at most\n")
    print("| index | least | mean | most |\n| --- | ---: | ---: | ---: |")
    for index, of in by(points + others, lambda p: p["index"]).items():
        off = [sum(r * t for r, t in zip(rates, p["terms"])) - 1 for p in of]
        print(f"| {os.path.basename(index)} | {min(off):+.0%} | "
              f"{sum(off) / len(off):+.0%} | {max(off):+.0%} |")
    tell_sets(points + others, rates)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
