#!/bin/sh
# An index without rows is one like any other: every command takes it, and it
# becomes what was asked for when there are rows.
. tests/cli/lib.sh.inc
. "$here/tests/cli/words.sh.inc"

word_rows 0 3000 rows.fbin
word_rows 5000 3 queries.fbin
word_rows 0 1 one.fbin

for spec in Flat IVF32,Flat HNSW8 auto; do
	case $spec in
	IVF*) effort="--nprobe 3" ;;
	HNSW*) effort="--ef 20" ;;
	*) effort= ;;
	esac
	run 0 vsx-build --dim 50 -o e.vsx -i $spec -m cosine -e f16 -f \
		--model glove --target-recall 0.9
	has "$tmp/out" "e.vsx: no rows yet (50 f16, cosine), to become $spec"
	run 0 vsx-verify e.vsx
	has "$tmp/out" "e.vsx: sound"
	for level in quick pages; do run 0 vsx-verify e.vsx -l $level; done
	# A gate lets nothing pass that cannot be measured.
	run 1 vsx-verify e.vsx --min-recall 0.1
	has "$tmp/out" "recall cannot be measured"
	run 0 vsx-info e.vsx
	has "$tmp/out" "0 of 50 f16"
	run 0 vsx-info e.vsx --json
	for due in rows:0 live:0 dead:0 asked:$spec test_queries:0 model:glove; do
		case $due in asked:IVF*) continue ;; esac
		[ "$(field ${due%:*})" = "${due#*:}" ] ||
			fail "$spec: ${due%:*} is $(field ${due%:*})"
	done
	has "$tmp/out" "\"asked\": \"$spec\""

	# Nothing is found, by any kind of search.
	for how in "" --exact "$effort" "--recall 0.9"; do
		# shellcheck disable=SC2086
		run 0 vsx-query e.vsx queries.fbin $how --format tsv
		[ ! -s "$tmp/out" ] || fail "$spec $how: something is found"
	done
	run 0 vsx-query e.vsx queries.fbin
	has "$tmp/out" none
	for format in ivecs npy; do
		run 0 vsx-query e.vsx queries.fbin --format $format -o t.$format
		run 0 vsx-query e.vsx queries.fbin --ground-truth t.$format
		rm -f t.*
	done
	run 0 vsx-query e.vsx queries.fbin --format json
	[ "$(grep -c '"hits":\[\]' "$tmp/out")" = 3 ] || fail "$spec: JSON"
	refused 2 "no row has the id 0" -- vsx-query e.vsx --id 0

	# Deleting, compacting, merging, saving.
	run 0 vsx-delete e.vsx --id 7
	has "$tmp/err" "no live row has the id 7"
	has "$tmp/out" "generation 1"
	run 0 vsx-compact e.vsx
	run 0 vsx-compact e.vsx -o e2.vsx -f
	run 0 vsx-compact e.vsx e2.vsx -o e3.vsx -f
	run 0 vsx-compact e.vsx --if-dead 20
	has "$tmp/out" "nothing was done"
	run 0 vsx-verify e2.vsx e3.vsx
	run 0 vsx-verify e.vsx --repair e3.vsx --force
	run 0 vsx-verify e.vsx --against e3.vsx
	rm -rf repo
	run 0 vsx-backup create e.vsx repo -q
	run 0 vsx-backup restore repo latest -o e3.vsx --force -q
	same e.vsx e3.vsx
	refused 2 e.vsx "0 rows" -- vsx-bench rows.fbin --index e.vsx -m cosine

	# It becomes what was asked for.
	run 0 vsx-add e.vsx rows.fbin -q
	run 0 vsx-verify e.vsx
	run 0 vsx-compact e.vsx -q
	case $spec in auto) built=Flat ;; *) built=$spec ;; esac
	[ $spec = auto ] || {
		run 0 vsx-info e.vsx --json
		has "$tmp/out" "\"spec\": \"$built\""
	}
	run 0 vsx-verify e.vsx --min-recall 0.8
	run 0 vsx-compact e2.vsx e.vsx -o e3.vsx -f -q
	run 0 vsx-info e3.vsx --json
	[ "$(field rows)" = 3000 ] || fail "$spec: rows of the merged one"

	# All rows deleted: none of their bytes stays, and no id comes back.
	seq 0 3000 >all.txt
	run 0 vsx-delete e.vsx --ids all.txt
	has "$tmp/err" "compacting frees them"
	run 0 vsx-verify e.vsx
	run 0 vsx-query e.vsx queries.fbin --format tsv
	[ ! -s "$tmp/out" ] || fail "$spec: a deleted row is found"
	run 0 vsx-compact e.vsx --if-dead 20
	[ "$(wc -c <e.vsx)" -lt 20000 ] || fail "$spec: $(wc -c <e.vsx) bytes"
	run 0 vsx-verify e.vsx
	run 0 vsx-add e.vsx one.fbin -q
	run 0 vsx-query e.vsx one.fbin -k 1 --format tsv
	id=$(cut -f 3 "$tmp/out")
	[ "$id" -ge 3000 ] || fail "$spec: the id $id is given again"
done

# No input is no rows only where --dim says so.
refused 2 "needs an INPUT, or --dim" -- vsx-build -o x.vsx
refused 2 "--ids needs an INPUT" -- vsx-build --dim 4 -o x.vsx --ids all.txt
refused 2 "--queries needs an INPUT" -- \
	vsx-build --dim 50 -o x.vsx --queries queries.fbin
refused 2 "--plan needs an INPUT" -- vsx-build --dim 4 --plan
refused 2 "--skip-bad needs an INPUT" -- vsx-build --dim 4 -o x.vsx --skip-bad
refused 2 "is empty" -- vsx-build - --dim 4 -o x.vsx
refused 2 e.vsx --force -- vsx-build --dim 50 -o e.vsx
finish
