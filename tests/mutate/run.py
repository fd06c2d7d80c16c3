"""Break the libraries one place at a time and see which tests notice."""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

from places import Place, overlaps, places, woven

FOLDERS = ["format", "lib/read", "lib/segment", "lib/kind", "lib/code", "lib/io"]
# Tests of the commands and of what is measured say nothing of the libraries,
# but one script holds the commands to every rule of the format.
NOT_TESTS = ["bench", "cli_unit"]
SCRIPTS = ["spec_reader"]
COMMANDS = ["vsx-build", "vsx-add", "vsx-delete", "vsx-compact", "vsx-query",
            "vsx-info", "vsx-verify", "vsx-backup"]
WORK = "build/mutate"
SRC, TMP = WORK + "/src", WORK + "/tmp"
SEEN_BYTES = 65536
OUTCOMES = ["noticed", "known to change nothing", "NOT NOTICED", "NOT REACHED"]
HERE = os.path.dirname(os.path.abspath(__file__))


def shell(*words, **more):
    return subprocess.run(words, check=True, text=True, **more)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def write_if_changed(path, data):
    """So that a build makes anew what changed alone."""
    if os.path.exists(path):
        with open(path, "rb") as f:
            if f.read() == data:
                return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def sources(folders):
    found = []
    for folder in folders:
        if os.path.isfile(folder):
            found.append(folder)
        for inside, _, names in os.walk(folder):
            found += [f"{inside}/{name}" for name in names
                      if name.endswith((".c", ".h", ".py", ".sh"))]
    return sorted(found)


# ---- choosing ------------------------------------------------------------

def compiles(place):
    """Constants that the language wants are no place for a switch."""
    text = woven(read(place.path), [(1, place)])
    check = subprocess.run(
        ["cc", "-std=c11", "-D_GNU_SOURCE", "-w", "-fsyntax-only", "-I", HERE,
         "-Ilib", "-Iformat", "-I", os.path.dirname(place.path), "-x", "c",
         "-"],
        input=text, text=True, capture_output=True)
    return check.returncode == 0


def choose(folders, seed, n):
    """Numbered from 1. Which ones depends on the seed and on each place alone:
    a seed chooses nearly the same ones of sources that changed elsewhere."""
    found, same = [], collections.Counter()
    for path in sources(folders):
        for place in places(path, read(path)):
            of = (path, place.kind, place.source)
            place.order = hash_of(str(seed), os.path.basename(path), *of[1:],
                                  str(same[of]))
            place.name = " | ".join((*of, str(same[of])))
            same[of] += 1
            place.nth = same[of]  # in its file
            found.append(place)
    print(f"{len(found)} places in {' '.join(folders)}")
    found.sort(key=lambda p: p.order)
    chosen, of_file = [], {}
    for place in found:
        if len(chosen) == n:
            break
        others = of_file.setdefault(place.path, [])
        if not overlaps(place, others) and compiles(place):
            others.append(place)
            chosen.append(place)
    return dict(enumerate(chosen, 1))


# ---- building ------------------------------------------------------------

def copy_tree(chosen):
    by_file = {}
    for n, place in chosen.items():
        by_file.setdefault(place.path, []).append((n, place))
    listed = shell("git", "ls-files", "-co", "--exclude-standard",
                   stdout=subprocess.PIPE).stdout.splitlines()
    listed = {path for path in listed if os.path.isfile(path)}
    for folder, _, names in os.walk(SRC):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.relpath(path, SRC) not in listed:
                os.remove(path)
    for path in listed:
        if path in by_file:
            data = woven(read(path), by_file[path]).encode()
        else:
            with open(path, "rb") as f:
                data = f.read()
        write_if_changed(f"{SRC}/{path}", data)


def programs():
    return [os.path.basename(path)[:-2] for path in sources([f"{SRC}/tests"])
            if os.path.basename(path).startswith("test_") and
            path.endswith(".c") and path.split("/")[-2] not in NOT_TESTS]


class Build:
    def __init__(self, sanitize):
        self.sanitize = sanitize
        self.where = f"{WORK}/bin" + (sanitize and "-sanitized")

    def make(self, targets):
        shell("cmake", "-S", SRC, "-B", self.where,
              "-DCMAKE_BUILD_TYPE=Release", "-DVSX_BUILD_TESTS=ON",
              "-DCMAKE_C_FLAGS_RELEASE=-O1 -DNDEBUG",
              f"-DVSX_SANITIZE={self.sanitize}", "-DCMAKE_C_FLAGS=-w "
              f"-idirafter {os.path.abspath(SRC)}/tests/mutate",
              stdout=subprocess.DEVNULL)
        shell("cmake", "--build", self.where, "-j", str(os.cpu_count()),
              "--target", *targets, stdout=subprocess.DEVNULL)


# ---- running -------------------------------------------------------------

class Test:
    """A program of Criterion, with its cases; or a script, which is one case."""

    def __init__(self, name, words, build):
        self.name, self.words, self.build = name, words, build
        self.cases = {}  # name: (seconds, numbers of the places it comes by)

    def listed(self):
        if self.words[0] == "sh":
            return [""]
        out = shell(*self.words, "--list", stdout=subprocess.PIPE,
                    cwd=SRC).stdout
        suite, cases = "", []
        for line in out.splitlines():
            if line.endswith(" tests") or line.endswith(" test"):
                suite = line.split(":")[0]
            else:
                cases.append(f"{suite}/{line.split()[-1]}")
        return cases

    def run(self, number, case, seen=None, cpu=600, wall=1200):
        """What it returned; None when it took too long."""
        tmp = os.path.abspath(f"{TMP}/{number}-{threading.get_ident()}")
        os.makedirs(tmp)
        env = dict(os.environ, VSX_MUTANT=str(number), TMPDIR=tmp,
                   VSX_BUILD=os.path.abspath(self.build.where))
        if seen:
            env["VSX_MUTANT_SEEN"] = os.path.abspath(seen)
        # A filter of many names takes Criterion longer than many runs do.
        words = self.words + (["--jobs", "1", "--filter", case] if case else [])

        def limits():
            os.setpgid(0, 0)
            # A loop without end, or memory without: of each process.
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
            if not self.build.sanitize:
                resource.setrlimit(resource.RLIMIT_DATA, (4 << 30, 4 << 30))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        process = subprocess.Popen(
            words, env=env, cwd=SRC, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=limits)
        try:
            return process.wait(wall)
        except subprocess.TimeoutExpired:
            return None
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
            shutil.rmtree(tmp, ignore_errors=True)

    def baseline(self, case):
        """Without a change: whether it passes, seconds, places it comes by."""
        seen = f"{TMP}/seen-{threading.get_ident()}"
        with open(seen, "wb") as f:
            f.truncate(SEEN_BYTES)
        begin = time.monotonic()
        passes = self.run(0, case, seen) == 0
        seconds = time.monotonic() - begin
        with open(seen, "rb") as f:
            places_seen = [n for n, byte in enumerate(f.read()) if byte]
        os.remove(seen)
        return passes, round(seconds, 2), places_seen


def built_tests(build, only):
    """All, or those with the given names."""
    names = [n for n in programs() if not only or n in only]
    scripts = [n for n in SCRIPTS if not only or n in only]
    build.make(names + (COMMANDS if scripts else []))
    return [Test(n, [os.path.abspath(f"{build.where}/tests/{n}")], build)
            for n in names] + \
        [Test(n, ["sh", f"tests/cli/{n}.sh"], build) for n in scripts]


def fate(number, tests):
    """The test that noticed; None: none did."""
    reaching = [(seconds, test, case) for test in tests
                for case, (seconds, seen) in test.cases.items()
                if number in seen]
    for seconds, test, case in sorted(reaching, key=lambda r: r[0]):
        # Far beyond what it takes, for the machine may be busy.
        limits = {"cpu": int(10 + 10 * seconds), "wall": 60 + 20 * seconds}
        returned = test.run(number, case, **limits)
        if returned is None:
            return f"{case or test.name} (too long)"
        # Once more: what fails now and then has noticed nothing.
        if returned != 0 and test.run(number, case, **limits) != 0:
            return case or test.name
    return None


# ---- going on after a stop -------------------------------------------------

class Journal:
    """What was found out stays true of the same sources: a line each."""

    def __init__(self, path):
        self.path, self.known, self.lock = path, {}, threading.Lock()
        if os.path.exists(path):
            for line in read(path).splitlines():
                key, value = json.loads(line)
                self.known[key] = value

    def get(self, key, find):
        if key not in self.known:
            value = find()
            with self.lock, open(self.path, "a", encoding="utf-8") as f:
                f.write(json.dumps([key, value]) + "\n")
            self.known[key] = value
        return self.known[key]


def hash_of(*parts):
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def hash_of_files(*folders):
    return hash_of(*(part for path in sources(folders)
                     if not path.startswith("tests/mutate/")
                     for part in (path, read(path))))


# ---- what is known to change nothing --------------------------------------

def equivalents():
    """known.txt: FILE | CHANGE | SOURCE LINE, and the reason indented below;
    with | 2 behind it the second such change alone."""
    known = {line.strip() for line in read(f"{HERE}/known.txt").splitlines()
             if line and line[0] not in "# \t"}
    there = {f"{p.path} | {p.kind} | {p.source}"
             for path in {line.split(" | ")[0] for line in known}
             if os.path.exists(path) for p in places(path, read(path))}
    for line in sorted(known):
        if line not in there and line.rpartition(" | ")[0] not in there:
            print(f"known.txt: there is no such place: {line}")
    return known


def options():
    parse = argparse.ArgumentParser(prog="mutate.sh", description=__doc__)
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--places", type=int, default=200)
    parse.add_argument("--only", help="numbers of places, with commas")
    parse.add_argument("--tests", help="names of programs, with commas")
    parse.add_argument("--list", action="store_true", help="the places alone")
    parse.add_argument("--longest", type=float, default=20.0,
                       help="seconds of a case that is used")
    parse.add_argument("--sanitize", default="",
                       help="address,undefined: sees reads out of bounds")
    parse.add_argument("--jobs", type=int, default=os.cpu_count())
    parse.add_argument("folders", nargs="*", default=FOLDERS,
                       help="or files")
    return parse.parse_args()


def find_cases(tests, longest, pool, look_up):
    """Run each case as it is; one that fails, or takes long, is left out."""
    cases = [(t, c) for t in tests for c in t.listed()]
    for (test, case), (passes, seconds, seen) in zip(
            cases, pool.map(lambda tc: look_up(*tc), cases)):
        if not passes:
            print(f"left out, fails as it is: {case or test.name}")
        elif seconds > longest:
            print(f"left out, takes {seconds:.0f} s: {case or test.name}")
        else:
            test.cases[case] = (seconds, frozenset(seen))
    used = [seconds for t in tests for seconds, _ in t.cases.values()]
    print(f"{len(used)} cases, {sum(used):.0f} s")


def tell(n, place: Place, what):
    print(f"{n} {place.path}:{place.line}:{place.column} | {place.kind} | "
          f"{place.source} | {what}")


def tell_sums(outcomes):
    print()
    for folder in sorted({folder for folder, _ in outcomes}) + [None]:
        told = [o for f, o in outcomes if folder in (f, None)]
        print(f"{folder or 'all'}: {len(told)} places",
              *(f"{told.count(o)} {o}" for o in OUTCOMES), sep=", ")


def main():
    args = options()
    sys.stdout.reconfigure(line_buffering=True)
    chosen = choose(args.folders, args.seed, args.places)
    numbers = [int(n) for n in args.only.split(",")] if args.only else \
        list(chosen)
    known = equivalents()
    if args.list:
        for n in numbers:
            tell(n, chosen[n], "")
        return 0
    copy_tree(chosen)
    build = Build(args.sanitize)
    only = args.tests and args.tests.split(",")
    tests = built_tests(build, only)
    shutil.rmtree(TMP, ignore_errors=True)
    os.makedirs(TMP)
    journal = Journal(f"{WORK}/journal")
    libraries = hash_of(hash_of_files("format", "lib"), args.sanitize)
    everything = hash_of(libraries, hash_of_files("tests"))
    woven_in = hash_of(everything, *(p.name for p in chosen.values()))
    asked = hash_of(everything, str(args.longest), *(only or []))
    outcomes = []

    def is_known(n):
        place = chosen[n]
        of = f"{place.path} | {place.kind} | {place.source}"
        return of in known or f"{of} | {place.nth}" in known

    def look_up(test, case):
        return journal.get(hash_of(woven_in, test.name, case),
                           lambda: test.baseline(case))

    def decide(n):
        """Who noticed holds for other tests too; that nobody did does not."""
        name = chosen[n].name
        if is_known(n):
            return None
        noticed = journal.known.get(hash_of(libraries, name))
        if noticed:
            return noticed
        noticed = journal.get(hash_of(asked, name),
                              lambda: fate(n, tests))
        return noticed and journal.get(hash_of(libraries, name),
                                       lambda: noticed)

    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        find_cases(tests, args.longest, pool, look_up)
        decided = {pool.submit(decide, n): n for n in numbers}
        for future in concurrent.futures.as_completed(decided):
            n, noticed = decided[future], future.result()
            if noticed:
                outcome, more = "noticed", f" by {noticed}"
            elif is_known(n):
                outcome, more = "known to change nothing", ""
            elif any(n in seen for t in tests for _, seen in t.cases.values()):
                outcome, more = "NOT NOTICED", ""
            else:
                outcome, more = "NOT REACHED", ""
            tell(n, chosen[n], outcome + more)
            outcomes.append((os.path.dirname(chosen[n].path), outcome))
    tell_sums(outcomes)
    shutil.rmtree(TMP, ignore_errors=True)
    return any(o.startswith("NOT") for _, o in outcomes)


sys.exit(main())
