#include "train/polar.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "kernel/matmul.h"
#include "train/cross.h"
#include "train/eigen.h"

#define MOST_STEPS 12
#define ROWS	   32u /* by one thread at a time */

/* Products of columns are so near to 0 and 1 in the end. */
#define NEAR_ENOUGH 0x1p-40

/* Eigenvalues of x^T x below this part of the greatest are lost in rounding,
 * and taken as this: a step makes their roots 2^25 times as great as others'.
 */
#define LOST 0x1p-50

struct polar {
	double *x, *next; /* [dim][d] */
	double *gram;	  /* [d][d], x^T x */
	double *axes;	  /* [d][d], and eigenvectors of this */
	double *values;	  /* [d] */
	uint32_t dim, d;
	unsigned int threads;
};

/* ---- products ------------------------------------------------------- */

struct product {
	const double *a, *b;
	double *out;
	uint32_t d;
};

static enum vsx_status product_work(void *context, unsigned int thread,
				    uint64_t first, uint64_t last,
				    struct vsx_error *err)
{
	struct product *p = context;
	uint32_t n = (uint32_t)(last - first), d = p->d;
	double *out = p->out + first * d;

	(void)thread;
	(void)err;
	memset(out, 0, (size_t)n * d * sizeof(*out));
	vsx_matmuls()->f64(p->a + first * d, d, n, d, p->b, d, d, out, d);
	return VSX_OK;
}

/* x = x b */
static enum vsx_status multiply(struct polar *p, const double *b,
				struct vsx_error *err)
{
	struct product product = {p->x, b, p->next, p->d};
	double *t = p->x;

	VSX_TRY(vsx_parallel(p->threads, p->dim, ROWS, product_work, &product,
			     err));
	p->x = p->next;
	p->next = t;
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

static double farthest_off(const struct polar *p)
{
	double most = 0.0;

	for (size_t i = 0; i < p->d; i++)
		for (size_t j = 0; j < p->d; j++)
			most = fmax(most, fabs(p->gram[i * p->d + j] -
					       (i == j ? 1.0 : 0.0)));
	return most;
}

/* ---- steps ---------------------------------------------------------- */

/*
 * x (x^T x)^(-1/2), by the eigenvalues of x^T x: the answer, but for what the
 * squares of small singular values have lost.
 */
static enum vsx_status step_by_roots(struct polar *p, struct vsx_error *err)
{
	size_t d = p->d;

	memcpy(p->axes, p->gram, d * d * sizeof(*p->axes));
	VSX_TRY(vsx_eigen(p->axes, p->d, p->values, p->threads, err));
	/* Both factors of the sum get a root of the root. */
	for (size_t k = 0; k < d; k++) {
		double value = fmax(p->values[k], p->values[0] * LOST);
		double factor = 1.0 / sqrt(sqrt(value));

		for (size_t i = 0; i < d; i++)
			p->axes[k * d + i] *= factor;
	}
	memset(p->gram, 0, d * d * sizeof(*p->gram));
	VSX_TRY(vsx_cross_add(p->threads, p->axes, p->d, p->axes, p->d, p->d,
			      p->gram, true, err));
	vsx_cross_mirror(p->gram, p->d);
	return multiply(p, p->gram, err);
}

/* x (3 I - x^T x) / 2, the iteration of Newton and Schulz: what columns are off
 * becomes its square. */
static enum vsx_status step_nearer(struct polar *p, struct vsx_error *err)
{
	for (size_t i = 0; i < p->d; i++)
		for (size_t j = 0; j < p->d; j++)
			p->gram[i * p->d + j] = (i == j ? 1.5 : 0.0) -
						0.5 * p->gram[i * p->d + j];
	return multiply(p, p->gram, err);
}

/* Columns that are off by less, each from each, come nearer: then no singular
 * value is above the root of 3. */
static bool comes_nearer(const struct polar *p, double off)
{
	return off * p->d < 1.0;
}

static enum vsx_status find(struct polar *p, bool *found, struct vsx_error *err)
{
	double off;

	for (int i = 0; i < MOST_STEPS; i++) {
		VSX_TRY(take_gram(p, err));
		off = farthest_off(p);
		*found = off < NEAR_ENOUGH;
		if (*found)
			break;
		if (comes_nearer(p, off))
			VSX_TRY(step_nearer(p, err));
		else
			VSX_TRY(step_by_roots(p, err));
	}
	return VSX_OK;
}

/* By a power of 2, so that squares neither overflow nor vanish. False if there
 * are zeros alone. */
static bool scale(struct polar *p)
{
	size_t n = (size_t)p->dim * p->d;
	double most = 0.0;
	int exponent;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, fabs(p->x[i]));
	frexp(most, &exponent);
	for (size_t i = 0; i < n; i++)
		p->x[i] = ldexp(p->x[i], -exponent);
	return most > 0.0;
}

enum vsx_status vsx_polar(double *x, uint32_t dim, uint32_t d,
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
	if (status == VSX_OK)
		status = vsx_alloc_to(&p.axes, (size_t)d * d, sizeof(*p.axes),
				      err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&p.values, d, sizeof(*p.values), err);
	p.next = other;
	*found = false;
	if (status == VSX_OK && scale(&p))
		status = find(&p, found, err);
	if (status == VSX_OK && p.x != x)
		memcpy(x, p.x, (size_t)dim * d * sizeof(*x));
	free(other);
	free(p.gram);
	free(p.axes);
	free(p.values);
	return status;
}
