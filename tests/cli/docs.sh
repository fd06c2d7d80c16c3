#!/bin/sh
# JSON lines and CSV, from vectors with their ids, texts and fields to answers;
# what is wrong with a line is said of the line.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

cat >docs.jsonl <<'END'
{"id": "piano", "text": "A piano has 88 keys.", "lang": "en", "year": 2020, "embedding": [0.5, 1, -2e-1]}
{"id": "geige", "embedding": [1,2,3], "text": "Vier \"Saiten\".", "lang": "de", "year": 2021, "tags": ["wood", "bow"]}

  {"id": "caf\u00e9", "embedding": [1,2,4.0], "metadata": {"lang": "fr", "author": {"name": "Z"}}, "year": 2021.5}
END

# tsv of what is nearest to the row with this key, with its payload.
nearest() { # INDEX KEY
	run 0 vsx-query "$1" --key "$2" -k 5 --format tsv --payload -q
	cat "$tmp/out"
}
count() { # INDEX EXPR N
	run 0 vsx-info "$1" --count "$2"
	[ "$(cat "$tmp/out")" = "$3" ] || fail "$2: $(cat "$tmp/out"), expected $3"
}

# A member for each thing, by the usual names and by others.
run 0 vsx-build docs.jsonl -o a.vsx -i Flat --fields auto
run 0 vsx-verify a.vsx
nearest a.vsx piano >got
printf '0\t1\t1\t11.49\tgeige\tVier "Saiten".\n0\t2\t2\t18.89\tcaf\303\251\t\n' >due
cut -f 1-3,5- got >got1
cut -f 1-3,5- due >due1
same due1 got1
count a.vsx 'lang = "en" and year >= 2020' 1
count a.vsx 'year > 2021' 1
count a.vsx 'tags contains "bow"' 1
count a.vsx 'author.name = "Z" and lang = "fr"' 1
run 0 vsx-info a.vsx
has "$tmp/out" "author.name:string, lang:string, tags:[string], year:float"

# Without a list there are the fields of metadata alone; none are none.
run 0 vsx-build docs.jsonl -o b.vsx -i Flat -q
run 0 vsx-info b.vsx
has "$tmp/out" "fields      author.name:string, lang:string"
run 0 vsx-build docs.jsonl -o c.vsx -i Flat -q --fields none
run 0 vsx-info c.vsx
grep -q fields "$tmp/out" && fail "there are fields"
run 0 vsx-build docs.jsonl -o d.vsx -i Flat -q --fields auto,year:int --skip-bad --rejects bad.tsv
printf '4\t2\tyear is 2021.5, expected int\tdocs.jsonl\n' >due
same due bad.tsv

# The same by other names; base64; numeric ids stay ids; what is no string.
cat >named.jsonl <<'END'
{"url": 17, "v": "AAAAPwAAgD/NzEy+", "body": {"a": [1, 2.50]}, "text": "x", "id": 3}
{"url": 18446744073709551615, "v": "AACAPwAAAEAAAEBA", "body": null, "text": "y", "id": 4}
END
run 0 vsx-build named.jsonl -o n.vsx -i Flat -q --vector-field v --id-field url \
	--text-field body --fields text:string,id:int
run 0 vsx-query n.vsx --id 18446744073709551615 -k 1 --json --payload
has "$tmp/out" '"hits":[{"id":17,'
has "$tmp/out" '"payload":"{\"a\": [1, 2.50]}"'
count n.vsx 'text = "x" and id = 3' 1
printf '%s\n' '{"id": 1, "a":[ {"vector": [9]} ],  "vector"  : [1,2,3] }' \
	'{"vector": [1,2,4], "id": 2, "b": "\u0000\n"}' '{"id": 3, "vector": [1,2,5]}' >k.jsonl
run 0 vsx-build k.jsonl -o k.vsx -i Flat -q --keep-line
run 0 vsx-query k.vsx --id 3 -k 2 --format tsv --payload -q
printf '%s\n' '{"id": 2, "b": "\u0000\n"}' '{"id": 1, "a":[ {"vector": [9]} ]}' >due
sed 's/.*\t//' "$tmp/out" >got
same due got

# CSV: a cell for the vector, or many; quotes, CR LF, blank lines, null and "".
printf '\357\273\277id,key,vector,text,lang,year,fields.id\r\n' >a.csv
printf '7,k1,"[0.5, 1,-2e-1]","one, ""two""\n  three",en,2020,x\r\n\r\n' >>a.csv
printf '5,,"[1,2,3]",,"",,y\r\n' >>a.csv
run 0 vsx-build a.csv -o csv.vsx -i Flat -q --fields auto
run 0 vsx-query csv.vsx --id 5 -k 1 --json --payload
has "$tmp/out" '"id":7,"key":"k1"'
has "$tmp/out" '"payload":"one, \"two\"\n  three"'
count csv.vsx 'lang is null' 0
count csv.vsx 'lang = ""' 1
count csv.vsx 'year is null' 1
count csv.vsx 'id = "y"' 1
printf 'id,v0,v1,v_2,flag,tags\n001,0.5,1,-.2,True,"[""a""]"\nx,0.5, 1 ,-2e-1,false,[]\n' >many.csv
refused 2 'many.csv: line 2: v_2 is "-.2", expected a number' -- \
	vsx-build many.csv -o m.vsx
sed -i 's/-\.2/-0.2/' many.csv
run 0 vsx-build many.csv -o m.vsx -i Flat -q --fields 'flag:bool,tags:[string]'
nearest m.vsx 001 >got
printf '0\t1\t1\t0\tx\t\n' >due
same due got
count m.vsx 'flag and tags contains "a"' 1
count m.vsx 'tags is empty' 1

# Packed, on standard input, through a pipe with a name, in several files.
gzip -c docs.jsonl >p.jsonl.gz
run 0 vsx-build p.jsonl.gz -o p.vsx -i Flat --fields auto
if ! grep -q 'cannot read' "$tmp/err"; then
	cmp_index() {
		nearest "$1" piano >got
		nearest a.vsx piano >due
		same due got
	}
	cmp_index p.vsx
	vsx-build - --format jsonl -o p.vsx -f -i Flat -q --fields auto <p.jsonl.gz ||
		fail "gzip on standard input"
	cmp_index p.vsx
	head -c 100 p.jsonl.gz >cut.jsonl.gz
	refused 2 "cut.jsonl.gz: gzip data end early, at byte 100" -- \
		vsx-build cut.jsonl.gz -o x.vsx
	if zstd -qc docs.jsonl >p.ndjson.zst 2>/dev/null; then
		run 0 vsx-build p.ndjson.zst -o p.vsx -f -i Flat -q --fields auto
		cmp_index p.vsx
	fi
fi
mkfifo pipe
cat docs.jsonl >pipe &
run 0 vsx-build pipe --format jsonl -o p.vsx -f -i Flat -q --fields auto
wait
sed -n 1p docs.jsonl >1.jsonl
sed -n 2,4p docs.jsonl >2.jsonl
run 0 vsx-build 1.jsonl 2.jsonl -o p.vsx -f -i Flat -q --fields auto,year:float
nearest p.vsx piano >got
nearest a.vsx piano >due
same due got

# Added: new ones, and those with a key that is there in the place of the old.
# Fields are as the index has them.
cat >today.jsonl <<'END'
{"id": "piano", "text": "newer", "lang": "en", "year": 2024, "vector": [0.5, 1, -0.2]}
{"id": "cello", "lang": "en", "year": 7, "new": 1, "vector": [0, 0, 9]}
END
refused 2 "key 'piano' already; --replace puts" -- vsx-add a.vsx today.jsonl
cp a.vsx q.vsx
run 0 vsx-add q.vsx today.jsonl --replace -q
[ ! -s "$tmp/err" ] || fail "not quiet: $(cat "$tmp/err")"
run 0 vsx-add a.vsx today.jsonl --replace
has "$tmp/err" 'members such as "new" are no fields; --fields auto makes fields of them'
has "$tmp/out" "2 rows added, 1 of them replacing old ones"
run 0 vsx-verify a.vsx
nearest a.vsx geige >got
grep -q 'piano	newer$' got || fail "not replaced: $(cat got)"
count a.vsx 'year = 2024' 1
count a.vsx 'lang = "en"' 2
echo '{"vector": [1, 2]}' >two.jsonl
run 0 vsx-build two.jsonl -o two.vsx -q -i Flat
refused 2 "today.jsonl: line 1: a vector of 3 components, expected 2" -- \
	vsx-add two.vsx today.jsonl
# Of a line with both, the key says which row it is.
printf '{"id": 900, "key": "cello", "vector": [0,0,8]}\n' >both.jsonl
run 0 vsx-add a.vsx both.jsonl --replace
has "$tmp/out" "1 of them replacing"
run 2 vsx-query a.vsx --id 900 -k 1
run 0 vsx-build both.jsonl -o both.vsx -i Flat -q
run 0 vsx-query both.vsx --id 900 -k 1
run 0 vsx-query both.vsx --key cello -k 1

printf '%s\n' '{"id": 901, "vector": [0,0,8]}' '{"key": "z", "id": 902, "vector": [0,0,8]}' >both.jsonl
refused 2 "both.jsonl: line 2: has an id and a key, line 1 has an id: " -- vsx-add a.vsx both.jsonl

# What is exported is read to the same index.
for format in jsonl csv; do
	run 0 vsx-export a.vsx -o out.$format
	run 0 vsx-build out.$format -o again.vsx -i Flat -q -f --fields \
		'author.name:string,lang:string,tags:[string],year:float'
	run 0 vsx-export again.vsx -o again.$format
	same out.$format again.$format
done

# What is null in one line may be an object in others.
printf '%s\n' '{"id": 1, "vector": [1, 2], "metadata": null, "a": null}' \
	'{"id": 2, "vector": [1, 3], "metadata": {"n": 1, "o": null}, "a": {"b": 2}}' \
	'{"id": 3, "vector": [1, 4], "metadata": {"o": {"k": "x"}, "n": null}}' >null.jsonl
run 0 vsx-build null.jsonl -o null.vsx -i Flat --fields auto
[ -z "$(grep 'left out' "$tmp/err")" ] || fail "$(cat "$tmp/err")"
count null.vsx 'n = 1 and a.b = 2' 1
count null.vsx 'o.k = "x" and n is null' 1

# Members that go nowhere are named, if anything is said.
printf '{"id": 1, "vector": [1, 2], "metadata": {"t": [1, "x"]}, "lang": "en"}\n' >no.jsonl
run 0 vsx-build no.jsonl -o no.vsx -i Flat
has "$tmp/err" '"t" is left out of the fields: it has values of several types'
has "$tmp/err" 'members such as "lang" are no fields; --fields auto makes fields of them'
run 0 vsx-build no.jsonl -o no.vsx -i Flat -f -q
[ ! -s "$tmp/err" ] || fail "not quiet: $(cat "$tmp/err")"
run 0 vsx-build no.jsonl -o no.vsx -i Flat -f --text-field body
has "$tmp/err" 'no.jsonl: no line has body, which --text-field names'
run 0 vsx-build no.jsonl -o no.vsx -i Flat -f -q --fields 'lang:string , n:int'
run 0 vsx-query no.vsx --id 1 --show 'lang , n'
refused 2 "'lang, ': expected names of fields" -- vsx-query no.vsx --id 1 --show 'lang, '
refused 2 '"", expected NAME:TYPE' -- vsx-build no.jsonl -o x.vsx --fields 'lang:string, '
cp no.jsonl no.tsv
refused 2 "suffix '.tsv' is not one of .npy" ".ibin .jsonl .csv" -- vsx-build no.tsv -o x.vsx
run 0 vsx-build no.jsonl -o no.vsx -i Flat -f --fields none
[ ! -s "$tmp/err" ] || fail "none are wanted: $(cat "$tmp/err")"
! vsx-build - -o x.vsx <no.jsonl 2>said || fail "documents as raw rows"
has said "must be given (--dim), or for documents --format"

# Each line that is wrong, and what is said of it.
bad() { # WORDS LINE: as a printf format
	printf "$2"'\n' >bad.jsonl
	refused 2 "bad.jsonl: line 1: $1" -- vsx-build bad.jsonl -o x.vsx
	{ printf '{"id": 1, "vector": [1, 2]}\n'"$2"'\n{"id": 2, "vector": [1, 3]}\n'; } >bad.jsonl
	refused 2 "bad.jsonl: line 2: $1" -- vsx-build bad.jsonl -o x.vsx
	run 0 vsx-build bad.jsonl -o x.vsx -f -i Flat --skip-bad
	has "$tmp/err" "vsx-build: bad.jsonl:2: $1"
	has "$tmp/out" "left out   1"
	run 0 vsx-query x.vsx --id 1 -k 2 --format tsv -q
	[ "$(cut -f 3 "$tmp/out")" = 2 ] || fail "$2: $(cat "$tmp/out")"
	rm x.vsx
}
bad 'component 1 of vector is NaN, expected a number' '{"id": 9, "vector": [1, NaN]}'
bad 'component 0 of vector is -1e999, beyond the range of f32' '{"id": 9, "vector": [-1e999, 1]}'
bad 'component 1 of vector is null, expected a number' '{"id": 9, "vector": [1, null]}'
bad 'vector is null, expected an array of numbers, or base64' '{"id": 9, "vector": null}'
bad 'component 1 of vector is "2", expected a number' '{"id": 9, "vector": [1, "2"]}'
bad 'component 0 of vector is [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[, expected a number' \
	'{"id": 9, "vector": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]}'
bad 'vector is "AACAPwAAA", expected numbers in [ ] with commas between, or base64 of f32' \
	'{"id": 9, "vector": "AACAPwAAA"}'
bad 'vector has 3 bytes in base64, expected whole f32 of 4' '{"id": 9, "vector": "AACA"}'
bad 'component 0 of vector is infinite, expected a number' '{"id": 9, "vector": "AACAfwAAAEA="}'
bad 'vector has 0 components, expected 1 to 65536' '{"id": 9, "vector": []}'
bad 'has no vector; --vector-field says what its member is called' '{"id": 9, "vec": [1, 2]}'
bad 'has vector twice' '{"id": 9, "vector": [1, 2], "vector": [1, 2]}'
bad 'has vector and embedding; --vector-field says which one counts' \
	'{"id": 9, "vector": [1, 2], "embedding": [1, 2]}'
bad 'has text and document; --text-field says which one counts' \
	'{"id": 9, "vector": [1, 2], "text": "", "document": ""}'
bad 'id is -1, expected a string, or a whole number from 0' '{"id": -1, "vector": [1, 2]}'
bad 'id is 1.0, expected a string, or a whole number from 0' '{"id": 1.0, "vector": [1, 2]}'
bad 'id is 18446744073709551616, expected a string, or a whole number from 0 to 18446744073709551615' \
	'{"id": 18446744073709551616, "vector": [1, 2]}'
bad 'id has 0 bytes, expected 1 to 1024' '{"id": "", "vector": [1, 2]}'
bad 'is not JSON at byte 34: unable to decode byte 0xff' '{"id": 9, "vector": [1, 2], "x": "\377"}'
bad 'is not JSON at byte ' '{"id": 9, "vector": [1, 2], "x": "\000"}'
bad 'is not JSON at byte 34: invalid token' '{"id": 9, "vector": [1, 2], "x": 0099999999999999999999}'
bad 'key is 18446744073709551616, expected a string' '{"key": 18446744073709551616, "vector": [1, 2]}'
bad 'is not JSON at byte 29' '{"id": 9, "vector": [1, 2]} {}'
bad 'is not JSON at byte 1' 'x'
bad 'is not JSON at byte 26: ' '{"id": 9, "vector": [1, 2]'
bad 'vector ends before component 1, expected a number' '{"id": 9, "vector": [1,'
bad 'is an array, expected an object { ... } on each line' '[{"id": 9, "vector": [1, 2]}]'
bad 'is a { alone, expected a whole object on each line (jq -c . makes them)' '{ '
deep=$(head -c 3000 /dev/zero | tr '\0' '[')
bad 'is not JSON at byte ' '{"id": 9, "vector": [1, 2], "x": '"$deep"'}'

printf '\376\377\000{\000}' >utf16.jsonl
refused 2 "utf16.jsonl: line 1: is UTF-16, expected UTF-8" -- vsx-build utf16.jsonl -o x.vsx

# What is wrong in comparison with other lines.
alike() { # WORDS LINE
	printf '{"id": 1, "vector": [1, 2], "metadata": {"n": 1}}\n%s\n' "$2" >bad.jsonl
	refused 2 "bad.jsonl: line 2: $1" -- vsx-build bad.jsonl -o x.vsx --fields n:int
	run 0 vsx-build bad.jsonl -o x.vsx -i Flat --skip-bad --json --fields n:int
	[ "$(field rejected)" = 1 ] || fail "rejected: $2"
	has "$tmp/err" "bad.jsonl:2: $1"
	rm x.vsx
}
alike 'a vector of 3 components, line 1 has one of 2' '{"id": 2, "vector": [1, 2, 3]}'
alike 'has neither id nor key, line 1 has an id: a number is an id, a string a key' '{"vector": [1, 2]}'
alike 'has a key, line 1 has an id: a number is an id, a string a key' '{"id": "a", "vector": [1, 2]}'
alike 'has n twice' '{"id": 2, "vector": [1, 3], "n": 1, "metadata": {"n": 1}}'
alike 'n is "a", expected int' '{"id": 2, "vector": [1, 3], "n": "a"}'
alike 'n is 1.5, expected int' '{"id": 2, "vector": [1, 3], "metadata": {"n": 1.5}}'
alike 'has n twice' '{"id": 2, "vector": [1, 3], "n": 1, "metadata": {"n": 1}}'
# Two rows with one key or id; of those that are left out the first one stays.
twice() { # id or key, LINE LINE WORDS LINE
	printf '%s\n\n%s\n%s\n' "$2" "$5" "$3" >bad.jsonl
	refused 2 "bad.jsonl: line 4: $4 is also that of line 1" -- vsx-build bad.jsonl -o x.vsx
	run 0 vsx-build bad.jsonl -o x.vsx -i Flat --rejects r.tsv
	has "$tmp/err" "bad.jsonl:4: $4 is that of an earlier row"
	has "$tmp/out" "left out   1"
	[ "$(cut -f 1 r.tsv)" = 4 ] || fail "rejects of $1: $(cat r.tsv)"
	run 0 vsx-verify x.vsx
	run 0 vsx-query x.vsx --$1 5 -k 5 --format tsv -q
	[ "$(cut -f 4 "$tmp/out")" = 41 ] || fail "$1: $(cat "$tmp/out")"
	refused 2 "bad.jsonl: line 4: $4 is also that of line 1" -- vsx-add index.vsx bad.jsonl
	cp index.vsx y.vsx
	run 0 vsx-add y.vsx bad.jsonl --skip-bad
	has "$tmp/out" "2 rows added, 1 left out"
	run 0 vsx-verify y.vsx
	rm x.vsx y.vsx r.tsv
}
printf '{"id": 900, "vector": [9, 9]}\n' >index.jsonl
run 0 vsx-build index.jsonl -o index.vsx -i Flat -q
twice id '{"id": 1, "vector": [1, 0]}' '{"id": 1, "vector": [7, 7]}' 'id 1' \
	'{"id": 5, "vector": [5, 5]}'
twice key '{"id": "a b", "vector": [1, 0]}' '{"id": "a b", "vector": [7, 7]}' \
	"key 'a b'" '{"key": "5", "vector": [5, 5]}'
# With --replace the last one with a key counts, and is not bad.
printf '%s\n' '{"key": "a", "vector": [1, 0]}' '{"key": "a", "vector": [2, 0]}' >bad.jsonl
run 0 vsx-add index.vsx bad.jsonl --replace --skip-bad
has "$tmp/out" "1 row added"
run 0 vsx-query index.vsx --key a -k 1 --format tsv -q
[ "$(cut -f 4 "$tmp/out")" = 130 ] || fail "not the last one: $(cat "$tmp/out")"
# A first line that is bad is no measure.
printf '%s\n' '{"id": 1, "vector": []}' '{"id": 2, "vector": [1,2]}' >bad.jsonl
run 0 vsx-build bad.jsonl -o x.vsx -i Flat -q --skip-bad
run 0 vsx-query x.vsx --id 2 -k 1
rm x.vsx
# Rows that the library refuses are named by their lines.
printf '\n%s\n\n%s\n' '{"id": 1, "vector": [1,2]}' '{"id": 2, "vector": [0,0]}' >bad.jsonl
refused 2 "bad.jsonl: line 4: the vector is zero" -- vsx-build bad.jsonl -o x.vsx -m cosine
run 0 vsx-build bad.jsonl -o x.vsx -m cosine -i Flat --rejects r.tsv -q
printf '4\t2\tthe vector is zero, which has no cosine\tbad.jsonl\n' >due
same due r.tsv
rm x.vsx
printf '{"vector": []}\n' >none.jsonl
refused 2 "none.jsonl: line 1: vector has 0 components" -- vsx-build none.jsonl -o x.vsx --skip-bad
: >empty.jsonl
refused 2 "empty.jsonl: is empty" -- vsx-build empty.jsonl -o x.vsx
printf '\n \r\n' >blank.jsonl
refused 2 "blank.jsonl: holds no rows" -- vsx-build blank.jsonl -o x.vsx

# CSV that is none.
csv() { # WORDS TEXT: as a printf format
	printf "$2" >bad.csv
	refused 2 "bad.csv: $1" -- vsx-build bad.csv -o x.vsx
}
csv 'line 2: has 1 cell, expected 2 as in line 1' 'id,vector\n3\n'
csv 'line 3: the quote of a cell does not end' 'id,vector\n1,"[1,2]"\n2,"[1,2]\n3,[1]\n'
csv 'line 2: cell 2 goes on behind its closing quote, expected a comma' 'id,vector\n1,"[1]"x\n'
csv 'line 2: is not UTF-8 at byte 3' 'id,vector\n1,\377\n'
csv 'line 2: has a NUL at byte 3, expected text' 'id,vector\n1,\000\n'
csv 'line 1: has no column vector or embedding, nor v0, v1' 'id,vec\n1,2\n'
csv 'line 1: has one cell with semicolons in it, expected commas between cells' 'id;vector\n1;[1]\n'
csv 'line 1: is UTF-16, expected UTF-8' '\377\376i\000d\000,\000'
csv 'line 2: vector is "0.1 2", expected numbers in [ ] with commas between' 'id,vector\n1,0.1 2\n'
csv 'line 1: has one cell with tabs in it, expected commas between cells' 'id\tvector\n1\t[1]\n'
csv 'line 1: has 2 columns v..., but none is v1' 'id,v0,v2\n1,2,3\n'
csv 'line 1: has two columns id' 'id,id,v0\n1,2,3\n'
csv 'line 1: has columns text and document; --text-field says which one counts' \
	'text,document,v0\n1,2,3\n'
csv 'holds no rows' 'id,v0\n\n'
csv 'line 2: v0 is "", expected a number' 'id,v0\n1,\n'
csv 'line 2: v0 is 1e39, beyond the range of f32' 'id,v0\n1,1e39\n'
csv 'line 2: vector goes on behind its ]' 'id,vector\n1,"[1] 2"\n'

# Options that do not fit.
refused 2 "--vector-field is for JSON lines and CSV" -- \
	vsx-build x.npy -o x.vsx --vector-field v
refused 2 "--keep-line and --text-field cannot be combined" -- \
	vsx-build docs.jsonl -o x.vsx --keep-line --text-field text
refused 2 "a.csv: is CSV, and --keep-line is for JSON lines" -- \
	vsx-build a.csv -o x.vsx --keep-line
refused 2 "docs.jsonl: has ids, keys, payload and fields in its own rows, and --keys is for vectors" -- \
	vsx-build docs.jsonl -o x.vsx --keys a.csv
refused 2 "docs.jsonl: line 1: has no url, expected an id or a key" -- \
	vsx-build docs.jsonl -o x.vsx --id-field url
refused 2 "a.csv: line 1: has no column url" -- vsx-build a.csv -o x.vsx --id-field url
refused 2 '--fields: "auto;x", expected NAME:TYPE, auto or none' -- \
	vsx-build docs.jsonl -o x.vsx --fields 'auto;x'
refused 2 "--format needs an INPUT" -- vsx-build --dim 3 -o x.vsx --format csv

# What auto leaves out is said.
printf '%s\n' '{"id": 1, "vector": [1,2], "my name": 1, "mixed": 1, "not": 2, "ok": 1}' \
	'{"id": 2, "vector": [1,3], "mixed": "a"}' >odd.jsonl
run 0 vsx-build odd.jsonl -o odd.vsx -i Flat --fields auto
has "$tmp/err" '"my name" is left out of the fields: it is no name'
has "$tmp/err" '"not" is left out of the fields: it is no name'
has "$tmp/err" '"mixed" is left out of the fields: it has values of several types'
run 0 vsx-info odd.vsx
has "$tmp/out" "fields      ok:int"

# Numbers beyond 64 bits are in nobody's way, and strings of their digits.
printf '%s\n' '{"id": 18446744073709551615, "vector": [1,2], "metadata": {"hash": 9223372036854775808, "n": 9223372036854775807, "x": 1e999}, "etc": [-99999999999999999999]}' \
	'{"id": 2, "vector": [1,3], "metadata": {"hash": -18446744073709551616, "n": -9223372036854775808}}' >big.jsonl
run 0 vsx-build big.jsonl -o big.vsx -i Flat
run 0 vsx-info big.vsx
has "$tmp/out" "fields      hash:string, n:int, x:string"
run 0 vsx-info big.vsx --count 'hash = "9223372036854775808" and n = 9223372036854775807'
[ "$(cat "$tmp/out")" = 1 ] || fail "rows with a big number: $(cat "$tmp/out")"
refused 2 'line 1: hash is "9223372036854775808", expected int' -- \
	vsx-build big.jsonl -o x.vsx --fields hash:int
printf '%s\n' '{"hash": 9223372036854775808}' '{}' >beside.jsonl
fvecs two.fvecs "$one$zero" "$zero$one"
run 0 vsx-build two.fvecs -o big.vsx -f -i Flat --fields auto --fields-from beside.jsonl
run 0 vsx-info big.vsx
has "$tmp/out" "fields      hash:string"

# A plan counts what is kept with the rows.
run 0 vsx-build docs.jsonl --plan --fields auto
has "$tmp/out" "rows      3 of 3 f32"
has "$tmp/out" "up to 15 B of keys, 34 B of payload, 62 B of fields, before they are packed"
awk 'BEGIN { for (i = 0; i < 3000; i++) printf "{\"id\": \"%06d\", \"text\": \"%0100d\", \"vector\": [%d, 1]}\n", i, i, i }' >3000.jsonl
run 0 vsx-build 3000.jsonl --plan --json
[ "$(field rows_exact)" = false ] || fail "a plan knows all"
[ "$(field rows)" -ge 2970 ] && [ "$(field rows)" -le 3030 ] || fail "rows of a plan: $(field rows)"
[ "$(field payload_bytes)" -ge 297000 ] || fail "payload of a plan"
# The same beside vectors.
fvecs rows.fvecs "$one$zero" "$zero$one"
printf 'a\nbcd\n' >keys.txt
printf '%s\n' '{"n": 1, "s": "ab"}' '{"n": 2, "s": "cd", "x": "none"}' >fields.jsonl
run 0 vsx-build rows.fvecs --plan --json --keys keys.txt --payload keys.txt \
	--fields n:int,s:string --fields-from fields.jsonl
[ "$(field key_bytes) $(field payload_bytes) $(field field_bytes)" = "4 4 28" ] ||
	fail "a plan with files beside vectors: $(cat "$tmp/out")"
refused 2 "does not give" -- sh -c 'cat "$0" | vsx-build - --format jsonl --plan' 3000.jsonl
finish
