/*
 * What a key says of a row's value is true, of rows and of their codes. The
 * queries are the worst there are: what a code has lost lies in their
 * direction, and roundings all go one way. So a bound that is a little too
 * tight is noticed.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "code/coding.h"
#include "base/alloc.h"
#include "base/rng.h"
#include "segment/scratch.h"
#include "code/build.h"
#include "code/grid.h"

TestSuite(bounds, .timeout = 120);

static struct vsx_error err;

/* ---- codes ------------------------------------------------------------- */

enum { N = 200, DIM = 40 };

struct coded {
	struct vsx_space space;
	struct vsx_code_params params;
	struct vsx_codes codes;
	struct vsx_view view;
	uint8_t *rows, *code;
	struct vsx_scratch scratch; /* its query, and that of the codes */
};

static void code(struct coded *c, enum vsx_metric metric)
{
	struct vsx_job job = {.n_threads = 1};
	struct vsx_rows rows;
	struct vsx_rng rng = {5};

	memset(c, 0, sizeof(*c));
	vsx_space_init(&c->space, metric, VSX_F32, DIM, 0);
	c->rows = vsx_alloc(N, c->space.stride);
	for (uint32_t i = 0; i < N; i++) {
		float x[DIM];

		for (uint32_t d = 0; d < DIM; d++)
			x[d] = (float)vsx_to_unit(vsx_rng_next(&rng)) - 0.3f;
		cr_assert_eq(vsx_space_store(&c->space,
					     c->rows + i * c->space.stride, x,
					     VSX_F32, false, &err),
			     VSX_OK, "%s", err.text);
	}
	rows = (struct vsx_rows){.space = &c->space, .base = c->rows, .n = N};
	cr_assert_eq(train_codes(&vsx_codec_grid_build, &job, &rows, &c->params,
				 &err),
		     VSX_OK);
	c->view.bytes = vsx_codes_bytes(&c->params, N);
	c->code = vsx_alloc(c->view.bytes, 1);
	c->view.base = c->code;
	encode_codes(&c->params, &rows, NULL, 0, N, c->code);
	cr_assert_eq(vsx_codes_open(&c->codes, &vsx_codec_grid, &c->params.form,
				    &c->space, c->params.bytes, &c->view, 0,
				    &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_scratch_init(&c->scratch, DIM, &err), VSX_OK);
}

static void uncode(struct coded *c)
{
	vsx_scratch_release(&c->scratch);
	vsx_code_params_release(&c->params);
	free(c->rows);
	free(c->code);
}

/*
 * Whether the bounds hold for row i and this query; returns how much of what
 * they allow for was needed, 0 to 1.
 */
static double share_needed(struct coded *c, uint32_t i, const float *query)
{
	const uint8_t *row = c->rows + i * c->space.stride;
	struct vsx_code_query *q = &c->scratch.code;
	const struct vsx_bounds *b = &q->bounds;
	double value, low, high;
	uint32_t key;

	cr_assert_eq(vsx_space_prepare(&c->space, &c->scratch.query, query,
				       VSX_F32, &err),
		     VSX_OK, "%s", err.text);
	q->asked = &c->scratch.query;
	cr_assert_eq(vsx_codec_grid.prepare(&c->codes, q, &err), VSX_OK, "%s",
		     err.text);
	vsx_codec_grid.keys_of_rows(&c->codes, q, &i, 1, &key);
	value = vsx_space_exact_value(&c->space, &c->scratch.query, row);
	low = vsx_bounds_low(b, key);
	high = vsx_bounds_high(b, key);
	cr_expect_leq(low, value, "metric %d row %u", (int)c->space.metric, i);
	cr_expect_geq(high, value, "metric %d row %u", (int)c->space.metric, i);
	/* A cut at the row's own value keeps the row. */
	cr_expect_geq(vsx_bounds_key(b, value), key, "metric %d row %u",
		      (int)c->space.metric, i);
	return fabs(2 * value - low - high) / (high - low);
}

/* From the code of row i towards the row, or away from it. */
static void towards(const struct coded *c, uint32_t i, double steps, float *out)
{
	const uint8_t *row = c->rows + i * c->space.stride;
	double scale = vsx_space_scale(&c->space, row);
	double delta = vsx_grid_header(c->params.bytes).delta;
	const uint8_t *code = c->code + i / VSX_PANEL * c->params.block_bytes +
			      i % VSX_PANEL * 4;

	vsx_space_load(&c->space, out, row);
	for (uint32_t d = 0; d < DIM; d++) {
		double at, x = out[d] * scale;
		float lo;

		memcpy(&lo, vsx_grid_lo(c->params.bytes) + d * 4, 4);
		at = (double)lo + delta * (code[d / 4 * VSX_GRID_LINE + d % 4]);
		if (c->space.metric == VSX_IP)
			out[d] = (float)((x - at) * steps);
		else
			out[d] = (float)(x + (x - at) * steps);
	}
}

static void hold_codes(enum vsx_metric metric)
{
	static const double steps[] = {-1000, -30, -4, 2, 20, 700};
	double most = 0.0;
	struct coded c;

	code(&c, metric);
	for (uint32_t i = 0; i < N; i++)
		for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
			float query[DIM];

			towards(&c, i, steps[s], query);
			most = fmax(most, share_needed(&c, i, query));
		}
	for (uint32_t i = 0; i < N; i++) {
		float query[DIM];

		vsx_space_load(&c.space, query,
			       c.rows + (size_t)((i + 1) % N) * c.space.stride);
		share_needed(&c, i, query);
	}
	/* Else these queries were not the worst. */
	cr_expect_geq(most, 0.5, "metric %d: %g", (int)metric, most);
	uncode(&c);
}

Test(bounds, of_codes_hold_for_distances)
{
	hold_codes(VSX_L2);
}

Test(bounds, of_codes_hold_for_products)
{
	hold_codes(VSX_IP);
}

Test(bounds, of_codes_hold_for_cosine)
{
	hold_codes(VSX_COSINE);
}

/* ---- rows -------------------------------------------------------------- */

enum { LONG = 4096 };

/* Sums of terms that are all rounded the same way: the exact value lies far off
 * what the kernel says. */
static void hold_rows(enum vsx_metric metric)
{
	struct vsx_scratch s;
	struct vsx_run run = {.n_rows = 1};
	struct vsx_view view = {0};
	struct vsx_codes codes;
	struct vsx_space space;
	float *x = vsx_alloc(LONG, sizeof(*x));
	uint8_t *row;
	double most = 0.0;

	vsx_space_init(&space, metric, VSX_F32, LONG, 0);
	row = vsx_alloc(1, space.stride);
	view = (struct vsx_view){row, space.stride, NULL};
	vsx_codes_of_rows(&codes, &space, row, &view);
	cr_assert_eq(vsx_scratch_init(&s, LONG, &err), VSX_OK);
	for (int ulps = 1; ulps < 400; ulps += 7) {
		double value, low, high;
		uint32_t key;

		for (uint32_t d = 0; d < LONG; d++)
			x[d] = 1.0f + (float)ulps * 0x1p-23f;
		cr_assert_eq(
			vsx_space_store(&space, row, x, VSX_F32, false, &err),
			VSX_OK);
		for (uint32_t d = 0; d < LONG; d++)
			x[d] = (metric == VSX_L2 ? -1.0f : 1.0f) *
			       (1.0f + (float)(ulps / 2 + 3) * 0x1p-23f);
		cr_assert_eq(
			vsx_space_prepare(&space, &s.query, x, VSX_F32, &err),
			VSX_OK);
		s.code.asked = &s.query;
		cr_assert_eq(codes.codec->prepare(&codes, &s.code, &err),
			     VSX_OK);
		codes.codec->keys_of_run(&codes, &s.code, &run, &key);
		value = vsx_space_exact_value(&space, &s.query, row);
		low = vsx_bounds_low(&s.code.bounds, key);
		high = vsx_bounds_high(&s.code.bounds, key);
		cr_expect_leq(low, value);
		cr_expect_geq(high, value);
		cr_expect_geq(vsx_bounds_key(&s.code.bounds, value), key);
		most = fmax(most, fabs(2 * value - low - high) / (high - low));
	}
	cr_expect_geq(most, 0.02, "metric %d: %g", (int)metric, most);
	vsx_scratch_release(&s);
	free(row);
	free(x);
}

Test(bounds, of_rows_hold_for_distances)
{
	hold_rows(VSX_L2);
}

Test(bounds, of_rows_hold_for_products)
{
	hold_rows(VSX_IP);
}

Test(bounds, of_rows_hold_for_cosine)
{
	hold_rows(VSX_COSINE);
}

/* Whole numbers lose nothing: keys are the values, and cut where they say. */
Test(bounds, of_whole_numbers_are_exact)
{
	static const enum vsx_metric metrics[] = {VSX_L2, VSX_IP};
	enum { MANY = 30000 };
	uint8_t *row = vsx_alloc(MANY, 1), *x = vsx_alloc(MANY, 1);

	memset(row, 127, MANY);
	memset(x, 0x80, MANY);
	for (int m = 0; m < 2; m++) {
		struct vsx_run run = {.n_rows = 1};
		const struct vsx_bounds *b;
		struct vsx_view view;
		struct vsx_codes codes;
		struct vsx_space space;
		struct vsx_scratch s;
		double value;
		uint32_t key;

		vsx_space_init(&space, metrics[m], VSX_I8, MANY, 0);
		cr_assert_eq(vsx_scratch_init(&s, MANY, &err), VSX_OK);
		cr_assert_eq(
			vsx_space_prepare(&space, &s.query, x, VSX_I8, &err),
			VSX_OK);
		view = (struct vsx_view){row, space.stride, NULL};
		vsx_codes_of_rows(&codes, &space, row, &view);
		s.code.asked = &s.query;
		cr_assert_eq(codes.codec->prepare(&codes, &s.code, &err),
			     VSX_OK);
		b = &s.code.bounds;
		cr_expect_eq(b->shape, VSX_BOUNDS_EXACT);
		codes.codec->keys_of_run(&codes, &s.code, &run, &key);
		value = vsx_space_exact_value(&space, &s.query, row);
		cr_expect_eq(value,
			     m ? 127.0 * 128 * MANY : 255.0 * 255 * MANY);
		cr_expect_eq(vsx_bounds_low(b, key), value);
		cr_expect_eq(vsx_bounds_high(b, key), value);
		cr_expect_eq(vsx_bounds_key(b, value), key);
		cr_expect_lt(vsx_bounds_key(b, value - 1), key);
		cr_expect_gt(vsx_bounds_key(b, value + 1), key);
		if (metrics[m] == VSX_L2) {
			cr_expect_eq(vsx_bounds_key(b, 0), 0);
			cr_expect_eq(vsx_bounds_key(b, 1), 1);
			cr_expect_eq(vsx_bounds_key(b, 0x1p33), UINT32_MAX);
		}
		vsx_scratch_release(&s);
	}
	free(row);
	free(x);
}

/* The order of the sums: SPEC.md 5.8, in eight lanes from end to end. */
Test(bounds, exact_values_are_sums_in_eight_lanes)
{
	static const uint32_t dims[] = {1,   3,	  7,   8,   9,	 15,  255,
					256, 257, 263, 264, 511, 512, 600};

	for (size_t i = 0; i < sizeof(dims) / sizeof(*dims); i++)
		for (int metric = VSX_L2; metric <= VSX_IP; metric++) {
			uint32_t dim = dims[i];
			double lane[8] = {0}, due;
			float x[600], y[600];
			struct vsx_rng rng = {dim};
			struct vsx_space space;
			struct vsx_scratch s;
			uint8_t *row;

			for (uint32_t d = 0; d < dim; d++) {
				x[d] = (float)vsx_to_unit(vsx_rng_next(&rng));
				y[d] = (float)vsx_to_unit(vsx_rng_next(&rng));
				lane[d % 8] +=
					metric == VSX_L2
						? ((double)x[d] -
						   (double)y[d]) *
							  ((double)x[d] -
							   (double)y[d])
						: (double)x[d] * (double)y[d];
			}
			due = ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
			      ((lane[1] + lane[5]) + (lane[3] + lane[7]));
			vsx_space_init(&space, metric, VSX_F32, dim, 0);
			row = vsx_alloc(1, space.stride);
			cr_assert_eq(vsx_scratch_init(&s, dim, &err), VSX_OK);
			cr_assert_eq(vsx_space_store(&space, row, y, VSX_F32,
						     false, &err),
				     VSX_OK);
			cr_assert_eq(vsx_space_prepare(&space, &s.query, x,
						       VSX_F32, &err),
				     VSX_OK);
			cr_expect_eq(
				vsx_space_exact_value(&space, &s.query, row),
				metric == VSX_L2 ? due : -due,
				"%u dimensions, metric %d", dim, metric);
			vsx_scratch_release(&s);
			free(row);
		}
}
