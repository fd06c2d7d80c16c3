#!/bin/sh
# The same rows, options and seed: the same bytes with any number of threads.
# Another seed: another file. Answers do not depend on threads, batch or ISA.
. tests/cli/lib.sh.inc

# Bytes are the same with and without a sanitizer, which looks at the rest.
n=2000 n_bytes='\320\007' threads_each='1 2 8' isas='scalar avx2 avxvnni avx512 amx'
[ -z "${sanitize:-}" ] ||
	n=600 n_bytes='\130\002' threads_each='1 8' isas='scalar avx2 avx512'

# shellcheck disable=SC2059
{ printf "$n_bytes"'\000\000\062\000\000\000' # n x 50
  tail -c +129 "$words/vectors.npy" | head -c $((n * 200)); } >rows.fbin
{ printf '\144\000\000\000\062\000\000\000' # 100 x 50
  tail -c 20000 "$words/vectors.npy"; } >queries.fbin
seq 90001 3 $((90000 + 3 * n)) >ids.txt

for options in "-i Flat -m cosine" "-i IVF64,Flat -m cosine" \
    "-i HNSW16 -m cosine" "-i HNSW16 -m cosine --builder partition" \
    "-i HNSW8 -m ip --builder partition" \
    "-i HNSW8 -m l2 -e f16 --ids ids.txt" \
    "-i IVF64,Flat -m ip -e bf16 --page-size 16K" \
    "-i HNSW8,SQ8 -m cosine" "-i HNSW8,SQ8,G16 -m cosine" "-i PCA20,HNSW8,SQ4 -m ip" \
    "-i IVF64,SQ4 -m cosine" "-i SQ8 -m ip -e f16" \
    "-i IVF32,PQ9 -m cosine" "-i PQ25x4 -m ip" "-i IVF32,PQ21x4fs" \
    "-i IVF32,RaBitQ -m cosine" "-i RaBitQ -m ip -e f16" \
    "-i IVF32,RaBitQ5" "-i RaBitQ3,NoRefine -m cosine" \
    "-i PCA20,Flat -m ip" "-i OPQ7_24,IVF16,SQ4 -m cosine" \
    "-i Flat --normalize --queries queries.fbin"; do
	for threads in $threads_each; do
		# shellcheck disable=SC2086
		run 0 vsx-build rows.fbin $options -o $threads.vsx -f -q \
			--threads $threads
	done
	for threads in $threads_each; do
		same 1.vsx "$threads.vsx"
	done
	# shellcheck disable=SC2086
	run 0 vsx-build rows.fbin $options -o small.vsx -f -q --memory 1M
	same 1.vsx small.vsx
	vsx-query 1.vsx queries.fbin --format tsv --threads 1 >due.tsv
	[ -s due.tsv ] || fail "no answers"
	vsx-query 1.vsx queries.fbin --format tsv --threads 8 >got.tsv
	same due.tsv got.tsv
	tail -c +9 queries.fbin | vsx-query 1.vsx - --format tsv >got.tsv
	same due.tsv got.tsv
	vsx-query 1.vsx queries.fbin --format tsv --untrusted >got.tsv
	same due.tsv got.tsv
	vsx-query 1.vsx queries.fbin --format tsv --exact --threads 1 >exact.tsv
	head -c $((8 + 200)) queries.fbin | tail -c 200 |
		vsx-query 1.vsx - --format tsv --exact >one.tsv
	head -n "$(wc -l <one.tsv)" exact.tsv >got.tsv # of a batch, and alone
	same one.tsv got.tsv
	for isa in $isas; do
		VSX_ISA=$isa vsx-query 1.vsx queries.fbin --format tsv >got.tsv
		same due.tsv got.tsv
		VSX_ISA=$isa vsx-query 1.vsx queries.fbin --format tsv \
			--exact --threads 3 >got.tsv
		same exact.tsv got.tsv
	done
done
# The recall table of codes that estimate counts rows by keys.
for spec in IVF64,Flat IVF64,SQ4 SQ8 HNSW8,SQ8 HNSW16,G48 PCA20,HNSW8,SQ4,G12 IVF32,PQ9 IVF32,PQ21x4fs IVF32,RaBitQ RaBitQ3 OPQ10,IVF16,PQ10; do
	run 0 vsx-build rows.fbin -i $spec -o best.vsx -f -q
	for isa in scalar avx2 avx512; do
		VSX_ISA=$isa run 0 vsx-build rows.fbin -i $spec -o isa.vsx -f -q
		same isa.vsx best.vsx
	done
done
for builder in partition insert; do
	for isa in scalar avx2; do
		VSX_ISA=$isa run 0 vsx-build rows.fbin -i HNSW8 \
			--builder $builder -o isa.vsx -f -q
		run 0 vsx-build rows.fbin -i HNSW8 --builder $builder \
			-o best.vsx -f -q
		same isa.vsx best.vsx
	done
done
run 0 vsx-build rows.fbin -i HNSW8 -o few.vsx -q
same few.vsx best.vsx # few rows are inserted
run 0 vsx-build rows.fbin -i HNSW8 -o seven.vsx -q --seed 7
! cmp -s best.vsx seven.vsx || fail "the seed changes nothing"
finish
