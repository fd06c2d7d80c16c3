/* vsx-export: the rows of an index, as files that others read. */
#include "cli/colour.h"
#include "cli/common.h"
#include "cli/exit.h"
#include "cli/fail.h"
#include "cli/files.h"
#include "cli/format_num.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "export/export.h"
#include "export/hints.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Rows that are asked for at a time. */
#define PAGE_ROWS 1024

static const char *const formats[] = {"jsonl", "csv", "npy", "fvecs", NULL};
static const struct export_format *const writers[] = {
	&export_jsonl, &export_csv, &export_npy, &export_fvecs};

struct options {
	const char *out, *filter, *ids_from;
	int format;
	bool untrusted, quiet;
};

static struct options o = {.format = -1};

static const struct cli_option option_table[] = {
	CLI_GROUP("Output"),
	CLI_TEXT('o', "output", "FILE", "file to write (standard output)",
		 &o.out),
	CLI_CHOICE(0, "format", "FORMAT",
		   "what to write (by the suffix of FILE, or jsonl)", &o.format,
		   formats),
	CLI_GROUP("Rows"),
	CLI_WHERE("filter", "only rows whose fields pass", &o.filter),
	CLI_TEXT(0, "ids-from", "FILE",
		 "only the rows with these ids, in this order: .npy, .ivecs, "
		 "or one number per line",
		 &o.ids_from),
	CLI_FLAG(0, "untrusted", "copy and check the whole file before use",
		 &o.untrusted),
	CLI_QUIET("errors", &o.quiet),
	CLI_COLOUR,
	CLI_END,
};

static const struct cli_command command = {
	.name = "vsx-export",
	.version = VSX_VERSION,
	.usage = "INDEX [-o FILE] [OPTION]...",
	.about = "Write the live rows of an index, by rising id, as JSON "
		 "lines or CSV with all that they have, or their vectors as "
		 ".npy or .fvecs with the ids beside. vsx-build reads it back.",
	.needs = "an INDEX",
	.examples = "  vsx-export notes.vsx -o notes.jsonl\n"
		    "  vsx-export notes.vsx --filter 'lang = \"en\"' -o "
		    "english.csv\n"
		    "  vsx-export photos.vsx -o photos.npy\n"
		    "  vsx-export notes.vsx | jq -r .payload\n",
	.min_operands = 1,
	.max_operands = 1,
	.options = option_table,
};

/* ---- options ------------------------------------------------------------- */

static int format_by_name(const char *path)
{
	static const struct {
		const char *suffix, *format;
	} known[] = {{".ndjson", "jsonl"}, {".json", "jsonl"}};
	const char *dot = strrchr(path, '.');

	for (int i = 0; dot && formats[i]; i++)
		if (strcmp(dot + 1, formats[i]) == 0)
			return i;
	for (size_t i = 0; dot && i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(dot, known[i].suffix) == 0)
			return 0;
	return -1;
}

static int check_options(void)
{
	char name[TOOL_NAME_BYTES];

	if (!o.out)
		o.out = "-";
	if (o.format >= 0)
		return CLI_GO_ON;
	o.format = strcmp(o.out, "-") == 0 ? 0 : format_by_name(o.out);
	if (o.format >= 0)
		return CLI_GO_ON;
	return cli_usage_error(&command,
			       "'%s' does not say what to write: expected "
			       ".jsonl, .csv, .npy, .fvecs or --format",
			       tool_name(name, o.out));
}

static bool is_of_vectors(void)
{
	return writers[o.format] == &export_npy ||
	       writers[o.format] == &export_fvecs;
}

static enum vsx_status check_files(const char *index, struct vsx_error *err)
{
	char *ids;

	files_read(index);
	files_read(o.ids_from);
	files_write(o.out);
	if (is_of_vectors() && strcmp(o.out, "-") != 0) {
		ids = export_ids_path(o.out);
		if (!ids)
			return tool_fail_memory(err, strlen(o.out));
		files_write(ids);
		free(ids);
	}
	return files_check(err);
}

/* ---- work ---------------------------------------------------------------- */

static enum vsx_status open_index(struct export *e, struct vsx **index,
				  struct vsx_error *err)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	enum vsx_status status;

	opts.untrusted = o.untrusted;
	status = vsx_open(index, e->path, &opts, err);
	if (status != VSX_OK)
		return status;
	e->index = *index;
	vsx_get_facts(e->index, &e->facts);
	status = value_fields(&e->fields, &e->n_fields, e->index, "*", err);
	if (status != VSX_OK)
		return status;
	e->names = calloc(e->n_fields + 1, sizeof(*e->names));
	e->vector = calloc(e->facts.dim, sizeof(*e->vector));
	if (!e->names || !e->vector)
		return tool_fail_memory(err, e->facts.dim * sizeof(*e->vector));
	for (size_t f = 0; f < e->n_fields; f++)
		e->names[f] = e->fields[f].name;
	return export_choose(e, o.ids_from, o.filter, err);
}

static enum vsx_status write_rows(struct export *e, struct vsx_error *err)
{
	uint64_t *ids = calloc(PAGE_ROWS, sizeof(*ids)), at = 0, done = 0;
	enum vsx_status status = ids ? VSX_OK : tool_fail_memory(err, 8192);

	while (status == VSX_OK && done < e->n) {
		uint64_t left = e->n - done;
		size_t n = 0;

		progress_update("exporting", "rows", done, e->n);
		status = export_next(
			e, &at, ids,
			left < PAGE_ROWS ? (size_t)left : PAGE_ROWS, &n, err);
		if (status == VSX_OK && n == 0)
			status = tool_fail(err, VSX_ECORRUPT,
					   "%s: the ids end after %" PRIu64
					   " of %" PRIu64,
					   e->path, done, e->n);
		if (status == VSX_OK)
			status = e->format->rows(e, ids, n, err);
		done += n;
		if (status == VSX_OK && interrupted())
			status = tool_fail(err, VSX_ESTOPPED, "interrupted");
		/* A full disk is noticed before hours of work. */
		if (status == VSX_OK && ferror(e->file.to))
			break;
	}
	free(ids);
	return status;
}

static enum vsx_status write_all(struct export *e, struct vsx_error *err)
{
	enum vsx_status status = outfile_open(&e->file, e->out, err);

	if (status == VSX_OK && e->format->begin)
		status = e->format->begin(e, err);
	if (status == VSX_OK && !o.quiet)
		hints_before(e, is_of_vectors());
	if (status == VSX_OK)
		status = write_rows(e, err);
	if (status == VSX_OK && e->ids.to)
		status = outfile_close(&e->ids, err);
	return status == VSX_OK ? outfile_close(&e->file, err) : status;
}

static void release(struct export *e)
{
	outfile_drop(&e->ids);
	outfile_drop(&e->file);
	vsx_selection_free(e->among);
	free(e->list);
	free(e->fields);
	free(e->names);
	free(e->vector);
}

int main(int argc, char **argv)
{
	struct cli_operands operands;
	struct vsx_error err = {0};
	struct export e = {0};
	struct vsx *index = NULL;
	enum vsx_status status;
	int code = cli_parse(&command, argc, argv, &operands);

	if (code == CLI_GO_ON)
		code = check_options();
	if (code != CLI_GO_ON)
		return code;
	interrupt_install();
	e.path = operands.items[0];
	e.out = o.out;
	e.format = writers[o.format];
	progress_begin(
		o.quiet || (strcmp(o.out, "-") == 0 && isatty(STDOUT_FILENO)),
		NULL);
	status = check_files(e.path, &err);
	if (status == VSX_OK)
		status = open_index(&e, &index, &err);
	if (status == VSX_OK)
		status = write_all(&e, &err);
	progress_end();
	if (status == VSX_OK && !o.quiet && strcmp(o.out, "-") != 0)
		hints_after(&e, is_of_vectors());
	release(&e);
	vsx_close(index);
	return say_end(status == VSX_OK ? EXIT_DONE : say_error(&err));
}
