#!/bin/sh
# Codes that estimate have a second number to turn, the refine factor: the recall
# table is over both, every command tells both, and --recall takes the cheapest
# row for the k that is asked for.
. tests/cli/lib.sh.inc

{ printf '\240\017\000\000\062\000\000\000' # 4000 x 50
  tail -c +129 "$words/vectors.npy" | head -c $((4000 * 200)); } >rows.fbin
{ printf '\310\000\000\000\062\000\000\000' # 200 x 50
  tail -c 40000 "$words/vectors.npy"; } >queries.fbin

# holds CONDITION: of the JSON in d
holds() {
	python3 - "$1" "$2" <<-'END' || fail "not so: $2"
		import json, sys
		d = json.load(open(sys.argv[1]))
		rows = d.get("recall")
		default = [r for r in rows or [] if (r["effort"], r["refine"]) ==
		           (d["default_effort"], d["default_refine"])]
		sys.exit(not eval("(" + sys.argv[2] + ")"))
	END
}

run 0 vsx-build rows.fbin -i IVF32,SQ4 -o x.vsx --recall 0.97
grep -qE 'at nprobe [0-9]+, refine [0-9.]+, the default' "$tmp/out" ||
	fail "build does not tell the refine factor: $(cat "$tmp/out")"
run 0 vsx-verify x.vsx --json
cp "$tmp/out" verified
run 0 vsx-info --json x.vsx
cp "$tmp/out" told
holds told 'd["default_refine"] > 1 and len(default) == 1'
holds told 'default[0]["at_10"] >= 0.97'
holds told 'len({r["refine"] for r in rows}) > 2'
holds told 'len({r["effort"] for r in rows}) > 5'
holds told '[(r["effort"], r["refine"]) for r in rows] ==
            sorted({(r["effort"], r["refine"]) for r in rows})'
holds verified "(d['effort'], d['refine']) == $(python3 -c '
import json
d = json.load(open("told"))
print((d["default_effort"], d["default_refine"]))')"
run 0 vsx-info --sections x.vsx
grep -qE '^ *nprobe +refine +recall@1 ' "$tmp/out" || fail "no column of refine"
grep -qE 'searches +nprobe [0-9]+, refine [0-9.]+ by default' "$tmp/out" ||
	fail "info does not tell the default"

# With nothing, an effort, both, or a recall; for k = 100 another row than for 10.
said() { # what a search with these options says of itself
	run 0 vsx-query x.vsx queries.fbin -o found.tsv --stats "$@"
	sed -n 's/^vsx-query: \(searched\|recall@\)/\1/p' "$tmp/err"
}
default=$(sed -n 's/ *searches *\(.*\) by default/\1/p' "$tmp/out")
[ "$(said)" = "searched with $default" ] || fail "default: $(said)"
[ "$(said --nprobe 3 --refine 7)" = "searched with nprobe 3, refine 7" ] ||
	fail "both: $(said --nprobe 3 --refine 7)"
most=$(python3 -c '
import json
rows = [r for r in json.load(open("told"))["recall"] if r["effort"] <= 3]
print("nprobe 3, refine %g" % rows[-1]["refine"])')
[ "$(said --nprobe 3)" = "searched with $most" ] || fail "effort: $(said --nprobe 3)"
for k in 1 10 100; do
	said -k $k --recall 0.9 >line
	grep -qE "^recall@$k 0\.9[0-9]* at nprobe [0-9]+, refine [0-9.]+ when" line ||
		fail "recall@$k: $(cat line)"
	sed 's/.* at //' line
done >settings
[ "$(sort -u settings | wc -l)" -ge 2 ] || fail "one row for every k: $(cat settings)"

# Also with the least effort some more rows are looked at than are asked for.
run 0 vsx-build rows.fbin -i HNSW8,SQ8 -o graph.vsx
run 0 vsx-info --json graph.vsx
cp "$tmp/out" told
holds told 'min(r["refine"] for r in rows) == 1.2'

# A kind without estimates has no such number.
run 0 vsx-build rows.fbin -i IVF32,Flat -o plain.vsx
! grep -q refine "$tmp/out" || fail "a refine factor of a grid"
run 0 vsx-info --json plain.vsx
cp "$tmp/out" told
holds told 'd["default_refine"] == 0 and {r["refine"] for r in rows} == {0}'
run 0 vsx-info --sections plain.vsx
! grep -q refine "$tmp/out" || fail "a column of refine factors of a grid"

# The bench tells it for each point.
run 0 vsx-bench rows.fbin --queries queries.fbin -i IVF32,SQ4 -i IVF32,Flat \
	--recall 0.9 --seconds 0.2 --json
cp "$tmp/out" measured
holds measured '[[p["refine"] >= 1 for p in s["points"] if p["shown"]]
                for s in d["series"]] == [[True], [False]]'
finish
