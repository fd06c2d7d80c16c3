"""Repositories of backups, and streams: chapter 11 of SPEC.md.

`checked` is looked at as well, though a bad one is no error (11.7): what is found
of it is of the class "hint".
"""

import os
import re
import struct

import lz4
from xxh3 import xxh3_64, xxh3_128

NAME = re.compile(r"[A-Za-z0-9_+=@:,][A-Za-z0-9._+=@:,-]{0,99}")
TAIL = bytes.fromhex("0d0a1a0a")


class Bad(Exception):
    def __init__(self, rule, text, kind="damaged"):
        super().__init__(rule, text, kind)


def need(ok, rule, text, kind="damaged"):
    if not ok:
        raise Bad(rule, text, kind)


def magic(letter):
    return b"\x8eVS" + letter + TAIL


def u32(raw, at):
    return int.from_bytes(raw[at : at + 4], "little")


def u64(raw, at):
    return int.from_bytes(raw[at : at + 8], "little")


def planes(raw, width):
    """Decoded planes as the items that they are of."""
    n = len(raw) // width
    out = bytearray(n * width)
    for i in range(width):
        out[i::width] = raw[i * n : (i + 1) * n]
    return bytes(out) + raw[n * width :]


def read_head(raw, letter):
    """11.2: the value."""
    need(raw[:8] == magic(letter), "11.2-1", "magic", "not VSX")
    need(len(raw) >= 64 and u64(raw, 56) == xxh3_64(raw[:56]), "11.2-7", "checksum")
    need(u32(raw, 8) == 1, "11.2-2", "version", "newer")
    need(u64(raw, 16) == 0, "11.2-4", "feature_incompat", "newer")
    need(u32(raw, 12) == 0, "11.2-3", "zero")
    need(not raw[32:56].strip(b"\0"), "11.2-6", "zero")
    value = u64(raw, 24)
    if letter == b"T":
        need(value % 4096 == 0 and 4096 <= value < 2**63, "11.2-5", "index_bytes")
    if letter == b"N":
        need(1 <= value < 2**63, "11.2-8", "value")
    if letter == b"B":
        need(value == 0, "11.2-10", "value")
    return value


def read_chunk(raw, at=0):
    """11.3: hash, decoded bytes, and where the chunk ends."""
    head = raw[at : at + 64]
    need(head[:8] == magic(b"C"), "11.3-2", "magic")
    need(len(head) == 64 and u64(head, 56) == xxh3_64(head[:56]), "11.3-13", "checksum")
    need(u32(head, 8) == 1, "11.3-3", "version", "newer")
    encoding, width, n_raw, n_stored = (u32(head, i) for i in (12, 16, 20, 24))
    need(encoding <= 2, "11.3-4", "encoding", "newer")
    need(width in (2, 4, 8) if encoding == 2 else width == 0, "11.3-5", "width")
    need(1 <= n_raw <= 16777216, "11.3-6", "raw_bytes")
    need(
        n_stored == n_raw if encoding == 0 else 1 <= n_stored < n_raw,
        "11.3-7",
        "stored_bytes",
    )
    need(u32(head, 28) == 0, "11.3-8", "zero")
    stored = raw[at + 64 : at + 64 + n_stored]
    need(len(stored) == n_stored, "11.3-1", "is cut off")
    if encoding == 0:
        need(u64(head, 48) == 0, "11.3-12", "stored_sum")
        decoded = stored
    else:
        need(u64(head, 48) == xxh3_64(stored), "11.3-11", "stored_sum")
        try:
            decoded = lz4.decode(stored, n_raw)
        except lz4.Bad as why:
            raise Bad("11.3-14", str(why))
    if encoding == 2:
        decoded = planes(decoded, width)
    need(xxh3_128(decoded) == head[32:48], "11.3-9", "hash")
    return head[32:48], decoded, at + 64 + n_stored


class Snapshot:
    """11.4, of a repository or at the end of a stream."""

    def __init__(self, raw, numbered=True):
        need(raw[:8] == magic(b"S"), "11.4-2", "magic")
        need(xxh3_128(raw[:-16]) == raw[-16:], "11.4-1", "hash")
        need(u32(raw, 8) == 1, "11.4-3", "version", "newer")
        need(u64(raw, 16) == 0, "11.4-5", "feature_incompat", "newer")
        need(u32(raw, 12) == 0, "11.4-4", "zero")
        self.index_bytes, self.generation = u64(raw, 32), u64(raw, 40)
        need(
            self.index_bytes % 4096 == 0 and 4096 <= self.index_bytes < 2**63,
            "11.4-6",
            "index_bytes",
        )
        need(self.generation >= 1, "11.4-7", "generation")
        need(u64(raw, 72) <= u64(raw, 64), "11.4-8", "n_live")
        n = u64(raw, 96)
        need(len(raw) == 384 + 24 * n + 16, "11.4-9", "n_chunks")
        self.sequence = u64(raw, 104)
        need(
            1 <= self.sequence < 2**63 if numbered else self.sequence == 0,
            "11.4-16",
            "sequence",
        )
        need(not raw[112:128].strip(b"\0"), "11.4-10", "zero")
        text, _, rest = raw[128:384].partition(b"\0")
        need(
            len(text) < 256
            and not rest.strip(b"\0")
            and not re.search(rb"[\0-\x1f\x7f]", text),
            "11.4-11",
            "source",
        )
        self.chunks = []
        for at in range(384, len(raw) - 16, 24):
            size = u32(raw, at + 16)
            need(1 <= size <= 16777216, "11.4-12", "raw_bytes of an entry")
            need(u32(raw, at + 20) == 0, "11.4-13", "zero of an entry")
            self.chunks.append((raw[at : at + 16], size))
        need(
            sum(size for _, size in self.chunks) == self.index_bytes,
            "11.4-14",
            "the chunks do not add up",
        )


def read_checked(raw):
    """11.7"""
    n = read_head(raw, b"K")
    need(len(raw) == 64 + 32 * n + 16, "11.2-9", "value")
    need(xxh3_128(raw[:-16]) == raw[-16:], "11.7-2", "hash")
    before = b""
    for at in range(64, len(raw) - 16, 32):
        need(raw[at : at + 16] > before, "11.7-1", "order")
        before = raw[at : at + 16]
        need(u64(raw, at + 16) >= 1, "11.7-3", "at")
        need(u64(raw, at + 24) != 0, "11.7-4", "stamp")


def read_stream(raw):
    """11.5: the index, or Bad."""
    n = read_head(raw, b"T")
    at, seen, out = 64, [], b""
    while raw[at : at + 8] != magic(b"S"):
        number, decoded, at = read_chunk(raw, at)
        seen.append((number, len(decoded)))
        out += decoded
    size = 384 + 24 * u64(raw, at + 96) + 16
    need(len(raw) <= at + size, "11.5-3", "something is behind it")
    s = Snapshot(raw[at:], numbered=False)
    need(s.chunks == seen, "11.5-1", "the chunks are not those of the snapshot")
    need(s.index_bytes == n, "11.5-2", "index_bytes")
    return out


class Repository:
    """Everything that is stored, checked."""

    def __init__(self, folder):
        self.folder, self.findings = folder, []
        self.snapshots, self.chunks = {}, {}

    def read(self, *path):
        with open(os.path.join(self.folder, *path), "rb") as f:
            return f.read()

    def names(self, *path):
        try:
            return sorted(os.listdir(os.path.join(self.folder, *path)))
        except FileNotFoundError:
            return []

    def attempt(self, what, call, kind=None):
        try:
            return call()
        except Bad as why:
            rule, text, found = why.args
            self.findings.append((rule, kind or found, "%s: %s" % (what, text)))
            return None

    def check(self):
        if "vsx-backup" not in self.names():
            self.findings.append(("11.1-1", "not VSX", "no vsx-backup"))
            return "not VSX"
        self.attempt("vsx-backup", lambda: read_head(self.read("vsx-backup"), b"B"))
        if self.findings:
            return self.verdict()
        for folder in self.names("chunks"):
            for name in self.names("chunks", folder):
                self.attempt(name, lambda: self.check_chunk(folder, name))
        for name in self.names("snapshots"):
            if NAME.fullmatch(name):
                self.attempt(name, lambda: self.check_snapshot(name))
        if "sequence" in self.names():
            self.attempt("sequence", lambda: self.check_sequence(), "damaged")
        if "checked" in self.names():
            self.attempt("checked", lambda: read_checked(self.read("checked")), "hint")
        return self.verdict()

    def check_sequence(self):
        raw = self.read("sequence")
        read_head(raw, b"N")
        need(len(raw) == 64, "11.2-8", "something is behind it")

    def check_chunk(self, folder, name):
        raw = self.read("chunks", folder, name)
        number, decoded, end = read_chunk(raw)
        need(end == len(raw), "11.3-1", "something is behind it")
        need(number.hex() == name, "11.3-10", "has another name")
        self.chunks[number] = len(decoded)

    def check_snapshot(self, name):
        s = Snapshot(self.read("snapshots", name))
        self.snapshots[name] = s
        for number, size in s.chunks:
            if number.hex() in self.names("chunks", number.hex()[:2]):
                # A damaged one was told.
                size_there = self.chunks.get(number, size)
                need(size_there == size, "11.4-15", "raw_bytes of a chunk")
            else:
                need(False, "11.4-15", "chunk %s is missing" % number.hex())

    def restore(self, name):
        s = self.snapshots[name]
        out = b""
        for number, _ in s.chunks:
            out += read_chunk(self.read("chunks", number.hex()[:2], number.hex()))[1]
        return out

    def verdict(self):
        kinds = {kind for _, kind, _ in self.findings} - {"hint"}
        for kind in ("not VSX", "newer", "damaged"):
            if kind in kinds:
                return kind
        return "sound"

    def rules(self):
        return {rule for rule, _, _ in self.findings}
