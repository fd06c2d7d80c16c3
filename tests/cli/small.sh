#!/bin/sh
# Indexes that are begun small and grow, or shrink and grow again, become what
# was asked for; small writes stay small and are counted in bytes; and a recall of
# a few queries is said to be one, and passes no floor.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

word_rows 0 1 one.fbin
word_rows 0 5 few.fbin
word_rows 0 20 twenty.fbin
word_rows 0 500 some.fbin
word_rows 500 6000 many.fbin
word_rows 9000 3 three.fbin
word_rows 9000 120 enough.fbin

recall_of() { # INDEX --ef|--nprobe: recall@10 of queries of our own at an
	# effort that is the same for all: defaults may be a step apart.
	run 0 vsx-query "$1" enough.fbin --exact --format ivecs -o truth.ivecs
	run 0 vsx-query "$1" enough.fbin --ground-truth truth.ivecs "$2" 12
	rm truth.ivecs
	awk '$1 == "recall@10" { print $2 }' "$tmp/out"
}
near() { # A B: A is B less 0.01 or more
	awk -v a="$1" -v b="$2" 'BEGIN { exit !(a >= b - 0.01) }'
}

# Begun with a row, or with few for so many lists.
for spec in HNSW16 IVF64,Flat; do
	case $spec in
	HNSW*) effort=--ef ;;
	*) effort=--nprobe ;;
	esac
	for begin in one few; do
		run 0 vsx-build $begin.fbin -o i.vsx -i $spec -q -f
		run 0 vsx-info i.vsx
		has "$tmp/out" "asked for   $spec, recall@10 0.95"
		run 0 vsx-info i.vsx --json
		has "$tmp/out" "\"asked\": \"$spec\""
		# What will be asked of it later can be asked now.
		run 0 vsx-add i.vsx many.fbin --json
		grep -q '"advice": ".*compacting ' "$tmp/out" ||
			fail "$spec over $begin: no advice in --json"
		has "$tmp/err" "i.vsx: a rebuild is due: started as"
		has "$tmp/err" "compacting builds $spec"
		run 1 vsx-verify i.vsx --min-recall 0.1
		grep -q "recall cannot be" "$tmp/out" ||
			fail "$spec over $begin: a floor is passed"
		run 0 vsx-compact i.vsx --json
		has "$tmp/out" "\"spec\": \"$spec\""
		[ "$(field recall_queries)" -ge 100 ] ||
			fail "$spec over $begin: $(field recall_queries) queries"
		run 0 vsx-info i.vsx
		! grep -q "asked for" "$tmp/out" || fail "it is what was asked for"
		run 0 vsx-verify i.vsx --min-recall 0.9
		got=$(recall_of i.vsx "$effort")
		run 0 vsx-build many.fbin -o fresh.vsx -i $spec -q -f
		due=$(recall_of fresh.vsx "$effort")
		near "$got" "$due" ||
			fail "$spec over $begin: recall $got, $due of a fresh one"
	done
	# Shrunk for a while.
	run 0 vsx-delete i.vsx --id 0 -q
	seq 1 5990 >gone.txt
	run 0 vsx-delete i.vsx --ids gone.txt -q
	run 0 vsx-compact i.vsx -q
	run 0 vsx-add i.vsx many.fbin -q
	run 0 vsx-compact i.vsx -q
	run 0 vsx-info i.vsx --json
	has "$tmp/out" "\"spec\": \"$spec\""
done

# From 30 % on vsx-info says what deleted rows cost, and what removes them.
n=500
run 0 vsx-build some.fbin -o i.vsx -i HNSW16 -q -f
i=0
while [ $i -lt $((n * 3 / 10)) ]; do
	echo $i
	i=$((i + 1))
done >gone.txt
run 0 vsx-delete i.vsx --ids gone.txt -q --keep-segments
run 0 vsx-info i.vsx
has "$tmp/out" "still in the file"
grep -q "vsx-compact removes them" "$tmp/out" && fail "30 % are said to be many"
run 0 vsx-delete i.vsx --id $((n - 1)) -q --keep-segments
run 0 vsx-info i.vsx
has "$tmp/out" "still in the file: searches are slower for it until vsx-compact removes them"
# Where the others have moved to a new segment, no search comes to them.
run 0 vsx-delete i.vsx --id $((n - 2)) -q
run 0 vsx-info i.vsx
has "$tmp/out" "still in the file"
! grep -q "searches are slower" "$tmp/out" || fail "slower where none is searched"

# Small writes: bytes are told, and added up until somebody compacts.
run 0 vsx-build some.fbin -o i.vsx -i HNSW16 -q -f
run 0 vsx-info i.vsx
has "$tmp/out" "live, 0 B of deleted rows, 0 B superseded"
begun=$(wc -c <i.vsx)
i=0
while [ $i -lt 60 ]; do
	case $((i % 3)) in
	0) run 0 vsx-add i.vsx one.fbin --json ;;
	1) run 0 vsx-delete i.vsx --id $((i * 8)) --json ;;
	2) run 0 vsx-add i.vsx one.fbin --ids id.txt --replace --json ;;
	esac
	for key in deleted_bytes superseded_bytes; do
		case $(field $key) in
		'' | *[!0-9]*) fail "$key is '$(field $key)'" ;;
		esac
	done
	echo $i >id.txt
	i=$((i + 1))
done
grown=$(($(wc -c <i.vsx) - begun))
[ $grown -le $((60 * (24576 + 8 * 200))) ] ||
	fail "60 commits of a row took $grown bytes"
run 0 vsx-info i.vsx --json
superseded=$(field superseded_bytes) deleted=$(field deleted_bytes)
[ "$superseded" -gt 100000 ] || fail "$superseded bytes superseded"
[ "$deleted" -gt 0 ] || fail "no deleted bytes"
[ $(($(field live_bytes) + superseded + deleted)) = "$(field file_bytes)" ] ||
	fail "bytes do not add up"
run 0 vsx-compact i.vsx --if-dead 99
has "$tmp/out" "of the bytes belong to deleted rows or older generations, less than 99 %"
run 0 vsx-compact i.vsx --if-dead 20 --json
[ "$(field skipped)" = false ] || fail "--if-dead counts no bytes"
[ "$(field bytes_dead)" = $((superseded + deleted)) ] ||
	fail "bytes_dead is $(field bytes_dead), not $((superseded + deleted))"
# Deleting a fifth of the rows is a reason to compact.
seq 0 3 1500 >gone.txt
run 0 vsx-delete i.vsx --ids gone.txt
has "$tmp/err" "compacting frees them"
has "$tmp/out" "in deleted rows"

# Few queries: said by all, and no floor is passed.
run 0 vsx-build many.fbin -o i.vsx -i HNSW16 -f --queries three.fbin
has "$tmp/out" "(measured on 3 queries, too few to tell)"
run 0 vsx-info i.vsx
has "$tmp/out" "measured on 3 queries, too few to tell"
run 0 vsx-query i.vsx three.fbin --recall 0.5
has "$tmp/err" "measured on 3 queries, too few to tell"
run 0 vsx-verify i.vsx
has "$tmp/out" "notice: recall was measured on 3 queries, too few to tell"
run 1 vsx-verify i.vsx --min-recall 0.1
has "$tmp/out" "recall cannot be judged from 3 queries, expected 100 or more"
run 1 vsx-verify i.vsx --min-recall 0.1 --junit report.xml
has report.xml "recall cannot be judged from 3 queries"
run 0 vsx-query i.vsx three.fbin --exact --format ivecs -o three.ivecs
run 0 vsx-query i.vsx three.fbin --ground-truth three.ivecs
has "$tmp/err" "measured on 3 queries, too few to tell"
run 1 vsx-verify i.vsx --min-recall 0.1 --queries three.fbin \
	--ground-truth three.ivecs
# A golden set of few, over such an index.
run 0 vsx-bench many.fbin --queries three.fbin --make-golden golden.jsonl -q
run 0 vsx-verify i.vsx --golden golden.jsonl
run 1 vsx-verify i.vsx --golden golden.jsonl --min-recall 0.1
has "$tmp/err" "recall cannot be judged from 3 queries"
# With enough of one kind the other may be few.
run 0 vsx-query i.vsx enough.fbin --exact --format ivecs -o enough.ivecs
run 0 vsx-verify i.vsx --min-recall 0.1 --queries enough.fbin \
	--ground-truth enough.ivecs
run 1 vsx-verify i.vsx --min-recall 1 --queries enough.fbin \
	--ground-truth enough.ivecs
run 0 vsx-build many.fbin -o i.vsx -i HNSW16 -f -q
run 0 vsx-verify i.vsx --min-recall 0.1 --queries three.fbin \
	--ground-truth three.ivecs
run 0 vsx-verify i.vsx --golden golden.jsonl --min-recall 0.1
# So many as there are rows is enough where they are fewer than 100.
run 0 vsx-build twenty.fbin -o i.vsx -i HNSW16 -f -q
run 0 vsx-verify i.vsx --min-recall 0.5
! grep -q "too few" "$tmp/out" || fail "20 of 20 are too few"
finish
