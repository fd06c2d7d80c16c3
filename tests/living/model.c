#include "living/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void model_init(struct model *m, enum vsx_metric metric, uint32_t dim)
{
	memset(m, 0, sizeof(*m));
	m->metric = metric;
	m->dim = dim;
	m->rows = calloc(MODEL_ROWS, dim * sizeof(float));
	if (!m->rows)
		abort();
}

void model_release(struct model *m)
{
	free(m->rows);
}

void model_draw(struct model *m, uint32_t id, struct vsx_rng *rng)
{
	float *row = m->rows + (size_t)id * m->dim;

	for (uint32_t d = 0; d < m->dim; d++)
		row[d] = (float)vsx_rng_below(rng, 41) - 20.0f;
	row[0] = (float)vsx_rng_below(rng, 20) + 1.0f;
}

double model_distance(const struct model *m, uint32_t id, const float *query)
{
	const float *row = m->rows + (size_t)id * m->dim;
	double dot = 0, square = 0, a = 0, b = 0;

	for (uint32_t d = 0; d < m->dim; d++) {
		double x = (double)row[d], y = (double)query[d];

		dot += x * y;
		square += (x - y) * (x - y);
		a += x * x;
		b += y * y;
	}
	if (m->metric == VSX_L2)
		return square;
	return m->metric == VSX_IP ? dot : dot / sqrt(a * b);
}

/* Which of two hits comes first. */
static int compare(const void *pa, const void *pb)
{
	const struct vsx_hit *a = pa, *b = pb;

	if (a->distance != b->distance)
		return a->distance < b->distance ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

size_t model_search(const struct model *m, const bool *among,
		    const float *query, size_t k, struct vsx_hit *hits)
{
	struct vsx_hit *all = malloc(MODEL_ROWS * sizeof(*all));
	float sign = m->metric == VSX_L2 ? 1.0f : -1.0f;
	size_t n = 0;

	if (!all)
		abort();
	for (uint32_t id = 0; id < MODEL_ROWS; id++)
		if (among[id])
			all[n++] = (struct vsx_hit){
				id, sign * (float)model_distance(m, id, query)};
	qsort(all, n, sizeof(*all), compare);
	for (size_t i = 0; i < k && i < n; i++) {
		hits[i] = all[i];
		hits[i].distance *= sign;
	}
	free(all);
	return k < n ? k : n;
}
