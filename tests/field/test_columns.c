/*
 * Columns made from records hold the rows, and filters are true of those of
 * which a plain evaluation, with true, false and neither, says so.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "field/columns_check.h"
#include "field/program.h"
#include "field/record.h"
#include "field/time.h"

enum { N_FIELDS = 8, MOST_VALUES = 3 };

static struct vsx_error err;

static const struct {
	const char *name;
	struct vsx_field_kind kind;
} fields[N_FIELDS] = {
	{"year", {VSX_INT, false}},    {"lang", {VSX_STRING, false}},
	{"score", {VSX_FLOAT, false}}, {"when", {VSX_TIME, false}},
	{"draft", {VSX_BOOL, false}},  {"tags", {VSX_STRING, true}},
	{"sizes", {VSX_INT, true}},    {"flags", {VSX_BOOL, true}},
};

static const char *const strings[] = {"",	  "a",	"ab",  "b",
				      "\xc3\xa9", "zz", "a\nb"};
#define N_STRINGS 7

/* A value is a number of a small domain, and means something by its kind. */
struct cell {
	bool null;
	uint32_t n;
	int at[MOST_VALUES];
};

struct table {
	uint32_t n;
	struct cell *cells; /* [n][N_FIELDS] */
	struct vsx_record *records;
	uint32_t ends[100]; /* of lists */
	struct vsx_row_lists lists;
	struct vsx_columns_built built;
	struct vsx_columns columns;
};

static int domain(enum vsx_field_type type)
{
	return type == VSX_BOOL ? 2 : type == VSX_STRING ? N_STRINGS : 9;
}

static double number(enum vsx_field_type type, int at)
{
	return type == VSX_FLOAT ? (at - 4) * 0.75 : at - 4;
}

static int64_t time_at(int at)
{
	return (at - 4) * INT64_C(86400000000);
}

static uint64_t value_of(enum vsx_field_type type, int at)
{
	double f = number(type, at);
	uint64_t bits;

	memcpy(&bits, &f, sizeof(bits));
	return type == VSX_FLOAT  ? bits
	       : type == VSX_INT  ? (uint64_t)(int64_t)(at - 4)
	       : type == VSX_TIME ? (uint64_t)time_at(at)
				  : (uint64_t)at;
}

static struct cell *cell(const struct table *t, uint32_t row, size_t field)
{
	return &t->cells[(size_t)row * N_FIELDS + field];
}

static void put_record(struct table *t, uint32_t row)
{
	struct vsx_record *r = &t->records[row];

	for (size_t f = 0; f < N_FIELDS; f++) {
		const struct cell *c = cell(t, row, f);
		enum vsx_field_type type = fields[f].kind.type;

		/* Some rows do not know of some fields. */
		if (c->null && row % 3 == 0)
			continue;
		cr_assert_eq(vsx_record_field(r, fields[f].name, fields[f].kind,
					      c->null ? VSX_RECORD_NULL : c->n,
					      &err),
			     VSX_OK);
		for (uint32_t i = 0; !c->null && i < c->n; i++) {
			const char *s = strings[c->at[i] % N_STRINGS];

			if (type == VSX_STRING)
				vsx_record_string(r, s, (uint32_t)strlen(s),
						  &err);
			else
				vsx_record_value(r, value_of(type, c->at[i]),
						 &err);
		}
	}
}

static const uint8_t *get(const void *context, uint32_t row, size_t *n)
{
	const struct vsx_record *r = context;

	*n = r[row].n;
	return r[row].bytes;
}

static void open_columns(struct table *t)
{
	struct vsx_view view = {.base = t->built.bytes, .bytes = t->built.n};

	cr_assert_eq(
		vsx_columns_open(&t->columns, &view, t->n, t->lists.n, &err),
		VSX_OK, "%s", err.text);
}

/* As many lists as get ranges, some of them empty, the first and last, too. */
static void make_lists(struct table *t, struct vsx_rng *rng)
{
	uint32_t n = t->n / 64;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t before = i ? t->ends[i - 1] : 0;
		uint32_t rows = (uint32_t)vsx_rng_below(rng, 220);
		uint32_t end = before + rows < t->n ? before + rows : t->n;

		t->ends[i] = i == 0 && n > 1 ? 0
			     : i + 2 >= n    ? t->n
			     : i % 7 == 3    ? before
					     : end;
	}
	t->lists = (struct vsx_row_lists){t->ends, n};
}

/* Runs of rows have alike values, so that blocks can be skipped; so have some
 * lists. */
static void make_table(struct table *t, uint32_t n, uint64_t seed)
{
	struct vsx_rng rng = {seed};

	*t = (struct table){.n = n};
	t->cells = vsx_alloc((size_t)n * N_FIELDS, sizeof(*t->cells));
	t->records = vsx_alloc(n, sizeof(*t->records));
	make_lists(t, &rng);
	for (uint32_t row = 0, list = 0; row < n; row++) {
		for (size_t f = 0; f < N_FIELDS; f++) {
			int most = domain(fields[f].kind.type);
			struct cell *c = cell(t, row, f);
			bool calm = row / 1500 % 2 == 1 || list % 3 == 1;

			while (list < t->lists.n && t->ends[list] <= row)
				list++;
			c->null = vsx_rng_below(&rng, calm ? 1500 : 6) == 0;
			c->n = fields[f].kind.list
				       ? (uint32_t)vsx_rng_below(
						 &rng, MOST_VALUES + 1)
				       : 1;
			for (uint32_t i = 0; i < c->n; i++)
				c->at[i] = calm ? (int)(f + list / 3) % most
						: (int)vsx_rng_below(
							  &rng, (uint64_t)most);
		}
		put_record(t, row);
	}
	struct vsx_records records = {get, t->records, n, NULL, t->lists};
	cr_assert_eq(vsx_columns_build(&t->built, &records, &err), VSX_OK, "%s",
		     err.text);
	open_columns(t);
}

static void drop_table(struct table *t)
{
	for (uint32_t row = 0; row < t->n; row++)
		free(t->records[row].bytes);
	vsx_columns_close(&t->columns);
	free(t->built.bytes);
	free(t->records);
	free(t->cells);
}

/* ---- a filter and a plain evaluation of it ------------------------------ */

enum truth { NO, YES, NEITHER };

static enum truth both(enum truth a, enum truth b)
{
	return a == NO || b == NO	      ? NO
	       : a == NEITHER || b == NEITHER ? NEITHER
					      : YES;
}

static enum truth negate(enum truth a)
{
	return a == NEITHER ? NEITHER : a == YES ? NO : YES;
}

struct expr {
	enum { AND, OR, NOT, TEST } what;
	struct expr *a, *b;
	size_t field;
	int op; /* of a test */
	int n, at[3];
	double half; /* added to numbers */
};

enum {
	EQ,
	NE,
	LT,
	LE,
	GT,
	GE,
	IN,
	NOT_IN,
	HAS,
	HAS_ANY,
	HAS_ALL,
	EMPTY,
	NIL,
	N_OPS
};

static void write_value(const struct expr *e, int i, FILE *to)
{
	enum vsx_field_type type = fields[e->field].kind.type;
	char text[VSX_TIME_BYTES];

	if (type == VSX_BOOL) {
		fputs(e->at[i] ? "true" : "false", to);
	} else if (type == VSX_STRING) {
		const char *s = strings[e->at[i]];

		fputc('"', to);
		for (; *s; s++)
			if (*s == '\n')
				fputs("\\n", to);
			else
				fputc(*s, to);
		fputc('"', to);
	} else if (type == VSX_TIME) {
		vsx_time_print(text, time_at(e->at[i]));
		fprintf(to, "'%s'", text);
	} else {
		fprintf(to, "%g", number(type, e->at[i]) + e->half);
	}
}

static void write_expr(const struct expr *e, FILE *to)
{
	static const char *const ops[] = {"=",
					  "!=",
					  "<",
					  "<=",
					  ">",
					  ">=",
					  "in ",
					  "not in ",
					  "contains ",
					  "contains any ",
					  "contains all ",
					  "is empty",
					  "is null"};

	if (e->what == TEST) {
		bool list = e->op == IN || e->op == NOT_IN ||
			    e->op == HAS_ANY || e->op == HAS_ALL;

		fprintf(to, "%s %s", fields[e->field].name, ops[e->op]);
		fputs(list ? "(" : "", to);
		for (int i = 0; i < e->n; i++) {
			fputs(i ? ", " : "", to);
			write_value(e, i, to);
		}
		fputs(list ? ")" : "", to);
		return;
	}
	fputs(e->what == NOT ? "not (" : "(", to);
	write_expr(e->a, to);
	if (e->b) {
		fputs(e->what == AND ? ") and (" : ") or (", to);
		write_expr(e->b, to);
	}
	fputc(')', to);
}

/* -1, 0 or 1: a value of a row beside one of the test. */
static int compare(const struct expr *e, int at, int i)
{
	enum vsx_field_type type = fields[e->field].kind.type;
	double x, y;

	if (type == VSX_STRING) {
		int order = strcmp(strings[at], strings[e->at[i]]);

		return order < 0 ? -1 : order > 0;
	}
	x = type == VSX_INT || type == VSX_FLOAT ? number(type, at) : at;
	y = type == VSX_INT || type == VSX_FLOAT
		    ? number(type, e->at[i]) + e->half
		    : e->at[i];
	return x < y ? -1 : x > y;
}

static bool has(const struct expr *e, const struct cell *c, int i)
{
	for (uint32_t v = 0; v < c->n; v++)
		if (compare(e, c->at[v], i) == 0)
			return true;
	return false;
}

static enum truth test_of(const struct expr *e, const struct cell *c)
{
	bool any = false, all = true;
	int order;

	if (e->op == NIL)
		return c->null ? YES : NO;
	if (c->null)
		return NEITHER;
	for (int i = 0; i < e->n; i++) {
		any = has(e, c, i) || any;
		all = has(e, c, i) && all;
	}
	order = c->n ? compare(e, c->at[0], 0) : 0;
	switch (e->op) {
	case EQ:
	case IN:
	case HAS:
	case HAS_ANY:
		return any ? YES : NO;
	case NE:
	case NOT_IN:
		return any ? NO : YES;
	case HAS_ALL:
		return all ? YES : NO;
	case LT:
		return order < 0 ? YES : NO;
	case LE:
		return order <= 0 ? YES : NO;
	case GT:
		return order > 0 ? YES : NO;
	case GE:
		return order >= 0 ? YES : NO;
	default:
		return c->n == 0 ? YES : NO;
	}
}

static enum truth truth_of(const struct expr *e, const struct table *t,
			   uint32_t row)
{
	enum truth a, b;

	if (e->what == TEST)
		return test_of(e, cell(t, row, e->field));
	a = truth_of(e->a, t, row);
	if (e->what == NOT)
		return negate(a);
	b = truth_of(e->b, t, row);
	return e->what == AND ? both(a, b) : negate(both(negate(a), negate(b)));
}

static struct expr *draw(struct vsx_rng *rng, int depth)
{
	struct expr *e = vsx_alloc(1, sizeof(*e));
	struct vsx_field_kind kind;

	e->what = depth ? (int)vsx_rng_below(rng, 4) : TEST;
	if (e->what != TEST) {
		e->a = draw(rng, depth - 1);
		e->b = e->what == NOT ? NULL : draw(rng, depth - 1);
		return e;
	}
	e->field = vsx_rng_below(rng, N_FIELDS);
	kind = fields[e->field].kind;
	do
		e->op = (int)vsx_rng_below(rng, N_OPS);
	while (e->op != NIL &&
	       (kind.list != (e->op >= HAS) ||
		(kind.type == VSX_BOOL && e->op >= LT && e->op <= GE)));
	e->n = e->op == NIL || e->op == EMPTY  ? 0
	       : (e->op >= IN && e->op != HAS) ? 1 + (int)vsx_rng_below(rng, 3)
					       : 1;
	if (e->op == HAS)
		e->n = 1;
	for (int i = 0; i < e->n; i++)
		e->at[i] = (int)vsx_rng_below(rng, (uint64_t)domain(kind.type));
	e->half = vsx_rng_below(rng, 3) == 0 ? 0.5 : 0.0;
	return e;
}

static void drop(struct expr *e)
{
	if (!e)
		return;
	drop(e->a);
	drop(e->b);
	free(e);
}

static void expect_agree(const struct table *t, const struct expr *e,
			 bool by_lists)
{
	char text[4000] = "";
	FILE *to = fmemopen(text, sizeof(text), "w");
	struct vsx_program p;
	struct vsx_filter *f;
	uint64_t bits[VSX_BLOCK_WORDS];

	write_expr(e, to);
	fclose(to);
	cr_assert_eq(vsx_filter_make(&f, text, &err), VSX_OK, "%s: %s", text,
		     err.text);
	cr_assert_eq(vsx_program_bind(&p, f, &t->columns, &err), VSX_OK,
		     "%s: %s", text, err.text);
	if (by_lists)
		p.lists = t->lists;
	for (uint32_t row = 0; row < t->n; row++) {
		uint32_t i = row % VSX_COLUMN_BLOCK;
		bool due = truth_of(e, t, row) == YES, is;

		if (i == 0)
			cr_assert_eq(vsx_program_block(&p,
						       row / VSX_COLUMN_BLOCK,
						       bits, &err),
				     VSX_OK);
		is = bits[i / 64] >> (i & 63) & 1;
		cr_assert_eq(is, due, "row %u: %d, not %d: %s", row, is, due,
			     text);
	}
	vsx_program_release(&p);
	vsx_filter_drop(f);
}

Test(columns, filters_agree_with_a_plain_evaluation)
{
	static const uint32_t sizes[] = {1, 63, 64, 1024, 1025, 6001};
	struct vsx_rng rng = {7};

	for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
		struct table t;

		make_table(&t, sizes[s], s + 1);
		for (int i = 0; i < 300; i++) {
			struct expr *e = draw(&rng, i % 4);

			expect_agree(&t, e, i % 3 > 0);
			drop(e);
		}
		drop_table(&t);
	}
}

/* ---- what they hold ----------------------------------------------------- */

static int hear(void *context, const struct vsx_error *what)
{
	struct vsx_error *heard = context;

	*heard = *what;
	return 1;
}

static bool is_sound(const struct table *t)
{
	err.text[0] = '\0';
	return vsx_columns_check(&t->columns, &t->lists, hear, &err) == VSX_OK;
}

Test(columns, are_sound_and_give_their_rows_back)
{
	struct vsx_columns_built again;
	struct vsx_records records;
	struct vsx_record *copies;
	struct table t;

	make_table(&t, 3000, 5);
	cr_expect(is_sound(&t), "%s", err.text);
	copies = vsx_alloc(t.n, sizeof(*copies));
	for (uint32_t row = 0; row < t.n; row++)
		cr_assert_eq(
			vsx_record_of_row(&copies[row], &t.columns, row, &err),
			VSX_OK, "%s", err.text);
	records = (struct vsx_records){get, copies, t.n, NULL, t.lists};
	cr_assert_eq(vsx_columns_build(&again, &records, &err), VSX_OK);
	cr_assert_eq(again.n, t.built.n);
	cr_expect_arr_eq(again.bytes, t.built.bytes, again.n);
	free(again.bytes);
	for (uint32_t row = 0; row < t.n; row++)
		free(copies[row].bytes);
	free(copies);
	drop_table(&t);
}

/* Any byte, turned: an error, a finding, or rows that are the same otherwise.
 * Never a byte outside. */
Test(columns, bear_any_byte)
{
	struct vsx_rng rng = {11};
	struct table t;

	make_table(&t, 300, 3);
	for (int i = 0; i < 4000; i++) {
		uint64_t at = vsx_rng_below(&rng, t.built.n);
		uint8_t was = t.built.bytes[at];
		struct vsx_view view = {.base = t.built.bytes,
					.bytes = t.built.n};
		struct vsx_record r = {NULL, 0, 0};
		struct table bad = t;
		enum vsx_status status;

		t.built.bytes[at] ^= (uint8_t)(1u << vsx_rng_below(&rng, 8));
		status = vsx_columns_open(&bad.columns, &view, t.n, t.lists.n,
					  &err);
		if (status == VSX_OK) {
			struct vsx_program p;
			struct vsx_filter *f;
			uint64_t bits[VSX_BLOCK_WORDS];
			bool sound = is_sound(&bad);

			cr_assert_eq(vsx_filter_make(
					     &f,
					     "tags contains 'a' or year in "
					     "(1, 3, 5, 7, 9, 11) and lang > "
					     "'a' or sizes is empty",
					     &err),
				     VSX_OK);
			if (vsx_program_bind(&p, f, &bad.columns, &err) ==
			    VSX_OK)
				vsx_program_block(&p, 0, bits, &err);
			vsx_program_release(&p);
			vsx_filter_drop(f);
			for (uint32_t row = 0; row < t.n; row++)
				cr_assert(vsx_record_of_row(&r, &bad.columns,
							    row,
							    &err) == VSX_OK ||
					  !sound);
		}
		free(r.bytes);
		vsx_columns_close(&bad.columns);
		t.built.bytes[at] = was;
	}
	drop_table(&t);
}

/* Where bounds say enough the values of a list may be anything. */
Test(columns, values_of_lists_are_looked_at_where_bounds_say_too_little)
{
	enum { N = 1000, LISTS = 10 };
	static const char *const texts[] = {"not f <= 4.5", "i > 4",
					    "l contains 7"};
	struct vsx_record records[N] = {{NULL, 0, 0}};
	struct table t = {.n = N};
	struct vsx_records all;

	for (uint32_t i = 0; i < LISTS; i++)
		t.ends[i] = (i + 1) * (N / LISTS);
	t.lists = (struct vsx_row_lists){t.ends, LISTS};
	for (uint32_t row = 0; row < N; row++) {
		struct vsx_record *r = &records[row];
		uint64_t at = row / (N / LISTS); /* the list */
		double f = (double)at;
		uint64_t bits;

		memcpy(&bits, &f, sizeof(bits));
		vsx_record_field(r, "f", (struct vsx_field_kind){VSX_FLOAT, 0},
				 1, &err);
		vsx_record_value(r, bits, &err);
		vsx_record_field(r, "i", (struct vsx_field_kind){VSX_INT, 0}, 1,
				 &err);
		vsx_record_value(r, at, &err);
		vsx_record_field(r, "l", (struct vsx_field_kind){VSX_INT, 1}, 1,
				 &err);
		vsx_record_value(r, at, &err);
	}
	all = (struct vsx_records){get, records, N, NULL, t.lists};
	cr_assert_eq(vsx_columns_build(&t.built, &all, &err), VSX_OK);
	open_columns(&t);
	cr_assert(is_sound(&t), "%s", err.text);
	for (size_t i = 0; i < 3; i++) {
		const struct vsx_column *c = &t.columns.column[i];
		uint64_t n_bytes = c->n_values * c->width;

		cr_assert_eq(c->n_lists, LISTS);
		for (int whole = 1; whole >= 0; whole--) {
			uint64_t bits[VSX_BLOCK_WORDS];
			struct vsx_program p;
			struct vsx_filter *f;
			int wrong = 0;

			if (!whole)
				memset(t.built.bytes + c->values, 0, n_bytes);
			vsx_filter_make(&f, texts[i], &err);
			cr_assert_eq(vsx_program_bind(&p, f, &t.columns, &err),
				     VSX_OK, "%s", err.text);
			cr_assert(vsx_program_wants_lists(&p));
			p.lists = t.lists;
			cr_assert_eq(vsx_program_block(&p, 0, bits, &err),
				     VSX_OK);
			for (uint32_t row = 0; row < N; row++) {
				uint32_t list = row / (N / LISTS);
				bool due = c->kind.list ? list == 7 && whole
							: list > 4;

				wrong += (bits[row / 64] >> (row & 63) & 1) !=
					 due;
			}
			cr_expect_eq(wrong, 0, "%s: %d", c->name, wrong);
			vsx_program_release(&p);
			vsx_filter_drop(f);
		}
	}
	for (uint32_t row = 0; row < N; row++)
		free(records[row].bytes);
	vsx_columns_close(&t.columns);
	free(t.built.bytes);
}

/* ---- what is refused ---------------------------------------------------- */

static void expect_refused(const struct table *t, const char *text,
			   const char *why)
{
	struct vsx_program p;
	struct vsx_filter *f;

	cr_assert_eq(vsx_filter_make(&f, text, &err), VSX_OK, "%s", err.text);
	cr_expect_eq(vsx_program_bind(&p, f, &t->columns, &err), VSX_EINVAL,
		     "%s", text);
	cr_expect_str_eq(err.text, why, "%s: %s", text, err.text);
	vsx_program_release(&p);
	vsx_filter_drop(f);
}

Test(columns, tests_suit_their_fields)
{
	struct table t;

	make_table(&t, 10, 2);
	expect_refused(&t, "lang = 'a' and year = 'x'",
		       "filter, character 23: field year is int, expected a "
		       "number");
	expect_refused(&t, "lang = 3",
		       "filter, character 8: field lang is "
		       "string, expected a string in quotes");
	expect_refused(&t, "when > 3",
		       "filter, character 8: field when is time, expected a "
		       "time such as \"2026-01-31\" or "
		       "\"2026-01-31T12:00:00Z\"");
	expect_refused(&t, "draft > true",
		       "filter, character 1: field draft is "
		       "bool, expected = or !=");
	expect_refused(&t, "year",
		       "filter, character 1: field year is int, "
		       "expected a number");
	expect_refused(&t, "tags = 'a'",
		       "filter, character 1: field tags is [string], expected "
		       "\"contains\", \"is empty\" or \"is null\"");
	expect_refused(&t, "lang contains 'a'",
		       "filter, character 1: field lang is string, expected "
		       "\"contains\" of lists alone");
	expect_refused(&t, "lang is empty",
		       "filter, character 1: field lang is string, expected "
		       "\"is empty\" of lists alone");
	drop_table(&t);
}

/* Numbers at the ends of their range, and between whole ones. */
Test(columns, numbers_are_compared_as_they_are)
{
	static const int64_t ints[] = {INT64_MIN, -1, 0, 1, INT64_MAX};
	static const struct {
		const char *text;
		unsigned int due; /* a bit for each row */
	} cases[] = {
		{"a <= -9223372036854775808", 1},
		{"a < -9223372036854775808", 0},
		{"a > 9223372036854775807", 0},
		{"a >= 9223372036854775807", 16},
		{"a = 9223372036854775807", 16},
		{"a = 9223372036854775807.0", 0},
		{"a < 9223372036854775808.0", 31},
		{"a < 9223372036854775808", 31},
		{"a = 9223372036854775808", 0},
		{"a >= 9223372036854775808", 0},
		{"a != 99999999999999999999999", 31},
		{"a >= -9223372036854775809", 31},
		{"a > -99999999999999999999999", 31},
		{"a in (-99999999999999999999, 0)", 4},
		{"a > -1e300", 31},
		{"a >= -9223372036854775808.0", 31},
		{"a = -9223372036854775808.0", 1},
		{"a < 1e300", 31},
		{"a = 0.5", 0},
		{"a != 0.5", 31},
		{"a < 0.5", 7},
		{"a <= 0.5", 7},
		{"a > -0.5", 28},
		{"a = -0.0", 4},
		{"a in (1, 0, -1, 2, 3, 5, 7, 9)", 14},
		{"a not in (1, 0, -1)", 17},
		{"b is null", 31},
		{"b = 1 or not b = 1", 0},
	};
	struct vsx_record records[5] = {{NULL, 0, 0}};
	struct vsx_field_kind kind = {VSX_INT, false};
	struct vsx_records all = {get, records, 5, NULL, {NULL, 0}};
	struct table t = {.n = 5};

	for (size_t i = 0; i < 5; i++) {
		vsx_record_field(&records[i], "a", kind, 1, &err);
		vsx_record_value(&records[i], (uint64_t)ints[i], &err);
	}
	cr_assert_eq(vsx_columns_build(&t.built, &all, &err), VSX_OK);
	open_columns(&t);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t bits[VSX_BLOCK_WORDS];
		struct vsx_program p;
		struct vsx_filter *f;

		cr_assert_eq(vsx_filter_make(&f, cases[i].text, &err), VSX_OK,
			     "%s", err.text);
		cr_assert_eq(vsx_program_bind(&p, f, &t.columns, &err), VSX_OK,
			     "%s", err.text);
		cr_assert_eq(vsx_program_block(&p, 0, bits, &err), VSX_OK);
		cr_expect_eq(bits[0], cases[i].due, "%s: %llx", cases[i].text,
			     (unsigned long long)bits[0]);
		vsx_program_release(&p);
		vsx_filter_drop(f);
	}
	vsx_columns_close(&t.columns);
	free(t.built.bytes);
	for (size_t i = 0; i < 5; i++)
		free(records[i].bytes);
}

/* Rows that do not agree in what a field is. */
Test(columns, a_field_has_one_type)
{
	struct vsx_record records[2] = {{NULL, 0, 0}};
	struct vsx_records all = {get, records, 2, NULL, {NULL, 0}};
	struct vsx_columns_built built;

	vsx_record_field(&records[0], "a",
			 (struct vsx_field_kind){VSX_INT, false},
			 VSX_RECORD_NULL, &err);
	vsx_record_field(&records[1], "a",
			 (struct vsx_field_kind){VSX_INT, true},
			 VSX_RECORD_NULL, &err);
	cr_expect_eq(vsx_columns_build(&built, &all, &err), VSX_EINVAL);
	cr_expect_str_eq(err.text, "field a is [int], expected int as before");
	cr_expect_null(built.bytes);
	free(records[0].bytes);
	free(records[1].bytes);
}
