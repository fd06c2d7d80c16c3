#!/bin/sh
# Build the fuzz targets and run each for some seconds (20) from an empty corpus,
# as many at a time as there are processors.
# usage: sh tests/fuzz.sh [SECONDS]
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-20}
build=build/fuzz
targets=$(basename -s .c tests/fuzz/fuzz_*.c)

sh tools/packages.sh clang make cmake pkg-config libc6-dev liblz4-dev \
	libxxhash-dev libsmartcols-dev libjansson-dev zlib1g-dev libzstd-dev
CC=clang cmake -S . -B $build -DVSX_BUILD_FUZZ=ON -DVSX_BUILD_TOOLS=ON \
	-DVSX_SANITIZE=address,undefined >/dev/null
# shellcheck disable=SC2086 # the names are words
cmake --build $build -j "$(nproc)" --target $targets >/dev/null
mkdir -p $build/log

# 255: no others are begun after the first that finds something.
# shellcheck disable=SC2016 # for the inner shell
echo "$targets" | xargs -P "$(nproc)" -I '{}' sh -c '
	build=$0 seconds=$1 target=$2
	echo "$target, $seconds seconds"
	"$build/tests/$target" -max_total_time="$seconds" -timeout=25 \
		-rss_limit_mb=3000 -artifact_prefix="$build/" \
		>"$build/log/$target" 2>&1 || {
		echo "FAILED: $target"
		tail -60 "$build/log/$target"
		exit 255
	}
	echo "$target: $(tail -1 "$build/log/$target")"' $build "$seconds" '{}'
