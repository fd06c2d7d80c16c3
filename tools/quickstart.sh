#!/bin/sh
# From a fresh Debian 12 to neighbours of words: install what is missing, build
# VSX, build an index over the shipped word vectors and ask it.
set -eu
cd "$(dirname "$0")/.."

say() { printf '\n\033[1m%s\033[0m\n' "$1"; }
[ -t 1 ] || say() { printf '\n%s\n' "$1"; }

say '1. packages, configure, build'
sh tools/packages.sh gcc make cmake pkg-config libc6-dev liblz4-dev \
	libxxhash-dev libsmartcols-dev libjansson-dev
cmake -S . -B build -DCMAKE_BUILD_TYPE=Release >build.log 2>&1 ||
	{ cat build.log >&2; exit 1; }
cmake --build build -j "$(nproc)" >>build.log 2>&1 ||
	{ tail -50 build.log >&2; exit 1; }
mv build.log build/
bin=build/tools
words=tests/data/words

say '2. an index over 20,000 words'
set -x
$bin/vsx-build $words/vectors.npy -o build/words.vsx -i HNSW16 -m cosine \
	--model glove.6B.50d --force
{ set +x; } 2>/dev/null

# The row of a word is its line, counted from 0.
row() { echo $(($(grep -nxF -- "$1" $words/words.txt | head -1 | cut -d: -f1) - 1)); }

for word in ocean piano seven; do
	say "3. words near \"$word\""
	$bin/vsx-query build/words.vsx --id "$(row $word)" -k 5 \
		--labels $words/words.txt
done

say '4. is the file what was built, and does it still find what it should?'
$bin/vsx-verify build/words.vsx

say 'Where to go next'
cat <<'END'
  build/tools/vsx-info build/words.vsx       what is in an index
  build/tools/vsx-build --help               your own vectors: .npy, .fvecs, ...
  cmake --install build                      commands, libraries, man pages
  README.md                                  the library from C
  sh tests/run.sh                            the tests
END
