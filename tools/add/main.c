/* vsx-add: more rows for an index, as a new generation of its file. */
#include "cli/colour.h"
#include "cli/common.h"
#include "cli/exit.h"
#include "cli/fail.h"
#include "cli/few.h"
#include "cli/files.h"
#include "cli/format_num.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/say.h"
#include "cli/update.h"
#include "cli/wait.h"
#include "input/feed_cli.h"
#include "input/rejects.h"
#include "vsx_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct options {
	const char *rejects, *model, *model_hash;
	struct feed_opts feed;
	int format;
	uint64_t dim, threads, memory;
	struct cli_list properties;
	struct wait wait;
	bool replace, skip_bad, keep_segments, json, quiet;
};

static struct options o = {
	.format = -1,
	.feed.docs.keys_only = true,
	.wait = WAIT_INIT,
};

static const struct cli_option option_table[] = {
	CLI_GROUP("Input"),
	CLI_TEXT(0, "ids", "FILE",
		 "ids of the rows: .npy, .ivecs or one number per line "
		 "(continue from the greatest)",
		 &o.feed.ids),
	CLI_FEED(&o.feed, &o.format),
	CLI_FLAG(0, "replace",
		 "rows whose ids or keys exist replace the old ones",
		 &o.replace),
	CLI_COUNT(0, "dim", "N",
		  "components of raw f32 rows on standard input (as the index)",
		  &o.dim, 1, VSX_MAX_DIM),
	CLI_SKIP_BAD(&o.skip_bad, &o.rejects),
	CLI_MODEL_OF("rows", &o.model, &o.model_hash),
	CLI_PROPERTY(&o.properties),
	CLI_GROUP("Work"),
	CLI_WAIT(&o.wait),
	CLI_FLAG(0, "keep-segments",
		 "do not merge small segments with the new one, nor graphs "
		 "of many deleted rows",
		 &o.keep_segments),
	CLI_THREADS("work", &o.threads),
	CLI_MEMORY(&o.memory),
	CLI_JSON(&o.json),
	CLI_QUIET("errors", &o.quiet),
	CLI_COLOUR,
	CLI_END,
};

static const struct cli_command command = {
	.name = "vsx-add",
	.version = VSX_VERSION,
	.usage = "INDEX INPUT... [OPTION]...",
	.about = "Add the vectors of one or more files to an index that may be "
		 "in use: .npy .fvecs .bvecs .ivecs .fbin .f16bin .u8bin "
		 ".i8bin, documents as JSON lines (.jsonl) or .csv, also "
		 "packed (.gz, .zst), or - for standard input: raw f32 rows, "
		 "or what --format says.",
	.needs = "an INDEX and an INPUT",
	.examples = "  vsx-add photos.vsx new.npy --ids new-ids.txt\n"
		    "  vsx-add photos.vsx today.npy --ids today.txt "
		    "--replace\n"
		    "  vsx-add notes.vsx new.npy --keys names.txt --replace\n"
		    "  vsx-add docs.vsx today.jsonl.gz --replace\n"
		    "  embed --raw texts | vsx-add texts.vsx - --timeout 60\n",
	.min_operands = 2,
	.max_operands = SIZE_MAX,
	.options = option_table,
};

/* Rows must have the dimension of the index, and fields are as its are. */
static enum vsx_status open_feed(struct feed **feed, const char *path,
				 char **inputs, size_t n, struct vsx_error *err)
{
	char name[TOOL_NAME_BYTES];
	struct vsx_facts facts;
	enum vsx_status status;
	struct vsx *index;

	status = vsx_open(&index, path, NULL, err);
	if (status != VSX_OK)
		return status;
	vsx_get_facts(index, &facts);
	o.feed.dim = facts.dim;
	o.feed.index = index;
	if (o.dim && o.dim != facts.dim)
		status = tool_fail(err, VSX_EINVAL,
				   "--dim %" PRIu64 ", '%s' has rows of %u",
				   o.dim, tool_name(name, path), facts.dim);
	if (status == VSX_OK)
		status = feed_open(feed, inputs, n, &o.feed, err);
	o.feed.index = NULL;
	vsx_close(index);
	return status;
}

static enum vsx_status pass_on(void *update, const struct vsx_batch *rows,
			       struct vsx_error *err)
{
	return vsx_update_add(update, rows, err);
}

static void print_json(const char *path, const struct vsx_update_result *r)
{
	struct json j;

	json_begin(&j, stdout, true);
	json_put_object(&j, NULL);
	json_put_string(&j, "index", path);
	json_put_u64(&j, "added", r->n_added);
	json_put_u64(&j, "replaced", r->n_replaced);
	json_put_u64(&j, "rejected", r->n_rejected);
	update_json(&j, r);
	/* What was not measured is unknown, not 0. */
	json_put_double(&j, "recall_at_10",
			r->recall_at_10 > 0 ? r->recall_at_10 : NAN);
	json_put_u64(&j, "recall_queries", r->n_queries);
	json_put_double(&j, "recall_built",
			r->recall_built > 0 ? r->recall_built : NAN);
	json_put_double(&j, "shift", r->shift > 0 ? r->shift : NAN);
	json_put_double(&j, "code_shift",
			r->code_shift > 0 ? r->code_shift : NAN);
	json_close(&j);
	json_end(&j);
}

static void print_result(const char *path, const struct vsx_update_result *r)
{
	uint64_t due = r->n_live < 100 ? r->n_live : 100;
	char rows[NUM_OF_BYTES], b[NUM_BYTES], few[FEW_BYTES];

	printf("%s: %s added", path, num_of(rows, r->n_added, "row"));
	if (r->n_replaced)
		printf(", %s of them replacing old ones",
		       num_count(b, r->n_replaced));
	if (r->n_rejected)
		printf(", %s left out", num_count(b, r->n_rejected));
	printf(": generation %s\n", num_count(b, r->generation));
	update_print(r);
	if (r->recall_at_10 > 0)
		printf("  recall@10  %.4f", r->recall_at_10);
	if (r->recall_at_10 > 0 && r->recall_built > 0)
		printf(", %.4f when it was built", r->recall_built);
	if (r->recall_at_10 > 0)
		printf("%s\n", few_text(few, r->n_queries, due));
}

/* The library knows its options, not ours. */
static enum vsx_status name_replace(enum vsx_status status,
				    struct vsx_error *err)
{
	if (status == VSX_EEXIST)
		tool_fail(err, status,
			  "%s; --replace puts the new rows in their place",
			  strdupa(err->text));
	return status;
}

static struct rejects rejects;

/* Rows that have one key, or one id, are found at the end. */
static enum vsx_status commit(struct vsx_update *update,
			      const struct feed *feed,
			      struct vsx_update_result *result,
			      struct vsx_error *err)
{
	enum vsx_status status = vsx_update_commit(update, result, err);

	if (status == VSX_EINVAL)
		feed_name_row(feed, err);
	return name_replace(status, err);
}

/* Everything between the lock and the commit. */
static enum vsx_status work(struct vsx_update *update, const char *path,
			    char **inputs, size_t n,
			    struct vsx_update_result *result,
			    struct vsx_error *err)
{
	struct feed *feed = NULL;
	enum vsx_status status;
	double seconds;

	status = open_feed(&feed, path, inputs, n, err);
	rejects.feed = feed;
	if (status == VSX_OK)
		status = feed_rows(feed, pass_on, update, &seconds, err);
	status = rejects_close(&rejects, status, err);
	if (status == VSX_OK)
		status = commit(update, feed, result, err);
	if (status == VSX_OK && !o.quiet)
		feed_say(feed);
	feed_release(feed);
	return status;
}

static enum vsx_status add(const char *path, char **inputs, size_t n,
			   struct vsx_error *err)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct vsx_update_result result = {0};
	struct vsx_update *update = NULL;
	enum vsx_status status;

	opts.replace = o.replace;
	opts.wait_ms = wait_ms(&o.wait);
	opts.keep_segments = o.keep_segments;
	opts.n_threads = (unsigned int)o.threads;
	opts.memory = o.memory;
	opts.model = o.model;
	opts.model_hash = o.model_hash;
	opts.properties = o.properties.items;
	opts.n_properties = o.properties.n;
	opts.report = report_work;
	opts.context = &o.quiet;
	o.skip_bad |= o.rejects != NULL;
	rejects = (struct rejects){
		.path = o.rejects,
		.quiet = o.quiet,
	};
	o.feed.keep_odd = o.skip_bad;
	opts.rejected = o.skip_bad ? rejects_take : NULL;
	opts.rejected_context = &rejects;
	status = rejects_open(&rejects, err);
	if (status == VSX_OK)
		status = vsx_update_begin(&update, path, &opts, err);
	if (status == VSX_OK)
		status = work(update, path, inputs, n, &result, err);
	outfile_drop(&rejects.file);
	progress_end();
	if (status == VSX_OK && o.json)
		print_json(path, &result);
	else if (status == VSX_OK && !o.quiet)
		print_result(path, &result);
	if (status == VSX_OK && !o.quiet)
		update_say_due(path, &result);
	vsx_update_free(update);
	return status;
}

int main(int argc, char **argv)
{
	struct cli_operands operands;
	struct vsx_error err = {0};
	enum vsx_status status;
	int code = cli_parse(&command, argc, argv, &operands);

	if (code == CLI_GO_ON)
		code = feed_cli_check(&command, &o.feed, o.format,
				      operands.items + 1, operands.n - 1);
	if (code == CLI_GO_ON && o.feed.ids && o.feed.keys)
		code = cli_usage_error(&command,
				       "--ids and --keys cannot be combined");
	if (code != CLI_GO_ON)
		return code;
	interrupt_install();
	say_after_work();
	progress_begin(o.quiet, report_add_steps);
	files_write(operands.items[0]);
	files_read_all(operands.items + 1, operands.n - 1);
	files_read(o.feed.ids);
	files_read(o.feed.keys);
	files_read(o.feed.payload);
	files_read(o.feed.fields_from);
	files_write(o.rejects);
	status = files_check(&err);
	if (status == VSX_OK)
		status = add(operands.items[0], operands.items + 1,
			     operands.n - 1, &err);
	free(o.properties.items);
	progress_end();
	return say_end(status == VSX_OK ? EXIT_DONE : say_error(&err));
}
