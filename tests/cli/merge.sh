#!/bin/sh
# vsx-compact of several indexes: one that answers like one built over all of
# them, and what cannot be merged is refused, naming what differs.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

word_rows 0 600 all.fbin
word_rows 0 200 a.fbin
word_rows 200 200 b.fbin
word_rows 400 200 c.fbin
word_rows 5000 50 queries.fbin
seq 1000 1199 >b.txt
seq 5000 5199 >c.txt
{ seq 0 199; cat b.txt c.txt; } >all.txt

for spec in Flat IVF16,Flat HNSW8; do
	run 0 vsx-build a.fbin -o a.vsx -i $spec -q -f --model glove
	run 0 vsx-build b.fbin -o b.vsx -i Flat -q -f --ids b.txt
	run 0 vsx-build c.fbin -o c.vsx -i $spec -q -f --ids c.txt
	run 0 vsx-compact a.vsx b.vsx c.vsx -o merged.vsx -f
	has "$tmp/out" "merged.vsx: $spec over 600 rows"
	run 0 vsx-verify merged.vsx
	run 0 vsx-info merged.vsx
	has "$tmp/out" "model       glove"
	run 0 vsx-build all.fbin --ids all.txt -o due.vsx -i $spec -q -f
	run 0 vsx-query due.vsx queries.fbin --exact --format tsv -o due.tsv
	run 0 vsx-query merged.vsx queries.fbin --exact --format tsv -o got.tsv
	same due.tsv got.tsv
	run 0 vsx-query due.vsx queries.fbin --format tsv -o due.tsv
	run 0 vsx-query merged.vsx queries.fbin --format tsv -o got.tsv
	same due.tsv got.tsv
	rm due.tsv got.tsv
	# Rows that are deleted in one of them are not in the merged one, and
	# their ids are free for another.
	run 0 vsx-delete a.vsx --id 5 -q
	sed '1s/.*/5/' b.txt >five.txt
	run 0 vsx-build b.fbin -o b.vsx -i Flat -q -f --ids five.txt
	run 0 vsx-compact a.vsx b.vsx -o merged.vsx -f --json
	[ "$(field rows)" = 399 ] || fail "rows in --json"
	[ "$(field dropped)" = 1 ] || fail "dropped in --json"
	run 0 vsx-verify merged.vsx
done

# What does not fit together.
run 0 vsx-build b.fbin -o cosine.vsx -i Flat -m cosine -q --ids b.txt
run 0 vsx-build b.fbin -o half.vsx -i Flat -e f16 -q --ids b.txt
fvecs two.fvecs "$one$two"
run 0 vsx-build two.fvecs -o two.vsx -q
refused 2 two.vsx 2 50 -- vsx-compact c.vsx two.vsx -o new.vsx
refused 2 cosine.vsx cosine l2 -- vsx-compact c.vsx cosine.vsx -o new.vsx
refused 2 half.vsx f16 f32 -- vsx-compact c.vsx half.vsx -o new.vsx
# The same id in both: named.
run 0 vsx-build a.fbin -o a.vsx -i Flat -q -f
seq 199 398 >near.txt
run 0 vsx-build b.fbin -o near.vsx -i Flat -q --ids near.txt
refused 2 "id 199" -- vsx-compact a.vsx near.vsx -o new.vsx
refused 2 "id 0" -- vsx-compact a.vsx a.vsx -o new.vsx

refused 2 -o -- vsx-compact a.vsx b.vsx
refused 2 c.vsx --force -- vsx-compact a.vsx b.vsx -o c.vsx
refused 2 b.vsx input -- vsx-compact a.vsx b.vsx -o b.vsx --force
refused 4 a.fbin -- vsx-compact a.fbin -o new.vsx
refused 4 a.fbin -- vsx-compact a.vsx a.fbin -o new.vsx
refused 2 missing.vsx -- vsx-compact missing.vsx -o new.vsx
refused 2 PQ8 -- vsx-compact a.vsx -o new.vsx -i PQ8
finish
