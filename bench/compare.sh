#!/bin/sh
# Is the working tree slower or faster than an older version? Builds both,
# runs the programs of bench/micro on them in turns, and says which figures
# differ by more than the noise.
# usage: sh bench/compare.sh [--strict] [--all] [--own] [--rounds N] [REV]
#
#   REV       a commit (HEAD)
#   --strict  exit 1 when something has become worse
#   --all     show all figures, not only those that differ
#   --own     each side runs its own programs, where the interface has changed
#   --rounds  N runs of each side, at least 7 (7)
#
# Without --own the programs are those of the working tree on both sides; only
# the library differs. A figure differs when the runs of one side lie apart from those of
# the other (rank sum test, p below 0.01) and the medians by more than 2 %, in
# the first rounds and once more in as many that are run for what differed
# there. All runs are kept in build/compare/runs.tsv.
set -eu
cd "$(dirname "$0")/.."

strict=0 all=0 own=0 rounds=7 rev=
usage() {
	echo 'usage: sh bench/compare.sh [--strict] [--all] [--own] [--rounds N] [REV]' >&2
	exit 2
}
while [ $# -gt 0 ]; do
	case $1 in
	--strict) strict=1 ;;
	--all) all=1 ;;
	--own) own=1 ;;
	--rounds)
		[ $# -ge 2 ] || usage
		rounds=$2
		shift
		;;
	-*) usage ;;
	*)
		[ -z "$rev" ] || usage
		rev=$1
		;;
	esac
	shift
done
rev=${rev:-HEAD}
case $rounds in '' | *[!0-9]*) usage ;; esac
[ "$rounds" -ge 7 ] || usage
commit=$(git rev-parse --verify --quiet --short "$rev^{commit}") || {
	echo "compare.sh: '$rev' is no commit" >&2
	exit 2
}

at=build/compare
rm -rf "$at/base" "$at/base-source" "$at/folders"
mkdir -p "$at/base-source/bench" "$at/folders/base" "$at/folders/work"
git archive "$commit" | tar -xm -C "$at/base-source"
if [ $own = 0 ]; then
	rm -rf "$at/base-source/bench/micro"
	cp -R bench/micro "$at/base-source/bench/micro"
fi
echo 'add_subdirectory(micro)' >"$at/base-source/bench/CMakeLists.txt"

# configure SIDE SOURCE
configure() {
	cmake -S "$2" -B "$at/$1" -DCMAKE_BUILD_TYPE=Release \
		-DVSX_BUILD_TOOLS=OFF -DVSX_BUILD_TESTS=OFF \
		-DVSX_BUILD_BENCH=ON >"$at/$1.log" 2>&1 || {
		echo "compare.sh: cannot configure $2, see $at/$1.log" >&2
		exit 2
	}
}
# build SIDE PROGRAM
build() {
	cmake --build "$at/$1" -j "$(nproc)" --target "$2" >>"$at/$1.log" 2>&1
}
configure work .
configure base "$at/base-source"
programs=
for source in bench/micro/bench_*.c; do
	program=$(basename "$source" .c)
	build work "$program" || {
		echo "compare.sh: cannot build $program, see $at/work.log" >&2
		exit 2
	}
	if build base "$program"; then
		programs="$programs $program"
	else
		echo "$program: cannot be built against $commit, left out" \
			"(see $at/base.log)"
	fi
done
[ -n "$programs" ] || {
	echo "compare.sh: nothing of bench/micro can be built against $commit" >&2
	exit 2
}

pin=
if command -v taskset >/dev/null; then
	pin="taskset -c $(($(nproc) - 1))"
fi
# run PASS SIDE PROGRAM: its rows, with where they are from. Each run has index
# files of its own: where the pages of a file lie makes a difference that stays
# as long as the file does.
run() {
	rm -rf "$at/folders/fresh"
	cp -R "$at/folders/$2" "$at/folders/fresh"
	$pin "$at/$2/bench/micro/$3" --folder "$at/folders/fresh" \
		>"$at/folders/rows"
	sed "s/^/$1	$2	$3	/" "$at/folders/rows" >>"$at/runs.tsv"
	cp -Ru "$at/folders/fresh/." "$at/folders/$2"
}
# measure PASS PROGRAM...: in turns, so that neither side is always the second
measure() {
	pass=$1
	shift
	round=0
	while [ $round -lt "$rounds" ]; do
		round=$((round + 1))
		if [ -t 2 ]; then
			printf '\rpass %s, round %s of %s ' "$pass" $round \
				"$rounds" >&2
		fi
		for program; do
			if [ $((round % 2)) = 1 ]; then
				run "$pass" base "$program"
				run "$pass" work "$program"
			else
				run "$pass" work "$program"
				run "$pass" base "$program"
			fi
		done
	done
	if [ -t 2 ]; then printf '\r\033[K' >&2; fi
}

: >"$at/runs.tsv"
# shellcheck disable=SC2086 # the names are words
measure 1 $programs
suspects=$(awk -v passes=1 -f bench/compare.awk "$at/runs.tsv" |
	awk -F '\t' '$7 != "" { print $1 }' | sort -u)
if [ -n "$suspects" ]; then
	# shellcheck disable=SC2086
	measure 2 $suspects
fi
awk -v passes=2 -f bench/compare.awk "$at/runs.tsv" >"$at/table.tsv"

echo "$commit and the working tree, $rounds runs each," \
	"medians of the least CPU time of each;" \
	"noise is half of the middle half of the runs before"
awk -F '\t' -v all=$all -v strict=$strict '
	function line(a, b, c, d, e, f, g) {
		printf "%-36s %-5s %12s %12s %9s %8s  %s\n", a, b, c, d, e,
			f, g
	}
	{ n++ }
	$7 != "" { differ++ }
	$7 == "worse" || $7 == "gone" { worse++ }
	all || $7 != "" {
		if (!shown++)
			line("figure", "unit", "before", "now", "change",
				"noise", "")
		line($2, $3, $4, $5, $6, $8, $7)
	}
	END {
		printf "%d of %d figures differ by more than the noise\n",
			differ, n
		exit strict && worse > 0
	}' "$at/table.tsv"
