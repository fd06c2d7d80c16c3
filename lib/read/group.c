#include "read/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "field/program.h"
#include "read/fields.h"
#include "segment/dead.h"

/* Rows that are asked for at first, for each group that is wanted; and the most
 * that are asked for at once, unless more groups are wanted. */
#define AT_FIRST  4
#define MOST_ROWS 65536

enum vsx_status vsx_group_plan(struct vsx_search_plan *plan,
			       const struct vsx *index, const char *field,
			       struct vsx_error *err)
{
	const struct vsx_schema_field *f;
	size_t number;

	/* Without rows there are no fields, and no groups. */
	if (index->manifest.n_segments == 0)
		return VSX_OK;
	VSX_TRY(vsx_index_field(index, field, &number, err));
	f = &index->fields.fields[number];
	if (f->kind.list)
		return vsx_fail(err, VSX_EINVAL,
				"field %s is %s, expected one value a row to "
				"group by",
				f->name, vsx_field_kind_name(f->kind));
	plan->group_by = f->name;
	return VSX_OK;
}

/* A row that was found, and the value by which it is grouped. */
struct member {
	struct vsx_best best;
	bool null;
	int64_t key;	     /* of all but strings */
	const uint8_t *text; /* of a string, in the file */
	uint32_t bytes;
};

struct groups {
	const struct vsx *index;
	const char *field;
	struct member *members; /* the best of each group so far, then others */
	size_t n, cap;
	struct vsx_selection left; /* rows of none of them */
	int64_t *keys;		   /* of groups, in one segment */
	size_t keys_cap;
	struct vsx_halt *halt; /* NULL: nothing stops it */
};

static void release(struct groups *g)
{
	for (uint32_t i = 0; i < g->left.n_segments; i++)
		free(g->left.chosen[i].barred);
	free(g->left.chosen);
	free(g->members);
	free(g->keys);
}

/* ---- rows to groups ------------------------------------------------------ */

static enum vsx_status take_value(struct member *m, const struct vsx_columns *c,
				  const struct vsx_column *col, uint32_t row,
				  struct vsx_error *err)
{
	uint64_t value;

	if (!col) {
		m->null = true;
		return VSX_OK;
	}
	VSX_TRY(vsx_column_is_null(c, col, row, &m->null, err));
	if (m->null)
		return VSX_OK;
	VSX_TRY(vsx_column_value(c, col, row, &value, err));
	if (col->kind.type == VSX_STRING)
		return vsx_column_text(c, col, value, &m->text, &m->bytes, err);
	m->key = vsx_value_key(col->kind, value);
	return VSX_OK;
}

static enum vsx_status add_row(struct groups *g, const struct vsx_best *best,
			       struct vsx_error *err)
{
	struct member m = {.best = *best};
	const struct vsx_segment *seg;
	uint32_t row;

	VSX_TRY(vsx_find_row(g->index, best->id, &seg, &row, err));
	VSX_TRY(take_value(&m, &seg->columns,
			   vsx_columns_find(&seg->columns, g->field), row,
			   err));
	VSX_TRY(vsx_grow(&g->members, &g->cap, g->n + 1, sizeof(*g->members),
			 err));
	g->members[g->n++] = m;
	return VSX_OK;
}

static int by_value(const struct member *a, const struct member *b)
{
	uint32_t least = a->bytes < b->bytes ? a->bytes : b->bytes;
	int order = least ? memcmp(a->text, b->text, least) : 0;

	if (a->null != b->null)
		return a->null ? 1 : -1;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return order ? order : a->bytes < b->bytes ? -1 : a->bytes > b->bytes;
}

static int by_value_and_best(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int order = by_value(x, y);

	return order ? order : vsx_best_less(&x->best, &y->best) ? -1 : 1;
}

/* Of members first .. n-1 the best of each value stays. */
static void keep_best(struct groups *g, size_t first)
{
	struct member *m = g->members;
	size_t kept = first;

	if (g->n == first)
		return;
	qsort(m + first, g->n - first, sizeof(*m), by_value_and_best);
	for (size_t i = first; i < g->n; i++)
		if (i == first || by_value(&m[kept - 1], &m[i]) != 0)
			m[kept++] = m[i];
	g->n = kept;
}

/* ---- rows that are left -------------------------------------------------- */

static enum vsx_status copy_segment(struct groups *g, uint32_t i,
				    const struct vsx_selection *among,
				    struct vsx_error *err)
{
	const struct vsx_segment *seg = &g->index->segments[i];
	struct vsx_find find = {.among = among};
	struct vsx_chosen *c = &g->left.chosen[i];
	size_t bytes =
		(size_t)vsx_column_blocks(seg->n_rows) * (VSX_COLUMN_BLOCK / 8);

	VSX_TRY(vsx_alloc_to(&c->barred, bytes, 1, err));
	VSX_TRY(vsx_find_eligible(&find, seg, err));
	memset(c->barred, 0xff, bytes);
	for (uint32_t b = 0; b < (seg->n_rows + 7) / 8; b++)
		c->barred[b] = vsx_barred_byte(&find.eligible, b);
	if (seg->n_rows % 8)
		c->barred[seg->n_rows / 8] |=
			(uint8_t)(0xff << seg->n_rows % 8);
	c->n = find.eligible.n;
	g->left.n += c->n;
	return VSX_OK;
}

static enum vsx_status begin_left(struct groups *g,
				  const struct vsx_selection *among,
				  struct vsx_error *err)
{
	uint32_t n = g->index->manifest.n_segments;

	g->left.of = g->index;
	VSX_TRY(vsx_alloc_to(&g->left.chosen, n, sizeof(*g->left.chosen), err));
	g->left.n_segments = n;
	for (uint32_t i = 0; i < n; i++)
		VSX_TRY(copy_segment(g, i, among, err));
	return VSX_OK;
}

/* Rows of a segment of which the filter, a single test, is true. */
static enum vsx_status bar(struct groups *g, uint32_t i,
			   const struct vsx_program *p, struct vsx_error *err)
{
	const struct vsx_segment *seg = &g->index->segments[i];
	struct vsx_chosen *c = &g->left.chosen[i];
	uint64_t bits[VSX_BLOCK_WORDS];

	for (uint64_t b = 0; b < vsx_column_blocks(seg->n_rows); b++) {
		VSX_TRY(vsx_halt_before(g->halt, VSX_BLOCK_WORDS, 64, err));
		VSX_TRY(vsx_program_block(p, b, bits, err));
		for (uint32_t w = 0; w < VSX_BLOCK_WORDS; w++) {
			uint8_t *at = c->barred + b * VSX_COLUMN_BLOCK / 8 +
				      (size_t)w * 8;
			uint64_t gone = bits[w] & ~vsx_load64(at);
			vsx_le64 barred;

			vsx_put64(&barred, vsx_load64(at) | bits[w]);
			memcpy(at, barred.b, sizeof(barred));
			c->n -= (uint32_t)__builtin_popcountll(gone);
			g->left.n -= (uint64_t)__builtin_popcountll(gone);
		}
	}
	return VSX_OK;
}

/* The keys that members first .. n-1 have in a segment; those of strings that
 * are not in its dictionary are in none of its rows. */
static enum vsx_status find_keys(struct groups *g, size_t first,
				 const struct vsx_columns *c,
				 const struct vsx_column *col, uint32_t *n,
				 struct vsx_error *err)
{
	*n = 0;
	VSX_TRY(vsx_grow(&g->keys, &g->keys_cap, g->n - first, sizeof(*g->keys),
			 err));
	for (size_t i = first; i < g->n; i++) {
		const struct member *m = &g->members[i];
		int64_t key = m->key;
		uint32_t word;
		bool found = true;

		if (m->null)
			continue;
		VSX_TRY(vsx_halt_before(g->halt, 1, sizeof(key), err));
		if (col->kind.type == VSX_STRING) {
			VSX_TRY(vsx_column_find_word(c, col, m->text, m->bytes,
						     &word, &found, err));
			key = word;
		}
		if (found)
			g->keys[(*n)++] = key;
	}
	return VSX_OK;
}

static enum vsx_status bar_null(struct groups *g, uint32_t i,
				struct vsx_error *err)
{
	const struct vsx_columns *c = &g->index->segments[i].columns;
	struct vsx_filter_node node = {.what = VSX_FILTER_NULL};
	struct vsx_filter filter = {.nodes = &node, .n_nodes = 1};
	struct vsx_program p;
	enum vsx_status status = vsx_program_of_keys(
		&p, &filter, c, vsx_columns_find(c, g->field), NULL, 0, err);

	if (status == VSX_OK)
		status = bar(g, i, &p, err);
	vsx_program_release(&p);
	return status;
}

static enum vsx_status bar_keys(struct groups *g, uint32_t i, size_t first,
				struct vsx_error *err)
{
	const struct vsx_columns *c = &g->index->segments[i].columns;
	const struct vsx_column *col = vsx_columns_find(c, g->field);
	struct vsx_filter_node node = {.what = VSX_FILTER_IN};
	struct vsx_filter filter = {.nodes = &node, .n_nodes = 1};
	struct vsx_program p;
	enum vsx_status status;
	uint32_t n;

	if (!col)
		return VSX_OK;
	VSX_TRY(find_keys(g, first, c, col, &n, err));
	status = vsx_program_of_keys(&p, &filter, c, col, g->keys, n, err);
	if (status == VSX_OK)
		status = bar(g, i, &p, err);
	vsx_program_release(&p);
	return status;
}

/* Rows of the groups first .. n-1 are no longer left. */
static enum vsx_status leave_out(struct groups *g, size_t first,
				 struct vsx_error *err)
{
	bool null = false;

	for (size_t i = first; i < g->n; i++)
		null |= g->members[i].null;
	for (uint32_t i = 0; i < g->left.n_segments; i++) {
		VSX_TRY(bar_keys(g, i, first, err));
		if (null)
			VSX_TRY(bar_null(g, i, err));
	}
	return VSX_OK;
}

/* ---- search -------------------------------------------------------------- */

/* Another time: *n_more groups that were not there before. */
static enum vsx_status go_on(struct groups *g, struct vsx_searcher *s,
			     const struct vsx_search_plan *plan,
			     const void *query, enum vsx_elem elem,
			     const uint64_t *self, struct vsx_find *find,
			     size_t *n_more, struct vsx_error *err)
{
	size_t before = g->n;

	VSX_TRY(vsx_search_one(s, plan, query, elem, self, find, err));
	g->halt = find->halt;
	for (size_t i = 0; i < find->top.n; i++) {
		VSX_TRY(vsx_halt_before(g->halt, 1, 0, err));
		VSX_TRY(add_row(g, &find->top.heap[i], err));
	}
	keep_best(g, before);
	*n_more = g->n - before;
	return VSX_OK;
}

static enum vsx_status search(struct groups *g, struct vsx_searcher *s,
			      const struct vsx_search_plan *plan,
			      const void *query, enum vsx_elem elem,
			      const uint64_t *self, struct vsx_find *find,
			      struct vsx_error *err)
{
	struct vsx_search_plan p = *plan;
	size_t rows =
		plan->k > MOST_ROWS / AT_FIRST ? plan->k : plan->k * AT_FIRST;
	uint64_t n_distances = 0, n_hops = 0;

	p.group_by = NULL;
	for (;;) {
		size_t before = g->n, n_more;

		p.k = rows < p.n_eligible ? rows : (size_t)p.n_eligible;
		VSX_TRY(go_on(g, s, &p, query, elem, self, find, &n_more, err));
		n_distances += find->n_distances;
		n_hops += find->n_hops;
		if (g->n >= plan->k || n_more == 0 || p.k >= p.n_eligible)
			break;
		if (!g->left.chosen)
			VSX_TRY(begin_left(g, plan->among, err));
		VSX_TRY(leave_out(g, before, err));
		p.among = &g->left;
		p.n_eligible = g->left.n;
		if (rows < MOST_ROWS / 2)
			rows *= 2;
	}
	find->n_distances = n_distances;
	find->n_hops = n_hops;
	return VSX_OK;
}

enum vsx_status vsx_group_search(struct vsx_searcher *s,
				 const struct vsx_search_plan *plan,
				 const void *query, enum vsx_elem elem,
				 const uint64_t *self, struct vsx_find *find,
				 struct vsx_error *err)
{
	struct groups g = {.index = s->index, .field = plan->group_by};
	struct vsx_scratch *scratch = &s->scratch;
	uint64_t n_queries = s->stats.n_queries;
	uint64_t n_complete = s->stats.n_complete;
	enum vsx_status status;
	bool complete = false;

	status = search(&g, s, plan, query, elem, self, find, err);
	if (status == VSX_OK)
		status = vsx_grow(&scratch->best, &scratch->best_cap, plan->k,
				  sizeof(*scratch->best), err);
	if (status == VSX_OK) {
		find->top = (struct vsx_topk){scratch->best, 0, plan->k};
		for (size_t i = 0; i < g.n; i++)
			vsx_topk_push(&find->top, g.members[i].best);
		vsx_topk_sort(&find->top);
		complete = s->stats.n_complete - n_complete ==
			   s->stats.n_queries - n_queries;
		find->n_covered = complete ? plan->n_eligible : 0;
	}
	/* However often it was asked, it is one; and none if it failed. */
	s->stats.n_complete = n_complete + complete;
	s->stats.n_queries = n_queries + (status == VSX_OK);
	s->stats.n_eligible = plan->n_eligible;
	release(&g);
	return status;
}
