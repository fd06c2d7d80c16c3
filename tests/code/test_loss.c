/* What codes say that they lose is what they lose: SPEC.md 5.9. */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "code/build_loss.h"
#include "code/coding.h"

enum { N = 300, DIM = 12 };

struct made {
	struct vsx_space space;
	struct vsx_rows rows;
	struct vsx_code_params p;
	float *x; /* [N][DIM] */
};

static void make(struct made *m, const struct vsx_code_wish *wish,
		 unsigned int threads)
{
	struct vsx_code_source from = {.rows = &m->rows};
	struct vsx_job job = {.n_threads = threads};
	struct vsx_rng rng = {7};
	struct vsx_error err;

	vsx_space_init(&m->space, VSX_L2, VSX_F32, DIM, 0);
	m->x = malloc(N * DIM * sizeof(*m->x));
	for (size_t i = 0; i < N * DIM; i++)
		m->x[i] = (float)vsx_rng_below(&rng, 1000) / 8.0f;
	m->rows = (struct vsx_rows){
		.space = &m->space, .base = (const uint8_t *)m->x, .n = N};
	cr_assert_eq(m->space.stride, DIM * sizeof(float));
	cr_assert_eq(vsx_codes_train(wish, &job, &from, &m->p, &err), VSX_OK,
		     "%s", err.text);
}

static void drop(struct made *m)
{
	vsx_code_params_release(&m->p);
	free(m->x);
}

/* By encoding and decoding each row. */
static double mean_lost(const struct made *m)
{
	const struct vsx_code_params *p = &m->p;
	uint8_t *block = malloc(p->block_bytes);
	double sum = 0.0;

	for (size_t i = 0; i < N; i++) {
		float x[DIM], y[DIM], back[DIM];
		double square = 0.0;

		vsx_code_input(&p->form, p->bytes, &m->space,
			       (const uint8_t *)(m->x + i * DIM), NULL, x, y);
		memset(block, 0, p->block_bytes);
		p->build->codec->encode(&p->form, p->bytes, y, NULL, 1, block);
		p->build->codec->decode(&p->form, p->bytes, block, 0, y);
		vsx_code_output(&p->form, p->bytes, NULL, y, back);
		for (size_t d = 0; d < DIM; d++)
			square +=
				pow((double)m->x[i * DIM + d] - (double)back[d],
				    2.0);
		sum += sqrt(square);
	}
	free(block);
	return sum / N;
}

static const struct vsx_code_wish wishes[] = {
	{.build = &vsx_codec_sq8_build},
	{.build = &vsx_codec_sq8u_build},
	{.build = &vsx_codec_sq4_build},
	{.build = &vsx_codec_pq8_build, .size = 3},
	{.build = &vsx_codec_pq4_build, .size = 5},
	{.build = &vsx_codec_pq4fs_build, .size = 5},
	{.build = &vsx_codec_rabitq_build, .size = 1},
	{.build = &vsx_codec_rabitq_build, .size = 4},
	{.build = &vsx_codec_rabitq_record_build, .size = 4},
	{.build = &vsx_codec_floats_build,
	 .transform = VSX_PCA,
	 .transform_dim = 5},
	{.build = &vsx_codec_sq8_build,
	 .transform = VSX_PCA,
	 .transform_dim = 5},
};

Test(loss, is_the_mean_distance_of_rows_from_their_codes)
{
	for (size_t i = 0; i < sizeof(wishes) / sizeof(*wishes); i++) {
		struct made m;
		double due, loss;

		make(&m, &wishes[i], 1);
		due = mean_lost(&m);
		loss = (double)vsx_code_head_loss(m.p.bytes);
		cr_expect_gt(loss, 0.0, "%zu", i);
		cr_expect_float_eq(loss, due, 1e-6 * due, "%zu: %g, not %g", i,
				   loss, due);
		drop(&m);
	}
}

Test(loss, is_the_same_for_any_number_of_threads)
{
	for (size_t i = 0; i < sizeof(wishes) / sizeof(*wishes); i++) {
		struct made one, more;

		make(&one, &wishes[i], 1);
		make(&more, &wishes[i], 3);
		cr_expect_eq(vsx_code_head_loss(one.p.bytes),
			     vsx_code_head_loss(more.p.bytes), "%zu", i);
		drop(&one);
		drop(&more);
	}
}

/* The code of every other row; those are 0 in each component. */
static const uint8_t *there(const void *context, uint64_t row)
{
	return row % 2 ? context : NULL;
}

Test(loss, leaves_out_rows_whose_code_is_there)
{
	struct vsx_code_loss all, half;
	struct vsx_job job = {.n_threads = 2};
	struct vsx_error err;
	struct made m;
	struct vsx_code_source from = {.rows = &m.rows};

	make(&m, &wishes[0], 1);
	for (size_t i = 0; i < N * DIM; i++)
		m.x[i] = i / DIM % 2 ? 0.0f : 1e4f;
	cr_assert_eq(vsx_code_loss(&job, &from, &m.p, &all, &err), VSX_OK);
	from.code_of = there;
	from.context = m.x;
	cr_assert_eq(vsx_code_loss(&job, &from, &m.p, &half, &err), VSX_OK);
	cr_expect_float_eq(half.mean, 2.0 * all.mean, 0.01 * all.mean);
	/* All that is left is in one place. */
	cr_expect_eq(half.spread, 0.0);
	cr_expect_float_eq(all.spread, 5e3 * sqrt(DIM), 1.0);
	drop(&m);
}
