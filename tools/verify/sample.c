#include "verify/sample.h"

#include "cli/fail.h"

#include <math.h>
#include <stdlib.h>

/* SplitMix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
 * Generators", 2014. */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Where run i of n begins in `total`. */
static uint64_t run_begin(uint64_t total, size_t i, size_t n)
{
	return total / n * i + total % n * i / n;
}

/* The id of a live row among `len` from `first` on, from `start` round about.
 */
static enum vsx_status live_id(const struct vsx *index, uint64_t first,
			       uint64_t len, uint64_t start, uint64_t *id,
			       struct vsx_error *err)
{
	enum vsx_status status = VSX_ENOTFOUND;

	for (uint64_t i = 0; i < len && status == VSX_ENOTFOUND; i++)
		status = vsx_id_at(index, first + (start + i) % len, id, err);
	return status;
}

enum vsx_status sample_ids(const struct vsx *index, size_t most, uint64_t seed,
			   uint64_t **ids, size_t *n, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	struct vsx_facts facts;
	size_t runs;

	vsx_get_facts(index, &facts);
	runs = facts.n_rows < most ? (size_t)facts.n_rows : most;
	*n = 0;
	*ids = calloc(runs ? runs : 1, sizeof(**ids));
	if (!*ids)
		return tool_fail_memory(err, runs * sizeof(**ids));
	for (size_t i = 0; status == VSX_OK && i < runs; i++) {
		uint64_t first = run_begin(facts.n_rows, i, runs);
		uint64_t len = run_begin(facts.n_rows, i + 1, runs) - first;

		status = live_id(index, first, len, draw(&seed) % len,
				 &(*ids)[*n], err);
		*n += status == VSX_OK;
		if (status == VSX_ENOTFOUND)
			status = VSX_OK; /* all of the run are deleted */
	}
	if (status != VSX_OK) {
		free(*ids);
		*ids = NULL;
	}
	return status;
}

double vector_product(const float *x, const float *y, uint32_t dim)
{
	double sum = 0.0;

	for (uint32_t d = 0; d < dim; d++)
		sum += (double)x[d] * (double)y[d];
	return sum;
}

double vector_length(const float *x, uint32_t dim)
{
	return sqrt(vector_product(x, x, dim));
}

double vector_cosine(const float *x, const float *y, uint32_t dim)
{
	double xx = vector_length(x, dim), yy = vector_length(y, dim);

	if (xx == 0.0 || yy == 0.0)
		return xx == yy ? 1.0 : 0.0;
	return vector_product(x, y, dim) / (xx * yy);
}
