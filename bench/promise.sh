#!/bin/sh
# promise.sh DATA SPEC...: does the recall table of an index hold for queries that
# are no rows of it? For each set in DATA and each SPEC an index is built, and for
# recalls that are asked for by --recall the table says what was promised (as
# measured on rows of the index), the set's own queries what came of it.
# Sets that DATA does not have are left out. VSX_BUILD is the build directory, VSX_TMP
# where indexes go.
set -eu
data=$1
shift
bin=${VSX_BUILD:-build}/tools
tmp=${VSX_TMP:-/tmp}
index=$tmp/promise.vsx
trap 'rm -f "$index" "$tmp/promise.said"' EXIT
echo "| set | spec | k | --recall | setting | promised | found | more or less |"
echo "| --- | --- | ---: | ---: | --- | ---: | ---: | ---: |"

# set NAME BASE QUERIES TRUTH [OPTION]...
set_of() {
	[ -e "$data/$1" ] || return 0
	name=$1 base=$data/$1/$2 queries=$data/$1/$3 truth=$data/$1/$4
	shift 4
	for spec in $specs; do
		"$bin/vsx-build" "$base" --spec "$spec" "$@" -o "$index" --force --quiet
		for k in 10 100; do
			for recall in 0.9 0.95 0.98 0.99; do
				"$bin/vsx-query" "$index" "$queries" -k "$k" --recall "$recall" \
					--ground-truth "$truth" --stats >"$tmp/promise.said" 2>&1
				awk -v name="$name" -v spec="$spec" -v k="$k" -v r="$recall" '
					/ when the index was built/ {
						due = $3
						setting = $0
						sub(/.* at /, "", setting)
						sub(/ when the index.*/, "", setting)
					}
					$1 == "recall@" k { found = $2 }
					END {
						if (due == "")
							due = setting = "-"
						printf "| %s | %s | %d | %s | %s | %s | %.4f | %s |\n",
							name, spec, k, r, setting, due, found,
							due == "-" ? "-" : sprintf("%+.4f", found - due)
					}' "$tmp/promise.said"
			done
		done
	done
}

specs=$*
set_of fashion-mnist base.npy query.npy gt.ivecs -e f32
set_of isift-300k base.bvecs query.fvecs gt.ivecs -e f32
set_of glove-50 base.npy query.npy gt-cosine.ivecs -m cosine
