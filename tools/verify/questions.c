#include "verify/questions.h"

#include "cli/utf8.h"
#include "verify/sample.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MOST_QUERIES 1000 /* of the test that the old index holds */
#define ROW_QUERIES  200  /* rows that are drawn where it holds none */

static enum vsx_status make_room(struct question_set *s, size_t n, bool self,
				 struct vsx_error *err)
{
	s->rows = calloc(n, (size_t)s->q.dim * sizeof(*s->rows));
	if (self)
		s->self = calloc(n, sizeof(*s->self));
	if (!s->rows || (self && !s->self))
		return tool_fail_memory(err, (unsigned long long)n * s->q.dim *
						     sizeof(*s->rows));
	return VSX_OK;
}

static enum vsx_status from_test(struct question_set *s,
				 const struct release *r, struct vsx_error *err)
{
	enum vsx_status status =
		make_room(s, r->facts.n_queries, r->facts.own_queries, err);

	if (status == VSX_OK)
		status = vsx_get_test_queries(r->index, s->rows, s->self, err);
	s->q.n = r->facts.n_queries < MOST_QUERIES ? r->facts.n_queries
						   : MOST_QUERIES;
	return status;
}

static enum vsx_status from_rows(struct question_set *s,
				 const struct release *r, uint64_t seed,
				 struct vsx_error *err)
{
	enum vsx_status status;
	uint64_t *ids;
	size_t n;

	status = sample_ids(r->index, ROW_QUERIES, seed, &ids, &n, err);
	if (status == VSX_OK && n > 0)
		status = make_room(s, n, true, err);
	for (size_t i = 0; i < n && status == VSX_OK; i++) {
		struct vsx_error why = {0};

		status = vsx_get(r->index, ids[i], s->rows + s->q.n * s->q.dim,
				 &why);
		if (status == VSX_OK)
			s->self[s->q.n++] = ids[i];
		else if (status == VSX_ENOTFOUND)
			status = VSX_OK;
		else
			*err = why;
	}
	free(ids);
	return status;
}

/* Rows that were drawn when there were few of them are soon too few. */
static bool holds_test(const struct release *r)
{
	const struct vsx_facts *f = &r->facts;

	return f->n_queries > 0 &&
	       (!f->own_queries || f->n_queries >= f->due_queries);
}

enum vsx_status questions_make(struct question_set *s, const struct gate *g,
			       struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	memset(s, 0, sizeof(*s));
	if (g->golden) {
		s->golden = g->golden;
		s->q = (struct questions){.n = g->golden->n,
					  .dim = g->golden->dim,
					  .rows = g->golden->queries};
		return VSX_OK;
	}
	s->q.dim = g->old.facts.dim;
	if (holds_test(&g->old))
		status = from_test(s, &g->old, err);
	else
		status = from_rows(s, &g->old, g->seed, err);
	s->q.rows = s->rows;
	s->q.self = s->self;
	return status;
}

void questions_release(struct question_set *s)
{
	free(s->rows);
	free(s->self);
	memset(s, 0, sizeof(*s));
}

void question_label(char to[QUESTION_BYTES], const struct question_set *s,
		    size_t i)
{
	char place[GOLDEN_PLACE_BYTES];

	if (s->golden && s->golden->note[i])
		snprintf(to, QUESTION_BYTES, "%s: %s",
			 golden_place(place, s->golden, i), s->golden->note[i]);
	else if (s->golden)
		golden_place(to, s->golden, i);
	else if (s->self)
		snprintf(to, QUESTION_BYTES, "row %" PRIu64, s->self[i]);
	else
		snprintf(to, QUESTION_BYTES, "test query %zu", i);
	utf8_clean(to);
}
