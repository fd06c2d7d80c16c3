#!/bin/sh
# Properties of the owner's own: set by builds, commits and compactions, shown,
# kept by whatever is done to the index, and never those of the library.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

word_rows 0 40 rows.fbin
word_rows 40 5 more.fbin

# own INDEX TEXT: all of its properties that begin with x_, as they are listed
own() {
	run 0 vsx-info "$1" --sections
	found=$(sed -n 's/^ *\(x_[a-z0-9_]*\) *\(.*\)$/\1=\2/p' "$tmp/out" | tr '\n' ';')
	[ "$found" = "$2" ] || fail "$1 has '$found', not '$2'"
}

run 0 vsx-build rows.fbin -o a.vsx -q --property x_team=search \
	--property x_a='one = two' --property x_none=
own a.vsx 'x_a=one = two;x_team=search;'
run 0 vsx-info a.vsx --json
[ "$(field x_team)" = search ] || fail "--json lacks x_team"
run 0 vsx-verify a.vsx -q

# Kept by adding, deleting, compacting, repairing, backing up.
run 0 vsx-add a.vsx more.fbin -q
own a.vsx 'x_a=one = two;x_team=search;'
run 0 vsx-delete a.vsx --id 3 -q
own a.vsx 'x_a=one = two;x_team=search;'
run 0 vsx-backup create a.vsx repo -q
run 0 vsx-backup restore repo latest -o b.vsx -q
own b.vsx 'x_a=one = two;x_team=search;'
run 0 vsx-verify a.vsx --repair c.vsx -q
own c.vsx 'x_a=one = two;x_team=search;'
run 0 vsx-compact a.vsx -q
own a.vsx 'x_a=one = two;x_team=search;'

# Changed, added and taken away on the way.
run 0 vsx-add a.vsx more.fbin -q --property x_team=ads --property x_new=1
own a.vsx 'x_a=one = two;x_new=1;x_team=ads;'
run 0 vsx-compact a.vsx -q --property x_a= --property x_z=ü
own a.vsx 'x_new=1;x_team=ads;x_z=ü;'
run 0 vsx-verify a.vsx -q

# Of several inputs those of the first.
seq 100 139 >ids
run 0 vsx-build rows.fbin --ids ids -o d.vsx -q --property x_team=d --property x_d=1
run 0 vsx-compact a.vsx d.vsx -o e.vsx -q
own e.vsx 'x_new=1;x_team=ads;x_z=ü;'

# Nothing is written of what is refused.
cp a.vsx before.vsx
for key in team library model spec X_a x-a =1 x_A; do
	run 2 vsx-add a.vsx more.fbin -q --property "$key=1"
	run 2 vsx-compact a.vsx -q --property "${key}!"
	run 2 vsx-build rows.fbin -o f.vsx -q --property "${key#x_}"
	[ ! -e f.vsx ] || fail "$key: f.vsx was written"
done
refused 2 "property 'library'" "begins with x_" -- \
	vsx-build rows.fbin -o f.vsx --property library=mine
refused 2 "property 'x_a' is given twice" -- \
	vsx-compact a.vsx --property x_a=1 --property x_b=2 --property x_a=2
same before.vsx a.vsx
long=$(printf '%04096d' 0)
run 0 vsx-build rows.fbin -o f.vsx -q --property "x_long=$long"
run 2 vsx-build rows.fbin -o g.vsx -q --property "x_long=0$long"
set --
for i in $(seq 10 26); do
	set -- "$@" --property "x_$i=$long"
done
refused 2 "all properties have" "at most 65536" -- \
	vsx-add a.vsx more.fbin "$@"
same before.vsx a.vsx
finish
