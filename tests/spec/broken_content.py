"""Chapter 5 of SPEC.md: each rule broken alone, with all checksums right."""

import functools
import struct

import broken
import exact
from layout import WHOLE, up
from segment import block_bytes

TABLE = []
breaks = functools.partial(broken.breaks, TABLE)

NAN = b"\0\0\xc0\x7f"
INF = b"\0\0\x80\x7f"


def bytes_at(rule, base, words, name, at, value, segment=None, table=TABLE, **more):
    """Bytes of a section; at may be counted from the end."""

    @broken.breaks(table, rule, base, *words, **more)
    def _(m):
        e = m.section(name, segment)
        start = at if at >= 0 else len(e.data) + at
        e.data[start : start + len(value)] = value


def longer(rule, base, words, name, n, table=TABLE, **more):
    """A section that is n bytes longer, or shorter."""

    @broken.breaks(table, rule, base, *words, **more)
    def _(m):
        e = m.section(name)
        if n < 0:
            del e.data[n:]
        e.data += bytes(max(n, 0))


def missing(rule, base, words, name, table=TABLE, **more):
    @broken.breaks(table, rule, base, *words, **more)
    def _(m):
        m.drop(name)


def u32(x):
    return struct.pack("<I", x)


def f32(x):
    return struct.pack("<f", x)


# ---- 5.1 -----------------------------------------------------------------

missing("5.1-1", "flat", ["no section VECS"], "VECS")
longer("5.1-2", "flat", ["section VECS has 3204 bytes"], "VECS", 4)

# The stride of cosine.vsx: 5 f16, to 12, the tail, to 16.
bytes_at("5.1-3", "cosine", ["row 0: the bytes after"], "VECS", 10, b"\1")
bytes_at("5.1-7", "cosine", ["row 1: the bytes after"], "VECS", 16 + 12, b"\1")
bytes_at("5.1-4", "flat", ["row 0: the bytes after"], "VECS", 79, b"\1")
bytes_at("5.1-4", "hnsw", ["row 39: the bytes after"], "VECS", -1, b"\1")
bytes_at("5.1-8", "cosine", ["row 2"], "VECS", 32, bytes(16))


def stride_of(value):
    @breaks("5.1-5", "flat", "rows are %d bytes apart" % value)
    def _(m):
        m.segments[0]["row_stride"] = value


for value in (68, 74, 212):
    stride_of(value)

bytes_at("5.1-9", "hnsw", ["row 3"], "VECS", 3 * 80 + 8, f32(1e19))
for value in (NAN, INF):
    # CODE would say what the row was: an index without.
    bytes_at("5.1-6", "hnsw", ["row 3: component 2"], "VECS", 3 * 80 + 8, value)

# ---- 5.2 -----------------------------------------------------------------

longer("5.2-1", "flat", ["section ROID has"], "ROID", 4)
longer("5.2-2", "hnsw", ["section IDRO has"], "IDRO", 4)
bytes_at("5.2-3", "hnsw", ["row 40 of 40"], "IDRO", 156, u32(40))
missing("5.2-4", "ivf", ["IDRO without section ROID"], "ROID")


@breaks("5.2-5", "flat", "expected rising ids")
def _(m):
    e = m.section("ROID")
    e.data[0:8] = e.data[4:8] + e.data[0:4]


@breaks("5.2-5", "hnsw", "expected rising ids")
def _(m):
    e = m.section("IDRO")
    e.data[0:8] = e.data[4:8] + e.data[0:4]


@breaks("5.2-5", "hnsw", "expected rising ids")
def _(m):
    m.section("ROID").data[8:16] = m.section("ROID").data[0:8]


@breaks("5.2-6", "flat-3", "is also in segment 0")
def _(m):
    m.section("ROID", 2).data[0:4] = m.section("ROID", 0).data[4:8]
    m.section("ROID", 2).data[4:12] = u32(2**31) + u32(2**31 + 1)


# ---- 5.3 -----------------------------------------------------------------

# flat-3 and hundred-4 list the rows, one of 40 and three of 120; hnsw-4 has bits
# of two of 40, hundred-6 of four of 120 and a list of one more.
missing("5.3-1", "flat-3", ["section DEAD has 0 bytes"], "GONE")
missing("5.3-1", "hnsw-4", ["section DEAD has 0 bytes"], "DEAD")
missing("5.3-1", "hundred-6", ["section DEAD has 0 bytes"], "DEAD")


@breaks("5.3-1", "flat", "section DEAD has 8 bytes")
def _(m):
    m.add("DEAD", 0, bytes(8), before=m.section("QSRC"))


@breaks("5.3-1", "flat-3", "section DEAD has 8 bytes")
def _(m):
    m.add("DEAD", 0, bytes(8), before=m.section("GONE"))


longer("5.3-2", "hnsw-4", ["section DEAD has 16 bytes"], "DEAD", 8)
longer("5.3-2", "hundred-6", ["section DEAD has 12 bytes"], "DEAD", -4)
missing("5.3-3", "hundred-6", ["section DEAD marks 4 rows, expected 5"], "GONE")


@breaks("5.3-3", "hnsw-4", "section DEAD marks 3 rows")
def _(m):
    e = m.section("DEAD")
    e.data[0] |= next(1 << i for i in range(8) if not e.data[0] >> i & 1)


bytes_at("5.3-4", "hnsw-4", ["beyond the last of 40"], "DEAD", 7, b"\x80")
bytes_at("5.3-5", "flat-3", ["section GONE", "is row 40, expected 0 to 39"], "GONE", 0, u32(40))
# Not rising, there twice, not there.
for at, value in ((0, 119), (4, 0), (8, 120), (8, 2**32 - 1)):
    bytes_at("5.3-5", "hundred-4", ["section GONE"], "GONE", at, u32(value))


@breaks("5.3-5", "hundred-4", "section GONE")
def _(m):
    e = m.section("GONE")
    e.data[4:8] = e.data[0:4]


longer("5.3-6", "flat-3", ["section GONE has 8 bytes", "at most 1 row"], "GONE", 4)
longer("5.3-6", "hundred-4", ["section GONE has 16 bytes", "at most 3 rows"], "GONE", 4)
longer("5.3-6", "hundred-4", ["section GONE has 10 bytes"], "GONE", -2)


@breaks("5.3-6", "hundred", "section GONE has 4 bytes", "at most 0 rows")
def _(m):
    m.add("GONE", 0, u32(7), before=m.section("QRYS"))


@breaks("5.3-7", "hundred-6", "section GONE lists row", "which section DEAD marks")
def _(m):
    """As many marks as before, one of them of the row that is listed."""
    marks, (row,) = m.section("DEAD").data, m.section("GONE").words(0, "I")
    some = next(r for r in range(120) if marks[r >> 3] >> (r & 7) & 1)
    marks[some >> 3] ^= 1 << (some & 7)
    marks[row >> 3] ^= 1 << (row & 7)


# ---- 5.4 -----------------------------------------------------------------

missing("5.4-1", "ivf", ["section LIST has"], "LIST")
longer("5.4-1", "ivf", ["section LIST has"], "LIST", 24)


def changes_list(rule, words, change, **more):
    """change: of [first_row, n_rows, offset] of all lists of ivf.vsx."""

    @breaks(rule, "ivf", *words, **more)
    def _(m):
        e = m.section("LIST")
        lists = [list(e.words(24 * i, "3Q")) for i in range(4)]
        change(m, lists)
        for i, row in enumerate(lists):
            e.words(24 * i, "3Q", *row)


def last_longer(m, lists):
    lists[3][1] += 1


def odd(m, lists):
    lists[3][2] += 2
    m.section("VECS").data += bytes(2)


def behind(m, lists):
    lists[3][2] += 4


def repeated(m, lists):
    lists[3][0] -= 1


def overlapping(m, lists):
    # The last list lies where the one before does.
    data = m.section("VECS").data
    a, b = lists[2], lists[3]
    b[2] = a[2]
    del data[a[2] + max(a[1], b[1]) * 80 :]
    data += bytes(80 * 40 - len(data))


def hole(m, lists):
    data = m.section("VECS").data
    data[lists[3][2] : lists[3][2]] = b"\0\0\0\1"
    lists[3][2] += 4


def longer_vecs(m, lists):
    m.section("VECS").data += bytes(4)


changes_list("5.4-2", ["list 3"], last_longer, also=["5.4-4", "5.4-5", "5.4-8"])
changes_list("5.4-3", ["list 3"], odd, also=["5.4-5", "5.4-8"])
changes_list("5.4-4", ["list 3"], behind, also=["5.4-5", "5.4-8"])
changes_list("5.4-5", ["list 3: begins at row"], repeated, also=["5.7-12"])
changes_list(
    "5.4-6",
    ["list 3: begins at byte"],
    overlapping,
    also=["5.4-8", "5.1-6", "5.7-12"],
)
changes_list("5.4-7", ["list 3: bytes before it"], hole)
changes_list("5.4-8", ["the last list ends"], longer_vecs)

missing("5.4-9", "ivf", ["section CENT has 0 bytes"], "CENT")


@breaks("5.4-9", "shared", "has a section CENT and shares")
def _(m):
    m.add("CENT", 1, bytes(m.section("CENT").data), before=m.section("QSRC"))


def shares(value, words):
    @breaks("5.4-9", "shared", words)
    def _(m):
        m.segments[1].param(2, value)


shares(2, "cannot share")
shares(3, "cannot share")
shares(0, "section CENT has 0 bytes")


@breaks("5.4-9", "shared", "cannot share")
def _(m):
    # Fewer lists than the segment that lends its centroids.
    m.segments[1].param(0, 3)
    del m.section("LIST", 1).data[72:]


@breaks("5.4-10", "ivf", "centroids of 96 bytes")
def _(m):
    m.segments[0].param(1, 96)


# 4 centroids of 18 f32 and 8 bytes; parameters at 320, records at 448.
for value in (NAN, INF):
    bytes_at("5.4-11", "ivf", ["centroid 1: component 0"], "CENT", 80, value, also=["5.7-12"])
bytes_at("5.4-12", "ivf", ["centroid 0: the bytes after"], "CENT", 79, b"\1")
bytes_at("5.4-14", "ivf", ["of section CENT are not 0"], "CENT", 447, b"\1")
longer("5.4-15", "ivf", ["section CENT has"], "CENT", 4)


# And 3 of 53 f32 and 12 bytes, to 704; records of 57 bytes and 7.
bytes_at("5.4-13", "odd", ["of section CENT are not 0"], "CENT", 703, b"\1")


# ---- 5.5: 40 rows, M 4 ---------------------------------------------------

missing("5.5-1", "hnsw", ["section LEVL has"], "LEVL")
longer("5.5-1", "hnsw", ["section LEVL has"], "LEVL", 4)
bytes_at("5.5-2", "hnsw", ["level 0 has 39 rows"], "LEVL", 0, u32(39))


@breaks("5.5-3", "hnsw", "level 2 has")
def _(m):
    # The same links in all: the length of LNKU stays.
    e = m.section("LEVL")
    n, one, two = e.words(0, "3I")
    e.words(0, "3I", n, two, one)


@breaks("5.5-4", "hnsw", "level 2 has 0 rows")
def _(m):
    e = m.section("LEVL")
    n, one, two = e.words(0, "3I")
    e.words(0, "3I", n, one + two, 0)


missing("5.5-5", "hnsw", ["section LNK0 has"], "LNK0")
longer("5.5-5", "hnsw", ["section LNK0 has"], "LNK0", 32)
missing("5.5-6", "hnsw", ["section LNKU has"], "LNKU")
longer("5.5-6", "hnsw", ["section LNKU has"], "LNKU", 16)


def links(rule, words, change, name="LNK0", **more):
    """change: of the links of one row, which has three or more and room."""

    @breaks(rule, "hnsw", *words, **more)
    def _(m):
        e = m.section(name)
        degree = 8 if name == "LNK0" else 4
        for row in range(len(e.data) // (4 * degree)):
            at = 4 * degree * row
            some = list(e.words(at, "%dI" % degree))
            if some[-1] == 2**32 - 1 and some[2] != 2**32 - 1 and row:
                change(row, some)
                e.words(at, "%dI" % degree, *some)
                return
        raise ValueError("no such row")


def append(x):
    def change(row, some):
        some[some.index(2**32 - 1)] = x(row, some)

    return change


def gap(row, some):
    last = some.index(2**32 - 1) - 1
    some[-1], some[last] = some[last], 2**32 - 1


links("5.5-7", ["links to row 40 of 40"], append(lambda row, some: 40))
links("5.5-8", ["after an unused one"], gap, also=["5.5-11"])
links("5.5-9", ["links to itself"], append(lambda row, some: row))
links("5.5-10", ["twice"], append(lambda row, some: some[0]))


@breaks("5.5-7", "hnsw", "level 1", "links to row")
def _(m):
    # A row that is there, but not on this level.
    m.section("LNKU").data[0:4] = u32(39)


@breaks("5.5-11", "hnsw", "row 39 cannot be reached")
def _(m):
    e = m.section("LNK0")
    for row in range(40):
        some = [x for x in e.words(32 * row, "8I") if x != 39]
        e.words(32 * row, "8I", *(some + [2**32 - 1] * 8)[:8])


@breaks("5.5-11", "hnsw", "row 0 cannot be reached")
def _(m):
    # Nothing leads to row 0, which is the entry point no longer.
    m.segments[0].param(2, 1)
    m.segments[0].param(3, 39)
    del m.section("LEVL").data[4:]
    m.drop("LNKU")
    e = m.section("LNK0")
    for row in range(40):
        some = [x for x in e.words(32 * row, "8I") if x != 0]
        e.words(32 * row, "8I", *(some + [2**32 - 1] * 8)[:8])


for beyond in (0, 2**31, 2**32 - 1):

    @breaks("5.5-12", "hnsw", "the entry point is row")
    def _(m, beyond=beyond):
        top = m.section("LEVL").words(0, "3I")[2]
        m.segments[0].param(3, beyond or top)


# ---- 5.6 -----------------------------------------------------------------

for rule, base, name in (("5.6-1", "queries", "QRYS"), ("5.6-3", "flat", "QSRC"), ("5.6-4", "flat", "RCLL")):
    missing(rule, base, ["section %s has 0 bytes" % name], name)


@breaks("5.6-1", "flat", "section QRYS is there")
def _(m):
    m.add("QRYS", WHOLE, bytes(4 * 18 * 40))


@breaks("5.6-2", "truth", "section QTRU is there")
def _(m):
    m.header["n_queries"] = m.header["truth_k"] = m.header["n_recalls"] = 0
    m.header["flags"] &= ~2
    m.drop("QSRC")
    m.drop("RCLL")


@breaks("5.6-3", "queries", "section QSRC is there")
def _(m):
    m.add("QSRC", WHOLE, bytes(4 * 120))


@breaks("5.6-4", "flat", "section RCLL is there")
def _(m):
    m.header["n_recalls"] = 0


longer("5.6-5", "queries", ["section QRYS has"], "QRYS", 4)
longer("5.6-5", "flat", ["section QSRC has"], "QSRC", -4)
longer("5.6-5", "flat", ["section RCLL has"], "RCLL", 32)
for n in (-4, 4):
    longer("5.6-5", "truth", ["section QTRU has"], "QTRU", n)


def header(rule, base, words, **fields):
    @breaks(rule, base, words)
    def _(m):
        for name, x in fields.items():
            m.header[name] = x


header("5.6-6", "flat", "40 queries with 40 neighbours", truth_k=40)
header("5.6-6", "flat", "40 queries with 0 neighbours", truth_k=0)
header("5.6-6", "queries", "120 queries with 41 neighbours", truth_k=41)
header("5.6-6", "ivf-2", "40 queries with 40 neighbours", truth_k=40)
header("5.6-6", "empty", "1 query with 1 neighbour", n_queries=1, truth_k=1)
header("5.6-22", "hundred", "2 queries with 101", truth_k=101)
header("5.6-7", "flat", "0 queries with 39 neighbours", n_queries=0)

header("5.6-20", "flat", "65537 queries that are rows", n_queries=2**16 + 1)
header("5.6-20", "queries", "1048577 queries", n_queries=2**20 + 1)
header("5.6-21", "flat", "4097 measured recalls", n_recalls=4097)

for base, row in (("truth", 40), ("truth", 2**32 - 1), ("truth-3", 40)):
    bytes_at("5.6-12", base, ["section QTRU", "is row %d of 40" % row], "QTRU", 4, u32(row))


@breaks("5.6-9", "queries", "component")
def _(m):
    m.section("QRYS").data[0:4] = NAN


@breaks("5.6-19", "queries", "length")
def _(m):
    m.section("QRYS").data[0:4] = f32(1e19)


@breaks("5.6-10", "given", "zero")
def _(m):
    m.section("QRYS").data[0:20] = bytes(20)


bytes_at("5.6-11", "flat", ["section QSRC", "is row 40 of 40"], "QSRC", -4, u32(40))
bytes_at("5.6-14", "flat", ["section QSRC", "expected rising"], "QSRC", 0, u32(1))


def swapped(base):
    @breaks("5.6-13", base, "test query 0: neighbour 1 is row", "QTRU")
    def _(m):
        e = m.section("QTRU")
        e.data[0:8] = e.data[4:8] + e.data[0:4]


# Of any generation: deleted rows are among them.
for base in ("truth", "truth-3", "known"):
    swapped(base)


@breaks("5.6-13", "known", "test query 119: neighbour 40 is row", "QTRU")
def _(m):
    e = m.section("QTRU")
    e.data[-4:] = e.data[-8:-4]


@breaks("5.6-13", "truth", "test query 0: neighbour 1 is row 0", "QTRU")
def _(m):
    # The query itself.
    m.section("QTRU").data[0:4] = m.section("QSRC").data[0:4]


@breaks("5.6-15", "hnsw", "recall table, row 1: effort")
def _(m):
    e = m.section("RCLL")
    e.data[32:36] = e.data[0:4]


@breaks("5.6-15", "hnsw", "refine factor of 1500 thousandths after")
def _(m):
    # Two refine factors of one effort, and the same once more.
    e = m.section("RCLL")
    e.data[32:36] = e.data[0:4]
    e.data[24:28] = e.data[56:60] = u32(1500)


for at in (4, 8, 12):
    bytes_at("5.6-16", "flat", ["1000001 millionths"], "RCLL", at, u32(1000001))
for thousandths in (1, 999, 1000001, 2**32 - 1):
    words = ["row 0: refine factor of %d" % thousandths]
    bytes_at("5.6-23", "flat", words, "RCLL", 24, u32(thousandths))
bytes_at("5.6-17", "flat", ["recall table, row 0: reserved"], "RCLL", 31, b"\1")

# ---- 5.7 -----------------------------------------------------------------

missing("5.7-1", "flat", ["section CODE without CPAR"], "CPAR")
missing("5.7-1", "flat", ["section CPAR without CODE"], "CODE")


@breaks("5.7-2", "bytes", "section CODE over rows of i8")
def _(m):
    params = struct.pack("<ffII5f", 1, 1, 0, 0, *[0] * 5)
    before = m.section("QSRC")
    m.add("CPAR", 0, params, before)
    m.add("CODE", 0, bytes(3 * block_bytes(5)), before)


def kept_with_a_grid(base, dim, also=()):
    words = "section CODE of codes 8-bit grid over rows kept as codes"

    @breaks("5.7-2", base, words, also=also)
    def _(m):
        params = struct.pack("<ffII%df" % dim, 1, 1, 0, 0, *[0] * dim)
        n, before = m.segments[0]["n_rows"], m.section("QSRC")
        m.add("CPAR", 0, params, before)
        m.add("CODE", 0, bytes((n + 15) // 16 * block_bytes(dim)), before)


kept_with_a_grid("kept", 18)
# Its second segment shares CPAR as well.
kept_with_a_grid("walk-2", 5, ["5.7-1"])


longer("5.7-3", "flat", ["section CPAR has"], "CPAR", 4)
longer("5.7-9", "flat", ["section CODE has"], "CODE", 4)

# Blocks of 16 rows: 5 * 64 bytes of 18 components, terms at 320, eps at 384.
for base, name, at in (("flat", "CPAR", 0), ("ivf", "CENT", 320)):
    for value in (0.0, -1.0, float("inf"), float("nan")):
        bytes_at("5.7-4", base, ["delta"], name, at, f32(value))
    for value in (-1.0, float("inf"), float("nan")):
        bytes_at("5.7-5", base, ["eps_cap"], name, at + 4, f32(value))
    bytes_at("5.7-6", base, ["wild 2"], name, at + 8, u32(2))
    bytes_at("5.7-7", base, ["zero 1"], name, at + 12, u32(1))
    for value in (NAN, INF):
        bytes_at("5.7-8", base, ["lo[0]"], name, at + 16, value)
for base, name, at, what in (("flat", "CODE", 0, "row 0"), ("ivf", "CENT", 448, "centroid 0")):
    bytes_at("5.7-10", base, [what + ": its code is not 0 past"], name, at + 259, b"\1")
    bytes_at("5.7-14", base, [what + ": the term of its code"], name, at + 323, b"\1")
    bytes_at("5.7-12", base, [what + ": its code is"], name, at + 384, f32(0.0))
    bytes_at("5.7-12", base, [what + ": its code is"], name, at + 384, NAN)
    bytes_at("5.7-13", base, [what + ": its code is"], name, at + 384, f32(1e9))
for name, n in (("CODE", 60), ("CENT", 3)):
    text = "the place of row %d of %d is not 0" % (up(n, 16) - 1, n)
    for at in (-1, -65, -129):
        bytes_at("5.7-11", "odd", [text], name, at, b"\1")

# ---- 5.9 -----------------------------------------------------------------

# sq8 is a Flat of 18 dimensions, sq4 an IVF of residuals of 53, sq4-2 one of 5
# with a second segment that shares CPAR and CENT.
missing("5.9-1", "sq8", ["section CODE without CPAR"], "CPAR")
missing("5.9-1", "sq8", ["section CPAR without CODE"], "CODE")


@breaks("5.9-1", "sq8", "codes SQ8 without sections CPAR and CODE")
def _(m):
    m.drop("CODE")
    m.drop("CPAR")


def param(rule, base, words, i, value, segment=0, **more):
    @breaks(rule, base, *words, **more)
    def _(m):
        m.segments[segment].param(i, value)


bytes_at("5.9-2", "sq8", ["codes of 17 dimensions over rows of 18"], "CPAR", 0, u32(17))
for value in (4, 8, 2**31):
    bytes_at("5.9-3", "sq8", ["codes with flags 0x%x" % value], "CPAR", 4, u32(value))
bytes_at("5.9-4", "sq8", ["codes with 1 centroid, expected 0"], "CPAR", 8, u32(1))
bytes_at("5.9-5", "sq8", ["does not end in zeros"], "CPAR", 16, b"\1")
for base, name in (("sq8", "CPAR"), ("kept", "VPAR")):
    for value in (NAN, INF, f32(-1.0)):
        bytes_at("5.9-10", base, ["codes with a loss of"], name, 12, value)
bytes_at("5.9-5", "sq4", ["does not end in zeros"], "CPAR", 63, b"\1")
bytes_at("5.9-6", "sq8", ["which have none"], "CPAR", 4, u32(2))
param("5.9-7", "sq8", ["cannot share section CPAR of segment 0"], 5, 1)
param("5.9-7", "sq8", ["cannot share section CPAR of segment 4294967294"], 5, 2**32 - 1)
param("5.9-7", "sq4-2", ["cannot share section CPAR of segment 1"], 5, 2, segment=1)
param("5.9-7", "sq4-2", ["cannot share section CPAR of segment 0"], 7, 0x501, segment=1)
param("5.9-7", "flat-3", ["cannot share section CPAR of segment 0"], 5, 1, segment=1)


@breaks("5.9-7", "sq4-2", "has a section CPAR and shares")
def _(m):
    before = m.section("CODE", 1)
    m.add("CPAR", 1, bytes(m.section("CPAR", 0).data), before)


@breaks("5.9-8", "sq4-2", "share their parameters with segment 0")
def _(m):
    m.add("CENT", 1, bytes(m.section("CENT", 0).data))
    m.segments[1].param(2, 0)


longer("5.9-9", "sq8", ["section CODE has"], "CODE", 4)
longer("5.9-9", "sq4", ["section CODE has"], "CODE", -4)
param("5.9.1-1", "sq8", ["codes SQ8 of size 17 for 18 dimensions"], 7, 17 << 8 | 1)
param("5.9.1-1", "sq4", ["codes SQ4 of size 0 for 53 dimensions"], 7, 2)
longer("5.9.1-2", "sq8", ["section CPAR has 212 bytes, expected 208"], "CPAR", 4)
longer("5.9.1-2", "sq8", ["section CPAR has 60 bytes, expected 64"], "CPAR", -148)
for base, d in (("sq8", 18), ("sq4", 53)):
    for value in (NAN, INF):
        bytes_at("5.9.1-3", base, ["lo[1] of the codes"], "CPAR", 68, value)
        bytes_at("5.9.1-4", base, ["step[0] of the codes"], "CPAR", 64 + 4 * d, value)
    bytes_at("5.9.1-4", base, ["step[0] of the codes"], "CPAR", 64 + 4 * d, f32(-1.0))
bytes_at("5.9.1-5", "sq8", ["row 0: byte 19 of its code is 0x01"], "CODE", 19, b"\1")
bytes_at("5.9.1-5", "sq8", ["row 39: byte"], "CODE", -4, NAN)
bytes_at("5.9.1-5", "sq8", ["row 0: byte"], "CPAR", 64, f32(-49.0))
bytes_at("5.9.1-5", "sq4", ["row 59: byte"], "CODE", -1, b"\0")
# 53 dimensions: the high half of byte 26 has no code.
bytes_at("5.9.1-5", "sq4", ["row 0: byte 26 of its code"], "CODE", 26, b"\xf0")

# pq8 is a Flat of 18 dimensions in 4 parts, pq4 an IVF of residuals of 53 in 27.
for word in (3, 19 << 8 | 3):
    param("5.9.2-1", "pq8", ["of size %u for 18 dimensions" % (word >> 8)], 7, word)
longer("5.9.2-2", "pq8", ["section CPAR has 18500 bytes, expected 18496"], "CPAR", 4)
longer("5.9.2-2", "pq4", ["section CPAR has 3452 bytes, expected 3456"], "CPAR", -4)
longer("5.9.2-2", "pq8", ["section CPAR has 60 bytes, expected 64"], "CPAR", -18436)
# Codes of 4 bits need less.
param("5.9.2-2", "pq8", ["section CPAR has 18496 bytes, expected 1216"], 7, 4 << 8 | 4)
longer("5.9-9", "pq8", ["section CODE has"], "CODE", 1)
param("5.9-9", "pq4", ["section CODE has"], 7, 25 << 8 | 4)
for value in (NAN, INF, f32(float("-inf"))):
    bytes_at("5.9.2-3", "pq8", ["component 1 of codeword 3 is"], "CPAR", 64 + 4 * 259, value)
    bytes_at("5.9.2-3", "pq4", ["component 52 of codeword 15 is"], "CPAR", -4, value)
bytes_at("5.9.2-4", "pq8", ["row 0: byte 3 of its code is 0xff"], "CODE", 3, b"\xff")
# Rows of 27 codes have a half too many.
bytes_at("5.9.2-4", "pq4", ["row 59: byte 13 of its code is 0xf"], "CODE", -1, b"\xf0")
bytes_at("5.9.2-4", "pq8", ["row 0: byte 0 of its code"], "CPAR", 64, f32(1e30) * 256)

# fs is a Flat of 18 dimensions in 6 parts, of 8 with those that there are not;
# fs-ivf an IVF of residuals of 53 in 27. Blocks have 256 and 576 bytes.
for size in (0, 19):
    words = ["of size %u for 18 dimensions" % size]
    param("5.9.5-1", "fs", words, 7, size << 8 | 6)
longer("5.9.5-2", "fs", ["section CPAR has 1292 bytes, expected 1288"], "CPAR", 4)
longer("5.9.5-2", "fs-ivf", ["section CPAR has 3664 bytes, expected 3668"], "CPAR", -4)
longer("5.9.5-2", "fs", ["section CPAR has 60 bytes, expected 64"], "CPAR", -1228)
# Records need a shorter one.
param("5.9.2-2", "fs", ["section CPAR has 1288 bytes, expected 1216"], 7, 6 << 8 | 4)
longer("5.9-9", "fs", ["section CODE has"], "CODE", 1)
longer("5.9-9", "fs-ivf", ["section CODE has"], "CODE", -576)
param("5.9-9", "fs-ivf", ["section CODE has"], 7, 29 << 8 | 6)
for value in (NAN, INF, f32(float("-inf"))):
    bytes_at("5.9.5-3", "fs", ["component 17 of the mean is"], "CPAR", 64 + 4 * 17, value)
    bytes_at("5.9.5-4", "fs", ["component 0 of codeword 0 is"], "CPAR", 64 + 4 * 18, value)
    bytes_at("5.9.5-4", "fs-ivf", ["component 52 of codeword 15 is"], "CPAR", -4, value)
bytes_at("5.9.5-5", "fs", ["row 0: byte 3 of its code"], "CODE", 3, b"\x77")
# A part that is not there, the term of a row, and the code and the term of one past the last.
bytes_at("5.9.5-5", "fs", ["row 0: byte 96 of its code is 0x01"], "CODE", 96, b"\1")
bytes_at("5.9.5-5", "fs", ["row 0: byte"], "CODE", 128, NAN)
bytes_at("5.9.5-5", "fs", ["row 32: byte 15 of its code is 0x01"], "CODE", 256 + 15, b"\1")
bytes_at("5.9.5-5", "fs", ["row 32: byte 255 of its code is 0x3f"], "CODE", -1, b"\x3f")
bytes_at("5.9.5-5", "fs-ivf", ["row 32: byte"], "CODE", 576 + 448, f32(-3.0))
bytes_at("5.9.5-5", "fs", ["row 0: byte"], "CPAR", 64, f32(-7.0))
bytes_at("5.9.5-5", "fs-ivf", ["row 0: byte"], "CPAR", 64 + 4 * 53, f32(1e30) * 16)
param("5.10-1", "kept", ["rows kept as codes PQ of 4 bits in blocks"], 6, 6 << 8 | 6)

# pca is a Flat of floats, 5 of 18 dimensions: mean from 64, matrix from 192. opq is
# an IVF of 3 lists and of residuals, 9 of 18: matrix from 192, centroids from 896.
for value in (0, 19):
    words = ["codes of %u dimensions over rows of 18" % value]
    bytes_at("5.9-2", "pca", words, "CPAR", 0, u32(value))
bytes_at("5.9-4", "pca", ["codes with 1 centroid, expected 0"], "CPAR", 8, u32(1))
bytes_at("5.9.3-1", "long", ["a transform of rows of 8200 dimensions"], "CPAR", 4, u32(1))
for base, at in (("pca", 64 + 4 * 18), ("pca", 191), ("opq", 192 + 4 * 18 * 9), ("opq", 895), ("opq", 896 + 4 * 27)):
    bytes_at("5.9.3-2", base, ["are not 0"], "CPAR", at, b"\1")
for value in (NAN, INF, f32(float("-inf"))):
    bytes_at("5.9.3-3", "pca", ["whose mean of dimension 17 is"], "CPAR", 64 + 4 * 17, value)
    bytes_at("5.9.3-4", "opq", ["in row 1, column 2"], "CPAR", 192 + 4 * 11, value)
bytes_at("5.9.3-5", "pca", ["a transform whose columns"], "CPAR", 192, f32(1.0) * 5)
bytes_at("5.9.3-5", "opq", ["a transform whose columns"], "CPAR", 192, f32(0.0) * 9)
bytes_at("5.9.3-5", "opq", ["a transform whose columns"], "CPAR", 192 + 4 * 100, f32(3e38))
for value in (f32(1.5), NAN):
    bytes_at("5.9.3-6", "opq", ["centroid 2 of the codes is not that of list 2"], "CPAR", 896 + 4 * 26, value)
# A mean that is another: then so are the centroids.
bytes_at("5.9.3-6", "opq", ["centroid 0 of the codes"], "CPAR", 64, f32(-7.0) * 18)
# The same of rows that are kept as such codes.
bytes_at("5.9.3-2", "kept-opq", ["are not 0"], "VPAR", 191, b"\1")
bytes_at("5.9.3-5", "kept-opq", ["a transform whose columns"], "VPAR", 192, f32(0.0) * 9)
bytes_at("5.9.3-6", "kept-opq", ["centroid 2 of the codes is not that"], "VPAR", 896 + 4 * 26, f32(1.5))
param("5.9.4-1", "pca", ["codes floats of size 4 for 5 dimensions"], 7, 4 << 8 | 5)
param("5.9.4-1", "sq8", ["codes floats of size 18 for 18 dimensions"], 7, 18 << 8 | 5)
longer("5.9.4-2", "pca", ["section CPAR has 580 bytes, expected 576"], "CPAR", 4)
longer("5.9.4-2", "pca", ["section CPAR has 60 bytes, expected 64"], "CPAR", -516)
bytes_at("5.9.4-3", "pca", ["row 0: byte 0 of its code"], "CODE", 0, f32(0.125))
bytes_at("5.9.4-3", "pca", ["row 39: byte 16 of its code"], "CODE", -4, NAN)
bytes_at("5.9.4-3", "pca", ["row 0: byte"], "CPAR", 64, f32(40.0))
bytes_at("5.9.1-5", "opq", ["row 0: byte"], "CODE", 0, b"\xff\xff")

# rabitq is a Flat of 18 dimensions, which are 64 then, rabitq-ivf an IVF of 150,
# 192 then: blocks of 640 and 1152 bytes, of which there are two.
for word in (7, 9 << 8 | 7, 18 << 8 | 7):
    param("5.9.6-1", "rabitq", ["codes RaBitQ of size %u for 18 dimensions" % (word >> 8)], 7, word)
param("5.9.6-1", "long", ["codes RaBitQ of size 1 for 8200 dimensions"], 7, 1 << 8 | 7)
longer("5.9.6-2", "rabitq", ["section CPAR has 140 bytes, expected 136"], "CPAR", 4)
longer("5.9.6-2", "rabitq", ["section CPAR has 60 bytes, expected 64"], "CPAR", -76)
for value in (NAN, INF, f32(float("-inf"))):
    bytes_at("5.9.6-3", "rabitq", ["mean[1] of the codes is"], "CPAR", 68, value)
longer("5.9-9", "rabitq", ["section CODE has 1284 bytes, expected 1280"], "CODE", 4)
longer("5.9-9", "rabitq-ivf", ["section CODE has 1152 bytes, expected 2304"], "CODE", -1152)
for base, at in (("rabitq", 3), ("rabitq-ivf", 1152 + 5)):
    bytes_at("5.9.6-4", base, ["of its code is 0x77"], "CODE", at, b"\x77")
# The three numbers of row 0, those of rows that are not there, and the sign of one.
for at in (256, 384, 512, 640 + 256 + 32, 640 + 384 + 124, -1):
    bytes_at("5.9.6-4", "rabitq", ["of its code is 0x7f"], "CODE", at, b"\x7f")
bytes_at("5.9.6-4", "rabitq", ["of its code is 0x01"], "CODE", 640 + 8, b"\1")
bytes_at("5.9.6-4", "rabitq", ["row 0: byte"], "CPAR", 64, f32(40.0))
param("5.10-1", "kept", ["rows kept as codes RaBitQ"], 6, 0x107)
# rabitq-6 is an IVF of the same rows, with blocks of 4 * 192 * 6 + 768 bytes:
# signs, numbers of these, numbers of all bits, and 120 bytes of each row.
longer("5.9-9", "rabitq-6", ["section CODE has 5376 bytes, expected 10752"], "CODE", -5376)
for at in (768 + 3, 768 + 384 + 3, 768 + 512 + 3, 768 + 640 + 3, 1536 + 120, -1):
    bytes_at("5.9.6-4", "rabitq-6", ["of its code is 0x7a"], "CODE", at, b"\x7a")
# kept-rabitq is one of records of 192 * 7 / 8 + 12 bytes.
for word in (8, 9 << 8 | 8):
    param("5.9.7-1", "kept-rabitq", ["codes RaBitQ of size %u for 150 dimensions" % (word >> 8)], 6, word)
longer("5.9.7-2", "kept-rabitq", ["section VPAR has 668 bytes, expected 664"], "VPAR", 4)
longer("5.9.7-2", "kept-rabitq", ["section VPAR has 60 bytes, expected 64"], "VPAR", -604)
bytes_at("5.9.7-3", "kept-rabitq", ["mean[1] of the codes is nan"], "VPAR", 68, NAN)
bytes_at("5.10-6", "kept-rabitq", ["row 0: `add` of its code is nan"], "VECS", 168, NAN)
bytes_at("5.10-6", "kept-rabitq", ["row 0: the scale of its code is -1"], "VECS", 172, f32(-1.0))
bytes_at("5.10-6", "kept-rabitq", ["row 39: the error of its code is -1"], "VECS", -4, f32(-1.0))
bytes_at("5.10-5", "kept-rabitq", ["row 0: component"], "VECS", 172, f32(3e38))

# walk-rabitq is a graph over such records, of 5 bits: 192 * 5 / 8 + 12 bytes.
longer("5.9-9", "walk-rabitq", ["section CODE has 5284 bytes, expected 5280"], "CODE", 4)
for at in (1, 100, 123, 127, 132 + 131, -1):
    bytes_at("5.9.7-4", "walk-rabitq", ["of its code is 0x7a"], "CODE", at, b"\x7a")

# walk is a graph of 18 dimensions over SQ8, walk-2 one of 5 kept as SQ8 with a
# second segment that shares VPAR.
missing("5.9-1", "walk", ["section CODE without CPAR"], "CPAR")
bytes_at("5.9-6", "walk", ["which have none"], "CPAR", 4, u32(2))
param("5.9-7", "walk-2", ["cannot share section VPAR of segment 1"], 5, 2, segment=1)
longer("5.9-9", "walk", ["section CODE has"], "CODE", 4)
bytes_at("5.9.1-5", "walk", ["row 39: byte"], "CODE", -4, NAN)
missing("5.10-3", "walk-2", ["without section VPAR"], "VPAR")

# ---- 5.10 ----------------------------------------------------------------

# kept is a Flat of 18 dimensions kept as SQ8, kept4 an IVF of 53 kept as SQ4 of
# residuals, both one of 18 kept as SQ8 and scanned as SQ4, with queries that
# were given, kept-2 one of 5 with a second segment that shares all.
bytes_at("5.9-2", "kept", ["codes of 17 dimensions over rows of 18"], "VPAR", 0, u32(17))
bytes_at("5.9-3", "kept", ["codes with flags 0x4"], "VPAR", 4, u32(4))
bytes_at("5.9-4", "kept", ["codes with 1 centroid, expected 0"], "VPAR", 8, u32(1))
bytes_at("5.9-5", "kept4", ["does not end in zeros"], "VPAR", 63, b"\1")
bytes_at("5.9-6", "kept", ["which have none"], "VPAR", 4, u32(2))
param("5.9-7", "kept", ["cannot share section VPAR of segment 0"], 5, 1)
param("5.9-7", "kept-2", ["cannot share section VPAR of segment 0"], 6, 0x501, segment=1)
param("5.9.1-1", "kept", ["codes SQ8 of size 17 for 18 dimensions"], 6, 17 << 8 | 1)
longer("5.9.1-2", "kept", ["section VPAR has 212 bytes, expected 208"], "VPAR", 4)
bytes_at("5.9.1-3", "kept", ["lo[1] of the codes"], "VPAR", 68, NAN)
bytes_at("5.9.1-4", "kept4", ["step[0] of the codes"], "VPAR", 64 + 4 * 53, f32(-1.0))


@breaks("5.10-2", "kept", "rows of f16 are kept as codes, expected f32")
def _(m):
    m.header["elem"] = 2


for base in ("kept", "kept4", "both"):
    missing("5.10-3", base, ["without section VPAR"], "VPAR")


@breaks("5.9-7", "kept-2", "has a section VPAR and shares")
def _(m):
    m.add("VPAR", 1, bytes(m.section("VPAR", 0).data), m.section("ROID", 1))


@breaks("5.9-8", "kept-2", "share their parameters with segment 0")
def _(m):
    m.add("CENT", 1, bytes(m.section("CENT", 0).data))
    m.segments[1].param(2, 0)


for value in (1, 23):

    @breaks("5.10-4", "kept", "codes SQ8 are %d byte" % value)
    def _(m, value=value):
        m.segments[0]["row_stride"] = value
        data = m.section("VECS").data
        data[:] = bytes(40 * value)


# The steps of SQ8 are so great that codes decode to no number.
@breaks("5.10-5", "kept", "component 0 of what its code says is inf")
def _(m):
    data = m.section("VPAR").data
    data[64 + 4 * 18 : 68 + 4 * 18] = f32(3e38)
    scale = struct.unpack("<36f", bytes(data[64:208]))
    vecs = m.section("VECS").data
    for row in range(40):
        code = vecs[24 * row : 24 * row + 18]
        terms = [(s * c) * (s * c) for s, c in zip(scale[18:], code)]
        total = exact.lane_sum(terms)
        vecs[24 * row + 20 : 24 * row + 24] = INF if total > 3.5e38 else f32(exact.f32(total))


bytes_at("5.10-6", "kept", ["row 0: the term of its code is 0, expected"], "VECS", 20, f32(0.0))
bytes_at("5.10-6", "kept", ["row 0: the bytes after its code are not 0"], "VECS", 19, b"\1")
bytes_at("5.10-6", "kept4", ["row 59: the term of its code is"], "VECS", -1, b"\0")
# 53 dimensions: the high half of byte 26 has no code.



@breaks("5.10-6", "kept4", "row 0: the bytes after its code are not 0")
def _(m):
    m.section("VECS").data[26] |= 0x10


# 27 codes of 4 bits.
bytes_at("5.10-6", "kept-pq", ["row 59: the half byte after its code is 15"], "VECS", -1, b"\xf0")
bytes_at("5.9.2-3", "kept-pq", ["component 52 of codeword 15 is"], "VPAR", -4, NAN)
bytes_at("5.9.1-5", "both", ["row 0: byte 0 of its code"], "CODE", 0, b"\xff")

# ---- 5.6, of rows as they were given -----------------------------------------


@breaks("5.6-24", "flat", "those of segment 0 are not kept as codes")
def _(m):
    m.header["flags"] |= 4
    m.add("QRYS", WHOLE, bytes(4 * 18 * 40), before=m.section("QSRC"))
    m.add("QTRU", WHOLE, bytes(4 * 39 * 40), before=m.section("QSRC"))


@breaks("5.6-7", "kept", "0 queries with 0 neighbours each")
def _(m):
    for name in ("QRYS", "QTRU", "QSRC", "RCLL"):
        m.drop(name)
    for name in ("n_queries", "truth_k", "n_recalls"):
        m.header[name] = 0
    m.header["flags"] = 4


missing("5.6-1", "kept", ["section QRYS has 0 bytes"], "QRYS")
missing("5.6-2", "kept", ["section QTRU has 0 bytes"], "QTRU")


@breaks("5.6-23", "kept", "test query 0: row", "is a neighbour twice")
def _(m):
    e = m.section("QTRU")
    e.data[4:8] = e.data[0:4]


@breaks("5.6-23", "kept", "test query 0: row 0 is the query itself")
def _(m):
    m.section("QTRU").data[0:4] = m.section("QSRC").data[0:4]
