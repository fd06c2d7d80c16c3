#!/bin/sh
# The public headers by themselves, and every VSX_..._INIT of them, without one
# warning from either compiler in any C and C++ that is in use; and what the
# tree includes of its own is ISO C.
. tests/cli/lib.sh.inc

include=$bin/../include
warnings='-Wall -Wextra -Wpedantic -Werror'

# One line a macro: struct vsx_x x = VSX_X_INIT;
inits=$(sed -n 's/^#define VSX_\([A-Z_]*\)_INIT.*/\1/p' \
	"$include"/vsx*.h)
[ "$(echo "$inits" | wc -l)" -ge 10 ] || fail "few initialisers: $inits"
{
	echo '#include <vsx_write.h>'
	echo 'int main(void) {'
	for x in $inits; do
		name=$(echo "$x" | tr A-Z a-z)
		echo "struct vsx_$name $name = VSX_${x}_INIT;"
		echo "static struct vsx_$name s_$name = VSX_${x}_INIT;"
		echo "if ($name.struct_size != sizeof($name)) return 1;"
		echo "(void)s_$name;"
	done
	echo 'return 0; }'
} >inits.c
cp inits.c inits.cpp
# And set by hand, in an initialiser of each form.
{
	echo '#include <vsx_write.h>'
	echo 'int main(void) {'
	for x in $inits; do
		name=vsx_$(echo "$x" | tr A-Z a-z)
		echo "struct $name a_$x = {sizeof(struct $name)};"
		echo "struct $name b_$x = {.struct_size = sizeof(struct $name)};"
		echo "if (a_$x.struct_size != b_$x.struct_size) return 1;"
	done
	echo 'return 0; }'
} >by_hand.c
cp by_hand.c by_hand.cpp
for header in vsx_types vsx_status vsx vsx_range vsx_rows vsx_select\
	vsx_write; do
	echo "#include <$header.h>" >$header.c
	cp $header.c $header.cpp
done

fewer() { # source: what is not said is what by_hand is about
	case $1 in by_hand.*) echo -Wno-missing-field-initializers ;; esac
}
for cc in gcc clang; do
	command -v $cc >/dev/null || { echo "no $cc here"; continue; }
	for std in c99 c11 c17; do
		for source in *.c; do
			# shellcheck disable=SC2086 # flags are words
			run 0 $cc -std=$std $warnings $(fewer "$source") \
				-fsyntax-only -I "$include" "$source"
		done
	done
done
for cxx in g++ clang++; do
	command -v $cxx >/dev/null || { echo "no $cxx here"; continue; }
	for std in c++11 c++14 c++17 c++20; do
		for source in *.cpp; do
			case $std:$source in
			c++20:*) ;;
			*:by_hand.cpp) continue ;; # designators are of C++20
			esac
			# shellcheck disable=SC2086
			run 0 $cxx -std=$std $warnings $(fewer "$source") \
				-fsyntax-only -I "$include" "$source"
		done
	done
done

# The same values as all zeros: what is not said takes its default.
run 0 cc -std=c11 -I "$include" inits.c -o inits && run 0 ./inits

# Headers of the tree's own: those of the library at once, of the commands each.
# Those of one instruction set need its options, and loops for a type or a width
# of registers need what the files define that include them.
mkdir own
find "$here/format" "$here/lib" -name '*.h' ! -path '*/bindings/*' |
	xargs grep -LE '^#include <(imm|arm_)|\b(REAL|WIDTH)\b' | sort |
	grep -v '/matmul_isa\.h$' |
	sed 's/.*/#include "&"/' >own/lib.c
find "$here/tools" -name '*.h' | while read -r header; do
	name=${header#"$here/tools/"}
	echo "#include \"$header\"" >"own/$(echo "${name%.h}" | tr / _).c"
done
# shellcheck disable=SC2086
run 0 cc -std=c11 -D_GNU_SOURCE $warnings -fsyntax-only -I "$here/format" \
	-I "$here/lib" -I "$here/tools" own/*.c
finish
