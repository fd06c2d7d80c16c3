#!/bin/sh
# The NEON kernels give the bits of the scalar ones: cross-compiled, under qemu.
# Exit 77 (skipped) without the cross compiler or qemu.
set -eu
cd "$(dirname "$0")/../.."

cc=aarch64-linux-gnu-gcc
qemu=$(command -v qemu-aarch64 || command -v qemu-aarch64-static || true)
if ! command -v $cc >/dev/null || [ -z "$qemu" ]; then
	echo "needs $cc and qemu-aarch64 (gcc-aarch64-linux-gnu, qemu-user)"
	exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

flags="-static -O2 -std=c11 -D_GNU_SOURCE -ffp-contract=off -Wall -Wextra
	-Wshadow -Wconversion -Wundef -Wstrict-prototypes -Wmissing-prototypes
	-Werror -Iformat -Ilib"
$cc $flags -o "$dir/neon_check" \
	tests/kernel/neon/neon_check.c lib/kernel/kernel.c lib/kernel/cpu.c \
	lib/kernel/kernel_scalar.c lib/kernel/kernel_neon.c -lpthread
"$qemu" "$dir/neon_check"

$cc $flags -march=armv8.2-a+dotprod -c -o "$dir/neondot.o" \
	lib/kernel/tile_neondot.c
$cc $flags -o "$dir/neon_tiles" \
	tests/kernel/neon/neon_tiles.c lib/kernel/tile.c lib/kernel/cpu.c \
	lib/kernel/tile_scalar.c lib/kernel/tile_neon.c "$dir/neondot.o" \
	-lpthread
"$qemu" "$dir/neon_tiles"

$cc $flags -O3 -o "$dir/neon_codes" \
	tests/kernel/neon/neon_codes.c lib/kernel/codes.c lib/kernel/cpu.c \
	lib/kernel/codes_scalar.c lib/kernel/codes_sums.c \
	lib/kernel/codes_neon.c lib/kernel/pool.c -lpthread
"$qemu" "$dir/neon_codes"

$cc $flags -o "$dir/neon_matmul" \
	tests/kernel/neon/neon_matmul.c lib/kernel/matmul.c lib/kernel/cpu.c \
	lib/kernel/matmul_scalar.c -lpthread
"$qemu" "$dir/neon_matmul"
