/*
 * Rows and queries on a grid, and exact values: every table of kernels does
 * what kernel.h says, component by component. What they read and write ends
 * where a page without access begins.
 */
#include <criterion/criterion.h>

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/rng.h"
#include "kernel/kernel.h"

#define MOST_DIM 40
#define DELTA	 0.03125f

/* The last n bytes before a page without access. */
static void *guarded(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq((void *)p, MAP_FAILED);
	cr_assert_eq(mprotect(p + page, page, PROT_NONE), 0);
	return p + page - n;
}

static void release(void *p)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	munmap((void *)((uintptr_t)p / page * page), 2 * page);
}

/* Halves of a step, the ends of the grid, what is far out, and others. */
static float value(struct vsx_rng *rng)
{
	static const float odd[] = {0.0f,  -0.0f,  -1e30f, 1e30f,  0x1p-140f,
				    -0.5f, 255.5f, 255.0f, 256.0f, -0.4999f};
	uint64_t r = vsx_rng_next(rng);

	switch (r & 7) {
	case 0:
		return DELTA * odd[(r >> 3) % (sizeof(odd) / sizeof(odd[0]))];
	case 1:
		return DELTA * ((float)(r >> 3 & 255) + 0.5f);
	case 2:
		return (float)(r >> 3 & 63);
	default:
		return (float)(vsx_to_unit(r) * 10.0 - 1.0);
	}
}

struct rows {
	uint32_t n;
	float *x, *lo;
	uint8_t *code;
	double *a, *b;
};

static void make(struct rows *r, uint32_t n, struct vsx_rng *rng, bool offset)
{
	*r = (struct rows){n,	       guarded(n * 4), guarded(n * 4),
			   guarded(n), guarded(n * 8), guarded(n * 8)};
	for (uint32_t i = 0; i < n; i++) {
		r->x[i] = value(rng);
		r->lo[i] = offset ? value(rng) : 0.0f;
		r->code[i] = (uint8_t)vsx_rng_next(rng);
	}
}

static void drop(struct rows *r)
{
	release(r->x);
	release(r->lo);
	release(r->code);
	release(r->a);
	release(r->b);
}

static void check_codes(const struct vsx_kernels *k, struct rows *r,
			double scale)
{
	double inverse = 1.0 / (double)DELTA;
	bool due = false, out;

	out = k->grid_codes((const uint8_t *)r->x, (const uint8_t *)r->lo, r->n,
			    scale, inverse, r->code);
	for (uint32_t i = 0; i < r->n; i++) {
		double c =
			((double)r->x[i] * scale - (double)r->lo[i]) * inverse;

		due |= c < -0.5 || c > 255.5;
		c = c < 0.0 ? 0.0 : c > 255.0 ? 255.0 : c;
		cr_assert_eq(r->code[i], (uint8_t)(c + 0.5),
			     "%s: %u of %u is %u at %g", k->name, i, r->n,
			     r->code[i], c);
	}
	cr_assert_eq(out, due, "%s: %u components", k->name, r->n);
}

static void check_terms(const struct vsx_kernels *k, struct rows *r,
			double scale)
{
	k->grid_terms((const uint8_t *)r->x, r->code, (const uint8_t *)r->lo,
		      r->n, scale, (double)DELTA, r->a, r->b);
	for (uint32_t i = 0; i < r->n; i++) {
		double step = (double)DELTA * r->code[i];
		double at = (double)r->lo[i] + step;
		double lost = (double)r->x[i] * scale - at;

		lost *= lost;
		at *= at;
		cr_assert_eq(memcmp(&r->a[i], &lost, 8), 0, "%s: %u of %u",
			     k->name, i, r->n);
		cr_assert_eq(memcmp(&r->b[i], &at, 8), 0, "%s: %u of %u",
			     k->name, i, r->n);
	}
}

static void check_range(const struct vsx_kernels *k, struct rows *r,
			double scale)
{
	bool due = false, part;

	for (uint32_t i = 0; i < r->n; i++) {
		r->a[i] = i % 3 ? INFINITY : 1.0;
		r->b[i] = i % 3 ? -INFINITY : 1.5;
	}
	part = k->grid_range((const uint8_t *)r->x, r->n, scale, r->a, r->b);
	for (uint32_t i = 0; i < r->n; i++) {
		double c = (double)r->x[i] * scale;

		due |= c != rint(c);
		cr_assert_eq(r->a[i], fmin(c, i % 3 ? INFINITY : 1.0));
		cr_assert_eq(r->b[i], fmax(c, i % 3 ? -INFINITY : 1.5));
	}
	cr_assert_eq(part, due, "%s: %u components", k->name, r->n);
}

Test(grid_kernels, do_what_the_contract_says)
{
	static const double scales[] = {1.0, 0.3, 1.0 / 3.0};
	struct vsx_rng rng = {11};
	const struct vsx_kernels *k;

	for (unsigned int t = 0; (k = vsx_kernels_at(t)); t++)
		for (uint32_t n = 1; n <= MOST_DIM; n++)
			for (int s = 0; s < 3; s++)
				for (int turn = 0; turn < 8; turn++) {
					struct rows r;

					make(&r, n, &rng, turn & 1);
					check_terms(k, &r, scales[s]);
					check_codes(k, &r, scales[s]);
					check_range(k, &r, scales[s]);
					drop(&r);
				}
}

/* Each single component of a row can be what lies outside, or is no whole
 * number. */
Test(grid_kernels, tell_of_any_component)
{
	const struct vsx_kernels *k;
	float x[MOST_DIM], lo[MOST_DIM] = {0};
	double min[MOST_DIM] = {0}, max[MOST_DIM] = {0};
	uint8_t code[MOST_DIM];

	for (unsigned int t = 0; (k = vsx_kernels_at(t)); t++)
		for (uint32_t i = 0; i < MOST_DIM; i++)
			for (int above = 0; above < 2; above++) {
				for (uint32_t d = 0; d < MOST_DIM; d++)
					x[d] = 7.0f;
				cr_assert(!k->grid_range((uint8_t *)x, MOST_DIM,
							 1.0, min, max));
				cr_assert(!k->grid_codes(
					(uint8_t *)x, (uint8_t *)lo, MOST_DIM,
					1.0, 1.0, code));
				x[i] = above ? 255.75f : -0.75f;
				cr_assert(k->grid_range((uint8_t *)x, MOST_DIM,
							1.0, min, max));
				cr_assert(k->grid_codes((uint8_t *)x,
							(uint8_t *)lo, MOST_DIM,
							1.0, 1.0, code));
			}
}

/* ---- queries ------------------------------------------------------------ */

static double eighth_sum(const double *l)
{
	return ((l[0] + l[4]) + (l[2] + l[6])) +
	       ((l[1] + l[5]) + (l[3] + l[7]));
}

/* What kernel.h says, a component at a time. */
struct query {
	uint32_t n;
	double *x;
	float *lo; /* may be NULL */
	int8_t *high, *low;
};

static double place(const struct query *q, uint32_t i)
{
	if (!q->lo)
		return q->x[i];
	return (q->x[i] - (double)q->lo[i]) * (1.0 / (double)DELTA) - 128.0;
}

static void check_steps(const struct vsx_kernels *k, const struct query *q)
{
	double lost[8] = {0}, length[8] = {0}, sum;
	int32_t squares = 0, plain = 0;
	struct vsx_grid_query got;

	k->grid_steps(q->x, (const uint8_t *)q->lo, q->n, 1.0 / (double)DELTA,
		      q->low, &got);
	for (uint32_t i = 0; i < q->n; i++) {
		double at = place(q, i);
		double kept = at < -128.0 ? -128.0 : at > 127.0 ? 127.0 : at;
		int s = (int)floor(kept + 128.5) - 128;

		cr_assert_eq(q->low[i], s, "%s: %u of %u is %d at %g", k->name,
			     i, q->n, q->low[i], at);
		lost[i % 8] += (at - s) * (at - s);
		length[i % 8] += (at + 128.0) * (at + 128.0);
		squares += s * s;
		plain += s;
	}
	sum = eighth_sum(lost);
	cr_assert_eq(memcmp(&sum, &got.lost, 8), 0, "%s", k->name);
	sum = eighth_sum(length);
	cr_assert_eq(memcmp(&sum, &got.length, 8), 0, "%s", k->name);
	cr_assert_eq(got.squares, squares);
	cr_assert_eq(got.low, plain);
}

static void check_digits(const struct vsx_kernels *k, const struct query *q)
{
	double lost[8] = {0}, length[8] = {0}, most = 0.0, unit, sum;
	int32_t high = 0, low = 0;
	struct vsx_grid_query got;

	k->grid_digits(q->x, (const uint8_t *)q->lo, q->n, 1.0 / (double)DELTA,
		       q->high, q->low, &got);
	for (uint32_t i = 0; i < q->n; i++)
		most = fmax(most, fabs(place(q, i)));
	unit = most > 0.0 ? most / VSX_GRID_DIGITS : 1.0;
	for (uint32_t i = 0; i < q->n; i++) {
		int v = (int)round(place(q, i) / unit);
		double off = place(q, i) - v * unit;

		cr_assert_eq(256 * q->high[i] + q->low[i], v,
			     "%s: %u of %u is %d, %d at %g", k->name, i, q->n,
			     q->high[i], q->low[i], place(q, i));
		lost[i % 8] += off * off;
		length[i % 8] += v * unit * (v * unit);
		high += q->high[i];
		low += q->low[i];
	}
	cr_assert_eq(memcmp(&unit, &got.unit, 8), 0, "%s", k->name);
	sum = eighth_sum(lost);
	cr_assert_eq(memcmp(&sum, &got.lost, 8), 0, "%s", k->name);
	sum = eighth_sum(length);
	cr_assert_eq(memcmp(&sum, &got.length, 8), 0, "%s", k->name);
	cr_assert_eq(got.high, high);
	cr_assert_eq(got.low, low);
}

static void check_offset(const struct vsx_kernels *k, const struct query *q)
{
	double product[8] = {0}, own[8] = {0}, got[2], due[2];

	for (uint32_t i = 0; i < q->n; i++) {
		product[i % 8] += q->x[i] * (double)q->lo[i];
		own[i % 8] += (double)q->lo[i] * (double)q->lo[i];
	}
	got[0] = k->grid_offset(q->x, (const uint8_t *)q->lo, q->n, &got[1]);
	due[0] = eighth_sum(product);
	due[1] = eighth_sum(own);
	cr_assert_eq(memcmp(got, due, sizeof(due)), 0, "%s: %u", k->name, q->n);
}

Test(grid_kernels, make_queries_of_any_length)
{
	struct vsx_rng rng = {12};
	const struct vsx_kernels *k;

	for (unsigned int t = 0; (k = vsx_kernels_at(t)); t++)
		for (uint32_t n = 1; n <= MOST_DIM; n++)
			for (int turn = 0; turn < 8; turn++) {
				struct query q = {n, guarded(n * 8),
						  guarded(n * 4), guarded(n),
						  guarded(n)};
				float *lo = q.lo;

				for (uint32_t i = 0; i < n; i++) {
					q.x[i] = (double)value(&rng);
					q.lo[i] = turn & 1 ? value(&rng) : 0.0f;
				}
				check_offset(k, &q);
				check_steps(k, &q);
				check_digits(k, &q);
				q.lo = NULL;
				check_digits(k, &q);
				release(lo);
				release(q.x);
				release(q.high);
				release(q.low);
			}
}

/* No number, and no end: what a hostile file makes of a component. */
Test(grid_kernels, take_queries_that_are_no_numbers)
{
	static const double odd[] = {NAN, INFINITY, -INFINITY, 1e300};
	static const int8_t due[] = {-128, 127, -128, 127};
	const struct vsx_kernels *k;

	for (unsigned int t = 0; (k = vsx_kernels_at(t)); t++)
		for (uint32_t i = 0; i < MOST_DIM * 4; i++) {
			double x[MOST_DIM] = {0};
			float lo[MOST_DIM] = {0};
			int8_t out[MOST_DIM];
			struct vsx_grid_query got;

			x[i / 4] = odd[i % 4];
			k->grid_steps(x, (const uint8_t *)lo, MOST_DIM, 1.0,
				      out, &got);
			cr_assert_eq(out[i / 4], due[i % 4], "%s: %g is %d",
				     k->name, odd[i % 4], out[i / 4]);
			cr_assert(i % 4 == 3 || !(got.length <= 1e308),
				  "%s: %g", k->name, odd[i % 4]);
		}
}

/* Terms of exact values, from any component on. */
Test(grid_kernels, add_exact_terms_in_lanes)
{
	struct vsx_rng rng = {13};
	const struct vsx_kernels *k;

	for (unsigned int t = 0; (k = vsx_kernels_at(t)); t++)
		for (uint32_t n = 1; n <= MOST_DIM; n++) {
			double *q = guarded(n * 8), due[3][8], got[3][8];
			float *x = guarded(n * 4);
			const uint8_t *bytes = (const uint8_t *)x;

			for (uint32_t i = 0; i < 24; i++)
				due[i / 8][i % 8] = got[i / 8][i % 8] =
					fabs((double)value(&rng));
			for (uint32_t i = 0; i < n; i++) {
				double b = (double)(x[i] = value(&rng));

				q[i] = (double)value(&rng) / 3.0;
				due[0][i % 8] += (q[i] - b) * (q[i] - b);
				due[1][i % 8] += q[i] * b;
				due[2][i % 8] += b * b;
			}
			k->exact_squares(q, bytes, n, got[0]);
			k->exact_products(q, bytes, n, got[1]);
			k->exact_own(NULL, bytes, n, got[2]);
			cr_assert_eq(memcmp(got, due, sizeof(due)), 0,
				     "%s: %u components", k->name, n);
			release(q);
			release(x);
		}
}

/* A component that is no finite number is seen wherever it is. */
Test(grid_kernels, take_components_and_the_greatest)
{
	static const float odd[] = {NAN, -NAN, INFINITY, -INFINITY};
	struct vsx_rng rng = {14};
	const struct vsx_kernels *k;

	for (unsigned int t = 0; (k = vsx_kernels_at(t)); t++)
		for (uint32_t n = 1; n <= MOST_DIM; n++) {
			double *to = guarded(n * 8);
			float *x = guarded(n * 4), most = 0.0f, got;
			const uint8_t *bytes = (const uint8_t *)x;
			uint32_t bits;

			for (uint32_t i = 0; i < n; i++) {
				x[i] = i % 3 ? value(&rng) : -value(&rng);
				most = fmaxf(most, fabsf(x[i]));
			}
			bits = k->exact_take(bytes, n, to);
			memcpy(&got, &bits, sizeof(got));
			cr_assert_eq(got, most, "%s: %g of %u, not %g", k->name,
				     (double)got, n, (double)most);
			for (uint32_t i = 0; i < n; i++)
				cr_assert_eq(to[i], (double)x[i]);
			cr_assert_eq(k->exact_take(bytes, n, NULL), bits);
			for (uint32_t i = 0; i < n * 4; i++) {
				float kept = x[i / 4];

				x[i / 4] = odd[i % 4];
				cr_assert_geq(k->exact_take(bytes, n, to),
					      VSX_NOT_FINITE, "%s: %u of %u",
					      k->name, i / 4, n);
				x[i / 4] = kept;
			}
			release(to);
			release(x);
		}
}
