#!/bin/sh
# Ctrl-C, SIGTERM and SIGHUP: exit 130, one line, nothing left behind, the old file
# intact; soon, and in each phase of the work.
. tests/cli/lib.sh.inc

# 60,000 rows of 64 bytes; what is in them does not matter.
{ printf '\140\352\000\000\100\000\000\000'; head -c $((60000 * 64)) /dev/urandom; } >big.u8bin
fvecs good.fvecs "$one$zero" "$zero$one"
run 0 vsx-build good.fvecs -o old.vsx -i Flat -q
listing >"$tmp/before"

# stopped SIGNAL SECONDS COMMAND...
stopped() {
	signal=$1 delay=$2
	shift 2
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null &
	pid=$!
	sleep "$delay"
	kill -"$signal" $pid 2>/dev/null || {
		wait $pid
		echo "already done after $delay s: $*"
		rm -f new.vsx
		run 0 vsx-build good.fvecs -o old.vsx -i Flat -q --force
		return
	}
	since=$(date +%s)
	wait $pid
	code=$?
	took=$(($(date +%s) - since))
	[ $code = 130 ] || fail "exit $code after SIG$signal at $delay s: $*"
	[ $took -le 5 ] || fail "went on for $took s after SIG$signal: $*"
	[ "$(wc -l <"$tmp/err")" = 1 ] || { fail "not one line"; cat "$tmp/err"; }
	listing >"$tmp/after"
	same "$tmp/before" "$tmp/after"
	n=$((n + 1))
}
n=0
for delay in 0.2 0.6 1.5; do
	stopped INT $delay vsx-build big.u8bin -o new.vsx -i HNSW24
done
stopped TERM 0.5 vsx-build big.u8bin -o new.vsx -i HNSW24
stopped HUP 0.5 vsx-build big.u8bin -o new.vsx -i HNSW24
stopped INT 0.5 vsx-build big.u8bin -o old.vsx --force -i HNSW24 --threads 1
stopped INT 0.5 vsx-build big.u8bin -o new.vsx -i IVF4096,Flat
stopped INT 0.5 vsx-build big.u8bin -o new.vsx -i HNSW24 --memory 1M
# Waiting for somebody's pipe.
mkfifo pipe
sleep 20 >pipe &
sleeper=$!
listing >"$tmp/before"
stopped INT 0.3 sh -c 'exec vsx-build - --dim 4 -o new.vsx <pipe'
kill $sleeper
rm pipe
[ "$n" -ge 4 ] || fail "only $n builds were there to be stopped"

# The folder of vsx-bench goes with it, whatever it is at.
listing >"$tmp/before"
for signal in INT TERM HUP; do
	for delay in 0.1 0.4 1; do
		stopped $signal $delay vsx-bench big.u8bin -i HNSW24 --work-dir .
	done
	stopped $signal 0.5 vsx-bench --synthetic 200000x32 -i IVF --work-dir .
done
# nohup: not asked.
sh -c 'trap "" HUP
	vsx-build big.u8bin -o kept.vsx -i IVF64,Flat -q &
	sleep 0.3
	kill -HUP $!
	wait $!' 2>/dev/null || fail "stopped by a SIGHUP that is ignored"
rm kept.vsx

run 0 vsx-build big.u8bin -o big.vsx -i Flat -q
listing >"$tmp/before"
stopped INT 0.5 vsx-query big.vsx big.u8bin --exact --format tsv -o out.tsv
# Between queries, of which a thousand take long.
stopped INT 0.5 vsx-query big.vsx big.u8bin --exact -k 20000 -t 1 --format tsv -o out.tsv
finish
