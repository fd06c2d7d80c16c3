"""Codes of links, LNKP and LNKG: SPEC.md 5.5.1."""

import math
import struct

from exact import f32, f32s
from layout import up


class Gates:
    def __init__(self, segment, parts):
        self.segment, self.parts = segment, parts

    def open(self):
        s, parts = self.segment, self.parts
        codes = s.estimates or s.kept
        d = codes.dim if codes else s.file.head.dim
        metric = s.file.metric
        s.need(
            metric == "l2" or (metric == "cosine" and codes), "5.5.1-2", "metric"
        )
        fits = parts % 4 == 0 and 4 <= parts <= min(128, d)
        s.need(fits, "5.5.1-1", "parts")
        self.book_at = up(64 + 4 * d, 64)
        learned, self.blocks = s.raw("LNKP") or b"", s.raw("LNKG") or b""
        self.entries_at = self.book_at + 64 * d
        self.n_entries = min(32, s.n // 128) * 32
        due = self.entries_at + self.n_entries // 32 * (16 * parts + 128)
        s.need(len(learned) == due, "5.5.1-3", "size of LNKP")
        self.row_bytes = up(2 * s.m, 32) // 32 * (16 * parts + 128)
        s.need(len(self.blocks) == s.n * self.row_bytes, "5.5.1-4", "size of LNKG")
        self.unit_a, self.unit_b, spread = struct.unpack("<3f", learned[:12])
        for unit in (self.unit_a, self.unit_b):
            s.need(unit > 0 and math.isfinite(unit), "5.5.1-5", "units")
        s.need(spread >= 0 and math.isfinite(spread), "5.5.1-6", "spread")
        (self.shift,) = struct.unpack("<I", learned[12:16])
        s.need(self.shift <= 31, "5.5.1-12", "shift")
        s.need(not learned[16:64].strip(b"\0"), "5.5.1-7", "head")
        self.learned = learned
        self.ends = [p * d // parts for p in range(parts + 1)]
        self.codes = codes

    # ---- contents --------------------------------------------------------

    def check(self):
        s, d = self.segment, self.ends[-1]
        mean = struct.unpack("<%df" % d, self.learned[64 : 64 + 4 * d])
        book = self.learned[self.book_at : self.entries_at]
        book = struct.unpack("<%df" % (16 * d), book)
        for numbers, rule in ((mean, "5.5.1-8"), (book, "5.5.1-10")):
            if not all(map(math.isfinite, numbers)):
                s.want(False, rule, "what codes of links are made of")
                return
        gap = self.learned[64 + 4 * d : self.book_at]
        s.want(not gap.strip(b"\0"), "5.5.1-9", "gap in LNKP")
        self.mean, self.book = mean, [book[16 * i : 16 * i + 16] for i in range(d)]
        self.half = [[0.5 * x for x in self.products(p, None)] for p in range(self.parts)]
        vectors = [self.vector(row) for row in range(s.n)]
        self.check_entries(vectors)
        base, degree = struct.unpack("<%dI" % (len(s.links) // 4), s.links), 2 * s.m
        for row in range(s.n):
            links = base[row * degree : (row + 1) * degree]
            none = [i for i, x in enumerate(links) if x == 2**32 - 1] + [degree]
            links = links[: none[0]]
            if all(x < s.n for x in links):
                due = self.blocks_of(vectors[row], [vectors[x] for x in links])
                at = row * self.row_bytes
                found = self.blocks[at : at + self.row_bytes]
                s.want(found == due, "5.5.1-11", "row %d: codes of links" % row)

    def check_entries(self, vectors):
        """The rows that a search may begin at, coded as links from the mean."""
        n, at = self.n_entries, self.entries_at
        step = len(vectors) // n if n else 0
        along = [[0.0] * 16] * self.parts
        edges = [self.edge(self.mean, vectors[i * step], along) for i in range(n)]
        shift, fits = 0, lambda ab, s: all(abs(x) < 32767.5 * 2**s for x in ab)
        while shift < 31 and not all(fits(ab, shift) for _, ab in edges):
            shift += 1
        self.segment.want(self.shift == shift, "5.5.1-13", "shift of rows to begin at")
        due = bytearray(len(self.learned) - at)
        for i, (codes, ab) in enumerate(edges):
            # A code that says nothing looks far.
            a, b = 32767, 0
            if any(ab) and fits(ab, shift):
                a, b = (round(x / 2**shift) for x in ab)
            self.put(due, i, codes, a, -b)
        self.segment.want(self.learned[at:] == due, "5.5.1-13", "rows to begin at")

    def vector(self, row):
        """What a row is compared as."""
        if not self.codes:
            return tuple(map(float, self.segment.rows[row]))
        size = self.codes.size
        return self.codes.decoded(self.codes.records[row * size : (row + 1) * size])

    def products(self, p, x):
        """Of a part of x with its codewords, or of these with themselves."""
        sums = [0.0] * 16
        for i in range(self.ends[p], self.ends[p + 1]):
            word = self.book[i]
            terms = f32s([(x[i] if x else b) * b for b in word])
            sums = f32s([a + b for a, b in zip(sums, terms)])
        return sums

    def blocks_of(self, v, ends):
        off = [f32(a - b) for a, b in zip(v, self.mean)]
        along = [self.products(p, off) for p in range(self.parts)]
        out = bytearray(self.row_bytes)
        for j, u in enumerate(ends):
            codes, ab = self.edge(v, u, along)
            a, b = map(round, ab) if all(abs(x) < 32767.5 for x in ab) else (0, 0)
            self.put(out, j, codes, a, -b)
        return bytes(out)

    def put(self, out, j, codes, a, b):
        """Link number j into blocks of 32."""
        block, j = j // 32 * (16 * self.parts + 128), j % 32
        for p, code in enumerate(codes):
            out[block + 16 * p + j % 16] |= code << (0 if j < 16 else 4)
        struct.pack_into("<2h", out, block + 16 * self.parts + 4 * j, a, b)

    def edge(self, v, u, along):
        r = [f32(a - b) for a, b in zip(u, v)]
        s = lanes_of_32(r)
        h = f32(math.sqrt(s)) if s == s else s
        codes, sums = [], [0.0] * 3
        for p in range(self.parts):
            best, code = -math.inf, 0
            less = f32s([h * x for x in self.half[p]])
            scores = f32s([a - b for a, b in zip(self.products(p, r), less)])
            for c, score in enumerate(scores):
                if score > best:
                    best, code = score, c
            codes.append(code)
            more = best, self.half[p][code], along[p][code]
            sums = [f32(x + y) for x, y in zip(sums, more)]
        return codes, self.factors(s, h, *sums)

    def factors(self, s, h, score, half, along):
        """a and b in units of the edges, not yet rounded."""
        r = score + h * half
        if not (r > 0 and r * r > s / 256 * (2 * half)):
            return 0, 0
        b = 2 * s / r
        a, b = (s + b * along) / self.unit_a, b / self.unit_b
        return a, b


def lanes_of_32(r):
    """The sum of squares, as of a product of rows: SPEC.md 5.8."""
    lanes = [0.0] * 32
    for i, x in enumerate(r):
        lanes[i % 32] = f32(lanes[i % 32] + f32(x * x))
    for half in (16, 8, 4, 2, 1):
        lanes = [f32(a + b) for a, b in zip(lanes[:half], lanes[half:])]
    return lanes[0]
