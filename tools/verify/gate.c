#include "verify/gate.h"

#include "verify/against.h"
#include "verify/sample.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TRUTH_K                                                                \
	10 /* exact neighbours that are expected without a golden set          \
	    */

/*
 * Ids that may be lost from old to new whatever --max-drop says: graphs and
 * lists of another seed differ by as much, and in a set of ten queries each id
 * is a hundredth.
 */
#define LOST_BY_CHANCE 2.0

enum vsx_status release_open(struct release *r, const char *path,
			     struct vsx_error *err)
{
	enum vsx_status status;

	tool_name(r->name, path);
	status = vsx_open(&r->index, path, NULL, err);
	if (status == VSX_OK)
		vsx_get_facts(r->index, &r->facts);
	return status;
}

void release_close(struct release *r)
{
	vsx_close(r->index);
	r->index = NULL;
}

/* ---- is the golden set one for these indexes? -------------------------- */

static bool same_dim(const struct release *r, const struct golden *golden)
{
	return r->index && r->facts.dim == golden->dim;
}

/* Damage counts as present: the checks of the file are to tell of it. */
static bool lacks(const struct release *r, uint64_t id, float *room)
{
	return !r->index || vsx_get(r->index, id, room, NULL) == VSX_ENOTFOUND;
}

/* An id that only the new index lacks was lost; one that both lack is wrong. */
static enum vsx_status accept_ids(const struct gate *g, float *room,
				  struct vsx_error *err)
{
	const struct golden *golden = g->golden;
	bool any = false;

	for (size_t i = 0; i < golden->n; i++)
		for (size_t j = golden->first[i]; j < golden->first[i + 1];
		     j++) {
			uint64_t id = golden->expect[j];
			char place[GOLDEN_PLACE_BYTES];

			if (!lacks(&g->now, id, room)) {
				any = true;
				continue;
			}
			if (!g->old.index || !lacks(&g->old, id, room))
				continue;
			return tool_fail(err, VSX_EINVAL,
					 "%s: %s: id %" PRIu64
					 " is neither in %s nor in %s",
					 golden->ids_name,
					 golden_place(place, golden, i), id,
					 g->now.name, g->old.name);
		}
	if (any || g->old.index)
		return VSX_OK;
	return tool_fail(err, VSX_EINVAL,
			 "%s: none of its ids is in %s, the first is %" PRIu64,
			 golden->ids_name, g->now.name, golden->expect[0]);
}

static enum vsx_status accept_lengths(const struct gate *g,
				      struct vsx_error *err)
{
	const struct golden *golden = g->golden;
	char place[GOLDEN_PLACE_BYTES];

	if (g->now.facts.metric != VSX_COSINE &&
	    (!g->old.index || g->old.facts.metric != VSX_COSINE))
		return VSX_OK;
	for (size_t i = 0; i < golden->n; i++)
		if (vector_length(golden->queries + i * golden->dim,
				  golden->dim) == 0.0)
			return tool_fail(err, VSX_ENUMERIC,
					 "%s: %s: query of length 0, which has "
					 "no cosine",
					 golden->name,
					 golden_place(place, golden, i));
	return VSX_OK;
}

enum vsx_status gate_accepts(const struct gate *g, struct vsx_error *err)
{
	const struct golden *golden = g->golden;
	uint32_t now = g->now.facts.dim, old = g->old.facts.dim;
	char place[GOLDEN_PLACE_BYTES];
	enum vsx_status status;
	float *room;

	if (!golden || !g->now.index)
		return VSX_OK;
	if (!same_dim(&g->now, golden) && !same_dim(&g->old, golden))
		return tool_fail(err, VSX_EINVAL,
				 "%s: %s: query of %" PRIu32
				 " component%s, %s has %" PRIu32,
				 golden->name, golden_place(place, golden, 0),
				 golden->dim, plural_s(golden->dim),
				 g->now.name, now);
	room = calloc(old > now ? old : now, sizeof(*room));
	if (!room)
		return tool_fail_memory(err, sizeof(*room) * VSX_MAX_DIM);
	status = accept_ids(g, room, err);
	free(room);
	return status == VSX_OK ? accept_lengths(g, err) : status;
}

/* ---- recall and latency ------------------------------------------------- */

/* What an index finds of what is expected of it, *set or not at all. */
static enum vsx_status measure(const struct gate *g, const struct release *r,
			       const struct question_set *s, struct measured *m,
			       bool *set, struct vsx_error *err)
{
	struct expected e = {0};
	struct answers exact = {0};
	enum vsx_status status = VSX_OK;

	*set = r->index && r->facts.dim == s->q.dim && s->q.n > 0;
	if (!*set)
		return VSX_OK;
	if (s->golden) {
		e = (struct expected){.ids = s->golden->expect,
				      .first = s->golden->first};
		return answers_measure(m, r->index, &s->q, &e, err);
	}
	status = answers_find(&exact, r->index, &s->q, TRUTH_K, true,
			      g->n_threads, err);
	if (status == VSX_OK)
		status = answers_expected(&exact, s->q.n, &e, err);
	if (status == VSX_OK)
		status = answers_measure(m, r->index, &s->q, &e, err);
	*set = status == VSX_OK && m->expected > 0;
	free((void *)(uintptr_t)e.first);
	answers_release(&exact);
	return status;
}

/* The least recall: the floor, or what the old index has less the drop. */
static double least_recall(const struct gate *g, const struct measured *old)
{
	double least = 0.0, chance;

	if (old) {
		chance = LOST_BY_CHANCE / (double)old->expected;
		least = measured_recall(old) - (chance > g->limits.max_drop
							? chance
							: g->limits.max_drop);
	}
	return least > g->limits.min_recall ? least : g->limits.min_recall;
}

/* A limit that was asked for and cannot be looked at is not kept. */
static void say_unmeasured(const struct gate *g, struct check *check,
			   bool limited)
{
	static const char why[] = "there are no queries that it can answer";

	if (limited)
		check_decide(g->checks, check, false,
			     "%s cannot be measured: %s", check->name, why);
	else
		check_not_run(check, "%s", why);
}

/*
 * Few queries are easily answered by what is of no use to others. A golden set
 * may be small where the index was tested with many when it was built.
 */
static bool can_tell(const struct gate *g, const struct question_set *s)
{
	uint32_t due = g->now.facts.due_queries;

	return s->q.n >= due || g->now.facts.n_queries >= due;
}

static void check_recall(const struct gate *g, const struct question_set *s,
			 const struct measured *old, const struct measured *now)
{
	struct check *check = checks_add(g->checks, "recall");
	double least = least_recall(g, old);
	char worst[QUESTION_BYTES], was[TOOL_NAME_BYTES + 32] = "";

	if (old) {
		cell_number(&check->old, measured_recall(old), "%.4f",
			    measured_recall(old));
		snprintf(was, sizeof(was), " (%s: %.4f)", g->old.name,
			 measured_recall(old));
	}
	if (least > 0.0)
		cell_number(&check->limit, least, ">= %.4f", least);
	if (!now) {
		say_unmeasured(g, check, g->limits.min_recall > 0.0);
		return;
	}
	cell_number(&check->now, measured_recall(now), "%.4f",
		    measured_recall(now));
	if (least <= 0.0)
		return;
	if (g->limits.min_recall > 0.0 && !can_tell(g, s)) {
		check_decide(
			g->checks, check, false,
			"recall cannot be judged from %zu quer%s, nor by a "
			"test that the index holds, of %u: expected %u or "
			"more",
			s->q.n, plural_ies(s->q.n), g->now.facts.n_queries,
			g->now.facts.due_queries);
		return;
	}
	question_label(worst, s, now->worst);
	check_decide(g->checks, check, measured_recall(now) >= least,
		     "recall is %.4f%s, expected %.4f or more; worst is %s: "
		     "%zu of %zu",
		     measured_recall(now), was, least, worst, now->worst_found,
		     now->worst_expected);
}

static void check_p95(const struct gate *g, const struct measured *old,
		      const struct measured *now)
{
	struct check *check = checks_add(g->checks, "p95");
	double most = g->limits.max_p95;

	if (old)
		cell_number(&check->old, old->p95, "%.3f ms", old->p95);
	if (most >= 0.0)
		cell_number(&check->limit, most, "<= %.3f ms", most);
	if (!now) {
		say_unmeasured(g, check, most >= 0.0);
		return;
	}
	cell_number(&check->now, now->p95, "%.3f ms", now->p95);
	if (most >= 0.0)
		check_decide(g->checks, check, now->p95 <= most,
			     "95 %% of the queries take up to %.3f ms, "
			     "expected %.3f or less",
			     now->p95, most);
}

static enum vsx_status check_search(const struct gate *g,
				    const struct question_set *s,
				    struct vsx_error *err)
{
	struct measured old, now;
	bool has_old, has_now = false;
	enum vsx_status status = measure(g, &g->old, s, &old, &has_old, err);

	if (status == VSX_OK)
		status = measure(g, &g->now, s, &now, &has_now, err);
	if (status != VSX_OK)
		return status;
	check_recall(g, s, has_old ? &old : NULL, has_now ? &now : NULL);
	check_p95(g, has_old ? &old : NULL, has_now ? &now : NULL);
	return VSX_OK;
}

/* ---- ids that are expected ---------------------------------------------- */

/* How many ids the index lacks, and where the first of them stands. */
static enum vsx_status count_lost(const struct golden *golden,
				  const struct release *r, size_t *n,
				  size_t *query, uint64_t *id,
				  struct vsx_error *err)
{
	float *room = calloc(r->facts.dim, sizeof(*room));

	if (!room)
		return tool_fail_memory(err, r->facts.dim * sizeof(*room));
	*n = 0;
	for (size_t i = 0; i < golden->n; i++)
		for (size_t j = golden->first[i]; j < golden->first[i + 1];
		     j++) {
			if (!lacks(r, golden->expect[j], room))
				continue;
			if ((*n)++ > 0)
				continue;
			*query = i;
			*id = golden->expect[j];
		}
	free(room);
	return VSX_OK;
}

/*
 * Ids that the old index has may have been deleted since, as other rows may.
 * Without an old index nobody knows whether they have ever been there.
 */
static void decide_expected(const struct gate *g, struct check *check,
			    size_t lost, size_t query, uint64_t id)
{
	const struct golden *golden = g->golden;
	size_t total = golden->first[golden->n];
	double missing = g->old.index ? g->limits.max_missing : 0.0;
	double least = (double)total * (1.0 - missing);
	char place[GOLDEN_PLACE_BYTES];

	cell_number(&check->now, (double)(total - lost), "%zu id%s",
		    total - lost, plural_s(total - lost));
	cell_number(&check->limit, least, ">= %.0f", least);
	check_decide(g->checks, check, (double)(total - lost) >= least,
		     "%zu of %zu expected ids are not there, the first is %s, "
		     "%s: id %" PRIu64,
		     lost, total, golden->ids_name,
		     golden_place(place, golden, query), id);
}

static enum vsx_status check_expected(const struct gate *g,
				      struct vsx_error *err)
{
	const struct golden *golden = g->golden;
	struct check *check = checks_add(g->checks, "expected");
	size_t lost = 0, query = 0;
	enum vsx_status status = VSX_OK;
	uint64_t id = 0;

	if (g->old.index) {
		status = count_lost(golden, &g->old, &lost, &query, &id, err);
		lost = golden->first[golden->n] - lost;
		cell_number(&check->old, (double)lost, "%zu id%s", lost,
			    plural_s(lost));
	}
	if (status == VSX_OK)
		status = count_lost(golden, &g->now, &lost, &query, &id, err);
	if (status == VSX_OK)
		decide_expected(g, check, lost, query, id);
	return status;
}

/* ---- all of it ----------------------------------------------------------- */

static enum vsx_status run_against(struct gate *g, const struct question_set *s,
				   struct vsx_error *err)
{
	enum vsx_status status;

	against_facts(g);
	status = against_rows(g, err);
	if (status == VSX_OK)
		status = against_spread(g, err);
	if (status != VSX_OK)
		return status;
	if (against_same_dim(g) && s->q.n > 0 && s->q.dim == g->now.facts.dim)
		return against_answers(g, s, err);
	check_not_run(checks_add(g->checks, "overlap"),
		      "no queries that both can answer");
	return VSX_OK;
}

enum vsx_status gate_run(struct gate *g, struct vsx_error *err)
{
	struct question_set s;
	enum vsx_status status = questions_make(&s, g, err);

	if (status == VSX_OK)
		status = check_search(g, &s, err);
	if (status == VSX_OK && g->golden)
		status = check_expected(g, err);
	if (status == VSX_OK && g->old.index)
		status = run_against(g, &s, err);
	questions_release(&s);
	return status;
}
