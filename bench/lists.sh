#!/bin/sh
# Lists of codes beside hnswlib at equal recall, one query at a time on one
# thread, for k of 10 and of 100: bench_lists over the sets in DATA, with numbers
# of lists from sqrt(n) to 16 sqrt(n). Prints Markdown.
# usage: sh bench/lists.sh DATA [ROUNDS]
#
#   DATA  a folder with fashion-mnist/, isift-300k/ and glove-50/, as peers.sh
#         takes it
#
# Indexes are built by all processors; speeds are in CPU time, in turns.
set -eu
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || {
	echo 'usage: sh bench/lists.sh DATA [ROUNDS]' >&2
	exit 2
}
data=$(cd "$1" && pwd)
rounds=${2:-9}
build=$PWD/build/bench
sh tools/packages.sh gcc g++ make cmake pkg-config libc6-dev liblz4-dev \
	libxxhash-dev libsmartcols-dev libjansson-dev libhnswlib-dev \
	libfaiss-dev libopenblas-dev
mkdir -p "$build"
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DVSX_BUILD_BENCH=ON \
	>"$build/build.log"
cmake --build "$build" -j "$(nproc)" --target bench_lists >>"$build/build.log"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# measure TITLE BASE QUERIES TRUTH OPTION... -- LISTS...
measure() {
	printf '\n### %s\n\n' "$1"
	base=$data/$2 queries=$data/$3 truth=$data/$4
	shift 4
	options=
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	specs=hnswlib:HNSW16
	for lists; do specs="$specs vsx:IVF$lists,Flat"; done
	# shellcheck disable=SC2086 # options and specs are words
	"$build/bench/peers/bench_lists" -r "$rounds" -t "$(nproc)" $options \
		"$base" "$queries" "$truth" "$work" $specs
}
measure fashion-mnist fashion-mnist/base.npy fashion-mnist/query.npy \
	fashion-mnist/gt.ivecs -- 256 512 1024 2048 4096
measure isift-300k isift-300k/base.bvecs isift-300k/query.fvecs \
	isift-300k/gt.ivecs -- 512 1024 2048 4096 8192
measure 'glove-50, cosine' glove-50/base.npy glove-50/query.npy \
	glove-50/gt-cosine.ivecs -m cosine -- 512 1024 2048 4096 8192
