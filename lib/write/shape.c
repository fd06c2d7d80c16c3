#include "write/shape.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "plural.h"

/* Neighbours of a query that are linked to each other, and the fewest queries
   on either side that tell something. */
#define NEAR  64u
#define LEAST 100u

struct shaping {
	struct vsx_measure *m;
	struct vsx_asked asked;
	bool *held_out;
	uint32_t *near;
	uint32_t n_held_out;
};

/* By its bits, so that a query that is there twice is on one side: none that
   links were shaped by says what they are worth. */
static bool is_held_out(const float *query, uint32_t dim)
{
	uint64_t hash = dim;

	for (uint32_t i = 0; i < dim; i++) {
		uint32_t bits;

		memcpy(&bits, &query[i], sizeof(bits));
		hash = vsx_mix(hash + bits + VSX_RNG_STEP);
	}
	return hash & 1;
}

static enum vsx_status hold_out(struct shaping *s, struct vsx_error *err)
{
	const struct vsx_accept *t = &s->m->test;

	VSX_TRY(vsx_alloc_to(&s->held_out, t->n_queries, sizeof(bool), err));
	for (uint32_t i = 0; i < t->n_queries; i++) {
		s->held_out[i] =
			is_held_out(t->queries + (size_t)i * t->dim, t->dim);
		s->n_held_out += s->held_out[i];
	}
	return VSX_OK;
}

static enum vsx_status progress(void *context, uint64_t done, uint64_t total,
				struct vsx_error *err)
{
	struct vsx_job *job = context;

	return job->progress(job, &vsx_phase_shaping, done,
			     VSX_SHAPE_ROUNDS * total, err);
}

/* Their nearest rows, by number. */
static enum vsx_status find_near(struct shaping *s, const struct vsx_rows *rows,
				 struct vsx_job *job, struct vsx_error *err)
{
	uint64_t n = (uint64_t)s->m->test.n_queries * NEAR;
	struct vsx_accept test = s->m->test;
	struct vsx_rows numbered = *rows;
	struct vsx_segment seg;
	enum vsx_status status;

	numbered.ids = NULL;
	seg = vsx_measure_segment(&numbered);
	test.truth_k = NEAR;
	test.context = job;
	test.progress = progress;
	VSX_TRY(vsx_arrays_take(job->arrays, &s->near, n, sizeof(*s->near),
				err));
	VSX_TRY(vsx_arrays_take(job->arrays, &test.truth, n,
				sizeof(*test.truth), err));
	status = vsx_accept_truth(&seg, 1, &test, job->n_threads, err);
	for (uint64_t i = 0; i < n && status == VSX_OK; i++)
		s->near[i] = (uint32_t)test.truth[i];
	vsx_arrays_leave(job->arrays, test.truth);
	return status;
}

static void keep_held_out(struct shaping *s)
{
	struct vsx_measure *m = s->m;
	uint32_t dim = m->test.dim, n = 0;

	for (uint32_t i = 0; i < m->test.n_queries; i++)
		if (s->held_out[i])
			memmove(m->queries + (size_t)n++ * dim,
				m->queries + (size_t)i * dim,
				dim * sizeof(float));
	m->test.n_queries = n;
}

static void tell(const struct shaping *s, const struct vsx_shaped *by,
		 struct vsx_job *job)
{
	uint32_t n = s->asked.n;

	job->note(job,
		  "links %s by %u of %u quer%s: the others %s %.0f distance%s "
		  "for a recall@10 of %.4g, not %.0f",
		  by->pays ? "shaped" : "not shaped", n - s->n_held_out, n,
		  vsx_ies(n), by->pays ? "take" : "would take", by->after,
		  vsx_s((uint64_t)by->after), by->recall, by->before);
}

static enum vsx_status shape(struct shaping *s, const struct vsx_rows *rows,
			     struct vsx_built *built, double recall,
			     struct vsx_job *job, struct vsx_error *err)
{
	const struct vsx_kind_build *kind = vsx_kind_build_find(built->kind);
	struct vsx_measure *m = s->m;
	struct vsx_shaped by = {0};

	VSX_TRY(hold_out(s, err));
	if (s->n_held_out < LEAST || m->test.n_queries - s->n_held_out < LEAST)
		return VSX_OK;
	VSX_TRY(find_near(s, rows, job, err));
	s->asked = (struct vsx_asked){
		.queries = m->queries,
		.n = m->test.n_queries,
		.near = s->near,
		.n_near = NEAR,
		.held_out = s->held_out,
		.recall = recall,
	};
	VSX_TRY(kind->shape(job, rows, &s->asked, built, &by, err));
	if (by.is_tried)
		tell(s, &by, job);
	if (by.pays)
		keep_held_out(s);
	return VSX_OK;
}

enum vsx_status vsx_shape(struct vsx_measure *m, const struct vsx_rows *rows,
			  struct vsx_built *built, double recall,
			  struct vsx_job *job, struct vsx_error *err)
{
	struct shaping s = {.m = m};
	enum vsx_status status;

	if (!vsx_kind_build_find(built->kind)->shape || rows->n <= NEAR)
		return VSX_OK;
	status = shape(&s, rows, built, recall, job, err);
	free(s.held_out);
	vsx_arrays_leave(job->arrays, s.near);
	return status;
}
