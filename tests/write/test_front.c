/* Which rows of a recall table are kept, and which of these a search takes. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/rng.h"
#include "read/recall.h"
#include "write/front.h"

/* A look at a row costs as much as 8 codes. */
#define LOOK 8

static struct vsx_recall row(uint32_t effort, double refine, double at_10,
			     double at_100, double distances)
{
	return (struct vsx_recall){.effort = effort,
				   .at_1 = at_10,
				   .at_10 = at_10,
				   .at_100 = at_100,
				   .distances = distances,
				   .refine = refine};
}

static struct vsx_recall taken(const struct vsx_recall *rows, uint32_t n,
			       uint32_t k, double recall)
{
	struct vsx_recall_choice c = {
		.k = k, .recall = recall, .look_cost = LOOK};

	for (uint32_t i = 0; i < n; i++)
		vsx_recall_offer(&c, &rows[i]);
	return c.best;
}

#define IS(row, e, f)                                                          \
	cr_expect((row).effort == (e) && (row).refine == (f),                  \
		  "effort %u, refine %g", (row).effort, (row).refine)

/* For k = 10 and 100 a row costs distances + 80 and 800 times its factor. */
Test(front, keeps_what_is_worth_its_cost)
{
	struct vsx_recall rows[] = {
		row(1, 1, 0.50, 0.30, 1000), /* 1080, 1800 */
		row(1, 8, 0.60, 0.45, 1000), /* 1640, 7400: by row 2 */
		row(2, 1, 0.60, 0.40, 1500), /* 1580, 2300 */
		row(2, 4, 0.80, 0.55, 1500), /* 1820, 4700 */
		row(4, 1, 0.79, 0.60, 2000), /* 2080, 2800: for 100 */
		row(4, 4, 0.79, 0.60, 2000), /* finds no more than row 4 */
		row(8, 2, 0.99, 0.99, 4000),
	};
	static const uint32_t due[][2] = {
		{1, 1}, {2, 1}, {2, 4}, {4, 1}, {8, 2}};
	uint32_t n = vsx_front(rows, 7, 6, LOOK);

	cr_assert_eq(n, 5, "%u rows", n);
	for (uint32_t i = 0; i < n; i++)
		IS(rows[i], due[i][0], due[i][1]);
}

Test(front, keeps_the_row_of_the_defaults)
{
	struct vsx_recall rows[] = {row(1, 0, 1.0, 1.0, 10),
				    row(2, 0, 1.0, 1.0, 20),
				    row(3, 0, 1.0, 1.0, 30)};

	cr_assert_eq(vsx_front(rows, 3, 1, LOOK), 2);
	IS(rows[0], 1, 0);
	IS(rows[1], 2, 0);
}

Test(front, keeps_one_of_equal_rows)
{
	struct vsx_recall rows[] = {row(1, 0, 0.5, 0.5, 10),
				    row(2, 0, 0.5, 0.5, 10)};

	cr_assert_eq(vsx_front(rows, 2, 0, LOOK), 1);
	IS(rows[0], 1, 0);
}

Test(front, is_chosen_from_by_k)
{
	struct vsx_recall rows[] = {
		row(1, 16, 0.95, 0.95, 1000), /* 2280, 13800 */
		row(4, 2, 0.96, 0.95, 2500),  /* 2660, 4100 */
		row(8, 2, 0.97, 0.97, 5000),
	};

	IS(taken(rows, 3, 1, 0.95), 1, 16);
	IS(taken(rows, 3, 10, 0.95), 1, 16);
	IS(taken(rows, 3, 11, 0.95), 4, 2);
	IS(taken(rows, 3, 100, 0.95), 4, 2);
	IS(taken(rows, 3, UINT32_MAX, 0.95), 4, 2);
	IS(taken(rows, 3, 10, 0.955), 4, 2);
	IS(taken(rows, 3, 10, 0.0), 1, 16);
	/* What none reaches: what found most. */
	IS(taken(rows, 3, 10, 1.0), 8, 2);
	rows[0].at_10 = 0.97;
	IS(taken(rows, 3, 10, 1.0), 1, 16);
	rows[0].distances = 5000;
	IS(taken(rows, 3, 10, 1.0), 8, 2);
}

/* Whatever is asked for, what was left out would not have been taken. */
Test(front, leaves_out_what_no_search_takes)
{
	static const uint32_t ks[] = {1, 10, 100};
	enum { N = 60 };
	struct vsx_recall all[N], kept[N];
	uint32_t n, n_left = 0;

	for (uint64_t round = 0; round < 200; round++) {
		for (uint32_t i = 0; i < N; i++) {
			/* Few values, so that there are equals. */
			uint64_t r = vsx_random_at(round, 7, i);

			all[i] = row(i / 6, 1 + i % 6, (double)(r % 20) / 19,
				     (double)(r / 20 % 20) / 19,
				     (double)(r / 400 % 30) * 40);
			all[i].at_1 = (double)(r / 12000 % 20) / 19;
		}
		memcpy(kept, all, sizeof(all));
		n = vsx_front(kept, N, 0, LOOK);
		n_left += N - n;
		for (int d = 0; d < 3; d++)
			for (int step = 0; step <= 40; step++) {
				double wish = step / 38.0;
				struct vsx_recall due =
					taken(all, N, ks[d], wish);

				IS(taken(kept, n, ks[d], wish), due.effort,
				   due.refine);
			}
	}
	cr_expect_gt(n_left, 200 * N / 3, "%u", n_left);
}
