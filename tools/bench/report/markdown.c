/* The tables as Markdown, for a page such as bench/RESULTS.md. */
#include "bench/report/report.h"
#include "bench/report/sheet.h"

#include <string.h>

/* Text that may hold what Markdown reads as its own. */
static void put_text(FILE *to, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\|*_`<&[]#", *text))
			fputc('\\', to);
		fputc(*text == '\n' ? ' ' : *text, to);
	}
}

static void put_line(FILE *to, const char *text)
{
	put_text(to, text);
	fputs("\n", to);
}

static void put_row(FILE *to, const struct sheet *s, uint32_t i)
{
	for (uint32_t c = 0; c < s->n_columns; c++) {
		if (!s->columns[c].any)
			continue;
		fputs("| ", to);
		put_text(to, s->rows[i][c]);
		fputs(*s->rows[i][c] ? " " : "", to);
	}
	fputs("|\n", to);
}

static void put_sheet(FILE *to, const struct sheet *s)
{
	fprintf(to, "\n### %s\n\n", s->title);
	for (uint32_t c = 0; c < s->n_columns; c++) {
		if (s->columns[c].any)
			fprintf(to, "| %s ", s->columns[c].heading);
	}
	fputs("|\n", to);
	for (uint32_t c = 0; c < s->n_columns; c++) {
		if (s->columns[c].any)
			fputs(s->columns[c].right ? "| ---: " : "| --- ", to);
	}
	fputs("|\n", to);
	for (uint32_t i = 0; i < s->n_rows; i++)
		put_row(to, s, i);
}

static void put_notes(FILE *to, const struct report *r)
{
	char line[WORDS_LINE];

	if (*words_unsteady(line, r)) {
		fputc('\n', to);
		put_line(to, line);
	}
	if (*words_spread_note(line, r)) {
		fputc('\n', to);
		put_line(to, line);
	}
	for (uint32_t i = 0, n = 0; i < r->n_series; i++) {
		if (!*words_note(line, r, i))
			continue;
		fputs(n++ ? "- " : "\n- ", to);
		put_line(to, line);
	}
	fprintf(to, "\n    %s\n", r->command);
}

enum vsx_status report_markdown(const struct report *r, FILE *to,
				struct vsx_error *err)
{
	char line[WORDS_LINE];

	fputs("## ", to);
	put_line(to, r->name);
	fputc('\n', to);
	put_line(to, words_data(line, r));
	put_line(to, words_aim(line, r));
	put_line(to, words_machine(line, r));
	for (int kind = 0; kind < SHEET_POINTS; kind++) {
		struct sheet sheet;
		enum vsx_status status =
			sheet_make(&sheet, r, (enum sheet_kind)kind, err);

		if (status != VSX_OK)
			return status;
		if (sheet.n_rows)
			put_sheet(to, &sheet);
		sheet_release(&sheet);
	}
	put_notes(to, r);
	return VSX_OK;
}
