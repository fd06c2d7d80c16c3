"""Keys and payload: 5.12 of SPEC.md, each rule broken alone."""

import functools
import struct

import broken
from broken_content import bytes_at as put
from broken_content import longer as extend
from broken_content import missing as lack
from broken_content import u32
from xxh3 import xxh3_64

TABLE = []
breaks = functools.partial(broken.breaks, TABLE)
bytes_at = functools.partial(put, table=TABLE)
longer = functools.partial(extend, table=TABLE)
missing = functools.partial(lack, table=TABLE)

# keys has LZ4 in KEYS and PAYL, letters plain strings, in a block each.
missing("5.12-1", "keys", ["section KEYS without section KDIR"], "KDIR")
missing("5.12-1", "keys", ["section KEYS without section KTAB"], "KTAB")
missing("5.12-1", "keys", ["section PDIR without section PAYL"], "PAYL")
longer("5.12-2", "keys", ["section KDIR has 32 bytes"], "KDIR", 8)
bytes_at("5.12-3", "keys", ["first one begins with row 0, byte 0"], "KDIR", 0, b"\1")
bytes_at("5.12-4", "keys", ["outside of the section"], "PDIR", 0, u32(10**6))
bytes_at("5.12-5", "keys", ["first one begins with row 0, byte 0"], "KDIR", 8, b"\1")
bytes_at("5.12-6", "keys", ["more rows than 1024, or none"], "PDIR", 8, u32(40))
bytes_at("5.12-7", "keys", ["longer than a block may be"], "KDIR", 12, u32(0))
bytes_at("5.12-7", "keys", ["longer than a block may be"], "KDIR", 12, u32(66561))
bytes_at("5.12-8", "keys", ["the form is not known"], "KDIR", 16, u32(4))
bytes_at("5.12-8", "keys", ["it has keys alone"], "PDIR", 16, u32(3))
bytes_at("5.12-9", "keys", ["reserved bytes are not zero"], "KDIR", 20, u32(1))
bytes_at("5.12-10", "letters", ["it is no shorter"], "KDIR", 16, u32(1))


@breaks("5.12-11", "keys", "does not decode to its length")
def _(m):
    e = m.section("KDIR")
    e.words(12, "I", e.words(12, "I")[0] + 1)


@breaks("5.12-12", "letters", "the lengths differ")
def _(m):
    e = m.section("KDIR")
    e.words(12, "I", e.words(12, "I")[0] + 1)


bytes_at("5.12-13", "letters", ["not shortest"], "KEYS", 0, b"\x84\0")
bytes_at("5.12-13", "letters", ["not shortest"], "KEYS", 0, b"\x84\x80\x80\x80")
bytes_at("5.12-14", "letters", ["a string is too long"], "KEYS", 0, b"\x81\x08")
bytes_at("5.12-15", "letters", ["the lengths do not fill it"], "KEYS", 0, b"\6")
bytes_at("5.12-16", "uuids", ["not 16 bytes for each row"], "KDIR", 12, u32(39 * 16))
longer("5.12-17", "keys", ["section KTAB has"], "KTAB", 8)
bytes_at("5.12-18", "keys", ["bucket 0: a row that is not there"], "KTAB", 0, u32(40))
bytes_at("5.12-20", "keys", ["more keys than 12"], "KTAB", 60, b"\x0d")


def with_room(m):
    """(the table, where a bucket begins that is not full, its keys)"""
    e = m.section("KTAB")
    at = next(at for at in range(0, len(e.data), 64) if e.data[at + 60] < 12)
    return e, at, e.data[at + 60]


@breaks("5.12-19", "keys", "an entry beyond its keys")
def _(m):
    e, at, n = with_room(m)
    e.data[at + 48 + n] = 1


@breaks("5.12-21", "keys", "spilled, but not full")
def _(m):
    e, at, n = with_room(m)
    e.data[at + 61] = 1


bytes_at("5.12-22", "keys", ["reserved bytes are not zero"], "KTAB", 63, b"\1")


@breaks("5.12-23", "keys", "section KTAB does not find its key")
def _(m):
    e, at, n = with_room(m)
    e.data[at + 48] ^= 1


@breaks("5.12-24", "keys", "section KTAB has 41 keys, 40 rows have one")
def _(m):
    e, at, n = with_room(m)
    e.data[at + 60] = n + 1


def place(e, n, row):
    """Where the string of a row is, of a plain block of n rows with short ones."""
    at = n + sum(e.data[:row])
    return at, at + e.data[row]


@breaks("5.12-25", "letters", "row 23 has the key of row 0")
def _(m):
    e = m.section("KEYS")
    (a, b), (c, d) = place(e, 26, 0), place(e, 26, 23)
    e.data[c:d] = e.data[a:b]


@breaks("5.12-26", "keys-2", "key 'the-same-word-07919' is also in segment 0")
def _(m):
    e, table, key = m.section("KEYS", 1), m.section("KTAB", 1), b"the-same-word-07919"
    at = e.data.index(b"the-same-word-00000")
    e.data[at : at + len(key)] = key
    row = next(row for row in range(3) if place(e, 3, row)[0] == at)
    rows = struct.unpack("<12I", table.data[:48])
    table.data[48 + rows.index(row)] = xxh3_64(key) & 255
