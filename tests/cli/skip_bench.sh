#!/bin/sh
# vsx-bench --skip-bad: what is measured is what it would be without the bad
# rows, and ids are still the numbers of the rows in the input.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

python3 - "$words/vectors.npy" <<'END'
import struct, sys
data = open(sys.argv[1], "rb").read()[128:]
rows = [list(struct.unpack_from("<50f", data, 200 * i)) for i in range(600)]
def fbin(name, rows):
    with open(name, "wb") as f:
        f.write(struct.pack("<ii", len(rows), 50))
        for r in rows:
            f.write(struct.pack("<50f", *r))
bad = [0, 5, 333, 599]
good = [i for i in range(600) if i not in bad]
fbin("good.fbin", [rows[i] for i in good])
open("good.txt", "w").writelines("%d\n" % i for i in good)
rows[0] = rows[333] = [0.0] * 50
rows[5][3] = float("nan")
rows[599][49] = float("-inf")
fbin("spoilt.fbin", rows)
fbin("none.fbin", [[0.0] * 50] * 20)
def npy(name, rows):
    text = "{'descr': '<f8', 'fortran_order': False, 'shape': (%d, 2), }" % (
        len(rows))
    text += " " * (117 - len(text)) + "\n"
    with open(name, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + text.encode())
        for r in rows:
            f.write(struct.pack("<2d", *r))
npy("wide.npy", [(i, 1e300 if i == 7 else i * i) for i in range(200)])
END
word_rows 3000 60 queries.fbin

bench() { # OPTION...: all recalls of what was measured, in ./recalls
	run 0 vsx-bench "$@" --skip-bad -m cosine --seconds 0.05 --json -t 2
	python3 - "$tmp/out" >recalls <<'END'
import json, sys
for s in json.load(open(sys.argv[1]))["series"]:
    for p in s["points"]:
        print(p["recall_at_1"], p["recall_at_10"], p["recall_at_100"])
END
	[ "$(sort -u recalls)" = "1.0 1.0 1.0" ] ||
		[ "$(sort -u recalls)" = "1 1 1" ] ||
		fail "recall of $*: $(sort -u recalls)"
}

run 0 vsx-build spoilt.fbin -o x.vsx -i Flat -m cosine -q --skip-bad
run 0 vsx-build good.fbin --ids good.txt -o due.vsx -i Flat -m cosine -q
run 0 vsx-query due.vsx queries.fbin -k 100 --exact --format ivecs -o truth.ivecs

# The truth of a file, and one that is computed; an index that was built so.
bench spoilt.fbin --queries queries.fbin --ground-truth truth.ivecs -i Flat \
	--index x.vsx --rejects rejects.tsv
printf '%s\t%s\t%s\tspoilt.fbin\n' \
	0 0 "the vector is zero, which has no cosine" \
	5 5 "component 3 is NaN" \
	333 333 "the vector is zero, which has no cosine" \
	599 599 "component 49 is infinite" >due
same due rejects.tsv
has "$tmp/err" "vsx-bench: spoilt.fbin:333: the vector is zero"
bench spoilt.fbin --queries queries.fbin -i Flat --index x.vsx
bench spoilt.fbin -i Flat
# Golden queries name rows of the input.
run 0 vsx-bench spoilt.fbin --queries queries.fbin -m cosine --skip-bad -q \
	--make-golden golden.jsonl
run 0 vsx-verify x.vsx --golden golden.jsonl

# A truth that names a row that is left out is of no use.
printf '\005\000\000\000' | dd of=truth.ivecs bs=4 seek=1 conv=notrunc 2>/dev/null
bench spoilt.fbin --queries queries.fbin --ground-truth truth.ivecs -i Flat
has "$tmp/err" "truth.ivecs: names rows that are left out"

run 0 vsx-bench wide.npy -i Flat --seconds 0.05 --rejects rejects.tsv -q
[ "$(cut -f 1-3 rejects.tsv)" = "$(printf '7\t7\t%s' \
	"component 1: 1.0000000000000001e+300 is beyond the range of f32")" ] ||
	fail "rejects of wide.npy: $(cat rejects.tsv)"
refused 2 "no rows remain: 20 left out" -- \
	vsx-bench none.fbin -m cosine --skip-bad -q
refused 2 "'spoilt.fbin' would be written" -- vsx-bench spoilt.fbin --rejects spoilt.fbin
refused 2 "spoilt.fbin" "row 0" -- vsx-bench spoilt.fbin -m cosine -q
finish
