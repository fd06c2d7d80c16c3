#!/bin/sh
# The program in the README compiles as it stands and finds neighbours.
. tests/cli/lib.sh.inc

case $(sed -n 's/^VSX_SANITIZE:STRING=//p' "$here/$VSX_BUILD/CMakeCache.txt" \
	"$VSX_BUILD/CMakeCache.txt" 2>/dev/null) in
?*) skip 'a build with a sanitizer is not linked with the plain compiler' ;;
esac
lib=$bin/..
sed -n '/^```c$/,/^```$/p' "$here/README.md" | sed '1d;$d' >example.c
[ -s example.c ] || fail "no program in README.md"
run 0 cc -std=c11 -Wall -Wextra -Werror -I"$lib/include" example.c \
	"$lib/libvsx.a" -llz4 -lxxhash -lm -lpthread -o example
mkdir build
run 0 vsx-build "$words/vectors.npy" -o build/words.vsx -i Flat -m cosine
run 0 ./example
[ "$(wc -l <"$tmp/out")" = 10 ] || fail "not ten neighbours"
finish
