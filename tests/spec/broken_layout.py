"""Chapters 4 and 6 of SPEC.md: each rule broken alone."""

import functools

import broken
from model import reseal_slots
from xxh3 import xxh3_128

TABLE = []
breaks = functools.partial(broken.breaks, TABLE)


def sets(rule, base, words, part, name, value, **more):
    """A field of the header, of segment or section number `part`, is `value`."""

    @breaks(rule, base, words, **more)
    def _(m):
        if part == "header":
            m.header[name] = value
        elif isinstance(part, int):
            m.segments[part][name] = value
        elif part == "super":
            m.fix[name] = value
        else:
            m.section(part).fix[name] = value


# ---- 4: gaps -------------------------------------------------------------


@breaks("4-1", "flat", "expected 0 (in no section)")
def _(m):
    out = m.write()
    at = m.sections[-1]["sums_offset"] + m.sections[-1]["sums_bytes"]
    out[at + 3] = 1
    return out


@breaks("4-1", "flat", "expected 0 (in no section)")
def _(m):
    # Behind a section that shares its page with others.
    out = m.write()
    out[m.section("CPAR")["offset"] + m.section("CPAR")["bytes"]] = 1
    return out


# ---- 4.1: superblock -----------------------------------------------------


@breaks("4.1-1", "flat", "slot 1", "no VSX magic", also=["4.1-14"])
def _(m):
    out = m.write()
    out[4096] ^= 1
    return out


@breaks("4.1-12", "flat", "slot 1", "checksum", also=["4.1-14"])
def _(m):
    out = m.write()
    out[4096 + 300] ^= 1
    return out


@breaks("4.1-14", "flat", "slot 1", "empty", also=["4.1-1"])
def _(m):
    out = m.write()
    out[4096:4608] = bytes(512)
    return out


def sets_super(rule, words, name, change, size=8):
    """In both slots."""

    @breaks(rule, "flat", words, also=["4.1-14"])
    def _(m):
        out = m.write()
        at = m.slots[0].table.place(name)[0] if isinstance(name, str) else name
        for slot in (0, 4096):
            x = int.from_bytes(out[slot + at : slot + at + size], "little")
            out[slot + at : slot + at + size] = change(x).to_bytes(size, "little")
        return reseal_slots(out)


sets_super("4.1-2", "format version 2", "version", lambda x: 2, 4)
sets_super("4.1-3", "page shift is 11", "page_shift", lambda x: 11, 4)
sets_super("4.1-4", "features 0x8000", "feature_incompat", lambda x: 0x8000)
sets_super("4.1-5", "generation is 0", "generation", lambda x: 0)
sets_super("4.1-6", "committed length", "committed_bytes", lambda x: x + 8)
sets_super("4.1-6", "committed length", "committed_bytes", lambda x: 1 << 63)
sets_super("4.1-7", "manifest at byte", "manifest_offset", lambda x: x + 8)
sets_super("4.1-7", "manifest at byte", "manifest_offset", lambda x: 4096)
sets_super("4.1-8", "manifest has 255 bytes", "manifest_bytes", lambda x: 255)
sets_super("4.1-8", "manifest has 268435457", "manifest_bytes", lambda x: 268435457)
sets_super("4.1-9", "manifest at byte", "manifest_bytes", lambda x: 100000)
sets_super("4.1-10", "(manifest)", 64, lambda x: x ^ 1)
sets_super("4.1-11", "reserved bytes of the superblock", 496, lambda x: 1)


@breaks("4.1-13", "flat", "expected")
def _(m):
    return m.write()[:-1]


@breaks("4.1-15", "flat", "generation 1 like slot 0, but differs from it")
def _(m):
    out = m.write()
    out[4096 + 80] ^= 1
    return reseal_slots(out)


@breaks("4.1-16", "ivf-2", "has generation")
def _(m):
    m.slots[1 - m.chosen]["generation"] += 2
    m.header["generation"] += 4
    return m.write()


@breaks("4.1-17", "ivf-2", "has generation")
def _(m):
    out = m.write()
    out[0:512], out[4096:4608] = out[4096:4608], out[0:512]
    return out


@breaks("4.1-18", "ivf-2", "a different uuid")
def _(m):
    m.slots[1 - m.chosen].raw[80] ^= 1


for at in (512, 4095, 4608, 8191):

    @breaks("4.1-19", "flat", "after superblock slot %d" % (at // 4096))
    def _(m, at=at):
        out = m.write()
        out[at] = 7
        return out


# ---- 4.2: manifest -------------------------------------------------------


def in_manifest(rule, base, words, at, value, **more):
    @breaks(rule, base, words, **more)
    def _(m):
        out = m.write()
        s = m.slots[m.chosen]
        start, n = s["manifest_offset"], s["manifest_bytes"]
        out[start + at] = value
        for slot in (0, 4096):
            if out[slot + 64 : slot + 80] == s.raw[64:80]:
                out[slot + 64 : slot + 80] = xxh3_128(out[start : start + n])
        return reseal_slots(out)


@breaks("4.2-1", "flat", "manifest of")
def _(m):
    m.fix["n_sections"] = 0
    m.header["n_sections"] = len(m.sections) - 1


in_manifest("4.2.1-1", "flat", "does not begin with MANI", 0, ord("X"))
@breaks("4.2.1-4", "flat", "manifest has generation 1")
def _(m):
    m.fix["generation"] = 2
    m.write()
    old = m.slots[m.chosen]
    m.fix, m.chosen = {}, 0
    out = m.write()
    out[0:512] = out[4096:4608]
    out[32] = 2
    return reseal_slots(out)


sets("4.2.1-5", "flat", "segments hold 40 rows, the index 41", "header", "n_rows", 41)
sets("4.2.1-6", "flat", "segments hold 40 live rows, the index 39", "header", "n_live", 39)
sets("4.2.1-7", "flat", "dimension is 0", "header", "dim", 0)
sets("4.2.1-7", "flat", "dimension is 65537", "header", "dim", 65537)
sets("4.2.1-8", "flat", "metric 4 is not known", "header", "metric", 4)


@breaks("4.2.1-8", "flat", "metric 9 is not known")
def _(m):
    # What is newer is said first: it may have other rules than these.
    m.header["metric"], m.header["dim"], m.header.raw[255] = 9, 0, 1
    m.segments[0]["n_rows"] = 0


sets("4.2.1-9", "flat", "element type 6 is not known", "header", "elem", 6)
sets("4.2.1-10", "flat", "flags 0x8 are not known", "header", "flags", 10)
sets("4.2.1-11", "bytes", "rows of i8 cannot be normalised", "header", "flags", 3)
sets("4.2.1-12", "flat", "target recall is 1000001", "header", "target_recall", 1000001)
for at in (160, 255):
    in_manifest("4.2.1-13", "flat", "reserved bytes of the manifest", at, 1)
for factor in (1, 999, 1000001, 2**32 - 1):
    sets("4.2.1-17", "flat", "default refine factor is %d" % factor, "header", "default_refine", factor)
sets("4.2.1-15", "flat", "requested efConstruction is 65537", "header", "asked_ef_construction", 65537)
for text in (b"", b"Flat ", b"Fl\0at", b"Fl\x7fat", b"Fl\xc3\xa4", b"\0Flat", b"x" * 64):
    sets("4.2.1-16", "flat", "requested index is not a text", "header", "asked", int.from_bytes(text, "little"))
sets("4.2.2-1", "flat", "kind 4 is not known", 0, "kind", 4)
sets("4.2.2-2", "flat", "0 rows, expected 1", 0, "n_rows", 0)
sets("4.2.2-2", "flat", "2147483648 rows, expected 1", 0, "n_rows", 1 << 31)
sets("4.2.2-3", "flat", "generation 2, expected", 0, "generation", 2)
sets("4.2.2-3", "flat", "generation 0, expected", 0, "generation", 0)
sets("4.2.2-5", "flat", "41 of 40 rows are deleted", 0, "n_dead", 41)


def sets_param(rule, base, words, i, value, segment=0, **more):
    @breaks(rule, base, words, **more)
    def _(m):
        m.segments[segment].param(i, value)


sets_param("4.2.2-4", "flat", "parameter 0 is 1", 0, 1)
sets_param("4.2.2-4", "ivf", "parameter 3 is 1", 3, 1)
sets_param("4.2.2-4", "ivf", "parameter 4 is 1", 4, 1)
sets_param("4.2.2-6", "ivf", "nlist is 0", 0, 0)
sets_param("4.2.2-6", "ivf", "nlist is 16777217", 0, 2**24 + 1)
sets_param("4.2.2-7", "hnsw", "M is 1", 0, 1)
sets_param("4.2.2-7", "hnsw", "M is 513", 0, 513)
sets_param("4.2.2-8", "hnsw", "efConstruction is 0", 1, 0)
sets_param("4.2.2-8", "hnsw", "efConstruction is 65537", 1, 65537)
sets_param("4.2.2-9", "hnsw", "levels", 2, 0)
sets_param("4.2.2-9", "hnsw", "levels", 2, 33)
sets_param("4.2.2-10", "flat", "segment 0: codec 10 is not known", 7, 0x120A)
sets_param("4.2.2-10", "sq8", "segment 0: codec 255 is not known", 6, 255)
sets_param("4.2.2-12", "flat", "of size 18 for 18 dimensions", 7, 0x1200)
sets_param("4.2.2-12", "hnsw", "codes 8-bit grid", 7, 0x100)
for value in (0x300, 0x600, 0x1200):
    sets_param("4.2.2-13", "narrow", "rows of f32 are kept as type %d" % (value >> 8), 6, value)
sets_param("4.2.2-13", "bytes", "rows of i8 are kept as type 5", 6, 0x500)
sets_param("4.2.2-10", "hnsw", "segment 0: codec 9 is not known", 7, 9)

# ---- 4.2.3: section entries ----------------------------------------------

sets("4.2.3-1", "flat", "segment 1 of 1", "VECS", "segment", 1)
sets("4.2.3-2", "flat", "encoding 1 is not known", "VECS", "encoding", 1)
sets("4.2.3-6", "flat", "bytes that hold 8", "QSRC", "raw_bytes", 8)
sets("4.2.3-7", "flat", "bytes of sums at byte", "RCLL", "sums_offset", 4096)


def moves(rule, words, name, field, change, base="flat"):
    """A field of an entry, by what the writer would put there."""

    @breaks(rule, base, *words)
    def _(m):
        m.write()
        e = m.section(name)
        e.fix[field] = change(m, e[field])


moves("4.2.3-4", ["section RCLL"], "RCLL", "offset", lambda m, x: x + 8)
# Over the end of its page; and one of more than a page, not at a page.
moves("4.2.3-4", ["section VECS"], "VECS", "offset", lambda m, x: x + 960)
moves("4.2.3-4", ["section VECS"], "VECS", "offset", lambda m, x: x + 64, "pages")
moves("4.2.3-7", ["section RCLL", "sums"], "RCLL", "sums_offset", lambda m, x: x + 4)
moves("4.2.3-10", ["section ROID"], "ROID", "offset", lambda m, x: x - 64)
moves("4.2.3-11", ["section VECS"], "VECS", "offset", lambda m, x: 4096)
moves(
    "4.2.3-12",
    ["section RCLL"],
    "RCLL",
    "offset",
    lambda m, x: m.slots[0]["committed_bytes"],
)
moves(
    "4.2.3-13",
    ["section RCLL", "sums"],
    "RCLL",
    "sums_offset",
    lambda m, x: m.slots[0]["manifest_offset"],
)
moves("6.3-1", ["section VECS", "sums"], "VECS", "sums_offset", lambda m, x: x - x % 4096 - 8, "odd")
moves("6.3-1", ["section VECS", "sums"], "VECS", "sums_offset", lambda m, x: x - 8, "pages")
moves("6.2-5", ["section RCLL", "sums"], "RCLL", "sums_bytes", lambda m, x: x + 8)


@breaks("4.2.3-5", "flat", "section QSRC has 0 bytes, expected 1")
def _(m):
    m.section("QSRC").fix.update(bytes=0, raw_bytes=0)


@breaks("4.2.3-3", "flat", "section VECS: reserved bytes")
def _(m):
    m.section("VECS").raw[13] = 1


@breaks("4.2.3-8", "flat", "section VECS: reserved bytes")
def _(m):
    m.section("VECS").raw[79] = 1


@breaks("4.2.3-14", "flat", "are used twice")
def _(m):
    # ROID of pages that are the same as those of a section that nobody knows.
    e = m.section("ROID")
    m.add("ZZZZ", 0, bytes(e.data), before=m.section("QSRC"))
    m.write()
    m.section("ZZZZ").fix["sums_offset"] = e["sums_offset"]
    out = m.write()
    at = e["sums_offset"] + 8
    out[at : at + 8] = bytes(8)
    return out


@breaks("4.2.3-15", "flat", "section ROID appears twice")
def _(m):
    m.add("ROID", 0, bytes(m.section("ROID").data), before=m.section("QSRC"))


# ---- 4.2.4: properties ---------------------------------------------------


def properties(rule, raw, words="property"):
    @breaks(rule, "flat", words)
    def _(m):
        m.properties = raw


properties("4.2.4-1", b"spec=Flat", "the last property is not terminated")
properties("4.2.4-2", b"Spec=Flat\0")
properties("4.2.4-2", b"spec\0")
properties("4.2.4-2", b"=x\0")
properties("4.2.4-2", b"a=b\0\0")
properties("4.2.4-3", b"b=1\0a=1\0")
properties("4.2.4-3", b"a=1\0a=2\0")
properties("4.2.4-3", b"ab=1\0a=2\0")
properties("4.2.4-4", b"a=\xc3\x28\0")
properties("4.2.4-4", b"a=\xed\xa0\x80\0")
properties("4.2.4-4", b"a=\xc0\x80\0")
properties("4.2.4-4", b"a=\xf4\x90\x80\x80\0")
properties("4.2.4-4", b"a=\x1f\0")
properties("4.2.4-4", b"a=\xc2\x85\0")
properties("4.2.4-4", b"a=\x7f\0")
properties("4.2.4-5", b"a=" + b"x" * 4097 + b"\0")

properties("4.2.1-14", b"".join(b"a%04d=%s\0" % (i, b"x" * 4000) for i in range(17)), "manifest of")

# ---- 4.2.5: counts -------------------------------------------------------


@breaks("4.2.5-1", "flat-3", "not before that of segment 2")
def _(m):
    a, b = m.section("VECS", 1), m.section("VECS", 2)
    a["segment"], b["segment"] = 2, 1


@breaks("4.2.5-2", "ivf", "section VECS has 3196 bytes")
def _(m):
    del m.section("VECS").data[-4:]


@breaks("4.2.5-2", "hnsw", "expected 6400 for 80 rows")
def _(m):
    m.segments[0]["n_rows"] = m.header["n_rows"] = m.header["n_live"] = 80


# ---- 6: sums -------------------------------------------------------------


@breaks("6.1-1", "flat", "after the manifest")
def _(m):
    out = m.write()
    out[-1] = 1
    return out


@breaks("6.2-1", "flat", "checksum", "(section VECS)")
def _(m):
    out = m.write()
    out[8192] ^= 1
    return out


def first_table(m):
    e = m.section("VECS")
    return e, e["sums_offset"] + e["sums_bytes"] - 16


@breaks("6.2-2", "pages", "(sums of section VECS)")
def _(m):
    m.write()
    e, at = first_table(m)
    out = m.write()
    out[at] ^= 1
    # The root is that of the table as it is now.
    root = xxh3_128(out[at : at + 16])
    manifest = bytes(out[m.slots[0]["manifest_offset"] :][: m.slots[0]["manifest_bytes"]])
    manifest = manifest.replace(bytes(e.raw[56:72]), root)
    start = m.slots[0]["manifest_offset"]
    out[start : start + len(manifest)] = manifest
    for slot in (0, 4096):
        out[slot + 64 : slot + 80] = xxh3_128(manifest)
    return reseal_slots(out)


@breaks("6.2-3", "flat", "(sums of section VECS)")
def _(m):
    m.write()
    e = m.section("VECS")
    lay_out = m.lay_out

    def altered():
        out = lay_out()
        e.raw[56] ^= 1
        return out

    m.lay_out = altered


@breaks("6.2-4", "pages", "between the sums of section VECS")
def _(m):
    m.write()
    e, at = first_table(m)
    out = m.write()
    out[at - 1] = 1
    return out
