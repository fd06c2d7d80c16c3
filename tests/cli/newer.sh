#!/bin/sh
# What a newer writer left in an index: it is read as ever, and not changed where
# this version would lose it. SPEC.md 8.1.
. tests/cli/lib.sh.inc

command -v python3 >/dev/null || skip "python3 is not there"
newer() { python3 "$here/tests/spec/newer.py" "$@" || fail "newer.py $*"; }

rows() { # FROM TO FILE
	python3 - "$@" <<'END'
import struct, sys
first, end = int(sys.argv[1]), int(sys.argv[2])
with open(sys.argv[3], "wb") as f:
    for i in range(first, end):
        f.write(struct.pack("<i3f", 3, i, i % 7, i % 5))
END
}
rows 0 60 rows.fvecs
rows 60 61 more.fvecs
rows 3 4 query.fvecs

# unchanged INDEX TEXT...: read as `plain` is, refused by whoever would change it
unchanged() {
	index=$1
	shift
	run 0 vsx-query "$index" query.fvecs -k 5 && cp "$tmp/out" found
	run 0 vsx-query plain.vsx query.fvecs -k 5
	cmp -s found "$tmp/out" || fail "$index answers otherwise"
	run 0 vsx-info "$index"
	run 0 vsx-verify "$index"
	for text; do
		grep -qF "$text" "$tmp/out" || fail "verify of $index does not say $text"
	done
	refused 4 "$index" "$@" -- vsx-add "$index" more.fvecs --replace
	refused 4 "$index" "$@" -- vsx-delete "$index" --id 3
	refused 4 "$index" "$@" -- vsx-compact "$index"
	refused 4 "$index" "$@" -- vsx-compact "$index" -o new.vsx
	refused 4 "$index" "$@" -- vsx-compact plain.vsx "$index" -o new.vsx --renumber
	refused 4 "$index" "$@" -- vsx-verify "$index" --repair new.vsx
	# Whole files are copied as they are.
	run 0 vsx-backup create "$index" repository
	run 0 vsx-backup restore repository latest -o back.vsx --force
	cmp -s back.vsx "$index" || fail "$index is another one from a backup"
}

for spec in Flat IVF4 HNSW4; do
	run 0 vsx-build rows.fvecs -o plain.vsx -i "$spec" --force
	newer plain.vsx bits.vsx feature_write=0x8000000000000004
	unchanged bits.vsx 0x8000000000000004
	newer plain.vsx part.vsx ZZZ9@0
	unchanged part.vsx ZZZ9

	# A section of the whole index goes along, to the byte.
	newer plain.vsx whole.vsx ZZZ8@index
	run 0 vsx-verify whole.vsx
	grep -qF ZZZ8 "$tmp/out" || fail "verify does not say ZZZ8"
	run 0 vsx-compact whole.vsx -o compacted.vsx --force
	run 0 vsx-verify whole.vsx --repair repaired.vsx --force
	run 0 vsx-add whole.vsx more.fvecs
	run 0 vsx-delete whole.vsx --id 3
	for index in whole.vsx compacted.vsx repaired.vsx; do
		run 0 vsx-verify "$index"
		n=$(grep -ao "of the whole index" "$index" | wc -l)
		[ "$n" = 400 ] || fail "$index has $n of 400"
		run 0 vsx-info "$index" --sections
		grep -q ZZZ8 "$tmp/out" || fail "$index lost its section"
	done
	# What is damaged of it is left out of what is saved, and said.
	newer plain.vsx torn.vsx ZZZ8@index
	python3 - torn.vsx <<'END'
import sys
raw = bytearray(open(sys.argv[1], "rb").read())
raw[raw.index(b"of the whole index") + 3] ^= 1
open(sys.argv[1], "wb").write(raw)
END
	refused 1 torn.vsx ZZZ8 -- vsx-compact torn.vsx -o new.vsx
	run 0 vsx-verify torn.vsx --repair repaired.vsx --force
	grep -q "ZZZ8.*left out" "$tmp/out" "$tmp/err" || fail "nothing is said of ZZZ8"
	run 0 vsx-verify repaired.vsx
	refused 4 whole.vsx merge -- vsx-compact plain.vsx whole.vsx -o new.vsx --renumber
done
finish
