#!/bin/sh
# The Debian packages, as a user meets them: built, held to lintian, installed into
# a fresh Debian of their own, tried there, and removed without a trace.
# usage: sh tests/debian.sh   (as root; 77: the archive of Debian cannot be reached)
set -eu
cd "$(dirname "$0")/.."
if [ "$(id -u)" != 0 ]; then
	echo 'a chroot needs root' >&2
	exit 77
fi
sh tools/packages.sh debootstrap lintian
sh tools/debs.sh
lintian --allow-root --fail-on error,warning build/debs/*.deb

root=$(mktemp -d /var/tmp/vsx-debian.XXXXXX)
trap 'rm -rf --one-file-system "$root"' EXIT
archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
	'Codename: bookworm' | head -1)
debootstrap --variant=minbase bookworm "$root" \
	"${archive:-http://deb.debian.org/debian}" >build/debootstrap.log || {
	tail build/debootstrap.log
	echo 'no fresh Debian could be made from the archive'
	exit 77
}
mkdir "$root/debs" "$root/try"
cp build/debs/*.deb "$root/debs"
cp tests/data/words/vectors.npy tests/data/words/words.txt \
	tests/install/pkgconfig/consumer.c "$root/try"
inside() {
	chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "$@"
}
install() {
	inside apt-get install -y -q --no-install-recommends "$@" \
		>build/debian-apt.log 2>&1 || { tail build/debian-apt.log && exit 1; }
}
listed() {
	(cd "$root" && find . -xdev \( -path ./var/lib/dpkg -o -path ./var/cache \
		-o -path ./var/log -o -path ./var/lib/apt -o -path ./debs \
		-o -path ./try -o -path ./tmp -o -path ./etc/ld.so.cache \) -prune \
		-o -print | sort)
}
# What VSX needs and a consumer is compiled with is there before.
install gcc libc6-dev pkg-config python3 liblz4-dev libxxhash-dev \
	libsmartcols1 libjansson4 zlib1g libzstd1 libhdf5-103-1
listed >build/debian-before
# shellcheck disable=SC2046 # names are words
install $(cd "$root" && ls debs/*.deb | sed 's|^|/|')

inside sh -eu -c '
	cd /try
	vsx-build vectors.npy -o words.vsx -i HNSW16 -m cosine --keys words.txt -q
	vsx-query words.vsx --key piano -k 3 --color never
	vsx-verify words.vsx
	man=/usr/share/man/man1
	for page in $man/vsx-*.1.gz; do
		command=$(basename "$page" .1.gz)
		"$command" --version >/dev/null
	done
	cc -std=c99 consumer.c -o consumer $(pkg-config --cflags --libs vsxwrite)
	./consumer consumer.vsx
	/usr/bin/python3 -c "
import vsx
with vsx.open(\"words.vsx\") as index:
    row = index.find(\"piano\")
    print(vsx.__version__, len(index), index.keys([row]))
    assert index.search(index[row], 1)[1].tolist() == [row]
"'
installed=$(inside dpkg-query -W -f '${Package} ${Status}\n' '*vsx*' |
	sed -n 's/ install ok installed//p')
[ "$(echo "$installed" | wc -l)" = "$(find "$root/debs" -name '*.deb' | wc -l)" ]
# shellcheck disable=SC2086
inside apt-get purge -y -q $installed >build/debian-apt.log 2>&1
listed >build/debian-after
diff build/debian-before build/debian-after
echo 'packages: installed, tried and removed'
