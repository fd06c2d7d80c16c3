#!/bin/sh
# An index that is something else, or damaged: named, exit 4 or 1, in every
# command that opens one.
. tests/cli/lib.sh.inc

fvecs good.fvecs "$one$zero" "$zero$one" "$two$one" "$half$one" "$one$two"
run 0 vsx-build good.fvecs -o index.vsx -i Flat

# foreign CODE TEXT FILE: refused by all three, with FILE and TEXT
foreign() {
	refused "$1" "$3" "$2" -- vsx-info "$3"
	refused "$1" "$3" "$2" -- vsx-query "$3" good.fvecs
	refused "$1" "$3" "$2" -- vsx-verify "$3"
	refused "$1" "$3" "$2" -- vsx-verify --level quick "$3"
}

printf '\223NUMPY\001\000v\000{' >vectors.npy
printf 'IxF2\002\000\000\000' >faiss.index
printf 'IHNf\002\000\000\000' >hnsw.index
printf '\037\213\010\000\000\000\000\000' >index.vsx.gz
printf '\n<!doctype HTML>\n<html>' >page.vsx
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:1\n' >lfs.vsx
printf '\211HDF\r\n\032\n' >data.h5
head -c 10000 /dev/zero >zeros.vsx
cat good.fvecs good.fvecs >rows.vsx
: >empty.vsx
mkdir folder
mkfifo pipe
foreign 4 .npy vectors.npy
foreign 4 FAISS faiss.index
foreign 4 FAISS hnsw.index
foreign 4 gzip index.vsx.gz
foreign 4 HTML page.vsx
foreign 4 git-LFS lfs.vsx
foreign 4 HDF5 data.h5
foreign 4 folder folder
foreign 4 pipe pipe
foreign 4 empty empty.vsx
foreign 4 VSX zeros.vsx
foreign 4 VSX rows.vsx
foreign 2 "No such file" missing.vsx
foreign 2 "Not a directory" index.vsx/x

# A name cannot do anything to the terminal.
name=$(printf 'bad\033[2J\nname')
cp empty.vsx "$name"
refused 4 'bad?[2J?name' -- vsx-info "$name"

# Several: the worst decides, all are looked at.
run 4 vsx-verify index.vsx empty.vsx index.vsx
[ "$(grep -c "index.vsx: sound" "$tmp/out")" = 2 ] || fail "not all looked at"
run 4 vsx-verify --json index.vsx empty.vsx
has "$tmp/err" empty.vsx
if command -v python3 >/dev/null; then
	python3 -c 'import json, sys
for line in sys.stdin: json.loads(line)' <"$tmp/out" || fail "no JSON"
fi

# Cut off, anywhere; and longer than it should be.
size=$(wc -c <index.vsx)
for keep in 1 7 100 511 4096 4607 4608 8192 12000 $((size - 1)); do
	head -c $keep index.vsx >cut.vsx
	for command in vsx-info "vsx-verify" "vsx-verify --level quick"; do
		$command cut.vsx >"$tmp/out" 2>"$tmp/err"
		code=$?
		[ $code = 1 ] || [ $code = 4 ] ||
			fail "$command: exit $code for $keep of $size bytes"
		grep -q cut.vsx "$tmp/out" "$tmp/err" ||
			fail "$command: no name for $keep of $size bytes"
	done
done
refused 1 cut.vsx "$((size - 1))" "$size" -- vsx-info cut.vsx
{ cat index.vsx; echo; } >long.vsx
run 0 vsx-verify long.vsx
has "$tmp/out" "notice"
run 0 vsx-query long.vsx good.fvecs
run 0 vsx-info long.vsx
has "$tmp/out" "left over   1 B"

# One bit, in some page: found, the page named; a search does not use it.
flip() { # file, byte
	old=$(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null | od -An -tu1)
	printf "\\$(printf %03o $((old ^ 1)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
at=8192
while [ $at -lt "$size" ]; do
	cp index.vsx flipped.vsx
	flip flipped.vsx $((at + 5))
	for level in pages full; do
		run 1 vsx-verify --level $level flipped.vsx
		has "$tmp/out" "flipped.vsx: "
		has "$tmp/out" "problem"
		has "$tmp/out" "page $((at / 4096))"
	done
	at=$((at + 4096))
done
cp index.vsx flipped.vsx
flip flipped.vsx 8200
refused 1 flipped.vsx "page 2" -- vsx-query flipped.vsx good.fvecs --format tsv -o no
run 1 vsx-verify --quiet flipped.vsx
run 1 vsx-query --untrusted flipped.vsx good.fvecs
run 0 vsx-verify --quiet index.vsx
[ ! -s "$tmp/out" ] || fail "--quiet is not quiet"

# Recall under the floor is a problem of the data.
run 0 vsx-build "$words/vectors.npy" -o words.vsx -i IVF64,Flat -m cosine \
	--recall 0.8 -q
run 0 vsx-verify words.vsx --min-recall 0.5
run 1 vsx-verify words.vsx --min-recall 1
has "$tmp/out" "recall"

# JSON is whole or is not there: that this section is damaged shows late.
run 0 vsx-info --json words.vsx
at=$(sed -n '/"RCLL"/,/}/s/.*"offset": \([0-9]*\),/\1/p' "$tmp/out")
flip words.vsx $((at + 5))
refused 1 words.vsx RCLL -- vsx-info --json words.vsx
# A page that only some queries come to: the number is that in the file, however
# many are searched at a time.
. "$here/tests/cli/words.sh.inc"
word_rows 0 4000 many.fbin
word_rows 0 300 ask.fbin
run 0 vsx-build many.fbin -o many.vsx -i IVF64,Flat -q
late=0
for page in 41 59 71 83 97 113 127 139 151 163 179 191; do
	cp many.vsx hurt.vsx
	printf '\377\377\377\377' |
		dd of=hurt.vsx bs=1 seek=$((page * 4096)) conv=notrunc 2>/dev/null
	vsx-query hurt.vsx ask.fbin --nprobe 1 -k 1 -t 1 >"$tmp/out" 2>"$tmp/err"
	at=$(sed -n 's/.*hurt.vsx: query \([0-9]*\): page.*/\1/p' "$tmp/err")
	[ "${at:-0}" -ge 16 ] || continue
	late=$((late + 1))
	word_rows 0 "$at" before.fbin
	word_rows "$at" 1 that.fbin
	run 0 vsx-query hurt.vsx before.fbin --nprobe 1 -k 1
	refused_out=$(vsx-query hurt.vsx that.fbin --nprobe 1 -k 1 2>&1 >/dev/null)
	case $refused_out in
	*"query 0: page"*) ;;
	*) fail "query $at finds no damage: $refused_out" ;;
	esac
done
[ $late -ge 2 ] || fail "damage was met late $late times only"
finish
