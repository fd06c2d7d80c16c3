#!/bin/sh
# Answers with what their rows have: fields and payload, in every format.
. tests/cli/lib.sh.inc

fvecs rows.fvecs "$zero$one" "$one$zero" "$two$one" "$one$two"
cat >fields.jsonl <<'LINES'
{"n": -1, "f": 2.0, "s": "a\tb\nc", "t": "2026-01-31T12:00:00.25+01:00", "b": true, "l": ["x", "y, \"z\""], "fs": [0.5, 1e300], "ts": ["2026-01-31"]}
{"n": 9223372036854775807, "f": 0.1, "s": "", "t": "0001-01-01", "b": false, "l": [], "fs": [], "ts": []}
{}
{"n": -9223372036854775808, "f": -0.0, "s": "K\u00f6nig", "t": "9999-12-31T23:59:59.999999Z", "b": true, "l": [""], "fs": [3], "ts": null}
LINES
printf 'plain\n\n\377\376raw\n{"a": "\303\266"}\n' >payload.txt
types='n:int,f:float,s:string,t:time,b:bool,l:[string],fs:[float],ts:[time]'
run 0 vsx-build rows.fvecs -o i.vsx -i Flat -q --payload payload.txt \
	--fields "$types" --fields-from fields.jsonl

# hit FORMAT OPTION...: of each row itself, its last columns
hits() {
	format=$1
	shift
	run 0 vsx-query i.vsx rows.fvecs -k 1 --format "$format" "$@"
}
hits json --show '*' --payload
cat >due <<'LINES'
{"query":0,"hits":[{"id":0,"distance":0,"fields":{"b":true,"f":2.0,"fs":[0.5,1e+300],"l":["x","y, \"z\""],"n":-1,"s":"a\tb\nc","t":"2026-01-31T11:00:00.25Z","ts":["2026-01-31"]},"payload":"plain"}]}
{"query":1,"hits":[{"id":1,"distance":0,"fields":{"b":false,"f":0.1,"fs":[],"l":[],"n":9223372036854775807,"s":"","t":"0001-01-01","ts":[]}}]}
{"query":2,"hits":[{"id":2,"distance":0,"fields":{"b":null,"f":null,"fs":null,"l":null,"n":null,"s":null,"t":null,"ts":null},"payload_base64":"//5yYXc="}]}
{"query":3,"hits":[{"id":3,"distance":0,"fields":{"b":true,"f":0.0,"fs":[3.0],"l":[""],"n":-9223372036854775808,"s":"König","t":"9999-12-31T23:59:59.999999Z","ts":null},"payload":"{\"a\": \"ö\"}"}]}
LINES
same due "$tmp/out"
hits json --show l,n
has "$tmp/out" '{"query":0,"hits":[{"id":0,"distance":0,"fields":{"l":["x","y, \"z\""],"n":-1}}]}'
hits tsv --show s,t,n,l,f,b,fs --payload
printf '%s\n' '0	1	0	0	a b c	2026-01-31T11:00:00.25Z	-1	["x","y, \"z\""]	2.0	true	[0.5,1e+300]	plain' \
	'1	1	1	0		0001-01-01	9223372036854775807	[]	0.1	false	[]	' \
	'2	1	2	0								??raw' \
	'3	1	3	0	König	9999-12-31T23:59:59.999999Z	-9223372036854775808	[""]	0.0	true	[3.0]	{"a": "ö"}' >due
same due "$tmp/out"
hits table --show s,n
has "$tmp/out" "query rank id distance s                        n"
has "$tmp/out" "    3    1  3        0 König -9223372036854775808"
has "$tmp/out" "    0    1  0        0 a b c                   -1"

# Names that are none, and formats that have no room.
cp i.vsx kept
refused 2 "no field m, the index has 8: b, f, fs, l, n, s, t, ts" -- \
	vsx-query i.vsx --id 0 --show n,m
refused 2 "(--payload prints what is kept with rows)" -- \
	vsx-query i.vsx --id 0 --show payload
refused 2 "field n is there twice" -- vsx-query i.vsx --id 0 --show n,f,n
for names in '' , n, ,n; do
	refused 2 "expected names of fields with a comma between them" -- \
		vsx-query i.vsx --id 0 --show "$names"
done
refused 2 "--show and --format npy" -- vsx-query i.vsx --id 0 --show n --format npy -o x
refused 2 "--payload and --format ivecs" -- \
	vsx-query i.vsx --id 0 --payload --format ivecs -o x
run 0 vsx-build rows.fvecs -o plain.vsx -i Flat -q
refused 2 "no field n: the index has no fields" -- vsx-query plain.vsx --id 0 --show n
run 0 vsx-query plain.vsx --id 0 -k 1 --show '*' --json
has "$tmp/out" '{"row":0,"hits":[{"id":1,"distance":2}]}'

# A row that was added may lack what the others have, and have more.
fvecs more.fvecs "$half$half"
echo '{"n": 5, "new": ["a"]}' >one.jsonl
run 0 vsx-add i.vsx more.fvecs -q --fields 'n:int,new:[string]' --fields-from one.jsonl
run 0 vsx-query i.vsx more.fvecs -k 2 --json --show n,new,s
has "$tmp/out" '{"id":4,"distance":0,"fields":{"n":5,"new":["a"],"s":null}}'
has "$tmp/out" '"n":-1,"new":null,"s":'
finish
