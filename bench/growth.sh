#!/bin/sh
# How a graph grows: build time and queries a second at equal recall over made-up
# rows of 96 dimensions, on one thread. Prints Markdown.
# usage: sh bench/growth.sh [ROWS]
#
#   ROWS  the most; a tenth and a hundredth of them besides (1000000)
#
# A million rows take some five minutes on a quiet processor.
set -eu
cd "$(dirname "$0")/.."
most=${1:-1000000}
build=$PWD/build/bench
sh tools/packages.sh gcc g++ make cmake pkg-config libc6-dev liblz4-dev \
	libxxhash-dev libsmartcols-dev libjansson-dev
mkdir -p "$build"
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release >"$build/build.log"
cmake --build "$build" -j "$(nproc)" --target vsx-bench >>"$build/build.log"
for spec in HNSW16 HNSW16,SQ8; do
	"$build/tools/vsx-bench" --synthetic "${most}x96" \
		--rows $((most / 100)) --rows $((most / 10)) --rows "$most" \
		-i $spec --threads 1 --markdown
done
