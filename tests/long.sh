#!/bin/sh
# The long forms of tests that run with few cases in run.sh: an hour or so on
# two cores. The tree must have been built by run.sh.
# usage: long.sh [FIRST SEED]
set -eu
cd "$(dirname "$0")/.."
VSX_BUILD=${VSX_BUILD:-build/tests}
VSX_SEED=${1:-1}
export VSX_BUILD VSX_SEED
programs=$VSX_BUILD/tests
failed=0

long() { # WORDS COMMAND...
	echo "== $1"
	shift
	"$@" || {
		failed=$((failed + 1))
		echo "FAILED: $*"
	}
}

# Of every operation with the index that it stands with in the list, then with
# each kind.
for spec in "" Flat IVF4,Flat HNSW4 IVF4,SQ8,NoRefine HNSW4,SQ8 HNSW4,SQ8,G4; do
	long "states after a crash ${spec:+($spec)}" \
		env ${spec:+VSX_SPEC=$spec} VSX_STATES=400000 \
		"$programs/test_states"
	long "faults at every call ${spec:+($spec)}" \
		env ${spec:+VSX_SPEC=$spec} VSX_FAULTS=all "$programs/test_faults"
	long "every allocation fails ${spec:+($spec)}" \
		env ${spec:+VSX_SPEC=$spec} VSX_MEMORY_STEP=1 \
		"$programs/test_memory"
done
long "a reader made from SPEC.md" \
	env VSX_SPEC_MUTANTS=3000 sh tests/cli/spec_reader.sh
long "writers that are killed" env VSX_KILLS=1000 sh tests/cli/kill.sh

# VSX_DATA, a file of vectors, goes on to the first of them.
long "wear" env VSX_WEAR_ROWS="${VSX_WEAR_ROWS:-20000}" "$programs/test_wear"
long "readers while an index changes" "$programs/thread_living" 600
long "neighbours after changes" \
	env VSX_SEQUENCES=2000 "$programs/test_neighbours"
for size in "20000 16" "20000 768" "1000000 16"; do
	long "commits of one row ($size)" env VSX_SMALL_COMMITS=1000 \
		VSX_SMALL_ROWS="${size% *}" VSX_SMALL_DIM="${size#* }" \
		"$programs/test_small"
done
long "sequences of changes" env VSX_SEQUENCES=20000 "$programs/test_model"

echo "$failed failed"
[ "$failed" = 0 ]
