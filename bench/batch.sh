#!/bin/sh
# Exact search of 2,000 queries in one call by two threads, and of one at a time,
# beside an older version: both are built, have their own file of the same rows
# as f32, and take turns. Prints Markdown: medians of the rounds, the multiple of
# each round (median, least and greatest), and whether all answers are the same.
# usage: sh bench/batch.sh DATA REV [ROUNDS]
#
#   DATA  a folder with fashion-mnist/, isift-300k/, glove-50/ and gist-960/, each
#         with base and query vectors
set -eu
cd "$(dirname "$0")/.."
[ $# -ge 2 ] || {
	echo 'usage: sh bench/batch.sh DATA REV [ROUNDS]' >&2
	exit 2
}
data=$(cd "$1" && pwd)
rev=$2
rounds=${3:-7}
at=${VSX_TMP:-build}/batch
rm -rf "$at"
mkdir -p "$at/source"
trap 'rm -rf "$at"' EXIT
trap 'exit 130' INT TERM

# build SIDE SOURCE: vsx-build, and bench_batch with that library
build() {
	cmake -S "$2" -B "$at/$1" -DCMAKE_BUILD_TYPE=Release >"$at/$1.log"
	cmake --build "$at/$1" -j "$(nproc)" --target vsx-build >>"$at/$1.log"
	cc -std=c11 -D_GNU_SOURCE -O2 -I "$2/lib" -I "$2/format" -I bench \
		bench/bench_batch.c bench/data.c bench/measure.c \
		"$at/$1/libvsx.a" -lxxhash -llz4 -lpthread -lm \
		-o "$at/$1/bench_batch"
}
git archive "$rev" | tar -xm -C "$at/source"
build old "$at/source"
build new .

echo '| set, f32 | batch q/s, old | now | times | by CPU time | one by one, old | now | times | the same answers |'
echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |'
for set in fashion-mnist isift-300k glove-50 gist-960; do
	metric=l2
	[ $set = glove-50 ] && metric=cosine
	for base in "$data/$set"/base.*; do :; done
	for query in "$data/$set"/query.*; do :; done
	for side in old new; do
		"$at/$side/tools/vsx-build" "$base" -e f32 -m $metric -i Flat \
			-o "$at/$side.vsx" --force --quiet
	done
	round=0
	while [ $round -lt "$rounds" ]; do
		for side in old new; do
			echo "$side $("$at/$side/bench_batch" "$at/$side.vsx" \
				"$query" 2000 2)"
		done
		round=$((round + 1))
	done >"$at/said"
	awk -v set="$set" '
		function sorted(x, n,   i, j, t) {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && x[j] < x[j - 1]; j--) {
					t = x[j]; x[j] = x[j - 1]; x[j - 1] = t
				}
		}
		function middle(x, n) { return x[int((n + 1) / 2)] }
		$1 == "old" { n++ }
		{ for (i = 1; i <= 3; i++) v[$1, i, n] = $(i + 1); hash[$5] }
		function median_of(side, what,   i, x) {
			for (i = 1; i <= n; i++) x[i] = v[side, what, i]
			sorted(x, n)
			return middle(x, n)
		}
		function times(what,   i, x) {
			for (i = 1; i <= n; i++)
				x[i] = v["new", what, i] / v["old", what, i]
			sorted(x, n)
			return sprintf("%.2f (%.2f to %.2f)", middle(x, n), x[1], x[n])
		}
		END {
			for (h in hash) kinds++
			printf "| %s | %.0f | %.0f | %s | %s | %.0f | %.0f | %s | %s |\n",
				set, median_of("old", 1), median_of("new", 1),
				times(1), times(2), median_of("old", 3),
				median_of("new", 3), times(3),
				kinds == 1 ? "yes" : "NO"
		}' "$at/said"
done
