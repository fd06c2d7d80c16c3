#!/bin/sh
# What vsx-bench reads, and how it refuses what it cannot measure with.
. tests/cli/lib.sh.inc

# The folders of a run go here, so that what is left over is seen.
mkdir "$tmp/folders"
TMPDIR=$tmp/folders
export TMPDIR

# Twelve rows, three queries, and what they must find.
fvecs rows.fvecs "$one$zero" "$zero$one" "$one$one" "$two$zero" "$zero$two" \
	"$two$two" "$one$two" "$two$one" "$half$zero" "$zero$half" \
	"$half$half" "$half$one"
fvecs queries.fvecs "$one$zero" "$zero$one" "$two$two"
fvecs wide.fvecs "$one$zero$one"
fvecs nan.fvecs "$one$zero" "$nan$one"
fvecs zero.fvecs "$one$zero" "$zero$one" "$zero$zero"
fvecs single.fvecs "$one$zero"
: >nothing.fvecs
# ivecs ROW...: rows of ids below 256, such as "1 2 3"
ivecs() {
	for ids; do
		set -- $ids
		printf "\\$(printf %03o $#)\\000\\000\\000"
		for id; do printf "\\$(printf %03o "$id")\\000\\000\\000"; done
	done
}
ivecs '0 8' '1 9' '5 6' >truth.ivecs
ivecs '0 8' '1 9' >short.ivecs
ivecs '0 8' '1 12' '5 6' >far.ivecs
ivecs '0 8' '1 1' '5 6' >twice.ivecs
printf '\002\000\000\000\000\000\000\000\376\377\377\377' >negative.ivecs

quick='-i Flat --seconds 0.01 -k 2'
# Usage.
refused 2 'needs DATA or --synthetic' -- vsx-bench
refused 2 'DATA and --synthetic cannot be combined' -- vsx-bench rows.fvecs --synthetic 9x9
refused 2 "unexpected argument 'b'" -- vsx-bench a b
refused 2 '--queries' -- vsx-bench rows.fvecs --ground-truth truth.ivecs
refused 2 '--synthetic' -- vsx-bench --synthetic 9x9 --queries queries.fvecs
refused 2 '--intrinsic needs' -- vsx-bench rows.fvecs --intrinsic 3
refused 2 '--rate needs --clients' -- vsx-bench rows.fvecs --rate 10
refused 2 '--duration needs' -- vsx-bench rows.fvecs --duration 1
refused 2 'cannot be combined' -- vsx-bench rows.fvecs --json --csv
refused 2 '--effort and --curve cannot be combined' -- vsx-bench rows.fvecs --effort 3 --curve
refused 2 '--nprobe and --curve cannot be combined' -- vsx-bench rows.fvecs --nprobe 3 --curve
refused 2 '--effort and --ef cannot be combined' -- vsx-bench rows.fvecs --effort 3 --ef 3
refused 2 '--csv has no loads' -- vsx-bench rows.fvecs --csv --clients 2
refused 2 'needs --make-golden' -- vsx-bench rows.fvecs --golden-queries 3
refused 2 '--make-golden needs --queries' -- \
	vsx-bench rows.fvecs --make-golden g.jsonl
for shape in 10 10x 0x10 10x0 ax10 10x65537 -1x3 99999999999999999999x2; do
	refused 2 "'$shape'" ROWSxDIM -- vsx-bench --synthetic=$shape $quick
done
refused 2 'intrinsic dimension 9 of rows of 4' -- \
	vsx-bench --synthetic 100x4 --intrinsic 9 $quick
refused 3 'do not fit into' -- vsx-bench --synthetic 9999999999999x999 $quick

# Files.
refused 2 missing.npy -- vsx-bench missing.npy $quick
refused 2 nothing.fvecs -- vsx-bench nothing.fvecs $quick
refused 2 'standard input' -- vsx-bench - $quick
refused 2 single.fvecs '1 row' -- vsx-bench single.fvecs $quick
refused 2 rows.fvecs '12 rows' '12 cannot be held out' -- \
	vsx-bench rows.fvecs --n-queries 12 $quick
refused 2 nothing.fvecs -- \
	vsx-bench rows.fvecs --queries nothing.fvecs $quick
refused 2 wide.fvecs 'of 3' rows.fvecs 'of 2' -- \
	vsx-bench rows.fvecs --queries wide.fvecs $quick
refused 2 'nan.fvecs: row 1, component 0: nan' -- vsx-bench nan.fvecs $quick
refused 2 'nan.fvecs: row 1, component 0: nan' -- \
	vsx-bench rows.fvecs --queries nan.fvecs $quick
refused 2 'zero.fvecs: row 2: is zero' -- \
	vsx-bench zero.fvecs -m cosine $quick
refused 2 'rows.fvecs: row 8, component 0: 0.5 is not a value of u8' -- \
	vsx-bench rows.fvecs -e u8 $quick
truth() { # TEXT FILE
	refused 2 "$2" "$1" -- vsx-bench rows.fvecs --queries queries.fvecs \
		--ground-truth "$2" $quick
}
truth '2 rows, queries.fvecs has 3' short.ivecs
truth 'row 1, column 1: id 12 is not in rows.fvecs' far.ivecs
truth 'row 1: the id 1 appears twice' twice.ivecs
truth 'row 0, column 1: the id -2' negative.ivecs
truth rows.fvecs rows.fvecs
refused 2 '13' rows.fvecs -- vsx-bench rows.fvecs --rows 13 $quick

# Places that cannot be written are found before the work.
for place in --html --svg --make-golden; do
	refused 2 /nowhere/x -- vsx-bench rows.fvecs --queries queries.fvecs \
		$place /nowhere/x $quick
done
mkdir folder
refused 2 "'folder'" "Is a directory" -- vsx-bench rows.fvecs --html folder $quick
refused 2 "'rows.fvecs' is not a folder" -- vsx-bench rows.fvecs --svg rows.fvecs $quick
refused 2 /nowhere -- vsx-bench rows.fvecs --work-dir /nowhere $quick

# The truth that is computed is that of the file.
run 0 vsx-bench rows.fvecs --queries queries.fvecs -k 2 --make-golden g.fvecs
same queries.fvecs g.fvecs
run 0 vsx-bench rows.fvecs --queries queries.fvecs --make-golden g.jsonl \
	--ground-truth truth.ivecs -k 2 --golden-queries 2
[ "$(wc -l <g.jsonl)" = 2 ] || fail "not two lines of golden queries"
has g.jsonl '{"query":[1,0],"expect":[0,8],"note":"query 0 of queries.fvecs'
has "$tmp/err" 'g.jsonl: 2 queries'

# Names of files reach the report; Ctrl-C leaves nothing.
run 0 vsx-bench rows.fvecs --queries queries.fvecs $quick --json
has "$tmp/out" '"12 rows of rows.fvecs, 3 queries of queries.fvecs"'
has "$tmp/out" '"vsx-bench rows.fvecs --queries queries.fvecs -i Flat'
for wait in 0.2 1.5; do
	vsx-bench --synthetic 200000x32 -i HNSW32 --threads 1 >"$tmp/out" \
		2>"$tmp/err" &
	pid=$!
	i=0
	until [ -n "$(ls -A "$TMPDIR")" ] || [ $i = 200 ]; do
		sleep 0.05
		i=$((i + 1))
	done
	[ $i -lt 200 ] || fail "no folder was made"
	sleep $wait
	kill -TERM $pid
	wait $pid
	[ $? = 130 ] || fail "no exit 130 after SIGTERM"
	[ "$(wc -l <"$tmp/err")" = 1 ] || fail "not one line after SIGTERM"
	[ ! -s "$tmp/out" ] || fail "a report after SIGTERM"
	[ -z "$(ls -A "$TMPDIR")" ] || fail "left behind after SIGTERM"
done

# HDF5.
printf '\211HDF\r\n\032\n and nothing else' >stub.hdf5
refused 2 'stub.hdf5: is ' -- vsx-bench stub.hdf5 $quick
if grep -q 'was built without libhdf5' "$tmp/err"; then
	echo "no HDF5 in this build: its files are not looked at"
	finish
fi
has "$tmp/err" 'is not a whole HDF5 file'
if ! ${CC:-cc} -D_GNU_SOURCE $(pkg-config --cflags hdf5) -o "$tmp/make_hdf5" \
	"$here/tests/cli/make_hdf5.c" $(pkg-config --libs hdf5)
then
	fail "make_hdf5 is not built"
	finish
fi
run 0 "$tmp/make_hdf5"
hdf5() { # NAME TEXT...
	name=$1.hdf5
	shift
	refused 2 "$name" "$@" -- vsx-bench "$name" $quick
}
hdf5 no-test "no dataset 'test'"
hdf5 no-train "no dataset 'train'"
hdf5 flat "'train' has 1 dimension,"
hdf5 empty "'train' has 0 rows of 5"
hdf5 dims 'test: queries of 4' 'rows of 5'
hdf5 short-truth "'neighbors' has 7 rows, 'test' has 8"
hdf5 far 'id 60 is not in far.hdf5'
hdf5 negative "'neighbors', row 3, column 4: -3"
hdf5 real-ids "'neighbors' holds no ids"
hdf5 odd "'train', row 0, column 2: 16777217"
hdf5 strings "'train' holds neither floats nor integers"
hdf5 jaccard "'jaccard'"
hdf5 link "'train' is a link"
hdf5 outside "'train' lies in another file"
hdf5 virtual "'train' lies in another file"
refused 3 huge.hdf5 'do not fit' -- vsx-bench huge.hdf5 $quick
head -c 3000 good.hdf5 >cut.hdf5
hdf5 cut 'is not a whole HDF5 file'

# A crash of the library is the end of a process that only reads.
if grep -q '^VSX_SANITIZE:STRING=$' "$bin/../CMakeCache.txt"; then
	for end in 'abort()' '_exit(0)'; do
		echo "void abort(void), _exit(int); int H5Dread(void) { $end; }" |
			${CC:-cc} -w -shared -fPIC -xc -o crash.so -
		LD_PRELOAD=$PWD/crash.so refused 2 good.hdf5 \
			'libhdf5 crashed on it' -- vsx-bench good.hdf5 $quick
	done
fi

golden() { # NAME OPTION...: the golden file of an HDF5 file
	run 0 vsx-bench "$1.hdf5" --make-golden golden.fvecs -k 20 -q
}
golden good
cp golden.ivecs due.ivecs
cp golden.fvecs due.fvecs
for name in double bytes; do
	golden $name
	same due.ivecs golden.ivecs
	same due.fvecs golden.fvecs
done
# What is computed, where the file has no neighbours or by another measure.
run 0 vsx-bench jaccard.hdf5 -m l2 --make-golden golden.fvecs -k 20
has "$tmp/err" "distance 'jaccard' and are not used"
same due.ivecs golden.ivecs
run 0 vsx-bench fixed.hdf5 -m l2 --make-golden golden.fvecs -k 20 -q
same due.ivecs golden.ivecs
run 0 vsx-bench fixed.hdf5 $quick --json
has "$tmp/out" '"metric": "cosine"'
run 0 vsx-bench good.hdf5 $quick --json
has "$tmp/out" '"60 rows of good.hdf5, its 8 queries"'

[ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls -A "$TMPDIR")"
finish
