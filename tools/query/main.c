/* vsx-query: the nearest rows of queries. */
#include "cli/clock.h"
#include "cli/colour.h"
#include "cli/common.h"
#include "cli/exit.h"
#include "cli/fail.h"
#include "cli/few.h"
#include "cli/files.h"
#include "cli/format_num.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/plural.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "input/input.h"
#include "query/among.h"
#include "query/range.h"
#include "query/recall.h"
#include "query/results.h"
#include "query/told.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Queries that are read at a time. */
#define BLOCK_ROWS 1024

/*
 * Of them as many are searched and printed at a time as take this long, so that
 * who asks to stop need not wait, however slow the disk is.
 */
#define LEAST_SECONDS 0.05
#define MOST_SECONDS  0.2
#define FIRST_PART    16

static const char *const formats[] = {"table", "json", "tsv",
				      "ivecs", "npy",  NULL};

struct options {
	const char *model, *model_hash, *ground_truth, *labels, *out;
	const char *group_by, *show;
	struct among among;
	double radius; /* NaN: the nearest rows, however far they are */
	uint64_t max;
	int format;
	uint64_t k, ef, nprobe, threads;
	double recall, refine, slack;
	struct cli_counts ids;
	struct cli_list keys;
	bool payload, exact, stats, untrusted, json, quiet;
};

#define K 10 /* of a search that names neither k nor a radius */

static struct options o = {.format = -1, .radius = NAN};

static bool is_range(void)
{
	return !isnan(o.radius);
}

static const struct cli_option option_table[] = {
	CLI_GROUP("Search"),
	CLI_COUNT('k', "k", "N", "neighbours of each query (10)", &o.k, 1,
		  UINT32_MAX),
	CLI_REAL(0, "radius", "R",
		 "all rows within R instead: squared distances up to R (l2), "
		 "products or similarities from R on (ip, cosine)",
		 &o.radius, -DBL_MAX, DBL_MAX),
	CLI_COUNT(0, "max", "N", "the nearest N of them at most", &o.max, 1,
		  UINT32_MAX),
	CLI_COUNT(0, "ef", "N",
		  "HNSW: candidates to look around (default of the index)",
		  &o.ef, 1, UINT32_MAX),
	CLI_COUNT(0, "nprobe", "N", "IVF: lists to scan (default of the index)",
		  &o.nprobe, 1, UINT32_MAX),
	CLI_REAL(0, "recall", "R",
		 "the cheapest effort that reached this recall when the index "
		 "was built",
		 &o.recall, 0.0, 1.0),
	CLI_REAL(0, "refine", "R",
		 "codes such as SQ8: rows to look at for each neighbour "
		 "(default of the index)",
		 &o.refine, 1.0, 1000.0),
	CLI_REAL(0, "slack", "S",
		 "HNSW with G: standard deviations by which a row must seem "
		 "too far to be left out (0.5)",
		 &o.slack, 0.01, 1000.0),
	CLI_FLAG(0, "exact", "compare with every row", &o.exact),
	CLI_TEXT(0, "group-by", "FIELD",
		 "the nearest row of each value of FIELD; -k of these",
		 &o.group_by),
	CLI_WHERE("filter", "only rows whose fields pass", &o.among.filter),
	CLI_TEXT(0, "among-ids", "FILE",
		 "only rows with these ids: .npy, .ivecs, or one a line",
		 &o.among.ids),
	CLI_TEXT(0, "among-keys", "FILE",
		 "only rows with these keys, one a line", &o.among.keys),
	CLI_COUNTS(0, "id", "N", "the row with this id is a query (repeatable)",
		   &o.ids, 0, UINT64_MAX),
	CLI_LIST(0, "key", "KEY",
		 "the row with this key is a query (repeatable)", &o.keys),
	CLI_MODEL_OF("queries", &o.model, &o.model_hash),
	CLI_THREADS("search", &o.threads),
	CLI_FLAG(0, "untrusted", "copy and check the whole file before use",
		 &o.untrusted),
	CLI_GROUP("Output"),
	CLI_CHOICE(0, "format", "FORMAT", "how to print (table)", &o.format,
		   formats),
	CLI_FLAG(0, "json", "the same as --format json", &o.json),
	CLI_TEXT('o', "output", "FILE", "file to write (standard output)",
		 &o.out),
	CLI_TEXT(0, "labels", "FILE",
		 "text file whose line i, from 0, is printed beside id i",
		 &o.labels),
	CLI_TEXT(0, "show", "FIELD[,...]",
		 "print these fields of each row (* for all)", &o.show),
	CLI_FLAG(0, "payload", "print what is kept with each row", &o.payload),
	CLI_TEXT(0, "ground-truth", "FILE",
		 "true neighbours (.ivecs, .npy): print recall",
		 &o.ground_truth),
	CLI_FLAG(0, "stats", "say how long it took and how much was compared",
		 &o.stats),
	CLI_QUIET("errors", &o.quiet),
	CLI_COLOUR,
	CLI_END,
};

static const struct cli_command command = {
	.name = "vsx-query",
	.version = VSX_VERSION,
	.usage = "INDEX QUERIES|- [OPTION]...",
	.about = "Print the nearest rows of the vectors in QUERIES, of raw f32 "
		 "vectors on standard input (-), or of rows of the index "
		 "(--id, --key).",
	.needs = "an INDEX",
	.examples = "  vsx-query photos.vsx queries.npy -k 10 --recall "
		    "0.98\n"
		    "  vsx-query words.vsx --id 691 -k 5 --labels words.txt\n"
		    "  vsx-query notes.vsx --key piano --show lang,year "
		    "--payload\n"
		    "  vsx-query notes.vsx --key piano --filter "
		    "'lang = \"en\" and year >= 2024'\n"
		    "  vsx-query notes.vsx --key piano --group-by doc -k 3\n"
		    "  vsx-query photos.vsx queries.npy --radius 0.5 --max "
		    "100 --among-ids mine.txt\n"
		    "  vsx-query photos.vsx queries.npy --ground-truth "
		    "truth.ivecs\n"
		    "  vsx-query photos.vsx - --json <queries.f32\n",
	.min_operands = 1,
	.max_operands = 2,
	.options = option_table,
};

/* Everything of one run. */
struct run {
	const char *path;
	struct vsx *index;
	struct vsx_facts facts;
	struct vsx_search_opts search;
	struct vsx_selection *selection;
	struct range range;
	struct input *queries;
	struct labels labels;
	struct recall recall;
	struct results results;
	struct value_field *fields; /* that are shown */
	size_t n_fields;
	struct vsx_hit *hits;
	size_t *n_hits;
	struct vsx_search_stats stats;
	size_t part; /* queries that are searched at a time */
	double seconds_open, seconds_search;
	bool print_hits;
};

static enum vsx_status wrong_effort(const struct run *r, const char *given,
				    struct vsx_error *err)
{
	if (*r->facts.effort_name)
		return tool_fail(err, VSX_EINVAL,
				 "%s: is an %s index, which takes --%s, not "
				 "--%s",
				 r->path, r->facts.spec, r->facts.effort_name,
				 given);
	return tool_fail(err, VSX_EINVAL,
			 "%s: is a %s index, which takes no --%s", r->path,
			 r->facts.spec, given);
}

/*
 * An index that has few rows yet scans them: it takes what it will take when it
 * has become what was asked for.
 */
static bool takes(const struct run *r, const char *effort)
{
	const char *name = r->facts.effort_name;

	if (!*name)
		name = r->facts.asked_effort_name;
	return !name || strcmp(name, effort) == 0;
}

static enum vsx_status choose_effort(struct run *r, struct vsx_error *err)
{
	char few[FEW_BYTES];
	uint32_t effort;
	enum vsx_status status;

	r->search.exact = o.exact;
	r->search.group_by = o.group_by;
	r->search.refine = o.refine;
	r->search.slack = o.slack;
	if (o.ef && !takes(r, "ef"))
		return wrong_effort(r, "ef", err);
	if (o.nprobe && !takes(r, "nprobe"))
		return wrong_effort(r, "nprobe", err);
	r->search.effort = (uint32_t)(o.ef ? o.ef : o.nprobe);
	if (o.recall <= 0.0 || o.exact)
		return VSX_OK;
	r->search.recall = o.recall;
	status = vsx_effort_for(r->index, o.recall, (uint32_t)o.k, &effort,
				NULL, err);
	if (status == VSX_OK && !o.quiet && r->facts.n_queries &&
	    r->facts.n_queries < r->facts.due_queries)
		say("%s: recall %g was reached when the index was built%s",
		    r->path, o.recall,
		    few_text(few, r->facts.n_queries, r->facts.due_queries));
	if (status == VSX_ENOTFOUND) {
		if (!o.quiet)
			say("%s", err->text);
		return VSX_OK;
	}
	return status;
}

static enum vsx_status check_model(const struct run *r, struct vsx_error *err)
{
	struct vsx_error note;
	enum vsx_status status =
		vsx_check_model(r->index, o.model, o.model_hash, &note, err);

	if (status == VSX_OK && *note.text && !o.quiet)
		say("%s", note.text);
	return status;
}

/* Rows that are queries by their keys are so by their ids. */
static enum vsx_status find_keys(const struct run *r, struct vsx_error *err)
{
	size_t n = o.ids.n + o.keys.n;
	uint64_t *ids;

	if (o.keys.n == 0)
		return VSX_OK;
	ids = reallocarray(o.ids.items, n, sizeof(*ids));
	if (!ids)
		return tool_fail_memory(err, n * sizeof(*ids));
	o.ids.items = ids;
	for (size_t i = 0; i < o.keys.n; i++) {
		const char *key = o.keys.items[i];
		enum vsx_status status = vsx_find(r->index, key, strlen(key),
						  &ids[o.ids.n], err);

		if (status != VSX_OK)
			return status;
		o.ids.n++;
	}
	return VSX_OK;
}

static enum vsx_status select_some(struct run *r, struct vsx_error *err)
{
	char a[NUM_OF_BYTES];
	enum vsx_status status =
		among_select(&r->selection, r->index, &o.among, err);
	uint64_t n;

	if (status != VSX_OK || !r->selection)
		return status;
	r->search.among = r->selection;
	n = vsx_selection_count(r->selection);
	if (n < o.k && !o.quiet)
		say("%s: the filter passes %s, fewer than -k %" PRIu64, r->path,
		    num_of(a, n, "row"), o.k);
	return VSX_OK;
}

/* Who gave texts to an index may take these for a field. */
static enum vsx_status find_fields(struct run *r, struct vsx_error *err)
{
	struct vsx_error why;
	enum vsx_status status =
		value_fields(&r->fields, &r->n_fields, r->index, o.show, &why);

	if (status == VSX_EINVAL && r->facts.has_payload && !o.payload)
		return tool_fail(err, status,
				 "%s (--payload prints what is kept with rows)",
				 why.text);
	if (status != VSX_OK)
		*err = why;
	return status;
}

static enum vsx_status open_index(struct run *r, struct vsx_error *err)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	double start = clock_now();
	enum vsx_status status;

	opts.untrusted = o.untrusted;
	status = vsx_open(&r->index, r->path, &opts, err);
	r->seconds_open = clock_now() - start;
	if (status != VSX_OK)
		return status;
	vsx_get_facts(r->index, &r->facts);
	status = check_model(r, err);
	if (status == VSX_OK)
		status = find_fields(r, err);
	if (status == VSX_OK)
		status = find_keys(r, err);
	if (status == VSX_OK)
		status = select_some(r, err);
	return status == VSX_OK ? choose_effort(r, err) : status;
}

static enum vsx_status open_queries(struct run *r, const char *path,
				    struct vsx_error *err)
{
	struct input_opts opts = {0};
	enum vsx_status status;

	if (strcmp(path, "-") == 0)
		opts.dim = r->facts.dim;
	status = input_open(&r->queries, path, &opts, err);
	if (status != VSX_OK)
		return status;
	if (input_dim(r->queries) != r->facts.dim)
		return tool_fail(
			err, VSX_EINVAL,
			"%s: queries of %u component%s, %s has rows of "
			"%u",
			input_name(r->queries), input_dim(r->queries),
			plural_s(input_dim(r->queries)), r->path, r->facts.dim);
	return VSX_OK;
}

static enum vsx_status open_rest(struct run *r, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	uint64_t n = r->queries ? input_n_rows(r->queries) : o.ids.n;

	r->print_hits = !o.ground_truth || o.format >= 0 || o.out;
	if (o.labels)
		status = input_labels(o.labels, &r->labels, err);
	if (status == VSX_OK && o.ground_truth)
		status = recall_begin(&r->recall, o.ground_truth, n, o.k,
				      r->index, r->path, err);
	if (status != VSX_OK)
		return status;
	/* More than there are rows cannot be found; the room is for those. */
	r->results.k = is_range() ? o.max : o.k;
	if (r->results.k > r->facts.n_rows)
		r->results.k = r->facts.n_rows ? r->facts.n_rows : 1;
	if (is_range()) {
		r->range.radius = o.radius;
		r->range.max = o.max;
		status = range_begin(&r->range, r->index, err);
		if (status != VSX_OK)
			return status;
	}
	r->hits = calloc(is_range() ? 1 : BLOCK_ROWS * r->results.k,
			 sizeof(*r->hits));
	r->n_hits = calloc(BLOCK_ROWS, sizeof(*r->n_hits));
	if (!r->hits || !r->n_hits)
		return tool_fail_memory(err, BLOCK_ROWS * r->results.k *
						     sizeof(*r->hits));
	r->results.format = o.format < 0 ? FORMAT_TABLE : (enum format)o.format;
	r->results.path = o.out;
	r->results.metric = r->facts.metric;
	r->results.labels = o.labels ? &r->labels : NULL;
	r->results.shown = (struct shown){
		.index = r->index,
		.keys = r->facts.has_keys,
		.payload = o.payload,
		.fields = r->fields,
		.n_fields = r->n_fields,
	};
	r->results.query_ids = r->queries ? NULL : o.ids.items;
	return r->print_hits ? results_begin(&r->results, err) : VSX_OK;
}

/* The answers to n queries, if they were found. */
static enum vsx_status take(struct run *r, size_t n, enum vsx_status status,
			    struct vsx_error *err)
{
	if (status == VSX_ESTOPPED)
		return tool_fail(err, VSX_ESTOPPED, "interrupted");
	if (status == VSX_OK && o.ground_truth)
		status = recall_add(&r->recall, r->hits, r->n_hits, n,
				    r->results.k, err);
	if (status == VSX_OK && r->print_hits)
		status = results_add(&r->results, r->hits, r->n_hits, n, err);
	if (status == VSX_OK && interrupted())
		status = tool_fail(err, VSX_ESTOPPED, "interrupted");
	return status;
}

/* Query number i of the file or, if it is NULL, the i-th id. */
static enum vsx_status search_within(struct run *r, const uint8_t *query,
				     uint64_t i, struct vsx_error *err)
{
	double start = clock_now();
	enum vsx_elem elem = query ? input_elem(r->queries) : VSX_F32;
	enum vsx_status status =
		range_search(&r->range, query, elem, query ? 0 : o.ids.items[i],
			     &r->search, err);

	r->seconds_search += clock_now() - start;
	if (status == VSX_ENUMERIC) {
		err->at.query = (int64_t)i;
		tool_name_row(err, input_name(r->queries), 0);
	}
	if (status == VSX_ESTOPPED)
		return tool_fail(err, VSX_ESTOPPED, "interrupted");
	if (status == VSX_OK)
		status = results_add(&r->results, r->range.hits, &r->range.n, 1,
				     err);
	if (status == VSX_OK && interrupted())
		status = tool_fail(err, VSX_ESTOPPED, "interrupted");
	vsx_get_stats(r->range.searcher, &r->stats);
	return status;
}

/* n queries, number `first` of the file and on. */
static enum vsx_status search_part(struct run *r, const uint8_t *queries,
				   uint64_t first, size_t n,
				   struct vsx_error *err)
{
	double start = clock_now(), took;
	enum vsx_status status;

	r->search.first_query = first;
	status = vsx_search_batch(r->index, queries, input_elem(r->queries), n,
				  r->results.k, &r->search,
				  (unsigned int)o.threads, r->hits, r->n_hits,
				  &r->stats, err);
	took = clock_now() - start;
	r->seconds_search += took;
	if (status == VSX_ENUMERIC)
		tool_name_row(err, input_name(r->queries), 0);
	if (took > MOST_SECONDS && r->part > 1)
		r->part /= 2;
	else if (took < LEAST_SECONDS && r->part < BLOCK_ROWS)
		r->part *= 4;
	return take(r, n, status, err);
}

static void tell(const struct run *r, uint64_t done)
{
	uint64_t n = r->queries ? input_n_rows(r->queries) : o.ids.n;

	progress_update("searching", "queries", done,
			n == INPUT_UNKNOWN_ROWS ? 0 : n);
}

static enum vsx_status search_file(struct run *r, struct vsx_error *err)
{
	size_t row_bytes = input_row_bytes(r->queries), n = 0;
	uint8_t *block = malloc(BLOCK_ROWS * row_bytes);
	enum vsx_status status;
	uint64_t first = 0;

	if (!block)
		return tool_fail_memory(err, BLOCK_ROWS * row_bytes);
	r->part = FIRST_PART;
	do {
		status = input_read(r->queries, block, BLOCK_ROWS, &n, err);
		for (size_t i = 0, part; i < n && status == VSX_OK; i += part) {
			part = n - i < r->part ? n - i : r->part;
			tell(r, first + i);
			if (is_range()) {
				part = 1;
				status = search_within(r, block + i * row_bytes,
						       first + i, err);
				continue;
			}
			status = search_part(r, block + i * row_bytes,
					     first + i, part, err);
		}
		first += n;
	} while (status == VSX_OK && n > 0);
	free(block);
	return status;
}

static enum vsx_status search_ids(struct run *r, struct vsx_error *err)
{
	struct vsx_searcher *searcher;
	enum vsx_status status = vsx_searcher_new(&searcher, r->index, err);
	double start = clock_now();

	for (size_t i = 0; i < o.ids.n && status == VSX_OK; i++) {
		tell(r, i);
		if (is_range()) {
			status = search_within(r, NULL, i, err);
			continue;
		}
		status = vsx_search_id(searcher, o.ids.items[i], r->results.k,
				       &r->search, r->hits, r->n_hits, err);
		status = take(r, 1, status, err);
	}
	r->seconds_search = clock_now() - start;
	if (searcher && !is_range())
		vsx_get_stats(searcher, &r->stats);
	vsx_searcher_free(searcher);
	return status;
}

static void print_recall(const struct run *r)
{
	bool beside = r->print_hits && !o.out;
	bool as_json = beside && r->results.format == FORMAT_JSON;

	/* Data that a program reads must not get lines of another kind. */
	recall_print(&r->recall, as_json,
		     beside && !as_json && r->results.format != FORMAT_TABLE
			     ? stderr
			     : stdout);
}

static void print_stats(const struct run *r)
{
	const struct told told = {
		.index = r->index,
		.facts = &r->facts,
		.stats = &r->stats,
		.k = o.k,
		.recall = o.recall,
		.among = r->selection != NULL,
		.seconds_open = r->seconds_open,
		.seconds_search = r->seconds_search,
	};

	tell_stats(&told);
}

/* Where results run over the screen by themselves, they show how far it is. */
static bool shows_results(void)
{
	return !o.out && isatty(STDOUT_FILENO) && o.format >= 0 &&
	       o.format != FORMAT_TABLE;
}

static enum vsx_status run(struct run *r, const char *queries,
			   struct vsx_error *err)
{
	enum vsx_status status;

	progress_begin(o.quiet || shows_results(), NULL);
	progress_update("opening", "", 0, 0);
	status = open_index(r, err);
	if (status == VSX_OK && queries)
		status = open_queries(r, queries, err);
	if (status == VSX_OK)
		status = open_rest(r, err);
	if (status == VSX_OK)
		status = queries ? search_file(r, err) : search_ids(r, err);
	progress_end();
	if (status == VSX_OK && r->print_hits)
		status = results_end(&r->results, err);
	if (status == VSX_OK && o.ground_truth)
		print_recall(r);
	if (status == VSX_OK && o.ground_truth && !o.quiet)
		recall_say_few(&r->recall, r->path, r->facts.due_queries);
	if (status == VSX_OK && o.stats)
		print_stats(r);
	return status;
}

static enum vsx_status check_files(const struct cli_operands *operands,
				   struct vsx_error *err)
{
	char *distances;

	files_read_all(operands->items, operands->n);
	files_read(o.labels);
	files_read(o.among.ids);
	files_read(o.among.keys);
	files_read(o.ground_truth);
	files_write(o.out);
	if (o.format == FORMAT_NPY) {
		distances = results_distances_path(o.out);
		if (!distances)
			return tool_fail_memory(err, strlen(o.out));
		files_write(distances);
		free(distances);
	}
	return files_check(err);
}

static void release(struct run *r)
{
	results_drop(&r->results);
	recall_release(&r->recall);
	labels_release(&r->labels);
	input_close(r->queries);
	free(r->fields);
	free(r->hits);
	free(r->n_hits);
	range_release(&r->range);
	vsx_selection_free(r->selection);
	vsx_close(r->index);
	free(o.ids.items);
	free(o.keys.items);
}

/* Rules between options. */
static int check_options(const struct cli_operands *operands)
{
	if (is_range() && (o.k || o.ground_truth || o.group_by))
		return cli_usage_error(&command,
				       "--radius and %s cannot be combined",
				       o.k	    ? "-k"
				       : o.group_by ? "--group-by"
						    : "--ground-truth");
	if (o.max && !is_range())
		return cli_usage_error(&command, "--max needs --radius");
	if (is_range() && o.format == FORMAT_NPY && !o.max)
		return cli_usage_error(&command,
				       "--format npy and --radius need --max: "
				       "all answers have as many places");
	if (!o.k && !is_range())
		o.k = K;
	if (!!o.ef + !!o.nprobe + (o.recall > 0.0) + o.exact > 1)
		return cli_usage_error(&command, "--ef, --nprobe, --recall and "
						 "--exact cannot be combined");
	if (operands->n == 2 && (o.ids.n || o.keys.n))
		return cli_usage_error(&command,
				       "QUERIES and --%s cannot be combined",
				       o.ids.n ? "id" : "key");
	if (operands->n == 1 && !o.ids.n && !o.keys.n)
		return cli_usage_error(&command,
				       "needs QUERIES, -, --id or --key");
	if (o.json && o.format >= 0 && o.format != FORMAT_JSON)
		return cli_usage_error(&command,
				       "--json and --format %s "
				       "cannot be "
				       "combined",
				       formats[o.format]);
	if (o.json)
		o.format = FORMAT_JSON;
	if ((o.payload || o.show) &&
	    (o.format == FORMAT_NPY || o.format == FORMAT_IVECS))
		return cli_usage_error(&command,
				       "--%s and --format %s cannot be "
				       "combined",
				       o.payload ? "payload" : "show",
				       formats[o.format]);
	if (o.group_by && o.ground_truth)
		return cli_usage_error(&command, "--group-by and "
						 "--ground-truth cannot be "
						 "combined");
	if (o.format == FORMAT_NPY && !o.out)
		return cli_usage_error(&command, "--format npy needs -o FILE: "
						 "it writes two files");
	return CLI_GO_ON;
}

int main(int argc, char **argv)
{
	struct cli_operands operands;
	struct vsx_error err = {0};
	struct run r = {.search = VSX_SEARCH_OPTS_INIT};
	enum vsx_status status;
	int code = cli_parse(&command, argc, argv, &operands);

	if (code == CLI_GO_ON)
		code = check_options(&operands);
	if (code != CLI_GO_ON)
		return code;
	interrupt_install();
	r.search.stop = interrupt_stop();
	r.path = operands.items[0];
	status = check_files(&operands, &err);
	if (status == VSX_OK)
		status = run(&r, operands.n == 2 ? operands.items[1] : NULL,
			     &err);
	progress_end();
	release(&r);
	return say_end(status == VSX_OK ? EXIT_DONE : say_error(&err));
}
