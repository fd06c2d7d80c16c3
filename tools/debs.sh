#!/bin/sh
# Build the Debian packages into build/debs.
# usage: sh tools/debs.sh
set -eu
cd "$(dirname "$0")/.."
sh tools/packages.sh gcc make cmake pkg-config libc6-dev liblz4-dev \
	libxxhash-dev libsmartcols-dev libjansson-dev zlib1g-dev libzstd-dev libhdf5-dev python3-dev \
	dpkg-dev
build=build/packages
cmake -S . -B $build -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr \
	-DVSX_BUILD_PYTHON=ON >/dev/null
cmake --build $build -j "$(nproc)" >/dev/null
rm -rf build/debs
cpack --config $build/CPackConfig.cmake -B build/debs >build/debs.log 2>&1 ||
	{ cat build/debs.log && exit 1; }
rm -rf build/debs/_CPack_Packages
ls build/debs
