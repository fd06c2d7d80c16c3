/*
 * Seeded rows in clusters, queries near them, and their true neighbours by the
 * plainest code there is.
 */
#ifndef SEEDED_H
#define SEEDED_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "kernel/space.h"
#include "kind/build.h"

#define SEEDED_QUERIES	20
#define SEEDED_CLUSTERS 16

struct seeded {
	struct vsx_space space;
	struct vsx_rows rows;
	uint8_t *base;
	uint64_t *ids;
	float *x;	/* [n][dim]: the rows as stored */
	float *queries; /* [SEEDED_QUERIES][dim] */
};

static inline float seeded_value(struct vsx_rng *rng, double width)
{
	double sum = 0.0;

	for (int i = 0; i < 4; i++)
		sum += vsx_to_unit(vsx_rng_next(rng)) - 0.5;
	return (float)(sum * width);
}

/* Whole numbers where the type wants them; `fold` rows are repeated. */
static inline void seeded_vector(float *out, uint32_t dim, enum vsx_elem elem,
				 struct vsx_rng *rng, const float *centre)
{
	for (uint32_t d = 0; d < dim; d++) {
		float v = centre[d] + seeded_value(rng, 0.35);

		if (elem == VSX_I8)
			v = fminf(fmaxf(rintf(v * 40.0f), -128.0f), 127.0f);
		if (elem == VSX_U8)
			v = fminf(fmaxf(rintf(v * 40.0f + 128.0f), 0.0f),
				  255.0f);
		out[d] = v;
	}
}

static inline void seeded_init(struct seeded *s, enum vsx_metric metric,
			       enum vsx_elem elem, uint32_t n, uint32_t dim)
{
	struct vsx_rng rng = {77};
	float *centres = vsx_alloc(SEEDED_CLUSTERS, dim * sizeof(float));
	struct vsx_error err;

	memset(s, 0, sizeof(*s));
	vsx_space_init(&s->space, metric, elem, dim, 0);
	s->base = vsx_alloc(n, s->space.stride);
	s->ids = vsx_alloc(n, sizeof(*s->ids));
	s->x = vsx_alloc((size_t)n * dim, sizeof(float));
	s->queries = vsx_alloc((size_t)SEEDED_QUERIES * dim, sizeof(float));
	for (size_t i = 0; i < (size_t)SEEDED_CLUSTERS * dim; i++)
		centres[i] = seeded_value(&rng, 2.0);
	for (uint32_t i = 0; i < n; i++) {
		uint8_t *row = s->base + (size_t)i * s->space.stride;
		float *x = s->x + (size_t)i * dim;
		/* every fifth row is the one before it again */
		const float *centre =
			centres + vsx_rng_below(&rng, SEEDED_CLUSTERS) * dim;

		if (i % 5 == 4)
			memcpy(x, x - dim, dim * sizeof(float));
		else
			seeded_vector(x, dim, elem, &rng, centre);
		if (vsx_space_store(&s->space, row, x, VSX_F32, false, &err))
			abort();
		vsx_space_load(&s->space, x, row);
		s->ids[i] = (uint64_t)i * 7919 % 1000003;
	}
	for (uint32_t i = 0; i < SEEDED_QUERIES; i++)
		seeded_vector(s->queries + (size_t)i * dim, dim, elem, &rng,
			      centres + (i % SEEDED_CLUSTERS) * dim);
	free(centres);
	s->rows = (struct vsx_rows){
		.space = &s->space, .base = s->base, .n = n, .ids = s->ids};
}

static inline const float *seeded_query(const struct seeded *s, uint32_t i)
{
	return s->queries + (size_t)i * s->space.dim;
}

struct seeded_pair {
	double value;
	uint64_t id;
};

static inline int seeded_compare(const void *a, const void *b)
{
	const struct seeded_pair *p = a, *q = b;

	if (p->value != q->value)
		return p->value < q->value ? -1 : 1;
	return p->id < q->id ? -1 : p->id > q->id;
}

/* Ids of the k nearest rows, ties by id; returns how many. */
static inline size_t seeded_truth(const struct seeded *s, uint32_t query,
				  size_t k, uint64_t *ids)
{
	struct seeded_pair *all = calloc(s->rows.n, sizeof(*all));
	const float *q = seeded_query(s, query);
	uint32_t dim = s->space.dim;

	for (uint32_t i = 0; i < s->rows.n; i++) {
		const float *x = s->x + (size_t)i * dim;
		double sum = 0.0, qq = 0.0, xx = 0.0;

		for (uint32_t d = 0; d < dim; d++) {
			double a = q[d], b = x[d];

			sum += s->space.metric == VSX_L2 ? (a - b) * (a - b)
							 : -a * b;
			qq += a * a;
			xx += b * b;
		}
		all[i].id = s->ids[i];
		all[i].value = s->space.metric == VSX_COSINE
				       ? sum / sqrt(qq) / sqrt(xx)
				       : sum;
	}
	qsort(all, s->rows.n, sizeof(*all), seeded_compare);
	if (k > s->rows.n)
		k = s->rows.n;
	for (size_t i = 0; i < k; i++)
		ids[i] = all[i].id;
	free(all);
	return k;
}

static inline void seeded_release(struct seeded *s)
{
	free(s->base);
	free(s->ids);
	free(s->x);
	free(s->queries);
	memset(s, 0, sizeof(*s));
}

#endif
