#!/bin/sh
# Fields from JSON lines; filters of vsx-query, vsx-delete and vsx-info.
. tests/cli/lib.sh.inc

command -v python3 >/dev/null || skip "python3 is not there"
python3 - <<'END'
import json, struct
with open("v.fvecs", "wb") as f, open("f.jsonl", "w") as g:
    for i in range(300):
        f.write(struct.pack("<i4f", 4, i, i % 7, 1, 2))
        g.write(json.dumps({"lang": ["en", "de", None][i % 3], "year": 2000 + i % 30,
            "tags": ["x"] * (i % 2), "score": i / 4, "ok": i % 5 == 0, "at": "2026-01-%02d" % (i % 28 + 1), "other": {}}) + "\n")
with open("more.fvecs", "wb") as f:
    f.write(struct.pack("<i4f", 4, 1, 1, 1, 1))
END
types='lang:string,year:int,tags:[string],score:float,ok:bool,at:time'
for spec in Flat IVF8,Flat HNSW8; do
	run 0 vsx-build v.fvecs -q -f -o a.vsx -i $spec --fields "$types" --fields-from f.jsonl
	run 0 vsx-verify a.vsx -q
	run 0 vsx-query a.vsx --id 0 -k 4 --format tsv --filter 'lang = "en" and year >= 2020'
	[ "$(cut -f 3 "$tmp/out" | tr '\n' ' ')" = "21 24 27 51 " ] || fail "$spec: $(cat "$tmp/out")"
	run 0 vsx-query a.vsx --id 0 -k 4 --format tsv --filter 'score > 70 and ok and tags contains "x"'
	[ "$(cut -f 3 "$tmp/out" | tr '\n' ' ')" = "285 295 " ] || fail "$spec: $(cat "$tmp/out")"
	grep -q 'the filter passes 2 rows, fewer than -k 4' "$tmp/err" || fail "$(cat "$tmp/err")"
done
# The nearest row of each value; a third of the rows has none, which is one.
run 0 vsx-query a.vsx --id 0 -k 9 --format tsv --group-by lang --exact
[ "$(cut -f 2,3 "$tmp/out" | xargs)" = "1 1 2 2 3 3" ] || fail "groups: $(cat "$tmp/out")"
run 0 vsx-query a.vsx v.fvecs -k 4 --format tsv --group-by year --filter 'lang = "en"' --show year,lang
[ "$(wc -l <"$tmp/out")" = 1200 ] || fail "groups: $(wc -l <"$tmp/out")"
[ "$(cut -f 1,5,6 "$tmp/out" | sort -u | wc -l)" = 1200 ] || fail "a value twice"
! cut -f 6 "$tmp/out" | grep -qv '^en$' || fail "groups of rows that do not pass"
run 2 vsx-query a.vsx --id 0 --group-by tags
grep -qF 'field tags is [string], expected one value a row to group by' "$tmp/err" || fail "$(cat "$tmp/err")"
run 2 vsx-query a.vsx --id 0 --group-by land
grep -qF 'no field land, the index has 6: at, lang' "$tmp/err" || fail "$(cat "$tmp/err")"
count() {
	run 0 vsx-info a.vsx --count "$1"
	[ "$(cat "$tmp/out")" = "$2" ] || fail "$1: $(cat "$tmp/out"), expected $2"
}
count 'lang is null' 100
count 'not lang = "en"' 100
count 'at < "2026-01-03"' 22
count 'year in (2000, 2029) or tags is empty' 160
count 'year = 1' 0
run 0 vsx-info a.vsx
grep -qxF '  fields      at:time, lang:string, ok:bool, score:float, tags:[string],' "$tmp/out" || fail "$(cat "$tmp/out")"
grep -qxF '              year:int' "$tmp/out" || fail "$(cat "$tmp/out")"
grep -qE '^  beside      fields of [0-9.]+ KiB$' "$tmp/out" || fail "$(cat "$tmp/out")"
run 0 vsx-info a.vsx --json
grep -q '"name": "tags"' "$tmp/out" || fail "$(cat "$tmp/out")"
grep -qE '^    "fields": [1-9][0-9]*$' "$tmp/out" || fail "$(cat "$tmp/out")"

# Rows that are added may have less, and more.
echo '{"lang": "fr", "new": [1, 2]}' >one
run 0 vsx-add a.vsx more.fvecs -q --fields 'lang:string,new:[int]' --fields-from one
count 'new contains 2' 1
count 'lang = "fr" and year is null' 1
run 0 vsx-delete a.vsx -q --where 'lang is null or year < 2010'
count 'lang is null' 0
count 'year < 2010' 0
count 'lang = "fr"' 1
run 0 vsx-compact a.vsx -q
count 'new contains 2' 1
count 'year >= 2010' 130
run 0 vsx-verify a.vsx -q
run 0 vsx-compact a.vsx -q -o some.vsx --where 'lang = "en" and not ok'
run 0 vsx-verify some.vsx -q
[ "$(vsx-info some.vsx --json | sed -n 's/^  "live": \([0-9]*\),$/\1/p')" = "$(vsx-info a.vsx --count 'lang = "en" and not ok')" ] ||
	fail "a subset of another size"
[ "$(vsx-info some.vsx --count 'lang != "en" or ok')" = 0 ] || fail "rows that do not pass"
run 0 vsx-compact a.vsx -q -o none.vsx --where 'lang = "xx"'
[ "$(vsx-info none.vsx --count 'lang = "en"')" = 0 ] || fail "rows that do not pass"
run 0 vsx-backup create a.vsx repo -n one -q
run 0 vsx-backup restore repo one -o b.vsx -q
cmp a.vsx b.vsx || fail "a backup has lost something"

echo '{"lang": 3}' >number
refuses() { # STATUS WORDS COMMAND...
	due=$1 said=$2
	shift 2
	run "$due" "$@"
	grep -qF -- "$said" "$tmp/err" || fail "$*: $(cat "$tmp/err")"
}
refuses 2 'filter, character 8: expected a number, a string, true or false, found the end' \
	vsx-query a.vsx --id 1 --filter 'lang = '
refuses 2 'filter, character 1: no field lnag, the index has 7: at, lang, new, ok, score, tags, year' \
	vsx-info a.vsx --count 'lnag = 1'
refuses 2 'field lang is string, expected a string in quotes' \
	vsx-delete a.vsx --where 'lang = 1'
refuses 2 'field lang is int, expected string as before' \
	vsx-add a.vsx more.fvecs --fields 'lang:int' --fields-from number
fields() { # WORDS SPEC LINE
	printf '%s\n' "$3" >line
	refuses 2 "$1" vsx-build more.fvecs -q -f -o c.vsx --fields "$2" --fields-from line
	[ ! -e c.vsx ] || fail "$3: there is an index"
}
fields 'line: line 1: year is "x", expected int' year:int '{"year": "x"}'
fields 'line: line 1: year is 1.5, expected int' year:int '{"year": 1.5}'
fields 'line: line 1: tags is ["a", 1], expected [string]' 'tags:[string]' '{"tags": ["a", 1]}'
fields 'line: line 1: tags is "a", expected [string]' 'tags:[string]' '{"tags": "a"}'
fields "field at: 'soon', expected a time such as" at:time '{"at": "soon"}'
fields 'line: line 1: expected an object' year:int '[1]'
fields 'line: line 1:' year:int '{"year": 1'
fields 'line: line 1:' year:int '{"year": 1, "year": 2}'
fields '--fields: "year", expected NAME:TYPE' year '{}'
fields '--fields: type "i64", expected bool, int, float, time, string or one of them in [ ]' year:i64 '{}'
fields '"and" is no name of a field' and:int '{}'
fields 'field a is there twice' a:int,a:int '{}'
fields 'field a is string, expected int as before' a:int,a:string '{}'
printf '{}\n{}\n' >two
refuses 2 'two: 2 lines for 1 row' vsx-build more.fvecs -q -o c.vsx --fields a:int --fields-from two
refuses 2 '--fields and --fields-from need each other' vsx-build more.fvecs -o c.vsx --fields a:int
refuses 2 '--fields and --fields-from need each other' vsx-add a.vsx more.fvecs --fields-from two
refuses 2 '--count and --json cannot be combined' vsx-info a.vsx --json --count 'a = 1'
refuses 2 '--where needs -o INDEX' vsx-compact a.vsx --where ok
refuses 2 'no field nok' vsx-compact a.vsx -o x.vsx --where nok
[ ! -e x.vsx ] || fail 'there is an index'
finish
