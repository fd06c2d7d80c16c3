#!/bin/sh
# Measure what it costs that an index changes, is backed up and is guarded, and
# write the part "An index in use" of bench/RESULTS.md.
# usage: sh bench/living.sh [--quick]
#
#   --quick  few rows, and the result to build/bench: to see that it works
#
# Needs some 6 GiB of disk. The full run takes half an hour on two processors.
set -eu
cd "$(dirname "$0")/.."
root=$PWD

results=$root/bench/RESULTS.md
rows=1000000 added=10000 mib=256
if [ "${1:-}" = --quick ]; then
	results=$root/build/bench/living.md
	rows=20000 added=200 mib=32
fi
commit=$(git describe --always --dirty --exclude '*')

sh tools/packages.sh gcc g++ make cmake pkg-config libc6-dev liblz4-dev \
	libxxhash-dev libsmartcols-dev libjansson-dev
build=$root/build/bench
mkdir -p "$build"
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DVSX_BUILD_BENCH=ON \
	>"$build/build.log"
cmake --build "$build" -j "$(nproc)" >>"$build/build.log"
PATH=$build/bench:$build/tools:$PATH

work=$(mktemp -d "$build/living.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
part=$work/part

# table PROGRAM ARGUMENT...: the table at the end of what it prints
table() {
	echo "$*" | sed "s|$work|FOLDER|" >&2
	printf '\n`%s`\n\n' "$(echo "$*" | sed "s|$work|FOLDER|")"
	"$@" >"$work/lines"
	sed -n '/^| what/,$p' "$work/lines"
}

{
	cat <<END
## An index in use

Made by \`sh bench/living.sh\` at commit $commit, $(date +%Y-%m-%d). Times are
medians; syncs are told apart, because they are the disk's.

### Changing it
END
	table bench_living "$work" IVF1024,Flat "$rows" 64 "$added"
	table bench_living "$work" HNSW16 "$rows" 64 "$added"
	# Of this one so many rows are deleted as the others have.
	table bench_living "$work" Flat "$((2 * rows))" 64 "$added"
	printf '\n### Backing it up\n'
	table bench_backup "$work" "$mib"
	# Where files are memory and nothing else.
	if [ -w /dev/shm ]; then table bench_backup /dev/shm "$mib"; fi
	printf '\n### The guard of SIGBUS\n'
	vsx-build tests/data/words/vectors.npy -o "$work/words.vsx" -i HNSW16 \
		-m cosine --quiet
	table bench_bus "$work/words.vsx" tests/data/words/vectors.npy
} >"$part"

# What comes before and after this part stays.
[ -e "$results" ] || : >"$results"
{
	sed '/^## An index in use/,$d' "$results"
	cat "$part"
	echo
	sed -n '/^## What survives/,$p' "$results"
} >"$work/results"
mv "$work/results" "$results"
echo "written: ${results#"$root/"}" >&2
