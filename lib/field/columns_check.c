#include "field/columns_check.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "utf8.h"

typedef unsigned long long ull;

struct checker {
	const struct vsx_columns *c;
	const struct vsx_column *col;
	const struct vsx_row_lists *lists;
	vsx_columns_finding *report;
	void *context;
};

static enum vsx_status tell(const struct checker *k, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static enum vsx_status tell_why(const struct checker *k,
				const struct vsx_error *what)
{
	return k->report(k->context, what) ? VSX_ESTOPPED : VSX_OK;
}

static enum vsx_status tell(const struct checker *k, const char *fmt, ...)
{
	struct vsx_error what, why;
	va_list args;

	va_start(args, fmt);
	vsx_vfail(&why, VSX_ECORRUPT, fmt, args);
	va_end(args);
	vsx_fail(&what, VSX_ECORRUPT, "field %s%.400s", k->col->name, why.text);
	vsx_at_section(&what, VSX_ECORRUPT, "COLS");
	return tell_why(k, &what);
}

/* Bytes between the parts. */
static enum vsx_status check_zeros(const struct checker *k, uint64_t from,
				   uint64_t to)
{
	const uint8_t *p = k->c->view.base + from;
	uint64_t zeros = vsx_zeros_before(p, to - from);

	return zeros == to - from
		       ? VSX_OK
		       : tell(k,
			      ": byte %llu of the section is 0x%02x, "
			      "expected 0",
			      (ull)(from + zeros), p[zeros]);
}

static enum vsx_status check_gaps(const struct checker *k)
{
	const struct vsx_column *col = k->col;
	uint64_t n = k->c->n_rows, v = col->n_values;
	uint64_t used = col->width ? v * col->width : vsx_column_bits(v);

	VSX_TRY(check_zeros(k,
			    col->ranges + vsx_column_blocks(n) *
						  sizeof(struct vsx_disk_range),
			    col->lists));
	VSX_TRY(check_zeros(k,
			    col->lists + (uint64_t)col->n_lists *
						 sizeof(struct vsx_disk_range),
			    col->nulls));
	VSX_TRY(check_zeros(k, col->nulls + vsx_column_bits(n), col->ends));
	if (col->kind.list)
		VSX_TRY(check_zeros(k, col->ends + 4 * n, col->values));
	VSX_TRY(check_zeros(k, col->values + used, col->words));
	if (col->kind.type == VSX_STRING)
		VSX_TRY(check_zeros(k, col->words + 4 * (uint64_t)col->n_words,
				    col->text));
	return check_zeros(k, col->text + col->word_bytes, col->end);
}

/* Bits behind the last one of n. */
static enum vsx_status check_bits(const struct checker *k, uint64_t part,
				  uint64_t n, const char *what)
{
	uint64_t left = n % 64;

	if (left && vsx_column_word(k->c, part, n - left) >> left)
		return tell(k, ": bits of %s behind the last one are set",
			    what);
	return VSX_OK;
}

static enum vsx_status check_words(const struct checker *k)
{
	const uint8_t *text, *before = NULL;
	uint32_t bytes, had = 0;
	struct vsx_error why;

	for (uint32_t i = 0; i < k->col->n_words; i++) {
		uint32_t least;
		int order;

		if (vsx_column_text(k->c, k->col, i, &text, &bytes, &why) !=
		    VSX_OK)
			return tell_why(k, &why);
		if (!vsx_utf8_ok(text, bytes))
			VSX_TRY(tell(k, ", word %u: not UTF-8", i));
		least = had < bytes ? had : bytes;
		order = before && least ? memcmp(before, text, least) : 0;
		if (i > 0 && (order > 0 || (order == 0 && had >= bytes)))
			VSX_TRY(tell(k, ", word %u: not after the word before",
				     i));
		before = text;
		had = bytes;
	}
	if (k->col->n_words && vsx_load32(k->c->view.base + k->col->words +
					  4 * ((uint64_t)k->col->n_words -
					       1)) != k->col->word_bytes)
		return tell(k, ": the words end before byte %llu",
			    (ull)k->col->word_bytes);
	if (!k->col->n_words && k->col->word_bytes)
		return tell(k, ": %llu bytes of no word",
			    (ull)k->col->word_bytes);
	return VSX_OK;
}

/* What the values of a block, or a list, come to. */
struct tally {
	int64_t least, greatest;
	uint32_t n_null;
	bool any;
};

/* Of the block and the list that a row is in. */
struct tallies {
	struct tally block, list;
};

static void count_key(struct tally *t, int64_t key)
{
	if (!t->any || key < t->least)
		t->least = key;
	if (!t->any || key > t->greatest)
		t->greatest = key;
	t->any = true;
}

static enum vsx_status check_value(const struct checker *k, uint32_t row,
				   uint64_t i, struct tallies *t)
{
	const struct vsx_column *col = k->col;
	uint64_t v;
	int64_t key;
	double f;

	VSX_TRY(vsx_column_value(k->c, col, i, &v, NULL));
	key = vsx_value_key(col->kind, v);
	memcpy(&f, &v, sizeof(f));
	if (col->kind.type == VSX_FLOAT &&
	    (!isfinite(f) || (f == 0.0 && signbit(f))))
		return tell(k, ", row %u: %g, expected a finite number, not -0",
			    row, f);
	if (col->kind.type == VSX_STRING && v >= col->n_words)
		return tell(k, ", row %u: word %llu of %u", row, (ull)v,
			    col->n_words);
	count_key(&t->block, key);
	count_key(&t->list, key);
	return VSX_OK;
}

/* What lies where a row has no value. */
static enum vsx_status check_null(const struct checker *k, uint32_t row)
{
	uint64_t v, first, end;

	if (!k->col->kind.list) {
		VSX_TRY(vsx_column_value(k->c, k->col, row, &v, NULL));
		return v ? tell(k, ", row %u: is null and has a value", row)
			 : VSX_OK;
	}
	if (vsx_column_list(k->c, k->col, row, &first, &end, NULL) == VSX_OK &&
	    first != end)
		return tell(k, ", row %u: is null and has %llu values", row,
			    (ull)(end - first));
	return VSX_OK;
}

static enum vsx_status check_row(const struct checker *k, uint32_t row,
				 struct tallies *t)
{
	uint64_t first = row, end = (uint64_t)row + 1;
	struct vsx_error why;
	bool null;

	VSX_TRY(vsx_column_is_null(k->c, k->col, row, &null, NULL));
	t->block.n_null += null;
	t->list.n_null += null;
	if (k->col->kind.list &&
	    vsx_column_list(k->c, k->col, row, &first, &end, &why) != VSX_OK)
		return tell_why(k, &why);
	if (null)
		return check_null(k, row);
	for (; first < end; first++)
		VSX_TRY(check_value(k, row, first, t));
	return VSX_OK;
}

/* Range number i at `part`, of a block or a list, is what its values come to.
 */
static enum vsx_status check_range(const struct checker *k, const char *what,
				   uint64_t part, uint64_t i,
				   const struct tally *t)
{
	uint64_t end = part + (i + 1) * sizeof(struct vsx_disk_range);
	int64_t least, greatest;
	uint32_t n_null;

	VSX_TRY(vsx_column_range(k->c, k->col, part, i, &least, &greatest,
				 &n_null, NULL));
	if (n_null != t->n_null)
		VSX_TRY(tell(k, ", %s %llu: %u nulls, found %u", what, (ull)i,
			     n_null, t->n_null));
	if (least != t->least || greatest != t->greatest)
		VSX_TRY(tell(k,
			     ", %s %llu: least and greatest are %lld and "
			     "%lld, found %lld and %lld",
			     what, (ull)i, (long long)least,
			     (long long)greatest, (long long)t->least,
			     (long long)t->greatest));
	return check_zeros(k, end - 4, end);
}

/* Lists that end at the row or before; *list is the first that is open. */
static enum vsx_status check_lists(const struct checker *k, uint32_t end,
				   uint32_t *list, struct tally *t)
{
	for (; *list < k->lists->n && k->lists->ends[*list] <= end; (*list)++) {
		VSX_TRY(check_range(k, "list", k->col->lists, *list, t));
		*t = (struct tally){.any = false};
	}
	return VSX_OK;
}

static enum vsx_status check_rows(const struct checker *k)
{
	bool by_list = k->col->n_lists && k->lists->ends;
	struct tallies t = {.block = {.any = false}};
	uint32_t n = k->c->n_rows, list = 0;

	for (uint32_t row = 0; row < n; row++) {
		if (by_list) /* those that are empty */
			VSX_TRY(check_lists(k, row, &list, &t.list));
		VSX_TRY(check_row(k, row, &t));
		if (row % VSX_COLUMN_BLOCK < VSX_COLUMN_BLOCK - 1 &&
		    row + 1 < n)
			continue;
		VSX_TRY(check_range(k, "block", k->col->ranges,
				    row / VSX_COLUMN_BLOCK, &t.block));
		t.block = (struct tally){.any = false};
	}
	return by_list ? check_lists(k, n, &list, &t.list) : VSX_OK;
}

static enum vsx_status check_column(const struct checker *k)
{
	const struct vsx_column *col = k->col;
	uint64_t n = k->c->n_rows, first, end;

	VSX_TRY(check_gaps(k));
	VSX_TRY(check_bits(k, col->nulls, n, "nulls"));
	if (!col->width)
		VSX_TRY(check_bits(k, col->values, col->n_values, "values"));
	VSX_TRY(check_words(k));
	VSX_TRY(check_rows(k));
	if (col->kind.list &&
	    vsx_column_list(k->c, col, (uint32_t)n - 1, &first, &end, NULL) ==
		    VSX_OK &&
	    end != col->n_values)
		return tell(k, ": the lists end at value %llu of %llu",
			    (ull)end, (ull)col->n_values);
	return VSX_OK;
}

enum vsx_status vsx_columns_check(const struct vsx_columns *c,
				  const struct vsx_row_lists *lists,
				  vsx_columns_finding *report, void *context)
{
	struct checker k = {c, NULL, lists, report, context};

	for (uint32_t i = 0; i < c->n; i++) {
		k.col = &c->column[i];
		VSX_TRY(check_column(&k));
	}
	return VSX_OK;
}
