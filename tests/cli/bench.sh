#!/bin/sh
# What vsx-bench measures, on small made-up data: every figure is there, what
# cannot be measured is refused in one line, and no file is left.
. tests/cli/lib.sh.inc

mkdir folder
left() {
	[ -z "$(ls -A folder)" ] || {
		fail "left behind: $(ls -A folder)"
		rm -rf folder/*
	}
}

# bench CODE OPTION...: on this data, in that folder
bench() {
	bench_due=$1
	shift
	run "$bench_due" vsx-bench --work-dir folder --seed 1 "$@"
	left
}

# holds EXPRESSION: true of the JSON in $tmp/out, as r; all() and points()
holds() {
	python3 - "$tmp/out" "$1" <<'END' || fail "not so: $1"
import json
import sys

r = json.load(open(sys.argv[1]))
series, loads = r['series'], r.get('loads', [])
points = [p for s in series for p in s['points']]
main = [p for p in points if p['shown']]


def by(spec):
    return [s for s in series if s['spec'].startswith(spec)][0]


sys.exit(not eval('(' + sys.argv[2] + ')'))
END
}

# The defaults: three kinds, each at the target, with all figures.
bench 0 --synthetic 3000x16 --n-queries 300 --seconds 0.3 --json
holds '[s["spec"] for s in series] == ["Flat", "IVF256,Flat", "HNSW16"]'
holds 'len(main) == 3 and all(p["recall_at_k"] >= 0.95 for p in main)'
holds 'all(p["recall_at_10"] == p["recall_at_k"] for p in points)'
holds 'all(p["recall_at_100"] is not None for p in points)'
holds 'all(p["repeats"] >= 3 for p in points)'
holds 'all(p["qps"] > 0 and p["qps_threads"] > 0 for p in points)'
holds 'all(p["qps_spread"] >= 0.04 for p in points)'
holds 'all(0 < p["p50_ms"] <= p["p95_ms"] <= p["p99_ms"] <= p["p999_ms"]
           for p in points)'
holds 'all(p["distances"] > 0 for p in points)'
holds 'all(s["build_seconds"] > 0 and s["disk_bytes"] > 3000 * 64
           and s["resident_bytes"] > 4096 and s["first_answer_ms"] > 0
           for s in series)'
holds 'by("Flat")["points"][0]["recall_at_100"] == 1'
holds 'by("Flat")["effort_name"] == "" and by("IVF")["effort_name"] == "nprobe"'
# The least effort: the next point below misses the target.
holds 'all(p["recall_at_k"] < 0.95 for s in series for p in s["points"]
           if p["effort"] < [q for q in s["points"] if q["shown"]][0]["effort"])'

# The same run finds the same.
cp "$tmp/out" first.json
bench 0 --synthetic 3000x16 --n-queries 300 --seconds 0.1 --json
holds '[(p["effort"], p["recall_at_k"], p["distances"]) for p in main] ==
       [(p["effort"], p["recall_at_k"], p["distances"])
        for s in json.load(open("first.json"))["series"]
        for p in s["points"] if p["shown"]]'

# Codes that estimate, of all rows: shares at k are those of a search for k, not
# for the 100 that are asked for beside.
bench 0 --synthetic 3000x16 -i PQ4 --n-queries 100 --refine 1 --seconds 0.05 --json
holds 'all(p["refine"] == 1 and p["recall_at_10"] < 0.9 for p in points)'

# A curve, and what a cold file takes.
bench 0 --synthetic 3000x16 -i HNSW8 -i IVF64,Flat --curve --cold \
	--seconds 0.1 --json
holds 'all(5 <= len(s["points"]) <= 12 for s in series) and main == points'
holds 'all([p["effort"] for p in s["points"]] ==
           sorted({p["effort"] for p in s["points"]}) for s in series)'
holds 'all(s["points"][0]["recall_at_k"] < 0.95 < s["points"][-1]["recall_at_k"]
           for s in series)'
if grep -q 'stay in memory' "$tmp/err"; then
	holds 'all(p["cold_ms"] is None for p in points)'
else
	holds 'all(p["cold_ms"] > 0 and p["cold_faults"] >= 0
		   and (p["cold_bytes"] is None or p["cold_bytes"] > 0)
		   for p in points)'
fi

# One effort of a kind alone; the other kinds reach the recall.
bench 0 --synthetic 3000x16 -i HNSW8 -i IVF64,Flat -i Flat --nprobe 3 \
	--seconds 0.02 --json
holds '[p["effort"] for p in by("IVF")["points"]] == [3]'
holds 'len(by("HNSW")["points"]) > 1 and main[0]["recall_at_k"] >= 0.95'
bench 0 --synthetic 3000x16 -i HNSW8 -i IVF64,Flat --nprobe 3 --ef 20 \
	--seconds 0.02 --json
holds '[p["effort"] for p in points] == [20, 3]'
bench 0 --synthetic 3000x16 -i HNSW8 -i IVF64,Flat --effort 7 --seconds 0.02 \
	--json
holds '[p["effort"] for p in points] == [7, 7]'

# How cost grows.
bench 0 --synthetic 2000x16 -i IVF -i HNSW8 --rows 500 --rows 2000 --json \
	--seconds 0.1
holds '[(s["spec"], s["rows"]) for s in series] ==
       [("IVF32,Flat", 500), ("HNSW8", 500),
        ("IVF128,Flat", 2000), ("HNSW8", 2000)]'
holds 'series[3]["disk_bytes"] > 3 * series[1]["disk_bytes"]'

# Loads: all that were sent are answered.
bench 0 --synthetic 1000x16 -i HNSW8 -i Flat --effort 20 --seconds 0.05 \
	--clients 3 --rate 600 --concurrency --duration 0.1 --json
# As many as there was time for.
has "$tmp/err" "made while it was being searched"
holds '[(l["what"], l["n"]) for l in loads if l["spec"] == "HNSW8"] ==
       [("clients", 3)] + [("threads", n) for n in (1, 2, 4, 8, 16)] +
       [("processes", n) for n in (1, 2, 4)] + [("writer", 1)]'
holds 'len(loads) == 20'
holds 'all(l["sent"] == l["done"] > 0 and l["failed"] == 0 for l in loads)'
holds 'all(l["sent"] == 60 for l in loads if l["what"] == "clients")'

# An index that exists, beside others or alone; it is not touched.
{ printf '\310\000\000\000\062\000\000\000' # 200 x 50
  tail -c +129 "$words/vectors.npy" | head -c 40000; } >base.fbin
{ printf '\024\000\000\000\062\000\000\000' # 20 x 50
  tail -c +2000129 "$words/vectors.npy" | head -c 4000; } >queries.fbin
run 0 vsx-build base.fbin -o index.vsx -i HNSW8 -q
cksum index.vsx >sum
bench 0 base.fbin --queries queries.fbin --index index.vsx --concurrency \
	--duration 0.1 --seconds 0.1 --json
holds 'len(series) == 1 and series[0]["build_seconds"] is None'
bench 0 base.fbin --queries queries.fbin --index index.vsx -i Flat \
	--seconds 0.1 --json
holds '[s["spec"] for s in series] == ["HNSW8", "Flat"]'
cksum index.vsx | cmp -s - sum || fail "the index was changed"

# no CODE TEXT... -- OPTION...: refused, and nothing left
no() {
	no_words=
	code=$1
	shift
	while [ "$1" != -- ]; do
		no_words="$no_words $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # several words
	refused "$code" $no_words -- vsx-bench --work-dir folder "$@"
	left
}

# What does not fit together.
{ printf '\310\000\000\000\031\000\000\000' # 200 x 25
  tail -c +129 "$words/vectors.npy" | head -c 20000; } >thin.fbin
{ printf '\307\000\000\000\062\000\000\000' # the first 199
  tail -c +129 "$words/vectors.npy" | head -c 39800; } >fewer.fbin
{ printf '\310\000\000\000\062\000\000\000' # others
  tail -c +400129 "$words/vectors.npy" | head -c 40000; } >others.fbin
seq 1000 1199 >ids
for data in thin fewer others; do
	run 0 vsx-build $data.fbin -o $data.vsx -i Flat -q
done
run 0 vsx-build base.fbin -o cosine.vsx -i Flat -m cosine -q
run 0 vsx-build base.fbin -o ids.vsx -i Flat --ids ids -q
set -- base.fbin --queries queries.fbin
no 2 thin.vsx 25 50 -- "$@" --index thin.vsx
no 2 fewer.vsx 199 200 -- "$@" --index fewer.vsx
no 2 cosine.vsx cosine l2 -- "$@" --index cosine.vsx
no 2 ids.vsx "id" "0" 199 -- "$@" --index ids.vsx
no 2 others.vsx base.fbin -- "$@" --index others.vsx
no 4 base.fbin -- "$@" --index base.fbin
no 2 none.vsx -- "$@" --index none.vsx
no 2 HNSWx -- "$@" -i Flat -i HNSWx
no 2 "'faiss'" vsx -- "$@" -i faiss:Flat
no 2 300 200 -- "$@" --rows 300
no 2 50 100 -- "$@" --rows 50

# So few rows that much has to be adjusted, and it is said.
head -c $((8 + 200 * 7)) base.fbin | tail -c +9 >rest
{ printf '\007\000\000\000\062\000\000\000'; cat rest; } >seven.fbin
bench 0 seven.fbin --queries queries.fbin --seconds 0.05 --json
holds 'len(series) == 3 and r["k"] == 7 and r["data"]["truth_k"] == 7'
holds 'all(p["recall_at_k"] >= 0.95 and p["recall_at_10"] is None for p in main)'
has "$tmp/err" "k lowered from 10 to 7"
bench 0 seven.fbin --queries queries.fbin -i HNSW16 -i IVF100,Flat --json \
	--seconds 0.05
has "$tmp/err" "lowered from 16"
has "$tmp/err" "lowered from 100"
bench 0 seven.fbin --queries queries.fbin -i HNSW16 --seconds 0.05 -q
[ ! -s "$tmp/err" ] || fail "--quiet is not quiet"

# Ctrl-C, while building and while measuring.
for after in 0.3 1 2; do
	vsx-bench --synthetic 20000x32 -i HNSW16 -i Flat --concurrency \
		--work-dir folder >"$tmp/out" 2>"$tmp/err" &
	sleep $after
	kill -TERM $!
	wait $!
	code=$?
	[ $code = 130 ] || fail "exit code $code after a signal"
	[ ! -s "$tmp/out" ] || fail "something was printed after a signal"
	left
done
finish
