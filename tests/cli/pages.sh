#!/bin/sh
# Help, man pages and completion: the same options in all of them, lines of at
# most 80 columns, no warning of groff, bash or zsh.
. tests/cli/lib.sh.inc

version=$(sed -n 's/.*define VSX_VERSION "\(.*\)".*/\1/p' "$here/lib/vsx.h")
for command in $(cd "$here/tools/man" && basename -s .1 -- *.1); do
	page=$bin/man/$command.1
	run 0 $command --version
	[ "$(cat "$tmp/out")" = "$command $version" ] || fail "$command --version"
	run 0 $command --help
	cp "$tmp/out" help
	[ "$(awk 'length > 80' help)" = "" ] || fail "$command --help is too wide"
	run 0 $command --print-options
	grep -v '^-' "$tmp/out" | cut -f 1,2 >options
	# What it may end with, and how it is used.
	has help "Exit status: 0 "
	has help Examples
	grep -q "^  .*$command " help || fail "no example in $command --help"
	while read -r long letter; do
		has help "--$long"
		grep -q "^\.B.*\\\\-\\\\-$(echo "$long" | sed 's/-/\\\\-/g')\>" \
			"$page" || fail "no --$long in $command.1"
		[ "$letter" = - ] || {
			has help "-$letter, --$long"
			grep -q "^\.BR \\\\-$letter \", \" \\\\-\\\\-" "$page" ||
				fail "no -$letter in $command.1"
		}
	done <options
	# and the other way round: no option in the page that is none
	sed -n 's/^\.B[RI]* .*\\-\\-\([a-z][a-z0-9\\-]*\).*/\1/p' "$page" |
		tr -d '\\' | sort -u >named
	while read -r long; do
		grep -q "^$long	" options || fail "--$long is in $command.1 only"
	done <named
	for section in NAME SYNOPSIS DESCRIPTION OPTIONS "EXIT STATUS" \
	    ENVIRONMENT FILES EXAMPLES CAVEATS "SEE ALSO"; do
		grep -qxF ".SH $section" "$page" || fail "no $section in $command.1"
	done
	has "$page" "VSX $version"
	if command -v groff >/dev/null; then
		groff -man -Tutf8 -ww -b "$page" >formatted 2>warnings ||
			fail "groff: $command.1"
		[ ! -s warnings ] || { fail "warnings of groff"; cat warnings; }
	fi
	if command -v mandoc >/dev/null; then
		mandoc -Tlint -Wwarning "$page" || fail "mandoc: $command.1"
	fi

	bash_script=$bin/completion/$command
	zsh_script=$bin/completion/_$command
	if command -v bash >/dev/null; then
		bash -n "$bash_script" || fail "bash: $command"
		bash -c ". '$bash_script'; COMP_WORDS=($command --he)
			COMP_CWORD=1; _$(echo $command | tr - _)
			echo \"\${COMPREPLY[@]}\"" >"$tmp/out"
		[ "$(cat "$tmp/out")" = --help ] || fail "bash completes $command --he"
	fi
	if command -v zsh >/dev/null; then
		zsh -n "$zsh_script" || fail "zsh: $command"
	fi
	if command -v fish >/dev/null; then
		fish -n "$bin/completion/$command.fish" || fail "fish: $command"
	fi
	# An option a line, and no line of another form.
	while read -r long letter; do
		line="complete -c $command -l $long"
		[ "$letter" = - ] || line="$line -s $letter"
		grep -q "^$line .*-d '.*'$" "$bin/completion/$command.fish" ||
			fail "fish: no --$long of $command"
	done <options
	! grep -v "^complete -c $command \|^#" "$bin/completion/$command.fish" ||
		fail "fish: other lines for $command"
done

# completes COMMAND DUE WORD...: what bash offers for the last word
completes() {
	command=$1 due=$2
	shift 2
	bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
		_${1//-/_}; echo "${COMPREPLY[*]}"' \
		"$bin/completion/$command" "$command" "$@" >"$tmp/out"
	[ "$(cat "$tmp/out")" = "$due" ] || {
		fail "bash completes $command $*, expected '$due':"
		cat "$tmp/out"
	}
}
command -v bash >/dev/null || finish
completes vsx-build cosine --metric c
completes vsx-build cosine --metric = c
completes vsx-build cosine -m c
completes vsx-build "HNSW HNSW16 HNSW32 HNSW32,SQ8 HNSW32,SQ8,G32" -i H
completes vsx-compact "IVF IVF256,Flat IVF1024,Flat IVF4096,Flat IVF,PQ32x4fs" --spec I
completes vsx-bench auto --spec a
completes vsx-verify "model metric missing moved" --allow m
completes vsx-query "table tsv" --format t
completes vsx-backup "create list verify restore prune" ""
completes vsx-backup verify v
touch one.vsx
completes vsx-backup one.vsx create one
completes vsx-info one.vsx one
completes vsx-verify one.vsx --repair one
completes vsx-bench one.vsx --svg one
has "$bin/completion/_vsx-backup" "'1:command:(create list verify restore prune)'"
has "$bin/completion/_vsx-build" ':SPEC:(auto Flat IVF '
has "$bin/completion/vsx-backup.fish" \
	"-f -a 'create list verify restore prune' -d 'what to do'"
has "$bin/completion/vsx-build.fish" "-l spec -s i -x -a 'auto Flat IVF "
has "$bin/completion/vsx-build.fish" "-l metric -s m -x -a 'l2 ip cosine' "
has "$bin/completion/vsx-build.fish" "-l output -s o -r -F "
finish
