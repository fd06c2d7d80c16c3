#!/bin/sh
# Rows within a radius in every format, and rows by ids and keys.
. tests/cli/lib.sh.inc

# Row i is (i), so that its squared distance to row 0 is i^2; keys k0, k1, ...
command -v python3 >/dev/null || skip "python3 is not there"
python3 - <<'END'
import struct
with open("v.fvecs", "wb") as f, open("keys", "w") as k, open("q.fvecs", "wb") as q:
    for i in range(200):
        f.write(struct.pack("<i2f", 2, i, 1))
        k.write("k%d\n" % i)
    for x in (0, 50.5, -1000):
        q.write(struct.pack("<i2f", 2, x, 1))
END
for spec in Flat IVF8,Flat HNSW8 SQ8; do
	run 0 vsx-build v.fvecs -q -f -o a.vsx -i $spec --keys keys
	run 0 vsx-query a.vsx q.fvecs --radius 4 --format tsv
	cut -f 1-4 "$tmp/out" >got
	printf '0\t1\t0\t0\n0\t2\t1\t1\n0\t3\t2\t4\n1\t1\t50\t0.25\n1\t2\t51\t0.25\n' >due
	printf '1\t3\t49\t2.25\n1\t4\t52\t2.25\n' >>due
	same got due
	run 0 vsx-query a.vsx q.fvecs --radius 4 --max 2 --format tsv
	[ "$(cut -f 3 "$tmp/out" | tr '\n' ' ')" = "0 1 50 51 " ] || fail "$spec: $(cat "$tmp/out")"
	run 0 vsx-query a.vsx --id 7 --radius 3.99 --format tsv
	[ "$(cut -f 3 "$tmp/out" | tr '\n' ' ')" = "6 8 " ] || fail "$spec: $(cat "$tmp/out")"
	run 0 vsx-query a.vsx q.fvecs --radius 1e9 --json --stats
	python3 -c '
import json, sys
rows = [json.loads(line) for line in sys.stdin]
assert [len(r["hits"]) for r in rows] == [200] * 3, rows
assert all(r["hits"] == sorted(r["hits"], key=lambda h: (h["distance"], h["id"])) for r in rows)
' <"$tmp/out" || fail "$spec: not all rows"
	grep -q '3 of 3 answers complete' "$tmp/err" || fail "$spec: $(cat "$tmp/err")"
	echo 777 >none
	run 0 vsx-query a.vsx q.fvecs --among-ids none --format tsv
	[ ! -s "$tmp/out" ] || fail "$spec: $(cat "$tmp/out")"
done
# Tables say where there is none; .ivecs has rows of any length, or of --max.
run 0 vsx-query a.vsx q.fvecs --radius 1
grep -q '2  *none' "$tmp/out" || fail "$(cat "$tmp/out")"
run 0 vsx-query a.vsx q.fvecs --radius 4 --format ivecs -o x.ivecs
run 0 vsx-query a.vsx q.fvecs --radius 4 --max 3 --format ivecs -o y.ivecs
run 0 vsx-query a.vsx q.fvecs --radius 4 --max 3 --format npy -o y.npy
python3 - <<'END' || fail "wrong files"
import struct
x, y = open("x.ivecs", "rb").read(), open("y.ivecs", "rb").read()
assert x == struct.pack("<4i5ii", 3, 0, 1, 2, 4, 50, 51, 49, 52, 0), x
assert y == struct.pack("<12i", 3, 0, 1, 2, 3, 50, 51, 49, 3, -1, -1, -1), y
z = open("y.npy", "rb").read()
assert b"(3, 3)" in z and z[128:] == struct.pack("<9q", 0, 1, 2, 50, 51, 49, -1, -1, -1), z
END

printf '3\n50\n3\n12345\n51\n' >ids
printf 'k51\nno such\nk3\n' >some
run 0 vsx-query a.vsx q.fvecs --among-ids ids -k 3 --format tsv
[ "$(cut -f 1,3 "$tmp/out" | tr '\t\n' ': ')" = "0:3 0:50 0:51 1:50 1:51 1:3 2:3 2:50 2:51 " ] || fail "$(cat "$tmp/out")"
run 0 vsx-query a.vsx q.fvecs --among-ids ids --among-keys some --radius 10 --format tsv --stats
[ "$(cut -f 1,3 "$tmp/out" | tr '\t\n' ': ')" = "0:3 1:51 " ] || fail "$(cat "$tmp/out")"
grep -q 'among 2 of 200 rows' "$tmp/err" || fail "$(cat "$tmp/err")"
: >none
run 2 vsx-query a.vsx q.fvecs --among-ids none
printf '777\n' >none
run 0 vsx-query a.vsx q.fvecs --among-ids none
[ "$(grep -c none "$tmp/out")" = 3 ] || fail "$(cat "$tmp/out")"

refused() { # words, options
	words=$1
	shift
	run 2 vsx-query a.vsx q.fvecs "$@"
	grep -q -- "$words" "$tmp/err" || fail "$*: $(cat "$tmp/err")"
}
refused '--max needs --radius' --max 3
refused '--radius and -k cannot be combined' --radius 1 -k 3
refused '--radius and --group-by cannot be combined' --radius 1 --group-by lang
refused '--radius and --ground-truth cannot' --radius 1 --ground-truth ids
refused '--format npy and --radius need --max' --radius 1 --format npy -o z.npy
run 2 vsx-query a.vsx q.fvecs --radius -1
grep -q 'radius is -1, expected 0 or more' "$tmp/err" || fail "$(cat "$tmp/err")"
run 2 vsx-query a.vsx q.fvecs --among-ids q.fvecs
run 2 vsx-query a.vsx q.fvecs --among-keys missing
printf '\n' >empty
run 2 vsx-query a.vsx q.fvecs --among-keys empty
finish
