#!/bin/sh
# The same rows in every format give the same answers, and where the stored
# type is the same, the same file.
. tests/cli/lib.sh.inc
command -v python3 >/dev/null || skip "no python3 to make the inputs with"
python3 "$here/tests/cli/make_inputs.py" || fail "make_inputs.py"

build() { # output, inputs and options
	build_to=$1
	shift
	run 0 vsx-build "$@" -o "$build_to" -f -i Flat -q
}

run 0 vsx-build v.fvecs -o due.vsx -i Flat -e f32 -q
run 0 vsx-query due.vsx v.fvecs -k 7 --format tsv
cp "$tmp/out" due.tsv
n=0
for file in *.npy v.* b.*; do
	case $file in ids*) continue ;; esac
	n=$((n + 1))
	# as the type that the input has
	build own.vsx "$file"
	run 0 vsx-query own.vsx v.fvecs -k 7 --format tsv
	same due.tsv "$tmp/out"
	# as f32
	build f32.vsx "$file" -e f32
	run 0 vsx-query f32.vsx "$file" -k 7 --format tsv
	same due.tsv "$tmp/out"
	same due.vsx f32.vsx
	run 0 vsx-verify f32.vsx own.vsx
done
[ "$n" -ge 35 ] || fail "only $n inputs"

# What each type is stored as.
stored() { # input, type
	build own.vsx "$1"
	run 0 vsx-info own.vsx --json
	has "$tmp/out" "\"element\": \"$2\""
}
stored little-f2.npy f16
stored big-f2.npy f16
stored little-f8.npy f32
stored little-i8.npy f32
stored byte-i1.npy i8
stored byte-u1.npy u8
stored v.bvecs u8
stored v.ivecs f32
stored b.f16bin f16
stored b.u8bin u8
stored b.i8bin i8
for elem in f32 f16 bf16 i8 u8; do
	build own.vsx v.fvecs -e $elem
	run 0 vsx-info own.vsx --json
	has "$tmp/out" "\"element\": \"$elem\""
	run 0 vsx-query own.vsx b.u8bin -k 7 --format tsv
	same due.tsv "$tmp/out"
done

# Standard input; several files in a row, of one type and of two.
vsx-build - --dim 7 -o raw.vsx -i Flat -q <raw || fail "raw rows"
run 0 vsx-query raw.vsx v.fvecs -k 7 --format tsv
same due.tsv "$tmp/out"
vsx-query raw.vsx - -k 7 --format tsv <raw >"$tmp/out" || fail "raw queries"
same due.tsv "$tmp/out"
build two.vsx first.fvecs rest.fvecs
run 0 vsx-query two.vsx v.fvecs -k 7 --format tsv
same due.tsv "$tmp/out"
tail -c +$((1 + 23 * 28)) raw >rest
vsx-build first.fvecs - --dim 7 -o mixed.vsx -i Flat -q <rest ||
	fail "a file and raw rows"
run 0 vsx-query mixed.vsx v.fvecs -k 7 --format tsv
same due.tsv "$tmp/out"

# Not one byte of an index tells where its rows came from, or how they were cut.
same due.vsx raw.vsx
same due.vsx two.vsx
same due.vsx mixed.vsx
for spec in IVF4,Flat HNSW4; do
	run 0 vsx-build v.fvecs -o a.vsx -f -i $spec --ids ids.txt \
		--queries first.fvecs -q
	cat raw | vsx-build - --dim 7 -o b.vsx -f -i $spec --ids ids.txt \
		--queries first.fvecs -q || fail "a pipe"
	same a.vsx b.vsx
done
# Unless it is told to.
run 0 vsx-info a.vsx
grep -q source "$tmp/out" && fail "a source that was not told"
build a.vsx v.fvecs --source 'shelf 7, left'
run 0 vsx-info a.vsx
has "$tmp/out" "source      shelf 7, left"
run 0 vsx-compact a.vsx -q
run 0 vsx-info a.vsx
has "$tmp/out" "source      shelf 7, left"
refused 2 "source is not UTF-8" -- \
	vsx-build v.fvecs -o no.vsx --source "$(printf 'caf\351')"
build types.vsx b.u8bin v.fvecs
run 0 vsx-info types.vsx --json
has "$tmp/out" '"element": "f32"'
has "$tmp/out" '"rows": 120'

# Ids, from each format; the last is beyond 32 bits in some.
for ids in ids.txt ids.ivecs ids-row.ivecs ids-i4.npy; do
	build ids.vsx v.fvecs --ids $ids
	awk -F '\t' -v OFS='\t' '{ $3 = 1000 - 7 * $3; print }' due.tsv >due-ids.tsv
	run 0 vsx-query ids.vsx v.fvecs -k 7 --format tsv
	# Ties go by id, which now falls: only the distances are in one order.
	cut -f 1,4 due-ids.tsv >a
	cut -f 1,4 "$tmp/out" >b
	same a b
	awk -F '\t' '$2 == 1' due-ids.tsv >a
	awk -F '\t' '$2 == 1' "$tmp/out" >b
	same a b
done
for ids in ids-i8.npy ids-u8.npy ids-be.npy ids-big.txt; do
	build ids.vsx v.fvecs --ids $ids
	run 0 vsx-query ids.vsx --id 1099511627776 -k 1 --format tsv
	[ "$(cut -f 1 "$tmp/out")" = 1099511627776 ] || fail "$ids: the big id"
	run 0 vsx-verify ids.vsx
done
refused 2 "1099511627776" "2147483647" -- \
	vsx-query ids.vsx v.fvecs -k 1 --format ivecs -o no.ivecs

# A name that is no UTF-8, and one with blanks.
name=$(printf 'caf\351 \033[2J.fvecs')
cp v.fvecs "$name"
build odd.vsx "$name"
same due.vsx odd.vsx
finish
