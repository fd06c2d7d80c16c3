#include "cli/clock.h"
#include "verify/answers.h"

#include "cli/fail.h"
#include "cli/interrupt.h"
#include "cli/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Timed passes over the queries; none is begun after so many seconds. */
#define PASSES	     5
#define PASS_SECONDS 10.0

/* Queries that a batch searches before it is looked whether to stop. */
#define BATCH 256

/* ---- answers ---------------------------------------------------------- */

/* The hits without the row itself, k at most. */
static size_t keep(uint64_t *ids, const struct vsx_hit *hits, size_t n,
		   size_t k, const uint64_t *self)
{
	size_t kept = 0;

	for (size_t i = 0; i < n && kept < k; i++)
		if (!self || hits[i].id != *self)
			ids[kept++] = hits[i].id;
	return kept;
}

static enum vsx_status find_some(struct answers *a, const struct vsx *index,
				 const struct questions *q, size_t first,
				 size_t n, bool exact, unsigned int n_threads,
				 struct vsx_hit *hits, size_t *n_hits,
				 struct vsx_error *err)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	size_t k = a->k + (q->self != NULL);
	enum vsx_status status;

	opts.exact = exact;
	opts.first_query = first;
	opts.stop = interrupt_stop();
	status = vsx_search_batch(index, q->rows + first * q->dim, VSX_F32, n,
				  k, &opts, n_threads, hits, n_hits, NULL, err);
	if (status == VSX_ESTOPPED)
		return tool_fail(err, VSX_ESTOPPED, "stopped");
	for (size_t i = 0; status == VSX_OK && i < n; i++)
		a->n_ids[first + i] = keep(
			a->ids + (first + i) * a->k, hits + i * k, n_hits[i],
			a->k, q->self ? &q->self[first + i] : NULL);
	return status;
}

enum vsx_status answers_find(struct answers *a, const struct vsx *index,
			     const struct questions *q, size_t k, bool exact,
			     unsigned int n_threads, struct vsx_error *err)
{
	struct vsx_hit *hits = calloc(BATCH * (k + 1), sizeof(*hits));
	size_t n_hits[BATCH];
	enum vsx_status status = VSX_OK;

	a->k = k;
	a->ids = calloc(q->n * k, sizeof(*a->ids));
	a->n_ids = calloc(q->n, sizeof(*a->n_ids));
	if (!hits || !a->ids || !a->n_ids)
		status = tool_fail_memory(err, q->n * k * sizeof(*a->ids));
	for (size_t i = 0; status == VSX_OK && i < q->n; i += BATCH) {
		size_t n = q->n - i < BATCH ? q->n - i : BATCH;

		progress_update("searching", "queries", i, q->n);
		status = interrupted()
				 ? tool_fail(err, VSX_ESTOPPED, "stopped")
				 : find_some(a, index, q, i, n, exact,
					     n_threads, hits, n_hits, err);
	}
	free(hits);
	return status;
}

void answers_release(struct answers *a)
{
	free(a->ids);
	free(a->n_ids);
	memset(a, 0, sizeof(*a));
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

enum vsx_status answers_expected(struct answers *a, size_t n,
				 struct expected *e, struct vsx_error *err)
{
	size_t *first = calloc(n + 1, sizeof(*first));

	if (!first)
		return tool_fail_memory(err, (n + 1) * sizeof(*first));
	for (size_t i = 0; i < n; i++) {
		uint64_t *to = a->ids + first[i];

		memmove(to, a->ids + i * a->k, a->n_ids[i] * sizeof(*to));
		qsort(to, a->n_ids[i], sizeof(*to), by_id);
		first[i + 1] = first[i] + a->n_ids[i];
	}
	*e = (struct expected){.ids = a->ids, .first = first};
	return VSX_OK;
}

/* ---- recall and time -------------------------------------------------- */

struct run {
	struct vsx_searcher *searcher;
	const struct questions *q;
	const struct expected *e;
	struct vsx_hit *hits;
	double *times; /* [PASSES * q->n] milliseconds */
	size_t n_times;
};

static enum vsx_status ask(struct run *r, size_t i, size_t *n_hits,
			   struct vsx_error *err)
{
	size_t k = r->e->first[i + 1] - r->e->first[i];

	*n_hits = 0;
	if (interrupted())
		return tool_fail(err, VSX_ESTOPPED, "stopped");
	if (k == 0)
		return VSX_OK;
	return vsx_search(r->searcher, r->q->rows + i * r->q->dim, VSX_F32,
			  k + (r->q->self != NULL), NULL, r->hits, n_hits, err);
}

static size_t count_found(const struct run *r, size_t i, size_t n_hits)
{
	const uint64_t *ids = r->e->ids + r->e->first[i];
	size_t k = r->e->first[i + 1] - r->e->first[i];
	size_t taken = 0, found = 0;

	for (size_t h = 0; h < n_hits && taken < k; h++) {
		uint64_t id = r->hits[h].id;

		if (r->q->self && id == r->q->self[i])
			continue;
		taken++;
		found += bsearch(&id, ids, k, sizeof(*ids), by_id) != NULL;
	}
	return found;
}

static enum vsx_status count_pass(struct run *r, struct measured *m,
				  struct vsx_error *err)
{
	for (size_t i = 0; i < r->q->n; i++) {
		size_t k = r->e->first[i + 1] - r->e->first[i], n_hits, found;
		enum vsx_status status = ask(r, i, &n_hits, err);

		progress_update("measuring answers", "queries", i, r->q->n);
		if (status != VSX_OK)
			return status;
		found = count_found(r, i, n_hits);
		m->found += found;
		m->expected += k;
		if (i == 0 || found * m->worst_expected < m->worst_found * k) {
			m->worst = i;
			m->worst_found = found;
			m->worst_expected = k;
		}
	}
	return VSX_OK;
}

static enum vsx_status timed_pass(struct run *r, struct vsx_error *err)
{
	for (size_t i = 0; i < r->q->n; i++) {
		double start = clock_now();
		size_t n_hits;
		enum vsx_status status = ask(r, i, &n_hits, err);

		if (status != VSX_OK)
			return status;
		r->times[r->n_times++] = (clock_now() - start) * 1e3;
	}
	return VSX_OK;
}

static int by_time(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The least time that 95 of 100 searches do not exceed. */
static double p95(double *times, size_t n)
{
	qsort(times, n, sizeof(*times), by_time);
	return times[(size_t)ceil(0.95 * (double)n) - 1];
}

static enum vsx_status run_passes(struct run *r, struct measured *m,
				  struct vsx_error *err)
{
	enum vsx_status status = count_pass(r, m, err);
	double start = clock_now();

	for (int pass = 0; status == VSX_OK && pass < PASSES; pass++) {
		if (pass > 0 && clock_now() - start > PASS_SECONDS)
			break;
		status = timed_pass(r, err);
	}
	if (status == VSX_OK)
		m->p95 = p95(r->times, r->n_times);
	return status;
}

static size_t greatest_k(const struct questions *q, const struct expected *e)
{
	size_t k = 0;

	for (size_t i = 0; i < q->n; i++)
		if (e->first[i + 1] - e->first[i] > k)
			k = e->first[i + 1] - e->first[i];
	return k;
}

enum vsx_status answers_measure(struct measured *m, const struct vsx *index,
				const struct questions *q,
				const struct expected *e, struct vsx_error *err)
{
	struct run r = {.q = q, .e = e};
	size_t k = greatest_k(q, e);
	enum vsx_status status;

	memset(m, 0, sizeof(*m));
	r.hits = calloc(k + 1, sizeof(*r.hits));
	r.times = calloc(q->n, PASSES * sizeof(*r.times));
	if (!r.hits || !r.times)
		status =
			tool_fail_memory(err, q->n * PASSES * sizeof(*r.times));
	else
		status = vsx_searcher_new(&r.searcher, index, err);
	if (status == VSX_OK)
		status = run_passes(&r, m, err);
	vsx_searcher_free(r.searcher);
	free(r.hits);
	free(r.times);
	return status;
}
