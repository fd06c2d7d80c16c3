#!/bin/sh
# Bad input: one line that says what, where and both values, the documented
# exit code, nothing written, nothing lost.
. tests/cli/lib.sh.inc

fvecs good.fvecs "$one$zero" "$zero$one" "$two$one" "$half$one" "$one$two"
fvecs nan.fvecs "$one$zero" "$zero$one" "$two$nan"
fvecs inf.fvecs "$one$zero" "$inf$one"
fvecs zero.fvecs "$one$zero" "$zero$one" "$zero$zero"
fvecs three.fvecs "$one$zero$zero"
fvecs ragged.fvecs "$one$zero" "$one$zero$zero" "$one"
run 0 vsx-build good.fvecs -o index.vsx -i Flat
run 0 vsx-build good.fvecs -o cosine.vsx -i Flat -m cosine
build="vsx-build -o new.vsx"

# values
refused 2 nan.fvecs "row 2" "component 1" NaN -- $build nan.fvecs
refused 2 nan.fvecs "row 2" "component 1" -- $build good.fvecs nan.fvecs
refused 2 inf.fvecs "row 1" "component 0" inf -- $build inf.fvecs
refused 2 zero.fvecs "row 2" -- $build zero.fvecs -m cosine
refused 2 zero.fvecs "row 2" -- $build zero.fvecs --normalize
run 0 vsx-build zero.fvecs -o zero.vsx -i Flat
refused 2 half "row 3" "component 0" 0.5 -- sh -c "cp good.fvecs $tmp/half.fvecs
	vsx-build -o new.vsx $tmp/half.fvecs -e u8"
refused 2 nan.fvecs "row 2" "component 1" -- vsx-query index.vsx nan.fvecs
refused 2 inf.fvecs "row 1" "component 0" -- vsx-query index.vsx inf.fvecs
refused 2 zero.fvecs "row 2" -- vsx-query cosine.vsx zero.fvecs
refused 2 nan.fvecs "row 2" "component 1" -- \
	$build good.fvecs --queries nan.fvecs
run 0 vsx-query index.vsx zero.fvecs

# dimensions
refused 2 three.fvecs good.fvecs 3 2 -- $build good.fvecs three.fvecs
refused 2 three.fvecs index.vsx 3 2 -- vsx-query index.vsx three.fvecs
refused 2 three.fvecs 3 2 -- $build good.fvecs --queries three.fvecs
refused 2 "standard input" -- $build good.fvecs --queries -
refused 2 "standard input" -- \
	vsx-verify index.vsx --queries - --ground-truth index.vsx
refused 2 ragged.fvecs "row 1" 3 2 -- $build ragged.fvecs
printf "$one$one" >raw
refused 2 "standard input" --dim -- sh -c "vsx-build -o new.vsx - <raw"
refused 2 --dim "'0'" -- $build - --dim 0
refused 2 --dim "'65537'" 65536 -- $build - --dim 65537

# ids
printf '5\n6\n7\n6\n9\n' >twice.txt
printf '5\n6\n7\n' >few.txt
printf '5\n6\n7\n8\n9\n10\n' >many.txt
printf '5\nsix\n7\n8\n9\n' >word.txt
printf '5\n-6\n7\n8\n9\n' >minus.txt
printf '5\n18446744073709551616\n7\n8\n9\n' >huge.txt
refused 2 "row 3" "id 6" "row 1" -- $build good.fvecs --ids twice.txt
refused 2 few.txt "3 ids" "5 rows" -- $build good.fvecs --ids few.txt
refused 2 many.txt "6 ids" "5 rows" -- $build good.fvecs --ids many.txt
refused 2 word.txt "line 2" "'six'" -- $build good.fvecs --ids word.txt
refused 2 minus.txt "line 2" "'-6'" -- $build good.fvecs --ids minus.txt
refused 2 huge.txt "line 2" 18446744073709551615 -- \
	$build good.fvecs --ids huge.txt
refused 2 good.fvecs -- $build good.fvecs --ids good.fvecs
raw5=$tmp/raw5
printf "$one$one$one$one$one$one" >"$raw5"
refused 2 many.txt "6 ids" "3 rows" -- \
	sh -c "vsx-build -o new.vsx - --dim 2 --ids many.txt <$raw5"
printf '1\n2\n' >two.txt
refused 2 two.txt "2 ids" -- \
	sh -c "vsx-build -o new.vsx - --dim 2 --ids two.txt <$raw5"
refused 2 "99" -- vsx-query index.vsx --id 99
refused 2 "--id" "'x'" -- vsx-query index.vsx --id x

# numbers and words of the command line
refused 2 --k "'0'" 1 -- vsx-query index.vsx good.fvecs -k 0
refused 2 --k "'-1'" -- vsx-query index.vsx good.fvecs -k -1
refused 2 --ef "'0'" -- vsx-query index.vsx good.fvecs --ef 0
refused 2 Flat --ef index.vsx -- vsx-query index.vsx good.fvecs --ef 10
refused 2 Flat --nprobe -- vsx-query index.vsx good.fvecs --nprobe 10
refused 2 --recall "'1.5'" 1 -- vsx-query index.vsx good.fvecs --recall 1.5
refused 2 --metric "'l3'" cosine -- $build good.fvecs -m l3
refused 2 Foo HNSW -- $build good.fvecs -i Foo
refused 2 IVF0 nlist -- $build good.fvecs -i IVF0,Flat
refused 2 HNSW9999 M -- $build good.fvecs -i HNSW9999
refused 2 IVX8 Flat -- $build good.fvecs -i IVX8
refused 2 LSH8 -- $build good.fvecs -i IVF8,LSH8
refused 2 "pages" 5000 -- $build good.fvecs --page-size 5000
refused 2 "whole numbers" u8 -- $build good.fvecs -e u8 --normalize
refused 2 --threads "'0'" 1024 -- $build good.fvecs --threads 0
refused 2 "did you mean --force" -- $build good.fvecs --froce
refused 2 "needs an INPUT" -- vsx-build -o new.vsx
refused 2 "needs -o INDEX" -- vsx-build good.fvecs
refused 2 "needs an INDEX" -- vsx-query
refused 2 "needs an INDEX" -- vsx-info
refused 2 "needs an INDEX" -- vsx-verify
refused 2 "needs QUERIES" -- vsx-query index.vsx
refused 2 "cannot be combined" -- vsx-query index.vsx good.fvecs --id 1
refused 2 "cannot be combined" -- vsx-query index.vsx good.fvecs --ef 3 --exact
refused 2 "--min-recall" "--level full" -- \
	vsx-verify index.vsx --min-recall 0.5 --level pages
refused 2 "must be given together" -- vsx-verify index.vsx --queries good.fvecs
refused 2 "npy" "-o" -- vsx-query index.vsx good.fvecs --format npy

# files that are empty, cut off, missing, or something else
: >empty.fvecs
: >empty.npy
head -c -3 good.fvecs >cut.fvecs
{ printf '\003\000\000\000\002\000\000\000'; printf "$one$one$one"; } >cut.fbin
printf '\000\000\000\000\002\000\000\000' >none.fbin
npy_head() { # shape
	printf '\223NUMPY\001\000\166\000%-117s\n' \
		"{'descr': '<f4', 'fortran_order': False, 'shape': ($1), }"
}
{ npy_head '3, 2'; printf "$one$one$one"; } >cut.npy
npy_head '0, 2' >none.npy
npy_head '3, 2' | head -c 50 >head.npy
{ npy_head '1, 0'; } >flat.npy
printf '<!DOCTYPE html><html>' >page.npy
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:1\n' >lfs.npy
printf '\037\213\010\000\000\000\000\000' >zipped.fvecs
printf 'IxF2\002\000\000\000' >faiss.fvecs
mkdir folder
mkfifo pipe
refused 2 empty.fvecs empty -- $build empty.fvecs
refused 2 empty.npy empty -- $build empty.npy
refused 2 "standard input" empty -- $build - --dim 2
refused 2 cut.fvecs 57 12 -- $build cut.fvecs
refused 2 cut.fbin 20 32 -- $build cut.fbin
refused 2 cut.npy 12 "3 rows" -- $build cut.npy
refused 2 none.npy "no rows" -- $build none.npy
refused 2 none.fbin "no rows" -- $build none.fbin
refused 2 head.npy 50 -- $build head.npy
refused 2 flat.npy 0 65536 -- $build flat.npy
refused 2 "standard input" "row 3" 4 8 -- \
	sh -c "{ cat $raw5; printf '$one'; } | vsx-build -o new.vsx - --dim 2"
refused 2 page.npy HTML -- $build page.npy
refused 2 lfs.npy git-LFS -- $build lfs.npy
refused 2 zipped.fvecs gzip -- $build zipped.fvecs
refused 2 faiss.fvecs FAISS -- $build faiss.fvecs
refused 2 folder "a folder" -- $build folder
refused 2 pipe "a pipe" -- $build pipe
refused 2 missing.npy "No such file" -- $build missing.npy
refused 2 index.vsx "VSX index" -- $build index.vsx
refused 2 few.txt .txt .fvecs -- $build few.txt
refused 2 missing.npy "No such file" -- vsx-query index.vsx missing.npy
refused 2 cut.fvecs 57 12 -- vsx-query index.vsx cut.fvecs
refused 2 missing.txt "No such file" -- \
	vsx-query index.vsx good.fvecs --labels missing.txt
refused 2 index.vsx -- vsx-query index.vsx good.fvecs --labels index.vsx
refused 2 missing.ivecs -- \
	vsx-query index.vsx good.fvecs --ground-truth missing.ivecs
run 0 vsx-query index.vsx good.fvecs --format ivecs -k 2 -o truth.ivecs
fvecs one.fvecs "$one$one"
refused 2 truth.ivecs 5 1 -- vsx-query index.vsx one.fvecs --ground-truth truth.ivecs
refused 2 truth.ivecs 5 1 -- \
	vsx-verify index.vsx --queries one.fvecs --ground-truth truth.ivecs

# the output
refused 2 "index.vsx" exists --force -- vsx-build good.fvecs -o index.vsx
refused 2 "no/new.vsx" "No such file" -- vsx-build good.fvecs -o no/new.vsx
refused 2 "folder" "a folder" -- vsx-build good.fvecs -o folder
refused 2 "folder" -- vsx-build good.fvecs -o folder --force
refused 2 "folder/" -- vsx-build good.fvecs -o folder/
refused 2 "good.fvecs" input -- vsx-build good.fvecs -o good.fvecs --force
refused 2 "pipe" -- vsx-build good.fvecs -o pipe --force
# A failed build with --force leaves the old file.
refused 2 nan.fvecs -- vsx-build nan.fvecs -o index.vsx --force
run 0 vsx-verify index.vsx
run 0 vsx-build good.fvecs -o index.vsx --force
if [ "$(id -u)" != 0 ]; then
	mkdir sealed
	chmod 500 sealed
	refused 3 sealed "Permission denied" -- \
		vsx-build good.fvecs -o sealed/new.vsx
	chmod 0 cut.npy
	refused 3 cut.npy "Permission denied" -- $build cut.npy
	chmod 700 sealed cut.npy
fi
finish
