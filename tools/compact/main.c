/* vsx-compact: the live rows of indexes, in one new index of one segment. */
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
#include "cli/wait.h"
#include "compact/offsets.h"
#include "vsx_write.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

struct options {
	const char *out, *spec, *id_offset, *where;
	const char *model, *model_hash, *model_aliases;
	uint64_t threads, memory;
	double if_dead; /* percent */
	struct cli_list properties;
	struct wait wait;
	bool force, renumber, json, quiet;
};

static struct options o = {.wait = WAIT_INIT};

static const struct cli_option option_table[] = {
	CLI_GROUP("Output"),
	CLI_TEXT('o', "output", "FILE",
		 "the index to write (replaces the only INDEX)", &o.out),
	CLI_FLAG('f', "force", "replace an output that exists", &o.force),
	CLI_SPEC("as asked for in the first INDEX", &o.spec),
	CLI_WHERE("where", "only rows whose fields pass, into -o FILE",
		  &o.where),
	CLI_FLAG(0, "renumber",
		 "new ids 0, 1, 2, ... in the order of the INDEXes",
		 &o.renumber),
	CLI_TEXT(0, "id-offset", "N[,N...]",
		 "add to the ids: one number per INDEX, or a single N for "
		 "0, N, 2 N, ...",
		 &o.id_offset),
	CLI_TEXT(0, "model", "NAME",
		 "model of the output, whatever the INDEXes name (theirs)",
		 &o.model),
	CLI_TEXT(0, "model-hash", "HASH", "its fingerprint, likewise",
		 &o.model_hash),
	CLI_TEXT(0, "model-alias", "NAME[,NAME...]",
		 "names that count as that of the model (theirs)",
		 &o.model_aliases),
	CLI_PROPERTY(&o.properties),
	CLI_GROUP("Work"),
	CLI_REAL(0, "if-dead", "PERCENT",
		 "only if this share of the bytes belongs to deleted rows "
		 "or older generations",
		 &o.if_dead, 0, 100),
	CLI_WAIT(&o.wait),
	CLI_THREADS("work", &o.threads),
	CLI_MEMORY(&o.memory),
	CLI_JSON(&o.json),
	CLI_QUIET("errors", &o.quiet),
	CLI_COLOUR,
	CLI_END,
};

static const struct cli_command command = {
	.name = "vsx-compact",
	.version = VSX_VERSION,
	.usage = "INDEX... [-o INDEX] [OPTION]...",
	.about = "Write the live rows of an index, or of several of the same "
		 "dimension, metric, element type and model, as one new index "
		 "of one segment. It contains no byte of a deleted row.",
	.needs = "an INDEX",
	.examples = "  vsx-compact photos.vsx\n"
		    "  vsx-compact photos.vsx --if-dead 20 --timeout 600\n"
		    "  vsx-compact part1.vsx part2.vsx -o all.vsx --renumber\n",
	.min_operands = 1,
	.max_operands = SIZE_MAX,
	.options = option_table,
};

static double dead_share(const struct vsx_compact_result *r)
{
	double all = (double)r->bytes_before;

	return all > 0 ? (double)r->bytes_dead / all : 0;
}

static void print_json(const char *path, const struct vsx_compact_result *r,
		       const struct vsx_build_result *b)
{
	struct json j;

	json_begin(&j, stdout, true);
	json_put_object(&j, NULL);
	json_put_string(&j, "index", path);
	json_put_bool(&j, "skipped", r->skipped != 0);
	json_put_double(&j, "dead_share", dead_share(r));
	json_put_u64(&j, "bytes_before", r->bytes_before);
	json_put_u64(&j, "bytes_dead", r->bytes_dead);
	json_put_u64(&j, "rows", r->n_rows);
	json_put_u64(&j, "dropped", r->skipped ? 0 : r->n_dropped);
	json_put_u64(&j, "left_out", r->n_left_out);
	if (!r->skipped) {
		json_put_string(&j, "spec", b->spec);
		json_put_u64(&j, "bytes", b->file_bytes);
		built_json_recall(&j, b);
		json_put_object(&j, "seconds");
		json_put_double(&j, "train", b->seconds_train);
		json_put_double(&j, "build", b->seconds_build);
		json_put_double(&j, "test", b->seconds_test);
		json_put_double(&j, "write", b->seconds_write);
		json_close(&j);
	}
	json_close(&j);
	json_end(&j);
}

static void print_result(const char *path, const struct vsx_compact_result *r,
			 const struct vsx_build_result *built)
{
	char a[NUM_BYTES], b[NUM_BYTES], c[NUM_BYTES], rows[NUM_OF_BYTES];

	if (r->skipped) {
		printf("%s: nothing was done: %.1f %% of the bytes belong to "
		       "deleted rows or older generations, less than %g %%\n",
		       path, 100 * dead_share(r), o.if_dead);
		return;
	}
	printf("%s: %s over %s, %s dead one%s dropped\n", path, built->spec,
	       num_of(rows, r->n_rows, "row"), num_count(b, r->n_dropped),
	       plural_s(r->n_dropped));
	if (o.where)
		printf("  left out   %s\n", num_of(rows, r->n_left_out, "row"));
	built_print_recall(built, "");
	printf("  size       %s, %s before, %s of them dead\n",
	       num_bytes(a, built->file_bytes), num_bytes(b, r->bytes_before),
	       num_bytes(c, r->bytes_dead));
	printf("  time       build %s, test %s, write %s\n",
	       num_duration(a, built->seconds_train + built->seconds_build),
	       num_duration(b, built->seconds_test),
	       num_duration(c, built->seconds_write));
}

static enum vsx_status compact(char **inputs, size_t n, const uint64_t *offsets,
			       struct vsx_error *err)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	const char *path = o.out ? o.out : inputs[0];
	struct vsx_compact_result result = {0};
	struct vsx_build_result built = {0};
	struct vsx_filter *where = NULL;
	enum vsx_status status;

	if (o.where) {
		status = vsx_filter_parse(&where, o.where, err);
		if (status != VSX_OK)
			return status;
	}
	opts.where = where;
	opts.spec = o.spec;
	opts.force = o.force;
	opts.wait_ms = wait_ms(&o.wait);
	opts.n_threads = (unsigned int)o.threads;
	opts.memory = o.memory;
	opts.model = o.model;
	opts.model_hash = o.model_hash;
	opts.model_aliases = o.model_aliases;
	opts.properties = o.properties.items;
	opts.n_properties = o.properties.n;
	opts.if_dead = o.if_dead / 100;
	opts.renumber = o.renumber;
	opts.id_offsets = offsets;
	opts.n_id_offsets = offsets ? n : 0;
	opts.report = report_work;
	opts.context = &o.quiet;
	status = vsx_compact((const char *const *)inputs, n, o.out, &opts,
			     &result, &built, err);
	vsx_filter_free(where);
	built_name_force(status, err);
	progress_end();
	if (status == VSX_OK && o.json)
		print_json(path, &result, &built);
	else if (status == VSX_OK && !o.quiet)
		print_result(path, &result, &built);
	return status;
}

int main(int argc, char **argv)
{
	struct cli_operands operands;
	struct vsx_error err = {0};
	uint64_t *offsets = NULL;
	enum vsx_status status;
	int code = cli_parse(&command, argc, argv, &operands);

	if (code != CLI_GO_ON)
		return code;
	if (operands.n > 1 && !o.out)
		return cli_usage_error(&command,
				       "needs -o INDEX to merge %zu indexes",
				       operands.n);
	if (o.where && !o.out)
		return cli_usage_error(&command,
				       "--where needs -o INDEX: the rows that "
				       "do not pass would be lost");
	if (o.renumber && o.id_offset)
		return cli_usage_error(&command, "--renumber and --id-offset "
						 "cannot be combined");
	interrupt_install();
	say_after_work();
	progress_begin(o.quiet, report_build_steps);
	if (o.out)
		files_read_all(operands.items, operands.n);
	files_write_index(o.out ? o.out : operands.items[0]);
	status = files_check(&err);
	if (status == VSX_OK)
		status = offsets_read(&offsets, o.id_offset, operands.n, &err);
	if (status == VSX_OK)
		status = compact(operands.items, operands.n, offsets, &err);
	free(offsets);
	free(o.properties.items);
	progress_end();
	return say_end(status == VSX_OK ? EXIT_DONE : say_error(&err));
}
