#!/bin/sh
# vsx-compact: one segment of the live rows, in place, elsewhere, or of several
# indexes; not one byte of what was deleted.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

word_rows 0 600 base.fbin
word_rows 600 200 more.fbin
word_rows 5000 50 queries.fbin

# Some part of the vector of word N is in the file.
holds() { # INDEX N
	python3 - "$1" "$2" "$words/vectors.npy" <<'END'
import struct, sys
index = open(sys.argv[1], "rb").read()
at = 128 + 200 * int(sys.argv[2])
row = open(sys.argv[3], "rb").read()[at:at + 200]
# Four components are enough: no two words have them in common.
sys.exit(not any(row[i:i + 16] in index for i in range(0, 200, 16)))
END
}

answers() { # INDEX DUE: the same to every query
	run 0 vsx-query "$1" queries.fbin --exact --format tsv -o got.tsv
	same "$2" got.tsv
	rm got.tsv
}

for spec in Flat IVF16,Flat HNSW8; do
	i=$spec.vsx
	case $spec in
	HNSW*) test= measured="rows of the index" ;;
	*) test="--queries queries.fbin" measured="50 queries" ;;
	esac
	# shellcheck disable=SC2086
	run 0 vsx-build base.fbin -o $i -i $spec -q --model glove --seed 5 $test
	# Nothing has changed: the same index again.
	run 0 vsx-compact $i -o again.vsx
	has "$tmp/out" "600 rows, 0 dead ones dropped"
	same $i again.vsx

	holds $i 17 || fail "the vector of row 17 is not in the file as it is"
	seq 0 3 600 >gone.txt
	run 0 vsx-add $i more.fbin -q
	run 0 vsx-delete $i --ids gone.txt --id 17 --id 700 -q --keep-segments
	holds $i 17 || fail "deleting wrote over the row"
	run 0 vsx-query $i queries.fbin --exact --format tsv -o due.tsv
	cp $i kept.vsx

	# Not worth it.
	run 0 vsx-compact $i --if-dead 50
	has "$tmp/out" "nothing was done"
	same kept.vsx $i
	run 0 vsx-compact $i --if-dead 50 --json
	[ "$(field skipped)" = true ] || fail "skipped in --json"
	run 0 vsx-compact $i -o new.vsx --if-dead 50 -q
	[ ! -e new.vsx ] || fail "--if-dead 50 wrote new.vsx"

	# To another file, with any number of threads.
	run 0 vsx-compact $i -o new.vsx --threads 1 --json
	same kept.vsx $i
	[ "$(field rows)" = 597 ] || fail "rows in --json: $(field rows)"
	[ "$(field dropped)" = 203 ] || fail "dropped in --json"
	[ "$(field bytes_before)" = "$(wc -c <$i)" ] || fail "bytes before"
	[ "$(field bytes)" = "$(wc -c <new.vsx)" ] || fail "bytes"
	answers new.vsx due.tsv
	run 0 vsx-verify new.vsx
	run 0 vsx-info new.vsx --json
	for due in rows:597 live:597 model:glove seed:5; do
		[ "$(field ${due%:*})" = "${due#*:}" ] ||
			fail "${due%:*} is $(field ${due%:*}) after compacting"
	done
	run 0 vsx-info new.vsx
	grep -q "^measured on .*$measured" "$tmp/out" ||
		fail "$spec: not measured on $measured"
	for word in 17 3 600 700; do
		! holds new.vsx $word || fail "$spec: row $word is still there"
	done
	holds new.vsx 16 || fail "$spec: row 16 is not there"

	# In place, if it is worth it.
	run 0 vsx-compact $i --if-dead 10 --threads 2
	has "$tmp/out" "597 rows, 203 dead ones dropped"
	same new.vsx $i
	# It goes on living.
	seq 0 199 >ids.txt
	run 0 vsx-add $i more.fbin --ids ids.txt --replace -q
	run 0 vsx-verify $i
	refused 2 new.vsx --force -- vsx-compact $i -o new.vsx
	run 0 vsx-compact $i -o new.vsx --force -i Flat
	has "$tmp/out" "Flat over"
	rm new.vsx again.vsx
done
finish
