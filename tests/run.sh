#!/bin/sh
# Build VSX and run every test. The last line is "N passed, N failed".
# usage: run.sh [address,undefined]   with that sanitizer
set -eu
cd "$(dirname "$0")/.."
sanitize=${1:-}
build=build/tests${sanitize:+-$(echo "$sanitize" | tr , -)}

sh tools/packages.sh gcc g++ make cmake pkg-config libc6-dev liblz4-dev \
	libxxhash-dev libsmartcols-dev libjansson-dev libhdf5-dev \
	libcriterion-dev
if [ "$sanitize" = thread ]; then
	set -- --tests-regex '^thread_'
else
	set --
fi
cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DVSX_BUILD_TESTS=ON \
	-DVSX_WERROR=ON -DVSX_SANITIZE="$sanitize" >/dev/null
cmake --build "$build" -j "$(nproc)" | grep -v '^\[' || true
# grep hides make's own status: ask again, which is quick when all is built.
cmake --build "$build" >/dev/null

mkdir -p "$build/log"
passed=0 failed=0 skipped=0
note() { # name, exit status
	case $2 in
	0) passed=$((passed + 1)) ;;
	77) skipped=$((skipped + 1)); echo "skipped: $1: $(tail -1 "$build/log/$1.log")" ;;
	*) failed=$((failed + 1)); echo "FAILED: $1"; tail -40 "$build/log/$1.log" ;;
	esac
}

# Test programs; a report of a sanitizer is a failure whatever was returned.
for program in $(find "$build/tests" -maxdepth 1 -type f -perm -u+x | sort); do
	name=$(basename "$program")
	case $sanitize:$name in
	thread:thread_* | [!t]*:* | :*) ;;
	*) continue ;;
	esac
	status=0
	timeout 900 "$program" >"$build/log/$name.log" 2>&1 || status=$?
	if grep -q 'SUMMARY: .*Sanitizer\|runtime error:' "$build/log/$name.log"
	then
		status=1
	fi
	note "$name" "$status"
done

# Scripts: what the commands do, what is installed, what the tree must obey.
if [ "$sanitize" != thread ]; then
	for script in tests/cli/*.sh tests/tree/*.sh tests/install/*.sh \
	    tests/kernel/*.sh; do
		[ -e "$script" ] || continue
		name=$(basename "$script" .sh)
		status=0
		VSX_BUILD=$build sh "$script" >"$build/log/$name.log" 2>&1 ||
			status=$?
		note "$name" "$status"
	done
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
