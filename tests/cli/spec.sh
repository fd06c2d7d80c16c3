#!/bin/sh
# What -i may say: in any case, with or without a size, and what few rows make of
# it; and the effort that a small index is searched with.
. tests/cli/lib.sh.inc

# rows N FILE: the first N words
rows() { # 32 as a little-endian number of four bytes, for N below 65536
	{
		printf "$(printf '\\%03o\\%03o\\000\\000' $(($1 % 256)) $(($1 / 256)))"
		printf '\062\000\000\000'
		tail -c +129 "$words/vectors.npy" | head -c $(($1 * 200))
	} >"$2"
}
rows 41 few.fbin
rows 800 some.fbin
rows 3000 more.fbin

# builds AS SPEC FILE [OPTION...]: what -i SPEC gives over the rows
builds() {
	builds_as=$1 builds_spec=$2 builds_file=$3
	shift 3
	run 0 vsx-build "$builds_file" -o x.vsx -f -i "$builds_spec" --json "$@"
	cp "$tmp/err" said
	has "$tmp/out" "\"spec\": \"$builds_as\""
	run 0 vsx-build "$builds_file" --plan -i "$builds_spec" --json "$@"
	has "$tmp/out" "\"spec\": \"$builds_as\""
	has "$tmp/out" '"build_seconds": '
	run 0 vsx-verify x.vsx
}

builds Flat FLAT some.fbin
builds Flat flat some.fbin
builds HNSW12 hnsw12 some.fbin
builds HNSW12 Hnsw12,flat some.fbin
builds IVF10,Flat ivf10,FLAT some.fbin
builds IVF10,Flat IVF10 some.fbin
builds Flat Auto some.fbin

# A bound on the bytes of a row: less is kept, or it cannot be.
builds 'SQ8,Refine(FP16)' auto more.fbin --max-bytes-per-row 200
refused 2 '30 bytes a row are allowed, but the least for' -- \
	vsx-build more.fbin -o x.vsx -f --max-bytes-per-row 30
refused 2 "index 'HNSW16' takes " -- \
	vsx-build more.fbin -o x.vsx -f -i HNSW16 --max-bytes-per-row 200
refused 2 '--max-bytes-per-row needs an INPUT' -- \
	vsx-build --dim 4 -o x.vsx -f --max-bytes-per-row 30

# Of more rows than are scanned auto tries some layouts, and says what it tried.
run 0 vsx-build "$words/vectors.npy" some.fbin --plan
has "$tmp/out" "trial     HNSW16,SQ8 HNSW16,SQ8,G16 HNSW32,SQ8 HNSW32,SQ8,G16 IVF"
run 0 vsx-build "$words/vectors.npy" some.fbin -o tried.vsx -f --json
has "$tmp/err" " layouts tried on 6933 of 20800 rows, for a recall@10 of 0.95"
has "$tmp/err" "layout "
[ "$(grep -c ' chosen$' "$tmp/err")" = 1 ] || fail "not one layout was chosen"
has "$tmp/out" '"chosen": true'
spec=$(sed -n 's/^  "spec": "\(.*\)",/\1/p' "$tmp/out")
grep -q "^$spec .* chosen$" "$tmp/err" || fail "$spec is not what was chosen"
run 0 vsx-verify tried.vsx

# Codes in the place of Flat; what is kept beside them is said.
builds SQ8 sq8 some.fbin
has said "rows are kept as f32 beside their codes (RFlat)"
builds IVF10,SQ4 ivf10,sq4 some.fbin
builds IVF10,RaBitQ ivf10,rabitq1 some.fbin
builds IVF10,RaBitQ4,NoRefine ivf10,rabitq4,norefine some.fbin
builds IVF10,SQ8u,RFlat IVF10,sq8U,RFLAT some.fbin
[ ! -s said ] || fail "what was asked for is told: $(cat said)"
run 0 vsx-info x.vsx --json
has "$tmp/out" '"codes": "SQ8"'

# A graph is walked over codes; rows of bytes are their own.
builds HNSW12,SQ8 hnsw12,sq8 some.fbin
has said "rows are kept as f32 beside their codes (RFlat)"
builds PCA4,HNSW12,SQ4,NoRefine PCA4,HNSW12,SQ4,norefine some.fbin
{ # any bytes are rows of u8
	head -c 8 some.fbin
	tail -c +9 some.fbin | head -c 40000
} >some.u8bin
builds HNSW12 HNSW12,SQ8,NoRefine some.u8bin
has said "rows of u8 are their own codes: searches compare these"
run 0 vsx-verify x.vsx

# So are floats that are whole numbers of a byte: it is said, and lost is nothing.
run 0 vsx-build some.u8bin -e f32 -o x.vsx -f -i IVF10,SQ8
has "$tmp/err" "rows are whole numbers, kept as u8, which are their own codes: nothing is lost"
run 0 vsx-info x.vsx
has "$tmp/out" "50 f32"
has "$tmp/out" "kept        u8, which holds these whole numbers exactly"
run 0 vsx-info x.vsx --json
has "$tmp/out" '"kept_narrow": true'
run 0 vsx-export x.vsx -o floats.npy
run 0 vsx-build some.u8bin -e f32 -o y.vsx -f -i Flat -q
run 0 vsx-export y.vsx -o same.npy
cmp floats.npy same.npy || fail "rows kept as u8 are not those of f32"

# Sized for the rows, and it is said.
builds IVF64,Flat IVF some.fbin
has said "IVF64,Flat chosen: for 800 rows"
builds IVF64,Flat ivf,flat some.fbin
builds IVF256,Flat IVF more.fbin
builds HNSW16 HNSW some.fbin
has said "HNSW16 chosen: for 800 rows and a recall of 0.95"
builds HNSW32 hnsw some.fbin --recall 0.98

# Lists that rows can fill are kept; more than there are rows are not.
builds IVF8,Flat IVF8,Flat few.fbin
has said "41 rows are few for 8 lists"
builds IVF5,Flat IVF5,Flat few.fbin
[ ! -s said ] || fail "a warning for 41 rows in 5 lists"
builds IVF41,Flat IVF41,Flat few.fbin
builds IVF41,Flat IVF42,Flat few.fbin
has said "nlist lowered from 42 to 41: there are 41 rows"
builds IVF4,Flat IVF few.fbin

# What was asked for stays: a compaction sizes it for the rows of then.
run 0 vsx-build few.fbin -o grown.vsx -i ivf
run 0 vsx-add grown.vsx more.fbin -q
run 0 vsx-compact grown.vsx --json
has "$tmp/out" '"spec": "IVF256,Flat"'
run 0 vsx-compact grown.vsx -o other.vsx --spec hnsw --json
has "$tmp/out" '"spec": "HNSW16"'
run 0 vsx-compact grown.vsx -o other.vsx -f --index FLAT --json # as it was
has "$tmp/out" '"spec": "Flat"'
run 0 vsx-bench some.fbin -i ivf -i hnsw --seconds 0.02 --json -q
has "$tmp/out" '"spec": "IVF64,Flat"'
has "$tmp/out" '"spec": "HNSW16"'

# A small index finds all, or all but one in 2,000, while that takes fewer than
# 1,000 distances.
finds_all() {
	grep -qE '"recall_at_10": (1|0\.999[5-9][0-9]*),' "$tmp/out" ||
		fail "$spec finds $(grep recall_at_10 "$tmp/out")"
}
for spec in HNSW16 IVF16,Flat HNSW8; do
	run 0 vsx-build some.fbin -o x.vsx -f -i $spec --recall 0.5 --json
	finds_all
	run 0 vsx-build some.fbin -o x.vsx -f -i $spec --json
	finds_all
done
# A large one finds what was asked for.
run 0 vsx-build "$words/vectors.npy" -o x.vsx -f -i IVF64,Flat --recall 0.9 --json
! grep -q '"recall_at_10": 1' "$tmp/out" || fail "a large index finds all"

refused 2 "'HNSX16' is not known" "Flat, IVF<nlist>,Flat" -- \
	vsx-build some.fbin -o no.vsx -i HNSX16
refused 2 "codes in blocks are for scans" -- \
	vsx-build some.fbin -o no.vsx -i HNSW8,PQ2x4fs
for bits in 0 9; do
	refused 2 "bits is $bits, expected 1 to 8" -- \
		vsx-build some.fbin -o no.vsx -i RaBitQ$bits
done
refused 2 "nlist is 0" -- vsx-build some.fbin -o no.vsx -i ivf0
finish
