#include "cli/table.h"

#include "cli/fail.h"
#include "cli/utf8.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A column that wraps, or is cut, is so before it is narrower. */
#define WRAP_LEAST 20
#define CUT_LEAST  16

struct table {
	struct libscols_table *scols;
	bool *cut; /* [columns]: TABLE_CUT */
	struct libscols_line *row;
	size_t n_names, at; /* the next cell of the row */
	bool failed;
};

struct table *table_new(void)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->n_names = 1;
	t->scols = scols_new_table();
	t->failed = !t->scols;
	return t;
}

void table_column(struct table *t, const char *heading, enum table_align align)
{
	int flags = align == TABLE_RIGHT  ? SCOLS_FL_RIGHT
		    : align == TABLE_WRAP ? SCOLS_FL_WRAP
					  : 0;
	struct libscols_column *column;
	bool *cut;

	if (!t || t->failed)
		return;
	cut = reallocarray(t->cut, scols_table_get_ncols(t->scols) + 1,
			   sizeof(*cut));
	t->failed = !cut;
	if (t->failed)
		return;
	t->cut = cut;
	t->cut[scols_table_get_ncols(t->scols)] = align == TABLE_CUT;
	column = scols_table_new_column(t->scols, heading, 0, flags);
	t->failed = !column ||
		    scols_cell_set_color(scols_column_get_header(column),
					 colour_code(COLOUR_HEADING)) != 0;
}

void table_names(struct table *t, size_t n_columns)
{
	if (t)
		t->n_names = n_columns;
}

void table_row(struct table *t)
{
	if (!t || t->failed)
		return;
	t->row = scols_table_new_line(t->scols, NULL);
	t->failed = !t->row;
	t->at = 0;
}

void table_cell(struct table *t, const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;

	if (!t || t->failed || !t->row ||
	    t->at == scols_table_get_ncols(t->scols))
		return;
	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	/* The line frees the text. */
	if (len < 0 || scols_line_refer_data(t->row, t->at++, text) != 0)
		t->failed = true;
}

void table_colour(struct table *t, enum colour colour)
{
	if (t && !t->failed && t->at > 0 && colour != COLOUR_NONE &&
	    scols_cell_set_color(scols_line_get_cell(t->row, t->at - 1),
				 colour_code(colour)) != 0)
		t->failed = true;
}

/* ---- what fits ----------------------------------------------------------- */

static size_t screen_columns(FILE *to)
{
	struct winsize size;

	if (ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

/* How wide each column is at least where what wraps and is cut has little
 * room, and how wide where nothing limits it. */
static int measure(const struct table *t, size_t *widths, size_t *full)
{
	char *text = NULL;
	int failed = scols_print_table_to_string(t->scols, &text);

	free(text);
	for (size_t c = 0; c < scols_table_get_ncols(t->scols); c++) {
		const struct libscols_column *column =
			scols_table_get_column(t->scols, c);

		full[c] = widths[c] = scols_column_get_width(column);
		if (scols_column_is_wrap(column) && widths[c] > WRAP_LEAST)
			widths[c] = WRAP_LEAST;
		if (t->cut[c] && widths[c] > CUT_LEAST)
			widths[c] = CUT_LEAST;
	}
	return failed;
}

/* How many columns from `first` on fit beside those that name a row. */
static size_t fitting(const struct table *t, const size_t *widths, size_t first,
		      size_t screen)
{
	size_t used = 0, n = 0;

	for (size_t c = 0; c < t->n_names; c++)
		used += widths[c] + 1;
	while (first + n < scols_table_get_ncols(t->scols)) {
		used += widths[first + n] + 1;
		if (used - 1 > screen && n > 0)
			break;
		n++;
	}
	return n;
}

/* ---- what is cut --------------------------------------------------------- */

static bool is_shown(const struct table *t, size_t c, size_t first, size_t end)
{
	return c < t->n_names || (c >= first && c < end);
}

/* It takes what room it is given, up to what it can use. */
static bool gives_way(const struct table *t, size_t c)
{
	return t->cut[c] ||
	       scols_column_is_wrap(scols_table_get_column(t->scols, c));
}

/*
 * Columns that are cut and those that wrap share what room the others leave:
 * widths[] of these become as wide as they may be.
 */
static void share_room(const struct table *t, size_t *widths,
		       const size_t *full, size_t first, size_t end,
		       size_t screen)
{
	size_t n = scols_table_get_ncols(t->scols), used = 0, wanting = 0;

	for (size_t c = 0; c < n; c++)
		if (is_shown(t, c, first, end)) {
			used += widths[c] + 1;
			wanting += gives_way(t, c) && widths[c] < full[c];
		}
	for (size_t room = screen + 1 > used ? screen + 1 - used : 0;
	     room > 0 && wanting > 0;) {
		size_t share = room < wanting ? 1 : room / wanting;

		wanting = 0;
		for (size_t c = 0; c < n && room > 0; c++) {
			size_t more = full[c] - widths[c];

			if (!gives_way(t, c) || !is_shown(t, c, first, end))
				continue;
			more = more < share ? more : share;
			widths[c] += more;
			room -= more;
			wanting += widths[c] < full[c];
		}
	}
}

/* The cells of a column. */
static int cut_column(const struct table *t, size_t c, size_t width)
{
	struct libscols_iter *iter = scols_new_iter(SCOLS_ITER_FORWARD);
	struct libscols_line *line;
	int failed = iter ? 0 : -ENOMEM;

	while (!failed && scols_table_next_line(t->scols, iter, &line) == 0) {
		const char *text = scols_line_get_column_data(
			line, scols_table_get_column(t->scols, c));
		char *cut = text ? utf8_cut(text, width) : NULL;

		if (text && !cut)
			failed = -ENOMEM;
		else if (cut)
			failed = scols_line_refer_data(line, c, cut);
	}
	scols_free_iter(iter);
	return failed;
}

/* Once: the columns of a part are in no other. */
static int cut_part(const struct table *t, size_t *widths, const size_t *full,
		    size_t first, size_t end, size_t screen)
{
	int failed = 0;

	share_room(t, widths, full, first, end, screen);
	for (size_t c = 0; !failed && c < scols_table_get_ncols(t->scols); c++)
		if (t->cut[c] && is_shown(t, c, first, end) &&
		    widths[c] < full[c])
			failed = cut_column(t, c, widths[c]);
	return failed;
}

/* ---- printing ------------------------------------------------------------ */

/* The columns that name a row, and those from first to end. */
static int print_part(const struct table *t, size_t first, size_t end)
{
	for (size_t c = t->n_names; c < scols_table_get_ncols(t->scols); c++) {
		struct libscols_column *column =
			scols_table_get_column(t->scols, c);
		int flags = scols_column_get_flags(column) & ~SCOLS_FL_HIDDEN;

		if (!is_shown(t, c, first, end))
			flags |= SCOLS_FL_HIDDEN;
		scols_column_set_flags(column, flags);
	}
	return scols_print_table(t->scols);
}

static int print_parts(const struct table *t, size_t *widths,
		       const size_t *full, size_t screen, FILE *to)
{
	size_t n_columns = scols_table_get_ncols(t->scols);
	size_t first = t->n_names, end;
	int failed;

	scols_table_set_termforce(t->scols, SCOLS_TERMFORCE_ALWAYS);
	scols_table_set_termwidth(t->scols, screen);
	do {
		end = first + fitting(t, widths, first, screen);
		if (first > t->n_names)
			fputc('\n', to);
		failed = cut_part(t, widths, full, first, end, screen);
		if (!failed)
			failed = print_part(t, first, end);
		first = end;
	} while (!failed && end < n_columns);
	return failed;
}

enum vsx_status table_print(struct table *t, FILE *to, struct vsx_error *err)
{
	size_t n = t && !t->failed ? scols_table_get_ncols(t->scols) : 0;
	size_t *widths = calloc(2 * (n + 1), sizeof(*widths));
	int failed = widths && t && !t->failed ? 0 : -ENOMEM;

	if (!failed) {
		if (t->n_names > n)
			t->n_names = n;
		scols_table_set_stream(t->scols, to);
		scols_table_enable_colors(t->scols, colour_on(to));
		scols_table_set_termforce(t->scols, SCOLS_TERMFORCE_NEVER);
		/* A file or a pipe has no width to which it must keep. */
		if (!isatty(fileno(to)))
			failed = scols_print_table(t->scols);
		else if ((failed = measure(t, widths, widths + n + 1)) == 0)
			failed = print_parts(t, widths, widths + n + 1,
					     screen_columns(to), to);
	}
	free(widths);
	if (!failed)
		return VSX_OK;
	return failed == -ENOMEM
		       ? tool_fail(err, VSX_ENOMEM, "no memory for a table")
		       : tool_fail(err, VSX_EIO, "cannot print a table");
}

void table_free(struct table *t)
{
	if (!t)
		return;
	scols_unref_table(t->scols);
	free(t->cut);
	free(t);
}
