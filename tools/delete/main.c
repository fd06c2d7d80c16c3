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
#include "cli/select.h"
#include "cli/update.h"
#include "cli/wait.h"
#include "cli/fail.h"
#include "cli/utf8.h"
#include "input/ids.h"
#include "input/strings.h"
#include "vsx_write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Unknown ids that a message names. */
#define MAX_NAMED 10

struct options {
	const char *ids, *keys, *where;
	struct cli_counts id;
	struct cli_list key;
	struct wait wait;
	uint64_t threads, memory;
	bool keep_segments, json, quiet;
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
	CLI_TEXT(0, "keys", "FILE",
		 "keys to delete, one per line, or - for standard input",
		 &o.keys),
	CLI_LIST(0, "key", "KEY", "delete the row with this key (repeatable)",
		 &o.key),
	CLI_WHERE("where", "delete the rows whose fields pass", &o.where),
	CLI_GROUP("Work"),
	CLI_WAIT(&o.wait),
	CLI_FLAG(0, "keep-segments",
		 "do not build graphs of many deleted rows anew",
		 &o.keep_segments),
	CLI_THREADS("work", &o.threads),
	CLI_MEMORY(&o.memory),
	CLI_JSON(&o.json),
	CLI_QUIET("errors", &o.quiet),
	CLI_COLOUR,
	CLI_END,
};

static const struct cli_command command = {
	.name = "vsx-delete",
	.version = VSX_VERSION,
	.usage =
		"INDEX --ids FILE|--id N|--keys FILE|--key KEY|--where EXPR... "
		"[OPTION]...",
	.about = "Delete rows of an index that may be in use. Searches no "
		 "longer find them; their bytes stay in the file until "
		 "vsx-compact removes them.",
	.needs = "an INDEX",
	.examples = "  vsx-delete photos.vsx --id 4711 --id 4712\n"
		    "  vsx-delete photos.vsx --ids gone.txt\n"
		    "  vsx-delete notes.vsx --key piano\n"
		    "  vsx-delete notes.vsx --where 'doc = \"a.pdf\"'\n"
		    "  removed-photos | vsx-delete photos.vsx --ids -\n",
	.min_operands = 1,
	.max_operands = 1,
	.options = option_table,
};

/* Keys to delete, and whether a row had them. */
struct gone {
	struct strings file;
	struct vsx_bytes *keys; /* [n], of it and of the command line */
	uint8_t *found;
	size_t n, n_unknown;
};

static void print_json(const char *path, const struct vsx_update_result *r,
		       const struct gone *gone)
{
	struct json j;

	json_begin(&j, stdout, true);
	json_put_object(&j, NULL);
	json_put_string(&j, "index", path);
	json_put_u64(&j, "deleted", r->n_deleted);
	json_put_row(&j, "unknown");
	for (uint64_t i = 0; i < r->n_unknown; i++)
		json_put_u64(&j, NULL, r->unknown[i]);
	json_close(&j);
	json_put_row(&j, "unknown_keys");
	for (size_t i = 0; i < gone->n; i++)
		if (!gone->found[i])
			json_put_bytes(&j, NULL, gone->keys[i].at,
				       gone->keys[i].n);
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

/* The first of them by name: keys are longer than ids. */
static void say_unknown_keys(const char *path, const struct gone *gone)
{
	char text[160], a[NUM_BYTES];
	size_t i = 0;

	while (gone->found[i])
		i++;
	snprintf(text, sizeof(text), "%.*s",
		 (int)(gone->keys[i].n < 100 ? gone->keys[i].n : 100),
		 (const char *)gone->keys[i].at);
	utf8_clean(text);
	if (gone->n_unknown == 1)
		say("%s: no live row has the key '%s'", path, text);
	else
		say("%s: no live rows have the key '%s' and %s more", path,
		    text, num_count(a, gone->n_unknown - 1));
}

static void tell(const char *path, const struct vsx_update_result *r,
		 const struct gone *gone)
{
	if (o.json)
		print_json(path, r, gone);
	else if (!o.quiet)
		print_result(path, r);
	if (o.quiet)
		return;
	if (r->n_unknown)
		say_unknown(path, r);
	if (gone->n_unknown)
		say_unknown_keys(path, gone);
	update_say_due(path, r);
}

static enum vsx_status take_keys(struct gone *gone, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	size_t n;

	if (o.keys)
		status = input_keys(o.keys, &gone->file, err);
	if (status != VSX_OK)
		return status;
	n = gone->file.n + o.key.n;
	gone->keys = calloc(n + 1, sizeof(*gone->keys));
	gone->found = calloc(n + 1, 1);
	if (!gone->keys || !gone->found)
		return tool_fail_memory(err, n * sizeof(*gone->keys));
	for (; gone->n < gone->file.n; gone->n++)
		gone->keys[gone->n] = gone->file.items[gone->n];
	for (size_t i = 0; i < o.key.n; i++)
		gone->keys[gone->n++] = (struct vsx_bytes){
			o.key.items[i], strlen(o.key.items[i])};
	return VSX_OK;
}

/* Nobody changes the file meanwhile: the update has it. */
static enum vsx_status delete_where(struct vsx_update *update, const char *path,
				    struct vsx_error *err)
{
	struct vsx *index;
	uint64_t *ids, n;
	enum vsx_status status = vsx_open(&index, path, NULL, err);

	if (status != VSX_OK)
		return status;
	status = select_ids(&ids, &n, index, o.where, err);
	if (status == VSX_OK)
		status = vsx_update_delete(update, ids, n, err);
	free(ids);
	vsx_close(index);
	return status;
}

static enum vsx_status delete_rows(const char *path, const uint64_t *ids,
				   uint64_t n, struct gone *gone,
				   struct vsx_error *err)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct vsx_update_result result = {0};
	struct vsx_update *update = NULL;
	enum vsx_status status;

	opts.wait_ms = wait_ms(&o.wait);
	opts.keep_segments = o.keep_segments;
	opts.n_threads = (unsigned int)o.threads;
	opts.memory = o.memory;
	opts.report = report_work;
	opts.context = &o.quiet;
	status = vsx_update_begin(&update, path, &opts, err);
	if (status == VSX_OK && n)
		status = vsx_update_delete(update, ids, n, err);
	if (status == VSX_OK && o.id.n)
		status = vsx_update_delete(update, o.id.items, o.id.n, err);
	if (status == VSX_OK && gone->n)
		status = vsx_update_delete_keys(update, gone->keys, gone->n,
						gone->found, err);
	for (size_t i = 0; i < gone->n; i++)
		gone->n_unknown += !gone->found[i];
	if (status == VSX_OK && o.where)
		status = delete_where(update, path, err);
	if (status == VSX_OK)
		status = vsx_update_commit(update, &result, err);
	progress_end();
	if (status == VSX_OK)
		tell(path, &result,
		     gone); /* before the unknown ids are freed */
	vsx_update_free(update);
	return status;
}

int main(int argc, char **argv)
{
	struct cli_operands operands;
	struct vsx_error err = {0};
	enum vsx_status status;
	uint64_t *ids = NULL, n = 0;
	struct gone gone = {.n = 0};
	int code = cli_parse(&command, argc, argv, &operands);

	if (code == CLI_GO_ON && !o.ids && o.id.n == 0 && !o.keys &&
	    o.key.n == 0 && !o.where)
		code = cli_usage_error(&command,
				       "needs --ids FILE, --id N, --keys FILE, "
				       "--key KEY or --where EXPR");
	if (code != CLI_GO_ON) {
		free(o.id.items);
		free(o.key.items);
		return code;
	}
	interrupt_install();
	say_after_work();
	progress_begin(o.quiet, report_add_steps + 1); /* nothing is read */
	files_write(operands.items[0]);
	files_read(o.ids);
	files_read(o.keys);
	status = files_check(&err);
	/* Before the lock: whoever writes into our pipe holds up nobody. */
	if (status == VSX_OK && o.ids)
		status = input_ids(o.ids, &ids, &n, &err);
	if (status == VSX_OK)
		status = take_keys(&gone, &err);
	if (status == VSX_OK)
		status = delete_rows(operands.items[0], ids, n, &gone, &err);
	progress_end();
	free(ids);
	strings_release(&gone.file);
	free(gone.keys);
	free(gone.found);
	free(o.id.items);
	free(o.key.items);
	return say_end(status == VSX_OK ? EXIT_DONE : say_error(&err));
}
