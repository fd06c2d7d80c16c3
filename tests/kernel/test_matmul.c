/*
 * Every table of products gives the bits of the plain loops that matmul.h
 * promises, for all shapes, and leaves what is beside its result alone.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "kernel/matmul.h"

#define GUARD 123.5

/* Of both signs and far apart, so that any other order gives other bits. */
static double number(struct vsx_rng *rng)
{
	uint64_t r = vsx_rng_next(rng);
	double x = vsx_to_unit(r) - 0.5;

	return r % 8 == 0 ? x * 1e6 : r % 8 == 1 ? x * 1e-6 : x;
}

#define CHECK(type, name)                                                      \
	static void check_##name(uint32_t n, uint32_t k, uint32_t d,           \
				 uint32_t more)                                \
	{                                                                      \
		const struct vsx_matmuls *t;                                   \
		struct vsx_rng rng = {n * 1000003u + k * 1009u + d};           \
		size_t as = k + more, bs = d + more, cs = d + 2 * more;        \
		size_t c_bytes = n * cs * sizeof(type);                        \
		type *a = vsx_alloc(n * as, sizeof(type));                     \
		type *b = vsx_alloc(k * bs, sizeof(type));                     \
		type *c = vsx_alloc(n * cs, sizeof(type));                     \
		type *due = vsx_alloc(n * cs, sizeof(type));                   \
		type *start = vsx_alloc(n * cs, sizeof(type));                 \
                                                                               \
		for (size_t i = 0; i < n * as; i++)                            \
			a[i] = (type)number(&rng);                             \
		for (size_t i = 0; i < k * bs; i++)                            \
			b[i] = (type)number(&rng);                             \
		for (size_t i = 0; i < n * cs; i++)                            \
			start[i] =                                             \
				i % cs < d ? (type)number(&rng) : (type)GUARD; \
		memcpy(due, start, c_bytes);                                   \
		for (uint32_t r = 0; r < n; r++)                               \
			for (uint32_t j = 0; j < d; j++)                       \
				for (uint32_t i = 0; i < k; i++)               \
					due[r * cs + j] +=                     \
						a[r * as + i] * b[i * bs + j]; \
		for (unsigned int i = 0; (t = vsx_matmuls_at(i)) != NULL;      \
		     i++) {                                                    \
			memcpy(c, start, c_bytes);                             \
			t->name(a, as, n, k, b, bs, d, c, cs);                 \
			cr_assert(memcmp(c, due, c_bytes) == 0,                \
				  "%s %s of %u, %u, %u", t->name, #name, n, k, \
				  d);                                          \
		}                                                              \
		free(a);                                                       \
		free(b);                                                       \
		free(c);                                                       \
		free(due);                                                     \
		free(start);                                                   \
	}

CHECK(float, f32)
CHECK(double, f64)

static void check(uint32_t n, uint32_t k, uint32_t d)
{
	check_f32(n, k, d, (n + k + d) % 4);
	check_f64(n, k, d, (n + k + d) % 3);
}

Test(matmul, gives_the_same_bits_for_all_numbers_of_columns)
{
	for (uint32_t d = 1; d <= 100; d++) {
		check(1, 11, d);
		check(9, 7, d);
	}
}

Test(matmul, gives_the_same_bits_for_all_numbers_of_rows_and_terms)
{
	for (uint32_t n = 0; n <= 26; n++)
		for (uint32_t k = 0; k <= 20; k++)
			check(n, k, 35);
}

/* Panels of many components, and rows of more than a panel. */
Test(matmul, gives_the_same_bits_for_large_matrices)
{
	check(1, 1000, 257);
	check(19, 300, 129);
	check(64, 65, 64);
	check(33, 128, 1);
}

Test(matmul, turns_rows_one_after_the_other)
{
	enum { ROWS = 9, N = 200, MOST = 70 };
	const struct vsx_matmuls *t;
	struct vsx_turn turns[N];
	struct vsx_rng rng = {1};
	double start[ROWS][MOST], due[ROWS][MOST], got[ROWS][MOST];

	for (uint32_t e = 0; e < N; e++)
		turns[e] = (struct vsx_turn){number(&rng), number(&rng),
					     e * 5 % (ROWS - 1)};
	for (uint32_t r = 0; r < ROWS; r++)
		for (uint32_t j = 0; j < MOST; j++)
			start[r][j] = number(&rng);
	for (uint32_t d = 0; d <= MOST; d++) {
		memcpy(due, start, sizeof(due));
		for (uint32_t e = 0; e < N; e++)
			for (uint32_t j = 0; j < d; j++) {
				uint32_t i = turns[e].i;
				double x = due[i][j], y = due[i + 1][j];

				due[i][j] = turns[e].c * x - turns[e].s * y;
				due[i + 1][j] = turns[e].s * x + turns[e].c * y;
			}
		for (unsigned int i = 0; (t = vsx_matmuls_at(i)) != NULL; i++) {
			memcpy(got, start, sizeof(got));
			t->turns(turns, N, d, got[0], MOST);
			cr_assert(memcmp(got, due, sizeof(got)) == 0,
				  "%s, %u columns", t->name, d);
		}
	}
}
