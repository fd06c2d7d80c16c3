/* Where rows lie that passed over a sieve, by how many passed before. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "segment/passed.h"

enum { STRIDE = 24, PAGE = 4096 };

Test(passed, rows_are_where_they_were_when_they_passed)
{
	static const struct {
		uint32_t first, n;
		uint64_t offset;
	} runs[] = {
		{100, 10, 0},
		{110, 5, 10 * STRIDE},	    /* side by side */
		{115, 7, PAGE},		    /* numbers go on, bytes do not */
		{40, 3, PAGE + 7 * STRIDE}, /* bytes go on, numbers do not */
		{43, 1, PAGE + 10 * STRIDE},
		{0, 6, 3 * PAGE},
	};
	enum { N = sizeof(runs) / sizeof(runs[0]) };
	struct vsx_passed p = {0};

	for (int again = 0; again < 2; again++) {
		uint32_t before = 0;

		vsx_passed_begin(&p, STRIDE);
		for (int i = 0; i < N; i++)
			cr_assert_eq(vsx_passed_add(&p, runs[i].first,
						    runs[i].n, runs[i].offset,
						    NULL),
				     VSX_OK);
		cr_expect_eq(p.n, 4);
		cr_expect_eq(p.n_rows, 32);
		for (int i = 0; i < N; i++)
			for (uint32_t r = 0; r < runs[i].n; r++, before++) {
				uint64_t offset;

				cr_expect_eq(
					vsx_passed_row(&p, before, &offset),
					runs[i].first + r);
				cr_expect_eq(offset,
					     runs[i].offset + r * STRIDE);
			}
	}
	free(p.runs);
}
