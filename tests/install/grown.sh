#!/bin/sh
# Structures that a call fills may grow: a program that was built with these
# headers runs with a library whose structures are longer, and one that was
# built with longer ones runs with this library, which gives it zeros.
. tests/cli/lib.sh.inc

build=$(cd "$bin/.." && pwd)
grep -q '^VSX_SANITIZE:STRING=$' "$build/CMakeCache.txt" ||
	skip "a sanitizer comes with the program, and its libraries are linked otherwise"
program=$here/tests/install/grown/program.c

# The structures: those that a call has the size of.
filled=$(cat "$here"/lib/vsx*.h | tr -s '\n\t ' '   ' |
	grep -oE 'struct vsx_[a-z_]+ \*[a-z_]+, size_t ([a-z]+_)?size' |
	sed 's/struct \([a-z_]*\).*/\1/' | sort -u)
[ "$(echo "$filled" | wc -l)" -ge 15 ] || fail "few structures: $filled"
for name in $filled; do
	grep -qE "OUT\($name," "$program" || fail "$name is not in the program"
done

# A tree with a member more in each, and in what callbacks are handed.
mkdir grown
cp -r "$here/format" "$here/lib" grown
for name in $filled vsx_verify_event vsx_build_event vsx_snapshot; do
	n=0
	for header in grown/lib/vsx*.h; do
		sed "/^struct $name {\$/,/^};\$/s/^};\$/	uint64_t more[9];\n};/" \
			"$header" >header.h
		cmp -s header.h "$header" || n=$((n + 1))
		cp header.h "$header"
	done
	[ $n = 1 ] || fail "$name was made longer in $n headers"
done

# What does not see these structures is as it was built.
flags='-std=c11 -O0 -w -fPIC -D_GNU_SOURCE -Iformat -Ilib'
(
	cd grown || exit
	for part in vsx_format vsx_core vsx_writer; do
		objects=$build/CMakeFiles/$part.dir
		find "$objects" -name '*.c.o' | while read -r object; do
			source=${object#"$objects/"}
			source=${source%.o}
			[ -e "$source" ] || continue # an old one
			case $source in
			lib/read/* | lib/write/* | lib/backup/*)
				out=$(echo "$source" | tr / _).o
				echo "$flags -c $source -o $out" >&3
				echo "$out"
				;;
			*) echo "$object" ;;
			esac
		done >"$part.list"
	done 3>compile
	# shellcheck disable=SC2016 # the words of a line are the arguments
	xargs -P "$(nproc)" -L 1 cc -fvisibility=protected <compile
) || fail "the longer library does not compile"
seen=$(grep -lE "$(echo "$filled" | sed 's/^/struct /' | paste -sd '|')" \
	"$here"/lib/*/*.[ch] "$here"/lib/*/*/*.[ch] "$here"/format/*.c |
	sed "s|$here/||" | grep -vE '^lib/(read|write|backup|bindings)/')
[ -z "$seen" ] || fail "these see them, too: $seen"

soname() {
	readelf -d "$build/lib$1.so" | sed -n 's/.*SONAME.*\[\(.*\)\].*/\1/p'
}
link() { # name, map, lists and libraries...
	name=$1
	shift
	# shellcheck disable=SC2046 # a path each
	run 0 cc -shared -o "grown/$(soname "$name")" -Wl,-soname,"$(soname "$name")" \
		-Wl,--version-script="$build/$name.map" "$@" -lxxhash -llz4 -lm -lpthread
}
(cd grown && cat vsx_format.list vsx_core.list) | sed '/^lib_/s|^|grown/|' >vsx.list
sed '/^lib_/s|^|grown/|' grown/vsx_writer.list >vsxwrite.list
# shellcheck disable=SC2046 # paths without blanks
link vsx $(cat vsx.list)
# shellcheck disable=SC2046
link vsxwrite $(cat vsxwrite.list) "grown/$(soname vsx)"

real=$build/include
run 0 cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -I "$real" "$program" -o short \
	-L "$build" -lvsxwrite -lvsx
run 0 cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -DLONGER -I grown/lib \
	-I grown/format "$program" -o long -L "$build" -lvsxwrite -lvsx

runs() { # folder of libraries, program
	rm -rf repo
	if run 0 env LD_LIBRARY_PATH="$1" "$2"; then
		same "$tmp/out" ok.txt
	else
		sed "s|^|$2 with $1: |" "$tmp/out"
	fi
}
echo ok >ok.txt
runs "$build" ./short
runs "$tmp/work/grown" ./short
runs "$build" ./long
runs "$tmp/work/grown" ./long
finish
