#!/bin/sh
# An independent reader, written from SPEC.md, and the commands say the same of
# every golden file, of indexes of all kinds, of files that break one rule each,
# and of random changes with right checksums. See tests/spec/.
. tests/cli/lib.sh.inc

command -v python3 >/dev/null || skip "python3 is not there"
# Of random changes a few: a sanitizer sees what is read, not what is said.
[ -z "${sanitize:-}" ] || export VSX_SPEC_MUTANTS="${VSX_SPEC_MUTANTS:-4}"
python3 "$here/tests/spec/compare.py" "$bin" "$tmp/work" \
	"$here"/tests/golden/*.vsx >"$tmp/said" ||
	fail "the reader and the commands differ"
cat "$tmp/said"
finish
