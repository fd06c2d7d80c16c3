#!/bin/sh
# Measure searches of files larger than the memory there is for them: rows of
# isift-300k and gist-960 as f32, one thread, a control group with a limit.
# usage: sh bench/larger.sh DATA [SECONDS]
#
# DATA/isift-300k has base.bvecs and query.fvecs, DATA/gist-960 base.npy and
# query.npy. Prints two tables; "no advice" is what version 0.1.0 did. The figures depend on the disk and on its read-ahead.
# Needs root, or a group that may be divided, and 500 MB of disk.
set -eu
data=$(cd "$1" && pwd)
seconds=${2:-15}
cd "$(dirname "$0")/.."
root=$PWD

# A group below ours, so that limits that we have go on.
version_1() {
	own=$(sed -n 's/^[0-9]*:\([^:]*,\)\{0,1\}memory\(,[^:]*\)\{0,1\}:\(.*\)/\3/p' /proc/self/cgroup)
	[ -n "$own" ] || return 1
	group=/sys/fs/cgroup/memory${own%/}/vsx-larger.$$ file=memory.limit_in_bytes
	mkdir "$group" 2>/dev/null
}

version_2() {
	own=$(sed -n 's/^0:://p' /proc/self/cgroup)
	[ -e /sys/fs/cgroup/cgroup.controllers ] || return 1
	group=/sys/fs/cgroup${own%/}/vsx-larger.$$ file=memory.max
	mkdir "$group" 2>/dev/null || return 1
	[ -e "$group/$file" ] || { rmdir "$group"; return 1; }
}

version_1 || version_2 || {
	echo "larger.sh: skipped: no control group with a limit of memory can be made here" >&2
	exit 0
}
build=$root/build/bench
mkdir -p "$build"
work=$(mktemp -d "$build/larger.XXXXXX")
# Who is in it may take a moment to end.
leave() {
	for i in 1 2 3 4 5 6 7 8 9; do rmdir "$group" 2>/dev/null && break; sleep 1; done
	rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT TERM

cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DVSX_BUILD_BENCH=ON >"$build/build.log"
cmake --build "$build" -j "$(nproc)" --target vsx-build bench_larger >>"$build/build.log"

# measure LIMIT INDEX OPTION...
measure() {
	limit=$1
	shift
	echo "$limit" >"$group/$file"
	sh -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$group" \
		"$build/bench/bench_larger" "$1" "$queries" "$seconds" ${2:-}
}

device=$(df --output=source "$work" | tail -1 | sed 's|.*/||')
ahead=$(cat "/sys/class/block/$device/queue/read_ahead_kb" \
	"/sys/class/block/$device/../queue/read_ahead_kb" 2>/dev/null | head -1)
echo "read-ahead of the disk: ${ahead:-unknown} KiB"
echo
echo "| index | memory | no advice | | now | |"
echo "| --- | --- | ---: | ---: | ---: | ---: |"
queries=$data/isift-300k/query.fvecs
for spec in HNSW16 IVF2048,Flat; do
	index=$work/$spec.vsx
	"$build/tools/vsx-build" "$data/isift-300k/base.bvecs" -o "$index" -i "$spec" -e f32 -q
	bytes=$(stat -c %s "$index")
	for share in 2 4; do
		before=$(measure $((bytes / share)) "$index" --no-advice)
		now=$(measure $((bytes / share)) "$index")
		echo "| $spec | 1/$share of the file | $before | $now |"
	done
done

# One query after the other, and 1,000 at once.
echo
echo "| index | memory | one | | batch | |"
echo "| --- | --- | ---: | ---: | ---: | ---: |"
queries=$data/gist-960/query.npy
for spec in IVF256,RaBitQ IVF256,RaBitQ3 IVF256,RaBitQ5 IVF256,PQ480x4fs; do
	index=$work/$spec.vsx
	"$build/tools/vsx-build" "$data/gist-960/base.npy" -o "$index" -i "$spec" -e f32 -q
	bytes=$(stat -c %s "$index")
	for quarters in 16 1; do
		limit=$((bytes * quarters / 4))
		one=$(measure "$limit" "$index")
		batch=$(measure "$limit" "$index" --batch)
		echo "| $spec | $quarters/4 of the file | $one | $batch |"
	done
done
