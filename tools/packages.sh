#!/bin/sh
# Install the Debian packages that are named and not there yet. Waits while
# another package manager is at work.
# usage: packages.sh PACKAGE...
set -eu

missing=
for package; do
	if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null |
	    grep -q 'ok installed'; then
		missing="$missing $package"
	fi
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "this is not Debian; please install:$missing" >&2
	exit 1
fi
sudo=
if [ "$(id -u)" != 0 ]; then
	sudo=sudo
fi
# apt-get waits for the locks itself, and says so; how long, in seconds:
patient='-o DPkg::Lock::Timeout=600'
show() {
	echo "\$ $*" >&2
	"$@"
}
# The lists have a lock of their own, for which apt-get update does not wait.
update() {
	tries=0
	until $sudo apt-get update -q $patient >"$log" 2>&1; do
		if ! grep -q 'Could not get lock' "$log"; then
			cat "$log" >&2
			return 1
		fi
		tries=$((tries + 1))
		[ $tries -lt 120 ] || return 1
		[ $tries != 1 ] ||
			echo "another package manager is at work: waiting" >&2
		sleep 5
	done
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing:$missing" >&2
echo "\$ apt-get update" >&2
# shellcheck disable=SC2086 # the names and the options are words
update
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive show $sudo apt-get install -y -q $patient \
	--no-install-recommends $missing >&2
