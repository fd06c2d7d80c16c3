"""Small indexes of all kinds, made by the commands: the ground that is tested."""

import json
import os
import random
import struct
import subprocess

from index import Index
from layout import WHOLE
from model import Model


class Tools:
    """The commands of a build, in a folder to work in."""

    def __init__(self, tools, folder):
        self.tools, self.folder = tools, folder

    def run(self, name, *args, status=0, given=b""):
        """(status, what was printed); given: standard input."""
        p = subprocess.run(
            [os.path.join(self.tools, name), *map(str, args)],
            cwd=self.folder,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out = p.stdout.decode() + p.stderr.decode()
        bad = not 0 <= p.returncode <= 4 or "Sanitizer" in out or "runtime error" in out
        if bad or status not in (None, p.returncode):
            raise SystemExit("%s %s: status %d: %s" % (name, args, p.returncode, out))
        return p.returncode, out

    def stream(self, name):
        return subprocess.run(
            [os.path.join(self.tools, "vsx-backup"), "create", name, "--to-stdout"],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()


def rows(n, dim, seed, low=-50, high=50):
    r = random.Random(seed)
    return [[r.randrange(low, high) or 1 for _ in range(dim)] for _ in range(n)]


def fvecs(some):
    return b"".join(struct.pack("<i%df" % len(x), len(x), *x) for x in some)


def add_rows(t, name, n, dim, seed, low=-50):
    t.write(name + ".fvecs", fvecs(rows(n, dim, seed, low)))
    return name + ".fvecs"


def add_halves(t, name, n, dim, seed):
    """The same but for one component: bytes do not hold them."""
    some = rows(n, dim, seed)
    some[0][0] += 0.5
    t.write(name + ".fvecs", fvecs(some))
    return name + ".fvecs"


def add_ids(t, name, ids):
    t.write(name, "".join("%d\n" % i for i in ids).encode())
    return name


# Links have codes where keys are squared distances.
GATED = ("HNSW4,SQ8,G4", "HNSW20,G4", "PCA4,HNSW4,PQ2,G4")
GATED_KEPT = ("HNSW4,SQ4,G8,NoRefine", "HNSW4,SQ4,G4,Refine(SQ8)")

# Decoded rows are f32.
KEPT = ("OPQ3_5,IVF3,PQ3,NoRefine", "PCA4,Flat,NoRefine", "IVF3,PQ5x4,NoRefine", "SQ8,NoRefine", "RaBitQ3,NoRefine", "PCA4,IVF3,RaBitQ8,NoRefine", "SQ4,Refine(SQ8)", "IVF3,SQ8,NoRefine", "IVF3,SQ4,NoRefine", "IVF3,SQ4,Refine(SQ8)", "HNSW4,SQ8,NoRefine", "HNSW4,SQ4,Refine(SQ8)") + GATED_KEPT


def has_keys(spec, metric):
    gated = spec in GATED + GATED_KEPT
    return not gated or metric == "l2" or (metric == "cosine" and spec != "HNSW20,G4")


def all_kinds(t):
    """Every kind, metric and element type; numbers that all types hold."""
    names = []
    for spec in ("Flat", "IVF3,Flat", "HNSW4", "SQ8", "IVF3,SQ8", "IVF3,SQ4", "PQ3", "IVF3,PQ5x4", "PCA4,Flat", "OPQ3_5,IVF3,SQ4", "RaBitQ", "PCA4,IVF3,RaBitQ", "IVF3,RaBitQ2", "HNSW4,SQ8", "PCA4,HNSW4,SQ4", "HNSW4,RaBitQ3") + GATED + KEPT:
        for metric in ("l2", "ip", "cosine"):
            for elem in ("f32", "f16", "bf16", "i8", "u8"):
                if spec in KEPT and elem != "f32":
                    continue
                if not has_keys(spec, metric):
                    continue
                dim = 17 if elem in ("f32", "bf16") else 6
                low = 1 if elem == "u8" else -50
                # Floats that are whole numbers, here those of f16, are kept as i8.
                if elem in ("f32", "bf16"):
                    source = add_halves(t, "halves", 24, dim, dim)
                else:
                    source = add_rows(t, "rows-%d-%d" % (dim, low), 24, dim, dim, low)
                name = "%s-%s-%s.vsx" % (spec, metric, elem)
                t.run("vsx-build", source, "-q", "-o", name, "-i", spec, "-m", metric, "-e", elem)
                names.append(name)
    # More rows get codes of their links, too.
    narrow = add_halves(t, "narrow", 40, 5, 2)
    t.run("vsx-build", narrow, "-q", "-o", "gates-2.vsx", "-i", "HNSW3,SQ4,G4")
    names.append(changed(t, "gates-2.vsx", "gates-2.vsx", [(19, 1024, 5)], [3]))
    return names


def changed(t, base, name, add, delete, *more):
    """A copy of an index, some generations on."""
    t.write(name, t.read(base))
    for seed, n, dim in add:
        t.run("vsx-add", name, add_rows(t, "more", n, dim, seed), "-q", *more)
    for number in delete:
        t.run("vsx-delete", name, "--id", number, "-q")
    return name


def with_truth(raw):
    """The same with its neighbours stored, as a larger one has them."""
    index, model = Index(raw), Model(raw)
    if index.check() != "sound":
        raise SystemExit("%s" % index.findings)
    queries = index.own_queries() if index.own else index.given_queries()
    rows = {number: row for row, number in enumerate(index.parts[0].ids)}
    found = [rows[i] for q, own in queries for i in index.true_ids(q, own)]
    behind = model.section("QSRC" if index.own else "RCLL")
    model.add("QTRU", WHOLE, struct.pack("<%dI" % len(found), *found), before=behind)
    return model.write()


def bases(t):
    """Those that tests break, by name."""
    wide = add_halves(t, "wide", 40, 18, 1)
    narrow = add_halves(t, "narrow", 40, 5, 2)
    whole = add_rows(t, "whole", 40, 5, 2)
    # Not in order, two above 32 bits; 2^64 - 1 is a number like others.
    ids = [(i * 7 + 3) % 41 + 100 for i in range(38)] + [2**40, 2**64 - 1]
    numbers = add_ids(t, "numbers", ids)
    small = add_ids(t, "small", ids[:38] + [7, 8])
    t.run("vsx-build", wide, "-q", "-o", "flat.vsx", "-i", "Flat", "--ids", small)
    t.run("vsx-build", wide, "-q", "-o", "ivf.vsx", "-i", "IVF4,Flat", "--ids", small, "--model", "m")
    t.run("vsx-build", wide, "-q", "-o", "hnsw.vsx", "-i", "HNSW4", "--ids", numbers)
    t.run("vsx-build", narrow, "-q", "-o", "cosine.vsx", "-i", "HNSW4", "-m", "cosine", "-e", "f16")
    t.run("vsx-build", whole, "-q", "-o", "bytes.vsx", "-i", "Flat", "-e", "i8")
    t.run("vsx-build", whole, "-q", "-o", "narrow.vsx", "-i", "HNSW4,SQ8", "-m", "cosine")
    odd = add_halves(t, "odd", 60, 53, 3)
    t.run("vsx-build", odd, "-q", "-o", "odd.vsx", "-i", "IVF3,Flat")
    queries = rows(2, 18, 9) * 60
    t.write("queries.fvecs", fvecs(queries))
    t.run("vsx-build", wide, "-q", "-o", "queries.vsx", "-i", "Flat", "--queries", "queries.fvecs")
    t.write("two.fvecs", fvecs(queries[:2]))
    many = add_rows(t, "many", 120, 18, 4)
    t.run("vsx-build", many, "-q", "-o", "hundred.vsx", "-i", "Flat", "--queries", "two.fvecs")
    t.write("two-5.fvecs", fvecs(rows(2, 5, 10)))
    t.run("vsx-build", narrow, "-q", "-o", "given.vsx", "-i", "Flat", "-m", "cosine", "--queries", "two-5.fvecs")
    t.run("vsx-build", narrow, "-q", "-o", "shared.vsx", "-i", "IVF4,Flat")
    # Fewer rows than these would be scanned, without lists.
    changed(t, "shared.vsx", "shared.vsx", [(11, 1024, 5)], [])
    t.run("vsx-build", wide, "-q", "-o", "sq8.vsx", "-i", "SQ8", "--ids", small)
    t.run("vsx-build", odd, "-q", "-o", "sq4.vsx", "-i", "IVF3,SQ4", "-m", "cosine")
    # Rows enough that those which are added lie within the steps of these.
    t.run("vsx-build", add_rows(t, "steps", 400, 5, 15), "-q", "-o", "sq4-2.vsx", "-i", "IVF4,SQ4")
    t.run("vsx-build", wide, "-q", "-o", "pq8.vsx", "-i", "PQ4", "--ids", small)
    t.run("vsx-build", odd, "-q", "-o", "pq4.vsx", "-i", "IVF3,PQ27x4", "-m", "cosine")
    t.run("vsx-build", wide, "-q", "-o", "fs.vsx", "-i", "PQ6x4fs", "--ids", small)
    t.run("vsx-build", odd, "-q", "-o", "fs-ivf.vsx", "-i", "IVF3,PQ27x4fs", "-m", "cosine")
    t.run("vsx-build", wide, "-q", "-o", "fs-kept.vsx", "-i", "OPQ4_9,IVF3,PQ4x4fs,NoRefine", "-m", "ip")
    t.run("vsx-build", wide, "-q", "-o", "pca.vsx", "-i", "PCA5,Flat", "--ids", small)
    t.run("vsx-build", wide, "-q", "-o", "opq.vsx", "-i", "OPQ4_9,IVF3,SQ4", "-m", "ip")
    t.run("vsx-build", wide, "-q", "-o", "kept-opq.vsx", "-i", "OPQ4_9,IVF3,SQ4,NoRefine")
    t.run("vsx-build", wide, "-q", "-o", "rabitq.vsx", "-i", "RaBitQ", "--ids", small)
    signs = add_rows(t, "signs", 40, 150, 7)
    t.run("vsx-build", signs, "-q", "-o", "rabitq-ivf.vsx", "-i", "IVF3,RaBitQ", "-m", "cosine")
    t.run("vsx-build", signs, "-q", "-o", "rabitq-6.vsx", "-i", "IVF3,RaBitQ6")
    t.run("vsx-build", signs, "-q", "-o", "walk-rabitq.vsx", "-i", "HNSW4,RaBitQ5", "-m", "cosine")
    t.run("vsx-build", signs, "-q", "-o", "kept-rabitq.vsx", "-i", "IVF3,RaBitQ7,NoRefine", "-m", "ip")
    long = add_halves(t, "long", 5, 8200, 6)
    t.run("vsx-build", long, "-q", "-o", "long.vsx", "-i", "SQ8")
    changed(t, "sq4-2.vsx", "sq4-2.vsx", [(14, 1024, 5)], [])
    t.run("vsx-build", wide, "-q", "-o", "kept.vsx", "-i", "SQ8,NoRefine", "--ids", small)
    t.run("vsx-build", odd, "-q", "-o", "kept4.vsx", "-i", "IVF3,SQ4,NoRefine", "-m", "cosine")
    t.run("vsx-build", wide, "-q", "-o", "both.vsx", "-i", "IVF3,SQ4,Refine(SQ8)", "--queries", "two.fvecs")
    t.run("vsx-build", odd, "-q", "-o", "kept-pq.vsx", "-i", "IVF3,PQ27x4,NoRefine")
    t.run("vsx-build", narrow, "-q", "-o", "kept-2.vsx", "-i", "IVF4,SQ4,NoRefine")
    changed(t, "kept-2.vsx", "kept-2.vsx", [(15, 1024, 5)], [])
    t.run("vsx-build", wide, "-q", "-o", "walk.vsx", "-i", "HNSW4,SQ8", "--ids", small)
    t.run("vsx-build", narrow, "-q", "-o", "walk-2.vsx", "-i", "HNSW4,SQ8,NoRefine")
    changed(t, "walk-2.vsx", "walk-2.vsx", [(16, 1024, 5)], [])
    t.run("vsx-build", wide, "-q", "-o", "gates.vsx", "-i", "HNSW4,SQ8,G8", "--ids", small)
    t.run("vsx-build", add_rows(t, "many", 130, 6, 29), "-q", "-o", "gates-many.vsx", "-i", "HNSW2,SQ8,G4")
    t.run("vsx-build", wide, "-q", "-o", "gates-pca.vsx", "-i", "PCA5,HNSW18,SQ8,G4", "-m", "cosine")
    t.run("vsx-build", wide, "-q", "-o", "gates-cosine.vsx", "-i", "HNSW4,SQ8,G8", "-m", "cosine")
    t.run("vsx-build", add_rows(t, "bytes", 40, 18, 1, 1), "-q", "-o", "gates-own.vsx", "-i", "HNSW4,SQ8,G16", "-e", "u8")
    t.write("truth.vsx", with_truth(t.read("flat.vsx")))
    t.write("known.vsx", with_truth(t.read("queries.vsx")))
    changed(t, "truth.vsx", "truth-3.vsx", [(12, 3, 18)], [8])
    changed(t, "hundred.vsx", "hundred-4.vsx", [], [3, 44, 118])
    changed(t, "hundred-4.vsx", "hundred-6.vsx", [], [45, 90])
    t.run("vsx-build", add_rows(t, "gone", 1, 5, 13), "-q", "-o", "gone.vsx", "-i", "HNSW4")
    t.run("vsx-delete", "gone.vsx", "--id", 0, "-q")
    t.run("vsx-compact", "gone.vsx", "-o", "empty.vsx", "-q")
    changed(t, "ivf.vsx", "ivf-2.vsx", [(5, 9, 18)], [])
    changed(t, "ivf-2.vsx", "ivf-3.vsx", [], [103])
    changed(t, "hnsw.vsx", "hnsw-3.vsx", [(6, 4, 18)], [100], "--ids", add_ids(t, "more-ids", range(1, 5)))
    changed(t, "hnsw-3.vsx", "hnsw-4.vsx", [], [2**64 - 1])
    changed(t, "flat.vsx", "flat-3.vsx", [(7, 3, 18), (8, 3, 18)], [7], "--keep-segments")
    # Keys of each form, and payload of which some rows have none.
    words, payload = ["%05d" % (i * 7919 % 99991) for i in range(40)], "{}\n\n[1, 2]\nthe same, the same, the same, the same\n"
    t.write("words", "".join("the-same-word-%s\n" % w for w in words).encode())
    r = random.Random(17)  # of 5 to 27 letters each, that LZ4 makes no shorter
    t.write("letters", "".join("".join(r.choices("ghijklmnopqrstuvwxyz", k=i * 7 % 23 + 5)) + "\n" for i in range(26)).encode())
    t.write("uuids", "".join("%s%03d-0b1c-4d2e-8f30-a1b2c3%06d\n" % (w, i, i) for i, w in enumerate(words)).encode())
    t.write("digits", "".join("%s%x\n" % ("0a" * (i % 3), 0xBEEF00 + i) for i in range(40)).encode())
    t.write("payload", (payload * 10).encode())
    t.run("vsx-build", wide, "-q", "-o", "keys.vsx", "-i", "IVF4,Flat", "--keys", "words", "--payload", "payload")
    t.run("vsx-build", add_rows(t, "few", 26, 5, 3), "-q", "-o", "letters.vsx", "-i", "Flat", "--keys", "letters")
    t.run("vsx-build", wide, "-q", "-o", "uuids.vsx", "-i", "HNSW4", "--keys", "uuids")
    t.run("vsx-build", whole, "-q", "-o", "digits.vsx", "-i", "Flat", "-e", "i8", "--keys", "digits", "--payload", "payload")
    t.write("other", b"other\nlater\nthe-same-word-00000\n")
    changed(t, "keys.vsx", "keys-2.vsx", [(16, 3, 18)], [], "--keys", "other", "--keep-segments", "--replace")
    # Fields of all types; the rows that are added have one of them.
    lines = [
        {"b": i % 3 == 0, "f": (i - 20) / 4 if i else 0, "i": i * 7 % 50, "lb": [i % 2 == 0] * (i % 4), "lf": [i * 0.5, -1.5][: i % 3],
         "s": ["", "a", "b", "\u00e9"][i % 4], "t": "2026-01-%02dT12:00:00Z" % (i % 28 + 1), "tags": ["x%d" % (i % 5), "y"][: i % 3]}
        for i in range(40)
    ]
    for i in range(5, 40, 5):
        lines[i]["i"] = lines[i]["s"] = lines[i - 4]["tags"] = None
        lines[i - 2]["i"] = None if i == 10 else 1
    t.write("lines", "".join(json.dumps(x) + "\n" for x in lines).encode())
    t.write("later", b'{"i": 1}\n{"i": null}\n{"i": -3}\n')
    types = "b:bool,f:float,i:int,lb:[bool],lf:[float],s:string,t:time,tags:[string]"
    t.run("vsx-build", wide, "-q", "-o", "fields.vsx", "-i", "IVF4,Flat", "--fields", types, "--fields-from", "lines")
    changed(t, "fields.vsx", "fields-2.vsx", [(18, 3, 18)], [3], "--fields", "i:int", "--fields-from", "later", "--keep-segments")
    # Lists that are long enough for ranges of their own.
    t.write("long-lines", "".join(json.dumps(x) + "\n" for x in lines * 4).encode())
    four = add_rows(t, "four", 160, 5, 3)
    t.run("vsx-build", four, "-q", "-o", "fields-lists.vsx", "-i", "IVF2,Flat", "--fields", types, "--fields-from", "long-lines")
    # More than 512 pages, which have two tables of sums.
    t.write("page.u8bin", struct.pack("<II", 513, 4096) + bytes(range(256)) * 16 * 513)
    t.write("one.fvecs", fvecs([[1] * 4096]))
    t.run("vsx-build", "page.u8bin", "-q", "-o", "pages.vsx", "-i", "Flat", "-e", "u8", "--queries", "one.fvecs")
    return (
        "flat ivf hnsw cosine bytes narrow odd queries hundred given shared truth known empty gone"
        " sq8 sq4 sq4-2 pq8 pq4 fs fs-ivf fs-kept rabitq rabitq-ivf rabitq-6 kept-rabitq walk-rabitq pca opq kept-opq long kept kept4 kept-pq both kept-2 walk walk-2 gates gates-many gates-pca gates-cosine gates-own truth-3 hundred-4 hundred-6 ivf-2 ivf-3 hnsw-3 hnsw-4 flat-3 pages"
        " keys letters uuids digits keys-2 fields fields-2 fields-lists"
    ).split()
