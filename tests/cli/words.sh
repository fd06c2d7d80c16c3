#!/bin/sh
# From vectors to neighbours, with every kind of index.
. tests/cli/lib.sh.inc

row() { echo $(($(grep -nxF -- "$1" "$words/words.txt" | head -1 | cut -d: -f1) - 1)); }

# The first queries of the words, and what an exact search finds for them.
run 0 vsx-build "$words/vectors.npy" -o flat.vsx -i Flat -m cosine \
	--model glove.6B.50d
has "$tmp/out" "Flat over 20,000 rows of 50 f32, cosine"
n=200
{ printf '\310\000\000\000\062\000\000\000' # 200 x 50
  tail -c +129 "$words/vectors.npy" | head -c $((n * 200)); } >queries.fbin
run 0 vsx-query flat.vsx queries.fbin -k 10 --exact --format ivecs -o truth.ivecs
[ "$(wc -c <truth.ivecs)" = $((n * 44)) ] || fail "truth.ivecs has another size"

for spec in Flat IVF128,Flat HNSW16 auto; do
	index=$spec.vsx
	run 0 vsx-build "$words/vectors.npy" -o "$index" -i "$spec" -m cosine \
		--model glove.6B.50d --recall 0.95
	[ -s "$index" ] || fail "no $index"
	# The words near a word, beside it.
	run 0 vsx-query "$index" --id "$(row ocean)" -k 5 --recall 0.99 \
		--labels "$words/words.txt"
	has "$tmp/out" " ocean "
	has "$tmp/out" " sea"
	[ "$(grep -c ocean "$tmp/out")" = 1 ] || fail "the row found itself"
	# recall@k against the exact neighbours
	run 0 vsx-query "$index" queries.fbin --ground-truth truth.ivecs \
		--recall 0.95
	awk '$1 == "recall@10" { ok = $2 >= 0.9 } END { exit !ok }' \
		"$tmp/out" || { fail "$spec: recall"; cat "$tmp/out"; }
	run 0 vsx-query "$index" queries.fbin --ground-truth truth.ivecs --exact
	has "$tmp/out" "recall@10   1.000000"
	run 0 vsx-info "$index"
	has "$tmp/out" "model       glove.6B.50d"
	has "$tmp/out" "20,000 of 50 f32"
	run 0 vsx-verify "$index"
	has "$tmp/out" "$index: sound"
	refused 2 glove.6B.50d ada-2 -- vsx-query "$index" queries.fbin \
		--model ada-2
	run 0 vsx-query "$index" queries.fbin --model glove.6B.50d
done

# auto says what it chose and why, on standard error.
run 0 vsx-build "$words/vectors.npy" -o why.vsx
has "$tmp/err" "chosen:"
run 0 vsx-build "$words/vectors.npy" -o quiet.vsx --quiet
[ ! -s "$tmp/err" ] && [ ! -s "$tmp/out" ] || fail "--quiet is not quiet"

# --plan writes nothing and is right within two parts of a hundred.
listing >"$tmp/before"
for spec in Flat IVF128,Flat HNSW16; do
	run 0 vsx-build "$words/vectors.npy" --plan -i "$spec" -m cosine --json
	size=$(wc -c <"$spec.vsx")
	plan=$(sed -n 's/.*"file_bytes": \([0-9]*\),/\1/p' "$tmp/out")
	[ $((plan * 100)) -ge $((size * 98)) ] &&
		[ $((plan * 100)) -le $((size * 102)) ] ||
		fail "$spec: planned $plan bytes, built $size"
done
listing >"$tmp/after"
same "$tmp/before" "$tmp/after"

# Small inputs are adjusted, and it is said.
head -c $((8 + 5 * 200)) queries.fbin | tail -c +9 >raw
for spec in Flat IVF100,Flat HNSW32 auto; do
	vsx-build - --dim 50 -o five.vsx -f -i $spec <raw >"$tmp/out" 2>"$tmp/err" ||
		fail "five rows, $spec"
	case $spec in
	IVF* | HNSW*) has "$tmp/err" lowered ;;
	esac
	run 0 vsx-query five.vsx queries.fbin -k 10 --format tsv
	[ "$(wc -l <"$tmp/out")" = $((5 * n)) ] ||
		fail "$spec: not all five rows for each query"
	run 0 vsx-verify five.vsx
done
finish
