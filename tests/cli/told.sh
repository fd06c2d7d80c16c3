#!/bin/sh
# What has changed on the disk has changed, whether or not the report of it can
# be printed: the exit code is that of the work. Where what is printed is the
# product, that it is lost is a failure.
. tests/cli/lib.sh.inc

[ -c /dev/full ] || skip "there is no /dev/full"
fvecs rows.fvecs "$zero$one" "$one$zero" "$two$one" "$one$two" "$half$one"
fvecs query.fvecs "$half$zero"

# lost CODE COMMAND...: standard output is a full disk
lost() {
	due=$1
	shift
	"$@" >/dev/full 2>"$tmp/err" </dev/null
	got=$?
	[ "$got" = "$due" ] || fail "exit code $got, expected $due: $*"
	has "$tmp/err" "cannot write standard output: No space left on device"
	[ "$due" != 0 ] || has "$tmp/err" "the exit status is that of the work"
	[ "$(wc -l <"$tmp/err")" = 1 ] || { fail "not one line: $*"; cat "$tmp/err"; }
}
# unread COMMAND...: a pipe that nobody reads, for both
unread() {
	mkfifo pipe
	sleep 0 <pipe &
	sh -c 'exec 3>pipe; exec "$@" >&3 2>&3' sh "$@" </dev/null &
	pid=$!
	wait $pid
	got=$?
	[ "$got" = 0 ] || fail "exit code $got, to a pipe: $*"
	rm pipe
}
live() { # INDEX ROWS
	run 0 vsx-info --json "$1"
	grep -q "^  \"live\": $2,\$" "$tmp/out" || fail "$1 does not have $2 rows"
}

for how in "lost 0" unread; do
	for json in "" --json; do
		rm -rf i.vsx again.vsx repo
		$how vsx-build rows.fvecs -i Flat -o i.vsx $json
		$how vsx-add i.vsx rows.fvecs $json
		live i.vsx 10
		$how vsx-delete i.vsx --id 0 --id 1 $json
		live i.vsx 8
		$how vsx-compact i.vsx $json
		run 0 vsx-info --json i.vsx
		has "$tmp/out" '"dead": 0'
		$how vsx-backup create i.vsx repo --name one $json
		$how vsx-backup create i.vsx repo --name two $json
		$how vsx-backup restore repo one -o again.vsx $json
		same i.vsx again.vsx
		$how vsx-backup prune repo --keep 1 $json
		[ "$(ls repo/snapshots)" = two ] || fail "prune, $how $json"
		$how vsx-verify i.vsx --repair again.vsx -f $json
	done
done
# Nothing was lost and nothing is said.
vsx-add i.vsx rows.fvecs -q >/dev/full 2>"$tmp/err" || fail "vsx-add -q"
[ ! -s "$tmp/err" ] || fail "vsx-add -q says something"
# Of a failure the code stays, too.
vsx-add i.vsx missing.fvecs >/dev/full 2>"$tmp/err"
[ $? = 2 ] || fail "a missing input"

lost 3 vsx-query i.vsx query.fvecs
lost 3 vsx-export i.vsx --format csv
lost 3 vsx-info i.vsx
lost 3 vsx-info i.vsx --json
lost 3 vsx-verify i.vsx
lost 3 vsx-build rows.fvecs --plan
lost 3 vsx-build --help
lost 3 vsx-add --version
lost 3 vsx-backup list repo
lost 3 vsx-backup verify repo
lost 3 vsx-backup prune repo --keep 1 --dry-run
lost 3 vsx-bench --synthetic 100x4 -i Flat --n-queries 5 --seconds 0.01 -q
vsx-backup create i.vsx --to-stdout >/dev/full 2>"$tmp/err"
[ $? = 3 ] || fail "a stream to a full disk"
finish
