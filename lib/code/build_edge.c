#include "code/build_edge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "base/rng.h"
#include "base/sample.h"

#define CHUNK 64

/* Edges and rows to learn from, at most. */
#define SAMPLE VSX_PQ_SAMPLE(VSX_EDGE_WORDS)

/* Factors that are so many times those of the sample still fit. */
#define ROOM 2.0

struct learning {
	const struct vsx_edge_source *from;
	struct vsx_edges *edges;
	struct vsx_edge_coder *coder;
	uint32_t *rows; /* [n] drawn */
	uint32_t *ends; /* [n] one edge of each; itself: it has none */
	uint32_t n;
	float *x;	       /* [n][dim] rows, then directions of edges */
	float *work;	       /* [threads][3][dim] */
	struct vsx_edge *edge; /* [n] */
};

static enum vsx_status load_rows(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct learning *l = context;

	(void)thread;
	(void)err;
	for (uint64_t i = first; i < last; i++)
		l->from->row(l->from->context, l->rows[i],
			     l->x + i * l->from->dim);
	return VSX_OK;
}

/* By rising number, in f64. */
static void take_mean(const struct learning *l, float *mean)
{
	for (uint32_t d = 0; d < l->from->dim; d++) {
		double sum = 0.0;

		for (uint32_t i = 0; i < l->n; i++)
			sum += (double)l->x[(size_t)i * l->from->dim + d];
		mean[d] = (float)(sum / l->n);
	}
}

/* x becomes the direction of the edge of each row. */
static enum vsx_status turn_to_edges(void *context, unsigned int thread,
				     uint64_t first, uint64_t last,
				     struct vsx_error *err)
{
	struct learning *l = context;
	uint32_t dim = l->from->dim;
	float *u = l->work + (size_t)thread * 3 * dim;

	(void)err;
	for (uint64_t i = first; i < last; i++) {
		float *x = l->x + i * dim;
		double rr = 0.0, inverse;

		l->from->row(l->from->context, l->ends[i], u);
		for (uint32_t d = 0; d < dim; d++) {
			double r = (double)u[d] - (double)x[d];

			rr += r * r;
		}
		inverse = rr > 0.0 ? 1.0 / sqrt(rr) : 0.0;
		for (uint32_t d = 0; d < dim; d++)
			x[d] = (float)(((double)u[d] - (double)x[d]) * inverse);
	}
	return VSX_OK;
}

static enum vsx_status encode(void *context, unsigned int thread,
			      uint64_t first, uint64_t last,
			      struct vsx_error *err)
{
	struct learning *l = context;
	uint32_t dim = l->from->dim;
	float *u = l->work + (size_t)thread * 3 * dim;

	(void)err;
	for (uint64_t i = first; i < last; i++) {
		struct vsx_edge_start start;

		l->from->row(l->from->context, l->rows[i], u + dim);
		l->from->row(l->from->context, l->ends[i], u);
		vsx_edge_coder_start(l->coder, u + dim, u + 2 * (size_t)dim,
				     &start);
		vsx_edge_coder_edges(l->coder, &start, u, 1, &l->edge[i]);
	}
	return VSX_OK;
}

/* A unit in which the greatest of the sample is 1/ROOM of what 16 bits hold. */
static float unit_of(double greatest)
{
	float unit = (float)(greatest * ROOM / 32767.0);

	return unit > 0.0f ? unit : 1.0f;
}

static void take_units(struct learning *l)
{
	double a = 0.0, b = 0.0, off = 0.0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->n; i++) {
		const struct vsx_edge *e = &l->edge[i];

		if (e->b == 0.0)
			continue;
		a = fabs(e->a) > a ? fabs(e->a) : a;
		b = e->b > b ? e->b : b;
		off += e->off;
		n++;
	}
	l->edges->unit_a = unit_of(a);
	l->edges->unit_b = unit_of(b);
	l->edges->spread = n ? (float)sqrt(off / n) : 0.0f;
}

static enum vsx_status alloc(struct learning *l, struct vsx_job *job,
			     struct vsx_error *err)
{
	uint32_t all = l->from->n_rows, dim = l->from->dim;

	l->n = all < SAMPLE ? all : SAMPLE;
	VSX_TRY(vsx_alloc_to(&l->rows, l->n, sizeof(*l->rows), err));
	VSX_TRY(vsx_alloc_to(&l->ends, l->n, sizeof(*l->ends), err));
	VSX_TRY(vsx_alloc_to(&l->x, l->n, (size_t)dim * sizeof(*l->x), err));
	VSX_TRY(vsx_alloc_to(&l->edge, l->n, sizeof(*l->edge), err));
	return vsx_alloc_to(&l->work, vsx_job_threads(job),
			    (size_t)dim * 3 * sizeof(*l->work), err);
}

/* Rows, and one edge of each. */
static void draw(struct learning *l, const struct vsx_job *job)
{
	const struct vsx_edge_source *from = l->from;

	vsx_sample(l->rows, l->n, from->n_rows, job->seed, VSX_RANDOM_EDGES);
	for (uint32_t i = 0; i < l->n; i++)
		if (!from->link(from->context, l->rows[i],
				vsx_random_at(job->seed, VSX_RANDOM_EDGES,
					      UINT64_C(1) << 32 | i),
				&l->ends[i]))
			l->ends[i] = l->rows[i];
}

static enum vsx_status learn(struct learning *l, struct vsx_job *job,
			     float *mean, float *book, struct vsx_error *err)
{
	unsigned int threads = vsx_job_threads(job);
	struct vsx_pq pq = vsx_edges_pq(l->edges);

	VSX_TRY(alloc(l, job, err));
	draw(l, job);
	VSX_TRY(vsx_parallel(threads, l->n, CHUNK, load_rows, l, err));
	take_mean(l, mean);
	VSX_TRY(vsx_parallel(threads, l->n, CHUNK, turn_to_edges, l, err));
	VSX_TRY(vsx_pq_train(job, &pq, l->x, l->n, 0, false, book, err));
	vsx_edge_coder_init(l->coder, l->edges);
	VSX_TRY(vsx_parallel(threads, l->n, CHUNK, encode, l, err));
	take_units(l);
	return VSX_OK;
}

enum vsx_status vsx_edges_learn(struct vsx_job *job,
				const struct vsx_edge_source *from,
				uint32_t parts, float *mean, float *book,
				struct vsx_edges *out, struct vsx_error *err)
{
	struct vsx_edge_coder coder;
	struct learning l = {.from = from, .edges = out, .coder = &coder};
	enum vsx_status status;

	*out = (struct vsx_edges){
		.dim = from->dim, .parts = parts, .mean = mean, .book = book};
	status = learn(&l, job, mean, book, err);
	free(l.rows);
	free(l.ends);
	free(l.x);
	free(l.work);
	free(l.edge);
	return status;
}

uint64_t vsx_edges_learn_bytes(uint32_t dim, uint32_t parts,
			       unsigned int threads)
{
	struct vsx_pq pq = {dim, parts, VSX_EDGE_WORDS};

	return SAMPLE * (dim * sizeof(float) + sizeof(struct vsx_edge) + 8) +
	       vsx_pq_train_bytes(&pq, SAMPLE, threads);
}
