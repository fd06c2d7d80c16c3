#!/bin/sh
# An output that is an input, by whatever name, is refused before anything is
# opened for writing; and an output file appears whole or not at all.
. tests/cli/lib.sh.inc

rows= i=0
while [ $i -lt 40 ]; do
	rows="$rows $zero$one $one$zero $two$one $one$two $half$one"
	i=$((i + 1))
done
# shellcheck disable=SC2086
fvecs rows.fvecs $rows
fvecs q.fvecs "$half$zero" "$one$two"
seq 0 199 >ids
printf '{"query":[0.5,0],"expect":[0]}\n' >golden.jsonl
run 0 vsx-build rows.fvecs -q -o i.vsx -i Flat
run 0 vsx-build rows.fvecs -q -o other.vsx -i IVF2,Flat
run 0 vsx-query i.vsx q.fvecs --format ivecs -k 100 -o truth.ivecs
cp q.fvecs set.fvecs
cp truth.ivecs set.ivecs
cp i.vsx hits.distances.npy
ln -s q.fvecs link
cp rows.fvecs tail.fvecs
vsx-backup create i.vsx --to-stdout >stream || fail stream

# over OUTPUT INPUT COMMAND...: refused for what INPUT is called here, for a
# hard link of it, and for links to it; OUT in the command is the name.
over() {
	over_in=$1
	shift
	ln "$over_in" hard
	ln -s "$over_in" soft
	ln -s soft softer
	for over_out in "$over_in" "./$over_in" "$PWD/$over_in" hard soft softer; do
		over_command=
		for word; do
			case $word in
			OUT*) word=$over_out${word#OUT} ;;
			esac
			over_command="$over_command $word"
		done
		# shellcheck disable=SC2086
		refused 2 "would be written" "$over_in" -- $over_command
		# shellcheck disable=SC2254
		case $over_out in
		"$over_in") ;;
		*) has "$tmp/err" "$over_out" ;;
		esac
	done >"$tmp/said"
	rm hard soft softer
}
over i.vsx vsx-query i.vsx q.fvecs --format tsv -o OUT
over q.fvecs vsx-query i.vsx q.fvecs -o OUT
over ids vsx-query i.vsx q.fvecs --labels ids -o OUT
over truth.ivecs vsx-query i.vsx q.fvecs --ground-truth truth.ivecs -o OUT
refused 2 "'./hits.distances.npy' would be written" -- \
	vsx-query hits.distances.npy q.fvecs --format npy -o ./hits.npy
over i.vsx vsx-export i.vsx --format csv -o OUT
over ids vsx-export i.vsx --ids-from ids --format npy -o OUT
over i.vsx vsx-verify i.vsx --junit OUT
over other.vsx vsx-verify i.vsx other.vsx --junit OUT
over other.vsx vsx-verify i.vsx --against other.vsx --junit OUT
over golden.jsonl vsx-verify i.vsx --golden golden.jsonl --junit OUT
over set.ivecs vsx-verify i.vsx --golden set.fvecs --junit OUT
over q.fvecs vsx-verify i.vsx --queries q.fvecs --ground-truth truth.ivecs --junit OUT
over truth.ivecs vsx-verify i.vsx --queries q.fvecs --ground-truth truth.ivecs --junit OUT
over i.vsx vsx-verify i.vsx --repair OUT --force
over i.vsx vsx-verify i.vsx --repair OUT
over rows.fvecs vsx-build rows.fvecs -o OUT -f
over tail.fvecs vsx-build rows.fvecs tail.fvecs -o OUT
over ids vsx-build rows.fvecs --ids ids -o OUT -f
over q.fvecs vsx-build rows.fvecs --queries q.fvecs -o OUT -f
over other.vsx vsx-compact i.vsx other.vsx -o OUT -f
over i.vsx vsx-compact i.vsx -o OUT
over i.vsx vsx-add OUT i.vsx
over i.vsx vsx-add OUT rows.fvecs --ids i.vsx
over i.vsx vsx-delete OUT --ids i.vsx
over rows.fvecs vsx-bench rows.fvecs --html OUT
over q.fvecs vsx-bench rows.fvecs --queries q.fvecs --make-golden OUT
over i.vsx vsx-bench rows.fvecs --index i.vsx --html OUT
over truth.ivecs vsx-bench rows.fvecs --queries q.fvecs \
	--ground-truth truth.ivecs --html OUT
refused 2 "'./set.ivecs' would be written" -- vsx-bench rows.fvecs --queries q.fvecs \
	--ground-truth set.ivecs --make-golden ./set.fvecs
# The name of a plot is known when it is there to be drawn.
mkdir plots
run 0 vsx-bench --synthetic 300x8 -i Flat --n-queries 10 --seconds 0.02 --svg plots
plot=$(ls plots | head -1)
cp rows.fvecs plots/x.fvecs
mv plots/x.fvecs "plots/$plot"
cp "plots/$plot" kept
vsx-bench "plots/$plot" -i Flat --n-queries 10 --seconds 0.02 --svg plots \
	>"$tmp/out" 2>"$tmp/err"
[ $? = 2 ] || fail "a plot over the data"
same kept "plots/$plot"
rm -r plots kept

# Two outputs that are one file, there or not.
refused 2 "'page' and './page' are the same file" -- vsx-bench rows.fvecs \
	--queries q.fvecs --make-golden page --html ./page
ln -s nowhere away
refused 2 "are the same file" -- vsx-bench rows.fvecs --queries q.fvecs \
	--make-golden nowhere --html away
rm away

# through FILE CODE COMMAND...: with a descriptor on the file, which stays
through() {
	through_file=$1
	shift
	cp "$through_file" "$tmp/kept"
	for how in ">>" "2>>" "1<>" "2<>"; do
		sh -c "exec \"\$@\" $how$through_file" sh "$@" \
			>"$tmp/out" 2>"$tmp/err" </dev/null
		[ $? = 2 ] || fail "not refused: $* $how $through_file"
		same "$tmp/kept" "$through_file"
		case $how in
		2*) ;;
		*) has "$tmp/err" "standard output"
		esac
	done
}
through i.vsx vsx-query i.vsx q.fvecs
through i.vsx vsx-query i.vsx q.fvecs -o out.tsv
through q.fvecs vsx-query i.vsx q.fvecs
through i.vsx vsx-info i.vsx
through i.vsx vsx-verify i.vsx
through golden.jsonl vsx-verify i.vsx --golden golden.jsonl
through i.vsx vsx-add i.vsx rows.fvecs
through rows.fvecs vsx-add i.vsx rows.fvecs
through i.vsx vsx-delete i.vsx --id 1
through i.vsx vsx-compact i.vsx
through other.vsx vsx-compact i.vsx -o other.vsx -f
through rows.fvecs vsx-build rows.fvecs -o new.vsx
through i.vsx vsx-backup create i.vsx repo
through i.vsx vsx-backup create i.vsx --to-stdout
through rows.fvecs vsx-bench rows.fvecs
[ ! -e new.vsx ] && [ ! -e repo ] && [ ! -e out.tsv ] || fail "something was made"
# Standard input is an input.
from() { # FILE COMMAND...
	cp "$1" "$tmp/kept"
	file=$1
	shift
	"$@" <"$file" >"$tmp/out" 2>"$tmp/err"
	[ $? = 2 ] || fail "not refused: $* <$file"
	has "$tmp/err" "the input standard input"
	same "$tmp/kept" "$file"
}
from q.fvecs vsx-query i.vsx - -o q.fvecs
from i.vsx vsx-add i.vsx -
from i.vsx vsx-delete i.vsx --ids -
from rows.fvecs vsx-build - --dim 2 -o rows.fvecs -f
from stream vsx-backup restore - -o stream -f

# What is no file can be anything.
run 0 vsx-query i.vsx q.fvecs -o /dev/null
run 0 vsx-verify i.vsx --junit /dev/null
# -o /dev/stdout is where standard output stands, not a file to be replaced.
run 0 vsx-query i.vsx q.fvecs -k 1 --format tsv -o out.tsv
{ echo before; vsx-query i.vsx q.fvecs -k 1 --format tsv -o /dev/stdout; echo after; } >all
{ echo before; cat out.tsv; echo after; } >due
same due all
{ vsx-query i.vsx q.fvecs -k 1 --format tsv -o -; echo after; } >>all
{ cat out.tsv; echo after; } >>due
same due all
vsx-query i.vsx q.fvecs -k 1 --format tsv -o /dev/fd/3 3>third || fail "/dev/fd/3"
same out.tsv third
vsx-query i.vsx q.fvecs -k 1 --format tsv -o /dev/stdout | cat >piped
same out.tsv piped
vsx-verify i.vsx -q --junit /dev/stdout >report.xml || fail "--junit /dev/stdout"
has report.xml "</testsuites>"

# A link stays one; a new file follows umask; a replaced one keeps its mode.
ln -s made later
run 0 vsx-query i.vsx q.fvecs -k 1 --format tsv -o later
[ -L later ] || fail "the link was replaced"
same out.tsv made
mode() { stat -c %a "$1"; }
rm made
(umask 027; vsx-query i.vsx q.fvecs -o made) || fail made
[ "$(mode made)" = 640 ] || fail "a new file has mode $(mode made)"
chmod 604 made
run 0 vsx-query i.vsx q.fvecs -o later
[ "$(mode made)" = 604 ] || fail "a replaced file has mode $(mode made)"
refused 2 "Is a directory" -- vsx-query i.vsx q.fvecs -o "$tmp/work"
ln -s loop loop
refused 2 "Too many levels" -- vsx-query i.vsx q.fvecs -o loop
rm loop
long=$(printf '%250s' '' | tr ' ' n)
run 0 vsx-query i.vsx q.fvecs -k 1 --format tsv -o "$long"
same out.tsv "$long"

# Cut short by a limit on the size of files: the one from before stays.
limited() { # in blocks of 512 bytes
	sh -c "ulimit -f $1 && shift && exec \"\$@\"" sh "$@"
}
if limited 1 true 2>/dev/null; then
	for name in out.tsv page.html report.xml set.jsonl set.fvecs set.ivecs \
	    p.npy p.distances.npy; do
		echo "good $name" >$name
	done
	# shellcheck disable=SC2086
	fvecs more.fvecs $rows $rows
	cut() {
		listing >"$tmp/before"
		limited 1 "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
		got=$?
		[ $got = 3 ] || fail "exit code $got: $* $(cat "$tmp/err")"
		has "$tmp/err" "File too large"
		listing >"$tmp/after"
		same "$tmp/before" "$tmp/after"
	}
	cut vsx-query i.vsx more.fvecs --format tsv -o out.tsv
	cut vsx-query i.vsx more.fvecs -o out.tsv
	cut vsx-query i.vsx more.fvecs --format npy -o p.npy
	cut vsx-bench rows.fvecs --queries more.fvecs --make-golden set.jsonl
	cut vsx-bench rows.fvecs --queries more.fvecs --make-golden set.fvecs
	cut vsx-verify i.vsx i.vsx i.vsx i.vsx i.vsx i.vsx i.vsx --junit report.xml
	# The indexes of vsx-bench are larger than that.
	listing >"$tmp/before"
	limited 30 vsx-bench --synthetic 100x4 -i Flat --n-queries 5 \
		--seconds 0.01 --html page.html >"$tmp/out" 2>"$tmp/err"
	got=$?
	[ $got = 3 ] || fail "exit code $got with a page that is cut"
	has page.html "good"
fi
finish
