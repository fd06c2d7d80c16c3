#include "bench/options.h"

#include "bench/data/hdf5.h"
#include "bench/data/synthetic.h"
#include "cli/colour.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_TRUTH 100 /* neighbours: recall@100 is reported */

static const char *const metrics[] = {"l2", "ip", "cosine", NULL};
static const char *const elems[] = {"f32", "f16", "bf16", "i8", "u8", NULL};

static struct bench_options o;

static const struct bench_options defaults = {
	.k = 10,
	.recall = 0.95,
	.metric = -1,
	.elem = -1,
};

static const struct cli_option option_table[] = {
	CLI_GROUP("Data"),
	CLI_TEXT(0, "synthetic", "ROWSxDIM",
		 "made-up rows in clusters, such as 100000x128", &o.synthetic),
	CLI_COUNT(0, "intrinsic", "N",
		  "dimensions in which a made-up cluster lies (16)",
		  &o.intrinsic, 1, SYNTHETIC_MAX_INTRINSIC),
	CLI_TEXT(0, "queries", "FILE",
		 "queries (those of an HDF5 file, or rows held out)",
		 &o.queries),
	CLI_TEXT(0, "ground-truth", "FILE",
		 "their true neighbours: .ivecs, .ibin or .npy (computed)",
		 &o.ground_truth),
	CLI_COUNT(0, "n-queries", "N",
		  "at most N queries (all of a file; 1000 held out or made up)",
		  &o.n_queries, 1, UINT32_MAX),
	CLI_COUNTS(0, "rows", "N",
		   "only the first N rows; repeated: measure how cost grows",
		   &o.sizes, 1, UINT64_MAX),
	CLI_CHOICE('m', "metric", "METRIC",
		   "the metric (as an HDF5 file says, or l2)", &o.metric,
		   metrics),
	CLI_CHOICE('e', "element", "TYPE", "stored type (as the data)", &o.elem,
		   elems),
	CLI_COUNT(0, "seed", "N", "seed of every random draw (0)", &o.seed, 0,
		  UINT64_MAX),
	CLI_FLAG(0, "skip-bad",
		 "leave out rows that no index can hold, such as NaN",
		 &o.skip_bad),
	CLI_TEXT(0, "rejects", "FILE",
		 "list all of these in FILE: row, id, reason, input",
		 &o.rejects),
	CLI_GROUP("Indexes"),
	CLI_LIST('i', "spec", "SPEC",
		 "build and measure it, such as HNSW16; repeatable (Flat, IVF "
		 "and HNSW, sized for the data)",
		 &o.specs),
	CLI_LIST(0, "index", "FILE",
		 "measure this index of the same rows; repeatable", &o.indexes),
	CLI_COUNT(0, "ef-construction", "N",
		  "HNSW: candidates for the links of a row (200)",
		  &o.ef_construction, 1, 65536),
	CLI_GROUP("Measuring"),
	CLI_COUNT('k', "k", "N", "neighbours of each query (10)", &o.k, 1,
		  UINT32_MAX),
	CLI_REAL(0, "recall", "R",
		 "compare at this recall@k, each with the least effort that "
		 "reaches it (0.95)",
		 &o.recall, 0.01, 1.0),
	CLI_ALIAS("target-recall", "recall"),
	CLI_FLAG(0, "curve", "the whole curve of recall and speed", &o.curve),
	CLI_COUNT(0, "ef", "N", "HNSW: only this ef", &o.ef, 1, UINT32_MAX),
	CLI_COUNT(0, "nprobe", "N", "IVF: only this nprobe", &o.nprobe, 1,
		  UINT32_MAX),
	CLI_COUNT(0, "effort", "N", "the same as --ef N --nprobe N", &o.effort,
		  1, UINT32_MAX),
	CLI_REAL(0, "refine", "R",
		 "codes such as SQ8: rows to look at for each neighbour "
		 "(default of the index)",
		 &o.refine, 1.0, 1000.0),
	CLI_REAL(0, "seconds", "S",
		 "seconds to measure each index, at most (10)", &o.seconds,
		 0.01, 86400.0),
	CLI_COUNT('t', "threads", "N",
		  "threads that build and search (all processors)", &o.threads,
		  1, 1024),
	CLI_TEXT(0, "filter", "RATES",
		 "also where only so many percent of the rows may be hits, "
		 "such as 50,10,1,0.1",
		 &o.filter),
	CLI_FLAG(0, "cold", "also with files that are not in memory", &o.cold),
	CLI_GROUP("Load"),
	CLI_COUNT(0, "clients", "N", "clients that search at once", &o.clients,
		  1, 1024),
	CLI_REAL(0, "rate", "R",
		 "queries per second of all clients together (as fast as "
		 "they are answered)",
		 &o.rate, 0.001, 1e9),
	CLI_REAL(0, "duration", "S", "seconds of each load (10)", &o.duration,
		 0.01, 86400.0),
	CLI_FLAG(0, "concurrency",
		 "1 to 16 threads, processes, and beside a writer",
		 &o.concurrency),
	CLI_GROUP("Output"),
	CLI_FLAG(0, "json", "print all that was measured as JSON", &o.json),
	CLI_FLAG(0, "csv", "print it as CSV", &o.csv),
	CLI_FLAG(0, "markdown", "print the tables as Markdown", &o.markdown),
	CLI_TEXT(0, "html", "FILE", "write a page with tables and plots",
		 &o.html),
	CLI_TEXT(0, "svg", "DIR", "write the plots, one file each", &o.svg),
	CLI_TEXT(0, "make-golden", "FILE",
		 "write queries and what they must find, for vsx-verify: JSON "
		 "lines, or .fvecs and .ivecs; measures nothing without -i or "
		 "--index",
		 &o.golden),
	CLI_COUNT(0, "golden-queries", "N", "queries in that file (100)",
		  &o.golden_queries, 1, UINT32_MAX),
	CLI_TEXT(0, "work-dir", "DIR",
		 "where indexes are built ($TMPDIR or /tmp); removed at the "
		 "end",
		 &o.work_dir),
	CLI_FLAG('q', "quiet", "no progress and no notes", &o.quiet),
	CLI_COLOUR,
	CLI_END,
};

static const struct cli_command command = {
	.name = "vsx-bench",
	.version = VSX_VERSION,
	.usage = "DATA|--synthetic ROWSxDIM [OPTION]...",
	.about = "Build indexes over DATA and measure, side by side, recall, "
		 "speed, latency, build time and size. DATA is a file of "
		 "vectors (.npy .fvecs .bvecs .fbin ...) or an HDF5 file of "
		 "ann-benchmarks.",
	.needs = "DATA or --synthetic",
	.examples = "  vsx-bench --synthetic 100000x128\n"
		    "  vsx-bench base.npy --queries queries.npy --html "
		    "report.html\n"
		    "  vsx-bench base.npy -i HNSW16 -i HNSW32 --recall 0.98 "
		    "--curve\n"
		    "  vsx-bench base.npy --queries queries.npy --index "
		    "photos.vsx\n",
	.max_operands = 1,
	.options = option_table,
};

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void sort_sizes(struct cli_counts *sizes)
{
	size_t n = 0;

	if (sizes->n < 2)
		return;
	qsort(sizes->items, sizes->n, sizeof(*sizes->items), compare);
	for (size_t i = 0; i < sizes->n; i++)
		if (n == 0 || sizes->items[i] != sizes->items[n - 1])
			sizes->items[n++] = sizes->items[i];
	sizes->n = n;
}

/* What the options are together. */
static int check(void)
{
	static const char apart[] = "cannot be combined",
			  csv[] = "needs --json, --markdown or --html";
	bool has_queries = o.queries || (o.data && hdf5_is(o.data));
	bool only_csv = o.csv && !o.html && !o.svg;
	const struct {
		bool wrong;
		const char *what, *why;
	} rules[] = {
		{o.data && o.synthetic, "DATA and --synthetic", apart},
		{!o.data && !o.synthetic, "needs", "DATA or --synthetic"},
		{o.synthetic && (o.queries || o.ground_truth), "--synthetic",
		 "makes its own queries: no --queries or --ground-truth"},
		{o.intrinsic && !o.synthetic, "--intrinsic",
		 "needs --synthetic"},
		{o.ground_truth && !has_queries, "--ground-truth",
		 "needs its --queries"},
		{o.golden && !has_queries, "--make-golden",
		 "needs --queries: rows held out as queries change the "
		 "numbers of the others"},
		{o.json + o.csv + o.markdown > 1,
		 "--json, --csv and --markdown", apart},
		{only_csv && o.clients, "--csv has no loads: --clients", csv},
		{only_csv && o.concurrency, "--csv has no loads: --concurrency",
		 csv},
		{o.effort && o.ef, "--effort and --ef", apart},
		{o.effort && o.nprobe, "--effort and --nprobe", apart},
		{o.curve && o.effort, "--effort and --curve", apart},
		{o.curve && o.ef, "--ef and --curve", apart},
		{o.curve && o.nprobe, "--nprobe and --curve", apart},
		{o.filter && (o.skip_bad || o.rejects),
		 "--filter and --skip-bad", apart},
		{o.rate > 0 && !o.clients, "--rate", "needs --clients"},
		{o.duration > 0 && !o.clients && !o.concurrency, "--duration",
		 "needs --clients or --concurrency"},
		{o.golden_queries && !o.golden, "--golden-queries",
		 "needs --make-golden"},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].wrong)
			return cli_usage_error(&command, "%s %s", rules[i].what,
					       rules[i].why);
	return CLI_GO_ON;
}

/* Numbers above 0, at most 100, with commas between them. */
static int read_filters(void)
{
	const char *text = o.filter;

	while (text) {
		char *end;
		double percent = strtod(text, &end);

		if (end == text || (*end && *end != ',') || !(percent > 0.0) ||
		    percent > 100.0 || o.n_filters == FILTERS_MOST ||
		    (*text < '0' || *text > '9'))
			return cli_usage_error(
				&command,
				"--filter '%s': expected up to %d numbers "
				"above 0, at most 100, with commas between "
				"them",
				o.filter, FILTERS_MOST);
		o.filters[o.n_filters++] = percent;
		text = *end ? end + 1 : NULL;
	}
	return CLI_GO_ON;
}

int options_parse(struct bench_options *to, int argc, char **argv)
{
	struct cli_operands operands = {0};
	int code;

	o = defaults;
	code = cli_parse(&command, argc, argv, &operands);
	if (code == CLI_GO_ON) {
		o.data = operands.n ? operands.items[0] : NULL;
		code = check();
		if (code == CLI_GO_ON)
			code = read_filters();
	}
	sort_sizes(&o.sizes);
	*to = o;
	return code;
}

void options_release(struct bench_options *of)
{
	free(of->specs.items);
	free(of->indexes.items);
	free(of->sizes.items);
}

void options_of_data(struct dataset_opts *to, const struct bench_options *from)
{
	*to = (struct dataset_opts){
		.path = from->data,
		.synthetic = from->synthetic,
		.intrinsic_dim = (uint32_t)from->intrinsic,
		.queries = from->queries,
		.ground_truth = from->ground_truth,
		.n_queries = from->n_queries,
		.metric = (enum vsx_metric)(from->metric + 1),
		.elem = (enum vsx_elem)(from->elem + 1),
		.truth_k =
			from->k > LEAST_TRUTH ? (uint32_t)from->k : LEAST_TRUTH,
		.seed = from->seed,
		.threads = (unsigned int)from->threads,
		.skip_bad = from->skip_bad || from->rejects,
		.rejects = from->rejects,
		.quiet = from->quiet,
	};
}

void options_of_measuring(struct measure_opts *to,
			  const struct bench_options *from)
{
	*to = (struct measure_opts){
		.specs = from->specs.items,
		.n_specs = from->specs.n,
		.indexes = from->indexes.items,
		.n_indexes = from->indexes.n,
		.sizes = from->sizes.items,
		.n_sizes = from->sizes.n,
		.k = from->k,
		.target = from->recall,
		.ef = (uint32_t)(from->effort ? from->effort : from->ef),
		.nprobe =
			(uint32_t)(from->effort ? from->effort : from->nprobe),
		.refine = from->refine,
		.curve = from->curve,
		.threads = (unsigned int)from->threads,
		.seed = from->seed,
		.seconds = from->seconds,
		.ef_construction = (uint32_t)from->ef_construction,
		.filters = from->filters,
		.n_filters = from->n_filters,
		.cold = from->cold,
		.clients = (uint32_t)from->clients,
		.rate = from->rate,
		.duration = from->duration,
		.concurrency = from->concurrency,
		.quiet = from->quiet,
	};
}

bool options_measure(const struct bench_options *of)
{
	return !of->golden || of->specs.n > 0 || of->indexes.n > 0;
}
