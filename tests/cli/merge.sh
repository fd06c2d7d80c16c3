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

# Parts with default ids: refused, with both files and the two ways out.
for part in 1 2 3; do
	word_rows $((part * 200 - 200)) 200 part$part.fbin
	run 0 vsx-build part$part.fbin -o part$part.vsx -i Flat -q
done
refused 2 part1.vsx part2.vsx "id 0, 1, 2, 3, 4 and 195 more" --renumber \
	--id-offset -- vsx-compact part1.vsx part2.vsx part3.vsx -o new.vsx
refused 2 "'part1.vsx' and 'part1.vsx'" -- \
	vsx-compact part1.vsx part1.vsx -o new.vsx

# The examples of the man page, as they stand there: the first gives what one
# build of all would, the second ids that tell the part.
sed -n 's/\\-/-/g; s/^\(vsx-compact part1.*\)$/\1/p' \
	"$here/tools/man/vsx-compact.1" >examples
[ "$(wc -l <examples)" = 2 ] || fail "not two examples"
run 0 vsx-build all.fbin -o due.vsx -i Flat -q -f
run 0 sh -c "$(sed -n 1p examples)"
run 0 vsx-query due.vsx queries.fbin --exact --format tsv -o due.tsv
run 0 vsx-query all.vsx queries.fbin --exact --format tsv -o got.tsv
same due.tsv got.tsv
run 0 vsx-verify all.vsx
rm all.vsx got.tsv
run 0 sh -c "$(sed -n 2p examples)"
run 0 vsx-query all.vsx queries.fbin --exact --format tsv -o got.tsv
awk -F '\t' -v OFS='\t' '{ $3 = $3 % 200 + int($3 / 200) * 1000000; print }' \
	due.tsv >moved.tsv
cut -f 3 moved.tsv >due && cut -f 3 got.tsv >got && same due got
run 0 vsx-verify all.vsx
# A number for each; rows of several segments, deleted and replaced ones.
run 0 vsx-add part2.vsx part3.fbin --keep-segments -q
run 0 vsx-delete part2.vsx --id 0 --id 399 -q
run 0 vsx-compact part1.vsx part2.vsx -o all.vsx -f --renumber -q
rm got.tsv
run 0 vsx-query all.vsx all.fbin -k 1 --exact --format tsv -o got.tsv
seq 0 597 >due
cut -f 3 got.tsv | sort -nu >got
same due got
run 0 vsx-compact part1.vsx part2.vsx -o all.vsx -f --id-offset 5,1000 --json
[ "$(field rows)" = 598 ] || fail "rows with offsets"
run 0 vsx-query all.vsx --id 1001 -k 1
run 0 vsx-query all.vsx --id 5 -k 1
run 0 vsx-verify all.vsx
refused 2 "id 1 and an offset of 18446744073709551615" -- vsx-compact part2.vsx \
	-o new.vsx --id-offset 18446744073709551615
refused 2 "3 numbers for 2" -- vsx-compact part1.vsx part2.vsx -o new.vsx \
	--id-offset 1,2,3
refused 2 "2 numbers for 3" -- vsx-compact part1.vsx part2.vsx part3.vsx \
	-o new.vsx --id-offset 1,2
for bad in "" x 1, ,1 1,,2 -1 1.5 18446744073709551616; do
	refused 2 id-offset -- vsx-compact part1.vsx -o new.vsx \
		"--id-offset=$bad"
done
refused 2 "too large for 3" -- vsx-compact part1.vsx part2.vsx part3.vsx \
	-o new.vsx --id-offset 9223372036854775808
refused 2 "cannot be combined" -- vsx-compact part1.vsx -o new.vsx --renumber --id-offset 1

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
refused 2 LSH8 -- vsx-compact a.vsx -o new.vsx -i LSH8
finish
