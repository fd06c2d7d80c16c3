#!/bin/sh
# From a bare Debian 12 to the neighbours of a word, timed: needs root,
# debootstrap and the network, so it is not one of the tests of run.sh.
# usage: sh tests/quickstart.sh FOLDER      a folder that is not there yet
set -eu
cd "$(dirname "$0")/.."
root=$1
[ ! -e "$root" ] || { echo "$root exists already" >&2; exit 2; }

debootstrap --variant=minbase bookworm "$root" >/dev/null
mkdir "$root/vsx"
git archive HEAD | tar -x -C "$root/vsx"
mount -t proc proc "$root/proc"
trap 'umount "$root/proc"' EXIT
begun=$(date +%s)
chroot "$root" sh /vsx/tools/quickstart.sh | tee "$root/quickstart.txt"
ended=$(date +%s)
grep -q 'sound' "$root/quickstart.txt"
echo "quickstart: $((ended - begun)) s from a bare Debian"
