/*
 * Whatever text as a filter, over columns of every type whose bytes the input
 * may have changed: an error of one line or bits of rows that are there.
 */
#include <stdlib.h>
#include <string.h>

#include "field/columns_check.h"
#include "field/program.h"
#include "field/record.h"
#include "fuzz/must.h"

enum { ROWS = 1100 };

static struct vsx_record records[ROWS];

static const uint32_t ends[] = {0, 100, 100, 700, 1050, ROWS};

enum { LISTS = sizeof(ends) / sizeof(*ends) };

static const struct vsx_row_lists lists = {ends, LISTS};

static const uint8_t *get(const void *context, uint32_t row, size_t *n)
{
	(void)context;
	*n = records[row].n;
	return records[row].bytes;
}

static void add(uint32_t row, const char *name, enum vsx_field_type type,
		bool list)
{
	struct vsx_field_kind kind = {type, list};
	struct vsx_record *r = &records[row];
	uint32_t n = list ? row % 4 : 1;
	double f = row / 7.0;
	uint64_t value = row % 5;

	if (type == VSX_BOOL)
		value = row & 1;
	if (type == VSX_FLOAT)
		memcpy(&value, &f, sizeof(value));
	vsx_record_field(r, name, kind, row % 9 == 0 ? VSX_RECORD_NULL : n,
			 NULL);
	for (uint32_t i = 0; row % 9 && i < n; i++)
		if (type == VSX_STRING)
			vsx_record_string(r, &"abcdef"[row % 6], 1, NULL);
		else
			vsx_record_value(r, value, NULL);
}

static struct vsx_columns_built make(void)
{
	static const char *const names[][2] = {{"b", "lb"},
					       {"i", "li"},
					       {"f", "lf"},
					       {"t", "lt"},
					       {"s", "ls"}};
	struct vsx_columns_built built;
	struct vsx_records all = {get, NULL, ROWS, NULL, lists};

	for (uint32_t row = 0; row < ROWS; row++)
		for (int type = VSX_BOOL; type <= VSX_STRING; type++)
			for (int list = 0; list < 2; list++)
				add(row, names[type - 1][list],
				    (enum vsx_field_type)type, list);
	must(vsx_columns_build(&built, &all, NULL) == VSX_OK, "columns");
	return built;
}

static void run(const struct vsx_columns *columns, const struct vsx_filter *f)
{
	struct vsx_error err = {.text = ""};
	uint64_t bits[VSX_BLOCK_WORDS];
	struct vsx_program p;
	enum vsx_status status = vsx_program_bind(&p, f, columns, &err);

	p.lists = lists;
	for (uint64_t b = 0; status == VSX_OK && b < vsx_column_blocks(ROWS);
	     b++)
		status = vsx_program_block(&p, b, bits, &err);
	if (status == VSX_OK)
		must(bits[(ROWS % VSX_COLUMN_BLOCK) / 64] >> (ROWS & 63) == 0,
		     "no row that is not there");
	else
		must_tell(&err, status);
	vsx_program_release(&p);
}

static int ignore(void *context, const struct vsx_error *what)
{
	(void)context, (void)what;
	return 0;
}

/* Two bytes say where columns are changed, one how; the rest is the filter. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vsx_columns_built built;
	struct vsx_error err = {.text = ""};
	struct vsx_columns columns;
	struct vsx_filter *f;
	enum vsx_status status;
	struct vsx_view view;
	size_t at;
	char *text;

	if (!built.bytes)
		built = make();
	if (size < 3)
		return 0;
	at = (size_t)(data[0] | data[1] << 8) % built.n;
	text = malloc(size);
	memcpy(text, data + 3, size - 3);
	text[size - 3] = '\0';
	built.bytes[at] ^= data[2];
	view = (struct vsx_view){.base = built.bytes, .bytes = built.n};
	status = vsx_filter_make(&f, text, &err);
	if (status != VSX_OK)
		must_tell(&err, status);
	status = vsx_columns_open(&columns, &view, ROWS, LISTS, &err);
	if (status != VSX_OK)
		must_tell(&err, status);
	if (f && status == VSX_OK)
		run(&columns, f);
	if (status == VSX_OK && data[2])
		vsx_columns_check(&columns, &lists, ignore, NULL);
	vsx_columns_close(&columns);
	vsx_filter_drop(f);
	built.bytes[at] ^= data[2];
	free(text);
	return 0;
}
