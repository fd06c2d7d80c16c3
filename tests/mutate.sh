#!/bin/sh
# What the tests would not notice: weaves changes into the libraries (a
# comparison, a check, a bound, one at a time), runs the tests that come by the
# place, quickest first, and lists the changes that none notices. All of it in a
# copy under build/mutate. Two hundred places take about an hour.
# usage: mutate.sh [--seed N] [--places N] [--only NUMBERS] [--list]
#        [--longest SECONDS] [--jobs N] [FOLDER or FILE...]
set -eu
cd "$(dirname "$0")/.."
exec python3 tests/mutate/run.py "$@"
