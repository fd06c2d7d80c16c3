#!/bin/sh
# --memory holds: with a limit of the system on the memory of the process, which
# is what --memory says and a little, builds and additions come to their end.
# Buffers, the truth of the test and orders of ids are within it, too.
. tests/cli/lib.sh.inc

# In KiB, of data: heap and anonymous mappings. Sanitizers map far more.
limited() {
	sh -c "ulimit -d $1 && shift && exec \"\$@\"" sh "$@"
}
limited 8192 vsx-build --version >/dev/null 2>&1 ||
	skip "memory cannot be limited here"

# Bytes as rows of 128: 93,750 of them, of which 31,250 are different.
tail -c +129 "$words/vectors.npy" >bytes
[ "$(wc -c <bytes)" = 4000000 ] || fail "other words than there were"
{ printf '\022\172\000\000\200\000\000\000' && cat bytes; } >few.u8bin
{ printf '\066\156\001\000\200\000\000\000' && cat bytes bytes bytes; } >rows.u8bin
seq 93750 -1 1 >ids
seq 200000 231249 >new

for spec in Flat IVF16,Flat IVF16,SQ8; do
	run 0 limited 9216 vsx-build rows.u8bin -o rows.vsx -i $spec -e f32 \
		--ids ids --memory 8M -t 1 -q -f
done
run 0 limited 9216 vsx-build few.u8bin -o few.vsx -i HNSW4 \
	--ef-construction 10 --memory 8M -t 1 -q
run 0 limited 9216 vsx-add rows.vsx few.u8bin --ids new --memory 8M -t 1 -q
run 0 vsx-export few.vsx -o few.jsonl
run 0 limited 12288 vsx-build few.jsonl -o docs.vsx -i Flat --memory 8M -t 1 -q
# A graph that is built anew, since many of its rows are deleted.
seq 0 4 31249 >gone
run 0 limited 9216 vsx-delete few.vsx --ids gone --memory 8M -t 1
has "$tmp/out" "segments   2, the newest includes 1 older one"
run 0 vsx-verify rows.vsx few.vsx docs.vsx
finish
