"""Check indexes against SPEC.md: check.py INDEX..., one line for a finding."""

import sys

from index import Index


def main(paths):
    bad = 0
    for path in paths:
        with open(path, "rb") as f:
            index = Index(f.read())
        verdict = index.check()
        print("%s: %s" % (path, verdict))
        for rule, kind, text in index.findings:
            print("    [%s] %s (%s)" % (rule, text, kind))
        bad += verdict != "sound"
    return bad > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
