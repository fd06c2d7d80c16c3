#!/bin/sh
# The code is as .clang-format lays it out.
set -eu
if ! command -v clang-format-14 >/dev/null; then
	echo 'clang-format-14 is not there'
	exit 77
fi
find format lib tools tests bench -name '*.[ch]' -print0 |
	xargs -0 clang-format-14 --dry-run --Werror
