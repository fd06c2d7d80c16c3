"""Keys and payload of the rows of a segment: SPEC.md 5.12."""

import struct

import lz4
from layout import up
from xxh3 import xxh3_64

KEY, PAYLOAD = 1024, 16 << 20
DASHES = (4, 6, 8, 10)


class Strings:
    """KEYS with KDIR, or PAYL with PDIR."""

    def __init__(self, segment, name, directory, most):
        self.segment, self.name, self.most = segment, name, most
        self.blocks, self.directory = segment.raw(name), segment.raw(directory)

    def need(self, ok, number, text):
        self.segment.need(ok, "5.12-%d" % number, "%s: %s" % (self.name, text))

    def open(self):
        there = self.blocks is not None
        self.need(there == (self.directory is not None), 1, "one of two")
        if not there:
            return
        n, size = self.segment.n, len(self.directory)
        fits = size % 24 == 0 and up(n, 1024) // 1024 <= size // 24 <= n
        self.need(fits, 2, "size of the directory")

    def read(self):
        """The strings of all rows; none: there are none."""
        if self.blocks is None:
            return []
        entries = [
            struct.unpack("<Q4I", self.directory[i : i + 24])
            for i in range(0, len(self.directory), 24)
        ]
        out = []
        ends = entries[1:] + [(len(self.blocks), self.segment.n, 0, 0, 0)]
        for i, (e, end) in enumerate(zip(entries, ends)):
            out += self.block(i, e, end[0], end[1])
        return out

    def block(self, i, entry, end, end_row):
        offset, first, raw_bytes, form, zero = entry
        n, stored, packs = end_row - first, end - offset, self.most == KEY
        self.need(1 <= n <= 1024 and end_row <= self.segment.n, 6, "rows")
        self.need(0 <= offset < end <= len(self.blocks), 4, "offset")
        self.need(1 <= raw_bytes <= self.most + 65536, 7, "raw_bytes")
        self.need(form <= 3 if packs else form <= 1, 8, "form")
        if form == 1:
            self.need(stored < raw_bytes, 10, "no shorter")
        else:
            self.need(form != 2 or raw_bytes == 16 * n, 16, "UUIDs")
            self.need(stored == raw_bytes, 12, "length")
        self.need(i or not first, 5, "first row")
        self.need(i or not offset, 3, "first offset")
        self.need(not zero, 9, "zero")
        raw = bytes(self.blocks[offset:end])
        if form == 1:
            try:
                raw = lz4.decode(raw, raw_bytes)
            except lz4.Bad as bad:
                self.need(False, 11, str(bad))
        if form == 2:
            return [uuid(raw[j : j + 16]) for j in range(0, len(raw), 16)]
        strings = self.strings(raw, n, self.most // 2 if form == 3 else self.most)
        return [s.hex().encode() for s in strings] if form == 3 else strings

    def strings(self, raw, n, most):
        at, lengths = 0, []
        for _ in range(n):
            value = shift = 0
            while True:
                self.need(at < len(raw) and shift < 28, 13, "a length")
                byte = raw[at]
                value |= (byte & 127) << shift
                shift, at = shift + 7, at + 1
                if byte < 128:
                    break
            self.need(byte or shift == 7, 13, "a length")
            self.need(value <= most, 14, "a string of %d" % value)
            lengths.append(value)
        self.need(at + sum(lengths) == len(raw), 15, "the end")
        out = []
        for value in lengths:
            out.append(raw[at : at + value])
            at += value
        return out


def uuid(packed):
    parts = ["%s%02x" % ("-" if i in DASHES else "", b) for i, b in enumerate(packed)]
    return "".join(parts).encode()


class Attached:
    def __init__(self, segment):
        self.segment = segment
        self.keys = Strings(segment, "KEYS", "KDIR", KEY)
        self.payload = Strings(segment, "PAYL", "PDIR", PAYLOAD)
        self.table = segment.raw("KTAB")

    def open(self):
        self.keys.open()
        there = self.keys.blocks is not None
        self.need((self.table is not None) == there, 1, "KTAB")
        self.need(not there or len(self.table) % 64 == 0, 17, "size of KTAB")
        self.payload.open()

    def need(self, ok, number, text):
        self.segment.need(ok, "5.12-%d" % number, text)

    def bucket(self, i):
        raw = bytes(self.table[64 * i : 64 * i + 64])
        rows = struct.unpack("<12I", raw[:48])
        self.need(raw[60] <= 12, 20, "n of bucket %d" % i)
        return rows, raw[48:60], raw[60], raw[61], raw[62:]

    def find(self, key, self_row):
        h, n = xxh3_64(key), len(self.table) // 64
        at = h * n >> 64
        for _ in range(n):
            rows, tags, some, spilled, _ = self.bucket(at)
            for row, tag in list(zip(rows, tags))[:some]:
                if tag != h & 255:
                    continue
                if row == self_row:
                    return row
                self.need(row < self.segment.n, 18, "row %d" % row)
                if self.list[row] == key:
                    return row
            if not spilled:
                break
            at = (at + 1) % n
        return None

    def check(self):
        self.list = self.keys.read()
        for row, key in enumerate(self.list):
            if not key:
                continue
            found = self.find(key, row)
            if found is None:
                self.segment.want(False, "5.12-23", "key of row %d" % row)
            elif found != row:
                self.segment.want(False, "5.12-25", "key of row %d" % row)
        if self.list:
            self.check_buckets()
        self.payloads = self.payload.read()

    def check_buckets(self):
        count = 0
        for i in range(len(self.table) // 64):
            rows, tags, n, spilled, zero = self.bucket(i)
            count += n
            self.need(all(row < self.segment.n for row in rows[:n]), 18, "a row")
            self.need(spilled == 0 or (spilled == 1 and n == 12), 21, "spilled")
            self.need(not any(rows[n:]) and not any(tags[n:]), 19, "behind the last")
            self.need(not any(zero), 22, "zero")
        due = sum(1 for key in self.list if key)
        self.need(count == due, 24, "%d keys, expected %d" % (count, due))
