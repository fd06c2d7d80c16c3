#!/bin/sh
# Ctrl-C during an update or a compaction: exit 130, one line, the index is what
# it was, to the byte, and nothing is left beside it.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

# 60,000 rows of 64 bytes; what is in them does not matter.
{ le32 60000; le32 64; head -c $((60000 * 64)) /dev/urandom; } >big.u8bin
{ le32 100; le32 64; tail -c 6400 big.u8bin; } >small.u8bin
run 0 vsx-build big.u8bin -o flat.vsx -i Flat -q
run 0 vsx-build small.u8bin -o graph.vsx -i HNSW24 -q
cp flat.vsx flat.kept
cp graph.vsx graph.kept
listing >"$tmp/before"

stopped() { # SIGNAL INDEX COMMAND...
	signal=$1 index=$2
	shift 2
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null &
	pid=$!
	has_open $pid $index
	sleep 0.5
	kill -$signal $pid 2>/dev/null
	wait $pid
	code=$?
	if [ $code = 0 ]; then
		echo "already done: $*"
		cp ${index%.vsx}.kept $index
		rm -f new.vsx
		return
	fi
	[ $code = 130 ] || fail "exit code $code after SIG$signal: $*"
	[ "$(wc -l <"$tmp/err")" = 1 ] || { fail "not one line"; cat "$tmp/err"; }
	# What was appended and not committed is no part of the index.
	run 0 vsx-verify $index
	run 0 vsx-info $index --json
	[ "$(field generation)" = 1 ] || fail "a new generation after: $*"
	listing >"$tmp/after"
	same "$tmp/before" "$tmp/after"
	n=$((n + 1))
}
n=0
stopped INT flat.vsx vsx-compact flat.vsx -i HNSW24
stopped TERM flat.vsx vsx-compact flat.vsx -i HNSW24 -o new.vsx
stopped INT graph.vsx vsx-add graph.vsx big.u8bin
stopped TERM graph.vsx vsx-add graph.vsx big.u8bin --threads 1
[ $n -ge 2 ] || fail "only $n commands were there to be stopped"
finish
