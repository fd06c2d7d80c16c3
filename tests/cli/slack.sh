#!/bin/sh
# Codes of links leave out rows that seem too far: how many is told, and --slack
# says how far.
. tests/cli/lib.sh.inc

{ printf '\240\017\000\000\062\000\000\000' # 4000 x 50
  tail -c +129 "$words/vectors.npy" | head -c $((4000 * 200)); } >rows.fbin
{ printf '\310\000\000\000\062\000\000\000' # 200 x 50
  tail -c 40000 "$words/vectors.npy"; } >queries.fbin

# refused OPTION...: links that a search leaves out, for each query
refused() {
	run 0 vsx-query x.vsx queries.fbin -o found.tsv --stats "$@"
	grep -q ' hops per query' "$tmp/err" || fail "no hops: $(cat "$tmp/err")"
	sed -n 's/.* hops per query, \([0-9.,]*\) links refused,.*/\1/p' "$tmp/err" |
		tr -d ,
}
run 0 vsx-build rows.fbin -o x.vsx -m cosine -i HNSW16,SQ8,G16 -q
half=$(refused --ef 40)
[ "$half" ] || fail "nothing is refused: $(cat "$tmp/err")"
mv found.tsv half.tsv
[ "$(refused --ef 40 --slack 0.5)" = "$half" ] || fail "0.5 is not the default"
cmp -s found.tsv half.tsv || fail "0.5 finds something else"
python3 -c 'import sys; a, b, c = map(float, sys.argv[1:]); sys.exit(not a > b > c)' \
	"$(refused --ef 40 --slack 0.1)" "$half" "$(refused --ef 40 --slack 2)" ||
	fail "less slack refuses no more"
[ -z "$(refused --ef 40 --slack 1000)" ] || fail "1000 refuses"
for bad in 0 -1 1001 nan inf; do
	run 2 vsx-query x.vsx queries.fbin --slack $bad
	has "$tmp/err" "--slack"
done

# Without such codes it is no matter.
run 0 vsx-build rows.fbin -o x.vsx -f -m cosine -i HNSW16,SQ8 -q
[ -z "$(refused --ef 40 --slack 0.1)" ] || fail "refused without codes"
