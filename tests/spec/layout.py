"""Superblock, manifest and tables of sums: chapters 4 and 6 of SPEC.md.

A File is bytes and what was found wrong with them: findings are (rule, class,
text), the rule by its number. The classes are those of 3.3.
"""

import re
import struct

from xxh3 import xxh3_64, xxh3_128

MAGIC = bytes.fromhex("8e5653580d0a1a0a")
SLOTS = (0, 4096)
WHOLE = 0xFFFFFFFF
M64 = 2**64 - 1

KINDS = {1: "Flat", 2: "IVF", 3: "HNSW"}
METRICS = {1: "l2", 2: "ip", 3: "cosine"}
ELEMS = {1: "f32", 2: "f16", 3: "bf16", 4: "i8", 5: "u8"}
KNOWN = (
    "VECS VPAR CPAR CODE ROID IDRO DEAD GONE LIST CENT LEVL LNK0 LNKU LNKP LNKG KEYS KDIR KTAB PAYL PDIR COLS QRYS QTRU QSRC RCLL"
).split()

_sums = {}


def page_sum(page):
    """XXH3-64; pages of mutants are mostly those that were seen before."""
    if page not in _sums:
        _sums[page] = xxh3_64(page)
    return _sums[page]


class Broken(Exception):
    """A rule without which nothing behind it makes sense."""


def up(x, a):
    return (x + a - 1) // a * a


def fits(offset, n, page):
    """Whether n bytes of a section may begin there."""
    if n >= page:
        return offset % page == 0
    return offset % 64 == 0 and offset % page + n <= page


def data_start(page):
    return max(8192, page)


class Struct:
    """Fields of a table: (name, offset, size)."""

    def __init__(self, size, text):
        self.size = size
        self.fields = []
        for line in text.split(","):
            name, at, n = line.split()
            self.fields.append((name, int(at), int(n)))

    def read(self, raw, into):
        for name, at, n in self.fields:
            setattr(into, name, int.from_bytes(raw[at : at + n], "little"))

    def place(self, name):
        for field, at, n in self.fields:
            if field == name:
                return at, n
        raise KeyError(name)


SUPER = Struct(
    512,
    "version 8 4, page_shift 12 4, feature_incompat 16 8, feature_compat 24 8,"
    "generation 32 8, committed_bytes 40 8, manifest_offset 48 8,"
    "manifest_bytes 56 8, feature_write 96 8, checksum 504 8",
)
HEADER = Struct(
    256,
    "n_segments 4 4, n_sections 8 4, properties_bytes 12 4, generation 16 8,"
    "n_rows 24 8, n_live 32 8, dim 40 4, metric 44 4, elem 48 4, flags 52 4,"
    "seed 56 8, default_effort 64 4, target_recall 68 4, n_queries 72 4,"
    "truth_k 76 4, n_recalls 80 4, asked_queries 84 4,"
    "asked_ef_construction 88 4, asked 92 64, default_refine 156 4",
)
SEGMENT = Struct(64, "kind 0 4, row_stride 4 4, n_rows 8 8, generation 16 8, n_dead 56 8")
SECTION = Struct(
    80,
    "id 0 4, segment 4 4, encoding 8 4, offset 16 8, bytes 24 8, raw_bytes 32 8,"
    "sums_offset 40 8, sums_bytes 48 8",
)


def refine_ok(thousandths):
    return thousandths == 0 or 1000 <= thousandths <= 1000000


class Record:
    pass


def sums_shape(n_bytes, page):
    """[(start, count)] of each table, and sums_bytes."""
    count = up(n_bytes, page) // page
    at = 0
    tables = []
    while True:
        tables.append((at, count))
        at += 8 * count
        if 8 * count <= page:
            return tables, at
        at = up(at, page)
        count = up(8 * count, page) // page


class File:
    def __init__(self, raw):
        self.raw = bytes(raw)
        self.findings = []
        self.notices = []
        self.super = None
        self.head = None
        self.segments = []
        self.sections = []
        self.properties = {}

    # ---- findings --------------------------------------------------------

    def find(self, rule, text, kind="damaged"):
        self.findings.append((rule, kind, text))

    def stop(self, rule, text, kind="damaged"):
        self.find(rule, text, kind)
        raise Broken(rule)

    def need(self, ok, rule, text, kind="damaged"):
        if not ok:
            self.stop(rule, text, kind)

    def zeros(self, start, end, rule, text):
        if self.raw[start:end].strip(b"\0"):
            self.find(rule, "%s: bytes %d to %d are not 0" % (text, start, end))

    # ---- 4.1 -------------------------------------------------------------

    def read_slot(self, at):
        """(the slot or None, rule, class, text)"""
        raw = self.raw[at : at + 512]
        if len(raw) < 512:
            return None, "4.1-13", "truncated", "is cut off"
        if raw[:8] != MAGIC:
            return None, "4.1-1", "not VSX", "has no magic"
        s = Record()
        SUPER.read(raw, s)
        s.manifest_hash, s.uuid, s.raw = raw[64:80], raw[80:96], raw
        if xxh3_64(raw[:504]) != s.checksum:
            return None, "4.1-12", "damaged", "checksum"
        if s.version != 1:
            return None, "4.1-2", "newer", "version %d" % s.version
        if s.feature_incompat:
            return None, "4.1-4", "newer", "features %x" % s.feature_incompat
        if raw[104:504].strip(b"\0"):
            return None, "4.1-11", "damaged", "reserved bytes are not 0"
        if not 12 <= s.page_shift <= 16:
            return None, "4.1-3", "damaged", "page_shift %d" % s.page_shift
        s.page = 1 << s.page_shift
        for ok, rule, text in (
            (s.generation >= 1, "4.1-5", "generation"),
            (
                s.committed_bytes % s.page == 0 and s.committed_bytes < 2**63,
                "4.1-6",
                "committed_bytes",
            ),
            (256 <= s.manifest_bytes <= 268435456, "4.1-8", "manifest_bytes"),
            (
                s.manifest_offset % s.page == 0
                and s.manifest_offset >= data_start(s.page),
                "4.1-7",
                "manifest_offset",
            ),
            (
                s.manifest_offset + s.manifest_bytes <= s.committed_bytes,
                "4.1-9",
                "the manifest does not end before committed_bytes",
            ),
        ):
            if not ok:
                return None, rule, "damaged", text
        return s, None, None, None

    def choose(self):
        slots = [self.read_slot(at) for at in SLOTS]
        self.slots = slots
        for i in (0, 1):
            if slots[i][2] == "newer":
                self.stop(slots[i][1], "slot %d: %s" % (i, slots[i][3]), "newer")
        valid = [i for i in (0, 1) if slots[i][0]]
        if not valid:
            i = 0
            if slots[0][2] == "not VSX" and slots[1][2] == "damaged":
                i = 1
            self.stop(slots[i][1], "slot %d: %s" % (i, slots[i][3]), slots[i][2])
        self.chosen = max(valid, key=lambda i: (slots[i][0].generation, -i))
        self.super = slots[self.chosen][0]
        self.page = self.super.page
        self.need(
            len(self.raw) >= self.super.committed_bytes,
            "4.1-13",
            "is shorter than committed_bytes",
            "truncated",
        )

    def check_slots(self):
        """Both slots (verify)."""
        a, b = self.slots[0][0], self.slots[1][0]
        for i in (0, 1):
            if not self.slots[i][0]:
                self.find(
                    self.slots[i][1], "slot %d: %s" % (i, self.slots[i][3])
                )
                self.find("4.1-14", "slot %d is not valid" % i)
        if a and b:
            new, old = (a, b) if self.chosen == 0 else (b, a)
            if a.generation == b.generation:
                if a.raw != b.raw:
                    self.find("4.1-15", "slots of one generation differ")
            else:
                if new.generation != old.generation + 1:
                    self.find("4.1-16", "generations do not follow")
                if new.generation & 1 != self.chosen:
                    self.find("4.1-17", "the newer generation is in the wrong slot")
                if a.uuid != b.uuid:
                    self.find("4.1-18", "uuids differ")
        self.zeros(512, 4096, "4.1-19", "behind slot 0")
        self.zeros(4608, data_start(self.page), "4.1-19", "behind slot 1")

    # ---- 4.2 -------------------------------------------------------------

    def read_manifest(self):
        s = self.super
        raw = self.raw[s.manifest_offset : s.manifest_offset + s.manifest_bytes]
        self.need(xxh3_128(raw) == s.manifest_hash, "4.1-10", "manifest_hash")
        self.need(raw[:4] == b"MANI", "4.2.1-1", "tag of the manifest")
        h = self.head = Record()
        HEADER.read(raw, h)
        self.need(h.n_segments <= 2**18, "4.2.1-2", "n_segments")
        self.need(h.n_sections <= 3355443, "4.2.1-3", "n_sections")
        self.need(h.properties_bytes <= 65536, "4.2.1-14", "properties_bytes")
        at = 256
        places = []
        for n, size in ((h.n_segments, 64), (h.n_sections, 80), (1, h.properties_bytes)):
            places.append(at)
            at += n * size
        self.need(at == len(raw), "4.2-1", "size of the manifest")
        for i in range(h.n_segments):
            e = Record()
            e.raw = raw[places[0] + 64 * i : places[0] + 64 * i + 64]
            SEGMENT.read(e.raw, e)
            e.params = struct.unpack("<8I", e.raw[24:56])
            e.number = i
            self.segments.append(e)
        for i in range(h.n_sections):
            e = Record()
            e.raw = raw[places[1] + 80 * i : places[1] + 80 * i + 80]
            SECTION.read(e.raw, e)
            e.name = e.raw[:4].decode("latin-1")
            e.root = e.raw[56:72]
            self.sections.append(e)
        self.check_known()
        self.need(not raw[160:256].strip(b"\0"), "4.2.1-13", "reserved bytes")
        self.check_asked(raw[92:156])
        self.check_header()
        for e in self.segments:
            self.check_segment(e)
        self.check_rows()
        self.check_test_counts()
        self.check_sections()
        self.check_properties(raw[places[2] :])

    def check_known(self):
        h = self.head
        self.need(h.metric in METRICS, "4.2.1-8", "metric", "newer")
        self.need(h.elem in ELEMS, "4.2.1-9", "elem", "newer")
        self.need(h.flags < 8, "4.2.1-10", "flags", "newer")
        for e in self.segments:
            self.need(e.kind in KINDS, "4.2.2-1", "kind", "newer")
            for word in e.params[6:]:
                self.need(word & 255 < 9, "4.2.2-10", "codec", "newer")
        for e in self.sections:
            self.need(e.encoding == 0, "4.2.3-2", "encoding", "newer")
        self.metric, self.elem = METRICS[h.metric], ELEMS[h.elem]
        self.own = h.flags >> 1 & 1
        self.given = h.flags >> 2 & 1

    def check_header(self):
        h = self.head
        self.need(h.generation == self.super.generation, "4.2.1-4", "generation")
        self.need(1 <= h.dim <= 65536, "4.2.1-7", "dim")
        self.need(not (h.flags & 1 and h.elem > 3), "4.2.1-11", "flags, bit 0")
        self.need(h.target_recall <= 1000000, "4.2.1-12", "target_recall")
        self.need(refine_ok(h.default_refine), "4.2.1-17", "default_refine")

    def check_asked(self, raw):
        """A text of visible characters, and zeros behind it."""
        text = raw.rstrip(b"\0")
        ok = 1 <= len(text) <= 63 and all(0x21 <= c <= 0x7E for c in text)
        self.need(ok, "4.2.1-16", "asked")
        self.need(
            self.head.asked_ef_construction <= 65536, "4.2.1-15", "asked_ef_construction"
        )

    def check_test_counts(self):
        h = self.head
        most = min(2**16, 2**23 // h.dim) if self.own else 2**20
        self.need(h.n_queries <= most, "5.6-20", "n_queries")
        self.need(h.n_recalls <= 4096, "5.6-21", "n_recalls")
        self.need(h.truth_k <= 100, "5.6-22", "truth_k")
        if h.n_queries:
            first = self.segments[0].n_rows if self.segments else 0
            self.need(1 <= h.truth_k <= first - self.own, "5.6-6", "truth_k")
        else:
            none = not (h.truth_k or h.n_recalls or self.own or self.given)
            self.need(none, "5.6-7", "no queries")
        if self.given and self.segments:
            self.need(self.segments[0].params[6] & 255, "5.6-24", "flags, bit 2")

    def check_segment(self, e):
        h = self.head
        word = e.params[6]
        coded = word & 255
        self.need(not coded or h.elem == 1, "5.10-2", "codes in place of rows")
        narrow = word >> 8 in (4, 5) and h.elem < 4
        self.need(coded or not word or narrow, "4.2.2-13", "type of rows")
        e.elem = ELEMS[word >> 8] if word and not coded else self.elem
        e.elem_bytes = {"f32": 4, "f16": 2, "bf16": 2, "i8": 1, "u8": 1}[e.elem]
        row_bytes = h.dim * e.elem_bytes
        if self.metric == "cosine":
            row_bytes = up(row_bytes, 4) + 4
        self.need(1 <= e.n_rows < 2**31, "4.2.2-2", "n_rows of segment %d" % e.number)
        self.need(
            coded
            or e.row_stride % 4 == 0
            and row_bytes <= e.row_stride <= 2 * row_bytes + 64,
            "5.1-5",
            "row_stride of segment %d" % e.number,
        )
        self.need(1 <= e.generation <= h.generation, "4.2.2-3", "its generation")
        self.need(e.n_dead <= e.n_rows, "4.2.2-5", "n_dead of segment %d" % e.number)

    def check_rows(self):
        h = self.head
        rows = sum(e.n_rows for e in self.segments)
        dead = sum(e.n_dead for e in self.segments)
        self.need(rows == h.n_rows <= 2**48, "4.2.1-5", "n_rows")
        self.need(h.n_live == rows - dead, "4.2.1-6", "n_live")

    def check_sections(self):
        h, s = self.head, self.super
        start = end = data_start(self.page)
        seen = set()
        for e in self.sections:
            where = "section %s: " % e.name
            self.need(
                e.segment == WHOLE or e.segment < h.n_segments,
                "4.2.3-1",
                where + "segment",
            )
            self.need(e.raw_bytes == e.bytes, "4.2.3-6", where + "raw_bytes")
            self.need(e.bytes >= 1, "4.2.3-5", where + "bytes")
            self.need(fits(e.offset, e.bytes, self.page), "4.2.3-4", where + "offset")
            self.need(e.offset >= start, "4.2.3-11", where + "offset")
            self.need(e.offset >= end, "4.2.3-10", where + "offset")
            self.need(
                e.offset + e.bytes <= s.manifest_offset, "4.2.3-12", where + "its end"
            )
            end = e.offset + e.bytes
            self.check_place(e, where)
            self.need(not e.raw[12:16].strip(b"\0"), "4.2.3-3", where + "reserved")
            self.need(not e.raw[72:80].strip(b"\0"), "4.2.3-8", where + "reserved")
        for e in self.sections:
            key = e.name, e.segment
            if e.name in KNOWN:
                self.need(key not in seen, "4.2.3-15", "section %s twice" % e.name)
                seen.add(key)
        self.check_backed()

    def check_backed(self):
        """4.2.5: what is behind the counts."""
        h = self.head
        rows = [e for e in self.sections if e.name == "VECS" and e.segment != WHOLE]
        for i in range(h.n_segments):
            there = any(e.segment == i for e in rows)
            self.need(there, "5.1-1", "segment %d has no VECS" % i)
        for i, e in enumerate(rows):
            self.need(e.segment == i, "4.2.5-1", "order of VECS")
            s = self.segments[i]
            self.need(
                e.bytes >= s.n_rows * s.row_stride, "4.2.5-2", "VECS of segment %d" % i
            )
        for name, rule, due in (
            ("QRYS", "5.6-1", 4 * h.dim * h.n_queries * (not self.own or self.given)),
            ("QTRU", None, 4 * h.truth_k * h.n_queries),
            ("QSRC", "5.6-3", 4 * h.n_queries * self.own),
            ("RCLL", "5.6-4", 32 * h.n_recalls),
        ):
            e = self.section(name)
            if name == "QTRU" and due:
                work = h.n_queries * self.segments[0].n_rows
                if work > 2**29 // (h.dim + 96) or self.given:
                    rule = "5.6-2"
            if due and (e or rule):
                self.need(e, rule, "no section %s" % name)
                self.need(e.bytes == due, "5.6-5", "size of section %s" % name)

    def check_place(self, e, where):
        e.tables, size = sums_shape(e.bytes, self.page)
        self.need(e.sums_bytes == size, "6.2-5", where + "sums_bytes")
        self.need(
            e.sums_offset % 8 == 0 and e.sums_offset >= data_start(self.page),
            "4.2.3-7",
            where + "sums_offset",
        )
        self.need(
            e.sums_offset + size <= self.super.manifest_offset,
            "4.2.3-13",
            where + "sums_offset",
        )
        at = e.sums_offset % self.page
        self.need(
            at == 0 if len(e.tables) > 1 else at + size <= self.page,
            "6.3-1",
            where + "sums_offset",
        )

    def check_properties(self, raw):
        if raw:
            self.need(raw[-1] == 0, "4.2.4-1", "properties do not end with 0")
        before = None
        for entry in raw.split(b"\0")[:-1]:
            key, equals, value = entry.partition(b"=")
            self.need(
                equals and re.fullmatch(rb"[a-z][a-z0-9_]*", key),
                "4.2.4-2",
                "key of a property",
            )
            try:
                text = value.decode("utf-8")
            except UnicodeDecodeError:
                text = "\0"
            self.need(
                not re.search("[\0-\x1f\x7f-\x9f]", text),
                "4.2.4-4",
                "value of property %r" % key,
            )
            self.need(len(value) <= 4096, "4.2.4-5", "value of property %r" % key)
            self.need(before is None or before < key, "4.2.4-3", "order of keys")
            before = key
            self.properties[key.decode()] = text

    # ---- chapter 6 -------------------------------------------------------

    def check_sums(self, e):
        where = "section %s: " % e.name
        page = self.page
        ok = True
        for i in range(len(e.tables) - 1, -1, -1):
            start, count = e.tables[i]
            at = e.sums_offset + start
            table = self.raw[at : at + 8 * count]
            if i == len(e.tables) - 1:
                if xxh3_128(table) != e.root:
                    self.find("6.2-3", where + "root")
                    return False
            else:
                for j in range(0, len(table), page):
                    if page_sum(table[j : j + page]) != above[j // page]:
                        self.find("6.2-2", where + "chunk %d of a table" % (j // page))
                        ok = False
                end = e.sums_offset + e.tables[i + 1][0]
                self.zeros(at + 8 * count, end, "6.2-4", where + "between tables")
            above = struct.unpack("<%dQ" % count, table)
        for j in range(up(e.bytes, page) // page):
            at = e.offset + j * page
            here = self.raw[at : min(at + page, e.offset + e.bytes)]
            if page_sum(here) != above[j]:
                self.find("6.2-1", where + "page %d" % (at // page))
                ok = False
        return ok

    def check_places(self):
        """What lies where, and zeros between."""
        places = []
        for e in self.sections:
            places.append((e.offset, e.offset + e.bytes))
            places.append((e.sums_offset, e.sums_offset + e.sums_bytes))
        places.append((self.super.manifest_offset, self.super.committed_bytes))
        at = data_start(self.page)
        for start, stop in sorted(places):
            if start < at:
                self.find("4.2.3-14", "bytes %d to %d are used twice" % (start, stop))
            elif self.super.generation == 1:
                self.zeros(at, start, "4-1", "in nothing")
            at = max(at, stop)

    def check_end(self):
        end = self.super.manifest_offset + self.super.manifest_bytes
        self.zeros(end, self.super.committed_bytes, "6.1-1", "behind the manifest")

    # ---- what others need ------------------------------------------------

    def section(self, name, segment=WHOLE):
        for e in self.sections:
            if e.name == name and e.segment == segment:
                return e
        return None

    def bytes_of(self, e):
        return self.raw[e.offset : e.offset + e.bytes]
