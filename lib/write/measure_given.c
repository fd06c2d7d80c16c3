/* The acceptance test of rows that are kept as codes: what they were. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/sample.h"
#include "read/recall.h"
#include "write/front.h"
#include "write/measure.h"

struct vsx_segment vsx_measure_segment(const struct vsx_rows *rows)
{
	struct vsx_segment seg = {
		.space = *rows->space,
		.n_rows = rows->n,
		.id_bytes = rows->ids ? sizeof(*rows->ids) : 0,
	};

	seg.view[VSX_SEC_VECS] = (struct vsx_view){
		.base = rows->base,
		.bytes = (uint64_t)rows->n * rows->space->stride,
	};
	if (rows->ids)
		seg.view[VSX_SEC_ROID] = (struct vsx_view){
			.base = (const uint8_t *)rows->ids,
			.bytes = (uint64_t)rows->n * sizeof(*rows->ids),
		};
	return seg;
}

/* The file names them by their number in the segment that is written. */
static enum vsx_status draw(struct vsx_measure *m, const struct vsx_rows *rows,
			    const uint32_t *order, struct vsx_error *err)
{
	uint32_t n = m->test.n_queries, dim = m->test.dim;
	uint32_t *drawn;

	VSX_TRY(vsx_alloc_to(&m->own, n, sizeof(*m->own), err));
	VSX_TRY(vsx_alloc_to(&m->own_rows, n, sizeof(*m->own_rows), err));
	VSX_TRY(vsx_alloc_to(&m->queries, (size_t)n * dim, sizeof(float), err));
	VSX_TRY(vsx_alloc_to(&drawn, n, sizeof(*drawn), err));
	vsx_sample(drawn, n, rows->n, m->seed, VSX_RANDOM_QUERIES);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t from = order ? order[drawn[i]] : drawn[i];

		vsx_space_load(rows->space, m->queries + (size_t)i * dim,
			       rows->base + from * rows->space->stride);
		vsx_put32(&m->own_rows[i], drawn[i]);
		m->own[i] = rows->ids ? rows->ids[from] : from;
	}
	free(drawn);
	m->test.queries = m->queries;
	m->test.own = m->own;
	return VSX_OK;
}

enum vsx_status vsx_measure_given(struct vsx_measure *m,
				  const struct vsx_rows *rows,
				  const uint32_t *order, struct vsx_job *job,
				  struct vsx_error *err)
{
	struct vsx_segment seg = vsx_measure_segment(rows);

	if (m->test.n_queries == 0)
		return VSX_OK;
	m->as_given = true;
	if (m->draws)
		VSX_TRY(draw(m, rows, order, err));
	return vsx_measure_truth(m, &seg, job, err);
}

enum vsx_status vsx_measure_again(struct vsx_measure *m,
				  const struct vsx_segment *seg,
				  struct vsx_job *job, struct vsx_error *err)
{
	struct vsx_accept quiet = m->test;
	uint32_t n;

	n = vsx_front(m->recalls, m->n_recalls, m->n_recalls - 1,
		      vsx_look_cost(seg));
	m->n_recalls = n;
	quiet.progress = NULL;
	for (uint32_t i = 0; i < n; i++) {
		struct vsx_recall *r = &m->recalls[i];
		uint64_t done = (uint64_t)quiet.n_queries * i / n;

		VSX_TRY(job->progress(job, &vsx_phase_recall_further, done,
				      quiet.n_queries, err));
		VSX_TRY(vsx_accept_measure(seg, 1, &quiet, r->effort,
					   vsx_refine_of(r->refine),
					   job->n_threads, r, err));
	}
	return VSX_OK;
}
