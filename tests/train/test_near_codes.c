/* Nearest codes in tiles are those that a plain loop finds, of equals the
 * first. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "train/near_codes.h"

static struct vsx_error err;

struct scene {
	uint32_t dim, n, n_seekers;
	size_t stride;
	uint8_t *codes, *seekers;
	uint32_t *number;
	struct vsx_packed_codes packed;
	struct vsx_seekers s;
};

/* Few values: many distances are equal. */
static void fill(uint8_t *code, struct vsx_rng *rng, uint32_t n)
{
	uint32_t values = vsx_rng_below(rng, 2) ? 2 : 256;

	for (uint32_t i = 0; i < n; i++)
		code[i] = (uint8_t)(255 - vsx_rng_below(rng, values));
}

static void init(struct scene *c, uint64_t seed)
{
	struct vsx_rng rng = {seed};

	c->dim = (uint32_t)vsx_rng_below(&rng, 100) + 1;
	c->n = (uint32_t)vsx_rng_below(&rng, 700) + 1;
	c->n_seekers = (uint32_t)vsx_rng_below(&rng, VSX_SEEKERS) + 1;
	c->stride = c->dim + vsx_rng_below(&rng, 9);
	c->codes = vsx_alloc((size_t)c->n * 2, c->stride);
	c->seekers = vsx_alloc(c->n_seekers, c->stride);
	c->number = vsx_alloc(c->n, sizeof(*c->number));
	fill(c->codes, &rng, c->n * 2 * (uint32_t)c->stride);
	fill(c->seekers, &rng, c->n_seekers * (uint32_t)c->stride);
	for (uint32_t i = 0; i < c->n; i++)
		c->number[i] = (uint32_t)vsx_rng_below(&rng, c->n * 2);
	cr_assert_eq(vsx_packed_codes_init(&c->packed, c->n, c->dim, &err),
		     VSX_OK);
	cr_assert_eq(vsx_seekers_init(&c->s, c->dim, &err), VSX_OK);
	vsx_packed_codes_fill(&c->packed, c->codes, c->stride, c->number, c->n);
	for (uint32_t i = 0; i < c->n_seekers; i++)
		vsx_seekers_add(&c->s, c->seekers + i * c->stride);
}

static void release(struct scene *c)
{
	vsx_packed_codes_release(&c->packed);
	vsx_seekers_release(&c->s);
	free(c->codes);
	free(c->seekers);
	free(c->number);
}

static uint64_t entry(const struct scene *c, uint32_t seeker, uint32_t i)
{
	const uint8_t *a = c->seekers + seeker * c->stride;
	const uint8_t *b = c->codes + c->number[i] * c->stride;
	uint64_t sum = 0;

	for (uint32_t d = 0; d < c->dim; d++)
		sum += (uint64_t)((a[d] - b[d]) * (a[d] - b[d]));
	return sum << 32 | i;
}

Test(near_codes, gives_the_nearest)
{
	for (uint64_t seed = 0; seed < 60; seed++) {
		uint64_t best[VSX_SEEKERS];
		struct scene c;

		init(&c, seed);
		vsx_seekers_nearest(&c.s, &c.packed, best);
		for (uint32_t q = 0; q < c.n_seekers; q++) {
			uint64_t due = UINT64_MAX;

			for (uint32_t i = 0; i < c.n; i++)
				due = entry(&c, q, i) < due ? entry(&c, q, i)
							    : due;
			cr_assert_eq(best[q], due, "seed %d, seeker %u",
				     (int)seed, q);
		}
		release(&c);
	}
}

static int compare(const void *a, const void *b)
{
	uint64_t p = *(const uint64_t *)a, q = *(const uint64_t *)b;

	return p < q ? -1 : p > q;
}

static void check_near(const struct scene *c, uint32_t q, const uint32_t *near,
		       uint32_t want)
{
	uint64_t *all = vsx_alloc(c->n, sizeof(*all));

	for (uint32_t i = 0; i < c->n; i++)
		all[i] = entry(c, q, i);
	qsort(all, c->n, sizeof(*all), compare);
	for (uint32_t i = 0; i < want; i++)
		all[i] = (uint32_t)all[i];
	qsort(all, want, sizeof(*all), compare);
	for (uint32_t i = 0; i < want; i++)
		cr_assert_eq(near[i], all[i], "%u of %u", i, want);
	free(all);
}

Test(near_codes, gives_some_nearest)
{
	for (uint64_t seed = 100; seed < 140; seed++) {
		uint32_t want = seed % 2 ? 48 : 5, *near;
		struct scene c;

		init(&c, seed);
		want = want < c.n ? want : c.n;
		near = vsx_alloc((size_t)want * c.n_seekers, sizeof(*near));
		cr_assert_eq(
			vsx_seekers_near(&c.s, &c.packed, want, near, &err),
			VSX_OK);
		for (uint32_t q = 0; q < c.n_seekers; q++)
			check_near(&c, q, near + (size_t)q * want, want);
		free(near);
		release(&c);
	}
}
