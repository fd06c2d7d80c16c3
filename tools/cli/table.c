#include "cli/table.h"

#include "cli/fail.h"

#include <libsmartcols.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

/* A column that wraps does so before it is narrower. */
#define WRAP_LEAST 20

struct column {
	char *heading;
	enum table_align align;
	size_t width;
};

struct cell {
	char *text;
	enum colour colour;
};

struct table {
	struct column *columns;
	size_t n_columns, n_names;
	struct cell *cells; /* row by row; missing ones at the end are empty */
	size_t n_rows, at;  /* the next cell of the last row */
	bool failed;
};

struct table *table_new(void)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t)
		t->n_names = 1;
	return t;
}

void table_column(struct table *t, const char *heading, enum table_align align)
{
	struct column *all;

	if (!t || t->failed)
		return;
	all = reallocarray(t->columns, t->n_columns + 1, sizeof(*all));
	if (!all) {
		t->failed = true;
		return;
	}
	t->columns = all;
	all[t->n_columns] =
		(struct column){.heading = strdup(heading), .align = align};
	t->failed = !all[t->n_columns++].heading;
}

void table_names(struct table *t, size_t n_columns)
{
	if (t)
		t->n_names = n_columns;
}

void table_row(struct table *t)
{
	struct cell *all;

	if (!t || t->failed)
		return;
	all = reallocarray(t->cells, (t->n_rows + 1) * t->n_columns,
			   sizeof(*all));
	if (!all) {
		t->failed = true;
		return;
	}
	t->cells = all;
	memset(all + t->n_rows++ * t->n_columns, 0,
	       t->n_columns * sizeof(*all));
	t->at = 0;
}

void table_cell(struct table *t, const char *fmt, ...)
{
	va_list args;
	char *text;
	int len;

	if (!t || t->failed || t->n_rows == 0 || t->at == t->n_columns)
		return;
	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0)
		t->failed = true;
	else
		t->cells[(t->n_rows - 1) * t->n_columns + t->at++].text = text;
}

void table_colour(struct table *t, enum colour colour)
{
	if (t && !t->failed && t->at > 0)
		t->cells[(t->n_rows - 1) * t->n_columns + t->at - 1].colour =
			colour;
}

/* ---- what fits ----------------------------------------------------------- */

static size_t screen_columns(FILE *to)
{
	struct winsize size;

	if (ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

/* As libsmartcols counts: it shows as \x1b what cannot be printed. */
static size_t columns_of(const char *text)
{
	mbstate_t state = {0};
	size_t columns = 0;

	while (*text) {
		wchar_t c;
		size_t n = mbrtowc(&c, text, MB_CUR_MAX, &state);
		int width = n > 0 && n <= MB_CUR_MAX ? wcwidth(c) : -1;

		if (width < 0) {
			memset(&state, 0, sizeof(state));
			n = n <= MB_CUR_MAX ? n : 1;
			columns += 4 * n;
		} else {
			columns += (size_t)width;
		}
		text += n;
	}
	return columns;
}

static void measure(struct table *t)
{
	for (size_t c = 0; c < t->n_columns; c++) {
		struct column *column = &t->columns[c];

		column->width = columns_of(column->heading);
		for (size_t r = 0; r < t->n_rows; r++) {
			const char *text = t->cells[r * t->n_columns + c].text;
			size_t n = text ? columns_of(text) : 0;

			if (n > column->width)
				column->width = n;
		}
	}
}

static size_t least_of(const struct column *column)
{
	return column->align == TABLE_WRAP && column->width > WRAP_LEAST
		       ? WRAP_LEAST
		       : column->width;
}

/* How many columns from `first` on fit beside those that name a row. */
static size_t fitting(const struct table *t, size_t first, size_t screen)
{
	size_t used = 0, n = 0;

	for (size_t c = 0; c < t->n_names; c++)
		used += least_of(&t->columns[c]) + 1;
	while (first + n < t->n_columns) {
		used += least_of(&t->columns[first + n]) + 1;
		if (used - 1 > screen && n > 0)
			break;
		n++;
	}
	return n;
}

/* ---- printing --------------------------------------------------------------
 */

static bool add_column(struct libscols_table *scols,
		       const struct column *column)
{
	int flags = column->align == TABLE_RIGHT  ? SCOLS_FL_RIGHT
		    : column->align == TABLE_WRAP ? SCOLS_FL_WRAP
						  : 0;
	struct libscols_column *added =
		scols_table_new_column(scols, column->heading, 0, flags);

	return added && scols_cell_set_color(scols_column_get_header(added),
					     colour_code(COLOUR_HEADING)) == 0;
}

static bool add_cell(struct libscols_line *line, size_t at,
		     const struct cell *cell)
{
	if (cell->text && scols_line_set_data(line, at, cell->text) != 0)
		return false;
	return cell->colour == COLOUR_NONE ||
	       scols_cell_set_color(scols_line_get_cell(line, at),
				    colour_code(cell->colour)) == 0;
}

static bool fill(const struct table *t, struct libscols_table *scols,
		 size_t first, size_t end)
{
	bool ok = true;

	for (size_t c = 0; c < t->n_names && ok; c++)
		ok = add_column(scols, &t->columns[c]);
	for (size_t c = first; c < end && ok; c++)
		ok = add_column(scols, &t->columns[c]);
	for (size_t r = 0; r < t->n_rows && ok; r++) {
		const struct cell *row = t->cells + r * t->n_columns;
		struct libscols_line *line = scols_table_new_line(scols, NULL);
		size_t at = 0;

		ok = line != NULL;
		for (size_t c = 0; c < t->n_names && ok; c++)
			ok = add_cell(line, at++, &row[c]);
		for (size_t c = first; c < end && ok; c++)
			ok = add_cell(line, at++, &row[c]);
	}
	return ok;
}

static enum vsx_status print_part(const struct table *t, size_t first,
				  size_t end, size_t screen, FILE *to,
				  struct vsx_error *err)
{
	struct libscols_table *scols = scols_new_table();
	enum vsx_status status = VSX_OK;

	if (!scols)
		return tool_fail(err, VSX_ENOMEM, "no memory for a table");
	scols_table_set_stream(scols, to);
	scols_table_enable_colors(scols, colour_on(to));
	scols_table_set_termforce(scols, screen ? SCOLS_TERMFORCE_ALWAYS
						: SCOLS_TERMFORCE_NEVER);
	if (screen)
		scols_table_set_termwidth(scols, screen);
	if (!fill(t, scols, first, end))
		status = tool_fail(err, VSX_ENOMEM, "no memory for a table");
	else if (scols_print_table(scols) != 0)
		status = tool_fail(err, VSX_EIO, "cannot print a table");
	scols_unref_table(scols);
	return status;
}

enum vsx_status table_print(struct table *t, FILE *to, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	size_t screen, first;

	if (!t || t->failed)
		return tool_fail(err, VSX_ENOMEM, "no memory for a table");
	/* A file or a pipe has no width to which a table must keep. */
	screen = isatty(fileno(to)) ? screen_columns(to) : 0;
	measure(t);
	first = t->n_names < t->n_columns ? t->n_names : t->n_columns;
	for (size_t n; status == VSX_OK && first < t->n_columns; first += n) {
		n = screen ? fitting(t, first, screen) : t->n_columns - first;
		if (first > t->n_names)
			fputc('\n', to);
		status = print_part(t, first, first + n, screen, to, err);
	}
	return status;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t c = 0; c < t->n_columns; c++)
		free(t->columns[c].heading);
	for (size_t i = 0; i < t->n_rows * t->n_columns; i++)
		free(t->cells[i].text);
	free(t->columns);
	free(t->cells);
	free(t);
}
