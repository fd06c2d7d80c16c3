"""A whole index: opening, checking, and the acceptance test (SPEC.md 5.6)."""

import math
import struct

import exact
from layout import WHOLE, Broken, File, M64
from segment import Segment, ints


class Index(File):
    """
    open() holds the file to the rules marked (open), check() to all of them but
    [5.6-18], which only the search that measured can be held to.
    """

    def open(self):
        """Whether it can be read."""
        try:
            self.choose()
            self.read_manifest()
            self.parts = [Segment(self, e) for e in self.segments]
            for part in self.parts:
                part.open()
        except Broken:
            return False
        return True

    def check(self, verify=True):
        """
        The class of what was found: sound, or one of 3.3. Without verify, rules
        so marked are left out: what a reader does that trusts nobody.
        """
        try:
            self.choose()
            if verify:
                self.check_slots()
            self.read_manifest()
        except Broken:
            return self.verdict()
        self.check_places()
        if verify:
            self.check_end()
        sound = {e: self.check_sums(e) for e in self.sections}
        self.check_parts(sound)
        usable = all(part.usable for part in self.parts)
        if usable:
            self.check_ids()
        self.check_none()
        if verify:
            self.check_test(sound, usable)
        return self.verdict()

    def verdict(self):
        kinds = [kind for _, kind, _ in self.findings]
        for kind in ("newer", "not VSX", "truncated"):
            if kind in kinds and not (kind == "not VSX" and self.super):
                return kind
        return "damaged" if kinds else "sound"

    def rules(self):
        return {rule for rule, _, _ in self.findings}

    # ---- segments --------------------------------------------------------

    def check_parts(self, sound):
        self.parts = [Segment(self, e) for e in self.segments]
        for part in self.parts:
            mine = [e for e in self.sections if e.segment == part.number]
            if not all(sound[e] for e in mine):
                continue
            try:
                part.open()
                part.check()
            except Broken:
                pass

    def check_ids(self):
        seen = {}
        for part in self.parts:
            for row, number in enumerate(part.ids):
                if part.is_dead(row):
                    continue
                if number in seen:
                    self.find("5.2-6", "id %d is in two segments" % number)
                seen[number] = part, row
        self.by_id = seen

    def live_rows(self):
        """(id, components, 1/sqrt(S))"""
        for part in self.parts:
            for row, number in enumerate(part.ids):
                if not part.is_dead(row):
                    yield number, part.rows[row], part.scales[row]

    # ---- 5.6 -------------------------------------------------------------

    def check_none(self):
        """Sections of the test that are there and should not be."""
        h = self.head
        for name, rule, due in (
            ("QRYS", "5.6-1", h.n_queries),
            ("QTRU", "5.6-2", h.n_queries),
            ("QSRC", "5.6-3", h.n_queries and self.own),
            ("RCLL", "5.6-4", h.n_recalls),
        ):
            if self.section(name) and not due:
                self.find(rule, "section %s" % name)

    def check_test(self, sound, usable):
        h = self.head
        n = h.n_queries
        if not all(ok for e, ok in sound.items() if e.segment == WHOLE):
            return
        if h.n_recalls:
            self.check_recalls(self.bytes_of(self.section("RCLL")))
        if not usable or not n:
            return
        queries = self.bytes_of(self.section("QRYS"))
        truth = ints(self.bytes_of(self.section("QTRU")), 8)
        own = [None] * n
        if self.own:
            own = ints(self.bytes_of(self.section("QSRC")), 8)
        for i in range(n):
            raw = queries[4 * h.dim * i : 4 * h.dim * (i + 1)]
            listed = truth[h.truth_k * i : h.truth_k * (i + 1)]
            self.check_query(i, raw, listed, own[i])

    def check_query(self, i, raw, listed, own):
        h = self.head
        where = "query %d: " % i
        q = struct.unpack("<%df" % h.dim, raw)
        if not all(map(math.isfinite, q)):
            self.find("5.6-9", where + "component")
            return
        if self.metric == "cosine" and exact.inverse_length(q) is None:
            self.find("5.6-10", where + "is zero")
            return
        if self.metric != "cosine" and exact.square_sum(q) > 2.0**125:
            self.find("5.6-19", where + "is too long")
            return
        if h.generation == 1 and own is not None:
            if own not in self.by_id:
                self.find("5.6-11", where + "no row has id %d" % own)
            else:
                part, row = self.by_id[own]
                if struct.pack("<%df" % h.dim, *part.rows[row]) != raw:
                    self.find("5.6-12", where + "is not row %d" % own)
        due = [n for _, n in exact.nearest(self, q, h.truth_k, own)]
        if h.generation == 1:
            if list(listed) != due:
                self.find("5.6-13", where + "neighbours")
            return
        if M64 in listed:
            listed = listed[: listed.index(M64)]
        live = [n for n in listed if n in self.by_id]
        if live != due[: len(live)]:
            self.find("5.6-14", where + "neighbours")

    def check_recalls(self, table):
        before = -1
        for i in range(0, len(table), 32):
            words = struct.unpack("<4I", table[i : i + 16])
            if words[0] <= before:
                self.find("5.6-15", "efforts do not rise")
            before = words[0]
            if max(words[1:]) > 1000000:
                self.find("5.6-16", "a recall above 1")
            if table[i + 24 : i + 32].strip(b"\0"):
                self.find("5.6-17", "reserved bytes of the recall table")
