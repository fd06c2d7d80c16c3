"""Break the libraries one place at a time and see which tests notice."""
import argparse
import concurrent.futures
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

from places import Place, overlaps, places, woven

FOLDERS = ["format", "lib/read", "lib/segment", "lib/kind", "lib/io"]
# Tests of the commands, of what is measured and of the kernels say nothing of
# these folders; one script holds the commands to every rule of the format.
TESTS = ["format", "io", "kind", "read", "write", "living", "train", "crash",
         "backup"]
SCRIPTS = ["spec_reader"]
COMMANDS = ["vsx-build", "vsx-add", "vsx-delete", "vsx-compact", "vsx-query",
            "vsx-info", "vsx-verify", "vsx-backup"]
WORK = "build/mutate"
SRC, TMP = WORK + "/src", WORK + "/tmp"
SEEN_BYTES = 65536
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
            continue
        found += [f"{folder}/{name}" for name in sorted(os.listdir(folder))
                  if name.endswith((".c", ".h"))]
    return found


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
    """Numbered from 1, the same for the same sources and seed."""
    found = [p for path in sources(folders) for p in places(path, read(path))]
    print(f"{len(found)} places in {' '.join(folders)}")
    random.Random(seed).shuffle(found)
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
    return [name[:-2] for folder in TESTS
            for name in sorted(os.listdir(f"{SRC}/tests/{folder}"))
            if name.startswith("test_") and name.endswith(".c")]


def build(where, sanitize):
    shell("cmake", "-S", SRC, "-B", where, "-DCMAKE_BUILD_TYPE=Release",
          "-DVSX_BUILD_TESTS=ON", "-DCMAKE_C_FLAGS_RELEASE=-O1 -DNDEBUG",
          f"-DVSX_SANITIZE={sanitize}",
          f"-DCMAKE_C_FLAGS=-w -idirafter {os.path.abspath(SRC)}/tests/mutate",
          stdout=subprocess.DEVNULL)
    shell("cmake", "--build", where, "-j", str(os.cpu_count()), "--target",
          *programs(), *(COMMANDS if SCRIPTS else []),
          stdout=subprocess.DEVNULL)


# ---- running -------------------------------------------------------------

class Test:
    def __init__(self, name, words, where, sanitized):
        self.name, self.words = name, words
        self.where, self.sanitized = os.path.abspath(where), sanitized
        self.seconds, self.seen = 0.0, b""

    def run(self, number=0, seen=None, cpu=600, wall=1200):
        """What it returned; None when it took too long."""
        tmp = f"{TMP}/{number}-{self.name}"
        os.makedirs(tmp)
        env = dict(os.environ, VSX_MUTANT=str(number),
                   VSX_BUILD=self.where,
                   TMPDIR=os.path.abspath(tmp))
        if seen:
            env["VSX_MUTANT_SEEN"] = os.path.abspath(seen)

        def limits():
            # A loop without end, or memory without: of each process.
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
            if not self.sanitized:
                resource.setrlimit(resource.RLIMIT_DATA, (4 << 30, 4 << 30))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        process = subprocess.Popen(
            self.words, env=env, cwd=SRC, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, preexec_fn=limits)
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


def all_tests(where, sanitized):
    tests = [Test(name, [os.path.abspath(f"{where}/tests/{name}"),
                         "--fail-fast", "--jobs", "1"], where, sanitized)
             for name in programs()]
    return tests + [Test(name, ["sh", f"tests/cli/{name}.sh"], where,
                         sanitized) for name in SCRIPTS]


def baseline(test):
    """Without a change: it must pass. Which places it comes by."""
    seen = f"{TMP}/{test.name}.seen"
    with open(seen, "wb") as f:
        f.truncate(SEEN_BYTES)
    begin = time.monotonic()
    returned = test.run(seen=seen)
    test.seconds = time.monotonic() - begin
    with open(seen, "rb") as f:
        test.seen = f.read()
    os.remove(seen)
    return returned


def fate(number, tests):
    """The test that noticed, with how; None: none did."""
    for test in tests:
        if not test.seen[number]:
            continue
        limit = int(20 + 10 * test.seconds)
        returned = test.run(number, cpu=limit, wall=60 + 3 * limit)
        if returned is None:
            return f"{test.name} (too long)"
        if returned != 0:
            return test.name
    return None


# ---- what is known to change nothing --------------------------------------

def equivalents():
    """known.txt: FILE | CHANGE | SOURCE LINE, and the reason indented below."""
    known = set()
    for line in read(f"{HERE}/known.txt").splitlines():
        if line and line[0] not in "# \t":
            known.add(tuple(part.strip() for part in line.split(" | ")))
    return known


def main():
    parse = argparse.ArgumentParser(prog="mutate.sh", description=__doc__)
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--places", type=int, default=200)
    parse.add_argument("--only", help="numbers of places, with commas")
    parse.add_argument("--list", action="store_true", help="the places alone")
    parse.add_argument("--longest", type=float, default=20.0,
                       help="seconds of a test that is used")
    parse.add_argument("--sanitize", default="",
                       help="address,undefined: sees reads out of bounds")
    parse.add_argument("--jobs", type=int, default=os.cpu_count())
    parse.add_argument("folders", nargs="*", default=FOLDERS,
                       help="or files")
    args = parse.parse_args()
    sys.stdout.reconfigure(line_buffering=True)

    chosen = choose(args.folders, args.seed, args.places)
    numbers = [int(n) for n in args.only.split(",")] if args.only else \
        list(chosen)
    if args.list:
        for n in numbers:
            tell(n, chosen[n], "")
        return 0
    copy_tree(chosen)
    where = f"{WORK}/bin" + "".join(f"-{s}" for s in args.sanitize.split(",")
                                    if s)
    build(where, args.sanitize)
    shutil.rmtree(TMP, ignore_errors=True)
    os.makedirs(TMP)
    tests = []
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for test, returned in pool.map(lambda t: (t, baseline(t)),
                                       all_tests(where,
                                                 bool(args.sanitize))):
            if returned != 0:
                print(f"left out, fails as it is: {test.name}")
            elif test.seconds > args.longest:
                print(f"left out, takes {test.seconds:.0f} s: {test.name}")
            else:
                tests.append(test)
        tests.sort(key=lambda t: t.seconds)
        print(f"{len(tests)} tests, {sum(t.seconds for t in tests):.0f} s")
        survivors, known = 0, equivalents()
        for n, killer in zip(numbers, pool.map(lambda n: fate(n, tests),
                                               numbers)):
            place = chosen[n]
            if killer:
                tell(n, place, f"noticed by {killer}")
            elif (place.path, place.kind, place.source) in known:
                tell(n, place, "changes nothing, see known.txt")
            else:
                survivors += 1
                reached = any(t.seen[n] for t in tests)
                tell(n, place, "NOT NOTICED" if reached else "NOT REACHED")
    print(f"{len(numbers)} places, {survivors} not noticed")
    shutil.rmtree(TMP, ignore_errors=True)
    return survivors > 0


def tell(n, place: Place, what):
    print(f"{n} {place.path}:{place.line} | {place.kind} | {place.source}"
          f" | {what}")


sys.exit(main())
