#!/bin/sh
# vsx-verify --repair: every row whose pages are sound, and the story of the rest.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

word_rows 0 2000 base.fbin
run 0 vsx-build base.fbin -o a.vsx -i HNSW8 -q
damage() { # offset: other bytes in the file b.vsx
	cp a.vsx b.vsx
	printf '\377\377\377\377' |
		dd of=b.vsx bs=1 seek="$1" conv=notrunc 2>/dev/null
}

# A sound index: everything, and nothing to say.
run 0 vsx-verify a.vsx --repair c.vsx
has "$tmp/out" "2,000 rows of generation 1, 0 lost"
[ ! -s "$tmp/err" ] || fail "something is said of a sound index"
run 0 vsx-verify c.vsx -q

# A page of rows: 4096 bytes hold the rows that are lost, which are named.
damage 100000
run 1 vsx-verify b.vsx -q
run 2 vsx-verify b.vsx --repair c.vsx
has "$tmp/err" "exists already"
run 1 vsx-verify b.vsx --repair c.vsx --force --json
has "$tmp/err" "checksum"
has "$tmp/err" "ids "
lost=$(sed -n 's/.*"lost": \([0-9]*\).*/\1/p' "$tmp/out")
rows=$(sed -n 's/.*"rows": \([0-9]*\).*/\1/p' "$tmp/out")
[ "$lost" -gt 0 ] && [ "$lost" -le 22 ] || fail "$lost rows are lost"
[ $((lost + rows)) = 2000 ] || fail "$lost and $rows are not 2000"
run 0 vsx-verify c.vsx -q
run 0 vsx-info c.vsx
has "$tmp/out" "$(echo "$rows" | sed 's/...$/,&/') of 50 f32"

# The newer generation is gone: the older one is saved, and it is said.
run 0 vsx-delete a.vsx --id 5 -q
damage 32
run 1 vsx-verify b.vsx --repair c.vsx --force
has "$tmp/err" "generation 1"
has "$tmp/out" "2,000 rows of generation 1"
run 0 vsx-query c.vsx --id 5 -k 1

# Keys and payload are damaged, the rows are not: all of them are saved.
seq -f 'key %g' 2000 >keys.txt
run 0 vsx-build base.fbin -o k.vsx -i Flat -q --keys keys.txt --payload keys.txt
run 0 vsx-info k.vsx --sections --json
cp "$tmp/out" sections.json
at() { sed -n "/\"$1\"/,/}/s/.*\"offset\": \([0-9]*\),/\1/p" sections.json; }
cp k.vsx a.vsx
damage "$(at KDIR)"
run 1 vsx-verify b.vsx --repair c.vsx --force
has "$tmp/out" "2,000 rows of generation 1, 0 lost"
has "$tmp/err" "2000 rows without their key, ids 0 to 1999: page"
has "$tmp/err" "2000 saved rows are without a key, which is damaged"
run 0 vsx-query c.vsx --id 5 -k 1 --payload
damage "$(at PAYL)"
run 1 vsx-verify b.vsx --repair c.vsx --force --json
has "$tmp/out" '"lost": 0'
has "$tmp/out" '"without_key": 0'
without=$(sed -n 's/.*"without_payload": \([0-9]*\).*/\1/p' "$tmp/out")
[ "$without" -ge 1024 ] || fail "$without rows are without payload"
has "$tmp/out" '"without_fields": 0'
run 0 vsx-query c.vsx --key 'key 5' -k 1
damage "$(at KTAB)"
run 0 vsx-verify b.vsx --repair c.vsx --force
run 0 vsx-query c.vsx --key 'key 5' -k 1

# Nothing to save, wrong usage.
head -c 20000 a.vsx >d.vsx
run 1 vsx-verify d.vsx --repair c.vsx --force
run 2 vsx-verify a.vsx --repair a.vsx --force
run 2 vsx-verify a.vsx b.vsx --repair c.vsx --force
run 4 vsx-verify "$words/words.txt" --repair c.vsx --force
finish
