#!/bin/sh
# Ctrl-C, SIGTERM and SIGHUP: exit 130, one line, nothing left behind, the old file
# intact; soon, and in each phase of the work, also of files that do not fit into
# memory.
. tests/cli/lib.sh.inc

# 60,000 rows of 64 bytes; what is in them does not matter.
{ printf '\140\352\000\000\100\000\000\000'; head -c $((60000 * 64)) /dev/urandom; } >big.u8bin
fvecs good.fvecs "$one$zero" "$zero$one"
run 0 vsx-build good.fvecs -o old.vsx -i Flat -q
listing >"$tmp/before"

# stopped SIGNAL SECONDS COMMAND...
slowest=0
stopped() {
	signal=$1 delay=$2
	shift 2
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null &
	pid=$!
	sleep "$delay"
	# On a busy machine it may not have made its handlers yet.
	until grep -q '^SigCgt:.*[37bf]$' /proc/$pid/status 2>/dev/null; do
		kill -0 $pid 2>/dev/null || break
		sleep 0.02
	done
	since=$(date +%s%N)
	kill -"$signal" $pid 2>/dev/null
	wait $pid
	code=$?
	took=$((($(date +%s%N) - since) / 1000000))
	if [ $code = 0 ]; then
		echo "already done after $delay s: $*"
		rm -rf new.vsx repo
		run 0 vsx-build good.fvecs -o old.vsx -i Flat -q --force
		[ ! -e wide.vsx ] || cp wide.vsx added.vsx
		return
	fi
	[ $took -le $slowest ] || slowest=$took
	[ $code = 130 ] || fail "exit $code after SIG$signal at $delay s: $*"
	[ $took -le 5000 ] || fail "went on for $took ms after SIG$signal: $*"
	[ "$(wc -l <"$tmp/err")" = 1 ] || { fail "not one line"; cat "$tmp/err"; }
	# Who is ended in a long step keeps the lock to the last, and what is
	# appended and not committed stays; a repository can be used at any point.
	if grep -q '^[a-z-]*: stopped$' "$tmp/err"; then
		rm -f .*.lock
		[ ! -e wide.vsx ] || {
			run 0 vsx-verify added.vsx --level pages -q
			cp wide.vsx added.vsx
		}
	fi
	rm -rf repo
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
stopped INT 0.5 vsx-build big.u8bin -o new.vsx -i HNSW24 --memory 1M -q # a note
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
# Nobody reads what is written: it is the wish to stop that ends the call.
mkfifo pipe
sleep 20 <pipe &
sleeper=$!
listing >"$tmp/before"
for signal in INT HUP; do
	stopped $signal 1 sh -c 'exec vsx-query big.vsx big.u8bin -k 500 --format tsv >pipe'
done
kill $sleeper
rm pipe
listing >"$tmp/before"
# Between queries, of which a thousand take long.
stopped INT 0.5 vsx-query big.vsx big.u8bin --exact -k 20000 -t 1 --format tsv -o out.tsv

# Where memory is short: steps are as long as the disk makes them.
cat >"$tmp/under" <<'END'
#!/bin/sh
echo $$ >"$1/cgroup.procs" && shift && exec "$@"
END
chmod +x "$tmp/under"
# A sanitizer alone takes more than that.
sanitize=$(sed -n 's/^VSX_SANITIZE:STRING=//p' "$bin/../CMakeCache.txt")
group=
for parent in /sys/fs/cgroup/memory /sys/fs/cgroup; do
	[ -z "$group$sanitize" ] || break
	group=$parent/vsx-test.$$
	for limit in memory.limit_in_bytes memory.max; do
		mkdir "$group" 2>/dev/null && echo 40M 2>/dev/null >"$group/$limit" &&
			break 2
		rmdir "$group" 2>/dev/null
	done
	group=
done
if [ -n "$group" ] && "$tmp/under" "$group" true 2>/dev/null; then
	{ printf '\140\352\000\000\000\004\000\000'
		head -c $((60000 * 1024)) /dev/urandom; } >wide.u8bin
	run 0 vsx-build wide.u8bin -o wide.vsx -i Flat -q
	cp wide.vsx added.vsx
	listing >"$tmp/before"
	before=$slowest slowest=0
	for command in "vsx-query wide.vsx wide.u8bin -k 1000 --format tsv -o out.tsv" \
	    "vsx-query wide.vsx wide.u8bin --exact --format tsv -o out.tsv" \
	    "vsx-verify wide.vsx" "vsx-build wide.u8bin -o new.vsx -i Flat" \
	    "vsx-build wide.u8bin -o new.vsx -i IVF64,Flat" \
	    "vsx-build wide.u8bin -o old.vsx -i HNSW16 --force -q" \
	    "vsx-add added.vsx wide.u8bin" \
	    "vsx-compact wide.vsx -o new.vsx -i IVF64,Flat" \
	    "vsx-backup create wide.vsx repo" \
	    "vsx-verify wide.vsx --repair new.vsx"; do
		# shellcheck disable=SC2086
		stopped TERM 0.5 "$tmp/under" "$group" $command
	done
	rmdir "$group"
	echo "where memory is short the last one ends $slowest ms after the signal"
	[ $before -le $slowest ] || slowest=$before
else
	[ -z "$group" ] || rmdir "$group"
	echo "no control group here: nothing is tried where memory is short"
fi
echo "the last one ends $slowest ms after the signal"
finish
