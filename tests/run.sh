#!/bin/sh
# Build VSX and run every test, one more at a time than there are processors, since
# a third of the time of many is waiting for the disk. A line for each, always in
# the same order, as soon as it has ended: its name and the seconds that it took. The last line is "N passed, N failed, N skipped".
# usage: run.sh [address,undefined | thread]   with that sanitizer
set -eu
cd "$(dirname "$0")/.."
sanitize=${1:-}
export sanitize # for one.sh
build=build/tests${sanitize:+-$(echo "$sanitize" | tr , -)}
began=$(date +%s)

sh tools/packages.sh gcc g++ make cmake pkg-config libc6-dev liblz4-dev \
	libxxhash-dev libsmartcols-dev libjansson-dev zlib1g-dev libzstd-dev libhdf5-dev \
	libcriterion-dev python3-dev python3-numpy
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DVSX_BUILD_TESTS=ON \
	-DVSX_BUILD_PYTHON=ON -DVSX_WERROR=ON -DVSX_SANITIZE="$sanitize" \
	>/dev/null
# TSan is for programs with threads, and takes none but those with a plain main.
kind='*'
set --
if [ "$sanitize" = thread ]; then
	kind='thread_*'
	# shellcheck disable=SC2046 # names are words
	set -- --target $(basename -s .c tests/threads/thread_*.c)
fi
cmake --build "$build" -j "$(nproc)" "$@" | grep -v '^\[' || true
# grep hides make's own status: ask again, which is quick when all is built.
cmake --build "$build" "$@" >/dev/null
echo "built in $(($(date +%s) - began)) s"

# Programs, and scripts: what the commands do, what is installed, what the tree
# must obey.
rm -rf "$build/log"
mkdir "$build/log"
# shellcheck disable=SC2046 # paths without blanks
set -- $(find "$build/tests" -maxdepth 1 -type f -perm -u+x -name "$kind" | sort)
[ "$sanitize" = thread ] || set -- "$@" tests/cli/*.sh tests/tree/*.sh \
	tests/install/*.sh tests/kernel/*.sh tests/python/*.sh

# Those that take longest are begun first: no processor waits for the last of them.
long='/(spec_reader|determinism|test_plan|test_partition|living|test_faults|bench|test_counts|terminal|python)(\.sh)?$'
# shellcheck disable=SC2046 # paths without blanks
set -- $(printf '%s\n' "$@" | grep -E "$long") \
	$(printf '%s\n' "$@" | grep -vE "$long")

passed=0 failed='' n_failed=0 skipped=0
tell() { # exit status, milliseconds, name
	printf '%-24s %4d.%d s' "$3" $(($2 / 1000)) $(($2 / 100 % 10))
	case $1 in
	0) passed=$((passed + 1)) && echo ;;
	77)
		skipped=$((skipped + 1))
		echo "  skipped: $(tail -1 "$build/log/$3.log")"
		;;
	*)
		n_failed=$((n_failed + 1)) failed="$failed $3"
		echo '  FAILED'
		tail -40 "$build/log/$3.log"
		;;
	esac
}

# They end in any order: each is told when those before it are.
n=0
for test; do
	n=$((n + 1))
	echo "$n $build $test"
done | xargs -P "$(($(nproc) + 1))" -L 1 sh tests/one.sh | {
	told=0
	while read -r number result; do
		eval "result_$number=\$result"
		while eval "result=\${result_$((told + 1)):-}"; [ -n "$result" ]; do
			# shellcheck disable=SC2086 # three words
			tell $result
			told=$((told + 1))
		done
	done
	[ "$told" = $# ] || failed="$failed (only $told of $# were run)"
	[ -z "$failed" ] || echo "FAILED:$failed"
	echo "all of it in $(($(date +%s) - began)) s"
	echo "$passed passed, $n_failed failed, $skipped skipped"
	[ -z "$failed" ]
}
