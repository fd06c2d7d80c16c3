#!/bin/sh
# vsx-bench measures searches where only some rows may be hits.
. tests/cli/lib.sh.inc

command -v python3 >/dev/null || skip "python3 is not there"
run 0 vsx-bench --synthetic 3000x8 -i Flat -i HNSW8 --n-queries 40 -t 1 -q \
	--filter 50,0.2,100 --seconds 0.05 --json
python3 - "$tmp/out" <<'END' || fail "not as it should be"
import json, sys
rows = json.load(open(sys.argv[1]))["filtered"]
assert [(r["percent"], r["spec"]) for r in rows] == [
    (p, s) for p in (50, 0.2, 100) for s in ("Flat", "HNSW8")], rows
for r in rows:
    assert r["recall_at_k"] >= 0.95 and r["qps"] > 0, r
    assert abs(r["pass"] - 30 * r["percent"]) <= 3 * r["percent"] ** 0.5 * 30, r
    assert r["spec"] != "Flat" or r["recall_at_k"] == 1, r
    # Few rows are all that is looked at.
    assert r["percent"] != 0.2 or r["distances"] == r["pass"], r
END
for rates in 0 101 x 1,,2 -1 1,; do
	run 2 vsx-bench --synthetic 3000x8 --filter "$rates"
	grep -q 'expected up to 16 numbers above 0' "$tmp/err" || fail "$rates: $(cat "$tmp/err")"
done
run 2 vsx-bench --synthetic 3000x8 --filter 1 --skip-bad
finish
