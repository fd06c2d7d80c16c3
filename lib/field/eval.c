/* Where a filter is true, 1,024 rows at a time. */
#include <string.h>

#include "field/program.h"

/* The rows of one block. */
struct block {
	const struct vsx_program *p;
	uint64_t number;
	uint32_t first, n;
	uint32_t first_list; /* that ends behind its first row */
};

static void fill(uint64_t bits[VSX_BLOCK_WORDS], uint32_t n)
{
	for (uint32_t w = 0; w < VSX_BLOCK_WORDS; w++) {
		uint32_t left = n > w * 64 ? n - w * 64 : 0;

		bits[w] = left >= 64 ? UINT64_MAX : (UINT64_C(1) << left) - 1;
	}
}

static bool is_none(const uint64_t bits[VSX_BLOCK_WORDS])
{
	uint64_t any = 0;

	for (uint32_t w = 0; w < VSX_BLOCK_WORDS; w++)
		any |= bits[w];
	return any == 0;
}

/* Take away the rows that are null. */
static enum vsx_status but_nulls(const struct block *b,
				 const struct vsx_column *c,
				 uint64_t bits[VSX_BLOCK_WORDS],
				 struct vsx_error *err)
{
	const struct vsx_columns *cols = b->p->columns;

	VSX_TRY(vsx_touch(&cols->view, c->nulls + b->first / 8,
			  vsx_column_bits(b->n), err));
	for (uint32_t w = 0; w * 64 < b->n; w++)
		bits[w] &= ~vsx_column_word(cols, c->nulls, b->first + w * 64);
	return VSX_OK;
}

/* ---- values of one a row ------------------------------------------------ */

/* A byte a row, 1: its key is in a range. */
#define SCAN(name, type, key)                                                  \
	static void name(uint8_t *in, const type *v, uint32_t n,               \
			 int64_t least, int64_t greatest)                      \
	{                                                                      \
		uint64_t width = (uint64_t)greatest - (uint64_t)least;         \
                                                                               \
		for (uint32_t i = 0; i < n; i++)                               \
			in[i] |= (uint64_t)(key) - (uint64_t)least <= width;   \
	}

SCAN(scan_i64, int64_t, v[i])
SCAN(scan_f64, int64_t, v[i] ^ ((v[i] >> 63) & INT64_MAX))

/* Codes are few: the range is cut to those that there can be, and compared in
 * their own width. */
#define SCAN_CODES(name, type)                                                 \
	static void name(uint8_t *in, const type *v, uint32_t n,               \
			 int64_t least, int64_t greatest)                      \
	{                                                                      \
		type from = (type)least, width = (type)(greatest - least);     \
                                                                               \
		for (uint32_t i = 0; i < n; i++)                               \
			in[i] |= (type)(v[i] - from) <= width;                 \
	}

SCAN_CODES(scan_u8, uint8_t)
SCAN_CODES(scan_u16, uint16_t)
SCAN_CODES(scan_u32, uint32_t)

/* The first of n ranges that rise which does not end before a key; or n. */
static uint32_t first_from(const struct vsx_key_range *r, uint32_t n,
			   int64_t key)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (r[mid].greatest < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Whether a key lies in one of them. */
static bool in_ranges(const struct vsx_key_range *r, uint32_t n, int64_t key)
{
	uint32_t i = first_from(r, n, key);

	return i < n && r[i].least <= key;
}

static int64_t key_at(const struct vsx_columns *cols,
		      const struct vsx_column *c, uint64_t i)
{
	const uint8_t *p = cols->view.base + c->values + i * c->width;

	switch (c->width) {
	case 0:
		return cols->view.base[c->values + i / 8] >> (i & 7) & 1;
	case 1:
		return *p;
	case 2:
		return p[0] | p[1] << 8;
	case 4:
		return vsx_load32(p);
	default:
		return vsx_value_key(c->kind, vsx_load64(p));
	}
}

/* Up to so many ranges the rows are passed over once for each. */
#define FEW_RANGES 4

static void scan_range(const struct vsx_column *c, const void *v, uint32_t n,
		       struct vsx_key_range r, uint8_t *in)
{
	int64_t most = (INT64_C(1) << 8 * (c->width & 7)) - 1;

	if (c->width < 8) {
		if (r.least < 0)
			r.least = 0;
		if (r.greatest > most)
			r.greatest = most;
		if (r.least > r.greatest)
			return;
	}
	switch (c->width) {
	case 1:
		scan_u8(in, v, n, r.least, r.greatest);
		break;
	case 2:
		scan_u16(in, v, n, r.least, r.greatest);
		break;
	case 4:
		scan_u32(in, v, n, r.least, r.greatest);
		break;
	default:
		if (c->kind.type == VSX_FLOAT)
			scan_f64(in, v, n, r.least, r.greatest);
		else
			scan_i64(in, v, n, r.least, r.greatest);
	}
}

/* Bytes of 0 and 1 as bits. */
static void pack(const uint8_t *in, uint64_t bits[VSX_BLOCK_WORDS])
{
	for (uint32_t w = 0; w < VSX_BLOCK_WORDS; w++) {
		bits[w] = 0;
		for (uint32_t i = 0; i < 8; i++) {
			uint64_t eight = vsx_load64(in + w * 64 + i * 8);

			bits[w] |= eight * UINT64_C(0x0102040810204080) >>
				   56 << 8 * i;
		}
	}
}

/* Bytes of the rows from .. from+n-1 of a block. */
static void scan(const struct block *b, const struct vsx_bound_test *t,
		 uint32_t from, uint32_t n, uint8_t *in)
{
	const struct vsx_columns *cols = b->p->columns;
	const struct vsx_key_range *ranges = b->p->ranges + t->first;
	const struct vsx_column *c = t->column;
	uint64_t first = (uint64_t)b->first + from;
	const uint8_t *v = cols->view.base + c->values + first * c->width;

	if (t->n <= FEW_RANGES)
		for (uint32_t r = 0; r < t->n; r++)
			scan_range(c, v, n, ranges[r], in);
	else
		for (uint32_t i = 0; i < n; i++)
			in[i] = in_ranges(ranges, t->n,
					  key_at(cols, c, first + i));
}

static void scan_bools(const struct block *b, const struct vsx_bound_test *t,
		       uint64_t bits[VSX_BLOCK_WORDS])
{
	const struct vsx_columns *cols = b->p->columns;
	const struct vsx_key_range *ranges = b->p->ranges + t->first;
	uint64_t yes = in_ranges(ranges, t->n, 1) ? UINT64_MAX : 0;
	uint64_t no = in_ranges(ranges, t->n, 0) ? UINT64_MAX : 0;

	for (uint32_t w = 0; w * 64 < b->n; w++) {
		uint64_t v = vsx_column_word(cols, t->column->values,
					     b->first + w * 64);

		bits[w] = (v & yes) | (~v & no);
	}
}

/* ---- lists -------------------------------------------------------------- */

/* The values of rows of a block, touched. */
static enum vsx_status list_of(const struct block *b,
			       const struct vsx_column *c, uint32_t i,
			       uint64_t *first, uint64_t *end,
			       struct vsx_error *err)
{
	const struct vsx_columns *cols = b->p->columns;
	uint64_t at, bytes;

	VSX_TRY(vsx_column_list(cols, c, b->first + i, first, end, err));
	if (*end == *first)
		return VSX_OK;
	at = c->width ? *first * c->width : *first / 8;
	bytes = c->width ? (*end - *first) * c->width
			 : (*end - 1) / 8 - *first / 8 + 1;
	return vsx_touch(&cols->view, c->values + at, bytes, err);
}

static enum vsx_status scan_lists(const struct block *b,
				  const struct vsx_bound_test *t, uint32_t from,
				  uint32_t n, uint8_t *in,
				  struct vsx_error *err)
{
	const struct vsx_key_range *ranges = b->p->ranges + t->first;
	const struct vsx_column *c = t->column;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t v, end;

		VSX_TRY(list_of(b, c, from + i, &v, &end, err));
		for (; v < end && !in[i]; v++)
			in[i] = in_ranges(ranges, t->n,
					  key_at(b->p->columns, c, v));
	}
	return VSX_OK;
}

static enum vsx_status find_empty(const struct block *b,
				  const struct vsx_column *c,
				  uint64_t bits[VSX_BLOCK_WORDS],
				  struct vsx_error *err)
{
	for (uint32_t i = 0; i < b->n; i++) {
		uint64_t v, end;

		VSX_TRY(vsx_column_list(b->p->columns, c, b->first + i, &v,
					&end, err));
		bits[i / 64] |= (uint64_t)(v == end) << (i & 63);
	}
	return VSX_OK;
}

/* ---- tests -------------------------------------------------------------- */

enum verdict { NONE, SOME, ALL };

/* What the least and greatest of a block say of the ranges. */
static enum verdict by_bounds(const struct vsx_key_range *r, uint32_t n,
			      int64_t least, int64_t greatest)
{
	uint32_t i = first_from(r, n, least);

	if (i == n || r[i].least > greatest)
		return NONE;
	return r[i].least <= least && greatest <= r[i].greatest ? ALL : SOME;
}

static enum vsx_status touch_values(const struct block *b,
				    const struct vsx_column *c, uint32_t from,
				    uint32_t n, struct vsx_error *err)
{
	uint64_t first = (uint64_t)b->first + from;
	uint64_t bytes = c->width ? (uint64_t)n * c->width : vsx_column_bits(n);

	return vsx_touch(&b->p->columns->view,
			 c->values + (c->width ? first * c->width : first / 8),
			 bytes, err);
}

/* Rows of a block of which the same is known. */
struct stretch {
	uint32_t from, n;
	enum verdict verdict;
	uint32_t list; /* that the next row is in */
};

/* What the bounds of a list say, and the row of the block that it ends before.
 */
static enum vsx_status by_list(const struct block *b,
			       const struct vsx_bound_test *t, uint32_t list,
			       enum verdict *verdict, uint32_t *end,
			       struct vsx_error *err)
{
	const struct vsx_column *c = t->column;
	int64_t least, greatest;
	uint32_t n_null;

	*end = b->p->lists.ends[list] - b->first;
	if (*end > b->n)
		*end = b->n;
	VSX_TRY(vsx_column_range(b->p->columns, c, c->lists, list, &least,
				 &greatest, &n_null, err));
	*verdict = by_bounds(b->p->ranges + t->first, t->n, least, greatest);
	return VSX_OK;
}

/* The rows behind those of s: all of the block, or lists of which the same is
 * known. */
static enum vsx_status next_stretch(const struct block *b,
				    const struct vsx_bound_test *t,
				    struct stretch *s, struct vsx_error *err)
{
	const struct vsx_row_lists *lists = &b->p->lists;
	uint32_t end;

	s->from += s->n;
	s->n = 0;
	if (!lists->ends || !t->column->n_lists) {
		s->n = b->n;
		return VSX_OK;
	}
	for (; s->from + s->n < b->n && s->list < lists->n; s->list++) {
		enum verdict verdict;

		if (lists->ends[s->list] <= b->first + s->from + s->n)
			continue; /* it is empty */
		VSX_TRY(by_list(b, t, s->list, &verdict, &end, err));
		if (s->n > 0 && verdict != s->verdict)
			break;
		s->verdict = verdict;
		s->n = end - s->from;
	}
	return VSX_OK;
}

/* Of a block of which bounds say too little. */
static enum vsx_status by_stretches(const struct block *b,
				    const struct vsx_bound_test *t,
				    enum verdict verdict,
				    uint64_t bits[VSX_BLOCK_WORDS],
				    struct vsx_error *err)
{
	const struct vsx_column *c = t->column;
	uint8_t in[VSX_COLUMN_BLOCK] = {0};
	struct stretch s = {0, 0, verdict, b->first_list};

	while (s.from + s.n < b->n) {
		VSX_TRY(next_stretch(b, t, &s, err));
		if (s.verdict == NONE)
			continue;
		if (c->kind.list) { /* one that is empty has no value in them */
			VSX_TRY(scan_lists(b, t, s.from, s.n, in + s.from,
					   err));
		} else if (s.verdict == ALL) {
			memset(in + s.from, 1, s.n);
		} else {
			VSX_TRY(touch_values(b, c, s.from, s.n, err));
			scan(b, t, s.from, s.n, in + s.from);
		}
	}
	pack(in, bits);
	return VSX_OK;
}

/* Bits of the rows that the ranges have; others than rows, and null, whatever.
 */
static enum vsx_status by_values(const struct block *b,
				 const struct vsx_bound_test *t,
				 enum verdict verdict,
				 uint64_t bits[VSX_BLOCK_WORDS],
				 struct vsx_error *err)
{
	const struct vsx_column *c = t->column;

	memset(bits, 0, VSX_BLOCK_WORDS * sizeof(*bits));
	if (verdict == NONE)
		return VSX_OK;
	if (c->kind.list || (verdict == SOME && c->width))
		return by_stretches(b, t, verdict, bits, err);
	if (verdict == ALL) {
		fill(bits, b->n);
		return VSX_OK;
	}
	VSX_TRY(touch_values(b, c, 0, b->n, err));
	scan_bools(b, t, bits);
	return VSX_OK;
}

/* Rows that are null, or those that are not; n_null of them are. */
static enum vsx_status find_null(const struct block *b,
				 const struct vsx_column *c, uint32_t n_null,
				 bool null, uint64_t bits[VSX_BLOCK_WORDS],
				 struct vsx_error *err)
{
	uint64_t rows[VSX_BLOCK_WORDS];

	fill(rows, b->n);
	memcpy(bits, rows, sizeof(rows)); /* those that are not */
	if (n_null == b->n)
		memset(bits, 0, sizeof(rows));
	else if (n_null > 0)
		VSX_TRY(but_nulls(b, c, bits, err));
	for (uint32_t w = 0; null && w < VSX_BLOCK_WORDS; w++)
		bits[w] = rows[w] & ~bits[w];
	return VSX_OK;
}

static enum vsx_status run_test(const struct block *b, size_t number,
				uint64_t bits[VSX_BLOCK_WORDS],
				struct vsx_error *err)
{
	const struct vsx_filter_node *node = &b->p->filter->nodes[number];
	const struct vsx_bound_test *t = &b->p->tests[number];
	uint64_t rows[VSX_BLOCK_WORDS];
	int64_t least, greatest;
	bool negated = node->negated;
	uint32_t n_null = b->n;

	fill(rows, b->n);
	memset(bits, 0, sizeof(rows));
	if (t->column)
		VSX_TRY(vsx_column_range(b->p->columns, t->column,
					 t->column->ranges, b->number, &least,
					 &greatest, &n_null, err));
	if (node->what == VSX_FILTER_NULL)
		return find_null(b, t->column, n_null, !negated, bits, err);
	if (n_null == b->n)
		return VSX_OK;
	if (node->what == VSX_FILTER_EMPTY)
		VSX_TRY(find_empty(b, t->column, bits, err));
	else
		VSX_TRY(by_values(b, t,
				  by_bounds(b->p->ranges + t->first, t->n,
					    least, greatest),
				  bits, err));
	for (uint32_t w = 0; w < VSX_BLOCK_WORDS; w++)
		bits[w] = (negated ? ~bits[w] : bits[w]) & rows[w];
	return n_null ? but_nulls(b, t->column, bits, err) : VSX_OK;
}

/* ---- the expression ----------------------------------------------------- */

/* As deep as the expression, which is bounded: VSX_MAX_FILTER_DEPTH. */
static enum vsx_status run(const struct block *b, uint32_t number,
			   uint64_t bits[VSX_BLOCK_WORDS],
			   struct vsx_error *err)
{
	const struct vsx_filter_node *nodes = b->p->filter->nodes;
	bool either = nodes[number].what == VSX_FILTER_OR;
	uint64_t rows[VSX_BLOCK_WORDS], part[VSX_BLOCK_WORDS];

	if (nodes[number].what >= VSX_FILTER_IN)
		return run_test(b, number, bits, err);
	fill(rows, b->n);
	for (uint32_t w = 0; w < VSX_BLOCK_WORDS; w++)
		bits[w] = either ? 0 : rows[w];
	for (uint32_t i = nodes[number].child; i; i = nodes[i].next) {
		VSX_TRY(run(b, i, part, err));
		for (uint32_t w = 0; w < VSX_BLOCK_WORDS; w++)
			bits[w] =
				either ? bits[w] | part[w] : bits[w] & part[w];
		/* What follows changes nothing any more. */
		if (either ? memcmp(bits, rows, sizeof(rows)) == 0
			   : is_none(bits))
			break;
	}
	return VSX_OK;
}

/* The first list that ends behind a row; their number if none does. */
static uint32_t list_at(const struct vsx_row_lists *lists, uint64_t row)
{
	uint32_t low = 0, high = lists->ends ? lists->n : 0;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (lists->ends[mid] > row)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

enum vsx_status vsx_program_block(const struct vsx_program *p, uint64_t number,
				  uint64_t bits[VSX_BLOCK_WORDS],
				  struct vsx_error *err)
{
	uint64_t first = number * VSX_COLUMN_BLOCK;
	uint64_t left = p->columns->n_rows - first;
	struct block b = {
		.p = p,
		.number = number,
		.first = (uint32_t)first,
		.n = left < VSX_COLUMN_BLOCK ? (uint32_t)left
					     : VSX_COLUMN_BLOCK,
		.first_list = list_at(&p->lists, first),
	};

	return run(&b, 0, bits, err);
}
