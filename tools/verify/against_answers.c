#include "verify/against.h"

#include <stdlib.h>
#include <string.h>

#define K 10 /* first answers that are compared */

/* An id that one of the two gave to a query and the other did not. */
struct event {
	uint64_t id;
	bool come; /* only new has it; else only old */
};

struct compared {
	const struct answers *old, *now;
	struct event *events; /* [n][2 * K] */
	size_t n_events;
	double sum; /* of the shares kept */
};

static bool holds(const uint64_t *ids, size_t n, uint64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* The ids of `from` that `other` lacks become events; how many it shares. */
static size_t compare_to(struct compared *c, const struct answers *from,
			 const struct answers *other, size_t i, bool come)
{
	const uint64_t *ids = from->ids + i * K, *others = other->ids + i * K;
	size_t shared = 0;

	for (size_t j = 0; j < from->n_ids[i]; j++) {
		if (holds(others, other->n_ids[i], ids[j])) {
			shared++;
			continue;
		}
		c->events[c->n_events++] =
			(struct event){.id = ids[j], .come = come};
	}
	return shared;
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = ((const struct event *)a)->id;
	uint64_t y = ((const struct event *)b)->id;

	return (x > y) - (x < y);
}

static void count_events(struct compared *c, struct changes *changes)
{
	qsort(c->events, c->n_events, sizeof(*c->events), by_id);
	for (size_t i = 0, j; i < c->n_events; i = j) {
		uint64_t come = 0;

		for (j = i;
		     j < c->n_events && c->events[j].id == c->events[i].id; j++)
			come += c->events[j].come;
		changes_id(changes, c->events[i].id, j - i - come, come);
	}
}

static void decide(struct gate *g, double overlap)
{
	struct check *check = checks_add(g->checks, "overlap");

	cell_number(&check->now, overlap, "%.4f", overlap);
	cell_number(&check->limit, g->limits.min_overlap, ">= %.4f",
		    g->limits.min_overlap);
	check_decide(g->checks, check, overlap >= g->limits.min_overlap,
		     "%.1f %% of the first %d answers are those of %s, "
		     "expected %.1f %% or more",
		     100.0 * overlap, K, g->old.name,
		     100.0 * g->limits.min_overlap);
}

static void compare(struct gate *g, struct compared *c,
		    const struct question_set *s)
{
	for (size_t i = 0; i < s->q.n; i++) {
		size_t most = c->old->n_ids[i] > c->now->n_ids[i]
				      ? c->old->n_ids[i]
				      : c->now->n_ids[i];
		size_t kept = compare_to(c, c->old, c->now, i, false);
		char label[QUESTION_BYTES];

		compare_to(c, c->now, c->old, i, true);
		c->sum += most ? (double)kept / (double)most : 1.0;
		if (kept == most)
			continue;
		question_label(label, s, i);
		changes_query(g->changes, label, kept, most);
	}
	count_events(c, g->changes);
	decide(g, c->sum / (double)s->q.n);
}

enum vsx_status against_answers(struct gate *g, const struct question_set *s,
				struct vsx_error *err)
{
	struct answers old = {0}, now = {0};
	struct compared c = {.old = &old, .now = &now};
	enum vsx_status status = VSX_OK;

	c.events = calloc(s->q.n, 2 * K * sizeof(*c.events));
	if (!c.events)
		status = tool_fail_memory(err,
					  s->q.n * 2 * K * sizeof(*c.events));
	if (status == VSX_OK)
		status = answers_find(&old, g->old.index, &s->q, K, false,
				      g->n_threads, err);
	if (status == VSX_OK)
		status = answers_find(&now, g->now.index, &s->q, K, false,
				      g->n_threads, err);
	if (status == VSX_OK)
		compare(g, &c, s);
	answers_release(&old);
	answers_release(&now);
	free(c.events);
	return status;
}
