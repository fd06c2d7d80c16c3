#!/bin/sh
# The limits of SPEC.md 10.1, from both sides, as a user meets them.
. tests/cli/lib.sh.inc

# Rows of zeros: their distances are known.
rows() { head -c $(($1 * $2 * 4)) /dev/zero; }

for dim in 1 65536; do
	for spec in Flat IVF2,Flat HNSW4; do
		rows 7 $dim >rows.raw
		run 0 sh -c "vsx-build - --dim $dim -o $dim.vsx -i $spec -f <rows.raw"
		run 0 vsx-verify $dim.vsx
		# k up to the number of rows, and beyond it
		for k in 6 7 1000000; do
			run 0 vsx-query $dim.vsx --id 3 -k $k --format tsv
			[ "$(wc -l <"$tmp/out")" = 6 ] ||
				fail "$spec, dim $dim, k $k: not all other rows"
		done
		rows 1 $dim >query.raw
		run 0 sh -c "vsx-query $dim.vsx - -k 7 --format tsv <query.raw"
		[ "$(cut -f 3 "$tmp/out" | tr '\n' ' ')" = '0 1 2 3 4 5 6 ' ] ||
			fail "$spec, dim $dim: equal rows are not in order of ids"
	done
done
run 2 sh -c "vsx-build - --dim 65537 -o no.vsx <rows.raw"
run 2 sh -c "vsx-build - --dim 0 -o no.vsx <rows.raw"
run 2 vsx-query 1.vsx --id 3 -k 0
[ ! -e no.vsx ] || fail "no.vsx is there"
finish
