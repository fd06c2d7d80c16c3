#!/bin/sh
# What the shared libraries need, what they export, and that no instruction
# beyond baseline x86-64 stands outside of the kernels that are chosen at run
# time.
. tests/cli/lib.sh.inc

build=$(cd "$bin/.." && pwd)
grep -q '^VSX_SANITIZE:STRING=$' "$build/CMakeCache.txt" ||
	skip "a build with a sanitizer needs and holds more"
command -v readelf >/dev/null && command -v objdump >/dev/null ||
	skip "no readelf and objdump"

version=$(vsx-info --version | cut -d ' ' -f 2)
minor=${version%.*}
for name in vsx vsxwrite; do
	library=$build/lib$name.so
	readelf -d "$library" | sed -n 's/.*NEEDED.*\[\(.*\)\].*/\1/p' >needed
	while read -r need; do
		case $need in
		libc.so.* | libm.so.* | libpthread.so.* | libxxhash.so.* | \
		    liblz4.so.* | ld-linux*) ;;
		libvsx.so.*) [ $name = vsxwrite ] || fail "libvsx needs itself" ;;
		*) fail "lib$name.so needs $need" ;;
		esac
	done <needed
	[ -s needed ] || fail "lib$name.so needs nothing?"
	[ $name = vsx ] || grep -q '^libvsx\.so' needed ||
		fail "lib$name.so has a core of its own"

	# Exported: what the map names, with its version, and no more.
	sed -n 's/^[[:space:]]*\([a-z_0-9]*\);$/\1/p' "$here/lib/$name.map" |
		sort >mapped
	nm -D --defined-only --with-symbol-versions "$library" |
		awk '$2 != "A" { print $3 }' | sort >exported
	sed "s/\$/@@VSX_$minor/" mapped >due
	grep -v "@@VSX_PRIVATE_$version\$" exported >public
	same due public
	# and its headers declare just those
	case $name in
	vsx) find "$here/lib" -maxdepth 1 -name 'vsx*.h' ! -name vsx_write.h ;;
	*) echo "$here/lib/vsx_write.h" ;;
	esac | xargs cat | grep -v '#define' | tr '\n' ' ' | grep -o 'VSX_API [^(]*(' |
		sed 's/.*[ *]\([a-z_]*\)($/\1/' | sort >declared
	same mapped declared
	# What one library has of the other is bound to its very version, and
	# what each has of its own is called without a detour.
	nm -D --undefined-only --with-symbol-versions "$library" |
		awk '/ vsx_/ { print $2 }' | grep -v "@VSX_$minor\$" |
		grep -v "@VSX_PRIVATE_$version\$" >unbound
	[ ! -s unbound ] || fail "lib$name.so: unbound: $(xargs <unbound)"
	nm -D --defined-only "$library" | awk '{ print $3 }' | sort >own
	readelf -rW "$library" | awk '/JUMP_SLO/ { print $5 }' |
		sed 's/@.*//' | sort -u | comm -12 - own >detours
	sort -u declared >allowed
	comm -23 detours allowed >odd
	[ ! -s odd ] || fail "lib$name.so: called by the PLT: $(xargs <odd)"
	readelf -lW "$library" | grep GNU_STACK | grep -q 'RW ' ||
		fail "lib$name.so has an executable stack"
	! readelf -d "$library" | grep -q TEXTREL || fail "lib$name.so: TEXTREL"
done

# Wide registers, or mnemonics of VEX and EVEX, which all begin with a v (as
# verr, verw and the vm* of virtual machines do, which nobody writes here).
case $(uname -m) in x86_64) ;; *) finish ;; esac
find "$build" -name '*.c.o' -path '*vsx_*' ! -path '*/bench/*' >objects
[ "$(wc -l <objects)" -ge 20 ] || fail "only $(wc -l <objects) objects found"
while read -r object; do
	n=$(objdump -d --no-show-raw-insn "$object" |
		grep -cE '^[[:space:]]*[0-9a-f]+:[[:space:]]+v[a-z]|%[yz]mm|%k[0-7]')
	case $object in
	*_avx*.c.o | */tile_amx.c.o)
		[ "$n" -gt 0 ] || fail "$object: no wide instructions" ;;
	*)
		[ "$n" = 0 ] || fail "$object: $n wide instructions" ;;
	esac
done <objects
finish
