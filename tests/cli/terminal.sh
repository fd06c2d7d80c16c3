#!/bin/sh
# On a terminal of 80 or 120 columns: nothing wraps that need not, no name is
# cut, colours are where they are wanted and nowhere else.
. tests/cli/lib.sh.inc

TERM=xterm-256color
export TERM
unset NO_COLOR
python=$(command -v python3) || skip "no python3"
esc=$(printf '\033')

# screen COLUMNS CODE COMMAND...: what is shown in $tmp/out
screen() {
	screen_columns=$1 screen_due=$2
	shift 2
	"$python" "$here/tests/cli/terminal.py" "$screen_columns" "$tmp/out" \
		"$@" >"$tmp/rules"
	screen_got=$?
	[ "$screen_got" = "$screen_due" ] || {
		fail "$screen_columns columns: exit code $screen_got, expected $screen_due: $*"
		cat "$tmp/rules"
	}
}
coloured() { grep -q "$esc\[[0-9;]*m" "$tmp/out.raw"; }

# The first 600 of the words, as .fvecs.
"$python" - "$words/vectors.npy" <<'END' >rows.fvecs
import struct, sys

data = open(sys.argv[1], "rb").read()
first = 10 + struct.unpack("<H", data[8:10])[0]
for i in range(600):
    row = data[first + 200 * i : first + 200 * (i + 1)]
    sys.stdout.buffer.write(struct.pack("<i", 50) + row)
END
run 0 vsx-build rows.fvecs -o a.vsx -i HNSW8
run 0 vsx-build rows.fvecs -o b.vsx -i IVF51,Flat
run 0 vsx-build rows.fvecs -o c.vsx -i HNSW8 --model other
"$python" - <<'END' >many.fvecs
import struct, sys

for i in range(10000):
    sys.stdout.buffer.write(struct.pack("<iff", 2, i % 100, i // 100))
END
run 0 vsx-build many.fvecs -o many.vsx -i HNSW16 --ef-construction 100
run 0 vsx-backup create a.vsx repo
run 0 vsx-backup create a.vsx repo --name again

# Every command, on two widths.
for columns in 80 120; do
	screen $columns 0 vsx-info a.vsx
	lines=$(wc -l <"$tmp/out")
	[ "$lines" -le 24 ] || fail "vsx-info takes $lines lines"
	screen $columns 0 vsx-info many.vsx
	grep -qE 'M 16, efConstruction 100, [0-9]+ levels' "$tmp/out" ||
		fail "$columns columns: the parameters of a graph are cut"
	screen $columns 0 vsx-info b.vsx --sections
	has "$tmp/out" "section"
	has "$tmp/out" "LIST"
	screen $columns 0 vsx-query a.vsx --id 1 --labels "$words/words.txt" -k 3
	has "$tmp/out" "neighbour"
	screen $columns 0 vsx-verify a.vsx
	screen $columns 0 vsx-verify a.vsx --against a.vsx
	has "$tmp/out" "no limit"
	grep -qE '^(check|[a-z0-9]+) .* (ok|no limit|not run|verdict)$' "$tmp/out" ||
		fail "a verdict is missing"
	screen $columns 0 vsx-backup verify repo
	screen $columns 0 vsx-backup prune repo --keep 1 --dry-run
	has "$tmp/out" "would remove 1 snapshot and keep 1"
	for command in build query add delete compact export info verify backup bench; do
		screen $columns 0 vsx-$command --help
	done
done

# Text beside answers is cut at the edge; a table that is too wide all the same
# goes on below, and says in each part of which answer.
"$python" - <<'END'
import json
titles = ["\u6771\u4eac\u306e\u97f3\u697d" * 12, "e\u0301t\u00e9 " * 30, "plain text of many words " * 9, "short"]
with open("titles.jsonl", "w") as f:
    for i in range(600):
        f.write(json.dumps({"title": titles[i % 4], "n": i, "at": "2026-01-31T12:00:00Z"}) + "\n")
with open("texts.txt", "w", encoding="utf-8") as f:
    for i in range(600):
        f.write(titles[(i + 1) % 4] + "\n")
END
run 0 vsx-build rows.fvecs -o d.vsx -i Flat --payload texts.txt \
	--fields title:string,n:int,at:time --fields-from titles.jsonl
for columns in 60 80 120 200; do
	screen $columns 0 vsx-query d.vsx --id 1 -k 8 --payload
	[ "$(wc -l <"$tmp/out")" = 9 ] || fail "$columns columns: $(cat "$tmp/out")"
	screen $columns 0 vsx-query d.vsx --id 1 -k 8 --payload --show title
	[ "$(wc -l <"$tmp/out")" = 9 ] || fail "$columns columns: $(cat "$tmp/out")"
	[ "$(grep -c '…' "$tmp/out")" -ge 6 ] || fail "$columns columns: nothing is cut"
done
grep -q '東京の音楽東京の音楽.*…' "$tmp/out" || fail "wide characters: $(cat "$tmp/out")"
screen 60 0 vsx-query d.vsx --id 1 -k 8 --payload --show title,n,at
[ "$(grep -c '^row rank ' "$tmp/out")" -ge 2 ] ||
	fail "60 columns: $(cat "$tmp/out")"
run 0 vsx-query d.vsx --id 1 -k 8 --show title
! grep -q '…' "$tmp/out" || fail "cut in a file"

screen 80 0 vsx-bench rows.fvecs -i HNSW8 -i IVF51,Flat \
	--n-queries 10
for name in HNSW8 IVF51,Flat; do
	[ "$(grep -c "^$name " "$tmp/out")" -ge 2 ] ||
		fail "80 columns: the name $name is cut"
done

# Colour: on a terminal, unless it is refused; elsewhere only if asked for.
screen 80 0 vsx-verify a.vsx --against a.vsx
coloured || fail "no colour on a terminal"
grep -q "$esc\[32mok" "$tmp/out.raw" || fail "ok is not green"
screen 80 1 vsx-verify a.vsx --against c.vsx
grep -q "$esc\[1;31mFAIL" "$tmp/out.raw" || fail "FAIL is not red"
screen 80 2 vsx-info none.vsx
grep -q "$esc\[1;31merror: " "$tmp/out.raw" || fail "error: is not marked"
screen 80 0 vsx-verify a.vsx --color never
! coloured || fail "colour in spite of --color never"
screen 80 0 env NO_COLOR=1 vsx-verify a.vsx
! coloured || fail "colour in spite of NO_COLOR"
screen 80 0 env TERM=dumb vsx-verify a.vsx
! coloured || fail "colour on a dumb terminal"
screen 80 0 env NO_COLOR=1 vsx-verify a.vsx --color always
coloured || fail "no colour in spite of --color always"
run 0 vsx-verify a.vsx
! grep -q "$esc" "$tmp/out" || fail "colour in a file"
run 0 vsx-verify a.vsx --color always
grep -q "$esc" "$tmp/out" || fail "no colour in a file in spite of --color always"
refused 2 "color" "sometimes" -- vsx-verify a.vsx --color sometimes

finish
