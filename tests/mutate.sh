#!/bin/sh
# What the tests would not notice: weaves changes into the libraries (a
# comparison, a check, a bound, one at a time), runs the cases of the tests that
# come by the place, quickest first, and lists the changes that none notices. All
# of it in a copy under build/mutate, where a run that was stopped goes on. Two
# hundred places take an hour or two; --longest 3 leaves out slow cases, --tests
# all programs but some.
# usage: mutate.sh [--seed N] [--places N] [--only NUMBERS] [--list]
#        [--longest SECONDS] [--tests NAMES] [--sanitize address,undefined]
#        [--jobs N] [FOLDER or FILE...]
set -eu
cd "$(dirname "$0")/.."
exec python3 tests/mutate/run.py "$@"
