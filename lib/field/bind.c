/* From the values of a test to ranges of keys. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "field/program.h"
#include "field/time.h"

/* Where a value lies among the keys: those below it are up to `below`, those
 * above it from `above` on; between them are those that equal it, if any. */
struct place {
	int64_t below, above;
	bool none_below, none_above;
};

static bool has_equal(const struct place *p)
{
	return p->none_below   ? p->none_above || p->above > INT64_MIN
	       : p->none_above ? p->below < INT64_MAX
			       : p->below < p->above && p->above - 1 > p->below;
}

static struct place of_key(int64_t key)
{
	return (struct place){
		.below = key > INT64_MIN ? key - 1 : key,
		.above = key < INT64_MAX ? key + 1 : key,
		.none_below = key == INT64_MIN,
		.none_above = key == INT64_MAX,
	};
}

#define TWO_63 0x1p63

/* Of a number that need not be whole among whole ones. */
static struct place among_ints(double f)
{
	double up = ceil(f), down = floor(f);
	struct place p = {0};

	p.none_below = up <= -TWO_63;
	p.none_above = down >= TWO_63;
	if (!p.none_below)
		p.below = up >= TWO_63 ? INT64_MAX : (int64_t)up - 1;
	if (!p.none_above)
		p.above = down < -TWO_63 ? INT64_MIN : (int64_t)down + 1;
	return p;
}

/* Of a string among the words of the dictionary. */
static enum vsx_status among_words(struct place *p,
				   const struct vsx_columns *cols,
				   const struct vsx_column *c,
				   const struct vsx_token *value,
				   struct vsx_error *err)
{
	uint32_t number;
	bool found;

	VSX_TRY(vsx_column_find_word(cols, c, value->string, value->bytes,
				     &number, &found, err));
	*p = (struct place){.below = (int64_t)number - 1,
			    .above = (int64_t)number + found};
	return VSX_OK;
}

static enum vsx_status mismatch(const struct vsx_program *p,
				const struct vsx_column *c,
				const struct vsx_token *value,
				const char *expected, struct vsx_error *err)
{
	return vsx_filter_refuse(p->filter, value->at, err,
				 "field %s is %s, expected %s", c->name,
				 vsx_field_kind_name(c->kind), expected);
}

static enum vsx_status place_of(const struct vsx_program *p,
				const struct vsx_column *c,
				const struct vsx_token *value,
				struct place *out, struct vsx_error *err)
{
	enum vsx_token_kind kind = value->what;
	int64_t time;

	switch (c->kind.type) {
	case VSX_BOOL:
		if (kind != VSX_TOKEN_TRUE && kind != VSX_TOKEN_FALSE)
			return mismatch(p, c, value, "true or false", err);
		*out = of_key(kind == VSX_TOKEN_TRUE);
		return VSX_OK;
	case VSX_INT:
		if (kind == VSX_TOKEN_INT)
			*out = of_key(value->i);
		else if (kind == VSX_TOKEN_FLOAT)
			*out = among_ints(value->f);
		else
			return mismatch(p, c, value, "a number", err);
		return VSX_OK;
	case VSX_FLOAT:
		if (kind == VSX_TOKEN_INT)
			*out = of_key(vsx_float_key((double)value->i));
		else if (kind == VSX_TOKEN_FLOAT)
			*out = of_key(vsx_float_key(value->f));
		else
			return mismatch(p, c, value, "a number", err);
		return VSX_OK;
	case VSX_TIME:
		if (kind != VSX_TOKEN_STRING ||
		    !vsx_time_parse(&time, value->string, value->bytes))
			return mismatch(p, c, value,
					"a time such as \"2026-01-31\" or "
					"\"2026-01-31T12:00:00Z\"",
					err);
		*out = of_key(time);
		return VSX_OK;
	case VSX_STRING:
		if (kind != VSX_TOKEN_STRING)
			return mismatch(p, c, value, "a string in quotes", err);
		return among_words(out, p->columns, c, value, err);
	}
	return VSX_OK;
}

static enum vsx_status add_range(struct vsx_program *p, int64_t least,
				 int64_t greatest, struct vsx_error *err)
{
	VSX_TRY(vsx_grow(&p->ranges, &p->ranges_cap, p->n_ranges + 1,
			 sizeof(*p->ranges), err));
	p->ranges[p->n_ranges++] = (struct vsx_key_range){least, greatest};
	return VSX_OK;
}

/* The keys of one value of a test. */
static enum vsx_status add_value(struct vsx_program *p,
				 enum vsx_filter_what what,
				 const struct place *at, struct vsx_error *err)
{
	int64_t from = at->none_below ? INT64_MIN : at->below;
	int64_t to = at->none_above ? INT64_MAX : at->above;

	switch (what) {
	case VSX_FILTER_LT:
		return at->none_below ? VSX_OK
				      : add_range(p, INT64_MIN, at->below, err);
	case VSX_FILTER_GT:
		return at->none_above ? VSX_OK
				      : add_range(p, at->above, INT64_MAX, err);
	case VSX_FILTER_LE:
		if (at->none_above)
			return add_range(p, INT64_MIN, INT64_MAX, err);
		return at->above > INT64_MIN
			       ? add_range(p, INT64_MIN, at->above - 1, err)
			       : VSX_OK;
	case VSX_FILTER_GE:
		if (at->none_below)
			return add_range(p, INT64_MIN, INT64_MAX, err);
		return at->below < INT64_MAX
			       ? add_range(p, at->below + 1, INT64_MAX, err)
			       : VSX_OK;
	default:
		if (!has_equal(at))
			return VSX_OK;
		return add_range(p, at->none_below ? from : from + 1,
				 at->none_above ? to : to - 1, err);
	}
}

static int by_least(const void *a, const void *b)
{
	int64_t x = ((const struct vsx_key_range *)a)->least;
	int64_t y = ((const struct vsx_key_range *)b)->least;

	return x < y ? -1 : x > y;
}

/* Put ranges in order, and those together that touch. */
static void join_ranges(struct vsx_program *p, struct vsx_bound_test *t)
{
	struct vsx_key_range *r = p->ranges + t->first;
	uint32_t kept = 0;

	t->n = (uint32_t)(p->n_ranges - t->first);
	if (t->n == 0)
		return;
	qsort(r, t->n, sizeof(*r), by_least);
	for (uint32_t i = 1; i < t->n; i++) {
		if (r[kept].greatest == INT64_MAX ||
		    r[i].least <= r[kept].greatest + 1) {
			if (r[i].greatest > r[kept].greatest)
				r[kept].greatest = r[i].greatest;
		} else {
			r[++kept] = r[i];
		}
	}
	t->n = kept + 1;
	p->n_ranges = t->first + t->n;
}

/* What a field of its kind cannot be asked. */
static enum vsx_status check_kind(const struct vsx_program *p,
				  const struct vsx_filter_node *node,
				  const struct vsx_column *c,
				  struct vsx_error *err)
{
	const char *expected = NULL;

	switch (node->what) {
	case VSX_FILTER_NULL:
		return VSX_OK;
	case VSX_FILTER_CONTAINS:
	case VSX_FILTER_EMPTY:
		if (!c->kind.list)
			expected = node->what == VSX_FILTER_EMPTY
					   ? "\"is empty\" of lists alone"
					   : "\"contains\" of lists alone";
		break;
	case VSX_FILTER_IN:
		if (c->kind.list)
			expected = "\"contains\", \"is empty\" or \"is null\"";
		break;
	default:
		if (c->kind.list)
			expected = "\"contains\", \"is empty\" or \"is null\"";
		else if (c->kind.type == VSX_BOOL)
			expected = "= or !=";
	}
	return expected ? vsx_filter_refuse(
				  p->filter, node->at, err,
				  "field %s is %s, expected %s", c->name,
				  vsx_field_kind_name(c->kind), expected)
			: VSX_OK;
}

static enum vsx_status bind_test(struct vsx_program *p, size_t number,
				 struct vsx_error *err)
{
	const struct vsx_filter *f = p->filter;
	const struct vsx_filter_node *node = &f->nodes[number];
	struct vsx_bound_test *t = &p->tests[number];
	struct place at = {0};

	t->column = vsx_columns_find(p->columns, f->names[node->field]);
	t->first = (uint32_t)p->n_ranges;
	if (!t->column)
		return VSX_OK;
	VSX_TRY(check_kind(p, node, t->column, err));
	for (uint32_t i = 0; i < node->n_values; i++) {
		VSX_TRY(place_of(p, t->column,
				 &f->values[node->first_value + i], &at, err));
		VSX_TRY(add_value(p, node->what, &at, err));
	}
	join_ranges(p, t);
	return VSX_OK;
}

enum vsx_status vsx_program_bind(struct vsx_program *p,
				 const struct vsx_filter *filter,
				 const struct vsx_columns *columns,
				 struct vsx_error *err)
{
	*p = (struct vsx_program){.filter = filter, .columns = columns};
	VSX_TRY(vsx_alloc_to(&p->tests, filter->n_nodes, sizeof(*p->tests),
			     err));
	for (size_t i = 0; i < filter->n_nodes; i++)
		if (filter->nodes[i].what >= VSX_FILTER_IN)
			VSX_TRY(bind_test(p, i, err));
	return VSX_OK;
}

enum vsx_status vsx_program_of_keys(struct vsx_program *p,
				    const struct vsx_filter *filter,
				    const struct vsx_columns *columns,
				    const struct vsx_column *column,
				    const int64_t *keys, uint32_t n,
				    struct vsx_error *err)
{
	*p = (struct vsx_program){.filter = filter, .columns = columns};
	VSX_TRY(vsx_alloc_to(&p->tests, 1, sizeof(*p->tests), err));
	p->tests[0].column = column;
	for (uint32_t i = 0; i < n; i++)
		VSX_TRY(add_range(p, keys[i], keys[i], err));
	join_ranges(p, &p->tests[0]);
	return VSX_OK;
}

bool vsx_program_wants_lists(const struct vsx_program *p)
{
	for (size_t i = 0; i < p->filter->n_nodes; i++)
		if (p->tests[i].column && p->tests[i].column->n_lists)
			return true;
	return false;
}

void vsx_program_release(struct vsx_program *p)
{
	free(p->tests);
	free(p->ranges);
	*p = (struct vsx_program){.n_ranges = 0};
}
