"""vsx-verify and vsx-query held against the reader of this folder.

usage: compare.py TOOLS FOLDER GOLDEN...
"""

import os
import random
import shutil
import sys

import broken_attached
import broken_columns
import broken_gates
import broken_content
import broken_layout
import broken_repository
import exact
import mutants
import odd
from index import Index
from indexes import Tools, all_kinds, bases, fvecs, rows
from model import Model
from repository import Bad, Repository, read_stream

TABLE = broken_layout.TABLE + broken_content.TABLE + broken_attached.TABLE + broken_columns.TABLE + broken_gates.TABLE
REPOSITORIES = broken_repository.TABLE + broken_repository.STREAMS

STATUS = {"sound": 0, "damaged": 1, "truncated": 1, "newer": 4, "not VSX": 4}

# Random changes of each index that is broken, and hits of each query.
MUTANTS = int(os.environ.get("VSX_SPEC_MUTANTS", "20"))
FIRST = int(os.environ.get("VSX_SEED", "0"))
K = 5


class Compare:
    def __init__(self, tools):
        self.tools, self.failures = tools, 0

    def fail(self, text):
        self.failures += 1
        print("FAILED: " + text)

    def verify(self, name, raw):
        """What both say of a file: the reader, and the words of vsx-verify."""
        index = Index(raw)
        verdict = index.check()
        status, out = self.tools.run("vsx-verify", name, status=None)
        # The measured recall is the business of the search that measured it.
        said = [line for line in out.splitlines() if " notice: " not in line]
        if verdict == "sound" and all("recall@" in x or "problem" in x for x in said):
            status = 0
        return index, verdict, status, out

    def opens(self, what, name, raw):
        """A file is refused by vsx-query if it breaks a rule marked (open)."""
        index = Index(raw)
        status, out = self.tools.run("vsx-query", name, "--id", 1, status=None)
        # 2: it has no row with that id.
        if not index.open() and status in (0, 2):
            self.fail("%s: opened, but %s" % (what, index.findings))
        index = Index(raw)
        refused = index.check(verify=False) != "sound"
        args = name, "--id", 1, "--untrusted"
        status, out = self.tools.run("vsx-query", *args, status=None)
        if refused == (status in (0, 2)):
            self.fail(
                "%s: untrusted, status %d, %s: %s" % (what, status, out, index.findings)
            )

    def sound(self, name):
        raw = self.tools.read(name)
        index, verdict, status, out = self.verify(name, raw)
        if verdict != "sound" or status != 0:
            self.fail("%s: %s %s, %s" % (name, verdict, index.findings, out))
        if index.super.generation == 1 and bytes(Model(raw).write()) != raw:
            self.fail("%s: written again it has other bytes" % name)
        self.search(name, index)

    def search(self, name, index):
        """Exact answers: ids, every bit of the distances, keys and payload."""
        has_keys = any(part.attached.list for part in index.parts)
        more = index.attached()
        low = 1 if index.elem == "u8" else -50
        queries = rows(3, index.head.dim, 77, low)
        self.tools.write("q.fvecs", fvecs(queries))
        _, out = self.tools.run(
            "vsx-query", name, "q.fvecs", "--exact", "-k", K, "--format", "tsv", "--payload"
        )
        found = [line.split("\t") for line in out.splitlines()]
        due = []
        for i, q in enumerate(queries):
            for rank, (value, number) in enumerate(exact.nearest(index.metric, index.live_rows(), q, K)):
                distance = exact.reported(index.metric, value)
                key, payload = (x.decode() for x in more[number])
                shown = ([key] if has_keys else []) + [payload]
                due.append([str(i), str(rank + 1), str(number), distance] + shown)
        for line in found:
            line[3] = exact.f32(float(line[3]))
        if found != due:
            self.fail("%s: exact answers %s, expected %s" % (name, found, due))

    def broken(self, case, raw):
        what = "[%s] in %s" % (case.rule, case.base)
        model = Model(raw)
        raw = case.run(model)
        raw = bytes(model.write() if raw is None else raw)
        self.tools.write("broken.vsx", raw)
        index, verdict, status, out = self.verify("broken.vsx", raw)
        rules = index.rules()
        if case.rule not in rules or rules - case.also - {case.rule}:
            self.fail("%s: the reader says %s" % (what, index.findings))
        if status != STATUS[verdict]:
            self.fail("%s: %s, but status %d: %s" % (what, verdict, status, out))
        for text in case.words:
            if text not in out:
                self.fail("%s: no '%s' in: %s" % (what, text, out))
        self.opens(what, "broken.vsx", raw)

    def odd(self, what, base, raw):
        """It is sound, and can be changed, compacted and repaired."""
        t, what = self.tools, "%s in %s" % (what, base)
        model = Model(raw)
        kind, param = model.segments[0]["kind"], model.segments[0].raw[24:28]
        for args in (
            ("vsx-compact", "odd.vsx", "-o", "out.vsx", "-f", "-q"),
            ("vsx-verify", "odd.vsx", "--repair", "out.vsx", "-f", "-q"),
            ("vsx-add", "odd.vsx", "one-row.fvecs", "-q", "--ids", "one-id"),
        ):
            status, out = t.run(*args, status=None)
            if status:
                self.fail("%s: %s: %s" % (what, args, out))
                continue
            name = "odd.vsx" if args[0] == "vsx-add" else "out.vsx"
            self.sound(name)
            # A row alone is scanned; the rest is what was asked for.
            built = Model(t.read(name)).segments[-1]
            due = (1, bytes(4)) if args[0] == "vsx-add" else (kind, param)
            if (built["kind"], built.raw[24:28]) != due:
                self.fail("%s: %s made another kind" % (what, args[0]))

    def asked(self, kind, m):
        """What was asked for is what a compaction builds."""
        self.tools.run("vsx-compact", "odd.vsx", "-q")
        self.sound("odd.vsx")
        built = Model(self.tools.read("odd.vsx")).segments[0]
        if (built["kind"], int.from_bytes(built.raw[24:28], "little")) != (kind, m):
            self.fail("asked for another kind: built as it was")

    def unknown(self, raw):
        """Nobody knows what was asked for: the file stays as it is."""
        t = self.tools
        for args in (
            ("vsx-add", "odd.vsx", "one-row.fvecs", "--ids", "one-id"),
            ("vsx-compact", "odd.vsx"),
        ):
            status, out = t.run(*args, status=None)
            if status in (0, 3) or "Tree9" not in out:
                self.fail("unknown kind: %s: status %d: %s" % (args[0], status, out))
            if t.read("odd.vsx") != raw:
                self.fail("unknown kind: %s wrote to it" % args[0])
        t.run("vsx-query", "odd.vsx", "one-row.fvecs", "--exact")
        t.run("vsx-verify", "odd.vsx", "--repair", "out.vsx", "-f", "-q")
        self.sound("out.vsx")

    def last(self, raw):
        """Nothing can follow this generation."""
        args = "vsx-add", "odd.vsx", "one-row.fvecs", "--ids", "one-id"
        status, out = self.tools.run(*args, status=None)
        if status != 2 or "the last possible one" not in out:
            self.fail("the last generation: status %d: %s" % (status, out))
        if self.tools.read("odd.vsx") != raw:
            self.fail("the last generation: the file was changed")
        self.tools.run("vsx-compact", "odd.vsx", "-q")
        self.sound("odd.vsx")

    def odd_ones(self, raws):
        t = self.tools
        t.write("one-row.fvecs", fvecs(rows(1, 18, 99)))
        t.write("one-id", b"5\n")
        for what, base, run in odd.TABLE:
            model = Model(raws[base])
            raw = run(model)
            raw = bytes(model.write() if raw is None else raw)
            t.write("odd.vsx", raw)
            index, verdict, status, out = self.verify("odd.vsx", raw)
            if verdict != "sound" or status:
                self.fail("%s: %s, %s" % (what, index.findings, out))
            elif what == "the last generation":
                self.last(raw)
            elif what == "asked for another kind":
                self.asked(3, 6)
            elif what == "asked for an unknown kind":
                self.unknown(raw)
            elif "spec" in what or "property" in what or "efC" in what:
                self.odd(what, base, raws[base])

    def not_written(self, case, raw):
        """Slots that do not belong together are nothing to commit to."""
        model = Model(raw)
        raw = case.run(model)
        raw = bytes(model.write() if raw is None else raw)
        self.tools.write("slots.vsx", raw)
        for args in (
            ("vsx-add", "slots.vsx", "one-row.fvecs"),
            ("vsx-delete", "slots.vsx", "--id", 103),
            ("vsx-compact", "slots.vsx"),
            ("vsx-backup", "create", "slots.vsx", "slots"),
        ):
            status, out = self.tools.run(*args, status=None)
            if status in (0, 3) or "slot" not in out:
                self.fail("[%s]: %s: status %d: %s" % (case.rule, args, status, out))
            if self.tools.read("slots.vsx") != raw:
                self.fail("[%s]: %s wrote to it" % (case.rule, args[0]))

    def mutant(self, name, raw, seed):
        """One to three changes somewhere, with all checksums made right."""
        r = random.Random(seed)
        model = Model(raw)
        for _ in range(r.randrange(1, 4)):
            mutants.change(r, model)
        for part in model.sections:
            part.keep_changes()
        raw = bytes(model.write())
        self.tools.write("mutant.vsx", raw)
        index, verdict, status, out = self.verify("mutant.vsx", raw)
        if status != STATUS[verdict]:
            self.fail(
                "%s, seed %s: %s %s, but status %d: %s"
                % (name, seed, verdict, index.findings, status, out)
            )
        self.opens("%s, seed %s" % (name, seed), "mutant.vsx", raw)


class Backups:
    """The same of repositories and streams."""

    def __init__(self, compare):
        self.compare, self.tools = compare, compare.tools
        for name, index in (("one", "ivf.vsx"), ("two", "ivf-3.vsx")):
            self.tools.run("vsx-backup", "create", index, "repo", "-n", name)
        self.tools.run("vsx-backup", "verify", "repo")
        self.files = {}
        top = self.tools.path("repo")
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                self.files[os.path.relpath(path, top)] = self.tools.read(path)

    def write(self, files):
        shutil.rmtree(self.tools.path("broken"), ignore_errors=True)
        for name, raw in files.items():
            path = self.tools.path(os.path.join("broken", name))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as f:
                f.write(raw)
        os.makedirs(self.tools.path("broken/snapshots"), exist_ok=True)
        return Repository(self.tools.path("broken"))

    def sound(self):
        repository = self.write(self.files)
        if repository.check() != "sound" or repository.findings:
            self.compare.fail("repository: %s" % repository.findings)
        for name, index in (("one", "ivf.vsx"), ("two", "ivf-3.vsx")):
            if repository.restore(name) != self.tools.read(index):
                self.compare.fail("snapshot %s has other bytes" % name)

    def broken(self, case):
        what = "[%s] in %s" % (case.rule, case.base)
        files = dict(self.files)
        case.run(files)
        repository = self.write(files)
        verdict = repository.check()
        if repository.rules() - case.also != {case.rule}:
            self.compare.fail("%s: the reader says %s" % (what, repository.findings))
        # A part that is newer is a part that this version cannot restore.
        if verdict == "newer" and not case.rule.startswith("11.2"):
            verdict = "damaged"
        self.refused(what, verdict, case.words, "verify", "broken")

    def mutant(self, seed):
        """As of an index: some bytes of a file, sealed again."""
        r = random.Random(seed)
        name = r.choice([n for n in self.files if n != "lock"])
        raw = bytearray(self.files[name])
        for _ in range(r.randrange(1, 4)):
            at = r.randrange(len(raw) if r.randrange(2) else 128)
            raw[at % len(raw)] = r.choice((0, 1, 255, r.randrange(256)))
        broken_repository.seal_file(name, raw)
        repository = self.write({**self.files, name: raw})
        verdict = repository.check()
        if verdict == "newer" and name != "vsx-backup":
            verdict = "damaged"
        what = "%s, seed %s: %s" % (name, seed, repository.findings)
        self.refused(what, verdict, [], "verify", "broken")

    def refused(self, what, verdict, words, *args, given=b""):
        status, out = self.tools.run("vsx-backup", *args, status=None, given=given)
        if status != STATUS[verdict]:
            self.compare.fail("%s: %s, but status %d: %s" % (what, verdict, status, out))
        for text in words:
            if text not in out:
                self.compare.fail("%s: no '%s' in: %s" % (what, text, out))

    def streams(self, table):
        stream = self.tools.stream("ivf.vsx")
        if read_stream(stream) != self.tools.read("ivf.vsx"):
            self.compare.fail("a stream has other bytes")
        for case in table:
            what = "[%s] in a stream" % case.rule
            raw = bytes(case.run(bytearray(stream)))
            try:
                read_stream(raw)
                self.compare.fail("%s: the reader finds nothing" % what)
                continue
            except Bad as why:
                rule, text, kind = why.args
            if rule != case.rule:
                self.compare.fail("%s: the reader says [%s] %s" % (what, rule, text))
            args = "restore", "-", "-o", "restored.vsx"
            self.refused(what, kind, case.words, *args, given=raw)


def main(tools, folder, *golden):
    t = Tools(tools, folder)
    c = Compare(t)
    for path in golden:
        with open(path, "rb") as f:
            t.write("golden.vsx", f.read())
        c.sound("golden.vsx")
    raws = {}
    for name in all_kinds(t):
        c.sound(name)
    for name in bases(t):
        c.sound(name + ".vsx")
        raws[name] = t.read(name + ".vsx")
    for case in TABLE:
        c.broken(case, raws[case.base])
    c.odd_ones(raws)
    for case in TABLE:
        if case.rule in ("4.1-15", "4.1-16", "4.1-17", "4.1-18"):
            c.not_written(case, raws[case.base])
    del raws["pages"]
    for name, raw in raws.items():
        for i in range(FIRST, FIRST + MUTANTS):
            c.mutant(name, raw, "%s-%d" % (name, i))
    b = Backups(c)
    b.sound()
    for case in broken_repository.TABLE:
        b.broken(case)
    for i in range(FIRST, FIRST + 2 * MUTANTS):
        b.mutant(i)
    b.streams(broken_repository.STREAMS)
    print("%d rules broken" % len({case.rule for case in TABLE + REPOSITORIES}))
    return c.failures > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
