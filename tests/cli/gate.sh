#!/bin/sh
# The gate before a release: what it lets pass, what it stops, and the reason.
. tests/cli/lib.sh.inc
command -v python3 >/dev/null || skip "no python3, which makes the data"

make=$here/tests/cli/make_gate.py
python3 "$make" data "$words/vectors.npy" || fail "no data"

# build NAME ROWS IDS SPEC OPTION...
build() {
	name=$1 rows=$2 ids=$3 spec=$4
	shift 4
	run 0 vsx-build "$rows.fvecs" --ids "$ids" -o "$name.vsx" -i "$spec" \
		-q "$@"
}

build old rows ids IVF32,Flat --model glove
run 0 vsx-query old.vsx queries.fvecs --exact -k 10 --format ivecs -o truth.ivecs
python3 "$make" golden || fail "no golden set"
cp truth.ivecs queries.ivecs
gate="--level quick --golden golden.jsonl --against old.vsx --min-recall 0.85 \
	--min-overlap 0.3"

# verdict CHECK WORD: the last word of its line in the table
verdict() {
	awk -v check="$1" -v due="$2" '$1 == check && $NF == due { ok = 1 }
		END { exit !ok }' "$tmp/out" || {
		fail "$1 is not '$2' in:"
		sed 's/^/    /' "$tmp/out"
	}
}

# stopped NAME CHECK... -- REASON: exit 1, just these checks fail, said why
stopped() {
	name=$1
	shift
	run 1 vsx-verify "$name.vsx" $gate
	: >due
	while [ "$1" != -- ]; do
		echo "$1" >>due
		shift
	done
	awk '$NF == "FAIL" { print $1 }' "$tmp/out" >failed
	same due failed
	[ "$(wc -l <"$tmp/err")" = "$(wc -l <due)" ] || fail "$name: not a line each"
	! grep -qv "^vsx-verify: $name.vsx: " "$tmp/err" || fail "lines without name"
	has "$tmp/err" "$2"
	has "$tmp/out" "$name.vsx: does not pass"
	run 1 vsx-verify "$name.vsx" --against old.vsx --level quick
}

# What passes: another seed and order, another kind, a few rows less.
build seed order order.ids IVF32,Flat --model glove --seed 9
build hnsw rows ids HNSW16 --model glove
build few few few.ids Flat --model glove
for name in old seed hnsw few; do
	run 0 vsx-verify $name.vsx $gate
	has "$tmp/out" "$name.vsx: passes"
	[ ! -s "$tmp/err" ] || fail "$name: $(cat "$tmp/err")"
	for check in file recall expected model metric dim elem rows missing \
		changed moved unit length spread overlap; do
		verdict $check ok
	done
	# with the queries of the old index instead of a golden set
	run 0 vsx-verify $name.vsx --against old.vsx
	verdict recall ok
	verdict overlap ok
done

# What does not.
build model rows ids Flat --model ada
stopped model model -- "model is ada, old.vsx has glove"
build half half half.ids Flat --model glove
stopped half recall expected rows missing -- "50.0 % fewer"
has "$tmp/err" "50.00 % of the ids of old.vsx are missing"
build shuffled rows shuffled.ids Flat --model glove
stopped shuffled recall changed moved overlap -- "ids are shuffled"
has "$tmp/out" "cosine of old and new vector"
build narrow narrow ids Flat --model glove
stopped narrow recall dim -- "dimension is 49, old.vsx has 50"
build unit unit ids Flat --model glove
stopped unit recall unit length -- "vectors are normalised"
build noise noise ids Flat --model glove
stopped noise recall changed length spread overlap -- "mean distance to the centroids"
build cosine rows ids Flat --model glove -m cosine
stopped cosine recall metric -- "metric is cosine, old.vsx has l2"
build half_float rows ids Flat --model glove -e f16
stopped half_float elem -- "elem is f16, old.vsx has f32"
# the other way round: the old one normalised, the new one not
run 1 vsx-verify old.vsx --against unit.vsx
has "$tmp/err" "vectors are not normalised"
verdict unit FAIL
run 1 vsx-verify narrow.vsx $gate --allow dim
has "$tmp/err" "recall cannot be measured"

# A damaged page is told first, and the rest is not run.
flip() { # file, byte
	old=$(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null | od -An -tu1)
	printf "\\$(printf %03o $((old ^ 1)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
cp seed.vsx damaged.vsx
flip damaged.vsx 20480
run 1 vsx-verify damaged.vsx $gate --level full
has "$tmp/out" "damaged.vsx: page 5: checksum"
has "$tmp/err" "in the file"
verdict file FAIL
[ "$(grep -c FAIL "$tmp/out")" = 1 ] || fail "a damaged file was searched"

# Recall and latency by the golden set alone.
run 0 vsx-verify old.vsx --golden golden.jsonl
verdict expected ok
run 0 vsx-verify old.vsx --golden queries.fvecs --min-recall 0.85
verdict recall ok
run 1 vsx-verify old.vsx --golden queries.fvecs --min-recall 1
verdict recall FAIL
has "$tmp/err" "expected 1.0000 or more; worst is row"
has "$tmp/err" "old.vsx: recall is 0."
run 1 vsx-verify half.vsx --golden golden.jsonl
has "$tmp/err" "expected ids are not there, the first is golden.jsonl, line"
run 0 vsx-verify old.vsx --golden golden.jsonl --max-p95 1e9
verdict p95 ok
run 1 vsx-verify old.vsx --golden golden.jsonl --max-p95 0
has "$tmp/err" "95 % of the queries take up to"

# What the limits and --allow are for.
run 1 vsx-verify few.vsx --against old.vsx --max-missing 0.01
verdict missing FAIL
run 0 vsx-verify half.vsx --against old.vsx --max-missing 0.6 --min-overlap 0.2 \
	--max-drop 1
run 0 vsx-verify model.vsx $gate --allow model
verdict model allowed
run 1 vsx-verify unit.vsx $gate --allow recall
verdict recall allowed
verdict length FAIL
run 1 vsx-verify noise.vsx $gate --allow recall --allow changed --allow spread \
	--allow length --min-overlap 0.1
awk '$NF == "FAIL" { print $1 }' "$tmp/out" >failed
echo overlap >due
same due failed
run 1 vsx-verify --quiet model.vsx $gate
[ ! -s "$tmp/out" ] || fail "--quiet is not quiet"
[ "$(wc -l <"$tmp/err")" = 1 ] || fail "--quiet hides the reason"

# For pipelines: JSON, and JUnit's XML with names that are no XML.
name=$(printf 'a&<b>\001"\047\377.vsx')
cp model.vsx "$name"
run 4 vsx-verify seed.vsx "$name" golden.jsonl $gate --json --junit report.xml
cat >look.py <<'EOF'
import json, sys, xml.etree.ElementTree as tree
seed, model, none = [json.loads(line) for line in
                     open(sys.argv[1], encoding="utf-8")]
assert seed["passed"] and seed["sound"] and "error" in none
checks = {c["check"]: c for c in model["checks"]}
assert not model["passed"] and checks["model"]["verdict"] == "FAIL"
assert checks["model"]["old"] == "glove" and checks["model"]["new"] == "ada"
assert 0.85 <= checks["recall"]["new"] <= 1 and checks["dim"]["new"] == 50
assert seed["changed_queries"] and seed["changed_ids"]
assert seed["changed_vectors"] == []
suites = tree.parse(sys.argv[2]).getroot().findall("testsuite")
assert [s.get("failures") for s in suites] == ["0", "1", "0"]
assert [s.get("errors") for s in suites] == ["0", "0", "1"]
assert suites[1].get("name") == "a&<b>\ufffd\"'\ufffd.vsx"
cases = suites[1].findall("testcase")
assert len(cases) == int(suites[1].get("tests")) == len(model["checks"])
bad = [c for c in cases if c.find("failure") is not None]
assert [c.get("name") for c in bad] == ["model"]
assert "ada" in bad[0].find("failure").get("message")
EOF
python3 look.py "$tmp/out" report.xml || fail "the reports are not right"
run 2 vsx-verify words.vsx model.vsx --junit report.xml $gate
has report.xml "errors=\"1\""
run 0 vsx-verify old.vsx --junit report.xml
has report.xml 'name="file"></testcase>'
run 1 vsx-verify old.vsx --min-recall 1 --junit report.xml
has report.xml "<failure message="
refused 2 none/report.xml -- vsx-verify old.vsx --junit none/report.xml

# Bad input: file, line and value. All files are summed for each: fewer now.
rm half* shuffled* narrow* noise* unit* model* hnsw* few* order* damaged.vsx a*
bad() { # line, texts...: after two good lines
	{ head -2 golden.jsonl; printf '%s\n' "$1"; } >bad.jsonl
	shift
	refused 2 "bad.jsonl: line 3: " "$@" -- vsx-verify old.vsx --golden bad.jsonl
}
fifty=$(sed -n '3s/.*"query": \(\[[^]]*\]\).*/\1/p' golden.jsonl)
bad '{"query": [1, 2' JSON
bad "{\"query\": [1, 2], \"expect\": [7]}" "2 components" "line 1 has 50"
bad "{\"query\": $fifty, \"expect\": []}" "expect is []"
bad "{\"query\": $fifty, \"expect\": [7, -1]}" "id 1 of expect is -1"
bad "{\"query\": $fifty, \"expect\": [17, 7, 17]}" "id 17 is expected twice"
bad "{\"query\": $fifty, \"expect\": [9223372036854775808]}" \
	9223372036854775808 9223372036854775807
bad "{\"query\": $fifty, \"expect\": [7]} more" "JSON"
bad "{\"query\": $fifty}" '"expect"'
{ head -2 golden.jsonl; echo "{\"query\": $fifty, \"expect\": [1]}"; } >lost.jsonl
refused 2 "lost.jsonl: line 3: id 1 is neither in seed.vsx nor in old.vsx" -- \
	vsx-verify seed.vsx --golden lost.jsonl --against old.vsx
run 1 vsx-verify seed.vsx --golden lost.jsonl
has "$tmp/err" "lost.jsonl, line 3: id 1"
echo "{\"query\": $fifty, \"expect\": [1]}" >lost.jsonl
refused 2 "lost.jsonl: none of its ids is in seed.vsx, the first is 1" -- \
	vsx-verify seed.vsx --golden lost.jsonl
echo '{"query": [1, 2], "expect": [7]}' >two.jsonl
refused 2 "two.jsonl: line 1: query of 2 components, old.vsx has 50" -- \
	vsx-verify old.vsx --golden two.jsonl
: >empty.jsonl
refused 2 empty.jsonl empty -- vsx-verify old.vsx --golden empty.jsonl
echo >blank.jsonl
refused 2 "blank.jsonl: holds no queries" -- vsx-verify old.vsx --golden blank.jsonl
refused 2 "missing.jsonl" -- vsx-verify old.vsx --golden missing.jsonl
refused 2 "standard input" -- vsx-verify old.vsx --golden -
cp zero.fvecs zeros.fvecs
head -c 44 truth.ivecs >zeros.ivecs
refused 2 "zeros.fvecs: row 0: query of length 0" -- \
	vsx-verify cosine.vsx --golden zeros.fvecs
head -c 440 truth.ivecs >zeros.ivecs
refused 2 "zeros.ivecs: ids of 10 queries, zeros.fvecs has 1" -- \
	vsx-verify old.vsx --golden zeros.fvecs
rm zeros.ivecs
refused 2 zeros.ivecs -- vsx-verify old.vsx --golden zeros.fvecs
{ head -c 44 truth.ivecs; printf '\012\0\0\0'; head -c 40 /dev/zero | tr '\0' '\376'
} >minus.ivecs
refused 2 "minus.ivecs: row 1, column 0: the id -16843010" -- \
	vsx-verify old.vsx --queries queries.fvecs --ground-truth minus.ivecs
{ head -c 836 truth.ivecs; printf '\012\0\0\0\011\0\0\0'; head -c 36 /dev/zero | tr '\0' '\377'
} >other.ivecs
refused 2 "other.ivecs: row 19, column 0: id 9 is not in old.vsx" -- \
	vsx-verify old.vsx --queries queries.fvecs --ground-truth other.ivecs
run 0 vsx-verify old.vsx --queries queries.fvecs --ground-truth truth.ivecs
refused 4 golden.jsonl -- vsx-verify old.vsx --against golden.jsonl
refused 2 "--allow 'file'" -- vsx-verify old.vsx --against old.vsx --allow file
refused 2 "cannot be combined" -- vsx-verify old.vsx --golden golden.jsonl \
	--queries queries.fvecs --ground-truth truth.ivecs
refused 2 "--max-p95" -- vsx-verify old.vsx --max-p95 1
refused 2 "--max-drop needs --against" -- \
	vsx-verify old.vsx --golden golden.jsonl --max-drop 0
refused 2 "--allow needs" -- vsx-verify old.vsx --min-recall 0.9 --allow recall

# What an earlier run has reported does not stay; there is one object an index.
echo '<testsuites/>' >stale.xml
run 2 vsx-verify old.vsx --golden two.jsonl --junit stale.xml
grep -q '<error' stale.xml || fail "the report of an earlier run has stayed"
echo '<testsuites/>' >stale.xml
run 2 vsx-verify old.vsx --golden missing.jsonl --junit stale.xml
grep -q '<error' stale.xml || fail "the report of an earlier run has stayed"
run 2 vsx-verify old.vsx seed.vsx --golden two.jsonl --json
[ "$(grep -c '"error"' "$tmp/out")" = 2 ] || fail "not an object for each index"
finish
