#!/bin/sh
# How a graph grows: build time and queries a second at equal recall over made-up
# rows of 96 dimensions, on one thread. Prints Markdown, and draws both in
# build/bench/growth: growth-build.svg and growth-qps.svg.
# usage: sh bench/growth.sh [ROWS [SPEC...]]
#
#   ROWS  the most; a quarter and a fortieth of them besides (4000000)
#   SPEC  what is built (HNSW16,SQ8)
#
# Four million rows take some twenty minutes and 4 GB on a quiet processor.
set -eu
cd "$(dirname "$0")/.."
most=${1:-4000000}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- HNSW16,SQ8
build=$PWD/build/bench
sh tools/packages.sh gcc g++ make cmake pkg-config libc6-dev liblz4-dev \
	libxxhash-dev libsmartcols-dev libjansson-dev
mkdir -p "$build/growth"
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release >"$build/build.log"
cmake --build "$build" -j "$(nproc)" --target vsx-bench >>"$build/build.log"
for spec; do
	set -- "$@" -i "$spec"
	shift
done
"$build/tools/vsx-bench" --synthetic "${most}x96" --rows $((most / 40)) \
	--rows $((most / 4)) --rows "$most" "$@" --threads 1 --seconds 5 \
	--markdown --svg "$build/growth"
