"""Rows, ids, deleted rows, lists, graphs and codes: SPEC.md 5.1 to 5.5, 5.7."""

import math
import struct

import exact
from attached import Attached
from columns import Columns
from gates import Gates
from layout import Broken, up


def of_codes(entry):
    """Code words, without the type of rows."""
    rows, codes = entry.params[6:]
    return rows if rows & 255 else 0, codes


def stride(n):
    for a in (64, 32, 16, 8):
        if up(n, a) - n <= n // 8:
            return up(n, a)
    return up(n, 4)


def block_bytes(dim):
    return 64 * (up(dim, 4) // 4 + 2)


def ints(raw, size):
    return struct.unpack("<%d%s" % (len(raw) // size, "I" if size == 4 else "Q"), raw)


class Codes:
    """CPAR and CODE, or those of centroids: parameters and blocks of 16 rows."""

    def __init__(self, segment, params, blocks, what):
        self.segment, self.what, self.blocks = segment, what, blocks
        f = segment.file
        dim = f.head.dim
        delta, cap, wild, zero = struct.unpack("<ffII", params[:16])
        self.delta, self.cap, self.wild = delta, cap, wild
        self.lo = struct.unpack("<%df" % dim, params[16 : 16 + 4 * dim])
        self.size = block_bytes(dim)
        for ok, rule, text in (
            (delta > 0 and math.isfinite(delta), "5.7-4", "delta"),
            (cap >= 0 and math.isfinite(cap), "5.7-5", "eps_cap"),
            (wild <= 1, "5.7-6", "wild"),
            (zero == 0, "5.7-7", "zero"),
            (all(map(math.isfinite, self.lo)), "5.7-8", "lo"),
        ):
            segment.need(ok, rule, "%s: %s" % (what, text))

    def check(self, i, x, scale):
        """The code of the row x, which is scaled under cosine."""
        segment, dim = self.segment, len(self.lo)
        r = self.place(i)
        codes, told = r[:-8], r[-8:]
        where = "%s %d: " % (self.what, i)
        segment.want(not codes[dim:].strip(b"\0"), "5.7-10", where + "padding")
        term = sum((c - 128) ** 2 for c in codes[:dim])
        segment.want(told[:4] == struct.pack("<I", term), "5.7-14", where + "term")
        s = t = 0.0
        for v, lo, code in zip(x, self.lo, codes):
            a = lo + self.delta * code
            d = float(v) * scale - a
            s += d * d
            t += a * a
        z = 1.0 if scale != 1.0 else 0.0
        loss = math.sqrt(s) * (1.0 + 2.0**-40) + (math.sqrt(t) + z) * 1e-14
        eps = struct.unpack("<f", told[4:])[0]
        segment.want(eps >= exact.f32_above(exact.f32(loss)), "5.7-12", where + "eps")
        if not self.wild and eps == eps:
            segment.want(eps <= self.cap, "5.7-13", where + "eps_cap")

    def place(self, i):
        """All that place i has: its code, term and eps."""
        block = self.blocks[i // 16 * self.size : (i // 16 + 1) * self.size]
        at = i % 16 * 4
        return b"".join(block[j + at : j + at + 4] for j in range(0, self.size, 64))

    def check_rest(self, n):
        for i in range(n, up(n, 16)):
            text = "%s %d of %d" % (self.what, i, n)
            self.segment.want(not self.place(i).strip(b"\0"), "5.7-11", text)


class Estimates:
    """CPAR and CODE, or VPAR and VECS, of codes that estimate: SPEC.md 5.9, 5.10."""

    def __init__(self, segment, params, records):
        self.segment, self.records, self.params = segment, records, params
        self.dim, self.flags, self.n_centroids = struct.unpack("<3I", params[:12])
        d, dim = self.dim, segment.file.head.dim
        self.at = self.parts(dim, d, self.flags, self.n_centroids)
        self.own = self.at[-1]
        if self.flags & 1:
            self.mean = self.floats(self.at[0], dim)
            self.matrix = [self.floats(self.at[1] + 4 * d * i, d) for i in range(dim)]

    @staticmethod
    def parts(dim, d, flags, n_centroids):
        """Where mean, matrix, centroids and the codec's own begin: 5.9.3."""
        at = [64]
        for n in (dim, dim * d, n_centroids * d) if flags & 1 else ():
            at.append(up(at[-1] + 4 * n, 64))
        return at

    def floats(self, at, n):
        return struct.unpack("<%df" % n, self.params[at : at + 4 * n])

    # ---- transforms ------------------------------------------------------

    def transformed(self, x):
        sums = [0.0] * self.dim
        for v, mean, row in zip(x, self.mean, self.matrix):
            off = exact.f32(v - mean)
            sums = [exact.f32(a + exact.f32(off * w)) for a, w in zip(sums, row)]
        return sums

    def transformed_back(self, y):
        x = []
        for mean, row in zip(self.mean, self.matrix):
            lanes = [0.0] * 32
            for j, (v, w) in enumerate(zip(y, row)):
                lanes[j % 32] = exact.f32(lanes[j % 32] + exact.f32(v * w))
            for half in (16, 8, 4, 2, 1):
                pairs = zip(lanes[:half], lanes[half:])
                lanes = [exact.f32(a + b) for a, b in pairs]
            x.append(exact.f32(lanes[0] + mean))
        return x

    def sound_transform(self):
        s, d, dim = self.segment, self.dim, self.segment.file.head.dim
        if not self.flags & 1:
            return True
        for i, n in enumerate((dim, dim * d, self.n_centroids * d)):
            if self.params[self.at[i] + 4 * n : self.at[i + 1]].strip(b"\0"):
                s.want(False, "5.9.3-2", "a gap is not 0")
                return False
        if not all(map(math.isfinite, self.mean)):
            s.want(False, "5.9.3-3", "mean of the transform")
            return False
        if not all(all(map(math.isfinite, row)) for row in self.matrix):
            s.want(False, "5.9.3-4", "matrix of the transform")
            return False
        columns = list(zip(*self.matrix))
        for i, a in enumerate(columns):
            for b in columns[: i + 1]:
                off = sum(x * y for x, y in zip(a, b)) - (a is b)
                if not abs(off) <= 2**-12:
                    s.want(False, "5.9.3-5", "columns of the transform")
                    return False
        for i in range(self.n_centroids):
            raw = s.cent[i * s.cent_stride :][: 4 * dim]
            y = self.transformed(struct.unpack("<%df" % dim, raw))
            at = self.at[2] + 4 * i * d
            if self.params[at : at + 4 * d] != struct.pack("<%df" % d, *y):
                s.want(False, "5.9.3-6", "centroid %d of the codes" % i)
                return False
        return True

    # ---- rows and records ------------------------------------------------

    def centroids(self):
        """What each row was less by."""
        s = self.segment
        of = [[0.0] * self.dim] * s.n
        if self.flags & 2:
            for first, n, i in s.lists:
                if self.flags & 1:
                    centroid = self.floats(self.at[2] + 4 * i * self.dim, self.dim)
                else:
                    raw = s.cent[i * s.cent_stride :][: 4 * self.dim]
                    centroid = struct.unpack("<%df" % self.dim, raw)
                of[first : first + n] = [centroid] * n
        return of

    def decode(self, r, centroid):
        y = self.decoded(r)
        if self.flags & 2:
            y = [exact.f32(v + c) for v, c in zip(y, centroid)]
        if self.flags & 1:
            y = self.transformed_back(y)
        return tuple(y)

    def codes_bytes(self):
        return self.segment.n * self.size

    def record_of(self, y, centroid):
        return self.record(y)

    def inputs(self):
        """What is coded of each row, and what it is less by; None: unknown."""
        s, of = self.segment, self.centroids()
        for i, x in enumerate(s.rows):
            if x is None or not all(map(math.isfinite, x)):
                yield None
                continue
            y = [exact.f32(float(v) * s.scales[i]) for v in x]
            if self.flags & 1:
                y = self.transformed(y)
            if self.flags & 2:
                y = [exact.f32(v - c) for v, c in zip(y, of[i])]
            yield y, of[i]

    def check_all(self):
        if not self.sound_transform() or not self.sound():
            return
        for i, found in enumerate(self.inputs()):
            if found:
                r = self.records[i * self.size : (i + 1) * self.size]
                good = r == self.record_of(*found)
                self.segment.want(good, self.rule, "row %d: code" % i)


class Scalar(Estimates):
    """SQ8 and SQ4: SPEC.md 5.9.1."""

    rule = "5.9.1-5"

    def __init__(self, segment, params, records, codec):
        super().__init__(segment, params, records)
        d = self.dim
        self.most = 255 if codec == 1 else 15
        self.bytes = d if codec == 1 else (d + 1) // 2
        self.size = up(self.bytes, 4) + 4
        self.lo = self.floats(self.own, d)
        self.step = self.floats(self.own + 4 * d, d)

    def sound(self):
        s = self.segment
        for lo, step in zip(self.lo, self.step):
            if not math.isfinite(lo):
                s.want(False, "5.9.1-3", "lo of the codes")
                return False
            if not (math.isfinite(step) and step >= 0):
                s.want(False, "5.9.1-4", "step of the codes")
                return False
        return True

    def codes(self, r):
        if self.most == 255:
            return list(r[: self.dim])
        low = [b & 15 for b in r[: self.bytes]]
        return (low + [b >> 4 for b in r[: self.bytes]])[: self.dim]

    def decoded(self, r):
        scales = zip(self.codes(r), self.lo, self.step)
        return [exact.f32(lo + exact.f32(step * code)) for code, lo, step in scales]

    def is_record(self, r):
        """By what it says itself."""
        terms = [(s * c) * (s * c) for s, c in zip(self.step, self.codes(r))]
        return r == self.pack(self.codes(r), terms)

    def record(self, row):
        codes, terms = [], []
        for y, lo, step in zip(row, self.lo, self.step):
            u = (y - lo) / step if step else 0.0
            code = int(min(u, self.most) + 0.5) if u > 0 else 0
            codes.append(code)
            terms.append((step * code) * (step * code))
        return self.pack(codes, terms)

    def pack(self, codes, terms):
        raw = bytearray(up(self.bytes, 4))
        for i, code in enumerate(codes):
            if i < self.bytes:
                raw[i] = code
            else:
                raw[i - self.bytes] |= code << 4
        return bytes(raw) + struct.pack("<f", exact.f32(exact.lane_sum(terms)))


class Product(Estimates):
    """PQ of 8 and 4 bits: SPEC.md 5.9.2."""

    rule = "5.9.2-4"
    finite = "5.9.2-3"
    before_book = 0

    def __init__(self, segment, params, records, codec, m):
        super().__init__(segment, params, records)
        d, self.ksub = self.dim, 256 if codec == 3 else 16
        self.size = m if codec == 3 else (m + 1) // 2
        self.ends = [j * d // m for j in range(m + 1)]
        book = self.floats(self.own + self.before_book, d * self.ksub)
        self.book = [book[i * self.ksub :][: self.ksub] for i in range(d)]

    def sound(self):
        good = all(all(map(math.isfinite, component)) for component in self.book)
        self.segment.want(good, self.finite, "codewords")
        return good

    def codes(self, r):
        if self.ksub == 256:
            return list(r)
        return [b >> s & 15 for b in r for s in (0, 4)][: len(self.ends) - 1]

    def decoded(self, r):
        y = []
        for code, first, end in zip(self.codes(r), self.ends, self.ends[1:]):
            y += [component[code] for component in self.book[first:end]]
        return y

    def is_record(self, r):
        return r == self.pack(self.codes(r))

    def nearest(self, y, first, end):
        sums = [0.0] * self.ksub
        for x, component in zip(y[first:end], self.book[first:end]):
            off = exact.f32s([x - b for b in component])
            squares = exact.f32s([v * v for v in off])
            sums = exact.f32s([a + b for a, b in zip(sums, squares)])
        return sums.index(min(sums))

    def record(self, y):
        ends = zip(self.ends, self.ends[1:])
        return self.pack([self.nearest(y, *part) for part in ends])

    def pack(self, codes):
        if self.ksub == 256:
            return bytes(codes)
        codes = codes + [0]
        return bytes(codes[2 * i] | codes[2 * i + 1] << 4 for i in range(self.size))


class InBlocks:
    """Codes in blocks of 32 rows."""

    def codes_bytes(self):
        return -(-self.segment.n // 32) * self.size

    def check_all(self):
        if not self.sound_transform() or not self.sound():
            return
        rows = list(self.inputs())
        for b in range(-(-len(rows) // 32)):
            some = rows[32 * b :][:32]
            if all(some):
                r = self.records[b * self.size : (b + 1) * self.size]
                good = r == self.block(some)
                self.segment.want(good, self.rule, "block %d" % b)


class Blocks(InBlocks, Product):
    """PQ of 4 bits in blocks: SPEC.md 5.9.5."""

    rule = "5.9.5-5"
    finite = "5.9.5-4"

    def __init__(self, segment, params, records, m):
        d = struct.unpack("<I", params[:4])[0]
        self.before_book = 4 * d
        super().__init__(segment, params, records, 4, m)
        self.mu = self.floats(self.own, d)
        self.parts = up(m, 4)
        self.size = 16 * self.parts + 128

    def sound(self):
        good = all(map(math.isfinite, self.mu))
        self.segment.want(good, "5.9.5-3", "mean of the codes")
        return good and super().sound()

    def term(self, codes, y, centroid):
        total, words = 0.0, []
        for code, first, end in zip(codes, self.ends, self.ends[1:]):
            words += [component[code] for component in self.book[first:end]]
        for w, v, c, mean in zip(words, y, centroid, self.mu):
            if self.flags & 2:
                total += 2.0 * w * (c - mean + v) - v * v
            else:
                total += (2.0 * (w - mean) - (v - mean)) * (v - mean)
        return exact.f32(total)

    def block(self, rows):
        codes, terms = bytearray(16 * self.parts), [0.0] * 32
        for i, (y, centroid) in enumerate(rows):
            ends = zip(self.ends, self.ends[1:])
            of_row = [self.nearest(y, *part) for part in ends]
            for j, code in enumerate(of_row):
                codes[16 * j + i % 16] |= code << i // 16 * 4
            terms[i] = self.term(of_row, y, centroid)
        return bytes(codes) + struct.pack("<32f", *terms)


class Floats(Estimates):
    """Transformed rows: SPEC.md 5.9.4."""

    rule = "5.9.4-3"

    def __init__(self, segment, params, records):
        super().__init__(segment, params, records)
        self.size = 4 * self.dim

    def sound(self):
        return True

    def decoded(self, r):
        return struct.unpack("<%df" % self.dim, r)

    def is_record(self, r):
        return True

    def record(self, y):
        return struct.pack("<%df" % self.dim, *y)


def mixed(z):
    """m of SPEC.md 5.9.6."""
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31


def signs_of(t, n):
    """The numbers by which round t multiplies n components."""
    words = [mixed((1024 * t + i + 1) * 0x9E3779B97F4A7C15 % 2**64) for i in range(n // 64)]
    return [-1.0 if w >> i & 1 else 1.0 for w in words for i in range(64)]


def pairs(x, h):
    """Sum and difference of those that are h apart."""
    out = []
    for i in range(0, len(x), 2 * h):
        both = list(zip(x[i : i + h], x[i + h : i + 2 * h]))
        out += [a + b for a, b in both] + [a - b for a, b in both]
    return exact.f32s(out)


def rotated(x):
    """Of a multiple of 64 components: SPEC.md 5.9.6."""
    n = len(x)
    some = 1 << (n.bit_length() - 1)
    scale = exact.f32(1.0 / math.sqrt(some))
    for t in range(4):
        x = [a * b for a, b in zip(x, signs_of(t, n))]
        first = n - some if t % 2 else 0
        y, h = x[first : first + some], 1
        while h < some:
            y, h = pairs(y, h), 2 * h
        x[first : first + some] = exact.f32s([v * scale for v in y])
        if t % 2 and some < n:
            x = pairs(x, n // 2)
    return exact.f32s([v * 0.5 for v in x]) if some < n else x


def rotated_back(x):
    """The other way: SPEC.md 5.9.7."""
    n = len(x)
    some = 1 << (n.bit_length() - 1)
    scale = exact.f32(1.0 / math.sqrt(some))
    for t in (3, 2, 1, 0):
        if t % 2 and some < n:
            x = pairs(x, n // 2)
        first = n - some if t % 2 else 0
        y, h = x[first : first + some], 1
        while h < some:
            y, h = pairs(y, h), 2 * h
        x[first : first + some] = exact.f32s([v * scale for v in y])
        x = [a * b for a, b in zip(x, signs_of(t, n))]
    return exact.f32s([v * 0.5 for v in x]) if some < n else x


class Rotated(Estimates):
    """RaBitQ: what blocks and records share."""

    def __init__(self, segment, params, records, bits):
        super().__init__(segment, params, records)
        self.n, self.bits = up(self.dim, 64), bits
        self.mean_of_rows = self.floats(self.own, self.dim)
        self.turned_centroids = {}

    def sound(self):
        good = all(map(math.isfinite, self.mean_of_rows))
        self.segment.want(good, self.finite, "mean")
        return good

    def turned(self, a, b):
        x = exact.f32s([v - w for v, w in zip(a, b)])
        return rotated(x + [0.0] * (self.n - len(x)))

    def row(self, y):
        lists = self.flags & 2
        return self.turned(y, [0.0] * self.dim if lists else self.mean_of_rows)

    def codes_of(self, r, bits):
        half = 1 << bits - 1
        most = max(abs(v) for v in r)
        by, best, cells = 65535.0 / most if most > 0 else 0.0, -1.0, []
        sizes = [int(min(abs(v) * by, 65535.0)) for v in r]
        for j in range(10, 35, 2):
            k = 2048 * half // j
            some = [min((g * k >> 16) >> 6, half - 1) for g in sizes]
            product = float(sum((g >> 1) * (2 * m + 1) for g, m in zip(sizes, some)))
            nearness = product * product / sum((2 * m + 1) ** 2 for m in some)
            if nearness > best:
                best, cells = nearness, some
        return [half + m if v >= 0 else half - 1 - m for v, m in zip(r, cells)]

    def numbers(self, r, codes, bits, centroid):
        s = [c - ((1 << bits) - 1) / 2 for c in codes]
        n = exact.lane_sum(v * v for v in r)
        t = exact.lane_sum(v * w for v, w in zip(r, s))
        if not t > 0:
            return 0.0, 0.0, 0.0
        scale, u = n / t, 0.0
        if self.flags & 2:
            if centroid not in self.turned_centroids:
                o = self.turned(centroid, self.mean_of_rows)
                self.turned_centroids[centroid] = o
            o = self.turned_centroids[centroid]
            u = exact.lane_sum(v * w for v, w in zip(o, s))
        error = scale * scale * sum(w * w for w in s) - n
        error = math.sqrt(error) if error > 0 else 0.0
        return tuple(map(exact.f32, (n + 2 * scale * u, scale, error)))

    def widths(self, bits):
        """Of each run of bytes: bits of a code, those before, bytes."""
        done = 0
        for width in (8, 4, 2, 1):
            if bits & width:
                yield width, done, self.n * width // 8
                done += width

    def packed(self, codes, bits):
        raw = b""
        for width, done, n in self.widths(bits):
            run = bytearray(n)
            for i, code in enumerate(codes):
                run[i % n] |= (code >> done) % (1 << width) << i // n * width
            raw += bytes(run)
        return raw

    def unpacked(self, raw, bits):
        codes = [0] * self.n
        for width, done, n in self.widths(bits):
            for i in range(self.n):
                codes[i] |= (raw[i % n] >> i // n * width) % (1 << width) << done
            raw = raw[n:]
        return codes


class Signs(InBlocks, Rotated):
    """RaBitQ in blocks: SPEC.md 5.9.6."""

    rule, finite = "5.9.6-4", "5.9.6-3"

    def __init__(self, segment, params, records, bits):
        super().__init__(segment, params, records, bits)
        self.size = 4 * self.n * bits + (768 if bits > 1 else 384)

    def block(self, rows):
        raw = bytearray(self.size)

        def put(at, j, numbers):
            for i, x in enumerate(numbers):
                struct.pack_into("<f", raw, at + 128 * i + 4 * j, x)

        for j, (y, centroid) in enumerate(rows):
            r = self.row(y)
            signs = [int(v >= 0) for v in r]
            for i, sign in enumerate(signs):
                raw[i // 4 * 16 + j % 16] |= sign << (j // 16 * 4 + i % 4)
            put(4 * self.n, j, self.numbers(r, signs, 1, centroid))
            if self.bits > 1:
                codes = self.codes_of(r, self.bits)
                numbers = self.numbers(r, codes, self.bits, centroid)
                put(4 * self.n + 384, j, numbers)
                rest = self.packed(codes, self.bits - 1)
                at = 4 * self.n + 768 + j * len(rest)
                raw[at : at + len(rest)] = rest
        return bytes(raw)


class SignRecords(Rotated):
    """RaBitQ in records: SPEC.md 5.9.7."""

    rule, finite = "5.9.7-4", "5.9.7-3"

    def __init__(self, segment, params, records, bits):
        super().__init__(segment, params, records, bits)
        self.size = self.n * bits // 8 + 12

    def is_record(self, r):
        add, scale, error = struct.unpack("<3f", r[-12:])
        good = all(map(math.isfinite, (add, scale, error)))
        return good and scale >= 0 and error >= 0

    def decoded(self, r):
        middle = ((1 << self.bits) - 1) / 2
        s = [c - middle for c in self.unpacked(r[:-12], self.bits)]
        _, scale, error = struct.unpack("<3f", r[-12:])
        square = scale * scale * sum(v * v for v in s)
        by = exact.f32(scale * (1.0 - error * error / square)) if square > 0 else 0.0
        y = rotated_back(exact.f32s([by * v for v in s]))[: self.dim]
        if self.flags & 2:
            return y
        return exact.f32s([v + m for v, m in zip(y, self.mean_of_rows)])

    def record_of(self, y, centroid):
        r = self.row(y)
        codes = self.codes_of(r, self.bits)
        numbers = self.numbers(r, codes, self.bits, centroid)
        return self.packed(codes, self.bits) + struct.pack("<3f", *numbers)


class Segment:
    def __init__(self, file, entry):
        self.file, self.entry, self.number = file, entry, entry.number
        self.n = entry.n_rows
        self.nlist = 0
        self.usable = False
        self.estimates = self.kept = None
        self.lists = []

    # ---- findings --------------------------------------------------------

    def want(self, ok, rule, text):
        if not ok:
            self.file.find(rule, "segment %d: %s" % (self.number, text))

    def need(self, ok, rule, text):
        if not ok:
            self.want(ok, rule, text)
            raise Broken(rule)

    def section(self, name):
        return self.file.section(name, self.number)

    def raw(self, name):
        e = self.section(name)
        return self.file.bytes_of(e) if e else None

    # ---- opening: lengths ------------------------------------------------

    def open(self):
        f, n, e = self.file, self.n, self.entry
        vecs = self.raw("VECS")
        if e.kind != 2:
            self.need(len(vecs) == n * e.row_stride, "5.1-2", "size of VECS")
        self.vecs = vecs
        used = {1: 0, 2: 3, 3: 5}[e.kind]
        self.need(not any(e.params[used:5]), "4.2.2-4", "unused params")
        self.open_dead()
        self.open_ids()
        self.attached = Attached(self)
        self.attached.open()
        self.open_codes()
        self.open_kept()
        if e.kind == 2:
            self.open_lists()
        if e.kind == 3:
            self.open_graph()
        self.columns = Columns(self)
        self.columns.open()

    def open_dead(self):
        dead, gone = self.raw("DEAD"), self.raw("GONE") or b""
        n_dead = self.entry.n_dead
        most = 4 * min(self.n // 32, 1024, n_dead)
        self.need(len(gone) % 4 == 0 and len(gone) <= most, "5.3-6", "GONE")
        self.gone = ints(gone, 4)
        self.need((dead is not None) == (n_dead > len(self.gone)), "5.3-1", "DEAD")
        size = 8 * (up(self.n, 64) // 64)
        self.need(dead is None or len(dead) == size, "5.3-2", "DEAD")
        self.dead = dead or bytes(size)

    def open_ids(self):
        ids, order = self.raw("ROID"), self.raw("IDRO")
        n = self.n
        self.id_bytes = 0
        if ids is None:
            self.need(order is None, "5.2-4", "IDRO without ROID")
            return
        self.need(len(ids) in (4 * n, 8 * n), "5.2-1", "size of ROID")
        self.id_bytes = len(ids) // n
        self.need(order is None or len(order) == 4 * n, "5.2-2", "size of IDRO")

    def open_codes(self):
        word, shared = self.entry.params[7], self.entry.params[5]
        params, code = self.raw("CPAR"), self.raw("CODE")
        if shared:
            params = self.shared_params(shared, "CPAR", params)
        self.params = params
        if word & 255:
            self.open_estimates(word, params, code)
            return
        self.need(not word, "4.2.2-12", "size of the grid")
        self.need((params is None) == (code is None), "5.7-1", "CPAR and CODE")
        if params is None:
            return
        dim = self.file.head.dim
        plain = self.entry.elem in ("f32", "f16", "bf16") and not self.entry.params[6]
        self.need(plain, "5.7-2", "CODE")
        self.need(len(params) == 16 + 4 * dim, "5.7-3", "size of CPAR")
        self.need(
            len(code) == up(self.n, 16) // 16 * block_bytes(dim), "5.7-9", "size of CODE"
        )

    def shared_params(self, shared, name, own):
        f, e = self.file, self.entry
        other = f.segments[shared - 1] if shared <= self.number else None
        self.need(
            own is None
            and other is not None
            and other.params[5] == 0
            and of_codes(other) == of_codes(e)
            and any(of_codes(e)),
            "5.9-7",
            "cannot share %s of segment %d" % (name, shared - 1),
        )
        section = f.section(name, shared - 1)
        return f.bytes_of(section) if section else None

    def open_kept(self):
        word, shared = self.entry.params[6], self.entry.params[5]
        if not word & 255:
            return
        params = self.raw("VPAR")
        if shared:
            params = self.shared_params(shared, "VPAR", params)
        self.need(word & 255 not in (6, 7), "5.10-1", "codec of rows")
        self.need(params is not None, "5.10-3", "no VPAR")
        self.kept = self.estimates_of(word, params, self.vecs)
        self.need(self.entry.row_stride == self.kept.size, "5.10-4", "row_stride")

    def open_estimates(self, word, params, code):
        there = params is not None and code is not None
        self.need(there, "5.9-1", "no CPAR or no CODE")
        self.estimates = self.estimates_of(word, params, code)
        self.need(
            len(code) == self.estimates.codes_bytes(), "5.9-9", "size of CODE"
        )

    def estimates_of(self, word, params, code):
        e, dim = self.entry, self.file.head.dim
        codec, size = word & 255, word >> 8
        short = {3: "5.9.2-2", 4: "5.9.2-2", 5: "5.9.4-2", 6: "5.9.5-2", 7: "5.9.6-2", 8: "5.9.7-2"}
        short = short.get(codec, "5.9.1-2")
        self.need(len(params) >= 64, short, "size of CPAR")
        d, flags, n_centroids = struct.unpack("<3I", params[:12])
        self.need(flags < 4, "5.9-3", "flags of codes")
        due = e.params[0] if flags == 3 and e.kind == 2 else 0
        self.need(n_centroids == due, "5.9-4", "centroids of codes")
        fits = 1 <= d <= dim if flags & 1 else d == dim
        self.need(fits, "5.9-2", "dim of codes")
        self.need(not flags & 1 or dim <= 8192, "5.9.3-1", "a transform of so many")
        loss = struct.unpack("<f", params[12:16])[0]
        self.need(0.0 <= loss < math.inf, "5.9-10", "loss of codes")
        self.need(not params[16:64].strip(b"\0"), "5.9-5", "head of codes")
        own = Estimates.parts(dim, d, flags, n_centroids)[-1]
        if codec < 3:
            self.need(size == d, "5.9.1-1", "size of the code word")
            self.need(len(params) == own + 8 * d, "5.9.1-2", "size of CPAR")
        elif codec == 5:
            self.need(size == d and flags == 1, "5.9.4-1", "floats")
            self.need(len(params) == own, "5.9.4-2", "size of CPAR")
        elif codec == 6:
            self.need(1 <= size <= min(d, 16384), "5.9.5-1", "parts")
            self.need(len(params) == own + 68 * d, "5.9.5-2", "size of CPAR")
        elif codec == 7:
            self.need(1 <= size <= 8 and d <= 8192, "5.9.6-1", "RaBitQ")
            self.need(len(params) == own + 4 * d, "5.9.6-2", "size of CPAR")
        elif codec == 8:
            self.need(1 <= size <= 8 and d <= 8192, "5.9.7-1", "RaBitQ")
            self.need(len(params) == own + 4 * d, "5.9.7-2", "size of VPAR")
        else:
            self.need(1 <= size <= d, "5.9.2-1", "size of the code word")
            due = own + 4 * d * (256 if codec == 3 else 16)
            self.need(len(params) == due, "5.9.2-2", "size of CPAR")
        if flags & 2:
            self.need(e.kind == 2, "5.9-6", "residuals without lists")
            lends = not e.params[5] or e.params[5] == e.params[2]
            self.need(lends, "5.9-8", "centroids are not shared")
        if codec < 3:
            return Scalar(self, params, code, codec)
        if codec == 5:
            return Floats(self, params, code)
        if codec == 6:
            return Blocks(self, params, code, size)
        if codec == 7:
            return Signs(self, params, code, size)
        if codec == 8:
            return SignRecords(self, params, code, size)
        return Product(self, params, code, codec, size)

    def open_lists(self):
        f = self.file
        dim = f.head.dim
        nlist, s, shared = self.entry.params[:3]
        self.need(1 <= nlist <= 2**24, "4.2.2-6", "nlist")
        self.need(s == stride(4 * dim), "5.4-10", "stride of centroids")
        lists = self.raw("LIST")
        self.need(lists is not None and len(lists) == 24 * nlist, "5.4-1", "LIST")
        own = self.section("CENT")
        owner = self.number
        if shared:
            owner = shared - 1
            other = f.segments[owner] if owner < self.number else None
            self.need(
                own is None
                and other is not None
                and other.kind == 2
                and other.params[2] == 0
                and other.params[0] == nlist,
                "5.4-9",
                "cannot share CENT of segment %d" % owner,
            )
            own = f.section("CENT", owner)
        self.need(own is not None, "5.4-9", "no CENT")
        self.cent = f.bytes_of(own)
        self.cent_stride = s
        c = up(nlist, 16) // 16 * block_bytes(dim)
        self.cent_params = up(nlist * s, 64)
        self.cent_codes = up(self.cent_params + 16 + 4 * dim, 64)
        self.need(
            len(self.cent) == self.cent_codes + c, "5.4-15", "size of CENT"
        )
        self.nlist = nlist

    def open_graph(self):
        m, ef, n_levels, start = self.entry.params[:4]
        self.need(2 <= m <= 512, "4.2.2-7", "M")
        self.need(1 <= ef <= 65536, "4.2.2-8", "efConstruction")
        links = self.raw("LNK0")
        self.need(
            links is not None and len(links) == 8 * m * self.n, "5.5-5", "size of LNK0"
        )
        self.need(1 <= n_levels <= 32, "4.2.2-9", "n_levels")
        levels = self.raw("LEVL")
        self.need(
            levels is not None and len(levels) == 4 * n_levels, "5.5-1", "size of LEVL"
        )
        rows = ints(levels, 4)
        self.need(rows[0] == self.n, "5.5-2", "first level")
        for a, b in zip(rows, rows[1:]):
            self.need(b <= a, "5.5-3", "levels grow")
        self.need(rows[-1] >= 1, "5.5-4", "last level")
        upper = self.raw("LNKU") or b""
        self.need(len(upper) == 4 * m * sum(rows[1:]), "5.5-6", "size of LNKU")
        self.need(start < rows[-1], "5.5-12", "entry point")
        self.m, self.levels, self.links, self.upper = m, rows, links, upper
        self.start = start
        parts = self.entry.params[4]
        self.gates = Gates(self, parts) if parts else None
        if parts:
            self.gates.open()

    # ---- contents --------------------------------------------------------

    def check(self):
        before = len(self.file.findings)
        self.read_ids()
        self.check_dead()
        if self.nlist:
            self.check_lists()
        else:
            self.offsets = [r * self.entry.row_stride for r in range(self.n)]
        if self.kept:
            if not self.kept.sound():
                return
            self.check_decoded()
        else:
            self.check_rows()
        self.attached.check()
        self.columns.check()
        self.check_codes()
        if self.entry.kind == 3:
            self.check_graph()
        if self.nlist:
            self.check_centroids()
        self.usable = len(self.file.findings) == before

    def read_ids(self):
        n = self.n
        if not self.id_bytes:
            self.ids = range(n)
            return
        self.ids = ints(self.raw("ROID"), self.id_bytes)
        order = self.raw("IDRO")
        rows = ints(order, 4) if order is not None else range(n)
        before = -1
        for row in rows:
            if row >= n:
                self.want(False, "5.2-3", "IDRO names row %d" % row)
                continue
            self.want(self.ids[row] > before, "5.2-5", "ids do not rise")
            before = self.ids[row]

    def is_dead(self, row):
        return row in self.gone or self.is_marked(row)

    def is_marked(self, row):
        return self.dead[row >> 3] >> (row & 7) & 1

    def check_dead(self):
        before = -1
        for row in self.gone:
            if not before < row < self.n:
                self.want(False, "5.3-5", "GONE lists row %d" % row)
                continue
            self.want(not self.is_marked(row), "5.3-7", "row %d" % row)
            before = row
        bits = int.from_bytes(self.dead, "little")
        inside = bits & ((1 << self.n) - 1)
        due = self.entry.n_dead - len(self.gone)
        self.want(bin(inside).count("1") == due, "5.3-3", "DEAD")
        self.want(bits == inside, "5.3-4", "DEAD marks rows that are not there")

    def list_entries(self):
        words = ints(self.raw("LIST"), 8)
        return [tuple(words[3 * i : 3 * i + 3]) for i in range(self.nlist)]

    def check_lists(self):
        size = self.entry.row_stride
        self.offsets = [None] * self.n
        next_row = next_byte = 0
        for i, (first, n, offset) in enumerate(self.list_entries()):
            where = "list %d: " % i
            if first + n > self.n:
                self.want(False, "5.4-2", where + "rows")
                continue
            if n and offset % 4 and not self.kept:
                self.want(False, "5.4-3", where + "offset")
                continue
            if n and offset + n * size > len(self.vecs):
                self.want(False, "5.4-4", where + "end")
                continue
            self.want(first == next_row, "5.4-5", where + "first_row")
            next_row = first + n
            if not n:
                continue
            if offset < next_byte:
                self.want(False, "5.4-6", where + "overlaps")
            elif self.vecs[next_byte:offset].strip(b"\0"):
                self.want(False, "5.4-7", where + "bytes before it")
            next_byte = offset + n * size
            for j in range(n):
                self.offsets[first + j] = offset + j * size
            self.lists.append((first, n, i))
        self.want(next_row == self.n, "5.4-5", "end of the lists")
        self.want(next_byte == len(self.vecs), "5.4-8", "end of VECS")

    def check_rows(self):
        f, size = self.file, self.entry.row_stride
        elem, dim = self.entry.elem, f.head.dim
        used = dim * self.entry.elem_bytes
        self.rows, self.scales = [], []
        for row, at in enumerate(self.offsets):
            where = "row %d: " % row
            if at is None:
                self.rows.append(None)
                self.scales.append(None)
                continue
            raw = self.vecs[at : at + size]
            x = exact.components(raw, dim, elem)
            scale = 1.0
            end = used
            if not all(map(math.isfinite, x)):
                self.want(False, "5.1-6", where + "component")
            elif f.metric == "cosine":
                end = up(used, 4) + 4
                tail = struct.unpack("<f", raw[end - 4 : end])[0]
                s = exact.square_sum(x)
                if s == 0.0:
                    self.want(False, "5.1-8", where + "has no length")
                else:
                    scale = 1.0 / math.sqrt(s)
                    due = exact.f32(scale) if 2.0**-80 <= s <= 2.0**80 else 0.0
                    self.want(tail == due, "5.1-7", where + "tail")
                self.want(not raw[used : end - 4].strip(b"\0"), "5.1-3", where + "zeros")
            else:
                self.want(exact.square_sum(x) <= 2.0**125, "5.1-9", where + "length")
            self.want(not raw[end:].strip(b"\0"), "5.1-4", where + "padding")
            self.rows.append(x)
            self.scales.append(scale)

    def check_decoded(self):
        """The rows are what codes in VECS decode to: SPEC.md 5.10."""
        kept, size = self.kept, self.entry.row_stride
        kept.sound_transform()
        self.rows, self.scales = [], []
        of = kept.centroids()
        for row, at in enumerate(self.offsets):
            x = scale = None
            if at is not None:
                raw = self.vecs[at : at + size]
                x, scale = kept.decode(raw, of[row]), 1.0
                where = "row %d: " % row
                self.want(all(map(math.isfinite, x)), "5.10-5", where + "component")
                self.want(kept.is_record(raw), "5.10-6", where + "record")
                if self.file.metric == "cosine":
                    scale = exact.inverse_length(x) or 0.0
            self.rows.append(x)
            self.scales.append(scale)

    def check_codes(self):
        if self.section("CODE") is None:
            return
        if self.estimates:
            self.estimates.check_all()
            return
        try:
            codes = Codes(self, self.raw("CPAR"), self.raw("CODE"), "row")
        except Broken:
            return
        for i, x in enumerate(self.rows):
            if x is not None:
                codes.check(i, x, self.scales[i])
        codes.check_rest(self.n)

    def check_centroids(self):
        dim, s, cent = self.file.head.dim, self.cent_stride, self.cent
        rows = []
        for i in range(self.nlist):
            raw = cent[i * s : (i + 1) * s]
            x = struct.unpack("<%df" % dim, raw[: 4 * dim])
            where = "centroid %d: " % i
            self.want(not raw[4 * dim :].strip(b"\0"), "5.4-12", where + "padding")
            self.want(all(map(math.isfinite, x)), "5.4-11", where + "component")
            rows.append(x)
        a, b = self.cent_params, self.cent_codes
        self.want(not cent[self.nlist * s : a].strip(b"\0"), "5.4-13", "gap in CENT")
        self.want(not cent[a + 16 + 4 * dim : b].strip(b"\0"), "5.4-14", "gap in CENT")
        try:
            codes = Codes(self, cent[a : a + 16 + 4 * dim], cent[b:], "centroid")
        except Broken:
            return
        for i, x in enumerate(rows):
            codes.check(i, x, 1.0)
        codes.check_rest(self.nlist)

    def check_graph(self):
        none, at = 0xFFFFFFFF, 0
        upper = ints(self.upper, 4)
        base = ints(self.links, 4)
        for level, rows in enumerate(self.levels):
            degree, words, start = self.m, upper, at
            if level == 0:
                degree, words, start = 2 * self.m, base, 0
            else:
                at += rows * degree
            for row in range(rows):
                links = words[start + row * degree : start + (row + 1) * degree]
                where = "level %d, row %d: " % (level, row)
                used = links.index(none) if none in links else degree
                self.want(
                    all(link == none for link in links[used:]), "5.5-8", where + "gap"
                )
                links = links[:used]
                self.want(all(x < rows for x in links), "5.5-7", where + "range")
                self.want(row not in links, "5.5-9", where + "itself")
                self.want(len(set(links)) == used, "5.5-10", where + "twice")
        reached, todo, degree = {self.start}, [self.start], 2 * self.m
        while todo:
            row = todo.pop()
            for link in base[row * degree : (row + 1) * degree]:
                if link < self.n and link not in reached:
                    reached.add(link)
                    todo.append(link)
        self.want(len(reached) == self.n, "5.5-11", "rows cannot be reached")
        if self.gates:
            self.gates.check()
