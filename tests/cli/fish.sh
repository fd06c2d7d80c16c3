#!/bin/sh
# What fish itself offers with the completion scripts that were built for it.
. tests/cli/lib.sh.inc

command -v fish >/dev/null || skip "no fish to complete with"
HOME=$tmp # its settings and history
XDG_CONFIG_HOME=$tmp
export HOME XDG_CONFIG_HOME

# offers DUE LINE: the words that fish offers for the end of the line, sorted
offers() {
	command=${2%% *}
	fish --no-config -c "source $bin/completion/$command.fish
		complete -C '$2'" >"$tmp/out" 2>"$tmp/err" || fail "fish: $2"
	[ ! -s "$tmp/err" ] || { fail "fish: $2"; cat "$tmp/err"; }
	got=$(cut -f 1 "$tmp/out" | sort | paste -s -d " " -)
	[ "$got" = "$1" ] || fail "fish completes '$2' with '$got', expected '$1'"
}

touch one.vsx
offers cosine 'vsx-build --metric c'
offers --metric=cosine 'vsx-build --metric=c'
offers cosine 'vsx-build -m c'
offers 'HNSW HNSW16 HNSW32 HNSW32,SQ8 HNSW32,SQ8,G32' 'vsx-build -i H'
offers --help 'vsx-query --he'
offers '--nlist-sample --normalize' 'vsx-build --n'
offers 'create list prune restore verify' 'vsx-backup '
offers verify 'vsx-backup ver'
offers one.vsx 'vsx-backup verify o'
offers one.vsx 'vsx-info o'
offers one.vsx 'vsx-build -o o'
offers one.vsx 'vsx-build --output o'
offers '' 'vsx-build --seed o' # a number: no file

# Every option, and what it is for.
for command in $(cd "$here/tools/man" && basename -s .1 -- *.1); do
	$command --print-options | grep -v '^-' | cut -f 1,5 | sed 's/^/--/' |
		sort >due
	fish --no-config -c "source $bin/completion/$command.fish
		complete -C '$command --'" | sort >"$tmp/out"
	same due "$tmp/out"
done
finish
