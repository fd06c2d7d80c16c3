#!/bin/sh
# Run one test for run.sh, its output into a log. Prints "NUMBER STATUS MS NAME".
# usage: sanitize=SANITIZER one.sh NUMBER BUILD PATH
set -u
number=$1 VSX_BUILD=$2 test=$3
export VSX_BUILD
name=$(basename "$test" .sh)
log=$VSX_BUILD/log/$name.log
case $test in
*.sh) set -- sh "$test" ;;
*) set -- "$test" ;;
esac
# What a sanitizer sees already, or cannot see.
case ${sanitize:-}:$test in
[!:]*_shared | [!:]*/shared.sh)
	set -- sh -c 'echo "the same code as without shared libraries"; exit 77'
	;;
[!:]*:tests/tree/* | [!:]*:tests/kernel/* | [!:]*/terminal.sh)
	set -- sh -c 'echo "the same with and without a sanitizer"; exit 77'
	;;
esac

since=$(date +%s%N)
status=0
timeout --foreground -k 10 900 "$@" >"$log" 2>&1 || status=$?
[ $status != 124 ] || echo 'stopped after 900 s' >>"$log"
# A report of a sanitizer is a failure whatever was returned.
if grep -q 'SUMMARY: .*Sanitizer\|runtime error:' "$log"; then
	status=1
fi
echo "$number $status $((($(date +%s%N) - since) / 1000000)) $name"
