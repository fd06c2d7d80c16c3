#!/bin/sh
# Who may do what with a file: whatever takes the place of another one keeps its
# mode, owner and group; what is new follows the umask.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

word_rows 0 300 base.fbin
word_rows 300 100 more.fbin
run 0 vsx-build base.fbin -o base.vsx -i Flat -q
run 0 vsx-backup create base.vsx repo --name one -q
run 0 vsx-backup create base.vsx --to-stdout
cp "$tmp/out" stream

receive() {
	vsx-backup restore - -o "$1" -f -q <stream
}
owner=$(stat -c '%u %g' base.vsx)
[ "$(id -u)" = 0 ] && owner='12345 23456'

for mode in 600 640 664 606 444; do
	cp base.vsx i.vsx
	chmod u+w i.vsx
	chmod $mode i.vsx
	[ "$(id -u)" != 0 ] || chown 12345:23456 i.vsx
	while read -r command; do
		case $mode:$command in
		444:vsx-add* | 444:"vsx-compact i.vsx"*)
			[ "$(id -u)" = 0 ] || continue ;;
		esac
		# shellcheck disable=SC2086
		run 0 $command
		[ ! -s "$tmp/err" ] || fail "$command: $(cat "$tmp/err")"
		[ "$(stat -c '%a %u %g' i.vsx)" = "$mode $owner" ] ||
			fail "$command: $(stat -c '%a %u %g' i.vsx)," \
				"expected $mode $owner"
	done <<'END'
vsx-build more.fbin -o i.vsx -i Flat -f -q
vsx-add i.vsx base.fbin -q
vsx-compact i.vsx -q
vsx-compact base.vsx -o i.vsx -f -q
vsx-verify base.vsx --repair i.vsx -f -q
vsx-backup restore repo one -o i.vsx -f -q
receive i.vsx
END
	rm -f i.vsx
done

umask 027
run 0 vsx-build more.fbin -o a.vsx -i Flat -q
run 0 vsx-compact base.vsx -o b.vsx -q
run 0 vsx-verify base.vsx --repair c.vsx -q
run 0 vsx-backup restore repo one -o d.vsx -q
run 0 receive e.vsx
for i in a b c d e; do
	[ "$(stat -c %a $i.vsx)" = 640 ] || fail "$i.vsx: $(stat -c %a $i.vsx)"
done
[ -z "$(find . -name '.*.vsx*')" ] || fail "left: $(find . -name '.*.vsx*')"
finish
