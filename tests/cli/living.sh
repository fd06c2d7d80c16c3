#!/bin/sh
# An index that lives: rows are added, replaced and deleted, and after each
# step it is sound and answers like one built over the rows that are left.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

word_rows 0 2000 base.fbin
word_rows 2000 500 more.fbin
word_rows 2500 100 other.fbin
word_rows 1900 100 queries.fbin
word_rows 1900 10 few.fbin

# As exact as an index of nothing but the live rows: the ids of list LIST, whose
# row n is that of word n.
answers() { # INDEX LIST
	python3 - "$2" "$words/vectors.npy" live.fbin live.txt <<'END'
import struct, sys
words = [line.split() for line in open(sys.argv[1])]
rows = open(sys.argv[2], "rb").read()[128:]
with open(sys.argv[3], "wb") as out:
    out.write(struct.pack("<ii", len(words), 50))
    for _, word in words:
        out.write(rows[200 * int(word):200 * int(word) + 200])
open(sys.argv[4], "w").writelines(i + "\n" for i, _ in words)
END
	run 0 vsx-build live.fbin --ids live.txt -o due.vsx -i Flat -m cosine \
		--queries few.fbin -f -q
	for file in queries.fbin more.fbin; do
		run 0 vsx-query due.vsx $file --exact --format tsv -o due.tsv
		run 0 vsx-query "$1" $file --exact --format tsv -o got.tsv
		same due.tsv got.tsv
		rm due.tsv got.tsv
	done
	# An approximate one gives k rows too, and none that is not live.
	run 0 vsx-query "$1" more.fbin --format tsv -o got.tsv
	[ "$(wc -l <got.tsv)" = 5000 ] || fail "$1: not ten rows a query"
	cut -f 3 got.tsv | sort -u >got
	sort live.txt >due
	comm -23 got due >dead
	[ ! -s dead ] || { fail "$1: rows that are not live"; head -3 dead; }
	run 0 vsx-verify "$1"
	has "$tmp/out" "$1: sound"
}

# The facts of vsx-info.
state() { # INDEX KEY VALUE...
	run 0 vsx-info "$1" --json
	shift
	while [ $# -gt 0 ]; do
		[ "$(field "$1")" = "$2" ] ||
			fail "$1 is $(field "$1"), expected $2"
		shift 2
	done
	# The deleted rows are those of the segments.
	awk -F '[:,]' '/"dead"/ { if (n++) sum += $2; else all = $2 }
		END { exit n < 2 || sum != all }' "$tmp/out" ||
		{ fail "dead rows"; grep dead "$tmp/out"; }
}

for spec in Flat IVF32,Flat HNSW8 IVF32,SQ8 HNSW8,SQ8 HNSW8,SQ8,G16; do
	i=$spec.vsx
	# An acceptance test of queries, or of rows of its own.
	case $spec in
	HNSW*) test= ;;
	*) test="--queries queries.fbin" ;;
	esac
	# shellcheck disable=SC2086
	run 0 vsx-build base.fbin -o $i -i $spec -m cosine -q $test
	seq 0 1999 | awk '{ print $1, $1 }' >list

	# Added rows are numbered on.
	run 0 vsx-add $i more.fbin
	has "$tmp/out" "$i: 500 rows added: generation 2"
	has "$tmp/out" "2,500 live, 0 dead"
	seq 2000 2499 | awk '{ print $1, $1 }' >>list
	state $i live 2500 generation 2
	answers $i list
	run 0 vsx-query $i more.fbin -k 1 --format tsv
	awk '$3 == $1 + 2000 { n++ } END { exit n < 490 }' "$tmp/out" ||
		fail "$i: the new rows do not find themselves"

	# Ids of one's own; the report as JSON.
	seq 1000007 7 1000700 >ids.txt
	run 0 vsx-add $i other.fbin --ids ids.txt --json
	for due in added:100 replaced:0 live:2600 dead:0 generation:3; do
		[ "$(field ${due%:*})" = "${due#*:}" ] ||
			fail "${due%:*} is $(field ${due%:*}) in --json"
	done
	[ "$(field bytes)" = "$(wc -c <$i)" ] || fail "bytes in --json"
	[ "$(field appended_bytes)" -ge 20000 ] || fail "appended in --json"
	awk 'BEGIN { n = 2500 } { print $1, n++ }' ids.txt >>list
	answers $i list
	# and the next ones go on from the greatest
	word_rows 2600 1 one.fbin
	run 0 vsx-add $i one.fbin -q
	[ ! -s "$tmp/out" ] && [ ! -s "$tmp/err" ] || fail "--quiet is not"
	echo 1000701 2600 >>list
	answers $i list

	# Rows in the place of others: ids 0 to 99 become other words.
	word_rows 3000 100 new.fbin
	seq 0 99 >ids.txt
	run 0 vsx-add $i new.fbin --ids ids.txt --replace
	has "$tmp/out" "100 rows added, 100 of them replacing old ones"
	has "$tmp/out" "2,601 live"
	awk '$1 < 100 { $2 = 3000 + $1 } { print }' list >next && mv next list
	answers $i list
	state $i live 2601 generation 5

	# Deleted: half of the added rows, some old ones, and unknown ids.
	{ seq 2000 2 2498; seq 100 149; echo 77777; seq 5000 5011; } >gone.txt
	run 0 vsx-delete $i --ids gone.txt
	has "$tmp/out" "$i: 300 rows deleted: generation 6"
	has "$tmp/err" ": no live rows have the ids 5000, 5001, "
	has "$tmp/err" "5009 and 3 more"
	! grep -q 5010 "$tmp/err" || fail "more than ten ids are named"
	grep -vE '^(1[0-4][0-9]|2[0-4][0-9][02468]) ' list >next && mv next list
	answers $i list
	state $i live 2301 generation 6
	run 0 vsx-delete $i --id 7 --id 8 --id 2000 --json
	[ "$(field deleted)" = 2 ] || fail "deleted in --json"
	has "$tmp/out" '"unknown": [2000]'
	grep -vE '^[78] ' list >next && mv next list
	answers $i list

	# Nothing to do is no new generation.
	cp $i kept.vsx
	run 0 vsx-delete $i --id 2000
	has "$tmp/out" "nothing deleted: still generation 7"
	has "$tmp/err" "no live row has the id 2000"
	same kept.vsx $i
	# A deleted id may come back.
	run 0 sh -c "echo 7 >id.txt; vsx-add $i one.fbin --ids id.txt"
	echo 7 2600 >>list
	answers $i list

	# Much is dead: a compaction is due. And then nothing is left at all.
	awk '$1 < 2000 { print $1 }' list >gone.txt
	run 0 sh -c "vsx-delete $i --ids - <gone.txt"
	has "$tmp/err" "vsx-compact $i"
	awk '$1 >= 2000' list >next && mv next list
	answers $i list
	run 0 sh -c "cut -d ' ' -f 1 list | vsx-delete $i --ids -"
	state $i live 0
	run 0 vsx-query $i queries.fbin --format tsv
	[ ! -s "$tmp/out" ] || fail "$i: dead rows are found"
	run 0 vsx-verify $i
	run 0 vsx-add $i more.fbin -q
	state $i live 500
	run 0 vsx-verify $i
done

# A graph with more than a fifth of its rows deleted is built anew, but for who
# wants to mark them alone.
run 0 vsx-build base.fbin -o graph.vsx -i HNSW8 -m cosine -q
seq 0 400 >gone
run 0 vsx-delete graph.vsx --ids gone --keep-segments -t 2 --memory 4M
has "$tmp/out" "segments   1"
state graph.vsx live 1599
run 0 vsx-delete graph.vsx --id 401 -t 2 --memory 4M
has "$tmp/out" "graph.vsx: 1 row deleted: generation 3"
has "$tmp/out" "segments   2, the newest includes 1 older one"
seq 402 1999 | awk '{ print $1, $1 }' >list
answers graph.vsx list
run 2 vsx-delete graph.vsx --id 402 --memory 1
run 2 vsx-delete graph.vsx --id 402 -t 0

# Rows from elsewhere, too many to be scanned: the lists do not fit them, which is said.
python3 -c 'import struct
with open("far.fbin", "wb") as out:
    out.write(struct.pack("<ii", 1100, 50))
    for i in range(1100 * 50):
        out.write(struct.pack("<f", 50 + i * i % 97))'
run 0 vsx-build base.fbin -o far.vsx -i IVF32,Flat -q
run 0 vsx-add far.vsx more.fbin
[ ! -s "$tmp/err" ] || { fail "a rebuild is due?"; cat "$tmp/err"; }
grep -q "^  recall@10  [01]\.[0-9]*, [01]\.[0-9]* when it was built$" \
	"$tmp/out" || fail "no recall after adding"
run 0 vsx-add far.vsx far.fbin --json
has "$tmp/err" "far.vsx: a rebuild is due: "
[ "$(field advice)" != "" ] || fail "no advice in --json"
field shift | awk '{ exit !($1 > 1.25) }' || fail "shift is $(field shift)"

# What only a build mends is no reason to compact.
run 0 vsx-build base.fbin -o far.vsx -i SQ8,NoRefine -q --force
run 0 vsx-add far.vsx far.fbin
has "$tmp/err" "far.vsx: a rebuild is due: what is kept of the added rows"
grep -q vsx-compact "$tmp/err" && fail "compacting mends nothing here"
finish
