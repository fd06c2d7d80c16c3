/*
 * Codes in blocks: tables of bytes say what tables of floats do, and keys are
 * what SPEC.md 5.9.5 says of them, also of rows far from the origin.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "code/build.h"
#include "code/pq.h"
#include "code/scan.h"
#include "segment/scratch.h"

static struct vsx_error err;

/* ---- tables ------------------------------------------------------------- */

static float entry(struct vsx_rng *rng, uint32_t p, int sort)
{
	double u = vsx_to_unit(vsx_rng_next(rng));

	switch (sort) {
	case 0:
		return (float)(u - 0.5);
	case 1: /* one part is much wider than the others */
		return (float)(u * (p == 1 ? 1e4 : 1.0));
	case 2: /* narrow beside where it lies */
		return (float)(1e6 + u);
	default: /* ends alone, so that sums are as great as can be */
		return u < 0.5 ? -3e-7f : 3e-7f;
	}
}

static void expect_near(const float *tables, uint32_t parts,
			const uint8_t *bytes, struct vsx_scan_scale s)
{
	struct vsx_rng rng = {parts};
	uint32_t most = 0;

	for (uint32_t turn = 0; turn < 50; turn++) {
		double sum = 0.0, length = 0.0;
		uint32_t whole = 0;

		for (uint32_t p = 0; p < parts; p++) {
			size_t at = (size_t)p * 16 + vsx_rng_below(&rng, 16);

			sum += (double)tables[at];
			length += fabs((double)tables[at]);
			whole += bytes[at];
		}
		cr_expect_float_eq((double)s.bias + (double)s.unit * whole, sum,
				   0.51 * parts * (double)s.unit +
					   2e-7 * length,
				   "%u parts", parts);
	}
	for (uint32_t p = 0; p < parts; p++) {
		uint8_t greatest = 0;

		for (uint32_t w = 0; w < 16; w++)
			if (bytes[p * 16 + w] > greatest)
				greatest = bytes[p * 16 + w];
		most += greatest;
	}
	cr_expect_leq(most, 65535, "%u parts", parts);
	cr_expect_geq(most, 120, "%u parts", parts);
}

Test(scan, bytes_say_what_floats_do)
{
	static const uint32_t sizes[] = {
		4, 8, 192, 256, 260, 4096, VSX_SCAN_MAX_PARTS};

	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (int sort = 0; sort < 4; sort++) {
			uint32_t parts = sizes[i];
			struct vsx_rng rng = {parts};
			float *tables =
				vsx_alloc((size_t)parts * 16, sizeof(float));
			uint8_t *bytes = vsx_alloc((size_t)parts * 16, 1);

			for (uint32_t j = 0; j < parts * 16; j++)
				tables[j] = entry(&rng, j / 16, sort);
			expect_near(tables, parts, bytes,
				    vsx_scan_quantise(tables, parts, bytes));
			free(tables);
			free(bytes);
		}
}

/* All alike, or what a hostile file may hold. */
Test(scan, tables_that_say_nothing_are_zeros)
{
	static const float all[] = {0.0f, 7.0f, INFINITY, NAN};
	static const float one[] = {INFINITY, -INFINITY, NAN, 3e38f};

	for (uint32_t i = 0; i < 8; i++) {
		float tables[8 * 16];
		uint8_t bytes[8 * 16], zeros[8 * 16] = {0};
		struct vsx_scan_scale s;

		for (uint32_t j = 0; j < 8 * 16; j++)
			tables[j] = i < 4 ? all[i] : -3e38f;
		if (i >= 4)
			tables[77] = one[i - 4];
		memset(bytes, 77, sizeof(bytes));
		s = vsx_scan_quantise(tables, 8, bytes);
		if (s.unit == 0.0f)
			cr_expect_arr_eq(bytes, zeros, sizeof(zeros));
		else
			cr_expect(isfinite(s.unit), "%u", i);
	}
}

/* ---- keys --------------------------------------------------------------- */

enum { N = 200, LISTS = 3, DIM = 37 };

/* Rows about three centroids, or about their mean. */
struct coded {
	struct vsx_space space;
	struct vsx_rows rows;
	uint8_t *base, *code;
	float centroids[LISTS][DIM];
	struct vsx_run lists[LISTS];
	struct vsx_code_source from;
	struct vsx_code_params params;
	struct vsx_view view;
	struct vsx_codes codes;
	struct vsx_scratch scratch;
	double q[DIM];
	char what[96];
};

static void store_rows(struct coded *c, float offset)
{
	struct vsx_rng rng = {5};
	float x[DIM];

	for (uint32_t l = 0; l < LISTS; l++) {
		c->lists[l] = (struct vsx_run){
			.first_row = l * (N / LISTS),
			.n_rows = l + 1 < LISTS ? N / LISTS
						: N - l * (N / LISTS)};
		for (uint32_t d = 0; d < DIM; d++)
			c->centroids[l][d] =
				offset + (float)vsx_to_unit(vsx_rng_next(&rng));
	}
	for (uint32_t r = 0; r < N; r++) {
		uint32_t l =
			r / (N / LISTS) < LISTS ? r / (N / LISTS) : LISTS - 1;

		for (uint32_t d = 0; d < DIM; d++)
			x[d] = c->centroids[l][d] - 0.5f +
			       (float)vsx_to_unit(vsx_rng_next(&rng));
		cr_assert_eq(vsx_space_store(&c->space,
					     c->base + r * c->space.stride, x,
					     VSX_F32, false, &err),
			     VSX_OK);
	}
}

static void make(struct coded *c, enum vsx_metric metric, uint32_t m,
		 float offset, bool lists)
{
	struct vsx_job job = {.n_threads = 2, .seed = 1};
	struct vsx_code_wish wish = {.build = &vsx_codec_pq4fs_build,
				     .size = m};
	float *work;

	memset(c, 0, sizeof(*c));
	snprintf(c->what, sizeof(c->what), "metric %d, m %u, at %g%s",
		 (int)metric, m, (double)offset, lists ? ", lists" : "");
	vsx_space_init(&c->space, metric, VSX_F32, DIM, 0);
	c->base = vsx_alloc(N, c->space.stride);
	store_rows(c, offset);
	c->rows =
		(struct vsx_rows){.space = &c->space, .base = c->base, .n = N};
	c->from = (struct vsx_code_source){.rows = &c->rows};
	if (lists) {
		c->from.lists = c->lists;
		c->from.n_lists = LISTS;
		c->from.centroids = (const uint8_t *)c->centroids;
		c->from.stride = sizeof(c->centroids[0]);
	}
	cr_assert_eq(vsx_codes_train(&wish, &job, &c->from, &c->params, &err),
		     VSX_OK, "%s: %s", c->what, err.text);
	c->view.bytes = vsx_codes_bytes(&c->params, N);
	cr_assert_eq(c->view.bytes, (N + 31) / 32 * ((m + 3) / 4 * 64 + 128));
	c->view.base = c->code = vsx_alloc(c->view.bytes, 1);
	work = vsx_alloc(vsx_codes_work(&c->params), sizeof(*work));
	vsx_codes_encode(&c->params, &c->from, 0, N, work, c->code);
	free(work);
	cr_assert_eq(vsx_codes_open(&c->codes, &vsx_codec_pq4fs,
				    &c->params.form, &c->space, c->params.bytes,
				    &c->view, 0, &err),
		     VSX_OK);
	cr_assert_eq(vsx_codec_pq4fs.check(&c->codes, &err), VSX_OK);
	cr_assert_eq(vsx_scratch_init(&c->scratch, DIM, &err), VSX_OK);
}

static void release(struct coded *c)
{
	vsx_scratch_release(&c->scratch);
	vsx_code_params_release(&c->params);
	free(c->base);
	free(c->code);
}

static void ask(struct coded *c, uint32_t i, float offset)
{
	struct vsx_rng rng = {i + 100};
	float q[DIM];

	for (uint32_t d = 0; d < DIM; d++)
		q[d] = offset + 2.0f * (float)vsx_to_unit(vsx_rng_next(&rng));
	cr_assert_eq(vsx_space_prepare(&c->space, &c->scratch.query, q, VSX_F32,
				       &err),
		     VSX_OK);
	c->scratch.code.asked = &c->scratch.query;
	cr_assert_eq(vsx_codec_pq4fs.prepare(&c->codes, &c->scratch.code, &err),
		     VSX_OK);
	vsx_code_input_query(&c->params.form, c->params.bytes, &c->space,
			     &c->scratch.query, q, q);
	for (uint32_t d = 0; d < DIM; d++)
		c->q[d] = (double)q[d];
}

/*
 * The estimate of a row in f64, and what it may be off: the distance itself and
 * twice the product of q - x with what coding lost.
 */
static double expected(const struct coded *c, uint32_t row,
		       const float *centroid, double *off)
{
	const struct vsx_code_form *f = &c->params.form;
	const float *mean = vsx_pq_mean(f, c->params.bytes);
	float x[DIM], y[DIM], words[DIM];
	double value = 0.0, of_rounding = 0.0, of_units = 0.0;

	vsx_code_input(f, c->params.bytes, &c->space,
		       c->base + row * c->space.stride, centroid, x, y);
	vsx_codec_pq4fs.decode(f, c->params.bytes,
			       c->code + (size_t)(row / 32) *
						 c->params.block_bytes,
			       row % 32, words);
	for (uint32_t d = 0; d < DIM; d++) {
		double from = centroid ? (double)centroid[d] : 0.0;
		double away = c->q[d] - from - (double)y[d];
		double lost = (double)y[d] - (double)words[d];

		if (c->space.metric == VSX_IP)
			value -= c->q[d] * (from + (double)words[d]);
		else
			value += away * away + 2.0 * away * lost;
		of_rounding +=
			fabs(c->q[d]) * (fabs(from) + fabs((double)y[d]) + 1.0);
		of_units += fabs(c->space.metric == VSX_IP
					 ? c->q[d]
					 : c->q[d] - (double)mean[d]);
	}
	/* Entries of a part have a span of 2 |q_i| for each component at most,
	   of which some 255th is lost, twice. */
	*off = 2e-6 * of_rounding +
	       of_units * f->size * (4.0 / 255.0) / DIM * 4.0;
	return value;
}

static void check_keys(struct coded *c, bool lists)
{
	uint32_t keys[N];

	for (uint32_t l = 0; l < LISTS; l++) {
		const struct vsx_run *run = &c->lists[l];
		const float *centroid = lists ? c->centroids[l] : NULL;

		if (centroid)
			vsx_codec_pq4fs.prepare_list(
				&c->codes, &c->scratch.code, centroid);
		vsx_codec_pq4fs.keys_of_run(&c->codes, &c->scratch.code, run,
					    keys);
		for (uint32_t i = 0; i < run->n_rows; i++) {
			double off, due = expected(c, run->first_row + i,
						   centroid, &off);

			cr_expect_float_eq(
				vsx_key_value(c->scratch.code.bounds.form,
					      keys[i]),
				due, off, "%s, row %u: %g, expected %g",
				c->what, run->first_row + i,
				vsx_key_value(c->scratch.code.bounds.form,
					      keys[i]),
				due);
		}
	}
}

Test(scan, keys_are_what_rows_are_estimated_at)
{
	static const uint32_t sizes[] = {1, 6, 18, DIM};
	static const float offsets[] = {0.0f, 1.0f, 1000.0f};

	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
		for (uint32_t i = 0; i < 4 * 3 * 2; i++) {
			float offset = offsets[i / 4 % 3];
			struct coded c;

			make(&c, (enum vsx_metric)metric, sizes[i % 4], offset,
			     i / 12);
			for (uint32_t q = 0; q < 4; q++) {
				ask(&c, q, offset);
				check_keys(&c, i / 12);
			}
			release(&c);
		}
}
