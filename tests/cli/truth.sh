#!/bin/sh
# One rule for ground truth, whichever command reads it: -1 ends a list, and
# every id is one of the index.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

word_rows 0 300 rows.fbin
word_rows 400 4 queries.fbin

# ivecs FILE ROW...: rows of numbers
ivecs() {
	python3 - "$@" <<'END'
import struct, sys
with open(sys.argv[1], "wb") as f:
    for row in sys.argv[2:]:
        ids = [int(x) for x in row.split()]
        f.write(struct.pack("<%di" % (len(ids) + 1), len(ids), *ids))
END
}
# recall K: what vsx-query says of it
recall() { awk -v k="recall@$1" '$1 == k { print $2 }' "$tmp/out"; }

run 0 vsx-build rows.fbin -o i.vsx -i HNSW8 -q
run 0 vsx-query i.vsx queries.fbin -k 3 --exact --format tsv
for q in 0 1 2 3; do
	awk -v q=$q '$1 == q { printf "%d ", $3 }' "$tmp/out" >"list$q"
done
first=$(cut -d ' ' -f 1 list2)

# Lists that are shorter: what is missing is not counted.
ivecs whole.ivecs "$(cat list0)" "$(cat list1)" "$(cat list2)" "$(cat list3)"
ivecs short.ivecs "$(cat list0)" "-1 -1 -1" "$first -1 -1" "$(cat list3)"
for file in whole short; do
	run 0 vsx-query i.vsx queries.fbin --exact --ground-truth $file.ivecs
	[ "$(recall 3)" = 1.000000 ] || fail "$file: recall@3 is $(recall 3)"
	[ "$(recall 1)" = 1.000000 ] || fail "$file: recall@1 is $(recall 1)"
	run 0 vsx-verify i.vsx --queries queries.fbin --ground-truth $file.ivecs \
		--json
	has "$tmp/out" '"own_recall":1,'
done
run 0 vsx-verify i.vsx --queries queries.fbin --ground-truth short.ivecs --json
has "$tmp/out" '"own_queries":3,'
# The same in .npy, signed or not.
python3 - <<'END'
import struct
for name, code, end in (("i8", "q", -1), ("u8", "Q", 2**64 - 1), ("i4", "i", -1)):
    rows = [[int(x) for x in open("list%d" % q).read().split()] for q in range(4)]
    rows[1] = [end] * 3
    rows[2][1:] = [end] * 2
    with open(name + ".npy", "wb") as f:
        head = "{'descr': '<%s', 'fortran_order': False, 'shape': (4, 3), }" % name
        f.write(b"\x93NUMPY\x01\0" + struct.pack("<H", 118) + head.ljust(117).encode() + b"\n")
        for row in rows:
            f.write(struct.pack("<3" + code, *row))
END
for type in i8 u8 i4; do
	run 0 vsx-query i.vsx queries.fbin --exact --ground-truth $type.npy
	[ "$(recall 3)" = 1.000000 ] || fail "$type: recall@3 is $(recall 3)"
done
# What vsx-query writes of an index of few rows, it reads.
word_rows 0 2 two.fbin
run 0 vsx-build two.fbin -o two.vsx -q
for format in ivecs npy; do
	rm -f t.*
	run 0 vsx-query two.vsx queries.fbin -k 5 --format $format -o t.$format
	run 0 vsx-query two.vsx queries.fbin -k 5 --ground-truth t.$format
	[ "$(recall 2)" = 1.000000 ] || fail "$format: recall@2"
	run 0 vsx-query i.vsx queries.fbin -k 5 --ground-truth t.$format
	run 0 vsx-verify two.vsx --queries queries.fbin --ground-truth t.$format
done
# No neighbours at all: nothing is measured, and nothing is passed.
ivecs empty.ivecs -1 -1 -1 -1
run 0 vsx-query i.vsx queries.fbin --ground-truth empty.ivecs
has "$tmp/out" "recall@1    n/a"
run 0 vsx-query i.vsx queries.fbin --ground-truth empty.ivecs --format json -k 1
tail -1 "$tmp/out" >line
has line '{"recall@1":null,"queries":0}'
run 0 vsx-verify i.vsx --queries queries.fbin --ground-truth empty.ivecs
run 0 vsx-build rows.fbin -o few.vsx -i HNSW8 --queries queries.fbin -q
run 1 vsx-verify few.vsx --queries queries.fbin --ground-truth empty.ivecs \
	--min-recall 0.1

# bad TEXT FILE: refused by all of them, with that text
bad() {
	refused 2 "$2" "$1" -- vsx-query i.vsx queries.fbin --ground-truth "$2"
	refused 2 "$2" "$1" -- vsx-verify i.vsx --queries queries.fbin \
		--ground-truth "$2"
	refused 2 "$2" "$1" -- vsx-bench rows.fbin --queries queries.fbin \
		--ground-truth "$2" -k 1 -i Flat
}
ivecs lacks.ivecs "0 1" "2 3" "4 300" "5 6"
bad "row 2, column 1: id 300 is not in" lacks.ivecs
ivecs far.ivecs "0 1" "2 3" "4 2147483647" "5 6"
bad "row 2, column 1: id 2147483647 is not in" far.ivecs
ivecs minus.ivecs "0 1" "-2 3" "4 5" "6 7"
bad "row 1, column 0: the id -2 is negative" minus.ivecs
ivecs behind.ivecs "0 1" "2 3" "4 5" "-1 7"
bad "row 3, column 1: the id 7 follows -1" behind.ivecs
ivecs twice.ivecs "0 0" "2 3" "4 5" "6 7"
bad "row 0: the id 0 appears twice" twice.ivecs
ivecs three.ivecs "0 1" "2 3" "4 5"
bad "3" three.ivecs
# A row that was deleted is lacked, too: then it is the truth of other rows.
run 0 vsx-delete i.vsx --id "$first" -q
refused 2 "row 2, column 0: id $first is not in i.vsx" -- \
	vsx-query i.vsx queries.fbin --ground-truth whole.ivecs
refused 2 "row 2, column 0: id $first is not in i.vsx" -- \
	vsx-verify i.vsx --queries queries.fbin --ground-truth whole.ivecs
# As many neighbours as the shortest list has can be measured.
ivecs bench.ivecs "0 1 2" "3 4 -1" "5 6 7" "8 9 10"
refused 2 "2 neighbours" -- vsx-bench rows.fbin --queries queries.fbin \
	--ground-truth bench.ivecs -k 3 -i Flat
refused 2 "names no neighbours" -- vsx-bench rows.fbin --queries queries.fbin \
	--ground-truth empty.ivecs -k 1 -i Flat
run 0 vsx-bench rows.fbin --queries queries.fbin --ground-truth bench.ivecs \
	-k 2 --make-golden golden.fvecs
# In a golden set, too.
ivecs golden.ivecs "0 1 2" "3 4 -1" "5 -1 -1" "8 9 10"
run 0 vsx-verify few.vsx --golden golden.fvecs
has "$tmp/out" "9 ids"
ivecs golden.ivecs "0 1 2" "3 4 -1" "-1 -1 -1" "8 9 10"
refused 2 "golden.ivecs: row 2" -- vsx-verify few.vsx --golden golden.fvecs
# Ids that name rows are none of that.
ivecs ids.ivecs "-1 1"
refused 2 negative -- vsx-delete few.vsx --ids ids.ivecs
finish
