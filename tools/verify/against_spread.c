/*
 * How far rows are from the centroids of the old index: those of its lists, or
 * of a few rounds of Lloyd's algorithm over a sample of its rows. Embeddings of
 * another model, or another scale, are farther off or nearer.
 */
#include "verify/against.h"

#include "cli/interrupt.h"
#include "verify/sample.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE	      2000 /* rows that are measured in each index */
#define MAX_CENTROIDS 256  /* of the lists' */
#define OWN_CENTROIDS 64   /* where there are no lists */
#define ROWS_EACH     16   /* to train one of them on */
#define ROUNDS	      5
#define TRAIN_BYTES   ((size_t)64 << 20)

struct centroids {
	uint32_t dim;
	bool unit; /* rows are scaled to length 1 before they are compared */
	size_t n;
	float *rows; /* [n][dim] */
};

static double squared_distance(const float *x, const float *y, uint32_t dim)
{
	double sum = 0.0;

	for (uint32_t d = 0; d < dim; d++) {
		double diff = (double)x[d] - (double)y[d];

		sum += diff * diff;
	}
	return sum;
}

static size_t nearest(const struct centroids *c, const float *x, double *square)
{
	size_t best = 0;

	*square = DBL_MAX;
	for (size_t i = 0; i < c->n; i++) {
		double s = squared_distance(x, c->rows + i * c->dim, c->dim);

		if (s < *square) {
			*square = s;
			best = i;
		}
	}
	return best;
}

/* A row as it is compared; *found is false if no live row has the id. */
static enum vsx_status load(const struct centroids *c, const struct release *r,
			    uint64_t id, float *to, bool *found,
			    struct vsx_error *err)
{
	struct vsx_error why = {0};
	enum vsx_status status = vsx_get(r->index, id, to, &why);
	double length;

	*found = status == VSX_OK;
	if (status == VSX_ENOTFOUND)
		return VSX_OK;
	if (status != VSX_OK) {
		*err = why;
		return status;
	}
	length = c->unit ? vector_length(to, c->dim) : 1.0;
	for (uint32_t d = 0; length > 0.0 && d < c->dim; d++)
		to[d] = (float)(to[d] / length);
	return VSX_OK;
}

/* ---- centroids ---------------------------------------------------------- */

static enum vsx_status from_lists(struct centroids *c, const struct release *r,
				  uint32_t segment, uint32_t n,
				  struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	c->n = n < MAX_CENTROIDS ? n : MAX_CENTROIDS;
	c->rows = calloc(c->n, c->dim * sizeof(float));
	if (!c->rows)
		return tool_fail_memory(err, c->n * c->dim * sizeof(float));
	for (size_t i = 0; i < c->n && status == VSX_OK; i++)
		status = vsx_get_centroid(r->index, segment,
					  (uint32_t)((uint64_t)n * i / c->n),
					  c->rows + i * c->dim, err);
	return status;
}

/* One round: each centroid becomes the mean of the rows that are nearest to
 * it; one without rows stays. */
static enum vsx_status round_of_lloyd(struct centroids *c, const float *rows,
				      size_t n, struct vsx_error *err)
{
	size_t cells = c->n * c->dim;
	double *sums = calloc(cells + c->n, sizeof(*sums));
	double *counts = sums + cells;

	if (!sums)
		return tool_fail_memory(err, (cells + c->n) * sizeof(*sums));
	for (size_t i = 0; i < n; i++) {
		const float *x = rows + i * c->dim;
		double square;
		size_t at = nearest(c, x, &square);

		counts[at]++;
		for (uint32_t d = 0; d < c->dim; d++)
			sums[at * c->dim + d] += (double)x[d];
	}
	for (size_t i = 0; i < cells; i++)
		if (counts[i / c->dim] > 0)
			c->rows[i] = (float)(sums[i] / counts[i / c->dim]);
	free(sums);
	return VSX_OK;
}

static enum vsx_status train(struct centroids *c, const float *rows, size_t n,
			     struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	if (n < c->n)
		c->n = n;
	c->rows = calloc(c->n ? c->n : 1, c->dim * sizeof(float));
	if (!c->rows)
		return tool_fail_memory(err, c->n * c->dim * sizeof(float));
	for (size_t i = 0; i < c->n; i++)
		memcpy(c->rows + i * c->dim, rows + n * i / c->n * c->dim,
		       c->dim * sizeof(float));
	for (int round = 0; round < ROUNDS && status == VSX_OK; round++)
		status = interrupted() ? tool_fail(err, VSX_ESTOPPED, "stopped")
				       : round_of_lloyd(c, rows, n, err);
	return status;
}

static enum vsx_status from_rows(struct centroids *c, const struct release *r,
				 uint64_t seed, struct vsx_error *err)
{
	size_t fit = TRAIN_BYTES / (ROWS_EACH * c->dim * sizeof(float));
	size_t n = 0, n_ids;
	enum vsx_status status;
	uint64_t *ids;
	float *rows;

	c->n = fit < OWN_CENTROIDS ? fit : OWN_CENTROIDS;
	/* Another draw than that of the rows which are measured. */
	status = sample_ids(r->index, c->n * ROWS_EACH, seed + 1, &ids, &n_ids,
			    err);
	if (status != VSX_OK)
		return status;
	rows = calloc(n_ids ? n_ids : 1, c->dim * sizeof(float));
	if (!rows)
		status = tool_fail_memory(err, n_ids * c->dim * sizeof(float));
	for (size_t i = 0; i < n_ids && status == VSX_OK; i++) {
		bool found;

		status = load(c, r, ids[i], rows + n * c->dim, &found, err);
		n += status == VSX_OK && found;
	}
	if (status == VSX_OK)
		status = train(c, rows, n, err);
	free(rows);
	free(ids);
	return status;
}

static enum vsx_status make_centroids(struct centroids *c,
				      const struct release *r, uint64_t seed,
				      struct vsx_error *err)
{
	struct vsx_segment_facts f;

	for (uint32_t s = 0; s < r->facts.n_segments; s++)
		if (vsx_get_segment(r->index, s, &f, NULL) == VSX_OK &&
		    f.n_centroids)
			return from_lists(c, r, s, f.n_centroids, err);
	return from_rows(c, r, seed, err);
}

/* ---- distances ----------------------------------------------------------- */

/* The mean distance of a sample to the nearest centroid. */
static enum vsx_status measure(const struct centroids *c,
			       const struct release *r, uint64_t seed,
			       double *mean, struct vsx_error *err)
{
	float *row = calloc(c->dim, sizeof(*row));
	uint64_t *ids = NULL;
	double sum = 0.0, square;
	enum vsx_status status;
	size_t n_ids = 0, n = 0;

	*mean = 0.0;
	status = row ? sample_ids(r->index, SAMPLE, seed, &ids, &n_ids, err)
		     : tool_fail_memory(err, c->dim * sizeof(*row));
	for (size_t i = 0; i < n_ids && status == VSX_OK; i++) {
		bool found;

		if (interrupted())
			status = tool_fail(err, VSX_ESTOPPED, "stopped");
		else
			status = load(c, r, ids[i], row, &found, err);
		if (status != VSX_OK || !found)
			continue;
		nearest(c, row, &square);
		sum += sqrt(square);
		n++;
	}
	if (n)
		*mean = sum / (double)n;
	free(ids);
	free(row);
	return status;
}

static void decide(struct gate *g, double old, double now)
{
	struct check *check = checks_add(g->checks, "spread");
	double drift = old > 0.0 ? now / old - 1.0 : (now > 0.0 ? 1.0 : 0.0);

	cell_number(&check->old, old, "%.4g", old);
	cell_number(&check->now, now, "%.4g", now);
	cell_number(&check->limit, g->limits.max_drift, "+-%.1f %%",
		    100.0 * g->limits.max_drift);
	check_decide(g->checks, check, fabs(drift) <= g->limits.max_drift,
		     "mean distance to the centroids of %s is %.4g, there "
		     "%.4g: %+.1f %%, the limit is %.1f %%",
		     g->old.name, now, old, 100.0 * drift,
		     100.0 * g->limits.max_drift);
}

enum vsx_status against_spread(struct gate *g, struct vsx_error *err)
{
	struct centroids c = {.dim = g->old.facts.dim,
			      .unit = g->old.facts.metric == VSX_COSINE};
	double old = 0.0, now = 0.0;
	enum vsx_status status;

	if (!against_same_dim(g)) {
		check_not_run(checks_add(g->checks, "spread"),
			      "the dimensions differ");
		return VSX_OK;
	}
	status = make_centroids(&c, &g->old, g->seed, err);
	if (status == VSX_OK && c.n > 0)
		status = measure(&c, &g->old, g->seed, &old, err);
	if (status == VSX_OK && c.n > 0)
		status = measure(&c, &g->now, g->seed, &now, err);
	if (status == VSX_OK)
		decide(g, old, now);
	free(c.rows);
	return status;
}
