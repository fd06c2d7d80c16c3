"""Files that are odd and break no rule: both say that they are sound."""

from layout import WHOLE
from model import reseal_slots

TABLE = []


def sound(what, base):
    def take(run):
        TABLE.append((what, base, run))
        return run

    return take


def properties(what, raw):
    for base in ("flat", "ivf", "hnsw"):

        @sound(what, base)
        def _(m):
            m.properties = raw


@sound("a refine factor where nothing is estimated", "flat")
def _(m):
    m.header["default_refine"] = 1500
    m.section("RCLL").data[24:28] = (1500).to_bytes(4, "little")


for base, name in (("sq8", "CPAR"), ("kept", "VPAR")):
    for loss in (b"\0\0\0\0", b"\0\0\0\x80", b"\xff\xff\x7f\x7f"):

        @sound("a loss that no row has", base)
        def _(m, name=name, loss=loss):
            m.section(name).data[12:16] = loss


properties("no property", b"")
properties("spec is empty", b"spec=\0")
properties("spec of another kind", b"spec=HNSW64\0")
properties("spec of no kind", b"spec=,\0")
properties("spec of the longest kind", b"spec=" + b"x" * 4096 + b"\0")
properties("others, and an = in a value", b"a=\0a_1=x=y\0b=\xf4\x8f\xbf\xbf\0")

for ef in (1, 65536):

    @sound("efConstruction %d" % ef, "hnsw")
    def _(m, ef=ef):
        m.segments[0].param(1, ef)


@sound("the offset of an empty list", "ivf")
def _(m):
    e = m.section("LIST")
    first, n, offset = e.words(48, "3Q")
    e.words(48, "3Q", first, n + e.words(72, "3Q")[1], offset)
    e.words(72, "3Q", 40, 0, 2**64 - 3)


@sound("an id of a section that nobody knows", "flat")
def _(m):
    m.add("ZZZ9", 0, b"anything", before=m.section("QSRC"))
    m.add("\0\1\2\3", WHOLE, b"twice")
    m.add("\0\1\2\3", WHOLE, b"twice")


@sound("sections that the kind has no use for", "flat")
def _(m):
    m.add("LIST", 0, b"of another kind", before=m.section("QSRC"))
    m.add("VECS", WHOLE, b"of the whole index")


@sound("bits of feature_compat", "flat")
def _(m):
    m.fix["feature_compat"] = 2**63 | 5


@sound("bits of feature_write", "flat")
def _(m):
    m.fix["feature_write"] = 2**63 | 5


@sound("bytes behind committed_bytes", "flat")
def _(m):
    return m.write() + b"debris"


@sound("default_effort", "ivf")
def _(m):
    m.header["default_effort"] = 2**32 - 1


@sound("seed, target_recall and flags", "queries")
def _(m):
    m.header["seed"] = 2**64 - 1
    m.header["target_recall"] = 0
    m.header["flags"] |= 1


def asked(what, text):
    @sound(what, "flat")
    def _(m):
        m.header["asked"] = int.from_bytes(text, "little")


asked("asked for another kind", b"HNSW6")
asked("asked for an unknown kind", b"Tree9")
asked("asked for in the longest words", b"!" * 31 + b"~" * 32)


@sound("the order of links", "hnsw")
def _(m):
    e = m.section("LNKU")
    links = [x for x in e.words(0, "4I") if x != 2**32 - 1][::-1]
    e.words(0, "4I", *(links + [2**32 - 1] * 4)[:4])


for entry in (1, 17, 39):

    @sound("row %d is the entry point of a single level" % entry, "hnsw")
    def _(m, entry=entry):
        m.segments[0].param(2, 1)
        m.segments[0].param(3, entry)
        del m.section("LEVL").data[4:]
        m.drop("LNKU")

    @sound("row %d is the entry point of two levels" % entry, "hnsw")
    def _(m, entry=entry):
        # Every row is on both, with the first of its links.
        m.segments[0].param(2, 2)
        m.segments[0].param(3, entry)
        base = m.section("LNK0").data
        m.section("LEVL").data[:] = 2 * m.section("LEVL").data[:4]
        m.section("LNKU").data[:] = b"".join(
            base[32 * row : 32 * row + 16] for row in range(40)
        )


@sound("the last generation", "flat")
def _(m):
    m.header["generation"] = 2**64 - 1
    out = m.write()
    out[4096:4608] = out[0:512]
    return out


@sound("another uuid", "flat")
def _(m):
    out = m.write()
    out[80:96] = out[4096 + 80 : 4096 + 96] = b"0123456789abcdef"
    return reseal_slots(out)
