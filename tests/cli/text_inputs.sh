#!/bin/sh
# Texts that commands read: through pipes with a name, such as `<(...)` of bash,
# and with the byte-order mark that some editors put in front.
. tests/cli/lib.sh.inc

fvecs rows.fvecs "$one$zero" "$two$zero" "$one$one" "$two$two"
fvecs query.fvecs "$one$zero"
bom='\357\273\277'
printf '30\n10\n20\n40\n' >ids.txt
printf "${bom}30\n10\n20\n40\n" >bom.txt
printf "${bom}30\r\n10\r\n20\r\n40\r\n" >crlf.txt

run 0 vsx-build rows.fvecs -o due.vsx -i Flat --ids ids.txt
for ids in bom.txt crlf.txt; do
	run 0 vsx-build rows.fvecs -o x.vsx -f -i Flat --ids $ids
	same due.vsx x.vsx
done
# A pipe with a name; the end of the writer may come late, and in parts.
mkfifo pipe
{ printf "$bom" && printf '30\n1' && printf '0\n20\n40\n'; } >pipe &
run 0 vsx-build rows.fvecs -o x.vsx -f -i Flat --ids pipe
wait
same due.vsx x.vsx

printf "${bom}50\n51\n52\n53\n" >pipe &
run 0 vsx-add x.vsx rows.fvecs --ids pipe
wait
has "$tmp/out" "4 rows added"
printf '50\n51\n52\n53\n' >pipe &
run 0 vsx-delete x.vsx --ids pipe
wait
has "$tmp/out" "4 rows deleted"
printf "${bom}30\n" | vsx-delete x.vsx --ids - >"$tmp/out" || fail "--ids -"
has "$tmp/out" "1 row deleted"

if command -v bash >/dev/null; then
	run 0 bash -c 'vsx-build rows.fvecs -o x.vsx -f -i Flat --ids <(cat ids.txt)'
	same due.vsx x.vsx
	run 0 bash -c 'vsx-add x.vsx rows.fvecs --ids <(seq 90 93)'
	run 0 bash -c 'vsx-delete x.vsx --ids <(seq 90 93)'
	run 0 bash -c 'vsx-query due.vsx query.fvecs -k 1 --format tsv \
		--labels <(seq 100 140)'
	has "$tmp/out" 130
fi

# An id that is refused is named as it stands, and its line.
printf "${bom}30\nx\n" >bad.txt
refused 2 bad.txt "line 2" "'x'" -- vsx-build rows.fvecs -o no.vsx --ids bad.txt
printf "${bom}" >only.txt
refused 2 only.txt empty -- vsx-build rows.fvecs -o no.vsx --ids only.txt
# One mark is one mark.
printf "${bom}${bom}30\n10\n20\n40\n" >twice.txt
refused 2 twice.txt "line 1" -- vsx-build rows.fvecs -o no.vsx --ids twice.txt

# Labels.
{ printf "$bom" && seq 100 140; } >labels.txt
run 0 vsx-query due.vsx --id 10 -k 1 --labels labels.txt --format tsv
cp "$tmp/out" due.tsv
seq 100 140 >labels.txt
run 0 vsx-query due.vsx --id 10 -k 1 --labels labels.txt --format tsv
same due.tsv "$tmp/out"
# The mark is none of the first label.
run 0 vsx-build rows.fvecs -o zero.vsx -i Flat
printf "${bom}first\nsecond\n" >labels.txt
run 0 vsx-query zero.vsx query.fvecs -k 1 --labels labels.txt --format tsv
grep -q '	first$' "$tmp/out" || { fail "label"; od -c "$tmp/out"; }
refused 2 only.txt empty -- vsx-query zero.vsx query.fvecs --labels only.txt

# A golden set.
printf "${bom}{\"query\": [1, 0], \"expect\": [0]}\n" >golden.jsonl
run 0 vsx-verify zero.vsx --golden golden.jsonl --min-recall 0.1
printf '{"query": [1, 0], "expect": [0]}\n' >pipe &
run 0 vsx-verify zero.vsx --golden pipe --min-recall 0.1
wait

# Vectors come by '-', and it is said.
printf '' >pipe &
refused 2 "pipe" "'-'" -- vsx-build pipe -o no.vsx
wait

# Ids that are there: what would take them is named.
refused 2 "40" "--replace" -- vsx-add due.vsx rows.fvecs --ids ids.txt
finish
