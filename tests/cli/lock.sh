#!/bin/sh
# One writer at a time: the next one is told who has the index, or waits.
# Readers are not disturbed by either.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

word_rows 0 500 base.fbin
word_rows 500 400 more.fbin
word_rows 900 1 one.fbin
tail -c +9 more.fbin >raw
run 0 vsx-build base.fbin -o i.vsx -i HNSW8 -m cosine -q
run 0 vsx-query i.vsx one.fbin --format tsv -o before.tsv

# A writer that waits for rows. The pipe holds 64 KiB, so that it has begun to
# read, and holds the lock, when the 80,000 bytes are written. Descriptor 3 is
# the pipe's only open end.
mkfifo "$tmp/pipe"
begin() {
	vsx-add i.vsx - <"$tmp/pipe" >"$tmp/add.out" 2>"$tmp/add.err" 3>&- &
	writer=$!
	exec 3>"$tmp/pipe"
	cat raw >&3
}

begin
refused 3 i.vsx vsx-add $writer -- vsx-delete i.vsx --id 5
refused 3 i.vsx vsx-add $writer -- vsx-add i.vsx one.fbin
refused 3 i.vsx vsx-add $writer -- vsx-compact i.vsx
refused 3 i.vsx vsx-add $writer -- vsx-delete i.vsx --id 5 --timeout 0.2
refused 2 --timeout -- vsx-delete i.vsx --id 5 --timeout -1

# Readers see the old generation.
run 0 vsx-query i.vsx one.fbin --format tsv
same before.tsv "$tmp/out"
run 0 vsx-verify i.vsx
run 0 vsx-info i.vsx --json
[ "$(field generation)" = 1 ] || fail "the generation is $(field generation)"
run 0 vsx-compact i.vsx -o other.vsx -q

# Others wait: one for ever, one for long enough, and one that is stopped.
vsx-delete i.vsx --id 5 --wait >"$tmp/wait.out" 2>"$tmp/wait.err" 3>&- &
waits=$!
vsx-delete i.vsx --id 6 --timeout 100 >"$tmp/long.out" 2>"$tmp/long.err" 3>&- &
long=$!
vsx-delete i.vsx --id 7 --wait >"$tmp/stop.out" 2>"$tmp/stop.err" 3>&- &
stopped=$!
for waiting in $waits $long $stopped; do
	has_open $waiting i.vsx
done
kill -INT $stopped
wait $stopped
code=$?
[ $code = 130 ] || fail "exit code $code after SIGINT while waiting"
[ "$(wc -l <"$tmp/stop.err")" = 1 ] || fail "not one line after SIGINT"
sleep 0.2
for waiting in $waits $long; do
	ls -l "/proc/$waiting/fd" | grep -q '/i.vsx$' || fail "does not wait"
done
exec 3>&-
wait $writer || { fail "the first writer"; cat "$tmp/add.err"; }
has "$tmp/add.out" "400 rows added: generation 2"
wait $waits || { fail "the second writer"; cat "$tmp/wait.err"; }
wait $long || { fail "the third writer"; cat "$tmp/long.err"; }
run 0 vsx-info i.vsx --json
[ "$(field generation)" = 4 ] || fail "the generation is $(field generation)"
[ "$(field live)" = 898 ] || fail "$(field live) rows are live"
run 0 vsx-verify i.vsx

# A writer that is stopped, or killed, leaves the old generation and no lock.
cp i.vsx kept.vsx
for signal in INT KILL; do
	begin
	kill -$signal $writer
	wait $writer
	code=$?
	exec 3>&-
	[ $signal = KILL ] || [ $code = 130 ] || fail "exit code $code"
	same kept.vsx i.vsx
	run 0 vsx-verify i.vsx
done
run 0 vsx-delete i.vsx --id 8
has "$tmp/out" "generation 5"

# Who replaces the index waits as those who change it do.
run 0 vsx-build base.fbin -o other.vsx -i Flat -q --force
begin
for replace in "vsx-build base.fbin -o" "vsx-verify other.vsx --repair"; do
	refused 3 i.vsx vsx-add $writer -- $replace i.vsx --force
	refused 3 i.vsx vsx-add $writer -- $replace i.vsx --force --timeout 0.2
done
vsx-build base.fbin -o i.vsx -i Flat --force --wait -q \
	>"$tmp/wait.out" 2>"$tmp/wait.err" 3>&- &
waits=$!
vsx-verify other.vsx --repair i.vsx --force --timeout 100 -q \
	>"$tmp/long.out" 2>"$tmp/long.err" 3>&- &
long=$!
for waiting in $waits $long; do
	has_open $waiting .i.vsx.lock
done
exec 3>&-
wait $writer || { fail "the writer"; cat "$tmp/add.err"; }
wait $waits || { fail "the build"; cat "$tmp/wait.err"; }
wait $long || { fail "the repair"; cat "$tmp/long.err"; }
run 0 vsx-info i.vsx --json
[ "$(field live)" = 500 ] || fail "$(field live) rows are live, expected 500"
cp kept.vsx i.vsx
run 0 vsx-delete i.vsx --id 8

# A compaction in place and a writer that waits for it: both happen.
begin
vsx-compact i.vsx --wait >"$tmp/wait.out" 2>"$tmp/wait.err" 3>&- &
waits=$!
has_open $waits i.vsx
vsx-delete i.vsx --id 9 --wait >"$tmp/long.out" 2>"$tmp/long.err" 3>&- &
long=$!
exec 3>&-
wait $writer || { fail "the writer"; cat "$tmp/add.err"; }
wait $waits || { fail "the compaction"; cat "$tmp/wait.err"; }
wait $long || { fail "the deletion"; cat "$tmp/long.err"; }
run 0 vsx-info i.vsx --json
[ "$(field live)" = 1296 ] || fail "$(field live) rows are live, expected 1296"
run 0 vsx-verify i.vsx
finish
