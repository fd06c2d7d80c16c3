/* vsx-build: vectors in, an index file out. */
#include "build/queries.h"
#include "cli/built.h"
#include "cli/colour.h"
#include "cli/common.h"
#include "cli/exit.h"
#include "cli/fail.h"
#include "cli/files.h"
#include "cli/format_num.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/say.h"
#include "cli/tried.h"
#include "cli/wait.h"
#include "input/feed_cli.h"
#include "input/rejects.h"
#include "vsx_write.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const metrics[] = {"l2", "ip", "cosine", NULL};
static const char *const builders[] = {"insert", "partition", NULL};
static const char *const elems[] = {"f32", "f16", "bf16", "i8", "u8", NULL};

struct options {
	const char *out, *spec, *queries, *rejects, *source;
	struct feed_opts feed;
	const char *model, *model_hash, *model_aliases;
	int metric, elem, builder, format;
	uint64_t dim, seed, threads, memory, ef_construction, nlist_sample;
	uint64_t page_bytes;
	uint64_t row_bytes;
	double target_recall;
	struct cli_list properties;
	struct wait wait;
	bool normalize, skip_bad, plan, force, json, quiet;
};

static struct options o = {
	.spec = "auto",
	.metric = VSX_L2 - 1,
	.elem = -1,
	.builder = -1,
	.format = -1,
	.target_recall = 0.95,
	.wait = WAIT_INIT,
};

static const struct cli_option option_table[] = {
	CLI_GROUP("Output"),
	CLI_TEXT('o', "output", "FILE", "the index to write", &o.out),
	CLI_FLAG('f', "force", "replace a file that exists", &o.force),
	CLI_TEXT(0, "model", "NAME", "name of the embedding model, kept inside",
		 &o.model),
	CLI_TEXT(0, "model-hash", "HASH",
		 "fingerprint of the model, kept inside", &o.model_hash),
	CLI_TEXT(0, "model-alias", "NAME[,NAME...]",
		 "names that count as that of the model", &o.model_aliases),
	CLI_TEXT(0, "source", "TEXT",
		 "where the rows came from, kept inside (left out)", &o.source),
	CLI_PROPERTY(&o.properties),
	CLI_GROUP("Index"),
	CLI_SPEC("auto", &o.spec),
	CLI_COUNT(0, "max-bytes-per-row", "N",
		  "auto: of the file for each row, without keys, payload and "
		  "fields (any)",
		  &o.row_bytes, 1, UINT32_MAX),
	CLI_CHOICE('m', "metric", "METRIC", "the metric (l2)", &o.metric,
		   metrics),
	CLI_CHOICE('e', "element", "TYPE", "stored type (as the input)",
		   &o.elem, elems),
	CLI_FLAG(0, "normalize", "scale every row to length 1", &o.normalize),
	CLI_REAL(0, "recall", "R",
		 "recall@10 that searches reach by default (0.95)",
		 &o.target_recall, 0.01, 1.0),
	CLI_ALIAS("target-recall", "recall"),
	CLI_COUNT(0, "ef-construction", "N",
		  "HNSW: candidates for the links of a row (200)",
		  &o.ef_construction, 1, 65536),
	CLI_CHOICE(0, "builder", "HOW",
		   "HNSW: how links are found (by the rows)", &o.builder,
		   builders),
	CLI_COUNT(0, "nlist-sample", "N",
		  "IVF: rows to train on (256 for each list)", &o.nlist_sample,
		  1, UINT32_MAX),
	CLI_COUNT(0, "seed", "N", "seed of every random draw (0)", &o.seed, 0,
		  UINT64_MAX),
	CLI_SIZE(0, "page-size", "SIZE",
		 "size of the file's pages, 4K to 64K (4K)", &o.page_bytes,
		 4096, 65536),
	CLI_GROUP("Input"),
	CLI_TEXT(0, "ids", "FILE",
		 "ids of the rows: .npy, .ivecs, or one number per line",
		 &o.feed.ids),
	CLI_FEED(&o.feed, &o.format),
	CLI_TEXT(0, "queries", "FILE",
		 "queries to measure and shape graphs by (some of the rows)",
		 &o.queries),
	CLI_COUNT(0, "dim", "N",
		  "components of raw f32 rows on standard input, or of an "
		  "index without rows",
		  &o.dim, 1, VSX_MAX_DIM),
	CLI_SKIP_BAD(&o.skip_bad, &o.rejects),
	CLI_GROUP("Work"),
	CLI_FLAG(0, "plan",
		 "say what would be built and what it takes, and stop",
		 &o.plan),
	CLI_THREADS("work", &o.threads),
	CLI_MEMORY(&o.memory),
	CLI_WAIT(&o.wait),
	CLI_JSON(&o.json),
	CLI_QUIET("errors", &o.quiet),
	CLI_COLOUR,
	CLI_END,
};

static const struct cli_command command = {
	.name = "vsx-build",
	.version = VSX_VERSION,
	.usage = "INPUT...|--dim N -o INDEX [OPTION]...",
	.about = "Build an index over the vectors of one or more files: .npy "
		 ".fvecs .bvecs .ivecs .fbin .f16bin .u8bin .i8bin, documents "
		 "as JSON lines (.jsonl) or .csv, also packed (.gz, .zst), or "
		 "- for standard input: raw f32 rows, or what --format says. "
		 "With --dim and no INPUT it starts without rows.",
	.examples = "  vsx-build vectors.npy -o words.vsx -m cosine\n"
		    "  vsx-build base.fvecs more.fvecs --ids ids.txt -o "
		    "photos.vsx -i HNSW32\n"
		    "  vsx-build docs.jsonl -o docs.vsx -m cosine --fields "
		    "auto\n"
		    "  vsx-build vectors.npy --plan --recall 0.98\n"
		    "  embed --raw texts | vsx-build - --dim 768 -o texts.vsx\n"
		    "  vsx-build --dim 768 -o empty.vsx -i HNSW32\n",
	.min_operands = 0,
	.max_operands = SIZE_MAX,
	.options = option_table,
};

static struct rejects rejects;

static struct vsx_build_opts build_opts(const struct feed *feed)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;

	opts.dim = feed_dim(feed);
	opts.metric = (enum vsx_metric)(o.metric + 1);
	opts.elem = o.elem < 0 ? feed_elem(feed) : (enum vsx_elem)(o.elem + 1);
	opts.spec = o.spec;
	opts.ef_construction = (uint32_t)o.ef_construction;
	opts.builder = (enum vsx_graph_builder)(o.builder + 1);
	opts.nlist_sample = o.nlist_sample;
	opts.seed = o.seed;
	opts.n_threads = (unsigned int)o.threads;
	opts.memory = o.memory;
	opts.normalize = o.normalize;
	opts.force = o.force;
	opts.wait_ms = wait_ms(&o.wait);
	opts.page_bytes = (uint32_t)o.page_bytes;
	opts.target_recall = o.target_recall;
	opts.max_bytes_per_row = (uint32_t)o.row_bytes;
	opts.model = o.model;
	opts.model_hash = o.model_hash;
	opts.model_aliases = o.model_aliases;
	opts.source = o.source;
	opts.properties = o.properties.items;
	opts.n_properties = o.properties.n;
	opts.report = report_work;
	opts.context = &o.quiet;
	opts.rejected = o.skip_bad ? rejects_take : NULL;
	opts.rejected_context = &rejects;
	return opts;
}

static void print_plan_json(const struct vsx_build_opts *opts,
			    const struct docs_estimate *rows,
			    const struct vsx_build_plan *plan)
{
	struct json j;

	json_begin(&j, stdout, true);
	json_put_object(&j, NULL);
	json_put_string(&j, "spec", plan->spec);
	json_put_string(&j, "reason", plan->reason);
	json_put_u64(&j, "rows", rows->rows);
	json_put_bool(&j, "rows_exact", rows->exact);
	json_put_u64(&j, "dim", opts->dim);
	json_put_u64(&j, "key_bytes", rows->key_bytes);
	json_put_u64(&j, "payload_bytes", rows->payload_bytes);
	json_put_u64(&j, "field_bytes", rows->field_bytes);
	json_put_u64(&j, "file_bytes", plan->file_bytes);
	json_put_u64(&j, "build_bytes", plan->build_bytes);
	json_put_u64(&j, "scratch_bytes", plan->scratch_bytes);
	json_put_u64(&j, "query_hot_bytes", plan->query_hot_bytes);
	json_put_u64(&j, "searcher_bytes", plan->searcher_bytes);
	json_put_double(&j, "build_seconds", plan->build_seconds);
	json_put_string(&j, "tried", plan->tried);
	json_put_u64(&j, "trial_rows", plan->trial_rows);
	json_put_double(&j, "trial_seconds", plan->trial_seconds);
	json_close(&j);
	json_end(&j);
}

/* "  with up to 3 MiB of keys and 5 MiB of payload". */
static void print_besides(const struct docs_estimate *rows)
{
	const struct {
		uint64_t bytes;
		const char *what;
	} parts[] = {{rows->key_bytes, "keys"},
		     {rows->payload_bytes, "payload"},
		     {rows->field_bytes, "fields"}};
	const char *lead = "          up to ";
	char a[NUM_BYTES];

	for (size_t i = 0; i < 3; i++) {
		if (!parts[i].bytes)
			continue;
		printf("%s%s of %s", lead, num_bytes(a, parts[i].bytes),
		       parts[i].what);
		lead = ", ";
	}
	if (*lead == ',')
		printf(", before they are packed\n");
}

/* What a trial will choose from. */
static void print_trial(const struct vsx_build_plan *plan)
{
	char a[NUM_BYTES], b[NUM_BYTES];

	if (plan->trial_rows)
		printf("trial     %s on %s rows, about %s\n", plan->tried,
		       num_count(a, plan->trial_rows),
		       num_duration(b, plan->trial_seconds));
}

static void print_plan(const struct vsx_build_opts *opts,
		       const struct docs_estimate *rows,
		       const struct vsx_build_plan *plan)
{
	char a[NUM_BYTES], b[NUM_BYTES];

	if (o.json) {
		print_plan_json(opts, rows, plan);
		return;
	}
	printf("index     %s\n", plan->spec);
	if (*plan->reason)
		printf("because   %s\n", plan->reason);
	print_trial(plan);
	printf("rows      %s%s of %s %s, %s\n", rows->exact ? "" : "about ",
	       num_count(a, rows->rows), num_count(b, opts->dim),
	       vsx_elem_text(opts->elem), vsx_metric_text(opts->metric));
	printf("file      %s\n", num_bytes(a, plan->file_bytes));
	print_besides(rows);
	printf("building  %s of memory at peak",
	       num_bytes(a, plan->build_bytes));
	if (plan->scratch_bytes)
		printf(", and %s in unnamed files",
		       num_bytes(a, plan->scratch_bytes));
	printf("\n");
	printf("          about %s, within a factor of two or so\n",
	       num_duration(a, plan->build_seconds));
	printf("querying  %s of the file in every search",
	       num_bytes(a, plan->query_hot_bytes));
	printf(", and %s of memory per thread\n",
	       num_bytes(a, plan->searcher_bytes));
}

/* What rows have besides is in the file, and in memory as the rows are. */
static enum vsx_status show_plan(struct feed *feed, struct vsx_error *err)
{
	struct vsx_build_opts opts = build_opts(feed);
	struct vsx_build_plan plan;
	struct docs_estimate rows;
	enum vsx_status status = feed_estimate(feed, &rows, err);
	uint64_t besides;

	if (status == VSX_OK)
		status = vsx_build_plan(&opts, rows.rows, &plan, err);
	if (status != VSX_OK)
		return status;
	besides = rows.key_bytes + rows.payload_bytes + rows.field_bytes;
	plan.file_bytes += besides;
	plan.build_bytes += besides;
	print_plan(&opts, &rows, &plan);
	return VSX_OK;
}

static void print_json(const struct vsx_build_opts *opts,
		       const struct vsx_build_result *r, double seconds_read)
{
	struct json j;

	json_begin(&j, stdout, true);
	json_put_object(&j, NULL);
	json_put_string(&j, "index", o.out);
	json_put_string(&j, "spec", r->spec);
	json_put_string(&j, "metric", vsx_metric_text(opts->metric));
	json_put_string(&j, "element", vsx_elem_text(opts->elem));
	json_put_u64(&j, "rows", r->n_rows);
	json_put_u64(&j, "rejected", r->n_rejected);
	json_put_u64(&j, "dim", opts->dim);
	json_put_u64(&j, "bytes", r->file_bytes);
	built_json_recall(&j, r);
	tried_json(&j);
	json_put_object(&j, "seconds");
	json_put_double(&j, "read", seconds_read);
	json_put_double(&j, "train", r->seconds_train);
	json_put_double(&j, "build", r->seconds_build);
	json_put_double(&j, "test", r->seconds_test);
	json_put_double(&j, "write", r->seconds_write);
	json_close(&j);
	json_close(&j);
	json_end(&j);
}

static void print_result(const struct vsx_build_opts *opts,
			 const struct vsx_build_result *r, double seconds_read)
{
	char a[NUM_BYTES], b[NUM_BYTES], c[NUM_BYTES], d[NUM_BYTES];
	char rows[NUM_OF_BYTES];

	if (r->n_rows == 0) {
		printf("%s: no rows yet (%u %s, %s), to become %s\n", o.out,
		       opts->dim, vsx_elem_text(opts->elem),
		       vsx_metric_text(opts->metric), r->spec);
		return;
	}
	printf("%s: %s over %s of %s %s, %s\n", o.out, r->spec,
	       num_of(rows, r->n_rows, "row"), num_count(a, opts->dim),
	       vsx_elem_text(opts->elem), vsx_metric_text(opts->metric));
	built_print_recall(r, o.queries ? "" : " (measured on its own rows)");
	if (r->n_rejected)
		printf("  left out   %s\n", num_count(a, r->n_rejected));
	printf("  size       %s\n", num_bytes(a, r->file_bytes));
	printf("  time       read %s, build %s, test %s, write %s\n",
	       num_duration(a, seconds_read),
	       num_duration(b, r->seconds_train + r->seconds_build),
	       num_duration(c, r->seconds_test),
	       num_duration(d, r->seconds_write));
}

static enum vsx_status pass_on(void *builder, const struct vsx_batch *rows,
			       struct vsx_error *err)
{
	return vsx_builder_add(builder, rows, err);
}

static enum vsx_status feed_all(struct feed *feed, struct vsx_builder *builder,
				double *seconds, struct vsx_error *err)
{
	enum vsx_status status =
		feed_rows(feed, pass_on, builder, seconds, err);

	return rejects_close(&rejects, status, err);
}

/* Rows that have one key, or one id, are found at the end. */
static enum vsx_status finish(const struct feed *feed,
			      struct vsx_builder *builder,
			      struct vsx_build_result *result,
			      struct vsx_error *err)
{
	enum vsx_status status = vsx_builder_finish(builder, result, err);

	if (status == VSX_EINVAL)
		feed_name_row(feed, err);
	return status;
}

static enum vsx_status build(struct feed *feed, struct vsx_error *err)
{
	struct vsx_build_opts opts = build_opts(feed);
	struct vsx_builder *builder = NULL;
	struct vsx_build_result result;
	double seconds_read = 0;
	enum vsx_status status;

	status = vsx_builder_new(&builder, o.out, &opts, err);
	built_name_force(status, err);
	if (status == VSX_OK)
		status = feed_all(feed, builder, &seconds_read, err);
	if (status == VSX_OK && o.queries)
		status = queries_pass(o.queries, feed_dim(feed), builder, err);
	if (status == VSX_OK)
		status = finish(feed, builder, &result, err);
	vsx_builder_free(builder);
	progress_end();
	if (status != VSX_OK)
		return status;
	if (!o.quiet)
		feed_say(feed);
	if (o.json)
		print_json(&opts, &result, seconds_read);
	else if (!o.quiet)
		print_result(&opts, &result, seconds_read);
	return VSX_OK;
}

/* Without rows there is nothing that these could be of. */
static int check_usage(const struct cli_operands *operands)
{
	if (!o.out && !o.plan)
		return cli_usage_error(&command, "needs -o INDEX");
	if (operands->n)
		return feed_cli_check(&command, &o.feed, o.format,
				      operands->items, operands->n);
	if (!o.dim)
		return cli_usage_error(&command,
				       "needs an INPUT, or --dim N for an "
				       "index without rows");
	if (o.feed.ids || o.feed.keys || o.feed.payload || o.feed.fields_from ||
	    o.feed.fields || o.format >= 0 || o.queries || o.rejects ||
	    o.skip_bad || o.plan || o.row_bytes)
		return cli_usage_error(&command, "--%s needs an INPUT",
				       o.feed.ids	    ? "ids"
				       : o.feed.keys	    ? "keys"
				       : o.feed.payload	    ? "payload"
				       : o.feed.fields_from ? "fields-from"
				       : o.feed.fields	    ? "fields"
				       : o.format >= 0	    ? "format"
				       : o.queries	    ? "queries"
				       : o.rejects	    ? "rejects"
				       : o.skip_bad	    ? "skip-bad"
				       : o.plan		    ? "plan"
						: "max-bytes-per-row");
	return CLI_GO_ON;
}

int main(int argc, char **argv)
{
	struct cli_operands operands;
	struct vsx_error err = {0};
	enum vsx_status status;
	struct feed *feed = NULL;
	int code = cli_parse(&command, argc, argv, &operands);

	if (code == CLI_GO_ON)
		code = check_usage(&operands);
	if (code != CLI_GO_ON)
		return code;
	interrupt_install();
	if (!o.plan)
		say_after_work();
	progress_begin(o.quiet, report_build_steps);
	files_read_all(operands.items, operands.n);
	files_read(o.feed.ids);
	files_read(o.feed.keys);
	files_read(o.feed.payload);
	files_read(o.feed.fields_from);
	files_read(o.queries);
	files_write_index(o.plan ? NULL : o.out);
	files_write(o.plan ? NULL : o.rejects);
	status = files_check(&err);
	o.skip_bad |= o.rejects != NULL;
	rejects = (struct rejects){
		.path = o.plan ? NULL : o.rejects,
		.quiet = o.quiet,
	};
	o.feed.keep_odd = o.skip_bad;
	o.feed.dim = (uint32_t)o.dim;
	if (status == VSX_OK)
		status = rejects_open(&rejects, &err);
	if (status == VSX_OK)
		status = feed_open(&feed, operands.items, operands.n, &o.feed,
				   &err);
	rejects.feed = feed;
	if (status == VSX_OK)
		status = o.plan ? show_plan(feed, &err) : build(feed, &err);
	progress_end();
	outfile_drop(&rejects.file);
	feed_release(feed);
	free(o.properties.items);
	return say_end(status == VSX_OK ? EXIT_DONE : say_error(&err));
}
