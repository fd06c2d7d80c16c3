#!/bin/sh
# How fast documents are read: JSON lines and CSV of 384 numbers, plain and packed,
# in interleaved rounds; bytes for each second of processor's time.
# usage: sh bench/docs.sh [ROWS [ROUNDS]]     (40000, 5)
set -eu
cd "$(dirname "$0")/.."
rows=${1:-40000}
rounds=${2:-5}
build=build/bench
sh tools/packages.sh gcc make cmake pkg-config libc6-dev liblz4-dev \
	libxxhash-dev libsmartcols-dev libjansson-dev zlib1g-dev libzstd-dev \
	gzip zstd
cmake -S . -B $build -DCMAKE_BUILD_TYPE=Release -DVSX_BUILD_BENCH=ON >/dev/null
cmake --build $build -j "$(nproc)" --target bench_docs >/dev/null
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
bench=$PWD/$build/bench/bench_docs
cd "$tmp"
"$bench" write "$rows" 384 docs.jsonl
"$bench" write "$rows" 384 docs.csv
gzip -k1 docs.jsonl
zstd -qk docs.jsonl
"$bench" read "$rounds" docs.jsonl docs.csv docs.jsonl.gz docs.jsonl.zst
