#!/bin/sh
# From a fresh Debian 12 to neighbours of words: install what is missing, build
# VSX, build an index over the shipped word vectors and ask it.
set -eu
cd "$(dirname "$0")/.."

say() { printf '\n\033[1m%s\033[0m\n' "$1"; }
[ -t 1 ] || say() { printf '\n%s\n' "$1"; }

say '1. packages, configure, build'
sh tools/packages.sh gcc make cmake pkg-config libc6-dev liblz4-dev \
	libxxhash-dev libsmartcols-dev libjansson-dev zlib1g-dev libzstd-dev python3-dev
# run COMMAND...: shown as it would be typed
run() {
	printf '$ %s\n' "$*"
	"$@"
}
run cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DVSX_BUILD_PYTHON=ON \
	>build.log 2>&1 ||
	{ cat build.log >&2; exit 1; }
head -1 build.log
# make says how far it is, in per cent: one line on a terminal.
build() {
	cmake --build build -j "$(nproc)" 2>&1 || echo FAILED
}
printf '$ %s\n' "cmake --build build -j $(nproc)"
if [ -t 1 ]; then
	build | tee -a build.log | sed -un 's/^\(\[ *[0-9]*%\]\) .*/\1/p' |
		while read -r part; do printf '\r%s' "$part"; done
	printf '\r\033[K'
else
	build >>build.log
fi
if [ "$(tail -1 build.log)" = FAILED ]; then
	tail -50 build.log >&2
	exit 1
fi
mv build.log build/
bin=build/tools
words=tests/data/words

say '2. an index over 20,000 words'
# Of each word how long it is, and whether it ends in s.
awk '{ printf "{\"length\": %d, \"s\": %s}\n", length($0), /s$/ ? "true" : "false" }' \
	$words/words.txt >build/words.jsonl
run $bin/vsx-build $words/vectors.npy -o build/words.vsx -i HNSW16 -m cosine \
	--keys $words/words.txt --fields auto --fields-from build/words.jsonl \
	--model glove.6B.50d --force

for word in ocean piano seven; do
	say "3. words near \"$word\""
	run $bin/vsx-query build/words.vsx --key $word -k 5
done

say '4. is the file what was built, and does it still find what it should?'
run $bin/vsx-verify build/words.vsx

say '5. by word and by what else is known: short words near "piano"'
run $bin/vsx-query build/words.vsx --key piano -k 5
run $bin/vsx-query build/words.vsx --key piano -k 5 \
	--filter 'length <= 5 and not s'

say 'Where to go next'
cat <<'END'
  build/tools/vsx-info build/words.vsx       what is in an index
  build/tools/vsx-build --help               your own vectors: .npy, .jsonl, ...
  PYTHONPATH=build/python python3            import vsx; help(vsx)
  cmake --install build                      commands, libraries, man pages
  README.md                                  the library from C
  sh tests/run.sh                            the tests
END
