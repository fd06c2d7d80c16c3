#!/bin/sh
# Everything comes back out of an index: vectors, ids, keys, payload and fields,
# and what is written builds the same index again.
. tests/cli/lib.sh.inc

command -v python3 >/dev/null || skip "python3 is not there"
python3 - <<'END'
import json, random, struct
random.seed(3)
def npy(name, kind, code, rows):
    head = ("{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }" % (kind, len(rows), len(rows[0])))
    head += " " * (117 - len(head)) + "\n"
    with open(name, "wb") as f:
        f.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        for row in rows:
            f.write(struct.pack("<%d%s" % (len(row), code), *row))
whole = [[random.randrange(100) for _ in range(6)] for _ in range(300)]
real = [[random.gauss(0, 1) for _ in range(6)] for _ in range(300)]
real[0] = [-0.0, 0.0, 1e-30, -3.4e18, 16777217.0, 0.1]
npy("f32.npy", "<f4", "f", real)
npy("f16.npy", "<f2", "e", [[x / 7 for x in row] for row in whole])
npy("u8.npy", "|u1", "B", whole)
npy("i8.npy", "|i1", "b", [[x - 50 for x in row] for row in whole])
with open("ids", "w") as f:
    for i in range(300):
        f.write("%d\n" % (2**64 - 1 if i == 299 else i * 3 + 5))
END

# back INDEX OUT: what vsx-export says builds the index OUT is read from
back() {
	build=$(sed -n 's/^vsx-export: read back by: //p' "$tmp/err" |
		sed 's/-o INDEX/-q -f -o again.vsx/')
	[ -n "$build" ] || fail "no way back from $2"
	sh -c "$build" >"$tmp/log" 2>&1 || fail "$build: $(cat "$tmp/log")"
	same "$1" again.vsx
}

# Vectors of each type, and ids of their own.
for type in f32 f16 u8 i8; do
	run 0 vsx-build $type.npy -o i.vsx -i HNSW8 -q -f --ids ids
	run 0 vsx-export i.vsx -o out.npy
	has "$tmp/err" "out.npy: 300 rows, by rising id"
	same $type.npy out.npy
	back i.vsx out.npy
	for out in out.fvecs out.jsonl out.csv; do
		run 0 vsx-export i.vsx -o $out
		back i.vsx $out
	done
done
run 0 vsx-build f32.npy -o i.vsx -i IVF8,Flat -q -f -e bf16 -m cosine
for out in out.npy out.fvecs; do
	run 0 vsx-export i.vsx -o $out
	back i.vsx $out
done
run 0 vsx-build f32.npy -o i.vsx -i Flat -q -f --normalize
run 0 vsx-export i.vsx -o "it's out.npy"
has "$tmp/err" "read back by: vsx-build 'it'\\''s out.npy' --ids 'it'\\''s out.ids.npy' -o INDEX -i Flat -m l2 --normalize"

# Everything that rows have.
fvecs rows.fvecs "$zero$one" "$one$zero" "$two$half" "$one$two" "$half$half"
cat >fields.jsonl <<'LINES'
{"n": 1, "s": "a, \"b\"\nc", "t": "2026-01-31T12:00:00.25+01:00", "l": ["x", "y"], "id": true}
{"n": 2, "s": "", "f": -0.5, "l": []}
{}
{"s": " blank ", "f": 3, "t": "2026-01-31"}
{"s": "12", "n": -9223372036854775808, "id": false}
LINES
printf 'one\ntwo\nK\303\266nig\nfour\nfive\n' >keys.txt
printf 'text\n\n{"a": "\303\266"}\na,b\n \n' >payload.txt
types='n:int,s:string,f:float,t:time,l:[string],id:bool'
run 0 vsx-build rows.fvecs -o i.vsx -i Flat -q -f --keys keys.txt \
	--payload payload.txt --fields "$types" --fields-from fields.jsonl
run 0 vsx-export i.vsx
cat >due <<'LINES'
{"id":0,"key":"one","vector":[0,1],"payload":"text","fields":{"id":true,"l":["x","y"],"n":1,"s":"a, \"b\"\nc","t":"2026-01-31T11:00:00.25Z"}}
{"id":1,"key":"two","vector":[1,0],"fields":{"f":-0.5,"id":null,"l":[],"n":2,"s":""}}
{"id":2,"key":"König","vector":[2,0.5],"payload":"{\"a\": \"ö\"}","fields":{"id":null}}
{"id":3,"key":"four","vector":[1,2],"payload":"a,b","fields":{"f":3.0,"id":null,"s":" blank ","t":"2026-01-31"}}
{"id":4,"key":"five","vector":[0.5,0.5],"payload":" ","fields":{"id":false,"n":-9223372036854775808,"s":"12"}}
LINES
same due "$tmp/out"
[ ! -s "$tmp/err" ] || fail "$(cat "$tmp/err")"
run 0 vsx-export i.vsx -o out.jsonl
same due out.jsonl
has "$tmp/err" "read back by: vsx-build out.jsonl -o INDEX -i Flat -m l2 --fields 'auto,t:time'"
back i.vsx out.jsonl
run 0 vsx-build out.jsonl -o again.vsx -i Flat -q -f --fields "$types"
same i.vsx again.vsx
run 0 vsx-export i.vsx -o out.csv
cat >due <<'LINES'
id,key,vector,payload,f,fields.id,l,n,s,t
0,one,"[0,1]",text,,true,"[""x"",""y""]",1,"a, ""b""
c",2026-01-31T11:00:00.25Z
1,two,"[1,0]",,-0.5,,[],2,"",
2,König,"[2,0.5]","{""a"": ""ö""}",,,,,,
3,four,"[1,2]","a,b",3.0,,,," blank ",2026-01-31
4,five,"[0.5,0.5]"," ",,false,,-9223372036854775808,12,
LINES
same due out.csv
has "$tmp/err" "--fields 'f:float,id:bool,l:[string],n:int,s:string,t:time'"
back i.vsx out.csv
run 0 vsx-export i.vsx -o out.npy
has "$tmp/err" "i.vsx: keys, payload and fields are left out, which jsonl and csv hold"

# A part of the rows, and in which order.
ids() { sed -n 's/^{"id":\([0-9]*\),.*/\1/p' "$tmp/out" | xargs; }
run 0 vsx-export i.vsx --filter 's is not null and n is null'
[ "$(ids)" = 3 ] || fail "filter: $(ids)"
printf '3\n0\n3\n1\n' >some
run 0 vsx-export i.vsx --ids-from some
[ "$(ids)" = "3 0 3 1" ] || fail "ids: $(ids)"
run 0 vsx-export i.vsx --ids-from some --filter 'n > 0'
[ "$(ids)" = "0 1" ] || fail "ids and filter: $(ids)"
run 0 vsx-export i.vsx --ids-from some -o out.fvecs
has "$tmp/err" "out.fvecs: 4 rows, in the order of --ids-from"
[ "$(wc -c <out.fvecs)" = 48 ] || fail "out.fvecs"
run 0 vsx-export i.vsx --filter 'n = 99' --format csv
[ "$(cat "$tmp/out")" = "id,key,vector,payload,f,fields.id,l,n,s,t" ] || fail "no rows: $(cat "$tmp/out")"
run 0 vsx-export i.vsx --filter 'n = 99' --format npy
[ "$(wc -c <"$tmp/out")" = 128 ] || fail "no rows of .npy"
printf '1\n99\n' >unknown
refused 2 "unknown: row 1: no row of i.vsx has the id 99" -- \
	vsx-export i.vsx --ids-from unknown -o x.jsonl
refused 2 "no field m" -- vsx-export i.vsx --filter 'm = 1' -o x.npy

# Segments, rows that are replaced and rows that are gone.
run 0 vsx-build u8.npy -o s.vsx -i IVF4,Flat -q -f --ids ids
fvecs six.fvecs "$one$one$one$one$one$one" "$two$two$two$two$two$two"
printf '8\n6\n' >new
run 0 vsx-add s.vsx six.fvecs --ids new --replace -q
run 0 vsx-delete s.vsx --id 5 --id 11 -q
run 0 vsx-export s.vsx
[ "$(ids | cut -d ' ' -f 1-4)" = "6 8 14 17" ] || fail "segments: $(ids)"
[ "$(ids | wc -w)" = 299 ] || fail "segments: $(ids | wc -w)"
has "$tmp/out" '{"id":8,"vector":[1,1,1,1,1,1]}'
run 0 vsx-export s.vsx -o s.npy
run 0 vsx-build s.npy --ids s.ids.npy -o t.vsx -q -f -i IVF4,Flat
run 0 vsx-export t.vsx -o t.npy
same s.npy t.npy
same s.ids.npy t.ids.npy

# Codes are not what was given.
run 0 vsx-build f32.npy -o c.vsx -i SQ8,NoRefine -q -f
run 0 vsx-export c.vsx -o c.npy
has "$tmp/err" "c.vsx: keeps codes (SQ8) in place of rows: the vectors that are written are what these decode to"
[ "$(wc -c <c.npy)" = $((128 + 300 * 24)) ] || fail "c.npy"
run 0 vsx-export c.vsx -o c.npy -q
[ ! -s "$tmp/err" ] || fail "said in spite of -q: $(cat "$tmp/err")"

# Where it goes.
run 0 vsx-export i.vsx --format fvecs
has "$tmp/err" "ids are left out, which go into a file beside -o FILE"
for name in out out.txt out.npy.gz .npyx out.d/x; do
	refused 2 "'$name' does not say what to write" -- vsx-export i.vsx -o $name
done
run 0 vsx-export i.vsx -o out.txt --format csv -q
same due out.txt
run 0 vsx-export i.vsx -o - --format csv
same due "$tmp/out"
refused 2 "would be written" -- vsx-export i.vsx -o i.vsx --format csv
refused 2 "would be written" -- vsx-export i.vsx --ids-from some -o some --format npy
cp some out.ids.npy
refused 2 "would be written" -- vsx-export i.vsx --ids-from out.ids.npy -o out.npy
refused 2 "No such file or directory" -- vsx-export i.vsx -o none/out.npy
if [ -c /dev/full ]; then
	run 3 vsx-export s.vsx -o /dev/full --format csv
	vsx-export s.vsx >/dev/full 2>"$tmp/err"
	[ $? = 3 ] || fail "a full disk"
fi

# What CSV cannot hold leaves nothing behind.
printf 'text\n\377\376\nc\nd\ne\n' >payload.txt
run 0 vsx-build rows.fvecs -o raw.vsx -i Flat -q -f --payload payload.txt
refused 2 "id 1: its payload is no text in UTF-8, which JSON lines can hold and CSV cannot" -- \
	vsx-export raw.vsx -o x.csv
run 0 vsx-export raw.vsx
has "$tmp/out" '{"id":1,"vector":[1,0],"payload_base64":"//4="}'
run 0 vsx-export raw.vsx -o raw.jsonl
back raw.vsx raw.jsonl

# An index without rows, and damage.
run 0 vsx-build --dim 2 -o e.vsx -i Flat -q
for format in jsonl csv npy fvecs; do
	run 0 vsx-export e.vsx -o e.$format -q
done
[ ! -s e.jsonl ] && [ ! -s e.fvecs ] || fail "rows of an empty index"
head -c 100 i.vsx >cut.vsx
run 1 vsx-export cut.vsx
run 4 vsx-export rows.fvecs
finish
