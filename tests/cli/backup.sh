#!/bin/sh
# vsx-backup: snapshots that cost what was added, and give the same bytes again.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

word_rows 0 3000 base.fbin
word_rows 3000 30 more.fbin
run 0 vsx-build base.fbin -o i.vsx -i IVF16,Flat -q --model glove
cp i.vsx g1.vsx

# The first one makes the repository.
run 0 vsx-backup create i.vsx repo --name first
has "$tmp/out" "repo: snapshot first of i.vsx"
has "$tmp/out" "generation 1, 3,000 live rows"
run 0 vsx-backup create i.vsx repo --json
[ "$(field new_bytes)" = 0 ] || fail "an unchanged index cost $(field new_bytes) bytes"
[ "$(field rows)" = 3000 ] || fail "rows in --json"
case $(field name) in
20*T*Z-g1*) ;;
*) fail "the name is $(field name)" ;;
esac

# A hundredth more rows: the second costs what was appended.
run 0 vsx-add i.vsx more.fbin --keep-segments --json
appended=$(field appended_bytes)
run 0 vsx-backup create i.vsx repo -n second --json
[ "$(field generation)" = 2 ] || fail "generation $(field generation)"
[ "$(field new_bytes)" -le $((appended + 1024)) ] ||
	fail "$(field new_bytes) bytes stored, $appended appended"
[ "$(field new_bytes)" -gt 6000 ] || fail "the rows were not stored"

run 0 vsx-backup list repo
for due in name date size generation rows new first second /i.vsx 3,030; do
	has "$tmp/out" "$due"
done
[ "$(wc -l <"$tmp/out")" = 4 ] || fail "not a heading and three snapshots"
run 0 vsx-backup list repo --json
[ "$(grep -c '"name"' "$tmp/out")" = 3 ] || fail "snapshots in --json"
has "$tmp/out" '"live": 3030'

run 0 vsx-backup verify repo
has "$tmp/out" "repo: sound: 3 snapshots"
run 0 vsx-backup verify repo second --json
[ "$(field sound)" = true ] || fail "sound in --json"
[ "$(field snapshots)" = 1 ] || fail "one snapshot was asked for"
run 0 vsx-backup verify repo -q
[ ! -s "$tmp/out" ] || fail "--quiet says something"

# Back again.
run 0 vsx-backup restore repo second -o second.vsx
has "$tmp/out" "second.vsx: restored from snapshot second"
same i.vsx second.vsx
run 0 vsx-backup restore repo first -o first.vsx --json
same g1.vsx first.vsx
run 0 vsx-verify first.vsx second.vsx -q
refused 2 first.vsx --force -- vsx-backup restore repo second -o first.vsx
run 0 vsx-backup restore repo latest -o first.vsx -f -q
same i.vsx first.vsx

# Through a pipe.
vsx-backup create i.vsx --to-stdout >stream 2>"$tmp/err" || fail "to stdout"
vsx-backup restore - -o piped.vsx <stream >"$tmp/out" 2>"$tmp/err" ||
	fail "restore from a stream: $(cat "$tmp/err")"
same i.vsx piped.vsx
vsx-backup create i.vsx --to-stdout | cat |
	vsx-backup restore - -o piped.vsx --force -q || fail "a pipe"
same i.vsx piped.vsx
head -c 5000 stream >cut
vsx-backup restore - -o cut.vsx <cut >"$tmp/out" 2>"$tmp/err"
[ $? = 1 ] || fail "a stream that was cut: not exit code 1"
has "$tmp/err" "ends at byte 5000"
[ ! -e cut.vsx ] || fail "a stream that was cut left a file"
if [ -w /dev/full ]; then
	vsx-backup create i.vsx --to-stdout >/dev/full 2>"$tmp/err"
	[ $? = 3 ] || fail "a full disk at the end of a stream"
fi

# What is refused, and how.
refused 2 "create needs INDEX and REPO" -- vsx-backup create i.vsx
refused 2 "not one of create" -- vsx-backup copy i.vsx repo
refused 2 "unexpected argument" -- vsx-backup list repo first
refused 2 "--force is an option of restore" -- vsx-backup create i.vsx repo -f
refused 2 "needs -o" -- vsx-backup restore repo first
refused 2 "needs --keep or --older-than" -- vsx-backup prune repo
refused 2 "needs --keep or --older-than" -- \
	vsx-backup prune repo --keep 1 --older-than 1d
for age in 1 d 1x 0d -1d 1dd 1.5d; do
	refused 2 "not an age" -- vsx-backup prune repo "--older-than=$age"
done
refused 2 "is not a snapshot name" -- vsx-backup create i.vsx repo -n ../up
refused 2 "already has a snapshot 'first'" -- vsx-backup create i.vsx repo -n first
refused 2 "no snapshot 'third'" -- vsx-backup restore repo third -o t.vsx
refused 2 "no snapshot 'third'" -- vsx-backup verify repo third
refused 2 "none" -- vsx-backup list none
refused 2 "none.vsx" -- vsx-backup create none.vsx other
refused 4 "not a VSX index" -- vsx-backup create base.fbin other
mkdir foreign
echo hello >foreign/letter.txt
refused 4 "foreign" "not a backup repository" letter.txt -- \
	vsx-backup create i.vsx foreign
refused 4 "no file 'vsx-backup'" -- vsx-backup list foreign
refused 4 "no file 'vsx-backup'" -- vsx-backup prune foreign --keep 1
[ ! -e other ] || fail "a repository was made for nothing"

# A damaged index gets no snapshot.
cp i.vsx bad.vsx
printf 'X' | dd of=bad.vsx bs=1 seek=300000 conv=notrunc 2>/dev/null
run 1 vsx-backup create bad.vsx repo -n bad
has "$tmp/err" "bad.vsx: page 73: checksum"
run 1 vsx-backup create bad.vsx --to-stdout
run 0 vsx-backup list repo
! grep -q bad "$tmp/out" || fail "a snapshot of a damaged index"

# A damaged repository: what it touches is named.
cp -r repo kept
chunk=$(find repo/chunks -type f -size +100k | sort | head -1)
printf 'X' | dd of="$chunk" bs=1 seek=5000 conv=notrunc 2>/dev/null
run 1 vsx-backup verify repo
cat "$tmp/out"
has "$tmp/out" "chunk ${chunk##*/}: checksum"
has "$tmp/out" "snapshot 'second' cannot be restored: 1 of its"
run 1 vsx-backup verify repo --json
[ "$(field sound)" = false ] || fail "sound in --json"
run 1 vsx-backup restore repo second -o again.vsx
has "$tmp/err" "chunk ${chunk##*/}"
[ ! -e again.vsx ] || fail "half a restore is there"
# The next backup of the same bytes does not go by what is there, and says so.
run 0 vsx-backup create i.vsx repo -q
has "$tmp/err" "repo: 1 damaged chunk replaced"
run 0 vsx-backup verify repo
run 0 vsx-backup restore repo second -o again.vsx -q
same i.vsx again.vsx
rm "$chunk"
run 0 vsx-backup create i.vsx repo -q
[ ! -s "$tmp/err" ] || fail "a chunk that was missing was damaged"
run 0 vsx-backup verify repo
rm -r repo
mv kept repo

# A copy was not checked, whatever the record of the first one says.
run 0 vsx-backup create i.vsx repo
has "$tmp/out" "checked"
run 0 vsx-backup create i.vsx repo --json
[ "$(field read_chunks)" = 0 ] || fail "chunks are read again"
[ "$(field replaced_chunks)" = 0 ] || fail "replaced_chunks in --json"
run 0 vsx-backup create i.vsx repo --json --check-all
[ "$(field read_chunks)" = "$(field chunks)" ] || fail "--check-all"
rm repo/checked
run 0 vsx-backup create i.vsx repo --json --trust-chunks
[ "$(field read_chunks)" = 0 ] || fail "--trust-chunks"
refused 2 "--trust-chunks cannot be combined with --check-all" -- \
	vsx-backup create i.vsx repo --check-all --trust-chunks
refused 2 "--check-all cannot be combined with --to-stdout" -- \
	vsx-backup create i.vsx --check-all --to-stdout
refused 2 "--check-all is an option of create" -- \
	vsx-backup verify repo --check-all
rm -r repo
cp i.vsx g2.vsx
cp g1.vsx i.vsx
run 0 vsx-backup create i.vsx repo -q --name first
cp g2.vsx i.vsx
run 0 vsx-backup create i.vsx repo -q
run 0 vsx-backup create i.vsx repo -q --name second

# Numbers tell the order, and a snapshot that is gone leaves a gap.
run 0 vsx-backup list repo --json
[ "$(grep '"sequence"' "$tmp/out" | tr -dc '0-9\n' | tr '\n' ' ')" = "1 2 3 " ] ||
	fail "sequence in --json"

# Nothing is restored into the repository itself.
ln -s repo/lock by-link.vsx
for out in repo/lock repo/new.vsx repo/tmp/../snapshots/first by-link.vsx; do
	refused 2 "would lie inside the backup repository 'repo'" -- \
		vsx-backup restore repo first -o $out --force
done

# What the owner keeps to himself stays so.
(umask 022 && chmod 600 g1.vsx && vsx-backup create g1.vsx secret -q) ||
	fail "a backup of an index of mode 600"
[ -z "$(find secret ! -perm 700 -type d; find secret ! -perm 600 -type f)" ] ||
	fail "others may read the repository of an index of mode 600"
chmod 644 g1.vsx

# Prune.
run 0 vsx-backup prune repo --keep 1 --dry-run
has "$tmp/out" "would remove first"
has "$tmp/out" "would remove 2 snapshots and keep 1"
run 0 vsx-backup prune repo --older-than 1d --json
has "$tmp/out" '"removed": []'
run 0 vsx-backup prune repo --keep 1
has "$tmp/out" "removing first"
has "$tmp/out" "2 snapshots removed, 1 kept"
run 0 vsx-backup verify repo
has "$tmp/out" "1 snapshot,"
run 0 vsx-backup restore repo second -o second.vsx -f -q
same i.vsx second.vsx

# Somebody else is at work on the repository. Descriptor 9 has the lock.
if command -v flock >/dev/null; then
	for lock in lock vsx-backup; do
		exec 9<repo/$lock
		flock 9
		refused 3 repo -- vsx-backup prune repo --keep 1
		refused 3 repo -- vsx-backup create i.vsx repo --timeout 0.1
		[ $lock = vsx-backup ] || run 0 vsx-backup verify repo
		vsx-backup create i.vsx repo --wait -q 9<&- &
		waits=$!
		vsx-backup create i.vsx repo --wait -q 9<&- 2>"$tmp/stop.err" &
		stopped=$!
		# Both are at the lock of writers, and one of them may be past it.
		has_open $waits repo/lock
		has_open $stopped repo/lock
		kill -INT $stopped
		wait $stopped
		code=$?
		[ $code = 130 ] || fail "exit code $code after SIGINT"
		[ "$(wc -l <"$tmp/stop.err")" = 1 ] || fail "not one line"
		kill -0 $waits || fail "does not wait for the $lock"
		exec 9<&-
		wait $waits || fail "waiting for the $lock"
	done
	[ -z "$(ls repo/tmp)" ] || fail "debris in tmp"
fi

# Killed at any moment, the next one comes to its end.
word_rows 0 12000 big.fbin
run 0 vsx-build big.fbin -o big.vsx -i Flat -q
for delay in 0.001 0.003 0.006 0.01 0.02; do
	vsx-backup create big.vsx other -q &
	killed=$!
	sleep $delay
	kill -KILL $killed 2>/dev/null
	wait $killed 2>/dev/null
	run 0 vsx-backup create big.vsx other -q
	run 0 vsx-backup verify other
	run 0 vsx-backup restore other latest -o back.vsx -f -q
	same big.vsx back.vsx
	[ -z "$(ls other/tmp)" ] || fail "debris in tmp"
	rm -r other
done
finish
