#!/bin/sh
# What vsx-query, vsx-info and vsx-verify print, in each of their formats.
. tests/cli/lib.sh.inc

fvecs rows.fvecs "$zero$zero" "$one$zero" "$two$zero" "$two$two"
fvecs query.fvecs "$half$zero"
printf 'nought\none\ntwo\n"two"\\two\n' >labels.txt
run 0 vsx-build rows.fvecs -o i.vsx -i Flat --model 'a "model"'

run 0 vsx-query i.vsx query.fvecs -k 3
cat >due <<'END'
query rank id distance
    0    1  0     0.25
         2  1     0.25
         3  2     2.25
END
same due "$tmp/out"
run 0 vsx-query i.vsx query.fvecs -k 9 --labels labels.txt
cat >due <<'END'
query rank id distance label
    0    1  0     0.25 nought
         2  1     0.25 one
         3  2     2.25 two
         4  3     6.25 "two"\two
END
same due "$tmp/out"
run 0 vsx-query i.vsx --id 1 --id 3 -k 2 --labels labels.txt
cat >due <<'END'
row label     rank id distance neighbour
  1 one          1  0        1 nought
                 2  2        1 two
  3 "two"\two    1  2        4 two
                 2  1        5 one
END
same due "$tmp/out"
# The only row of an index has no neighbours.
run 0 vsx-build query.fvecs -o one.vsx -q
run 0 vsx-query one.vsx --id 0
printf 'row rank id distance\n  0 none    \n' >due
sed 's/ *$//' due >a
sed 's/ *$//' "$tmp/out" >b
same a b
run 0 vsx-query i.vsx query.fvecs -k 2 --format tsv --labels labels.txt
printf '0\t1\t0\t0.25\tnought\n0\t2\t1\t0.25\tone\n' >due
same due "$tmp/out"
run 0 vsx-query i.vsx query.fvecs -k 4 --format json --labels labels.txt
cat >due <<'END'
{"query":0,"hits":[{"id":0,"distance":0.25,"label":"nought"},{"id":1,"distance":0.25,"label":"one"},{"id":2,"distance":2.25,"label":"two"},{"id":3,"distance":6.25,"label":"\"two\"\\two"}]}
END
same due "$tmp/out"
run 0 vsx-query i.vsx --id 1 -k 1 --format json --labels labels.txt
echo '{"row":1,"label":"one","hits":[{"id":0,"distance":1,"label":"nought"}]}' >due
same due "$tmp/out"
run 0 vsx-query i.vsx query.fvecs -k 2 --format ivecs
printf '\002\000\000\000\000\000\000\000\001\000\000\000' >due
same due "$tmp/out"
# As many columns as there are rows, if k is more.
run 0 vsx-query i.vsx query.fvecs -k 9 --format ivecs -o nine.ivecs
[ "$(wc -c <nine.ivecs)" = 20 ] || fail "nine.ivecs"
# A row does not find itself: one less, and -1 in its place.
run 0 vsx-query i.vsx --id 0 -k 9 --format ivecs -o own.ivecs
[ "$(tail -c 4 own.ivecs | od -An -tx1 | tr -d ' ')" = ffffffff ] ||
	fail "own.ivecs does not end in -1"
run 0 vsx-query i.vsx query.fvecs -k 3 --format npy -o n.npy
[ "$(wc -c <n.npy)" = $((128 + 3 * 8)) ] || fail "n.npy"
[ "$(wc -c <n.distances.npy)" = $((128 + 3 * 4)) ] || fail "n.distances.npy"
head -c 128 n.npy | grep -aqF "{'descr': '<i8', 'fortran_order': False, 'shape': (1, 3), }" ||
	fail "the header of n.npy"
# What we write we read: ids of .npy are a ground truth.
run 0 vsx-query i.vsx query.fvecs -k 3 --ground-truth n.npy
printf 'recall@1    1.000000\nrecall@3    1.000000\n' >due
same due "$tmp/out"
run 0 vsx-query i.vsx query.fvecs -k 3 --ground-truth n.npy --format json
tail -1 "$tmp/out" >"$tmp/last"
has "$tmp/last" '{"recall@1":1,"recall@3":1,"queries":1}'
# Data stays data: for other formats recall goes to standard error.
run 0 vsx-query i.vsx query.fvecs -k 3 --ground-truth n.npy --format tsv
[ "$(wc -l <"$tmp/out")" = 3 ] || fail "recall among the TSV"
has "$tmp/err" "recall@1 "
run 0 vsx-query i.vsx query.fvecs --stats
has "$tmp/err" "1 query"
has "$tmp/err" "distances"

# -o: whole or not at all; what is no file is written to, not replaced. By
# links, so that a mistake costs no device of this machine.
run 0 vsx-query i.vsx query.fvecs -k 1 --format tsv -o out.tsv
printf '0\t1\t0\t0.25\n' >due
same due out.tsv
ln -s linked.tsv link
echo old >linked.tsv
run 0 vsx-query i.vsx query.fvecs -k 1 --format tsv -o link
same due linked.tsv
[ -L link ] || fail "a link was replaced"
mkfifo pipe
cat pipe >piped.tsv &
run 0 vsx-query i.vsx query.fvecs -k 1 --format tsv -o pipe
wait
same due piped.tsv
[ -p pipe ] || fail "a pipe was replaced"
refused 2 "no/out.tsv" "No such file" -- vsx-query i.vsx query.fvecs -o no/out.tsv
if [ -c /dev/full ]; then
	ln -s /dev/full full
	refused 3 "No space left" -- vsx-query i.vsx query.fvecs --format tsv -o full
	for format in table json tsv ivecs; do
		vsx-query i.vsx query.fvecs --format $format >/dev/full 2>"$tmp/err"
		[ $? = 3 ] || fail "$format to a full device"
		[ "$(wc -l <"$tmp/err")" = 1 ] || fail "message: $format, full"
	done
	for command in "vsx-info i.vsx" "vsx-verify i.vsx" "vsx-build --help" \
	    "vsx-build rows.fvecs --plan"; do
		$command >/dev/full 2>"$tmp/err"
		[ $? = 3 ] || fail "$command to a full device"
	done
fi

# Standard input takes the dimension of the index.
tail -c 8 query.fvecs | vsx-query i.vsx - -k 1 --format tsv >"$tmp/out" ||
	fail "queries on standard input"
same due "$tmp/out"

# JSON is JSON.
if command -v python3 >/dev/null; then
	json() {
		"$@" | python3 -c '
import json, sys
for line in (sys.stdin if sys.argv[1] == "lines" else [sys.stdin.read()]):
    print(json.loads(line))' $lines >"$tmp/out" || fail "no JSON: $*"
	}
	lines=whole
	json vsx-info i.vsx --json
	has "$tmp/out" "'model': 'a \"model\"'"
	has "$tmp/out" "'rows': 4"
	json vsx-build rows.fvecs -o j.vsx --json -i Flat
	has "$tmp/out" "'spec': 'Flat'"
	json vsx-build rows.fvecs --plan --json
	lines=lines
	json vsx-verify i.vsx j.vsx --json
	[ "$(grep -c "'sound': True" "$tmp/out")" = 2 ] || fail "verify --json"
	json vsx-query i.vsx rows.fvecs --format json
fi
finish
