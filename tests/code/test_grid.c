/* 8-bit codes: what they lose is never more than they say. */
#include <criterion/criterion.h>

#include "code/coding.h"
#include "kind/seeded.h"
#include "code/build.h"
#include "code/grid.h"

#define N   400
#define DIM 37

static void train(struct vsx_code_params *p, struct seeded *s,
		  unsigned int n_threads)
{
	struct vsx_job job = {.n_threads = n_threads};
	struct vsx_error err = {0};

	cr_assert_eq(train_codes(vsx_codec_for(s->space.elem, s->space.dim),
				 &job, &s->rows, p, &err),
		     VSX_OK, "%s", err.text);
}

static struct vsx_grid_header head(const struct vsx_code_params *p)
{
	return vsx_grid_header(p->bytes);
}

static double lost(const struct seeded *s, const struct vsx_code_params *p,
		   uint32_t row, const uint8_t *code)
{
	const float *x = s->x + (size_t)row * DIM;
	const float *lo = (const float *)(const void *)vsx_grid_lo(p->bytes);
	double scale = 1.0, sum = 0.0;

	if (s->space.metric == VSX_COSINE) {
		for (uint32_t d = 0; d < DIM; d++)
			sum += (double)x[d] * (double)x[d];
		scale = 1.0 / sqrt(sum);
		sum = 0.0;
	}
	for (uint32_t d = 0; d < DIM; d++) {
		double r = (double)x[d] * scale -
			   ((double)lo[d] +
			    (double)head(p).delta *
				    code[d / 4 * VSX_GRID_LINE + d % 4]);

		sum += r * r;
	}
	return sqrt(sum);
}

Test(grid, eps_is_what_was_lost_rounded_up)
{
	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
		for (int elem = VSX_F32; elem <= VSX_BF16; elem++) {
			struct vsx_code_params p;
			struct seeded s;
			uint8_t record[4096];

			seeded_init(&s, (enum vsx_metric)metric,
				    (enum vsx_elem)elem, N, DIM);
			train(&p, &s, 1);
			cr_assert_leq(p.block_bytes, sizeof(record));
			for (uint32_t r = 0; r < N; r++) {
				double due;
				float eps;

				encode_codes(&p, &s.rows, NULL, r, 1, record);
				memcpy(&eps, record + vsx_grid_eps_at(DIM), 4);
				due = lost(&s, &p, r, record);
				cr_expect((double)eps >= due);
				cr_expect((double)eps <= due * 1.000001 + 1e-9);
				cr_expect(head(&p).wild ||
					  eps <= head(&p).eps_cap);
				/* half a step a dimension */
				cr_expect((double)eps <=
					  0.51 * sqrt(DIM) *
						  (double)head(&p).delta);
			}
			vsx_code_params_release(&p);
			seeded_release(&s);
		}
}

Test(grid, whole_numbers_lose_nothing)
{
	struct vsx_code_params p;
	struct seeded s;

	seeded_init(&s, VSX_L2, VSX_U8, N, DIM);
	/* the same numbers as f32 */
	free(s.base);
	vsx_space_init(&s.space, VSX_L2, VSX_F32, DIM, 0);
	s.base = vsx_alloc(N, s.space.stride);
	for (uint32_t i = 0; i < N; i++)
		memcpy(s.base + (size_t)i * s.space.stride,
		       s.x + (size_t)i * DIM, DIM * sizeof(float));
	s.rows.base = s.base;
	train(&p, &s, 1);
	cr_expect(head(&p).delta == 1.0f);
	cr_expect(head(&p).eps_cap < 1e-9f);
	vsx_code_params_release(&p);
	seeded_release(&s);
}

Test(grid, integer_rows_and_few_dimensions_get_none)
{
	struct vsx_code_params p;
	struct seeded s;

	seeded_init(&s, VSX_L2, VSX_I8, N, DIM);
	train(&p, &s, 1);
	cr_expect_null(p.build);
	seeded_release(&s);
	seeded_init(&s, VSX_L2, VSX_F32, N, 3);
	train(&p, &s, 1);
	cr_expect_null(p.build);
	seeded_release(&s);
}

Test(grid, does_not_depend_on_threads)
{
	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++) {
		struct vsx_code_params one, many;
		struct seeded s;

		seeded_init(&s, (enum vsx_metric)metric, VSX_F32, 5000, DIM);
		train(&one, &s, 1);
		for (unsigned int t = 2; t <= 8; t += 6) {
			train(&many, &s, t);
			cr_assert_eq(one.n_bytes, many.n_bytes);
			cr_expect_arr_eq(one.bytes, many.bytes, one.n_bytes);
			vsx_code_params_release(&many);
		}
		vsx_code_params_release(&one);
		seeded_release(&s);
	}
}

Test(grid, a_row_far_out_does_not_coarsen_the_others)
{
	struct vsx_code_params p;
	struct seeded s;
	float far = 1e6f;

	seeded_init(&s, VSX_L2, VSX_F32, 5000, DIM);
	memcpy(s.base + 11 * (size_t)s.space.stride, &far, 4);
	train(&p, &s, 1);
	/* 12 deviations of a column with one such value, not its range */
	cr_expect_lt(head(&p).delta, far / 255.0f / 4.0f);
	cr_expect_eq(head(&p).wild, 1);
	vsx_code_params_release(&p);
	seeded_release(&s);
}

Test(grid, the_longest_rows_have_codes)
{
	struct vsx_code_params p;
	struct seeded s;
	float big[2] = {0x1p62f, -0x1p62f};

	seeded_init(&s, VSX_L2, VSX_F32, 40, DIM);
	for (uint32_t r = 0; r < 40; r++)
		memcpy(s.base + (size_t)r * s.space.stride, &big[r % 2], 4);
	train(&p, &s, 1);
	cr_expect(isfinite(head(&p).delta) && isfinite(head(&p).eps_cap));
	vsx_code_params_release(&p);
	seeded_release(&s);
}
