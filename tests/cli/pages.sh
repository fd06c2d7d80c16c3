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
	cut -f 1,2 "$tmp/out" >options
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
done
bash -c ". '$bin/completion/vsx-build'; COMP_WORDS=(vsx-build --metric c)
	COMP_CWORD=2; _vsx_build; echo \"\${COMPREPLY[@]}\"" >"$tmp/out"
[ "$(cat "$tmp/out")" = cosine ] || fail "bash completes --metric c"
finish
