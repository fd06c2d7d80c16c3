#!/bin/sh
# Writers that are killed at any moment: the index is sound, it is the old one or
# the new one with the answers of either, and the next writer goes on from it.
# VSX_KILLS kills (15), at moments drawn from VSX_SEED (1).
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

kills=${VSX_KILLS:-15} seed=${VSX_SEED:-1}
word_rows 0 500 base.fbin
word_rows 1500 200 more.fbin
word_rows 1800 400 other.fbin
word_rows 2400 1 one.fbin
word_rows 3000 5 queries.fbin
seq 50 5 400 >gone.txt

# Two segments, and dead rows.
run 0 vsx-build base.fbin -o base.vsx -i IVF8,Flat -m cosine -q
run 0 vsx-add base.vsx one.fbin -q
run 0 vsx-delete base.vsx --id 7 -q

operations="add delete compact build graph"
operation() { # NAME, on i.vsx, in place of the shell
	case $1 in
	add) exec vsx-add i.vsx more.fbin -q ;;
	delete) exec vsx-delete i.vsx --ids gone.txt -q ;;
	compact) exec vsx-compact i.vsx -q ;;
	build) exec vsx-build other.fbin -o i.vsx -i Flat -m cosine -f -q ;;
	graph) exec vsx-compact i.vsx -i HNSW8 -q ;;
	esac
}

answers() { # OUTPUT
	rm -f "$1"
	run 0 vsx-info i.vsx --json
	echo "generation $(field generation), $(field live) live" >"$1"
	run 0 vsx-query i.vsx queries.fbin --exact --format tsv
	cat "$tmp/out" >>"$1"
}

# What each makes when it is left alone, and how long that takes, in ms.
cp base.vsx i.vsx
answers old
for name in $operations; do
	cp base.vsx i.vsx
	since=$(date +%s%N)
	(operation $name) >"$tmp/out" 2>"$tmp/err" || {
		fail "$name"
		cat "$tmp/err"
	}
	eval "ms_$name=$((($(date +%s%N) - since) / 1000000 + 1))"
	answers new.$name
	cmp -s old new.$name && fail "$name changes nothing"
done

# The same for every seed: an operation and a share of its time.
awk -v n="$kills" -v seed="$seed" -v names="$operations" 'BEGIN {
	srand(seed)
	count = split(names, name, " ")
	for (i = 0; i < n; i++)
		print name[i % count + 1], rand() * 1.1
}' >plan
olds=0 news=0 done=0
while read -r name share; do
	cp base.vsx i.vsx
	eval "ms=\$ms_$name"
	delay=$(awk -v ms="$ms" -v share="$share" \
		'BEGIN { printf "%.4f", ms * share / 1000 }')
	operation $name >/dev/null 2>&1 &
	writer=$!
	sleep "$delay"
	kill -KILL $writer 2>/dev/null
	wait $writer 2>/dev/null
	code=$?
	run 0 vsx-verify i.vsx
	answers now
	if cmp -s now new.$name; then
		news=$((news + 1))
	elif cmp -s now old; then
		olds=$((olds + 1))
		[ $code != 0 ] || fail "$name said it was done, and was not"
	else
		fail "$name, killed after $delay s: neither old nor new"
		diff old now | head -5
	fi
	# Come earlier the next time if it was too fast, else later.
	if [ $code = 0 ]; then
		done=$((done + 1))
		eval "ms_$name=$((ms * 4 / 5 + 1))"
	else
		eval "ms_$name=$((ms * 25 / 24 + 1))"
	fi
	run 0 vsx-add i.vsx one.fbin -q
	run 0 vsx-verify i.vsx
	# What the killed one left is gone.
	for left in .i.vsx.*; do
		[ ! -e "$left" ] || fail "$left is left after $name"
	done
done <plan
echo "$kills kills, seed $seed: $olds times the old index, $news times the new" \
	"one; $done writers were done before"
[ "$failures" != 0 ] || [ "$olds" -gt 0 ] || skip "no writer was killed in time"
finish
