"""Codes of links: 5.5.1 of SPEC.md, each rule broken alone."""

import functools
import struct

import broken
from broken_content import INF, NAN, f32
from broken_content import bytes_at as put
from broken_content import longer as extend
from broken_content import missing as drop

TABLE = []
breaks = functools.partial(broken.breaks, TABLE)
bytes_at = functools.partial(put, table=TABLE)
longer = functools.partial(extend, table=TABLE)
missing = functools.partial(drop, table=TABLE)

# gates is a graph of 40 rows of 18 dimensions, M 4, over SQ8, with codes of 8
# parts; gates-many one of 130 rows, 6 dimensions and 4 parts, of which 32 rows
# may begin a search; gates-pca one under cosine over 5 of 18 dimensions, with 4; gates-own
# one over rows of u8.


def parts(base, words, value):
    @breaks("5.5.1-1", base, words)
    def _(m):
        m.segments[0].param(4, value)


for value in (1, 6, 20, 132, 2**32 - 4):
    parts("gates", "codes of links have %d part" % value, value)
parts("gates-pca", "codes of links have 8 parts over 5 dimensions", 8)


@breaks("5.5.1-2", "gates", "codes of links over codes under ip")
def _(m):
    m.header["metric"] = 2


@breaks("5.5.1-2", "gates-cosine", "codes of links over rows under cosine")
def _(m):
    m.segments[0].param(7, 0)
    m.drop("CODE")
    m.drop("CPAR")


missing("5.5.1-3", "gates", ["section LNKP has 0 bytes"], "LNKP")
longer("5.5.1-3", "gates", ["section LNKP has"], "LNKP", 4)
longer("5.5.1-3", "gates", ["section LNKP has"], "LNKP", -64)
longer("5.5.1-3", "gates-many", ["section LNKP has"], "LNKP", -192)
missing("5.5.1-4", "gates", ["section LNKG has 0 bytes"], "LNKG")
longer("5.5.1-4", "gates", ["section LNKG has"], "LNKG", 256)
longer("5.5.1-4", "gates", ["section LNKG has"], "LNKG", -256)
for base in ("gates", "gates-pca", "gates-own"):
    for at in (0, 4):
        for value in (0.0, -1.0, float("inf"), float("nan")):
            bytes_at("5.5.1-5", base, ["units of the codes of links"], "LNKP", at, f32(value))
    for value in (-1.0, float("inf"), float("nan")):
        bytes_at("5.5.1-6", base, ["spread of the codes of links"], "LNKP", 8, f32(value))
    bytes_at("5.5.1-12", base, ["shift of the codes of links is 32"], "LNKP", 12, b"\40")
    for at in (16, 63):
        bytes_at("5.5.1-7", base, ["head of the codes of links"], "LNKP", at, b"\1")

# ---- what they say -------------------------------------------------------

# Of gates 18 f32 of mean, zeros to 192; rows of 8 links of 8 parts, 256 bytes.
for value in (NAN, INF):
    bytes_at("5.5.1-8", "gates", ["component 17 of the mean"], "LNKP", 64 + 68, value)
    bytes_at("5.5.1-10", "gates", ["component 0 of the book"], "LNKP", 192, value)
    bytes_at("5.5.1-10", "gates", ["component 287 of the book"], "LNKP", -4, value)
for at in (136, 191):
    bytes_at("5.5.1-9", "gates", ["bytes 136 to 191 are not 0"], "LNKP", at, b"\1")


# Of gates-many 64 of head, 64 of mean and zeros, 384 of book, a block of 192.
for at in (0, 64, 66, 191):

    @breaks("5.5.1-13", "gates-many", "byte %d of the rows to begin at" % at)
    def _(m, at=at):
        m.section("LNKP").data[512 + at] ^= 1


bytes_at("5.5.1-13", "gates-many", ["section LNKP: the shift is 31, expected"], "LNKP", 12, b"\37")
bytes_at("5.5.1-13", "gates", ["section LNKP: the shift is 1, expected 0"], "LNKP", 12, b"\1")


def other(base, at, bit, words):
    """A bit of the blocks."""

    @breaks("5.5.1-11", base, *words)
    def _(m):
        m.section("LNKG").data[at] ^= bit


def factor(base, at, value, words):
    """i16 of the blocks."""

    @breaks("5.5.1-11", base, *words)
    def _(m):
        data = m.section("LNKG").data
        if data[at : at + 2] == struct.pack("<h", value):
            raise ValueError("that is there already")
        data[at : at + 2] = struct.pack("<h", value)


for bit in (1, 8):
    other("gates", 0, bit, ["row 0: byte 0 of the codes of its links"])
# The second half of a byte is that of link 16, which M 4 does not have.
other("gates", 256 + 7, 16, ["row 1: byte 7 of the codes of its links"])
# Place 8 of 32, and the last one.
other("gates", 8, 1, ["row 0: byte 8 of the codes of its links"])
other("gates", 128 + 4 * 8, 1, ["row 0: byte 160 of the codes of its links"])
other("gates", -1, 128, ["row 39: byte 255 of the codes of its links"])
for at, value in ((128, 0), (130, 0), (128, 32767), (130, -32767)):
    factor("gates", at, value, ["row 0: byte %d of the codes" % at])
for base in ("gates-pca", "gates-cosine", "gates-own"):
    other(base, 0, 2, ["row 0: byte 0 of the codes of its links"])


@breaks("5.5.1-11", "gates", "of the codes of its links")
def _(m):
    # The rows change, and with them what should be said of them.
    e = m.section("LNK0")
    some = list(e.words(32, "8I"))
    some[0], some[1] = some[1], some[0]
    e.words(32, "8I", *some)
