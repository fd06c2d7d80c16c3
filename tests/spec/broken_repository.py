"""Chapter 11 of SPEC.md: each rule broken alone, with all checksums right.

Cases of a repository take its files, {path: bytes}; those of a stream take its
bytes and return others.
"""

import functools
import struct

import broken
from repository import magic
from xxh3 import xxh3_64, xxh3_128

TABLE = []
STREAMS = []
breaks = functools.partial(broken.breaks, TABLE)
breaks_stream = functools.partial(broken.breaks, STREAMS)

# 100 times the same byte, as one match between literals.
SAME = b"a" * 100
PACKED = b"\x1fa\1\0\x4b\x50aaaaa"


def put(raw, at, value, size):
    raw[at : at + size] = value.to_bytes(size, "little")


def seal_head(raw):
    put(raw, 56, xxh3_64(raw[:56]), 8)


def seal_end(raw):
    """A snapshot, or `checked`."""
    raw[-16:] = xxh3_128(raw[:-16])


def seal_file(name, raw):
    """Any file of a repository, as far as its bytes allow."""
    if name.startswith("snapshots/"):
        seal_end(raw)
        return
    if name.startswith("chunks/") and raw[12]:
        put(raw, 48, xxh3_64(raw[64:]), 8)
    seal_head(raw)
    if name == "checked":
        seal_end(raw)


def chunk(decoded, stored=None, encoding=0, width=0):
    stored = decoded if stored is None else stored
    raw = bytearray(64)
    raw[:8] = magic(b"C")
    for at, x in ((8, 1), (12, encoding), (16, width), (20, len(decoded)), (24, len(stored))):
        put(raw, at, x, 4)
    raw[32:48] = xxh3_128(decoded)
    put(raw, 48, xxh3_64(stored) if encoding else 0, 8)
    seal_head(raw)
    return raw + stored


def add(files, raw, name=None):
    name = name or bytes(raw[32:48]).hex()
    files["chunks/%s/%s" % (name[:2], name)] = raw
    return raw


def packed(files):
    """A chunk that nobody needs, and that is read all the same."""
    return add(files, chunk(SAME, PACKED, 1))


def changed(rule, words, path, at, value, size, seal=None, **more):
    """A field of a file, which is sealed again."""

    @breaks(rule, path, *words, **more)
    def _(files):
        raw = files[path] = bytearray(files[path])
        put(raw, at, value, size)
        if seal:
            seal(raw)


def changed_chunk(rule, words, at, value, size, seal=seal_head):
    @breaks(rule, "a chunk", *words)
    def _(files):
        raw = packed(files)
        put(raw, at, value, size)
        if seal:
            seal(raw)


# ---- 11.1, 11.2: what the folder is --------------------------------------


@breaks("11.1-1", "vsx-backup", "vsx-backup")
def _(files):
    del files["vsx-backup"]


for rule, at, value, size, seal in (
    ("11.2-1", 3, ord("X"), 1, None),
    ("11.2-7", 40, 1, 1, None),
    ("11.2-2", 8, 2, 4, seal_head),
    ("11.2-4", 16, 1 << 40, 8, seal_head),
    ("11.2-3", 12, 1, 4, seal_head),
    ("11.2-6", 55, 1, 1, seal_head),
    ("11.2-10", 24, 4096, 8, seal_head),
):
    changed(rule, [], "vsx-backup", at, value, size, seal)

for value in (0, 1 << 63):
    changed("11.2-8", ["sequence"], "sequence", 24, value, 8, seal_head)

# ---- 11.3: chunks --------------------------------------------------------

changed_chunk("11.3-2", ["chunk"], 7, 0, 1, None)
changed_chunk("11.3-13", ["checksum"], 30, 1, 1, None)
changed_chunk("11.3-3", ["version 2"], 8, 2, 4)
changed_chunk("11.3-4", ["encoding 3"], 12, 3, 4)
changed_chunk("11.3-5", ["width"], 16, 2, 4)
changed_chunk("11.3-6", ["16777217"], 20, 16777217, 4)
changed_chunk("11.3-7", ["stored"], 24, 100, 4)
changed_chunk("11.3-7", ["stored"], 24, 0, 4)
changed_chunk("11.3-8", ["0"], 28, 1, 4)
changed_chunk("11.3-11", ["checksum"], 48, 1, 8)


@breaks("11.3-5", "a chunk", "width")
def _(files):
    add(files, chunk(SAME, PACKED, 2, 3))


@breaks("11.3-6", "a chunk", "0 bytes")
def _(files):
    add(files, chunk(b""))


@breaks("11.3-12", "a chunk", "sum")
def _(files):
    raw = add(files, chunk(SAME))
    put(raw, 48, 1, 8)
    seal_head(raw)


@breaks("11.3-9", "a chunk", "checksum")
def _(files):
    add(files, chunk(SAME))[70] ^= 1


@breaks("11.3-10", "a chunk", "is the chunk")
def _(files):
    add(files, chunk(SAME), "0" * 32)


for n in (1, -1):

    @breaks("11.3-1", "a chunk", "expected")
    def _(files, n=n):
        raw = packed(files)
        raw += b"\0" * n
        if n < 0:
            del raw[n:]


for bad in (
    b"\x1fa\2\0\x4b\x50aaaaa",  # from before the start
    b"\x1fa\1\0\x4a\x50aaaaa",  # too short
    b"\x1fa\1\0\x4c\x50aaaaa",  # too long
    b"\x1fa\1\0\x4b\x50aaaa",  # cut off
):

    @breaks("11.3-14", "a chunk", "decode")
    def _(files, bad=bad):
        add(files, chunk(SAME, bad, 1))


@breaks("11.3-14", "a chunk", "decode")
def _(files):
    # A match at offset 0: what stands there is for each decoder to say.
    add(files, chunk(bytes(100), b"\x1f\0\0\0\x4b\x50" + bytes(5), 1))


# ---- 11.4: snapshots -----------------------------------------------------

ONE = "snapshots/one"


def changed_snapshot(rule, words, at, value, size=8, seal=seal_end, **more):
    changed(rule, ["snapshot 'one'"] + words, ONE, at, value, size, seal, **more)


changed_snapshot("11.4-2", [], 3, 0, 1)
changed_snapshot("11.4-1", ["checksum"], 50, 77, 1, None)
changed_snapshot("11.4-3", ["version 2"], 8, 2, 4)
changed_snapshot("11.4-5", ["features"], 16, 1)
changed_snapshot("11.4-4", [], 12, 1, 4)
changed_snapshot("11.4-6", ["4097"], 32, 4097)
changed_snapshot("11.4-6", [], 32, 0)
changed_snapshot("11.4-6", [], 32, 1 << 63)
changed_snapshot("11.4-7", ["generation"], 40, 0)
changed_snapshot("11.4-8", ["live"], 72, 1 << 50)
changed_snapshot("11.4-9", ["1 chunk in"], 96, 1)
changed_snapshot("11.4-9", ["chunks"], 96, (1 << 64) // 24 + 3)
changed_snapshot("11.4-16", ["0"], 104, 0)
changed_snapshot("11.4-16", [], 104, 1 << 63)
changed_snapshot("11.4-10", [], 127, 1, 1)
changed_snapshot("11.4-11", [], 128, 0x1F, 1)
changed_snapshot("11.4-11", [], 383, 0x41, 1)
changed_snapshot("11.4-12", [], 400, 0, 4)
changed_snapshot("11.4-12", [], 400, 16777217, 4)
changed_snapshot("11.4-13", [], 407, 1, 1)
changed_snapshot("11.4-14", ["8192"], 32, 8192)


@breaks("11.4-15", ONE, "is missing", "'one'")
def _(files):
    raw = files[ONE]
    name = raw[384:400].hex()
    del files["chunks/%s/%s" % (name[:2], name)]


@breaks("11.4-15", ONE, "one")
def _(files):
    raw = files[ONE] = bytearray(files[ONE])
    a, b = (struct.unpack("<I", raw[at : at + 4])[0] for at in (400, 424))
    put(raw, 400, a - 4, 4)
    put(raw, 424, b + 4, 4)
    seal_end(raw)


# ---- 11.5: streams -------------------------------------------------------


def changed_stream(rule, words, at, value, size, seal=True):
    @breaks_stream(rule, "stream", *words)
    def _(raw):
        put(raw, at, value, size)
        if seal:
            head = raw[:64]
            seal_head(head)
            raw[:64] = head
        return raw


changed_stream("11.2-1", ["stream"], 7, 0, 1, False)
changed_stream("11.2-5", [], 24, 4097, 8)
changed_stream("11.2-5", [], 24, 0, 8)
changed_stream("11.2-5", [], 24, 1 << 63, 8)
changed_stream("11.5-2", [], 24, 1 << 20, 8)


@breaks_stream("11.5-3", "stream", "after its end")
def _(raw):
    return raw + b"\0"


@breaks_stream("11.5-1", "stream")
def _(raw):
    # One more chunk than the snapshot names.
    return raw[:64] + chunk(SAME) + raw[64:]


@breaks_stream("11.4-16", "stream")
def _(raw):
    at = raw.index(magic(b"S"))
    s = raw[at:]
    put(s, 104, 1, 8)
    seal_end(s)
    return raw[:at] + s
