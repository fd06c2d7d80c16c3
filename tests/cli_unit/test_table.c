#include <criterion/criterion.h>
#include <string.h>

#include "cli/table.h"

static char text[1024];

static void print(struct table *t)
{
	FILE *f = tmpfile();
	struct vsx_error err = {.text = ""};

	cr_assert_eq(table_print(t, f, &err), VSX_OK, "%s", err.text);
	rewind(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	table_free(t);
}

Test(table, lines_up_columns_in_a_file)
{
	struct table *t = table_new();

	table_column(t, "section", TABLE_LEFT);
	table_column(t, "bytes", TABLE_RIGHT);
	table_column(t, "note", TABLE_WRAP);
	table_row(t);
	table_cell(t, "%s", "LIST");
	table_cell(t, "%d", 4096);
	table_cell(t, "lists");
	table_row(t);
	table_cell(t, "PQ");
	table_cell(t, "%d", 7);
	table_cell(t, "codes");
	print(t);
	cr_assert_str_eq(text, "section bytes note\n"
			       "LIST     4096 lists\n"
			       "PQ          7 codes\n");
}

Test(table, does_not_cut_in_a_file)
{
	struct table *t = table_new();

	table_column(t, "a", TABLE_LEFT);
	table_column(t, "b", TABLE_WRAP);
	table_row(t);
	table_cell(t, "%0120d", 0);
	table_cell(t, "%0120d", 1);
	print(t);
	cr_assert(strlen(text) > 240);
	cr_assert(strstr(text, "01\n"));
}

Test(table, defuses_control_characters)
{
	struct table *t = table_new();

	table_column(t, "label", TABLE_LEFT);
	table_row(t);
	table_cell(t, "a\x1b[2Jb\n");
	print(t);
	cr_assert_str_eq(text, "label\na\\x1b[2Jb\\x0a\n");
}

Test(table, may_be_nothing)
{
	struct vsx_error err;

	table_column(NULL, "a", TABLE_LEFT);
	table_row(NULL);
	table_cell(NULL, "x");
	cr_assert_eq(table_print(NULL, stdout, &err), VSX_ENOMEM);
	table_free(NULL);
}
