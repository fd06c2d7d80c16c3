#!/bin/sh
# The code is as .clang-format lays it out, and what messages count is "1 row" and
# "2 rows": vsx_s() of plural.h has the ending.
set -eu
counted='(rows|pages|queries|ids|lists|segments|chunks|snapshots|vectors|components|neighbours|levels|checks)'
if grep -rnE "(%(u|zu|llu)|PRIu(32|64) \") $counted\\b|^[[:space:]]*\" $counted\\b" \
	format lib tools --include='*.c'; then
	echo 'a count with a fixed plural'
	exit 1
fi
if ! command -v clang-format-14 >/dev/null; then
	echo 'clang-format-14 is not there'
	exit 77
fi
find format lib tools tests bench -name '*.[ch]' -print0 |
	xargs -0 clang-format-14 --dry-run --Werror
