"""A whole index: opening, checking, and the acceptance test (SPEC.md 5.6)."""

import math
import struct

import exact
from layout import WHOLE, Broken, File, refine_ok
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
            self.open_fields()
            if "5.11-25" in self.rules():
                return False
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
            self.open_fields()
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
        keys = {}
        for part in self.parts:
            for row, key in enumerate(part.attached.list):
                if not key or part.is_dead(row):
                    continue
                if key in keys:
                    self.find("5.12-26", "key %r is in two segments" % key)
                keys[key] = part

    def open_fields(self):
        types = {}
        for part in self.parts:
            for c in part.columns.all:
                if types.setdefault(c.name, c.type) != c.type:
                    self.find("5.11-25", "%s" % c.name)
                    return

    def live_rows(self):
        """(id, components, 1/sqrt(S))"""
        for part in self.parts:
            for row, number in enumerate(part.ids):
                if not part.is_dead(row):
                    yield number, part.rows[row], part.scales[row]

    def attached(self):
        """{id: (key, payload)} of live rows."""
        out = {}
        for part in self.parts:
            for row, number in enumerate(part.ids):
                if not part.is_dead(row):
                    a = part.attached
                    out[number] = tuple(x[row] if x else b"" for x in (a.list, a.payloads))
        return out

    def first_rows(self):
        """Those of segment 0, deleted or not."""
        part = self.parts[0]
        return zip(part.ids, part.rows, part.scales)

    # ---- 5.6 -------------------------------------------------------------

    def check_none(self):
        """Sections of the test that are there and should not be."""
        h = self.head
        for name, rule, due in (
            ("QRYS", "5.6-1", h.n_queries and (not self.own or self.given)),
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
        queries = self.own_queries() if self.own else None
        if self.given and (queries or not self.own):
            given, own = self.given_queries(), queries
            queries = given and [(q, own[i][1] if own else None) for i, (q, _) in enumerate(given)]
        elif not self.own:
            queries = self.given_queries()
        truth = self.section("QTRU")
        if truth and queries:
            self.check_truth(queries, ints(self.bytes_of(truth), 4))

    def own_queries(self):
        """[(components, id of the row)]; None if they are not such."""
        rows = ints(self.bytes_of(self.section("QSRC")), 4)
        part, out, before = self.parts[0], [], -1
        for i, row in enumerate(rows):
            if row >= part.n:
                self.find("5.6-11", "query %d is row %d of %d" % (i, row, part.n))
                return None
            if row <= before:
                self.find("5.6-14", "query %d: rows do not rise" % i)
                return None
            before = row
            out.append((part.rows[row], part.ids[row]))
        return out

    def given_queries(self):
        h = self.head
        raw = self.bytes_of(self.section("QRYS"))
        out = []
        for i in range(h.n_queries):
            q = struct.unpack("<%df" % h.dim, raw[4 * h.dim * i : 4 * h.dim * (i + 1)])
            where = "query %d: " % i
            if not all(map(math.isfinite, q)):
                self.find("5.6-9", where + "component")
            elif self.metric == "cosine" and exact.inverse_length(q) is None:
                self.find("5.6-10", where + "is zero")
            elif self.metric != "cosine" and exact.square_sum(q) > 2.0**125:
                self.find("5.6-19", where + "is too long")
            else:
                out.append((q, None))
        return out if len(out) == h.n_queries else None

    def check_truth(self, queries, truth):
        k, ids = self.head.truth_k, self.parts[0].ids
        for i, (q, own) in enumerate(queries):
            listed = truth[k * i : k * (i + 1)]
            where = "query %d: " % i
            if any(row >= len(ids) for row in listed):
                self.find("5.6-12", where + "neighbours that are not there")
            elif self.given:
                if len(set(listed)) < k or own in [ids[row] for row in listed]:
                    self.find("5.6-23", where + "neighbours that repeat")
            elif [ids[row] for row in listed] != self.true_ids(q, own):
                self.find("5.6-13", where + "neighbours")

    def true_ids(self, q, own):
        k = self.head.truth_k
        return [n for _, n in exact.nearest(self.metric, self.first_rows(), q, k, own)]

    def check_recalls(self, table):
        before = (-1, 0)
        for i in range(0, len(table), 32):
            effort, *found = struct.unpack("<4I", table[i : i + 16])
            (refine,) = struct.unpack("<I", table[i + 24 : i + 28])
            if (effort, refine) <= before:
                self.find("5.6-15", "efforts and refine factors do not rise")
            before = (effort, refine)
            if max(found) > 1000000:
                self.find("5.6-16", "a recall above 1")
            if not refine_ok(refine):
                self.find("5.6-23", "a refine factor")
            if table[i + 28 : i + 32].strip(b"\0"):
                self.find("5.6-17", "reserved bytes of the recall table")
