#!/bin/sh
# What vsx-add and vsx-delete refuse, and that the index stays what it was, to
# the byte.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

word_rows 0 300 base.fbin
word_rows 300 40 more.fbin
run 0 vsx-build base.fbin -o i.vsx -i IVF8,Flat -m cosine -q

# Ids that are live: up to ten of them are named.
seq 1000 1039 >new.txt
sed '5s/.*/123/; 7s/.*/45/' new.txt >two.txt
refused 2 123 45 -- vsx-add i.vsx more.fbin --ids two.txt
seq 260 299 >all.txt
refused 2 260 -- vsx-add i.vsx more.fbin --ids all.txt
[ "$(grep -o '2[6-9][0-9]' "$tmp/err" | sort -u | wc -l)" = 10 ] ||
	{ fail "not ten ids are named"; cat "$tmp/err"; }
# twice among the new ones, also with --replace
sed '9s/.*/1003/' new.txt >twice.txt
refused 2 1003 -- vsx-add i.vsx more.fbin --ids twice.txt
refused 2 1003 -- vsx-add i.vsx more.fbin --ids twice.txt --replace
refused 2 all.txt 40 300 -- vsx-add i.vsx base.fbin --ids all.txt

# Inputs that do not fit.
fvecs two.fvecs "$one$two"
refused 2 two.fvecs 2 50 -- vsx-add i.vsx two.fvecs
refused 2 -- vsx-add i.vsx missing.npy
refused 2 "--dim 7" "rows of 50" -- vsx-add i.vsx - --dim 7
refused 2 words.txt -- vsx-add i.vsx "$words/words.txt"
{ le32 2; le32 50; head -c 200 more.fbin; head -c 200 /dev/zero; } >nought.fbin
refused 2 nought.fbin "row 1" -- vsx-add i.vsx nought.fbin
refused 2 new.txt "40 ids" "80 rows" -- vsx-add i.vsx more.fbin more.fbin --ids new.txt

# No index, no rows, no ids.
cp more.fbin new.fbin
refused 4 new.fbin -- vsx-add new.fbin more.fbin
head -c 70000 /dev/zero >zeros
refused 4 zeros -- vsx-add zeros more.fbin
refused 4 words.txt -- vsx-delete "$words/words.txt" --id 1
refused 2 missing.vsx -- vsx-add missing.vsx more.fbin
refused 2 "an INDEX and an INPUT" -- vsx-add i.vsx
refused 4 more.fbin -- vsx-delete more.fbin --id 1
refused 2 missing.vsx -- vsx-delete missing.vsx --id 1
refused 2 --ids -- vsx-delete i.vsx
refused 2 ids.txt -- vsx-delete i.vsx --ids ids.txt
printf '1\ntwo\n' >bad.txt
refused 2 bad.txt two -- vsx-delete i.vsx --ids bad.txt
refused 2 "'-1'" -- vsx-delete i.vsx --id -1
refused 2 unexpected -- vsx-delete i.vsx j.vsx --id 1

# Raw rows on standard input are of the index's dimension.
run 0 sh -c "tail -c +9 more.fbin | vsx-add i.vsx - --json"
[ "$(field added)" = 40 ] || fail "raw rows"
run 0 sh -c "tail -c +9 more.fbin | vsx-add i.vsx - --dim 50"
run 0 vsx-verify i.vsx

# A file that may not be written.
if [ "$(id -u)" != 0 ]; then
	chmod 444 i.vsx
	refused 3 i.vsx -- vsx-add i.vsx more.fbin
	refused 3 i.vsx -- vsx-delete i.vsx --id 1
	chmod 644 i.vsx
fi
finish
