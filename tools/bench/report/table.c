/* For a terminal: the facts, the tables, and what must be known beside. */
#include "bench/report/report.h"
#include "bench/report/sheet.h"
#include "cli/colour.h"
#include "cli/table.h"
#include "cli/utf8.h"

#include <langinfo.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static bool is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* As the terminal can show it: "+-" is as wide as it is plain. */
static char *plain(char *text)
{
	static const char sign[] = "±";
	char *at;

	if (is_utf8())
		return text;
	while ((at = strstr(text, sign)))
		memcpy(at, "+-", sizeof(sign) - 1);
	return text;
}

#define TEXT_COLUMNS 79

/* A sentence; on a terminal no word is broken. */
static void print_text(FILE *to, const char *text)
{
	utf8_wrap(to, text, 0, 0, isatty(fileno(to)) ? TEXT_COLUMNS : INT_MAX);
}

static enum vsx_status print_sheet(struct sheet *s, FILE *to,
				   struct vsx_error *err)
{
	struct table *t = table_new();
	enum vsx_status status;

	for (uint32_t c = 0; c < s->n_columns; c++) {
		const struct sheet_column *column = &s->columns[c];

		if (column->any)
			table_column(t, column->heading,
				     column->right ? TABLE_RIGHT : TABLE_LEFT);
	}
	for (uint32_t i = 0; i < s->n_rows; i++) {
		table_row(t);
		for (uint32_t c = 0; c < s->n_columns; c++) {
			if (s->columns[c].any)
				table_cell(t, "%s", plain(s->rows[i][c]));
		}
	}
	/* The index and its effort. */
	table_names(t, s->columns[1].any ? 2 : 1);
	fprintf(to, "\n%s%s%s\n", colour(to, COLOUR_HEADING), s->title,
		colour_off(to));
	status = table_print(t, to, err);
	table_free(t);
	return status;
}

static void print_head(const struct report *r, FILE *to)
{
	char line[WORDS_LINE];

	fprintf(to, "%s: ", r->name);
	print_text(to, words_data(line, r));
	print_text(to, words_aim(line, r));
	print_text(to, words_machine(line, r));
}

static void print_notes(const struct report *r, FILE *to)
{
	char line[WORDS_LINE];

	if (*words_unsteady(line, r)) {
		fprintf(to, "\n%s", colour(to, COLOUR_BAD));
		print_text(to, plain(line));
		fputs(colour_off(to), to);
	}
	if (*words_spread_note(line, r)) {
		fputc('\n', to);
		print_text(to, plain(line));
	}
	for (uint32_t i = 0; i < r->n_series; i++) {
		if (*words_note(line, r, i))
			print_text(to, line);
	}
}

enum vsx_status report_table(const struct report *r, FILE *to,
			     struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	print_head(r, to);
	for (int kind = 0; kind < SHEET_POINTS && status == VSX_OK; kind++) {
		struct sheet sheet;

		status = sheet_make(&sheet, r, (enum sheet_kind)kind, err);
		if (status != VSX_OK)
			break;
		if (sheet.n_rows)
			status = print_sheet(&sheet, to, err);
		sheet_release(&sheet);
	}
	if (status == VSX_OK)
		print_notes(r, to);
	return status;
}
