"""Fields: 5.11 of SPEC.md, each rule broken alone."""

import functools
import struct

import broken
from broken_content import bytes_at as put
from broken_content import longer as extend
from broken_content import u32
from columns import Column

TABLE = []
breaks = functools.partial(broken.breaks, TABLE)
bytes_at = functools.partial(put, table=TABLE)
longer = functools.partial(extend, table=TABLE)

# The entries of fields.vsx, in order.
NAMES = "b f i lb lf s t tags".split()


def column(m, name):
    data = bytes(m.section("COLS", 0).data)
    at = 64 + 128 * len(NAMES)
    n = m.segments[0]["n_rows"]
    for i in range(len(NAMES)):
        c = Column(data, 64 + 128 * i, n, at)
        if c.name.decode() == name:
            return c
        at = c.end
    raise KeyError(name)


def part(rule, words, name, which, at, value, also=(), base="fields"):
    """Bytes of a part of a column; at may be counted from its end."""

    @breaks("5.11-%d" % rule, base, *words, also=also)
    def _(m):
        c = column(m, name)
        start = c.at[which] + (at if at >= 0 else c.size[which] + at)
        m.section("COLS", 0).data[start : start + len(value)] = value


def entry(rule, words, i, at, value):
    bytes_at("5.11-%d" % rule, "fields", words, "COLS", 64 + 128 * i + at, value, segment=0)


bytes_at("5.11-1", "fields", ["0 fields, expected 1 to 1024"], "COLS", 0, u32(0), segment=0)
bytes_at("5.11-1", "fields", ["1025 fields, expected 1 to 1024"], "COLS", 0, u32(1025), segment=0)
bytes_at("5.11-2", "fields", ["reserved bytes are not 0"], "COLS", 63, b"\1", segment=0)
entry(3, ["field 0 has no name"], 0, 0, b"9")
entry(3, ["field 0 has no name"], 0, 0, bytes(1))
entry(3, ["field 0 has no name"], 0, 63, b"x")
entry(3, ["field 1 has no name"], 1, 0, b"ANY")
entry(4, ["field 1, a, after b"], 1, 0, b"a")
entry(4, ["field 1, b, after b"], 1, 0, b"b")
entry(5, ["field 2, i, has type 6"], 2, 64, u32(6))
entry(5, ["field 2, i, has type 34"], 2, 64, u32(34))
entry(6, ["field 0, b: reserved bytes are not 0"], 0, 127, b"\1")
entry(7, ["field 2, i, has 39 values for 40 rows"], 2, 88, struct.pack("<Q", 39))
entry(7, ["field 3, lb, has 4294967296 values"], 3, 88, struct.pack("<Q", 2**32))
entry(8, ["field 2, i, has a dictionary of 1 word"], 2, 68, u32(1))
entry(8, ["field 5, s, has a dictionary of"], 5, 96, struct.pack("<Q", 2**32))
entry(9, ["field 0, b, has", "expected"], 0, 72, struct.pack("<Q", 64))
entry(9, ["field 7, tags, has 0 bytes at"], 7, 80, struct.pack("<Q", 0))
longer("5.11-10", "fields", ["section COLS has", "expected"], "COLS", 64)
part(11, ["field i: byte", "expected 0"], "i", "ranges", 24, b"\1")
part(11, ["field s: byte", "expected 0"], "s", "values", 63, b"\1")
part(12, ["bits of nulls behind the last one"], "i", "nulls", 7, b"\x80")
part(12, ["bits of values behind the last one"], "b", "values", 7, b"\x80")
part(13, ["field tags, row 39: values"], "tags", "ends", -4, u32(2**31), also=["5.11-14"])
part(15, ["field s, word 0: bytes 0 to 65536"], "s", "words", 0, u32(65536))
part(16, ["field s, word 1: not UTF-8"], "s", "text", 0, b"\xff", also=["5.11-17"])
part(16, ["field s, word 1: not UTF-8"], "s", "text", 0, b"\0")
part(17, ["field s, word 2: not after the word before"], "s", "text", 0, b"z")
part(19, ["field f, row 1: nan"], "f", "values", 8, struct.pack("<d", float("nan")), also=["5.11-23"])
part(19, ["field f, row 0: -0"], "f", "values", 0, struct.pack("<d", -0.0))
part(20, ["field s, row 0: word 200 of"], "s", "values", 0, b"\xc8", also=["5.11-23"])
part(22, ["field i, block 0: 7 nulls, found 8"], "i", "ranges", 16, u32(7))
part(23, ["field i, block 0: least and greatest are"], "i", "ranges", 0, b"\1")
part(23, ["field s, block 0: least and greatest are"], "s", "ranges", 8, b"\x01")
part(24, ["field s: byte", "expected 0"], "s", "ranges", 20, b"\1")
entry(26, ["field 2, i, has ranges of 3 lists, the segment has 4"], 2, 104, u32(3))
part(11, ["field i: byte", "expected 0"], "i", "lists", 48, b"\1", base="fields-lists")
part(27, ["field i, list 0: ", " nulls, found "], "i", "lists", 16, b"\xff", base="fields-lists")
part(27, ["field f, list 1: least and greatest are"], "f", "lists", 24, b"\1", base="fields-lists")
part(27, ["field tags, list 1: least and greatest are"], "tags", "lists", 32, b"\1", base="fields-lists")
part(27, ["field tags: byte", "expected 0"], "tags", "lists", 20, b"\1", base="fields-lists")


@breaks("5.11-14", "fields", "field tags: the lists end at value")
def _(m):
    c = column(m, "tags")
    data = m.section("COLS", 0).data
    # One more value than all lists have, in a gap that was there already.
    data[64 + 128 * 7 + 88 : 64 + 128 * 7 + 96] = struct.pack("<Q", c.n_values + 1)


@breaks("5.11-18", "fields", "field tags: the words end before byte")
def _(m):
    c = column(m, "tags")
    data = m.section("COLS", 0).data
    data[64 + 128 * 7 + 96 : 64 + 128 * 7 + 104] = struct.pack("<Q", c.word_bytes + 1)


@breaks("5.11-21", "fields", "field i, row", "is null and has a value")
def _(m):
    c = column(m, "i")
    data = m.section("COLS", 0).data
    nulls = int.from_bytes(data[c.at["nulls"] : c.at["nulls"] + 8], "little")
    row = next(row for row in range(40) if nulls >> row & 1)
    data[c.at["values"] + 8 * row] = 1


@breaks("5.11-21", "fields", "field lb, row", "is null and has")
def _(m):
    c = column(m, "lb")  # of two values in many rows each
    data = m.section("COLS", 0).data
    ends = struct.unpack("<40I", data[c.at["ends"] : c.at["ends"] + 160])
    row = next(row for row in range(1, 40) if ends[row] > ends[row - 1])
    data[c.at["nulls"] + row // 8] |= 1 << row % 8
    data[c.at["ranges"] + 16] += 1


@breaks("5.11-25", "fields-2", "segment 1: field i is float, expected int as before")
def _(m):
    e = m.section("COLS", 1)
    e.data[64 + 64] = 3
    at = 64 + 128
    e.data[at : at + 16] = bytes(16)
    c = Column(bytes(e.data), 64, 3, 64 + 128)
    for i in range(3):
        start = c.at["values"] + 8 * i
        e.data[start : start + 8] = bytes(8)
