#!/bin/sh
# Commands whose standard input, output or error is closed: no message and no
# row goes into a file of theirs, and the exit code says what has happened.
. tests/cli/lib.sh.inc

# Enough rows far off that vsx-add and vsx-delete have advice to give.
rows=
for i in 1 2 3 4 5 6 7 8; do
	rows="$rows $zero$one $one$zero $two$one $one$two $half$one"
done
# shellcheck disable=SC2086
fvecs rows.fvecs $rows
far='\000\000\310\102' # 100
fvecs far.fvecs "$far$far" "$far$zero" "$far$one"
fvecs query.fvecs "$half$zero"
seq 0 19 >many.txt
run 0 vsx-build rows.fvecs -q -o kept.vsx -i IVF2,Flat
vsx-backup create kept.vsx --to-stdout >kept.stream || fail "kept.stream"

# closed CODE "FDS" COMMAND...: that exit code with these descriptors closed
closed() {
	due=$1 fds=$2
	shift 2
	script='exec "$@"'
	for fd in $fds; do
		script="$script $fd>&-"
	done
	sh -c "$script" sh "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	[ "$got" = "$due" ] || {
		fail "exit code $got, expected $due, without $fds: $*"
		cat "$tmp/err"
	}
}

# holds INDEX ROWS: it is sound, and so many rows are live
holds() {
	run 0 vsx-verify -q "$1"
	run 0 vsx-info --json "$1"
	[ "$(sed -n 's/^  "live": \([0-9]*\),$/\1/p' "$tmp/out")" = "$2" ] ||
		fail "$1 does not have $2 live rows, without $fds"
}

for fds in 0 1 2 "0 1" "0 2" "1 2" "0 1 2"; do
	# Where what is printed is the product it is lost without 1.
	case $fds in
	*1*) printed=3 ;;
	*) printed=0 ;;
	esac
	rm -rf new.vsx merged.vsx again.vsx out.tsv repo report.xml
	cp kept.vsx f.vsx

	closed 0 "$fds" vsx-build rows.fvecs -o new.vsx -i IVF2,Flat
	holds new.vsx 40
	closed 0 "$fds" vsx-add f.vsx far.fvecs
	holds f.vsx 43
	closed 0 "$fds" vsx-delete f.vsx --ids many.txt --id 999
	holds f.vsx 23
	closed 0 "$fds" vsx-compact f.vsx -o merged.vsx
	closed 2 "$fds" vsx-compact f.vsx new.vsx
	closed 0 "$fds" vsx-compact f.vsx
	holds f.vsx 23
	closed 0 "$fds" vsx-backup create f.vsx repo --name one
	closed 0 "$fds" vsx-backup restore repo one -o again.vsx
	same f.vsx again.vsx
	closed 0 "$fds" vsx-backup create f.vsx repo --name two
	closed $printed "$fds" vsx-backup list repo
	closed $printed "$fds" vsx-backup verify repo
	closed 0 "$fds" vsx-backup prune repo --keep 1
	closed 0 "$fds" vsx-verify f.vsx --repair again.vsx --force
	holds again.vsx 23
	cp f.vsx before.vsx
	run 0 vsx-export f.vsx -o before.npy
	closed $printed "$fds" vsx-info f.vsx
	closed $printed "$fds" vsx-info f.vsx --json
	closed $printed "$fds" vsx-verify f.vsx --json
	closed 0 "$fds" vsx-verify f.vsx -q --junit report.xml
	has report.xml "</testsuites>"
	closed $printed "$fds" vsx-query f.vsx query.fvecs --stats
	closed 0 "$fds" vsx-query f.vsx query.fvecs --format tsv -o out.tsv
	[ "$(wc -l <out.tsv)" = 10 ] || fail "out.tsv without $fds"
	closed $printed "$fds" vsx-export f.vsx
	closed 0 "$fds" vsx-export f.vsx -o out.npy
	same before.npy out.npy
	closed $printed "$fds" vsx-build --help
	same before.vsx f.vsx
	holds f.vsx 23
done

# A closed standard input is no file that happens to be open in its place.
for fds in 0 "0 1 2"; do
	cp kept.vsx f.vsx
	closed 3 "$fds" vsx-add f.vsx -
	case $fds in *2*) ;; *) has "$tmp/err" "standard input" ;; esac
	closed 3 "$fds" vsx-build - --dim 2 -o none.vsx
	case $fds in *2*) ;; *) has "$tmp/err" "standard input" ;; esac
	closed 3 "$fds" vsx-delete f.vsx --ids -
	closed 3 "$fds" vsx-query f.vsx -
	closed 3 "$fds" vsx-export f.vsx --ids-from -
	closed 3 "$fds" vsx-backup restore - -o none.vsx
	[ ! -e none.vsx ] || fail "none.vsx was made without $fds"
	same kept.vsx f.vsx
done
closed 3 0 vsx-backup restore - -o none.vsx
has "$tmp/err" "descriptor 0 is not open for reading"
closed 3 1 vsx-backup create kept.vsx --to-stdout
has "$tmp/err" "descriptor 1 is not open for writing"
holds kept.vsx 40
# The stream itself does not suffer from the others.
sh -c 'vsx-backup restore - -o again.vsx --force <kept.stream >&- 2>&-' ||
	fail "restore from a stream"
holds again.vsx 40

# vsx-bench: its folder and its pages.
for fds in 0 1 2 "0 1 2"; do
	case $fds in
	*1*) printed=3 ;;
	*) printed=0 ;;
	esac
	closed $printed "$fds" vsx-bench --synthetic 300x8 -i Flat -i IVF \
		--n-queries 10 --seconds 0.02 --html page.html --work-dir .
	grep -q '</html>' page.html || fail "page.html without $fds"
	rm page.html
done
[ -z "$(find . -name 'vsx-bench.*')" ] || fail "a folder of vsx-bench is left"
finish
