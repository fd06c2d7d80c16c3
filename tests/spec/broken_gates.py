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
# parts; gates-pca one under cosine over 5 of 18 dimensions, with 4; gates-own
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
missing("5.5.1-4", "gates", ["section LNKG has 0 bytes"], "LNKG")
longer("5.5.1-4", "gates", ["section LNKG has"], "LNKG", 256)
longer("5.5.1-4", "gates", ["section LNKG has"], "LNKG", -256)
for base in ("gates", "gates-pca", "gates-own"):
    for at in (0, 4):
        for value in (0.0, -1.0, float("inf"), float("nan")):
            bytes_at("5.5.1-5", base, ["units of the codes of links"], "LNKP", at, f32(value))
    for value in (-1.0, float("inf"), float("nan")):
        bytes_at("5.5.1-6", base, ["spread of the codes of links"], "LNKP", 8, f32(value))
    for at in (12, 63):
        bytes_at("5.5.1-7", base, ["head of the codes of links"], "LNKP", at, b"\1")
