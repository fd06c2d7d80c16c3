#!/bin/sh
# --skip-bad: rows that no index can hold are left out, counted and named, and
# the others are what they would be without them.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

python3 - "$words/vectors.npy" <<'END'
import struct, sys
data = open(sys.argv[1], "rb").read()[128:]
rows = [list(struct.unpack_from("<50f", data, 200 * i)) for i in range(400)]
bad = {3: ("nan", 7), 4: ("zero", 0), 200: ("inf", 49), 399: ("nan", 0)}
def fbin(name, rows):
    with open(name, "wb") as f:
        f.write(struct.pack("<ii", len(rows), 50))
        for r in rows:
            f.write(struct.pack("<50f", *r))
spoilt = [list(r) for r in rows]
for i, (what, at) in bad.items():
    if what == "zero":
        spoilt[i] = [0.0] * 50
    else:
        spoilt[i][at] = float(what)
fbin("spoilt.fbin", spoilt)
good = [i for i in range(400) if i not in bad]
fbin("good.fbin", [rows[i] for i in good])
open("good.txt", "w").writelines("%d\n" % i for i in good)
open("ids.txt", "w").writelines("%d\n" % (7 * i) for i in range(400))
fbin("a.fbin", spoilt[:150])
fbin("b.fbin", spoilt[150:])
fbin("none.fbin", [[float("nan")] * 50] * 30)
# Values that the conversion cannot give.
def npy(name, kind, rows):
    text = "{'descr': '%s', 'fortran_order': False, 'shape': (%d, 2), }" % (
        kind, len(rows))
    text += " " * (118 - len(text) - 1) + "\n"
    with open(name, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + text.encode())
        for r in rows:
            f.write(struct.pack("<2" + {"<f8": "d", "<i8": "q"}[kind], *r))
npy("wide.npy", "<f8", [(1, 2), (1e300, 2), (3, 4), (5, -1e300), (6, 6)])
npy("whole.npy", "<i8", [(1, 2), (2**53, 2**60 + 1), (300, 4), (5, 6)])
END

# Row by row: what is left out, under which metric.
refused 2 "spoilt.fbin: row 3: component 7 is NaN" -- \
	vsx-build spoilt.fbin -o x.vsx -i Flat -m cosine
run 0 vsx-build spoilt.fbin -o x.vsx -i Flat -m cosine --skip-bad \
	--rejects rejects.tsv
has "$tmp/out" "396 rows"
has "$tmp/out" "left out   4"
cat >due <<'END'
vsx-build: spoilt.fbin:3: component 7 is NaN
vsx-build: spoilt.fbin:4: the vector is zero, which has no cosine
vsx-build: spoilt.fbin:200: component 49 is infinite
vsx-build: spoilt.fbin:399: component 0 is NaN
END
same due "$tmp/err"
printf '%s\t%s\t%s\tspoilt.fbin\n' 3 3 "component 7 is NaN" \
	4 4 "the vector is zero, which has no cosine" \
	200 200 "component 49 is infinite" 399 399 "component 0 is NaN" >due
same due rejects.tsv
# As an index of the good rows with the same ids.
run 0 vsx-build good.fbin --ids good.txt -o due.vsx -i Flat -m cosine -q
run 0 vsx-query due.vsx good.fbin --exact --format tsv -o due.tsv
run 0 vsx-query x.vsx good.fbin --exact --format tsv -o got.tsv
same due.tsv got.tsv
run 0 vsx-verify x.vsx
# Zero is a row under l2.
run 0 vsx-build spoilt.fbin -o l2.vsx -i IVF8,Flat --skip-bad --json
[ "$(field rejected)" = 3 ] || fail "rejected in --json"
[ "$(field rows)" = 397 ] || fail "rows in --json"
run 0 vsx-query l2.vsx --id 4 -k 1
run 2 vsx-query l2.vsx --id 3 -k 1

# Several inputs, ids of one's own; -q lists nothing.
run 0 vsx-build a.fbin b.fbin --ids ids.txt -o y.vsx -i Flat -m cosine -q \
	--rejects rejects.tsv
[ ! -s "$tmp/err" ] || fail "listed in spite of -q"
printf '%s\t%s\t%s\t%s\n' 3 21 "component 7 is NaN" a.fbin \
	4 28 "the vector is zero, which has no cosine" a.fbin \
	50 1400 "component 49 is infinite" b.fbin \
	249 2793 "component 0 is NaN" b.fbin >due
same due rejects.tsv
run 0 vsx-query y.vsx --id 35 -k 1

# More than ten; a stream.
tail -c +9 none.fbin >none.raw
tail -c +9 good.fbin | cat none.raw - | vsx-build - --dim 50 -o s.vsx -i Flat \
	--skip-bad >"$tmp/out" 2>"$tmp/err" || fail "a stream"
[ "$(wc -l <"$tmp/err")" = 11 ] || fail "not ten lines and one"
has "$tmp/err" "standard input:9: component 0 is NaN"
has "$tmp/err" "20 more rows are left out"
run 0 vsx-query s.vsx --id 30 -k 1

# Values that the conversion cannot give, in the words of the file.
run 0 vsx-build wide.npy -o w.vsx -i Flat --rejects rejects.tsv
printf '%s\t%s\t%s\twide.npy\n' \
	1 1 "component 0: 1.0000000000000001e+300 is beyond the range of f32" \
	3 3 "component 1: -1.0000000000000001e+300 is beyond the range of f32" >due
same due rejects.tsv
run 0 vsx-build whole.npy -o i.vsx -i Flat -e u8 --rejects rejects.tsv
[ "$(cut -f 1 rejects.tsv | xargs)" = "1 2" ] || fail "rows that are not u8"
has rejects.tsv "is an integer that f32 does not hold exactly"

# An index that lives: the ids go on, with gaps where rows are left out.
run 0 vsx-build good.fbin -o z.vsx -i Flat -m cosine -q
refused 2 "row 3: component 7" -- vsx-add z.vsx spoilt.fbin
run 0 vsx-add z.vsx spoilt.fbin --rejects rejects.tsv
has "$tmp/out" "z.vsx: 396 rows added, 4 left out: generation 2"
[ "$(cut -f 1,2 rejects.tsv | xargs)" = "3 399 4 400 200 596 399 795" ] ||
	fail "ids of what was not added"
run 0 vsx-query z.vsx --id 398 -k 1
run 2 vsx-query z.vsx --id 399 -k 1
run 0 vsx-query z.vsx --id 401 -k 1
run 0 vsx-add z.vsx spoilt.fbin --ids ids.txt --replace --skip-bad --json
[ "$(field rejected)" = 4 ] || fail "rejected in --json of vsx-add"
run 0 vsx-verify z.vsx

# Nothing is left.
rm -f n.vsx
refused 2 "no rows remain: 30 left out" -- \
	vsx-build none.fbin -o n.vsx -i Flat --skip-bad -q
refused 2 "no rows to add remain: 30 left out" -- \
	vsx-add z.vsx none.fbin --skip-bad -q

# What is read, or written as the index, is not written over.
for file in spoilt.fbin z.vsx ids.txt; do
	refused 2 "'$file'" "would be written" -- vsx-add z.vsx \
		spoilt.fbin --ids ids.txt --rejects $file
	refused 2 "'$file'" "would be written" -- vsx-build spoilt.fbin \
		--ids ids.txt -o z.vsx -f --rejects $file
done
refused 2 "are the same file, and both would be written" -- \
	vsx-build good.fbin -o n.vsx --rejects n.vsx
refused 2 "no/where" -- vsx-build good.fbin -o n.vsx --rejects no/where
run 3 vsx-build spoilt.fbin -o n.vsx --rejects /dev/full -q
[ ! -e n.vsx ] || fail "an index whose rejects could not be written"
finish
