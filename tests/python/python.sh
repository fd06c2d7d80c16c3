#!/bin/sh
# The Python module: its tests with numpy, and as if there were none. Under ASan
# its runtime comes before Python, which leaks by design, and keeps little of what
# was freed, so that growth can be seen.
set -eu
python=/usr/bin/python3
here=$(cd "$(dirname "$0")" && pwd)
if ! [ -e "$VSX_BUILD/python/vsx/_vsx.abi3.so" ]; then
	echo 'the Python module was not built'
	exit 77
fi
PYTHONPATH=$(cd "$VSX_BUILD" && pwd)/python:$here
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE
case ${sanitize:-} in
*address*)
	LD_PRELOAD=$(gcc -print-file-name=libasan.so)
	ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=1:${ASAN_OPTIONS:-}
	export LD_PRELOAD ASAN_OPTIONS
	;;
esac
cd "$here"
for without in '' numpy; do
	export without
	"$python" -m unittest -v test_module test_collection test_langchain\
		test_adapters test_tutorial test_hostile
done
