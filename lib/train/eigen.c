#include "train/eigen.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "kernel/matmul.h"

/* Nothing of a matrix whose greatest component is 1 depends on less. */
#define NOTHING 0x1p-500

/* Turns that are collected before rows are turned, and the columns of them that
 * a thread turns at a time. */
#define TURNS	8192
#define COLUMNS 64u

/* An eigenvalue takes two iterations or three. */
#define MOST_ITERATIONS 100

struct eigen {
	uint32_t n;
	unsigned int threads;
	const struct vsx_matmuls *mat;
	double *a;    /* [n][n]; row k gets the mirror k, at and after k+1 */
	double *q;    /* [n][n] */
	double *diag; /* [n] */
	double *off;  /* [n], off[i] beside diag[i] and diag[i+1] */
	double *beta; /* [n] of the mirrors */
	double *two;  /* [2][n] scratch */
	double *turn; /* [n][2] scratch */
	struct vsx_turn *turns; /* [TURNS] */
	size_t n_turns;
};

/* ---- to three diagonals --------------------------------------------- */

static double product(const double *x, const double *y, uint32_t n)
{
	double sum = 0.0;

	for (uint32_t i = 0; i < n; i++)
		sum += x[i] * y[i];
	return sum;
}

/*
 * Make x[n] a mirror v, I - beta v v^T, that takes what x was to a multiple of
 * the first axis, which is returned.
 */
static double mirror(double *x, uint32_t n, double *beta)
{
	double rest = product(x + 1, x + 1, n - 1), first = x[0], length;

	*beta = 0.0;
	if (rest < NOTHING * NOTHING)
		return first;
	length = copysign(sqrt(first * first + rest), first);
	x[0] = first + length;
	*beta = 1.0 / (length * x[0]);
	return -length;
}

/* The matrix after row and column k, from both sides: A - v w^T - w v^T. */
static void reflect(struct eigen *e, uint32_t k)
{
	uint32_t m = e->n - k - 1;
	const double *v = e->a + (size_t)k * e->n + k + 1;
	double *rest = e->a + (size_t)(k + 1) * e->n + k + 1;
	double *w = e->two, *minus_v = e->two + m, beta = e->beta[k], half;

	memset(w, 0, m * sizeof(*w));
	e->mat->f64(v, m, 1, m, rest, e->n, m, w, m);
	for (uint32_t i = 0; i < m; i++)
		w[i] *= beta;
	half = 0.5 * beta * product(v, w, m);
	for (uint32_t i = 0; i < m; i++) {
		w[i] -= half * v[i];
		minus_v[i] = -v[i];
		e->turn[(size_t)i * 2] = -v[i];
		e->turn[(size_t)i * 2 + 1] = w[i];
	}
	e->mat->f64(e->turn, 2, m, 2, e->two, m, m, rest, e->n);
}

static void reduce(struct eigen *e)
{
	uint32_t n = e->n;

	for (uint32_t k = 0; k < n; k++) {
		double *row = e->a + (size_t)k * n;

		e->diag[k] = row[k];
		e->beta[k] = 0.0;
		e->off[k] = 0.0;
		if (k + 1 < n)
			e->off[k] = mirror(row + k + 1, n - k - 1, &e->beta[k]);
		if (e->beta[k] != 0.0)
			reflect(e, k);
	}
}

/* q = the product of the mirrors, the last one first. */
static void collect(struct eigen *e)
{
	uint32_t n = e->n;

	for (uint32_t i = 0; i < n; i++)
		e->q[(size_t)i * n + i] = 1.0;
	for (uint32_t k = n; k-- > 0;) {
		uint32_t m = n - k - 1;
		const double *v = e->a + (size_t)k * n + k + 1;
		double *rest = e->q + (size_t)(k + 1) * n + k + 1;

		if (e->beta[k] == 0.0)
			continue;
		memset(e->two, 0, m * sizeof(*e->two));
		e->mat->f64(v, m, 1, m, rest, n, m, e->two, m);
		for (uint32_t i = 0; i < m; i++)
			e->turn[i] = -e->beta[k] * v[i];
		e->mat->f64(e->turn, 1, m, 1, e->two, m, m, rest, n);
	}
}

static void transpose(double *q, uint32_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++) {
			double t = q[i * n + j];

			q[i * n + j] = q[j * n + i];
			q[j * n + i] = t;
		}
}

/* ---- to one diagonal ------------------------------------------------ */

static enum vsx_status turn_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct eigen *e = context;

	(void)thread;
	(void)err;
	e->mat->turns(e->turns, e->n_turns, (uint32_t)(last - first),
		      e->q + first, e->n);
	return VSX_OK;
}

static enum vsx_status turn_rows(struct eigen *e, struct vsx_error *err)
{
	enum vsx_status status =
		vsx_parallel(e->threads, e->n, COLUMNS, turn_work, e, err);

	e->n_turns = 0;
	return status;
}

/* The first place at or after `from` where the diagonals fall apart. */
static uint32_t block_end(const struct eigen *e, uint32_t from)
{
	uint32_t m = from;

	while (m + 1 < e->n &&
	       fabs(e->off[m]) > DBL_EPSILON * (fabs(e->diag[m]) +
						fabs(e->diag[m + 1])) &&
	       fabs(e->off[m]) > NOTHING)
		m++;
	return m;
}

/* One QL iteration of the block low .. high, shifted by the eigenvalue of its
 * first two rows that is nearer to the first. */
static enum vsx_status iterate(struct eigen *e, uint32_t low, uint32_t high,
			       struct vsx_error *err)
{
	double *diag = e->diag, *off = e->off;
	double g = (diag[low + 1] - diag[low]) / (2.0 * off[low]);
	double c = 1.0, s = 1.0, shift = 0.0;

	g = diag[high] - diag[low] +
	    off[low] / (g + copysign(sqrt(g * g + 1.0), g));
	for (uint32_t i = high; i-- > low;) {
		double f = s * off[i], b = c * off[i], r;

		r = sqrt(f * f + g * g);
		off[i + 1] = r;
		if (r < NOTHING) { /* they fall apart here */
			diag[i + 1] -= shift;
			off[high] = 0.0;
			return VSX_OK;
		}
		s = f / r;
		c = g / r;
		g = diag[i + 1] - shift;
		r = (diag[i] - g) * s + 2.0 * c * b;
		shift = s * r;
		diag[i + 1] = g + shift;
		g = c * r - b;
		e->turns[e->n_turns++] = (struct vsx_turn){c, s, i};
		if (e->n_turns == TURNS)
			VSX_TRY(turn_rows(e, err));
	}
	diag[low] -= shift;
	off[low] = g;
	off[high] = 0.0;
	return VSX_OK;
}

static enum vsx_status diagonalise(struct eigen *e, struct vsx_error *err)
{
	for (uint32_t low = 0; low < e->n; low++)
		for (uint32_t t = 0, high;
		     (high = block_end(e, low)) > low && t < MOST_ITERATIONS;
		     t++)
			VSX_TRY(iterate(e, low, high, err));
	return turn_rows(e, err);
}

/* ---- in order ------------------------------------------------------- */

struct place {
	double value;
	uint32_t at;
};

static int falling(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? 1 : -1;
	return x->at < y->at ? -1 : 1;
}

/* The row of an eigenvector, of one of its two signs. */
static void put_row(double *out, const double *row, uint32_t n)
{
	uint32_t most = 0;

	for (uint32_t i = 1; i < n; i++)
		if (fabs(row[i]) > fabs(row[most]))
			most = i;
	for (uint32_t i = 0; i < n; i++)
		out[i] = row[most] < 0.0 ? -row[i] : row[i];
}

static enum vsx_status put_in_order(struct eigen *e, double scale,
				    double *values, struct vsx_error *err)
{
	struct place *order;

	VSX_TRY(vsx_alloc_to(&order, e->n, sizeof(*order), err));
	for (uint32_t i = 0; i < e->n; i++)
		order[i] = (struct place){e->diag[i], i};
	qsort(order, e->n, sizeof(*order), falling);
	for (uint32_t i = 0; i < e->n; i++) {
		values[i] = order[i].value * scale;
		put_row(e->a + (size_t)i * e->n,
			e->q + (size_t)order[i].at * e->n, e->n);
	}
	free(order);
	return VSX_OK;
}

/* A power of 2 near the greatest component; 1 of zeros. */
static double scale_of(const double *a, uint32_t n)
{
	double most = 0.0;
	int exponent;

	for (size_t i = 0; i < (size_t)n * n; i++)
		most = fmax(most, fabs(a[i]));
	if (most == 0.0)
		return 1.0;
	frexp(most, &exponent);
	return ldexp(1.0, exponent < -1000 ? -1000 : exponent);
}

enum vsx_status vsx_eigen(double *a, uint32_t n, double *values,
			  unsigned int threads, struct vsx_error *err)
{
	struct eigen e = {
		.n = n, .threads = threads, .mat = vsx_matmuls(), .a = a};
	double scale = scale_of(a, n);
	enum vsx_status status;
	double *rows = NULL;

	status = vsx_alloc_to(&e.q, (size_t)n * n, sizeof(*e.q), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&rows, (size_t)n * 7, sizeof(*rows), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&e.turns, TURNS, sizeof(*e.turns), err);
	if (status != VSX_OK)
		goto done;
	e.diag = rows;
	e.off = rows + n;
	e.beta = rows + 2 * (size_t)n;
	e.two = rows + 3 * (size_t)n;
	e.turn = rows + 5 * (size_t)n;
	for (size_t i = 0; i < (size_t)n * n; i++)
		a[i] /= scale;
	reduce(&e);
	collect(&e);
	transpose(e.q, n);
	status = diagonalise(&e, err);
	if (status == VSX_OK)
		status = put_in_order(&e, scale, values, err);
done:
	free(e.q);
	free(rows);
	free(e.turns);
	return status;
}
