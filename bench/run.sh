#!/bin/sh
# Measure VSX, beside hnswlib in the same runs, and write bench/RESULTS.md.
# usage: sh bench/run.sh DATA [SET...]
#
# DATA is a folder with fashion-mnist/, isift-300k/ and glove-50/, each with
# base vectors, queries and exact neighbours. Everything runs on one core.
set -eu
cd "$(dirname "$0")/.."
data=$1
shift
build=build/bench
out=bench/RESULTS.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sh tools/packages.sh gcc g++ make cmake pkg-config libc6-dev liblz4-dev \
	libxxhash-dev libhnswlib-dev
cmake -S . -B $build -DVSX_BUILD_BENCH=ON -DVSX_BUILD_TOOLS=OFF >/dev/null
cmake --build $build -j "$(nproc)" >/dev/null
bin=$build/bench
core=$(($(nproc) - 1))
on_core() { taskset -c "$core" "$@"; }

fm=$data/fashion-mnist
isift=$data/isift-300k
glove=$data/glove-50

# Paths in the report are relative to the data.
report() { sed "s|$data/||g; s|$work/||g" >>$out; }

{
	echo '# Results'
	echo
	echo "Made by \`sh bench/run.sh DATA\` at commit $(git rev-parse --short HEAD), $(date -u +%Y-%m-%d), on one core of"
	echo
	sed -n 's/^model name[^:]*: /    /p' /proc/cpuinfo | head -1
	echo "    $(nproc) processors, $(awk '/MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo), Linux $(uname -r)"
	echo
	cat <<'END'
The machine is virtual and shared, so what counts are ratios of CPU time within a
run: all contenders take turns, round after round. hnswlib is Debian's
libhnswlib-dev, compiled with `-O3 -march=native`. VSX searches its mapped file,
with pages checked at first touch, through the public interface; it is compiled
for any x86-64 and chooses its kernels at run time. Queries are given as f32 to
all. `effort` is ef or nprobe, the least that reaches the recall.
END
} >$out

speed() { # title, then the arguments of bench_speed
	printf '\n## %s\n' "$1" >>$out
	shift
	on_core $bin/bench_speed "$@" "$work" >"$work/log"
	report <"$work/log"
}

{
	printf '\n## Exact search\n\n'
	echo 'Flat against the known neighbours, 100 a query. A tie is another id at the same'
	echo 'distance in f64; moved is a neighbour in another place than the list has it: there'
	echo 'the list is not in the order of the similarities in f64, which the search keeps.'
	echo 'Queries a second are on one thread.'
	echo
	echo '| data | metric | rows kept as | queries | same ids | ties | moved | wrong | queries/s |'
	echo '| --- | --- | --- | --- | --- | --- | --- | --- | --- |'
} >>$out
exact() { on_core $bin/bench_exact "$@" "$work" | report; }
exact "$fm/base.npy" "$fm/query.npy" "$fm/gt.ivecs" l2 u8
exact "$fm/base.npy" "$fm/query.npy" "$fm/gt.ivecs" l2 f32
exact "$isift/base.bvecs" "$isift/query.fvecs" "$isift/gt.ivecs" l2 u8
exact "$isift/base.bvecs" "$isift/query.fvecs" "$isift/gt.ivecs" l2 f32
for elem in f16 f32; do
	exact "$glove/base.npy" "$glove/query.npy" "$glove/gt-l2.ivecs" l2 $elem
	exact "$glove/base.npy" "$glove/query.npy" "$glove/gt-cosine.ivecs" \
		cosine $elem
done

speed fashion-mnist "$fm/base.npy" "$fm/query.npy" "$fm/gt.ivecs" l2 16 200 512

printf '\n## Opening, checking, verifying\n\n' >>$out
on_core $bin/bench_store "$work/HNSW-f32.vsx" "$fm/query.npy" "$work" | report
on_core $bin/bench_store "$work/HNSW-u8.vsx" "$fm/query.npy" "$work" |
	tail -n +3 | report

speed isift-300k "$isift/base.bvecs" "$isift/query.fvecs" "$isift/gt.ivecs" \
	l2 16 200 1024
speed 'glove-50, cosine' "$glove/base.npy" "$glove/query.npy" \
	"$glove/gt-cosine.ivecs" cosine 16 200 2048
speed 'glove-50, l2' "$glove/base.npy" "$glove/query.npy" \
	"$glove/gt-l2.ivecs" l2 16 200 2048

printf '\n## Building by all processors\n\n' >>$out
$bin/bench_speed "$fm/base.npy" "$fm/query.npy" "$fm/gt.ivecs" l2 16 200 512 \
	"$work" "$(nproc)" | report
