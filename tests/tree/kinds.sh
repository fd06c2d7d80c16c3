#!/bin/sh
# Which index kinds there are is known in lib/kind, in the list of format/kinds.h
# and by the public numbers: nothing else asks which one it has before it.
set -eu
bad=0

complain() {
	found=$(cat)
	[ -z "$found" ] && return
	echo "$1:"
	echo "$found"
	bad=1
}

elsewhere() {
	grep -rnE "$1" format lib tools --include='*.[ch]' |
		grep -vE '^(lib/kind/|format/kinds\.h:|format/vsx_types\.h:)' || true
}

elsewhere '\bVSX_(FLAT|IVF|HNSW)\b' >/tmp/kinds.$$
complain 'a number of a kind' </tmp/kinds.$$
elsewhere '\bvsx_(kind_|kind_build_)?(flat|ivf|hnsw)(_|\b)' >/tmp/kinds.$$
complain 'a part of a kind' </tmp/kinds.$$
elsewhere '"kind/(flat|ivf|hnsw)/' >/tmp/kinds.$$
complain 'a header of a kind' </tmp/kinds.$$
elsewhere 'switch \(.*(->|\.)kind(->code)?\)|(->|\.)(kind|code) *[!=]= *(VSX|[0-9])' >/tmp/kinds.$$
complain 'a decision by kind' </tmp/kinds.$$
elsewhere 'cmp\(.*"(Flat|IVF|HNSW)' >/tmp/kinds.$$
complain 'a comparison with the name of a kind' </tmp/kinds.$$
rm -f /tmp/kinds.$$

# A kind is a folder and a line of the list, and either has the other.
listed=$(sed -n 's/^\tX(VSX_[A-Z0-9_]*, "[^"]*", \([a-z0-9_]*\)).*/\1/p' \
	format/kinds.h | sort)
folders=$(for d in lib/kind/*/; do
	grep -qE 'struct vsx_kind vsx_kind_' "$d"*.c && basename "$d"
done | sort)
[ "$listed" = "$folders" ] || {
	echo "format/kinds.h lists" $listed "and lib/kind has" $folders
	bad=1
}
exit $bad
