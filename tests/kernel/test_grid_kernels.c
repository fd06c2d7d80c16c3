/*
 * Rows on a grid: every table of kernels does what kernel.h says, component by
 * component. What they read and write ends where a page without access begins.
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
