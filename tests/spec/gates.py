"""Codes of links, LNKP and LNKG: SPEC.md 5.5.1."""

import math
import struct

from layout import up


class Gates:
    def __init__(self, segment, parts):
        self.segment, self.parts = segment, parts

    def open(self):
        s, parts = self.segment, self.parts
        codes = s.estimates or s.kept
        d = codes.dim if codes else s.file.head.dim
        metric = s.file.metric
        s.need(
            metric == "l2" or (metric == "cosine" and codes), "5.5.1-2", "metric"
        )
        fits = parts % 4 == 0 and 4 <= parts <= min(128, d)
        s.need(fits, "5.5.1-1", "parts")
        self.book_at = up(64 + 4 * d, 64)
        learned, self.blocks = s.raw("LNKP") or b"", s.raw("LNKG") or b""
        s.need(len(learned) == self.book_at + 64 * d, "5.5.1-3", "size of LNKP")
        self.row_bytes = up(2 * s.m, 32) // 32 * (16 * parts + 128)
        s.need(len(self.blocks) == s.n * self.row_bytes, "5.5.1-4", "size of LNKG")
        self.unit_a, self.unit_b, spread = struct.unpack("<3f", learned[:12])
        for unit in (self.unit_a, self.unit_b):
            s.need(unit > 0 and math.isfinite(unit), "5.5.1-5", "units")
        s.need(spread >= 0 and math.isfinite(spread), "5.5.1-6", "spread")
        s.need(not learned[12:64].strip(b"\0"), "5.5.1-7", "head")
        self.learned = learned
