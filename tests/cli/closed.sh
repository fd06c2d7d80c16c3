#!/bin/sh
# Standard input, output or error may be closed: then no file that is opened
# takes its place, to be written to with what was meant for a terminal.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

word_rows 0 300 base.fbin
word_rows 300 40 more.fbin
echo 123456789 >unknown.txt

sound() {
	vsx-verify w.vsx --level pages >"$tmp/out" 2>&1 ||
		{ fail "after: $*"; cat "$tmp/out"; }
}

run 0 vsx-build base.fbin -o w.vsx -i Flat
vsx-delete w.vsx --ids unknown.txt 2>&- && sound "vsx-delete 2>&-"
vsx-delete w.vsx 1 2 3 4 5 6 7 8 9 77777777 88888888 >&- 2>&-
sound "vsx-delete >&- 2>&-"
vsx-add w.vsx more.fbin 2>&- >&-
sound "vsx-add 2>&- >&-"
vsx-add w.vsx - 2>&- >&- <&-
sound "vsx-add - <&-"
vsx-compact w.vsx <&- >&- 2>&-
sound "vsx-compact <&- >&- 2>&-"
refused 3 "standard input" -- sh -c "vsx-build - --dim 4 -o n.vsx <&-"
refused 3 "descriptor 0 is not open for reading" -- \
	sh -c "vsx-backup restore - -o n.vsx <&-"
refused 3 "descriptor 1 is not open for writing" -- \
	sh -c "vsx-backup create w.vsx --to-stdout >&-"
finish
