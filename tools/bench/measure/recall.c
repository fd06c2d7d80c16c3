#include "bench/measure/recall.h"

#include "bench/base/crew.h"
#include "bench/engine/engine_vsx.h"
#include "cli/clock.h"
#include "cli/fail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHARE 8 /* queries that a thread takes at a time */

/* An exact neighbour, by id. */
struct ranked {
	uint64_t id;
	size_t rank;
	bool found; /* an answer that is given twice counts once */
};

struct counting {
	struct recall_pass *pass;
	const struct subject *subject;
	uint64_t n; /* queries of this pass */
	_Atomic uint64_t next;
	_Atomic uint64_t found[RECALL_MOST];
};

static int by_id(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void count(const uint64_t *ids, size_t n, struct ranked *truth,
		  size_t n_truth, const size_t *at, size_t n_at,
		  uint64_t *found)
{
	qsort(truth, n_truth, sizeof(*truth), by_id);
	for (size_t a = 0; a < n; a++) {
		struct ranked key = {.id = ids[a]};
		struct ranked *hit =
			bsearch(&key, truth, n_truth, sizeof(*truth), by_id);

		if (!hit || hit->found)
			continue;
		hit->found = true;
		for (size_t i = 0; i < n_at; i++)
			if (a < at[i] && hit->rank < at[i])
				found[i]++;
	}
}

struct scratch {
	uint64_t *ids;
	struct ranked *truth;
	size_t n_truth;
	uint64_t found[RECALL_MOST];
};

static enum vsx_status one(struct counting *c, struct engine_session *session,
			   uint64_t query, struct scratch *x,
			   struct vsx_error *err)
{
	const struct workload *w = c->subject->work;
	const uint64_t *truth = w->truth + query * w->truth_k;
	enum vsx_status status;
	size_t n;

	status = c->subject->ops->search(session, workload_query(w, query),
					 c->pass->k, c->pass->effort, x->ids,
					 &n, err);
	if (status != VSX_OK)
		return status;
	for (size_t i = 0; i < x->n_truth; i++)
		x->truth[i] = (struct ranked){truth[i], i, false};
	count(x->ids, n, x->truth, x->n_truth, c->pass->at, c->pass->n_at,
	      x->found);
	return VSX_OK;
}

static enum vsx_status many(struct crew *crew, struct counting *c,
			    struct engine_session *session, struct scratch *x,
			    struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	while (status == VSX_OK && !crew_stops(crew)) {
		uint64_t from = atomic_fetch_add(&c->next, SHARE);
		uint64_t to = from + SHARE < c->n ? from + SHARE : c->n;

		if (from >= c->n)
			break;
		for (uint64_t i = from; i < to && status == VSX_OK; i++)
			status = one(c, session, i * c->pass->stride, x, err);
		atomic_fetch_add(&crew->done, to - from);
	}
	return status;
}

static enum vsx_status work(struct crew *crew, void *context, unsigned int i,
			    struct vsx_error *err)
{
	struct counting *c = context;
	struct scratch x = {0};
	enum vsx_status status;

	for (size_t a = 0; a < c->pass->n_at; a++)
		if (c->pass->at[a] > x.n_truth)
			x.n_truth = c->pass->at[a];
	x.ids = calloc(c->pass->k, sizeof(*x.ids));
	x.truth = calloc(x.n_truth ? x.n_truth : 1, sizeof(*x.truth));
	if (!x.ids || !x.truth)
		status = tool_fail_memory(err,
					  c->pass->k * sizeof(*x.ids) +
						  x.n_truth * sizeof(*x.truth));
	else
		status = many(crew, c, c->subject->sessions[i], &x, err);
	for (size_t a = 0; a < c->pass->n_at; a++)
		atomic_fetch_add(&c->found[a], x.found[a]);
	free(x.ids);
	free(x.truth);
	return status;
}

static double distances(const struct subject *s)
{
	double sum = 0;

	if (!subject_is_vsx(s))
		return NAN;
	for (unsigned int i = 0; i < s->threads; i++)
		sum += (double)engine_vsx_distances(s->sessions[i]);
	return sum;
}

enum vsx_status recall_run(struct recall_pass *pass, const struct subject *s,
			   struct vsx_error *err)
{
	uint64_t n = (s->work->n + pass->stride - 1) / pass->stride;
	struct counting c = {.pass = pass, .subject = s, .n = n};
	char name[96], phase[160];
	struct crew_job job = {work, &c, s->threads, phase, n, NULL};
	double before = distances(s);
	uint64_t start = clock_ns();
	enum vsx_status status;

	subject_name(s, name);
	if (s->effort_name[0])
		snprintf(phase, sizeof(phase),
			 "measuring recall of %s at %s %u", name,
			 s->effort_name, pass->effort);
	else
		snprintf(phase, sizeof(phase), "measuring recall of %s", name);
	status = crew_run(&job, err);
	if (status != VSX_OK)
		return status;
	pass->seconds = clock_seconds(start, clock_ns());
	pass->distances = (distances(s) - before) / (double)n;
	for (size_t a = 0; a < pass->n_at; a++)
		pass->recall[a] =
			(double)c.found[a] / ((double)n * (double)pass->at[a]);
	pass->refine = 0.0;
	return subject_is_vsx(s)
		       ? engine_vsx_refine(s->sessions[0],
					   workload_query(s->work, 0), pass->k,
					   pass->effort, &pass->refine, err)
		       : VSX_OK;
}
