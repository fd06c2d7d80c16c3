# bench/results.json, an array of what vsx-bench --json prints, as the tables of
# bench/RESULTS.md.

def fixed($digits):
	if . == null then ""
	elif $digits == 0 then round | tostring
	else
		(. * pow(10; $digits) | round) as $all
		| pow(10; $digits) as $one
		| ($all % $one | tostring) as $rest
		| "\($all / $one | floor).\("0" * ($digits - ($rest | length)) // "")\($rest)"
	end;

# Three digits that matter.
def short:
	if . == null then ""
	elif . >= 100 then fixed(0)
	elif . >= 10 then fixed(1)
	elif . >= 1 then fixed(2)
	else fixed(4) end;

def mib: if . == null then "" else . / 1048576 | short end;

def line: "| " + join(" | ") + " |";

def name: .engine + " " + .spec;

# The least effort that was measured to reach a recall; null if none was.
def point_at($recall): [.points[] | select(.recall_at_k >= $recall)][0];

# Queries a second at a recall: between the two points around it, the speed on
# a logarithmic scale. Recall is known where the target was searched for.
def qps_at($recall):
	.points as $p
	| [range(.points | length) | select($p[.].recall_at_k >= $recall)][0]
		as $i
	| if $i == null then null
	  elif $i == 0 or $p[$i].recall_at_k == $recall then $p[$i].qps
	  else
		$p[$i - 1] as $a | $p[$i] as $b
		| (($recall - $a.recall_at_k) / ($b.recall_at_k - $a.recall_at_k))
			as $part
		| (($a.qps | log) * (1 - $part) + ($b.qps | log) * $part) | exp
	  end;

def ratio($to): if . == null or $to == null then "" else . / $to | fixed(2) end;

def set_table:
	. as $run
	| ([.series[] | select(.engine == "hnswlib")][0]) as $peer
	| ($peer | point_at($run.target_recall)) as $base
	| "\n## \(.title)\n",
	"\(.data.origin). \(.data.dim) \(.data.elem), \(.data.metric), k \(.k).\n",
	([	"index", "effort", "recall@\(.k)", "q/s, 1 thread", "±",
		"× hnswlib", "q/s, \(.threads) threads", "p50 ms", "p99 ms",
		"build s", "file MiB", "memory MiB", "1st answer ms"
	] | line),
	"| --- | --- |\(" ---: |" * 11)",
	(.series[] | . as $s
	| (point_at($run.target_recall) // .points[-1]) as $p
	| [	name,
		(if .effort_name == "" then "" else "\(.effort_name) \($p.effort)" end),
		($p.recall_at_k | fixed(4)), ($p.qps | short),
		($p.qps_spread * 100 | fixed(0)) + " %",
		(if $p.recall_at_k < $run.target_recall then ""
		 else $p.qps | ratio($base.qps) end),
		($p.qps_threads | short), ($p.p50_ms | short),
		($p.p99_ms | short), (.build_seconds | short),
		(.disk_bytes | mib), (.resident_bytes | mib),
		(.first_answer_ms | short)
	] | line),
	([.series[] | select(.note != "") | "\n\(name): \(.note)."] | add // ""),
	# Between points, on the curves.
	(if ([.series[] | .points | length] | max) < 6 then empty else
	"\nQueries a second on one thread at other recalls, between the points of the",
	"curves or at the first one, and as multiples of hnswlib's:\n",
	(["index"] + [0.9, 0.95, 0.99, 0.995 | tostring] | line),
	"| --- |\(" ---: |" * 4)",
	(.series[] | select(.effort_name != "")
	| . as $s
	| [name] + [0.9, 0.95, 0.99, 0.995 | . as $recall
		| ($s | qps_at($recall)) as $qps
		| ($peer | qps_at($recall)) as $base
		| if $qps == null then "" else
			"\($qps | short) (\($qps | ratio($base)))" end]
	| line) end),
	"\n    \(.command)";

.[0] as $first |
"# Results",
"",
"Made by `sh bench/peers.sh DATA` with version \($first.version)" +
	(if $first.commit == "" then "" else " at commit \($first.commit)" end) +
	", \($first.date), on",
"",
"    \($first.machine.cpu), \($first.machine.isa)",
"    \($first.machine.processors) processors, \($first.machine.memory_bytes / 1073741824 | fixed(0)) GiB, \($first.machine.system)",
"",
"All indexes of a set are in one run: built one after the other by all",
"processors over the same rows, then searched in turns, so that a machine whose",
"speed drifts harms all alike. Each has the least effort that reaches the target",
"recall; ± is within what the next run should lie, by how far its repeats lay apart. `bench/results.json` holds all",
"that was measured.",
"",
"- VSX searches its mapped file, with pages checked at first touch, through the",
"  public interface. It keeps rows in the type that the data has; VSX-f32 is VSX",
"  with rows and queries as f32, as the peers have them.",
"- hnswlib is Debian's \($hnswlib), compiled with `-O3 -march=native`.",
"- FAISS is \($faiss) It trains with OpenBLAS, and its graph search allocates a",
"  table of all rows for each call.",
"- Graphs have M 16 and efConstruction 200. The time of building is that from rows",
"  in memory to an index that can be searched, for VSX with the synced file, for",
"  the peers without.",
"- Memory is what opening and one search take of the heap, for VSX the mapped",
"  pages that all searches have touched.",
(.[] | set_table)
