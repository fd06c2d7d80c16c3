#!/bin/sh
# Build the fuzz targets and run each for some seconds (20) from an empty corpus.
# usage: sh tests/fuzz.sh [SECONDS]
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-20}
build=build/fuzz

sh tools/packages.sh clang make cmake pkg-config libc6-dev liblz4-dev \
	libxxhash-dev libsmartcols-dev libjansson-dev
CC=clang cmake -S . -B $build -DVSX_BUILD_FUZZ=ON -DVSX_BUILD_TOOLS=ON \
	-DVSX_SANITIZE=address,undefined >/dev/null
cmake --build $build -j "$(nproc)" >/dev/null
for target in $build/tests/fuzz_*; do
	[ -x "$target" ] && [ -f "$target" ] || continue
	echo "$(basename "$target"), $seconds seconds"
	"$target" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=3000 \
		-artifact_prefix=$build/ >$build/log 2>&1 ||
		{ tail -60 $build/log; exit 1; }
	tail -1 $build/log
done
