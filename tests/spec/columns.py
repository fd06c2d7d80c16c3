"""Fields of the rows of a segment: SPEC.md 5.11."""

import math
import re
import struct

from layout import up

WORDS = "and or not in contains any all is null empty true false".split()
BLOCK = 1024


class Column:
    """An entry of COLS and where its parts are."""

    def __init__(self, raw, at, n_rows, ranges):
        name, self.type, self.n_words, *rest = struct.unpack("<64sII4QI", raw[at : at + 108])
        self.offset, self.bytes, self.n_values, self.word_bytes, self.n_lists = rest
        self.zero = raw[at + 108 : at + 128]
        self.name, self.after = name.split(b"\0")[0], name.split(b"\0", 1)[1:]
        self.list, self.kind = self.type & 16, self.type & ~16
        string = self.kind == 5
        self.width = 0 if self.kind == 1 else 8
        if string:
            self.width = 1 if self.n_words <= 256 else 2 if self.n_words <= 65536 else 4
        self.at, self.size = {}, {}
        value_bytes = self.n_values * self.width if self.width else up(self.n_values, 64) // 8
        for part, size in (
            ("ranges", 24 * (up(n_rows, BLOCK) // BLOCK)),
            ("lists", 24 * self.n_lists),
            ("nulls", up(n_rows, 64) // 8),
            ("ends", 4 * n_rows if self.list else 0),
            ("values", value_bytes),
            ("words", 4 * self.n_words),
            ("text", self.word_bytes),
        ):
            self.at[part], self.size[part] = ranges, size
            ranges = up(ranges + size, 64)
        self.end = ranges


class Columns:
    def __init__(self, segment):
        self.segment, self.raw, self.all = segment, segment.raw("COLS"), []

    def need(self, ok, number, text):
        self.segment.need(ok, "5.11-%d" % number, "COLS: %s" % text)

    def want(self, ok, number, text):
        self.segment.want(ok, "5.11-%d" % number, "COLS: %s" % text)

    def open(self):
        raw, n = self.raw, self.segment.n
        if raw is None:
            return
        self.need(len(raw) >= 64, 1, "no head")
        (n_fields,) = struct.unpack("<I", raw[:4])
        self.need(1 <= n_fields <= 1024, 1, "number of fields")
        self.need(len(raw) >= 64 + 128 * n_fields, 1, "no entries")
        self.need(not any(raw[4:64]), 2, "head")
        at = 64 + 128 * n_fields
        for i in range(n_fields):
            c = Column(raw, 64 + 128 * i, n, at)
            known = re.fullmatch(rb"[A-Za-z_][A-Za-z0-9_.]*", c.name)
            known = known and c.after and not any(c.after[0])
            known = known and c.name.lower().decode() not in WORDS
            self.need(known, 3, "name")
            self.need(not i or self.all[-1].name < c.name, 4, "order of names")
            self.need(1 <= c.kind <= 5, 5, "type")
            self.need(not any(c.zero), 6, "zero")
            self.need(c.n_lists in (0, self.segment.nlist), 26, "ranges of lists")
            counts = c.n_values < 2**32 if c.list else c.n_values == n
            self.need(counts, 7, "number of values")
            words = c.word_bytes < 2**32 if c.kind == 5 else not c.n_words and not c.word_bytes
            self.need(words, 8, "dictionary")
            self.need((c.offset, c.bytes) == (at, c.end - at), 9, "place")
            at = c.end
            self.all.append(c)
        self.need(at == len(raw), 10, "size")

    def part(self, c, name):
        return bytes(self.raw[c.at[name] : c.at[name] + c.size[name]])

    def check(self):
        for c in self.all:
            self.check_column(c)

    def check_column(self, c):
        n, name = self.segment.n, c.name.decode()
        parts = list(c.at)
        for a, b in zip(parts, parts[1:] + [None]):
            end = c.at[b] if b else c.end
            gap = self.raw[c.at[a] + c.size[a] : end]
            self.want(not any(gap), 11, name + ": gap behind " + a)
        nulls = int.from_bytes(self.part(c, "nulls"), "little")
        self.want(not nulls >> n, 12, name + ": nulls")
        words = self.words(c, name)
        values = self.values(c, name)
        ends = struct.unpack("<%dI" % n, self.part(c, "ends")) if c.list else range(1, n + 1)
        rows, before = [], 0
        for row, end in enumerate(ends):
            if not before <= end <= c.n_values:
                self.want(False, 13, "%s: row %d" % (name, row))
                rows.append([])
            else:
                rows.append(values[before:end])
            before = end
        self.want(before == c.n_values, 14, name + ": the last list")
        for row, some in enumerate(rows):
            if nulls >> row & 1:
                self.want(not any(some) and not (c.list and some), 21, name)
        for x in values if c.list else [v for r, v in enumerate(values) if not nulls >> r & 1]:
            if c.kind == 3:
                good = math.isfinite(x) and math.copysign(1, x) == 1 or x < 0 and math.isfinite(x)
                self.want(good, 19, name)
            if c.kind == 5 and words is not None:
                self.want(x < c.n_words, 20, name)
        self.check_ranges(c, name, rows, nulls)

    def words(self, c, name):
        if c.kind != 5:
            return []
        ends, out, before = struct.unpack("<%dI" % c.n_words, self.part(c, "words")), [], 0
        text = self.part(c, "text")
        for end in ends:
            if not before <= end <= len(text) or end - before > 65535:
                self.want(False, 15, name + ": words")
                return None
            out.append(text[before:end])
            before = end
        for word in out:
            try:
                good = "\0" not in word.decode()
            except UnicodeDecodeError:
                good = False
            self.want(good, 16, name + ": a word")
        self.want(all(a < b for a, b in zip(out, out[1:])), 17, name + ": order")
        self.want(before == len(text), 18, name + ": end")
        return out

    def values(self, c, name):
        raw = self.part(c, "values")
        if c.kind == 1:
            bits = int.from_bytes(raw, "little")
            self.want(not bits >> c.n_values, 12, name + ": values")
            return [bits >> i & 1 for i in range(c.n_values)]
        form = {1: "B", 2: "H", 4: "I", 8: "d" if c.kind == 3 else "q"}[c.width]
        return struct.unpack("<%d%s" % (c.n_values, form), raw)

    def check_ranges(self, c, name, rows, nulls):
        n = len(rows)
        for i in range(0, n, BLOCK):
            self.check_range(c, name, "ranges", i // BLOCK, rows, nulls, range(i, min(i + BLOCK, n)))
        entries = self.segment.list_entries() if c.n_lists else []
        if all(first + size <= n for first, size, _ in entries):  # otherwise LIST is broken
            for i, (first, size, _) in enumerate(entries):
                self.check_range(c, name, "lists", i, rows, nulls, range(first, first + size))

    def check_range(self, c, name, part, i, rows, nulls, numbers):
        at = c.at[part] + 24 * i
        least, greatest, n_null, zero = struct.unpack("<8s8sII", self.raw[at : at + 24])
        some = [x for row in numbers if not nulls >> row & 1 for x in rows[row]]
        form = "<d" if c.kind == 3 else "<q"
        due = [struct.pack(form, f(some) if some else 0) for f in (min, max)]
        found = sum(nulls >> row & 1 for row in numbers)
        rule = (22, 23, 24) if part == "ranges" else (27, 27, 27)
        self.want(n_null == found, rule[0], name + ": nulls of " + part)
        self.want([least, greatest] == due, rule[1], name + ": " + part)
        self.want(not zero, rule[2], name + ": zero")
