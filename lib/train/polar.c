#include "train/polar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "kernel/matmul.h"
#include "train/cross.h"

#define MOST_ITERATIONS 80
#define ROWS		32u /* by one thread at a time */

/* Products of columns are so near to 0 and 1 in the end. */
#define NEAR_ENOUGH 0x1p-40

struct polar {
	double *x, *next; /* [dim][d] */
	double *gram;	  /* [d][d], x^T x */
	uint32_t dim, d;
	unsigned int threads;
};

static enum vsx_status step_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct polar *p = context;
	uint32_t n = (uint32_t)(last - first);
	double *out = p->next + first * p->d;

	(void)thread;
	(void)err;
	memset(out, 0, (size_t)n * p->d * sizeof(*out));
	vsx_matmuls()->f64(p->x + first * p->d, p->d, n, p->d, p->gram, p->d,
			   p->d, out, p->d);
	return VSX_OK;
}

static enum vsx_status take_gram(struct polar *p, struct vsx_error *err)
{
	memset(p->gram, 0, (size_t)p->d * p->d * sizeof(*p->gram));
	VSX_TRY(vsx_cross_add(p->threads, p->x, p->d, p->x, p->d, p->dim,
			      p->gram, true, err));
	vsx_cross_mirror(p->gram, p->d);
	return VSX_OK;
}

/* x (a I + b x^T x), where `gram` is x^T x and gets spoilt. */
static enum vsx_status step(struct polar *p, double a, double b,
			    struct vsx_error *err)
{
	double *t = p->x;

	for (size_t i = 0; i < p->d; i++)
		for (size_t j = 0; j < p->d; j++)
			p->gram[i * p->d + j] =
				b * p->gram[i * p->d + j] + (i == j ? a : 0.0);
	VSX_TRY(vsx_parallel(p->threads, p->dim, ROWS, step_work, p, err));
	p->x = p->next;
	p->next = t;
	return VSX_OK;
}

/* No singular value is above the root of this. */
static double greatest_sum(const struct polar *p)
{
	double most = 0.0;

	for (size_t i = 0; i < p->d; i++) {
		double sum = 0.0;

		for (size_t j = 0; j < p->d; j++)
			sum += fabs(p->gram[i * p->d + j]);
		most = fmax(most, sum);
	}
	return most;
}

static double farthest_off(const struct polar *p)
{
	double most = 0.0;

	for (size_t i = 0; i < p->d; i++)
		for (size_t j = 0; j < p->d; j++)
			most = fmax(most, fabs(p->gram[i * p->d + j] -
					       (i == j ? 1.0 : 0.0)));
	return most;
}

/*
 * Singular values lie between low and 1: s becomes s (3 - t^2 s^2) t / 2 with
 * the t for which both ends come to the same value, the new low. From t = 1 on
 * this is Newton-Schulz, whose error is squared by each iteration.
 */
static enum vsx_status iterate(struct polar *p, double low, bool *found,
			       struct vsx_error *err)
{
	for (int i = 0; i < MOST_ITERATIONS; i++) {
		double t = sqrt(3.0 / (1.0 + low + low * low));

		if (low > 0.99)
			t = 1.0;
		VSX_TRY(step(p, 1.5 * t, -0.5 * t * t * t, err));
		VSX_TRY(take_gram(p, err));
		low = 0.5 * t * low * (3.0 - t * t * low * low);
		*found = farthest_off(p) < NEAR_ENOUGH;
		if (*found)
			break;
	}
	return VSX_OK;
}

static enum vsx_status find(struct polar *p, double least, bool *found,
			    struct vsx_error *err)
{
	double most, scale;
	int exponent;

	*found = false;
	/* First by a power of 2, so that squares neither overflow nor vanish.
	 */
	most = 0.0;
	for (size_t i = 0; i < (size_t)p->dim * p->d; i++)
		most = fmax(most, fabs(p->x[i]));
	if (most == 0.0)
		return VSX_OK;
	frexp(most, &exponent);
	scale = ldexp(1.0, -(exponent < -1000 ? -1000 : exponent));
	for (size_t i = 0; i < (size_t)p->dim * p->d; i++)
		p->x[i] *= scale;
	least *= scale;
	VSX_TRY(take_gram(p, err));
	scale = 1.0 / sqrt(greatest_sum(p));
	for (size_t i = 0; i < (size_t)p->dim * p->d; i++)
		p->x[i] *= scale;
	for (size_t i = 0; i < (size_t)p->d * p->d; i++)
		p->gram[i] *= scale * scale;
	least *= scale;
	return iterate(p, fmin(fmax(least, 1e-9), 1.0), found, err);
}

enum vsx_status vsx_polar(double *x, uint32_t dim, uint32_t d, double least,
			  unsigned int threads, bool *found,
			  struct vsx_error *err)
{
	struct polar p = {.x = x, .dim = dim, .d = d, .threads = threads};
	enum vsx_status status;
	double *other = NULL;

	status = vsx_alloc_to(&other, (size_t)dim * d, sizeof(*other), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&p.gram, (size_t)d * d, sizeof(*p.gram),
				      err);
	p.next = other;
	if (status == VSX_OK)
		status = find(&p, least, found, err);
	if (status == VSX_OK && p.x != x)
		memcpy(x, p.x, (size_t)dim * d * sizeof(*x));
	free(other);
	free(p.gram);
	return status;
}
