/* vsx-delete: rows out of an index, as a new generation of its file. */
#include "cli/colour.h"
#include "cli/common.h"
#include "cli/exit.h"
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
#include "input/ids.h"
#include "vsx_write.h"

#include <inttypes.h>
#include <stdlib.h>

/* Unknown ids that a message names. */
#define MAX_NAMED 10

struct options {
	const char *ids;
	struct cli_counts id;
	struct wait wait;
	bool json, quiet;
};

static struct options o = {.wait = WAIT_INIT};

static const struct cli_option option_table[] = {
	CLI_GROUP("Rows"),
	CLI_TEXT(0, "ids", "FILE",
		 "ids to delete: .npy, .ivecs, one number per line, or - for "
		 "standard input",
		 &o.ids),
	CLI_COUNTS(0, "id", "N", "delete the row with this id (repeatable)",
		   &o.id, 0, UINT64_MAX),
	CLI_GROUP("Work"),
	CLI_WAIT(&o.wait),
	CLI_JSON(&o.json),
	CLI_QUIET("errors", &o.quiet),
	CLI_COLOUR,
	CLI_END,
};

static const struct cli_command command = {
	.name = "vsx-delete",
	.version = VSX_VERSION,
	.usage = "INDEX --ids FILE|--id N... [OPTION]...",
	.about = "Delete rows of an index that may be in use. Searches no "
		 "longer find them; their bytes stay in the file until "
		 "vsx-compact removes them.",
	.needs = "an INDEX",
	.examples = "  vsx-delete photos.vsx --id 4711 --id 4712\n"
		    "  vsx-delete photos.vsx --ids gone.txt\n"
		    "  removed-photos | vsx-delete photos.vsx --ids -\n",
	.min_operands = 1,
	.max_operands = 1,
	.options = option_table,
};

static void print_json(const char *path, const struct vsx_update_result *r)
{
	struct json j;

	json_begin(&j, stdout, true);
	json_object(&j, NULL);
	json_string(&j, "index", path);
	json_u64(&j, "deleted", r->n_deleted);
	json_row(&j, "unknown");
	for (uint64_t i = 0; i < r->n_unknown; i++)
		json_u64(&j, NULL, r->unknown[i]);
	json_close(&j);
	update_json(&j, r);
	json_close(&j);
	json_end(&j);
}

static void print_result(const char *path, const struct vsx_update_result *r)
{
	char rows[NUM_OF_BYTES], a[NUM_BYTES];

	if (r->n_deleted == 0) {
		printf("%s: nothing deleted: still generation %" PRIu64 "\n",
		       path, r->generation);
		return;
	}
	printf("%s: %s deleted: generation %s\n", path,
	       num_of(rows, r->n_deleted, "row"), num_count(a, r->generation));
	update_print(r);
}

static void say_unknown(const char *path, const struct vsx_update_result *r)
{
	char a[NUM_BYTES], text[(MAX_NAMED + 1) * NUM_BYTES] = "";
	size_t at = 0;
	uint64_t i;

	for (i = 0; i < r->n_unknown && i < MAX_NAMED; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       "%s%" PRIu64, i ? ", " : " ",
				       r->unknown[i]);
	if (i < r->n_unknown)
		snprintf(text + at, sizeof(text) - at, " and %s more",
			 num_count(a, r->n_unknown - i));
	say(r->n_unknown == 1 ? "%s: no live row has the id%s"
			      : "%s: no live rows have the ids%s",
	    path, text);
}

static void tell(const char *path, const struct vsx_update_result *r)
{
	if (o.json)
		print_json(path, r);
	else if (!o.quiet)
		print_result(path, r);
	if (o.quiet)
		return;
	if (r->n_unknown)
		say_unknown(path, r);
	update_say_due(path, r);
}

static enum vsx_status delete_rows(const char *path, const uint64_t *ids,
				   uint64_t n, struct vsx_error *err)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct vsx_update_result result = {0};
	struct vsx_update *update = NULL;
	enum vsx_status status;

	opts.wait_ms = wait_ms(&o.wait);
	opts.report = report_work;
	opts.context = &o.quiet;
	status = vsx_update_begin(&update, path, &opts, err);
	if (status == VSX_OK && n)
		status = vsx_update_delete(update, ids, n, err);
	if (status == VSX_OK && o.id.n)
		status = vsx_update_delete(update, o.id.items, o.id.n, err);
	if (status == VSX_OK)
		status = vsx_update_commit(update, &result, err);
	progress_end();
	if (status == VSX_OK)
		tell(path, &result); /* before the unknown ids are freed */
	vsx_update_free(update);
	return status;
}

int main(int argc, char **argv)
{
	struct cli_operands operands;
	struct vsx_error err = {0};
	enum vsx_status status;
	uint64_t *ids = NULL, n = 0;
	int code = cli_parse(&command, argc, argv, &operands);

	if (code == CLI_GO_ON && !o.ids && o.id.n == 0)
		code = cli_usage_error(&command, "needs --ids FILE or --id N");
	if (code != CLI_GO_ON) {
		free(o.id.items);
		return code;
	}
	interrupt_install();
	say_after_work();
	progress_begin(o.quiet, NULL);
	files_write(operands.items[0]);
	files_read(o.ids);
	status = files_check(&err);
	/* Before the lock: whoever writes into our pipe holds up nobody. */
	if (status == VSX_OK && o.ids)
		status = input_ids(o.ids, &ids, &n, &err);
	if (status == VSX_OK)
		status = delete_rows(operands.items[0], ids, n, &err);
	progress_end();
	free(ids);
	free(o.id.items);
	return say_end(status == VSX_OK ? EXIT_DONE : say_error(&err));
}
