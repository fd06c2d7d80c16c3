/*
 * Codes of 8 and 4 bits: estimates are near those of a plain model in f64, the
 * same bits from every kernel, and codes are the nearest that there are.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "code/coding.h"
#include "code/sq.h"
#include "kernel/codes.h"
#include "kind/seeded.h"
#include "segment/scratch.h"

TestSuite(sq, .timeout = 120);

static struct vsx_error err;

enum { N = 96, MOST_DIM = 301 };

static const uint32_t dims[] = {1, 2, 15, 16, 63, 128, MOST_DIM};

static const struct vsx_codec_build *const builds[] = {
	&vsx_codec_sq8_build, &vsx_codec_sq8u_build, &vsx_codec_sq4_build};

struct coded {
	struct vsx_codec_build build; /* that takes residuals, if it is asked */
	struct seeded set;
	struct vsx_code_source from;
	struct vsx_run lists[3];
	float *centroids; /* [3][dim] */
	struct vsx_code_params params;
	struct vsx_codes codes;
	struct vsx_view view;
	uint8_t *code;
	struct vsx_scratch scratch;
	char what[96];
};

/* In three lists, of which one is empty, when `residual`. */
static void make(struct coded *c, const struct vsx_codec_build *build,
		 enum vsx_metric metric, enum vsx_elem elem, uint32_t dim,
		 bool residual)
{
	struct vsx_code_wish wish = {.build = &c->build};
	struct vsx_job job = {.n_threads = 3};
	float *work;

	memset(c, 0, sizeof(*c));
	snprintf(c->what, sizeof(c->what), "%s, metric %d, elem %d, dim %u, %d",
		 build->name, (int)metric, (int)elem, dim, residual);
	c->build = *build;
	c->build.residual = true;
	seeded_init(&c->set, metric, elem, N, dim);
	c->from = (struct vsx_code_source){.rows = &c->set.rows};
	if (residual) {
		c->centroids = vsx_alloc(3 * (size_t)dim, sizeof(float));
		for (uint32_t i = 0; i < 3 * dim; i++)
			c->centroids[i] = (float)(i % 7) * 0.1f - 0.2f;
		c->lists[0] = (struct vsx_run){.n_rows = 40};
		c->lists[1] = (struct vsx_run){.first_row = 40};
		c->lists[2] =
			(struct vsx_run){.first_row = 40, .n_rows = N - 40};
		c->from.lists = c->lists;
		c->from.n_lists = 3;
		c->from.centroids = (const uint8_t *)c->centroids;
		c->from.stride = dim * 4;
	}
	cr_assert_eq(vsx_codes_train(&wish, &job, &c->from, &c->params, &err),
		     VSX_OK, "%s: %s", c->what, err.text);
	cr_assert_eq(c->params.form.flags, residual ? VSX_CODES_RESIDUAL : 0);
	c->view.bytes = vsx_codes_bytes(&c->params, N);
	c->code = vsx_alloc(c->view.bytes, 1);
	c->view.base = c->code;
	work = vsx_alloc(vsx_codes_work(&c->params), sizeof(*work));
	vsx_codes_encode(&c->params, &c->from, 0, N, work, c->code);
	free(work);
	cr_assert_eq(vsx_codes_open(&c->codes, build->codec, &c->params.form,
				    &c->set.space, c->params.bytes, &c->view, 0,
				    &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_scratch_init(&c->scratch, dim, &err), VSX_OK);
}

static void release(struct coded *c)
{
	vsx_scratch_release(&c->scratch);
	vsx_code_params_release(&c->params);
	seeded_release(&c->set);
	free(c->centroids);
	free(c->code);
}

static void of_all(void (*fn)(struct coded *c))
{
	for (int b = 0; b < 3; b++)
		for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
			for (size_t d = 0; d < sizeof(dims) / sizeof(dims[0]);
			     d++)
				for (int residual = 0; residual < 2;
				     residual++) {
					struct coded c;

					make(&c, builds[b],
					     (enum vsx_metric)metric,
					     (enum vsx_elem)(VSX_F32 + d % 5),
					     dims[d], residual);
					fn(&c);
					release(&c);
				}
}

static void ask(struct coded *c, uint32_t i)
{
	cr_assert_eq(vsx_space_prepare(&c->set.space, &c->scratch.query,
				       seeded_query(&c->set, i), VSX_F32, &err),
		     VSX_OK, "%s", err.text);
	c->scratch.code.asked = &c->scratch.query;
	cr_assert_eq(c->codes.codec->prepare(&c->codes, &c->scratch.code, &err),
		     VSX_OK, "%s", err.text);
}

static const float *centroid_of(const struct coded *c, uint32_t row)
{
	uint32_t dim = c->set.space.dim;

	return c->centroids ? c->centroids + (row < 40 ? 0 : 2) * dim : NULL;
}

static uint32_t code_at(const struct coded *c, uint32_t row, uint32_t i)
{
	uint32_t half = (c->set.space.dim + 1) / 2;
	const uint8_t *r = c->code + (size_t)row * c->params.block_bytes;

	if (c->codes.codec == &vsx_codec_sq8)
		return r[i];
	return i < half ? r[i] & 15 : r[i - half] >> 4;
}

/* What the codes say of a row, in f64. */
static double decoded(const struct coded *c, uint32_t row, uint32_t i)
{
	struct vsx_sq_scale s = vsx_sq_scale(&c->params.form, c->params.bytes);
	const float *centroid = centroid_of(c, row);

	return (double)s.lo[i] + (double)s.step[i] * code_at(c, row, i) +
	       (centroid ? (double)centroid[i] : 0.0);
}

/* How large the terms of that are. */
static double size_of(const struct coded *c, uint32_t row, uint32_t i)
{
	struct vsx_sq_scale s = vsx_sq_scale(&c->params.form, c->params.bytes);
	const float *centroid = centroid_of(c, row);

	return fabs((double)s.lo[i]) + (double)s.step[i] * code_at(c, row, i) +
	       (centroid ? fabs((double)centroid[i]) : 0.0);
}

/* Row by list, as searches go. */
static void keys_of_all(struct coded *c, uint32_t *keys)
{
	for (uint32_t i = 0; i < 3; i++) {
		struct vsx_run run = {.n_rows = N};

		if (c->centroids) {
			run = c->lists[i];
			c->codes.codec->prepare_list(
				&c->codes, &c->scratch.code,
				c->centroids + i * c->set.space.dim);
		}
		if (run.n_rows)
			c->codes.codec->keys_of_run(&c->codes, &c->scratch.code,
						    &run, keys + run.first_row);
	}
}

/* The words of SPEC.md 5.9.1, one component after the other. */
static void as_the_words_say(struct coded *c)
{
	struct vsx_sq_scale s = vsx_sq_scale(&c->params.form, c->params.bytes);
	uint32_t dim = c->set.space.dim, most = vsx_sq_most(c->codes.codec);
	float x[MOST_DIM], y[MOST_DIM], again[MOST_DIM], term, found;

	for (uint32_t row = 0; row < N; row++) {
		const uint8_t *r =
			c->code + (size_t)row * c->params.block_bytes;
		double l[8] = {0};

		vsx_code_source_row(&c->from, &c->params, row, x, y);
		c->codes.codec->decode(&c->params.form, c->params.bytes, r, 0,
				       again);
		for (uint32_t i = 0; i < dim; i++) {
			double u = ((double)y[i] - (double)s.lo[i]) /
				   (double)s.step[i];
			uint32_t code = code_at(c, row, i), due = 0;
			double length = (double)s.step[i] * code;
			float value = s.lo[i] + s.step[i] * (float)code;

			if (s.step[i] > 0.0f && u > 0.0)
				due = (uint32_t)floor(fmin(u, most) + 0.5);
			cr_assert_eq(code, due, "%s: row %u, %u", c->what, row,
				     i);
			cr_assert_eq(memcmp(&again[i], &value, 4), 0,
				     "%s: row %u, %u", c->what, row, i);
			l[i % 8] += length * length;
		}
		term = (float)(((l[0] + l[4]) + (l[2] + l[6])) +
			       ((l[1] + l[5]) + (l[3] + l[7])));
		memcpy(&found, r + c->params.block_bytes - 4, 4);
		cr_assert_eq(memcmp(&found, &term, 4), 0, "%s: row %u: %a, %a",
			     c->what, row, (double)found, (double)term);
	}
}

Test(sq, codes_and_rows_are_as_the_words_say)
{
	of_all(as_the_words_say);
}

/*
 * Weights have 16 bits, of which a sum of 31 may leave fewer: half a unit for
 * each code; and f32 adds a few parts in 2^23 of what is summed.
 */
static void near_the_model(struct coded *c)
{
	uint32_t dim = c->set.space.dim, keys[N];
	double most = vsx_sq_most(c->codes.codec);
	struct vsx_sq_scale s = vsx_sq_scale(&c->params.form, c->params.bytes);
	bool ip = c->set.space.metric == VSX_IP;

	for (uint32_t q = 0; q < 6; q++) {
		const double *x = c->scratch.query.f64_buffer;

		ask(c, q);
		keys_of_all(c, keys);
		for (uint32_t row = 0; row < N; row++) {
			double due = 0.0, size = 0.0, weights = 0.0, peak = 0.0;
			double found, unit, bound;

			for (uint32_t i = 0; i < dim; i++) {
				double y = decoded(c, row, i), d = x[i] - y;
				double t =
					(double)s.step[i] * code_at(c, row, i);
				double a = y - t;
				double w = (ip ? x[i] : x[i] - a) *
					   (double)s.step[i];

				due += ip ? -x[i] * y : d * d;
				size += ip ? fabs(x[i] * a) + fabs(x[i] * t)
					   : (x[i] - a) * (x[i] - a) + t * t;
				weights += fabs(w);
				peak = fmax(peak, fabs(w));
			}
			unit = fmax(peak / 32767.0,
				    1.06 * weights * most * 0x1p-31);
			bound = (ip ? 1.0 : 2.0) * 0.51 * unit * most * dim +
				size * (dim / 8.0 + 16.0) * 0x1p-23 + 1e-30;
			found = vsx_key_value(c->scratch.code.bounds.form,
					      keys[row]);
			cr_assert_leq(fabs(found - due), bound,
				      "%s: row %u: %g, expected %g within %g",
				      c->what, row, found, due, bound);
		}
	}
}

Test(sq, keys_are_near_a_model_in_f64)
{
	of_all(near_the_model);
}

/* No other code of a component is nearer. */
static void nearest(struct coded *c)
{
	struct vsx_sq_scale s = vsx_sq_scale(&c->params.form, c->params.bytes);
	uint32_t dim = c->set.space.dim;
	float x[MOST_DIM], y[MOST_DIM];

	for (uint32_t row = 0; row < N; row++) {
		vsx_code_source_row(&c->from, &c->params, row, x, y);
		for (uint32_t i = 0; i < dim; i++) {
			double off = (double)y[i] - (double)s.lo[i] -
				     (double)s.step[i] * code_at(c, row, i);

			cr_assert_leq(fabs(off),
				      0.5 * (double)s.step[i] * 1.00001 +
					      fabs((double)s.lo[i]) * 1e-6,
				      "%s: row %u, %u: %g off, step %g",
				      c->what, row, i, off, (double)s.step[i]);
		}
	}
}

Test(sq, codes_are_the_nearest_of_all_values_that_were_trained_on)
{
	of_all(nearest);
}

static void back_again(struct coded *c)
{
	uint32_t dim = c->set.space.dim;
	float y[MOST_DIM], x[MOST_DIM];
	uint8_t again[2 * MOST_DIM];

	for (uint32_t row = 0; row < N; row++) {
		const uint8_t *record =
			c->code + (size_t)row * c->params.block_bytes;

		c->codes.codec->decode(&c->params.form, c->params.bytes, record,
				       0, y);
		memset(again, 0, sizeof(again));
		c->codes.codec->encode(&c->params.form, c->params.bytes, y,
				       NULL, 1, again);
		cr_assert_arr_eq(again, record, c->params.block_bytes,
				 "%s, row %u", c->what, row);
		vsx_code_output(&c->params.form, c->params.bytes,
				centroid_of(c, row), y, x);
		for (uint32_t i = 0; i < dim; i++)
			cr_assert_leq(fabs((double)x[i] - decoded(c, row, i)),
				      1e-6 * size_of(c, row, i), "%s", c->what);
	}
}

Test(sq, what_is_decoded_has_the_same_code)
{
	of_all(back_again);
}

/* Steps of 0, numbers that are none: whatever a file says, nothing happens. */
Test(sq, hostile_parameters_give_some_keys)
{
	static const float values[] = {NAN,    INFINITY, -INFINITY, 3e38f,
				       -3e38f, 1e-45f,	 0.0f,	    -1.0f};

	for (int b = 0; b < 3; b++)
		for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
			for (size_t v = 0; v < sizeof(values) / sizeof(float);
			     v++)
				for (int which = 0; which < 4; which++) {
					uint32_t keys[N], dim = 63;
					struct coded c;
					float *lo;

					make(&c, builds[b],
					     (enum vsx_metric)metric, VSX_F32,
					     dim, which & 1);
					lo = (float *)(void *)(c.params.bytes +
							       64);
					for (uint32_t i = 0; i < dim; i++)
						lo[which & 2 ? dim + i : i] =
							values[v];
					ask(&c, 1);
					keys_of_all(&c, keys);
					release(&c);
				}
}
