"""An index as parts that can be changed, and written again with all checksums.

The writer follows SPEC.md 6.3 and 7.1, so that what was not changed comes out
as the same bytes.
"""

import struct

from layout import (
    HEADER,
    MAGIC,
    SECTION,
    SEGMENT,
    SLOTS,
    SUPER,
    WHOLE,
    data_start,
    fits,
    page_sum,
    sums_shape,
    up,
)
from index import Index
from xxh3 import xxh3_64, xxh3_128


def put(raw, table, name, x):
    at, n = table.place(name)
    raw[at : at + n] = (x & (1 << 8 * n) - 1).to_bytes(n, "little")


class Part:
    """Bytes of a table, with its fields by name: part["n_rows"]."""

    def __init__(self, table, raw):
        self.table, self.raw = table, bytearray(raw)

    def __getitem__(self, name):
        at, n = self.table.place(name)
        return int.from_bytes(self.raw[at : at + n], "little")

    def __setitem__(self, name, x):
        put(self.raw, self.table, name, x)

    def param(self, i, x):
        self.raw[24 + 4 * i : 28 + 4 * i] = struct.pack("<I", x)


class Stored(Part):
    """A section: its entry and its data. fix: fields to be set when written."""

    def __init__(self, raw, data):
        super().__init__(SECTION, raw)
        self.old, self.data, self.fix = bytes(raw), bytearray(data), {}

    @property
    def name(self):
        return self.raw[:4].decode("latin-1")

    def keep_changes(self):
        """Fields that were changed are written as they are now."""
        old = Part(self.table, self.old)
        for name, _, _ in self.table.fields:
            if self[name] != old[name]:
                self.fix[name] = self[name]

    def words(self, at, fmt, *values):
        n = struct.calcsize("<" + fmt)
        if not values:
            return struct.unpack("<" + fmt, self.data[at : at + n])
        self.data[at : at + n] = struct.pack("<" + fmt, *values)


class Model:
    def __init__(self, raw):
        index = Index(raw)
        if not index.open():
            raise ValueError(index.findings)
        s = index.super
        self.page = s.page
        self.header = Part(HEADER, raw[s.manifest_offset : s.manifest_offset + 256])
        self.segments = [Part(SEGMENT, e.raw) for e in index.segments]
        self.sections = [Stored(e.raw, index.bytes_of(e)) for e in index.sections]
        at = 256 + 64 * len(self.segments) + 80 * len(self.sections)
        end = s.manifest_offset + s.manifest_bytes
        self.properties = bytes(raw[s.manifest_offset + at : end])
        self.slots = [Part(SUPER, raw[at : at + 512]) for at in SLOTS]
        self.chosen = index.chosen
        self.fix = {}  # fields of the superblock to be set when it is written

    def section(self, name, segment=None):
        for e in self.sections:
            if e.name == name and segment in (None, e["segment"]):
                return e
        raise KeyError(name)

    def drop(self, name, segment=None):
        self.sections.remove(self.section(name, segment))

    def add(self, name, segment, data, before=None):
        """Another section; before: the one that comes behind it."""
        raw = bytearray(80)
        raw[:4] = name.encode("latin-1")
        e = Stored(raw, data)
        e["segment"] = segment
        e.old = bytes(e.raw)
        at = self.sections.index(before) if before else len(self.sections)
        self.sections.insert(at, e)
        return e

    # ---- writing ---------------------------------------------------------

    def lay_out(self):
        """The data of all sections and their sums; entries are filled in."""
        page = self.page
        out = bytearray(data_start(page))
        for e in self.sections:
            at = up(len(out), 64)
            if not fits(at, len(e.data), page):
                at = up(at, page)
            e["offset"], e["bytes"] = at, len(e.data)
            e["raw_bytes"] = len(e.data)
            out += bytes(at - len(out)) + e.data
        for e in self.sections:
            tables, size = sums_shape(max(1, len(e.data)), page)
            at = up(len(out), 8)
            if len(tables) > 1 or at % page + size > page:
                at = up(at, page)
            out += bytes(at - len(out)) + self.sums(e, tables, size)
            e["sums_offset"], e["sums_bytes"] = at, size
            start = at + tables[-1][0]
            e.raw[56:72] = xxh3_128(out[start : start + 8 * tables[-1][1]])
        return out + bytes(up(len(out), page) - len(out))

    def sums(self, e, tables, size):
        page, table = self.page, bytearray(size)
        for i, (start, count) in enumerate(tables):
            for j in range(count):
                if i == 0:
                    chunk = bytes(e.data[j * page : (j + 1) * page])
                else:
                    below, n = tables[i - 1]
                    chunk = bytes(table[below : below + 8 * n][j * page : (j + 1) * page])
                table[start + 8 * j : start + 8 * j + 8] = struct.pack(
                    "<Q", page_sum(chunk)
                )
        return table

    def manifest(self):
        h = self.header
        for name, x in (
            ("n_segments", len(self.segments)),
            ("n_sections", len(self.sections)),
            ("properties_bytes", len(self.properties)),
        ):
            if name not in self.fix:
                h[name] = x
        for e in self.sections:
            for name, x in e.fix.items():
                e[name] = x
        parts = [h] + self.segments + self.sections
        return b"".join(bytes(p.raw) for p in parts) + self.properties

    def write(self):
        out = self.lay_out()
        manifest = self.manifest()
        s = self.slots[self.chosen]
        s["generation"] = self.header["generation"]
        s["manifest_offset"], s["manifest_bytes"] = len(out), len(manifest)
        s["committed_bytes"] = up(len(out) + len(manifest), self.page)
        s.raw[64:80] = xxh3_128(manifest)
        if s["generation"] == 1:
            uuid = bytearray(s.raw[64:80])
            uuid[6] = uuid[6] & 0x0F | 0x80
            uuid[8] = uuid[8] & 0x3F | 0x80
            s.raw[80:96] = uuid
        else:
            old = self.slots[1 - self.chosen]
            old["manifest_offset"], old["manifest_bytes"] = len(out), len(manifest)
            old["committed_bytes"] = s["committed_bytes"]
        out += manifest
        out += bytes(up(len(out), self.page) - len(out))
        for name, x in self.fix.items():
            if name not in ("n_segments", "n_sections", "properties_bytes"):
                s[name] = x
        if s["generation"] == 1:
            self.slots[1 - self.chosen] = s
        for at, slot in zip(SLOTS, self.slots):
            out[at : at + 512] = sealed(slot.raw)
        return out


def sealed(raw):
    """A superblock with its checksum."""
    return bytes(raw[:504]) + struct.pack("<Q", xxh3_64(raw[:504]))


def reseal_slots(out):
    for at in SLOTS:
        out[at : at + 512] = sealed(out[at : at + 512])
    return out
