#!/bin/sh
# A disk that is full, or a limit on the size of files: a message, exit 3,
# nothing left behind, the old file intact.
. tests/cli/lib.sh.inc

run 0 vsx-build "$words/vectors.npy" -o old.vsx -i Flat -q
limited() { # in blocks of 512 bytes
	sh -c "ulimit -f $1 && shift && exec \"\$@\"" sh "$@"
}
tried=0
if limited 1024 true 2>/dev/null; then
	tried=1
	refused 3 new.vsx "File too large" -- limited 1024 \
		vsx-build "$words/vectors.npy" -o new.vsx -i Flat -q
	refused 3 old.vsx "File too large" -- limited 1024 \
		vsx-build "$words/vectors.npy" -o old.vsx -i Flat -q --force
	refused 3 "File too large" -- limited 1024 \
		vsx-build "$words/vectors.npy" -o new.vsx -i Flat -q --memory 1M
	refused 3 big.tsv "File too large" -- limited 1024 \
		vsx-query old.vsx "$words/vectors.npy" -k 10 --format tsv -o big.tsv
	run 0 vsx-verify old.vsx
fi

mkdir disk
if mount -t tmpfs -o size=3M tmpfs disk 2>/dev/null; then
	trap 'cd /; umount "$tmp/work/disk"; rm -rf "$tmp"' EXIT
	tried=1
	head -c 200128 "$words/vectors.npy" | tail -c +129 >some
	vsx-build - --dim 50 -o disk/old.vsx -i Flat -q <some || fail "disk/old.vsx"
	for options in "" "--force" "--memory 1M" "-i IVF16,Flat -q"; do
		to=disk/new.vsx
		[ "$options" != --force ] || to=disk/old.vsx
		# shellcheck disable=SC2086
		refused 3 disk "No space left" -- vsx-build \
			"$words/vectors.npy" -o $to -i Flat -q $options
	done
	refused 3 disk/big.tsv "No space left" -- vsx-query old.vsx \
		"$words/vectors.npy" -k 10 --format tsv -o disk/big.tsv
	run 0 vsx-verify disk/old.vsx
	[ "$(ls -A disk)" = old.vsx ] || fail "left behind: $(ls -A disk)"
fi
[ $tried = 1 ] || skip "neither a limit on files nor a small disk can be had"
finish
