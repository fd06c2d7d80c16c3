/*
 * Row by row. An honest rebuild has the same vectors under the same ids;
 * embeddings of another kind, lengths that were or were not scaled, rows that
 * lost their ids all show in a sample.
 */
#include "verify/against.h"

#include "cli/interrupt.h"
#include "verify/sample.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE 20000 /* rows of each index */
#define TRIED  200   /* vectors that changed and are looked for elsewhere */

#define SAME_COSINE  0.99   /* at less, the vector of an id is another */
#define CODE_COSINE  0.7    /* the same of what codes decode to */
#define EQUAL_COSINE 0.9999 /* at this, it is the same but for rounding */
#define UNIT_SLACK   0.01   /* what bf16 makes of a length of 1 */
#define UNIT_SHARE   0.99

/* Of the rows of one index. */
struct lengths {
	size_t n, n_unit;
	double sum;
};

struct pass {
	struct gate *g;
	struct lengths old, now;
	size_t n_missing, n_common, n_added, n_old, n_now;
	uint64_t missing; /* the first one */
	uint64_t *changed;
	size_t n_changed;
	size_t n_tried, n_moved;
	uint64_t moved_from, moved_to; /* the first one */
	float *a, *b;		       /* a row of each, or two of one */
	struct vsx_searcher *searcher;
};

static enum vsx_status stop(struct vsx_error *err)
{
	return interrupted() ? tool_fail(err, VSX_ESTOPPED, "stopped") : VSX_OK;
}

/* VSX_ENOTFOUND is an answer: *found is false. */
static enum vsx_status get(const struct release *r, uint64_t id, float *to,
			   bool *found, struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status = vsx_get(r->index, id, to, &why);

	*found = status == VSX_OK;
	if (status == VSX_OK || status == VSX_ENOTFOUND)
		return VSX_OK;
	*err = why;
	return status;
}

static void add_length(struct lengths *l, const float *x, uint32_t dim)
{
	double length = vector_length(x, dim);

	l->n++;
	l->sum += length;
	l->n_unit += fabs(length - 1.0) <= UNIT_SLACK;
}

/* ---- the sample of the old rows --------------------------------------- */

static bool has_codes(const struct gate *g)
{
	return g->old.facts.kept_as_codes || g->now.facts.kept_as_codes;
}

/* Codes of two trainings decode to vectors that are both near what was given.
 */
static double same_cosine(const struct gate *g)
{
	return has_codes(g) ? CODE_COSINE : SAME_COSINE;
}

static enum vsx_status look_at_old(struct pass *p, uint64_t id,
				   struct vsx_error *err)
{
	struct gate *g = p->g;
	enum vsx_status status;
	bool found;
	double cosine;

	status = get(&g->old, id, p->a, &found, err);
	if (status != VSX_OK || !found)
		return status;
	p->n_old++;
	add_length(&p->old, p->a, g->old.facts.dim);
	status = get(&g->now, id, p->b, &found, err);
	if (status != VSX_OK)
		return status;
	if (!found) {
		if (p->n_missing++ == 0)
			p->missing = id;
		return VSX_OK;
	}
	p->n_common++;
	if (!against_same_dim(g))
		return VSX_OK;
	cosine = vector_cosine(p->a, p->b, g->old.facts.dim);
	if (cosine >= same_cosine(g))
		return VSX_OK;
	p->changed[p->n_changed++] = id;
	changes_vector(g->changes, id, cosine);
	return VSX_OK;
}

static enum vsx_status look_at_new(struct pass *p, uint64_t id,
				   struct vsx_error *err)
{
	enum vsx_status status;
	bool found;

	status = get(&p->g->now, id, p->b, &found, err);
	if (status != VSX_OK || !found)
		return status;
	p->n_now++;
	add_length(&p->now, p->b, p->g->now.facts.dim);
	status = get(&p->g->old, id, p->a, &found, err);
	p->n_added += status == VSX_OK && !found;
	return status;
}

static enum vsx_status look_at_all(struct pass *p, const struct release *r,
				   enum vsx_status (*look)(struct pass *,
							   uint64_t,
							   struct vsx_error *),
				   struct vsx_error *err)
{
	enum vsx_status status;
	uint64_t *ids;
	size_t n;

	status = sample_ids(r->index, SAMPLE, p->g->seed, &ids, &n, err);
	if (status != VSX_OK)
		return status;
	for (size_t i = 0; i < n && status == VSX_OK; i++) {
		status = stop(err);
		if (status == VSX_OK)
			status = look(p, ids[i], err);
	}
	free(ids);
	return status;
}

/* ---- vectors that moved to other ids ----------------------------------- */

/* Whether row `id` of r has the vector p->a, but for rounding. */
static enum vsx_status has_vector(struct pass *p, const struct release *r,
				  uint64_t id, bool *has, struct vsx_error *err)
{
	enum vsx_status status = get(r, id, p->b, has, err);

	if (status == VSX_OK && *has)
		*has = vector_cosine(p->a, p->b, r->facts.dim) >= EQUAL_COSINE;
	return status;
}

/*
 * Where the old vector of an id is now. That another id has it means nothing if
 * that one always had: then they are duplicates.
 */
static enum vsx_status look_elsewhere(struct pass *p, uint64_t id,
				      struct vsx_error *err)
{
	/* The greatest products are not those with the nearest rows. */
	enum { MOST = 100 };
	size_t k = p->g->now.facts.metric == VSX_IP ? MOST : 10, n_hits;
	struct vsx_hit hits[MOST];
	enum vsx_status status;
	bool has;

	status = get(&p->g->old, id, p->a, &has, err);
	if (status != VSX_OK || !has ||
	    vector_length(p->a, p->g->old.facts.dim) == 0.0)
		return status;
	status = vsx_search(p->searcher, p->a, VSX_F32, k, NULL, hits, &n_hits,
			    err);
	p->n_tried++;
	for (size_t i = 0; status == VSX_OK && i < n_hits; i++) {
		status = has_vector(p, &p->g->now, hits[i].id, &has, err);
		if (status != VSX_OK || !has)
			continue;
		status = has_vector(p, &p->g->old, hits[i].id, &has, err);
		if (status != VSX_OK || has)
			continue;
		if (p->n_moved++ == 0) {
			p->moved_from = id;
			p->moved_to = hits[i].id;
		}
		break;
	}
	return status;
}

static enum vsx_status look_for_moved(struct pass *p, struct vsx_error *err)
{
	size_t n = p->n_changed < TRIED ? p->n_changed : TRIED;
	enum vsx_status status;

	status = vsx_searcher_new(&p->searcher, p->g->now.index, err);
	for (size_t i = 0; i < n && status == VSX_OK; i++) {
		status = stop(err);
		if (status == VSX_OK)
			status = look_elsewhere(
				p, p->changed[p->n_changed * i / n], err);
	}
	vsx_searcher_free(p->searcher);
	return status;
}

/* ---- verdicts ----------------------------------------------------------- */

static double share(size_t n, size_t of)
{
	return of ? (double)n / (double)of : 0.0;
}

static void check_missing(const struct pass *p)
{
	const struct gate *g = p->g;
	struct check *check = checks_add(g->checks, "missing");
	double missing = share(p->n_missing, p->n_old);

	cell_share(&check->now, missing);
	cell_share(&check->limit, g->limits.max_missing);
	check_decide(g->checks, check, missing <= g->limits.max_missing,
		     "%.2f %% of the ids of %s are missing, such as %" PRIu64
		     "; the limit is %.2f %%",
		     100.0 * missing, g->old.name, p->missing,
		     100.0 * g->limits.max_missing);
	check = checks_add(g->checks, "added");
	cell_share(&check->now, share(p->n_added, p->n_now));
}

static void check_changed(const struct pass *p)
{
	const struct gate *g = p->g;
	struct check *check = checks_add(g->checks, "changed");
	double changed = share(p->n_changed, p->n_common);

	cell_share(&check->limit, g->limits.max_changed);
	if (!against_same_dim(g) || p->n_common == 0) {
		check_not_run(check, "no vectors to compare");
		return;
	}
	cell_share(&check->now, changed);
	check_decide(g->checks, check, changed <= g->limits.max_changed,
		     "%.2f %% of the ids in both have another vector, such as "
		     "%" PRIu64 " (cosine %.3f); the limit is %.2f %%",
		     100.0 * changed, g->changes->vectors[0].id,
		     g->changes->vectors[0].cosine,
		     100.0 * g->limits.max_changed);
}

static void check_moved(const struct pass *p)
{
	const struct gate *g = p->g;
	struct check *check = checks_add(g->checks, "moved");
	double moved = share(p->n_changed, p->n_common) *
		       share(p->n_moved, p->n_tried);

	cell_share(&check->limit, g->limits.max_moved);
	if (!against_same_dim(g) || p->n_common == 0) {
		check_not_run(check, "no vectors to compare");
		return;
	}
	cell_share(&check->now, moved);
	check_decide(g->checks, check, moved <= g->limits.max_moved,
		     "ids are shuffled: %.2f %% of the vectors are under other "
		     "ids, that of %" PRIu64 " is now under %" PRIu64
		     "; the limit is %.2f %%",
		     100.0 * moved, p->moved_from, p->moved_to,
		     100.0 * g->limits.max_moved);
}

static void check_lengths(const struct pass *p)
{
	const struct gate *g = p->g;
	struct check *check = checks_add(g->checks, "unit");
	bool was = share(p->old.n_unit, p->old.n) >= UNIT_SHARE;
	bool is = share(p->now.n_unit, p->now.n) >= UNIT_SHARE;
	double old = p->old.n ? p->old.sum / (double)p->old.n : 0.0;
	double now = p->now.n ? p->now.sum / (double)p->now.n : 0.0;
	double drift = old > 0.0 ? now / old - 1.0 : 0.0;

	/* A code is of the row of length 1 under cosine, and shorter else. */
	if (g->old.facts.kept_as_codes != g->now.facts.kept_as_codes) {
		check_not_run(check, "one of the two keeps codes");
		check_not_run(checks_add(g->checks, "length"),
			      "one of the two keeps codes");
		return;
	}
	cell_text(&check->old, "%s", was ? "yes" : "no");
	cell_text(&check->now, "%s", is ? "yes" : "no");
	cell_text(&check->limit, "the same");
	check_decide(g->checks, check, was == is,
		     "vectors are %snormalised (mean length %.4g), those of %s "
		     "are %s(%.4g)",
		     is ? "" : "not ", now, g->old.name, was ? "" : "not ",
		     old);
	check = checks_add(g->checks, "length");
	cell_number(&check->old, old, "%.4g", old);
	cell_number(&check->now, now, "%.4g", now);
	cell_number(&check->limit, g->limits.max_drift, "+-%.1f %%",
		    100.0 * g->limits.max_drift);
	check_decide(g->checks, check, fabs(drift) <= g->limits.max_drift,
		     "mean length of the vectors is %.4g, in %s %.4g: %+.1f "
		     "%%, the limit is %.1f %%",
		     now, g->old.name, old, 100.0 * drift,
		     100.0 * g->limits.max_drift);
}

static enum vsx_status make_room(struct pass *p, struct vsx_error *err)
{
	uint32_t old = p->g->old.facts.dim, now = p->g->now.facts.dim;
	size_t dim = old > now ? old : now;

	p->a = calloc(dim, sizeof(*p->a));
	p->b = calloc(dim, sizeof(*p->b));
	p->changed = calloc(SAMPLE, sizeof(*p->changed));
	if (p->a && p->b && p->changed)
		return VSX_OK;
	return tool_fail_memory(err, 2 * dim * sizeof(*p->a) +
					     SAMPLE * sizeof(*p->changed));
}

enum vsx_status against_rows(struct gate *g, struct vsx_error *err)
{
	struct pass p = {.g = g};
	enum vsx_status status = make_room(&p, err);

	if (status == VSX_OK)
		status = look_at_all(&p, &g->old, look_at_old, err);
	if (status == VSX_OK)
		status = look_at_all(&p, &g->now, look_at_new, err);
	if (status == VSX_OK)
		status = look_for_moved(&p, err);
	if (status == VSX_OK) {
		check_missing(&p);
		check_changed(&p);
		check_moved(&p);
		check_lengths(&p);
	}
	free(p.a);
	free(p.b);
	free(p.changed);
	return status;
}
