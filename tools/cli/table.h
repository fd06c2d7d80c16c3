/*
 * Tables for people, on libsmartcols. Columns first, then rows cell by cell;
 * running out of memory is remembered and reported by table_print().
 *
 *	struct table *t = table_new();
 *
 *	table_column(t, "section", TABLE_LEFT);
 *	table_column(t, "bytes", TABLE_RIGHT);
 *	table_row(t);
 *	table_cell(t, "%s", "LIST");
 *	table_cell(t, "%" PRIu64, bytes);
 *	status = table_print(t, stdout, &err);
 *	table_free(t);
 *
 * On a terminal nothing but TABLE_CUT is cut: a table that is too wide all the
 * same is printed in parts, one below the other, each of which begins with the
 * columns that name a row.
 */
#ifndef VSX_CLI_TABLE_H
#define VSX_CLI_TABLE_H

#include "cli/colour.h"
#include "vsx_status.h"

#include <stdio.h>

enum table_align {
	TABLE_LEFT,
	TABLE_RIGHT,
	TABLE_WRAP, /* left; goes on in the next line where room is short */
	TABLE_CUT,  /* left; as much as there is room for beside the others */
};

struct table;

/* NULL when there is no memory, which the other calls accept. */
struct table *table_new(void);
void table_column(struct table *t, const char *heading, enum table_align align);
/* How many columns, from the left, name a row. Without the call it is one. */
void table_names(struct table *t, size_t n_columns);
void table_row(struct table *t);
void table_cell(struct table *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Of the cell that was added last. */
void table_colour(struct table *t, enum colour colour);
enum vsx_status table_print(struct table *t, FILE *to, struct vsx_error *err);
void table_free(struct table *t);

#endif
