#!/bin/sh
# Install the Debian packages that are named and not there yet.
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
echo "installing:$missing" >&2
$sudo apt-get update -qq
# shellcheck disable=SC2086 # the names are words
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq \
	--no-install-recommends $missing >/dev/null
