#!/bin/sh
# Recall of product quantisers beside those of FAISS at the same spec, as a
# table in Markdown. Without re-ranking: VSX looks at as many rows as are wanted
# (refine 1), so its answers are the k rows with the best keys, like those of
# FAISS.
# usage: sh bench/codes.sh PEERS SET METRIC ROWS SPEC...
#
#   PEERS   bench_peers, as bench/peers.sh builds it
#   SET     a folder with base and query vectors
#   ROWS    of the base, the first ones; true neighbours are those among them
#   SPEC    such as PQ16, IVF64,PQ32x4
set -eu
peers=$1 set=$2 metric=$3 rows=$4
shift 4
export OPENBLAS_NUM_THREADS=1 OMP_WAIT_POLICY=passive

for base in "$set"/base.*; do :; done
for query in "$set"/query.*; do :; done
for spec; do
	"$peers" "$base" --queries "$query" --rows "$rows" --n-queries 500 \
		-m "$metric" -e f32 -i "$spec" -i "faiss:$spec" --refine 1 \
		--curve --seconds 0.05 --seed 1 -t 1 -q --json |
		jq -r --arg set "$(basename "$set"), $rows" '
		[.series[].points] as [$vsx, $faiss] | .series[0].spec as $spec |
		$vsx[] | .effort as $e |
		select($e == 8 or $e == 32 or .effort == $vsx[-1].effort) |
		. as $v | ($faiss[] | select(.effort == $e)) as $f |
		"| \($set) | \($spec) | \($e // "all") | " +
		"\($v.recall_at_10) | \($f.recall_at_10) | " +
		"\((($v.recall_at_10 - $f.recall_at_10) * 10000 | round) / 10000) |"'
done
