#!/bin/sh
# Compiles the peer side of the measurement into a folder outside the checkout:
#   sh bench/peers/build.sh [FOLDER]
# Needs g++ and libhnswlib-dev. No part of the build or the tests of VSX.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-/tmp/peers}
mkdir -p "$out"
${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wshadow -Wconversion -c \
	"$here/../data.c" -o "$out/data.o"
${CXX:-c++} -std=c++17 -O3 -march=native -Wall -Wextra -c \
	"$here/peer_hnswlib.cpp" -o "$out/peer_hnswlib.o"
${CXX:-c++} -std=c++17 -O2 -Wall -Wextra "$here/peer_probe.cpp" \
	"$out/peer_hnswlib.o" "$out/data.o" -pthread -o "$out/peer_probe"
echo "$out/peer_probe"
