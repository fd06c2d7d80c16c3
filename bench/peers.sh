#!/bin/sh
# Measure VSX beside FAISS and hnswlib in the same runs, and write
# bench/RESULTS.md and bench/results.json; pages with plots go to
# build/bench/report-*.html.
# usage: sh bench/peers.sh [--quick] [DATA]
#
#   DATA     a folder with fashion-mnist/, isift-300k/ and glove-50/, each with
#            base vectors, queries and exact neighbours. Without it made-up
#            rows and tests/data/words are measured.
#   --quick  short runs, and all results to build/bench: to see that it works
#
# FAISS_LIBRARY and FAISS_INCLUDE in the environment name another FAISS (1.7.3)
# than Debian's, which is built without SIMD.
#
# Indexes are built by all processors and searched by one thread, then by all.
set -eu
cd "$(dirname "$0")/.."
root=$PWD

out=$root/bench
how='--curve --seconds 5'
rows=200000
some=100 # queries where only some rows may be hits
if [ "${1:-}" = --quick ]; then
	out=$root/build/bench
	how='--seconds 0.5'
	rows=20000
	some=10
	shift
fi
commit=$(git describe --always --dirty --exclude '*')
data=
if [ $# -gt 0 ]; then data=$(cd "$1" && pwd); fi

sh tools/packages.sh gcc g++ make cmake pkg-config libc6-dev liblz4-dev \
	libxxhash-dev libsmartcols-dev libjansson-dev libhnswlib-dev \
	libfaiss-dev libopenblas-dev jq
build=$root/build/bench
mkdir -p "$build"
if [ "${FAISS_LIBRARY:-}" ]; then
	set -- "-DFAISS_LIBRARY=$FAISS_LIBRARY" \
		"-DFAISS_INCLUDE=${FAISS_INCLUDE:-/usr/include}"
else
	set -- -UFAISS_LIBRARY -UFAISS_INCLUDE
fi
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DVSX_BUILD_BENCH=ON "$@" \
	>"$build/build.log"
cmake --build "$build" -j "$(nproc)" >>"$build/build.log"
PATH=$build/bench/peers:$build/bench/micro:$build/bench:$build/tools:$PATH

# Names that say which set it is; nobody needs to know where the data lies.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work"

say() { echo "$*" >&2; }

# measure TITLE FAISS-PQ OPTION...: one run, a line of results and a page
measure() {
	title=$1
	pq=$2
	shift 2
	name=$(echo "$title" | tr -d , | tr ' ' -)
	say "== $title"
	# shellcheck disable=SC2086 # options are words
	bench_peers "$@" $how --seed 1 --html "report-$name.html" --json \
		-i Flat -i IVF -i HNSW16 $f32 \
		-i hnswlib:HNSW16 -i faiss:Flat -i faiss:IVF \
		-i "faiss:$pq,RFlat" -i faiss:HNSW16 >run.json
	jq -c --arg title "$title" --arg commit "$commit" \
		'{title: $title} + . + {commit: $commit}' run.json >>runs
	mv "report-$name.html" "$build/"
}
# Beside the type that the data has, which the peers do not know.
f32=
also_f32() { f32='-i vsx-f32:Flat -i vsx-f32:IVF -i vsx-f32:HNSW16'; }

# exact SET METRIC TYPE: Flat against the known neighbours
exact() {
	bench_exact "$1" "$2" "$3" "$4" "$5" . >>exact
}

# among SET BASE QUERIES METRIC: where only some rows may be hits
among() {
	mkdir "among-$1"
	printf '\n### %s\n\n' "$1" >>among
	say "== $1, some rows only"
	bench_filters -m "$4" -q "$some" -t "$(nproc)" "$2" "$3" "among-$1" \
		hnswlib:HNSW16 vsx:Flat vsx:IVF vsx:HNSW16 \
		vsx:HNSW32,SQ8,G32 >>among
	rm -r "among-$1"
}

: >runs
: >exact
: >among
if [ "$data" ]; then
	for set in fashion-mnist isift-300k glove-50; do
		for file in "$data/$set"/*; do
			case $file in
			*/base.*) ln -s "$file" "$set.${file##*.}" ;;
			*/query.*) ln -s "$file" "$set-queries.${file##*.}" ;;
			*/gt*.ivecs) ln -s "$file" "$set-${file##*/}" ;;
			esac
		done
	done
	also_f32
	measure fashion-mnist IVF512,PQ196x4fs fashion-mnist.npy \
		--queries fashion-mnist-queries.npy \
		--ground-truth fashion-mnist-gt.ivecs
	measure isift-300k IVF2048,PQ64x4fs isift-300k.bvecs \
		--queries isift-300k-queries.fvecs \
		--ground-truth isift-300k-gt.ivecs -e u8
	for metric in cosine l2; do
		measure "glove-50, $metric" IVF2048,PQ25x4fs glove-50.npy \
			--queries glove-50-queries.npy -m $metric \
			--ground-truth glove-50-gt-$metric.ivecs
	done
	for elem in u8 f32; do
		exact fashion-mnist.npy fashion-mnist-queries.npy \
			fashion-mnist-gt.ivecs l2 $elem
		exact isift-300k.bvecs isift-300k-queries.fvecs \
			isift-300k-gt.ivecs l2 $elem
	done
	for elem in f16 f32; do
		exact glove-50.npy glove-50-queries.npy \
			glove-50-gt-cosine.ivecs cosine $elem
		exact glove-50.npy glove-50-queries.npy \
			glove-50-gt-l2.ivecs l2 $elem
	done
	among fashion-mnist fashion-mnist.npy fashion-mnist-queries.npy l2
	among isift-300k isift-300k.bvecs isift-300k-queries.fvecs l2
	among glove-50 glove-50.npy glove-50-queries.npy cosine
	store=fashion-mnist.npy queries=fashion-mnist-queries.npy
else
	ln -s "$root/tests/data/words/vectors.npy" words.npy
	measure "words, cosine" IVF512,PQ25x4fs words.npy -m cosine
	measure "made up" IVF1024,PQ64x4fs --synthetic ${rows}x128
	among words words.npy words.npy cosine
	store=words.npy queries=words.npy
fi
vsx-build $store -i HNSW16 -o HNSW16.vsx --quiet
bench_store HNSW16.vsx $queries . | sed 's| \./| |g' >store
for program in bench_kernel bench_open bench_search bench_build bench_pages; do
	"$program" --pretty
done >micro

jq -s . runs | jq -r '"[", (.[:-1][] | tojson + ","), (.[-1] | tojson), "]"' \
	>results.json
# Sections that only this script writes.
echo 'Exact search' >own
[ ! -e "$out/results.json" ] || jq -r '.[].title' "$out/results.json" >>own
mv results.json "$out/results.json"
version() { dpkg-query -W -f='${Version}' "$1"; }
faiss="Debian's $(version libfaiss-dev), which is built for any x86-64 and computes distances
  without SIMD (\`fvec_L2sqr\` is \`fvec_L2sqr_ref\` there): one that is built for AVX2
  or AVX-512 would be faster."
if [ "${FAISS_LIBRARY:-}" ]; then
	faiss='one that was given by FAISS_LIBRARY, not that of Debian.'
fi
{
	jq -r -f "$root/bench/results.jq" "$out/results.json" \
		--arg faiss "$faiss" \
		--arg hnswlib "$(version libhnswlib-dev)"
	if [ -s exact ]; then
		cat <<'END'

## Exact search

Flat against the known neighbours, 100 a query. A tie is another id at the same
distance in f64; moved is a neighbour in another place than the list has it:
there the list is not in the order of the similarities in f64, which the search
keeps. Queries a second are on one thread.

| data | metric | rows kept as | queries | same ids | ties | moved | wrong | queries/s |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
END
		cat exact
	fi
	cat <<'END'

## Some rows only, beside hnswlib

`bench_filters`, which says how; hnswlib with M 16 and efConstruction 200, all by
one thread in CPU time, each index in its turn, the least of 3 rounds. The first two
figures are those of the defaults; the last ones lie at the wanted recall between
two efforts, or are those of the least effort, where this finds more.
END
	cat among
	printf '\n## Opening, checking, verifying\n\n'
	cat store
	printf '\n## Parts\n\n'
	# shellcheck disable=SC2016 # no command
	echo 'By the programs of `bench/micro`: CPU time on one thread, the best of several'
	echo 'runs; kernels beside what the machine can do at most, measured in the same run.'
	echo
	sed 's/^/    /; s/ *$//' micro
} >RESULTS.md
# What other programs have found out stays, where it stood.
if [ -e "$out/RESULTS.md" ]; then
	sh "$root/bench/keep.sh" "$out/RESULTS.md" RESULTS.md own >kept
	mv kept RESULTS.md
fi
mv RESULTS.md "$out/RESULTS.md"
say "written: ${out#"$root/"}/RESULTS.md, results.json, build/bench/report-*.html"
