#!/bin/sh
# The commands once more, linked with the shared libraries; and that commands
# and tests that are so linked call every function that there is.
. tests/cli/lib.sh.inc

build=$(cd "$bin/.." && pwd)
cd "$here" || exit 1
for script in living backup; do
	VSX_BUILD=$build/shared sh tests/cli/$script.sh >"$tmp/log" 2>&1 || {
		fail "$script.sh with the shared libraries"
		tail -5 "$tmp/log"
	}
done
cd "$tmp/work" || exit 1
for name in vsx vsxwrite; do
	sed -n 's/^[[:space:]]*\(vsx_[a-z_0-9]*\);$/\1/p' "$here/lib/$name.map"
done | sort >public
for program in "$build"/shared/tools/vsx-* "$build"/tests/*_shared; do
	nm -D --undefined-only "$program"
done | sed 's/.* //;s/@.*//' | sort -u >called
comm -23 public called >missing
[ ! -s missing ] || fail "never called: $(xargs <missing)"
finish
