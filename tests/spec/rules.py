"""The rules that SPEC.md numbers, and the tests that break them: both ways.

A rule is broken by the tables of this folder, or by a test in C that names it
in a comment, such as [4.2.1-2].
"""

import glob
import os
import re
import sys

import broken_attached
import broken_columns
import broken_gates
import broken_content
import broken_layout
import broken_repository

TABLES = (
    broken_layout.TABLE,
    broken_content.TABLE,
    broken_attached.TABLE,
    broken_columns.TABLE,
    broken_gates.TABLE,
    broken_repository.TABLE,
    broken_repository.STREAMS,
)
NUMBER = re.compile(r"\[(\d+(?:\.\d+)*-\d+)\]")


def numbers_in(path):
    with open(path, encoding="utf-8") as f:
        return set(NUMBER.findall(f.read()))


def main():
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    due = numbers_in(os.path.join(top, "SPEC.md"))
    found = {case.rule for table in TABLES for case in table}
    for path in glob.glob(os.path.join(top, "tests", "*", "test_*.c")):
        found |= numbers_in(path)
    for rule in sorted(due - found):
        print("[%s] of SPEC.md: no test breaks it" % rule)
    for rule in sorted(found - due):
        print("[%s] of the tests: SPEC.md has no such rule" % rule)
    print("%d rules" % len(due))
    return due != found


if __name__ == "__main__":
    sys.exit(main())
