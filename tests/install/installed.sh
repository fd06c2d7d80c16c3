#!/bin/sh
# Install into an empty folder, then build and run consumers from there alone:
# pkg-config (shared and static), find_package (shared and static), C++17.
. tests/cli/lib.sh.inc

cache=$bin/../CMakeCache.txt
if ! grep -q '^VSX_SANITIZE:STRING=$' "$cache"; then
	skip "a build with a sanitizer is not what is installed"
fi
prefix=$tmp/prefix
run 0 cmake --install "$bin/.." --prefix "$prefix"
libdir=$prefix/$(sed -n 's/^CMAKE_INSTALL_LIBDIR:[A-Z]*=//p' "$cache")
[ -d "$libdir" ] || libdir=$(dirname "$(find "$prefix" -name libvsx.so)")
sources=$here/tests/install

# All that belongs there.
for file in include/vsx.h include/vsx_write.h include/vsx_status.h \
    include/vsx_types.h include/vsx_rows.h \
    include/vsx_range.h include/vsx_select.h \
    $(cd "$here/tools/man" && printf 'share/man/man1/%s ' *.1) \
    $(cd "$here/tools/man" && basename -s .1 -- *.1 | sed 's|^|bin/|') \
    share/bash-completion/completions/vsx-build \
    share/zsh/site-functions/_vsx-build \
    share/fish/vendor_completions.d/vsx-build.fish; do
	[ -s "$prefix/$file" ] || fail "not installed: $file"
done
for file in libvsx.so libvsx.a libvsxwrite.so libvsxwrite.a \
    pkgconfig/vsx.pc pkgconfig/vsxwrite.pc cmake/vsx/vsxConfig.cmake; do
	[ -e "$libdir/$file" ] || fail "not installed: lib/$file"
done
[ "$(find "$prefix/include" -type f | wc -l)" = 7 ] ||
	fail "private headers are installed"
! grep -rqF "$here" "$prefix/include" "$libdir/pkgconfig" "$libdir/cmake" ||
	fail "paths of the source tree in what is installed"
run 0 "$prefix/bin/vsx-build" "$words/vectors.npy" -o words.vsx -i Flat -q

consume() { # program, what it says
	run 0 env LD_LIBRARY_PATH="$libdir" "$1" consumer.vsx
	has "$tmp/out" "$2: ok"
}

# needs PROGRAM: the VSX libraries that it loads
needs() {
	readelf -d "$1" | sed -n 's/.*NEEDED.*\[\(libvsx[^]]*\)\].*/\1/p' | xargs
}

PKG_CONFIG_PATH=$libdir/pkgconfig
export PKG_CONFIG_PATH
[ "$(pkg-config --modversion vsx vsxwrite | sort -u)" = \
	"$(vsx-info --version | cut -d ' ' -f 2)" ] || fail "version in .pc"
# shellcheck disable=SC2046 # flags are words
run 0 cc -std=c99 -o shared "$sources/pkgconfig/consumer.c" \
	$(pkg-config --cflags --libs vsxwrite) && consume ./shared consumer
# shellcheck disable=SC2046
run 0 cc -std=c99 -o reader "$sources/findpackage/reader.c" \
	$(pkg-config --cflags --libs vsx) && consume ./reader reader
# While the major version is 0 each minor one has a name of its own.
so=libvsx.so.$(sed -n 's/^#define VSX_VERSION "\([0-9]*\.[0-9]*\)\..*/\1/p' \
	"$here/lib/vsx.h")
[ "$(needs reader)" = "$so" ] || fail "reader needs $(needs reader)"
# shellcheck disable=SC2046
run 0 cc -std=c99 -static -o static_reader "$sources/findpackage/reader.c" \
	$(pkg-config --static --cflags --libs vsx) && consume ./static_reader reader
# shellcheck disable=SC2046
run 0 cc -std=c99 -static -o static "$sources/pkgconfig/consumer.c" \
	$(pkg-config --static --cflags --libs vsxwrite) && {
	consume ./static consumer
	! readelf -d static | grep -q NEEDED || fail "static needs libraries"
}

for project in findpackage static cxx; do
	[ $project != cxx ] || command -v c++ >/dev/null || continue
	run 0 cmake -S "$sources/$project" -B b-$project \
		-DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release
	run 0 cmake --build b-$project || cat "$tmp/out"
	consume b-$project/consumer consumer
	[ ! -e b-$project/reader ] || consume b-$project/reader reader
done
[ "$(needs b-findpackage/reader)" = "$so" ] ||
	fail "find_package: reader needs $(needs b-findpackage/reader)"
[ "$(needs b-static/consumer)" = "" ] || fail "static needs $(needs b-static/consumer)"

# Another version is refused, this one is found.
mkdir old && cat >old/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.20)
project(old LANGUAGES C)
find_package(vsx 0.1 REQUIRED CONFIG)
END
cmake -S old -B old/b -DCMAKE_PREFIX_PATH="$prefix" >/dev/null 2>&1 &&
	fail "version 0.1 was found"

# As a part of another project: no tools, no tests.
mkdir outer && cat >outer/CMakeLists.txt <<END
cmake_minimum_required(VERSION 3.20)
project(outer LANGUAGES C)
add_subdirectory($here vsx EXCLUDE_FROM_ALL)
add_executable(consumer $sources/pkgconfig/consumer.c)
target_link_libraries(consumer PRIVATE vsx::vsxwrite_static)
END
run 0 cmake -S outer -B outer/b -DCMAKE_BUILD_TYPE=Release
[ ! -e outer/b/vsx/tools ] || fail "tools are built inside another project"
! grep -q 'include/vsx' outer/b/vsx/cmake_install.cmake ||
	fail "another project installs the library, unasked"
run 0 cmake -S outer -B outer/b -DVSX_INSTALL=ON
has outer/b/vsx/cmake_install.cmake vsx_write.h

# Nothing stays behind that was brought; what others put there does.
touch "$prefix/bin/other"
run 0 cmake --build "$bin/.." --target uninstall
[ "$(find "$prefix" ! -type d)" = "$prefix/bin/other" ] || {
	fail "left behind by uninstall:"
	find "$prefix" ! -type d
}
[ ! -e "$libdir/cmake/vsx" ] || fail "left behind: $libdir/cmake/vsx"
finish
