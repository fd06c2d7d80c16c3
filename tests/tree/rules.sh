#!/bin/sh
# Each rule that SPEC.md numbers is broken by a test, and no other.
set -eu
command -v python3 >/dev/null || { echo 'python3 is not there'; exit 77; }
python3 tests/spec/rules.py
