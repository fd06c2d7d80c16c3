#include "train/cross.h"

#include "base/parallel.h"
#include "kernel/matmul.h"

#define COLUMNS 32u  /* of x, by one thread */
#define TERMS	256u /* of each sum at a time */

struct cross {
	const double *x, *y;
	double *c;
	uint32_t dim, d, n;
	bool half;
};

static enum vsx_status columns_work(void *context, unsigned int thread,
				    uint64_t first, uint64_t last,
				    struct vsx_error *err)
{
	const struct cross *w = context;
	double turned[COLUMNS * TERMS]; /* x^T of these columns */
	uint32_t columns = (uint32_t)(last - first);
	uint32_t d = w->half ? (uint32_t)last : w->d;

	(void)thread;
	(void)err;
	for (uint32_t r = 0; r < w->n; r += TERMS) {
		uint32_t some = w->n - r < TERMS ? w->n - r : TERMS;

		for (uint32_t e = 0; e < some; e++) {
			const double *x =
				w->x + (size_t)(r + e) * w->dim + first;

			for (uint32_t i = 0; i < columns; i++)
				turned[i * TERMS + e] = x[i];
		}
		vsx_matmuls()->f64(turned, TERMS, columns, some,
				   w->y + (size_t)r * w->d, w->d, d,
				   w->c + first * w->d, w->d);
	}
	return VSX_OK;
}

enum vsx_status vsx_cross_add(unsigned int threads, const double *x,
			      uint32_t dim, const double *y, uint32_t d,
			      uint32_t n, double *c, bool half,
			      struct vsx_error *err)
{
	struct cross w = {.x = x,
			  .y = y,
			  .c = c,
			  .dim = dim,
			  .d = d,
			  .n = n,
			  .half = half};

	return vsx_parallel(threads, dim, COLUMNS, columns_work, &w, err);
}

void vsx_cross_mirror(double *c, uint32_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			c[i * n + j] = c[j * n + i];
}
