#include "verify/repair.h"

#include "cli/built.h"
#include "cli/exit.h"
#include "cli/files.h"
#include "cli/format_num.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/say.h"

#include <inttypes.h>
#include <stdio.h>

static void print_json(const char *path, const struct repair_wish *wish,
		       const struct vsx_repair_result *r,
		       const struct vsx_build_result *built)
{
	struct json j;

	json_begin(&j, stdout, true);
	json_put_object(&j, NULL);
	json_put_string(&j, "index", path);
	json_put_string(&j, "repaired", wish->out);
	json_put_u64(&j, "generation", r->generation);
	json_put_bool(&j, "fell_back", r->fell_back != 0);
	json_put_u64(&j, "rows", r->n_rows);
	json_put_u64(&j, "lost", r->n_lost);
	json_put_u64(&j, "unsure", r->n_unsure);
	json_put_u64(&j, "revived", r->n_revived);
	json_put_u64(&j, "without_key", r->n_without_key);
	json_put_u64(&j, "without_payload", r->n_without_payload);
	json_put_u64(&j, "without_fields", r->n_without_fields);
	json_put_string(&j, "spec", built->spec);
	built_json_recall(&j, built);
	json_close(&j);
	json_end(&j);
}

static void print_result(const struct repair_wish *wish,
			 const struct vsx_repair_result *r,
			 const struct vsx_build_result *built)
{
	char rows[NUM_OF_BYTES], a[NUM_BYTES], b[NUM_BYTES];

	printf("%s: %s over %s of generation %s, %s lost\n", wish->out,
	       built->spec, num_of(rows, r->n_rows, "row"),
	       num_count(a, r->generation), num_count(b, r->n_lost));
	built_print_recall(built, "");
}

static void say_without(const char *path, uint64_t n, const char *what)
{
	if (n)
		say("%s: %" PRIu64 " saved row%s %s", path, n,
		    n == 1 ? " is" : "s are", what);
}

static void say_doubts(const char *path, const struct vsx_repair_result *r)
{
	if (r->fell_back)
		say("%s: a newer generation is damaged beyond use: this is "
		    "generation %" PRIu64,
		    path, r->generation);
	if (r->n_unsure)
		say("%s: %" PRIu64
		    " of the lost rows may have been deleted before",
		    path, r->n_unsure);
	if (r->n_revived)
		say("%s: %" PRIu64
		    " deleted row%s live again, since the list of deleted "
		    "rows is damaged",
		    path, r->n_revived, r->n_revived == 1 ? " is" : "s are");
	say_without(path, r->n_without_key, "without a key, which is damaged");
	say_without(path, r->n_without_payload,
		    "without payload, which is damaged");
	say_without(path, r->n_without_fields,
		    "without some or all fields, which are damaged");
}

/* Whether the new index is not all that the old one was. */
static bool is_less(const struct vsx_repair_result *r)
{
	return r->n_lost || r->fell_back || r->n_revived || r->n_without_key ||
	       r->n_without_payload || r->n_without_fields;
}

int repair_index(char *path, const struct repair_wish *wish)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	struct vsx_repair_result result = {0};
	struct vsx_build_result built = {0};
	struct vsx_error err = {0};
	enum vsx_status status;
	bool quiet = false; /* what is lost is said, whatever else is not */

	interrupt_install();
	say_after_work();
	opts.force = wish->force;
	opts.wait_ms = wish->wait_ms;
	opts.n_threads = (unsigned int)wish->threads;
	opts.report = report_work;
	opts.context = &quiet;
	progress_begin(wish->quiet, report_build_steps);
	files_read(path);
	files_write_index(wish->out);
	status = files_check(&err);
	if (status == VSX_OK)
		status = built_name_force(vsx_repair(path, wish->out, &opts,
						     &result, &built, &err),
					  &err);
	progress_end();
	if (status != VSX_OK)
		return say_error(&err);
	say_doubts(path, &result);
	if (wish->json)
		print_json(path, wish, &result, &built);
	else if (!wish->quiet)
		print_result(wish, &result, &built);
	return is_less(&result) ? EXIT_DATA : EXIT_DONE;
}
