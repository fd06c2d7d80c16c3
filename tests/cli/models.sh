#!/bin/sh
# Vectors of different models never get into one index unnoticed: names, names
# that count as the same, and fingerprints.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

word_rows 0 40 rows.fbin
word_rows 0 2 query.fbin

# index NAME FIRST_ID [OPTION]...
index() {
	index_to=$1.vsx
	seq "$2" $(($2 + 39)) >"$1.ids"
	shift 2
	run 0 vsx-build rows.fbin --ids "${index_to%.vsx}.ids" -o "$index_to" \
		-i Flat -q -f "$@"
}
model() { # INDEX KEY DUE
	run 0 vsx-info "$1" --json
	[ "$(field "$2")" = "$3" ] || fail "$2 of $1 is '$(field "$2")', not '$3'"
}
silent() { [ ! -s "$tmp/err" ] || { fail "something is said"; cat "$tmp/err"; }; }

index clip 0 --model clip
index glove 100 --model glove
index none 200
index more 300 --model clip

# Merging: refused, every file named; --model decides.
refused 2 "model differs: clip in 'clip.vsx', 'more.vsx', glove in 'glove.vsx'" \
	-- vsx-compact clip.vsx glove.vsx more.vsx -o new.vsx
refused 2 "'clip.vsx'" "'glove.vsx'" -- vsx-compact glove.vsx clip.vsx -o new.vsx
run 0 vsx-compact clip.vsx glove.vsx -o new.vsx -q --model both
model new.vsx model both
run 0 vsx-compact clip.vsx more.vsx -o new.vsx -q -f
silent
model new.vsx model clip
# One that says nothing is taken for one of the others, which is said.
run 0 vsx-compact none.vsx clip.vsx -o new.vsx -f
has "$tmp/err" "none.vsx: names no model, and is taken to be of 'clip'"
model new.vsx model clip
# It keeps no two of them apart.
refused 2 glove.vsx clip.vsx -- vsx-compact none.vsx clip.vsx glove.vsx -o x.vsx
# Of one index, --model gives the name.
run 0 vsx-compact none.vsx -o new.vsx -f -q --model ada --model-hash 77 \
	--model-alias ada-2,text-ada
model new.vsx model ada
model new.vsx model_hash 77
has "$tmp/out" '"model_alias": "ada-2,text-ada"'
run 0 vsx-compact new.vsx -q
model new.vsx model_hash 77

# Adding and asking.
cp clip.vsx living.vsx
refused 2 living.vsx "'clip'" "'glove'" -- \
	vsx-add living.vsx rows.fbin --model glove
refused 2 none.vsx "no model" -- vsx-add none.vsx rows.fbin --model clip
run 0 vsx-add living.vsx rows.fbin --model clip -q
run 0 vsx-query living.vsx query.fbin --model clip
refused 2 living.vsx "'glove'" -- vsx-query living.vsx query.fbin --model glove
refused 2 living.vsx "no hash" -- vsx-query living.vsx query.fbin --model-hash 1

# Names that count as the same.
index alias 0 --model clip --model-alias openai/clip,ViT-B-32
index named 100 --model ViT-B-32
run 0 vsx-add alias.vsx rows.fbin --model openai/clip -q
silent
run 0 vsx-query alias.vsx query.fbin --model ViT-B-32
silent
refused 2 "'ViT-B'" -- vsx-query alias.vsx query.fbin --model ViT-B
refused 2 "'ViT'" -- vsx-query alias.vsx query.fbin --model ViT
for order in "alias.vsx named.vsx" "named.vsx alias.vsx"; do
	# shellcheck disable=SC2086
	run 0 vsx-compact $order -o new.vsx -q -f
	silent
	for name in clip ViT-B-32 openai/clip; do
		run 0 vsx-query new.vsx query.fbin --model $name
	done
done
refused 2 commas -- vsx-build rows.fbin -o x.vsx --model a --model-alias a,,b
refused 2 commas -- vsx-build rows.fbin -o x.vsx --model a --model-alias a,

# A fingerprint decides: another one is another model whatever the name, and
# the same one is the same model, which is said.
index h1 0 --model clip --model-hash aa11
index h2 100 --model clip --model-hash bb22
index h3 200 --model ViT --model-hash aa11
refused 2 "hash of the model differs: aa11 in 'h1.vsx', bb22 in 'h2.vsx'" -- \
	vsx-compact h1.vsx h2.vsx -o x.vsx
refused 2 hash -- vsx-compact h1.vsx h2.vsx -o x.vsx --model clip
refused 2 hash h1.vsx h2.vsx -- vsx-compact h1.vsx more.vsx h2.vsx -o x.vsx
run 0 vsx-compact h1.vsx h2.vsx -o new.vsx -f -q --model clip --model-hash cc
model new.vsx model_hash cc
run 0 vsx-compact h1.vsx h3.vsx -o new.vsx -f
has "$tmp/err" "h3.vsx: model is 'ViT', it is 'clip' in those before it"
model new.vsx model clip
model new.vsx model_alias ViT
refused 2 aa11 bb22 -- vsx-add h1.vsx rows.fbin --model clip --model-hash bb22
refused 2 aa11 bb22 -- vsx-query h1.vsx query.fbin --model-hash bb22
run 0 vsx-query h1.vsx query.fbin --model ViT --model-hash aa11
has "$tmp/err" "h1.vsx: model is 'clip', here it is 'ViT', with the same hash"
run 0 vsx-query h1.vsx query.fbin --model ViT --model-hash aa11 -q
silent
run 0 vsx-add h1.vsx rows.fbin --model ViT --model-hash aa11
has "$tmp/err" "same hash"
run 0 vsx-verify h1.vsx
# The gate goes by the same rule.
index now 0 --model ViT --model-hash aa11
index then 0 --model clip --model-hash aa11
run 0 vsx-verify now.vsx --against then.vsx
index then 0 --model ViT --model-hash bb22
run 1 vsx-verify now.vsx --against then.vsx
has "$tmp/err" "hash of the model"

# What else cannot be one index: every file is named.
index cosine 100 -m cosine
index unit 200 --normalize
index half 300 -e f16
index ip 400 -m ip
refused 2 "metric differs: l2 in 'none.vsx', cosine in 'cosine.vsx', ip in 'ip.vsx'" \
	-- vsx-compact none.vsx cosine.vsx ip.vsx -o x.vsx
refused 2 "'none.vsx'" "normalised in 'unit.vsx'" -- \
	vsx-compact none.vsx unit.vsx -o x.vsx
refused 2 "f32 in 'none.vsx', 'more.vsx', f16 in 'half.vsx'" -- \
	vsx-compact none.vsx half.vsx more.vsx -o x.vsx
# However many they are, the line says something of each kind.
many=
for i in $(seq 1 40); do
	cp none.vsx "a_name_of_some_length_$i.vsx"
	many="$many a_name_of_some_length_$i.vsx"
done
# shellcheck disable=SC2086
refused 2 "l2 in 'none.vsx'" more "ip in 'ip.vsx'" -- \
	vsx-compact none.vsx $many ip.vsx -o x.vsx
finish
