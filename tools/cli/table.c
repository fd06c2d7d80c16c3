#include "cli/table.h"

#include "cli/fail.h"

#include <libsmartcols.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

struct table {
	struct libscols_table *scols;
	struct libscols_line *row; /* the table's; borrowed */
	size_t cell;		   /* the next one of the row */
	bool failed;
};

struct table *table_new(void)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->scols = scols_new_table();
	if (!t->scols) {
		free(t);
		return NULL;
	}
	return t;
}

void table_column(struct table *t, const char *heading, enum table_align align)
{
	int flags = align == TABLE_RIGHT ? SCOLS_FL_RIGHT
		    : align == TABLE_CUT ? SCOLS_FL_TRUNC
					 : 0;

	if (t && !scols_table_new_column(t->scols, heading, 0, flags))
		t->failed = true;
}

void table_row(struct table *t)
{
	if (!t || t->failed)
		return;
	t->row = scols_table_new_line(t->scols, NULL);
	t->cell = 0;
	if (!t->row)
		t->failed = true;
}

void table_cell(struct table *t, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	int len;

	if (!t || t->failed || !t->row)
		return;
	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0) {
		t->failed = true;
		return;
	}
	/* The line takes the string over, but only if it accepts it. */
	if (scols_line_refer_data(t->row, t->cell++, text) != 0) {
		free(text);
		t->failed = true;
	}
}

enum vsx_status table_print(struct table *t, FILE *to, struct vsx_error *err)
{
	if (!t || t->failed)
		return tool_fail(err, VSX_ENOMEM, "no memory for a table");

	scols_table_set_stream(t->scols, to);
	/* A file or a pipe has no width to which columns should be cut. */
	if (!isatty(fileno(to)))
		scols_table_set_termforce(t->scols, SCOLS_TERMFORCE_NEVER);
	if (scols_print_table(t->scols) != 0)
		return tool_fail(err, VSX_EIO, "cannot print a table");
	return VSX_OK;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	scols_unref_table(t->scols);
	free(t);
}
