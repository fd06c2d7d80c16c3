"""Releases of word vectors for gate.sh, good ones and bad ones.

make_gate.py data VECTORS.npy  writes the rows, in the folder that it is in
make_gate.py golden            makes golden.jsonl of queries.fvecs, truth.ivecs
"""
import array
import json
import math
import random
import struct
import sys

ROWS, QUERIES = 2000, 20


def read_npy(path, n):
    with open(path, "rb") as f:
        head = f.read(10)
        f.read(struct.unpack("<H", head[8:10])[0])
        values = array.array("f")
        values.fromfile(f, n * 50)
    return [values[i * 50:(i + 1) * 50] for i in range(n)]


def write_vecs(path, rows, code="f"):
    with open(path, "wb") as f:
        for row in rows:
            f.write(struct.pack("<i", len(row)))
            array.array(code, row).tofile(f)


def write_ids(path, ids):
    with open(path, "w") as f:
        f.writelines("%d\n" % i for i in ids)


def unit(row):
    length = math.sqrt(sum(x * x for x in row))
    return [x / length for x in row]


def data(path):
    draw = random.Random(1)
    rows = read_npy(path, ROWS + QUERIES)
    rows, queries = rows[:ROWS], rows[ROWS:]
    ids = [10 * i + 7 for i in range(ROWS)]
    write_vecs("rows.fvecs", rows)
    write_vecs("queries.fvecs", queries)
    write_ids("ids", ids)
    # The same rows in another order, each with its id.
    order = list(range(ROWS))
    draw.shuffle(order)
    write_vecs("order.fvecs", [rows[i] for i in order])
    write_ids("order.ids", [ids[i] for i in order])
    # Half of them, at random.
    half = sorted(order[:ROWS // 2])
    write_vecs("half.fvecs", [rows[i] for i in half])
    write_ids("half.ids", [ids[i] for i in half])
    # 2 of 100 less, and as many new ones.
    few = sorted(order[ROWS // 50:])
    write_vecs("few.fvecs", [rows[i] for i in few])
    write_ids("few.ids", [ids[i] for i in few])
    write_ids("shuffled.ids", draw.sample(ids, ROWS))
    # One component less; all of length 1; from elsewhere; moved in space.
    write_vecs("narrow.fvecs", [row[:49] for row in rows])
    write_vecs("unit.fvecs", [unit(row) for row in rows])
    write_vecs("noise.fvecs",
               [[draw.gauss(0, 0.64) for _ in row] for row in rows])
    write_vecs("offset.fvecs", [[x + 0.05 for x in row] for row in rows])
    write_vecs("zero.fvecs", [[0.0] * 50])


def golden():
    with open("queries.fvecs", "rb") as q, open("truth.ivecs", "rb") as t, \
            open("golden.jsonl", "w") as out:
        for i in range(QUERIES):
            n = struct.unpack("<i", q.read(4))[0]
            query = struct.unpack("<%df" % n, q.read(4 * n))
            k = struct.unpack("<i", t.read(4))[0]
            ids = struct.unpack("<%di" % k, t.read(4 * k))
            out.write(json.dumps({"query": query, "expect": ids,
                                  "note": "word %d" % i}) + "\n")


if sys.argv[1] == "data":
    data(sys.argv[2])
else:
    golden()
