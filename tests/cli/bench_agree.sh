#!/bin/sh
# The recall that vsx-bench prints is, to the last digit, what somebody else
# counts who has the answers of vsx-query. Its queries a second are printed
# beside those of a plain loop; timings decide nothing.
. tests/cli/lib.sh.inc

# The words: the first 3,000 are rows, 150 rarer ones are queries.
{ printf '\270\013\000\000\062\000\000\000' # 3000 x 50
  tail -c +129 "$words/vectors.npy" | head -c 600000; } >base.fbin
{ printf '\226\000\000\000\062\000\000\000' # 150 x 50
  tail -c +2000129 "$words/vectors.npy" | head -c 30000; } >queries.fbin

cat >count.py <<'END'
"""count.py JSON TRUTH EFFORT K ANSWERS...: recall by the standard library.

ANSWERS are R=FILE.ivecs, the answers of a search for R neighbours; R is that
of the recall it tells, but k for all that is not above k.
"""
import json
import struct
import sys


def ivecs(path):
    data = open(path, 'rb').read()
    k = struct.unpack_from('<i', data)[0]
    rows = [row[1:] for row in struct.iter_unpack('<%di' % (k + 1), data)]
    assert rows
    return rows


def recall(answers, truth, r):
    found = sum(len(set(a[:r]) & set(t[:r])) for a, t in zip(answers, truth))
    return found / (len(truth) * r)


report = json.load(open(sys.argv[1]))
truth = ivecs(sys.argv[2])
effort, k = int(sys.argv[3]), int(sys.argv[4])
answers = {int(r): ivecs(path)
           for r, path in (a.split('=') for a in sys.argv[5:])}
series, = report['series']
point, = series['points']
bad = []
if point['effort'] != effort:
    bad.append('effort %s, not %d' % (point['effort'], effort))
if len(truth) != report['data']['queries'] or report['k'] != k:
    bad.append('other queries or another k')
for name, r in ('1', 1), ('10', 10), ('100', 100), ('k', k):
    due = recall(answers[k if r <= k else r], truth, r)
    got = point['recall_at_' + name]
    print('recall@%-3d %-22r counted %r' % (r, got, due))
    if got != due:
        bad.append('recall@%s is %r, counted %r' % (name, got, due))
print('\n'.join(bad))
sys.exit(len(bad) > 0)
END

# agree INDEX OPTION EFFORT K [TRUTH]: at this --ef or --nprobe, "" 0 for none;
# with this ground truth instead of the one that vsx-bench computes
agree() {
	answers=
	for r in 10 100 "$4"; do
		run 0 vsx-query "$1" queries.fbin ${2:+"$2" "$3"} -k "$r" \
			--format ivecs -o "answers-$r.ivecs" || return
		answers="$answers $r=answers-$r.ivecs"
	done
	run 0 vsx-bench base.fbin --queries queries.fbin -m "$metric" -k "$4" \
		--index "$1" ${2:+--effort "$3"} --json --seconds 0.05 \
		${5:+--ground-truth "$5"} || return
	cp "$tmp/out" report.json
	echo "$1 $metric ${2:-exact} $3 k $4 ${5:-truth computed}"
	# shellcheck disable=SC2086 # several words
	python3 count.py report.json truth.ivecs "$3" "$4" $answers ||
		fail "another recall"
}

# with_truth METRIC: what the exact search of vsx-query finds
with_truth() {
	metric=$1
	run 0 vsx-build base.fbin -o flat.vsx -i Flat -m "$metric" -qf
	run 0 vsx-query flat.vsx queries.fbin --exact -k 100 --format ivecs \
		-o truth.ivecs
	run 0 vsx-build base.fbin -o hnsw.vsx -i HNSW4 -m "$metric" -qf
}

with_truth l2
run 0 vsx-build base.fbin -o ivf.vsx -i IVF64,Flat -q
agree flat.vsx "" 0 10
agree ivf.vsx --nprobe 3 10
agree ivf.vsx --nprobe 64 7
agree hnsw.vsx --ef 12 10 truth.ivecs
agree hnsw.vsx --ef 150 100
with_truth cosine
agree flat.vsx "" 0 3 truth.ivecs
agree hnsw.vsx --ef 12 10

# Against a plain loop, for the eye.
lib=$bin/..
if grep -q '^VSX_SANITIZE:STRING=$' "$bin/../CMakeCache.txt" &&
    command -v cc >/dev/null; then
	# shellcheck disable=SC2046 # flags are words
	run 0 cc -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror \
		-I"$lib/include" "$here/tests/cli/bench_loop.c" \
		"$lib/libvsx.a" $(pkg-config --libs liblz4 libxxhash) -lm -lpthread \
		-o loop
	run 0 ./loop hnsw.vsx queries.fbin 10 50 0.3
	echo "loop   $(cat "$tmp/out") queries/s"
	run 0 vsx-bench base.fbin --queries queries.fbin -m cosine --csv \
		--index hnsw.vsx --effort 50 --seconds 1 --threads 1
	cat "$tmp/out"
fi
finish
