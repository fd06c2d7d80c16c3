#!/bin/sh
# Rows by key, and what is kept with them, from files of lines to answers.
. tests/cli/lib.sh.inc

fvecs rows.fvecs "$zero$one" "$one$zero" "$two$one" "$one$two"
fvecs more.fvecs "$half$one" "$two$two"
printf 'violin\npiano\r\nthe long\tword\nK\303\266nig' >keys.txt
printf '{"a": 1}\n\nplain text\n{"b": "\303\266"}\n' >payload.txt

run 0 vsx-build rows.fvecs -o i.vsx -i Flat --keys keys.txt --payload payload.txt
run 0 vsx-info i.vsx
grep -qE '^  beside      keys of [0-9.]+ K?i?B, payload of [0-9]+ B$' "$tmp/out" || fail "$(cat "$tmp/out")"
run 0 vsx-info i.vsx --json
has "$tmp/out" '"has_keys": true,'
run 0 vsx-query i.vsx --key piano -k 2
has "$tmp/out" "key of row"
has "$tmp/out" "violin"
run 0 vsx-query i.vsx --key piano --id 0 -k 1 --json --payload
has "$tmp/out" '{"row":0,"key":"violin","hits":[{"id":'
has "$tmp/out" '{"row":1,"key":"piano","hits":[{"id":0,"key":"violin","distance":2,"payload":"{\"a\": 1}"}]}'
run 0 vsx-query i.vsx rows.fvecs -k 1 --format tsv --payload
printf '0\t1\t0\t0\tviolin\t{"a": 1}\n1\t1\t1\t0\tpiano\t\n2\t1\t2\t0\tthe long word\tplain text\n3\t1\t3\t0\tK\303\266nig\t{"b": "\303\266"}\n' >due
same due "$tmp/out"
run 0 vsx-query i.vsx rows.fvecs -k 1 --format ivecs -o ids.ivecs
run 0 vsx-build rows.fvecs -o plain.vsx -i Flat
refused 2 "plain.vsx: no row has a key" -- vsx-query plain.vsx --key piano
refused 2 "no row has the key 'pian'" -- vsx-query i.vsx --key pian
refused 2 "QUERIES and --key" -- vsx-query i.vsx rows.fvecs --key piano
refused 2 "--payload and --format npy" -- vsx-query i.vsx rows.fvecs --payload \
	--format npy -o x.npy

# An upsert: the row keeps its id, and a new one gets the next.
printf 'piano\ncello\n' >new.txt
printf 'newer\nnew\n' >new-payload.txt
refused 2 "live row with key 'piano' already; --replace puts" -- \
	vsx-add i.vsx more.fvecs --keys new.txt
refused 2 "--ids and --keys cannot be combined" -- \
	vsx-add i.vsx more.fvecs --keys new.txt --ids new.txt
run 0 vsx-add i.vsx more.fvecs --keys new.txt --payload new-payload.txt --replace
has "$tmp/out" "2 rows added, 1 of them replacing old ones"
run 0 vsx-query i.vsx more.fvecs -k 1 --format tsv --payload
printf '0\t1\t1\t0\tpiano\tnewer\n1\t1\t4\t0\tcello\tnew\n' >due
same due "$tmp/out"

# Deleted by key, also by those of a file and of a pipe.
# What no key can be is refused, as where it is looked for.
long=$(printf '%01025d' 0)
for key in '' "$long"; do
	refused 2 "has ${#key} bytes, expected 1 to 1024" -- vsx-delete i.vsx --key none --key "$key"
	refused 2 "a key of ${#key} bytes, expected 1 to 1024" -- vsx-query i.vsx --key "$key"
done
run 0 vsx-delete i.vsx --key violin --key none --json
has "$tmp/out" '"deleted": 1,'
has "$tmp/out" '"unknown_keys": ["none"],'
printf 'cello\ngone\ntoo\n' >gone.txt
vsx-delete i.vsx --keys - <gone.txt >out 2>err || fail "--keys -"
has err "no live rows have the key 'gone' and 1 more"
run 0 vsx-verify i.vsx
run 0 vsx-compact i.vsx
run 0 vsx-verify i.vsx
refused 2 "no row has the key 'cello'" -- vsx-query i.vsx --key cello
grep -q cello i.vsx && fail "a deleted key is in the file"
run 0 vsx-query i.vsx --key piano -k 1 --json --payload

# What the files say must fit the rows, and be keys.
refused 2 "new.txt: 2 keys for 4 rows" -- vsx-build rows.fvecs -o x.vsx --keys new.txt
refused 2 "new.txt: 2 lines for 4 rows" -- vsx-build rows.fvecs -o x.vsx --payload new.txt
printf 'a\n\nb\nc\n' >empty.txt
refused 2 "empty.txt: line 2 is empty" -- vsx-build rows.fvecs -o x.vsx --keys empty.txt
head -c 1025 /dev/zero | tr '\0' k >long.txt
refused 2 "long.txt: line 1 has 1025 bytes" -- \
	vsx-build rows.fvecs -o x.vsx --keys long.txt
printf 'a\nb\na\nc\n' >twice.txt
refused 2 "rows.fvecs: row 2: key 'a' is also that of row 0" -- \
	vsx-build rows.fvecs -o x.vsx --keys twice.txt
run 0 vsx-build rows.fvecs -o twice.vsx --keys twice.txt --skip-bad
has "$tmp/err" "rows.fvecs:2: key 'a' is that of an earlier row"
run 0 vsx-query twice.vsx --key c -k 5 --format tsv -q
[ "$(cut -f 3 "$tmp/out" | sort | xargs)" = "0 1" ] || fail "$(cat "$tmp/out")"
refused 2 "x.txt" -- vsx-build rows.fvecs -o x.vsx --keys x.txt
refused 2 "--keys needs an INPUT" -- vsx-build --dim 3 -o x.vsx --keys keys.txt

# Rows that are left out take their keys with them.
nan='\000\000\300\177'
fvecs bad.fvecs "$zero$one" "$nan$zero" "$two$one"
printf 'a\nb\nc\n' >three.txt
run 0 vsx-build bad.fvecs -o bad.vsx -i Flat --keys three.txt --payload three.txt --skip-bad -q
run 0 vsx-query bad.vsx --key c -k 1 --json --payload
has "$tmp/out" '{"row":2,"key":"c","hits":[{"id":0,"key":"a","distance":4,"payload":"a"}]}'
refused 2 "no row has the key 'b'" -- vsx-query bad.vsx --key b
finish
