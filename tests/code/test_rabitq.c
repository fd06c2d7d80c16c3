/*
 * Bits of rotated rows: the rotation keeps lengths and spreads what is in one
 * place, codes are as near as so many bits can be, estimates are as often above
 * as below what they are of and as near as their errors say, and nothing
 * depends on the machine.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "code/build.h"
#include "code/rabitq.h"
#include "segment/scratch.h"

enum { N = 300, LISTS = 3, MOST_DIM = 200 };

static struct vsx_error err;

/* ---- the rotation ------------------------------------------------------- */

static const uint32_t lengths[] = {64, 128, 192, 320, 960, 1024, 8192};

enum { N_LENGTHS = sizeof(lengths) / sizeof(lengths[0]) };

static double square_of(const float *x, uint32_t n)
{
	double sum = 0.0;

	for (uint32_t i = 0; i < n; i++)
		sum += (double)x[i] * (double)x[i];
	return sum;
}

Test(rabitq, a_rotation_keeps_lengths_and_goes_back)
{
	static float x[8192], y[8192];

	for (int l = 0; l < N_LENGTHS; l++) {
		struct vsx_rng rng = {lengths[l]};
		uint32_t n = lengths[l];
		double square;

		for (uint32_t i = 0; i < n; i++)
			x[i] = (float)(vsx_to_unit(vsx_rng_next(&rng)) - 0.3);
		memcpy(y, x, sizeof(y));
		square = square_of(x, n);
		vsx_rotate(y, n);
		cr_expect_float_eq(square_of(y, n), square, square * 1e-5, "%u",
				   n);
		vsx_rotate_back(y, n);
		for (uint32_t i = 0; i < n; i++)
			cr_assert_float_eq(y[i], x[i], 1e-5, "%u", n);
	}
}

/* Each component goes everywhere, none of it to one place. */
Test(rabitq, a_rotation_spreads_each_component)
{
	static float x[8192];

	for (int l = 0; l < N_LENGTHS; l++)
		for (uint32_t i = 0;
		     i<lengths[l]; i += lengths[l]> 1000 ? 37 : 1) {
			uint32_t n = lengths[l];
			float most = 0.0f;

			memset(x, 0, n * sizeof(*x));
			x[i] = 1.0f;
			vsx_rotate(x, n);
			for (uint32_t j = 0; j < n; j++)
				most = fmaxf(most, fabsf(x[j]));
			/* Those of a normal number are rarely above 5. */
			cr_assert_lt((double)most, 5.5 / sqrt(n), "%u of %u", i,
				     n);
		}
}

/* ---- rows ---------------------------------------------------------------- */

/* Rows in three lists, around as many centroids. */
struct coded {
	struct vsx_space space;
	struct vsx_rows rows;
	uint8_t *base, *code;
	float centroids[LISTS][MOST_DIM];
	struct vsx_run lists[LISTS];
	struct vsx_code_source from;
	struct vsx_code_params params;
	struct vsx_view view;
	struct vsx_codes codes;
	struct vsx_scratch scratch;
	char what[96];
};

struct shape {
	enum vsx_metric metric;
	uint32_t dim;
	bool residual;
	float scale;
	uint32_t bits;
	bool record; /* not in blocks */
};

/* Away from 0, the centroids from each other, and rows from them. */
static void store_rows(struct coded *c, const struct shape *s)
{
	struct vsx_rng rng = {s->dim};
	float x[MOST_DIM];

	for (uint32_t l = 0; l < LISTS; l++) {
		c->lists[l] = (struct vsx_run){.first_row = l * (N / LISTS),
					       .n_rows = N / LISTS};
		for (uint32_t d = 0; d < s->dim; d++)
			c->centroids[l][d] =
				(float)(vsx_to_unit(vsx_rng_next(&rng)) + 1.0) *
				s->scale;
	}
	for (uint32_t r = 0; r < N; r++) {
		for (uint32_t d = 0; d < s->dim; d++)
			x[d] = c->centroids[r / (N / LISTS)][d] +
			       (float)(vsx_to_unit(vsx_rng_next(&rng)) - 0.5) *
				       s->scale;
		cr_assert_eq(vsx_space_store(&c->space,
					     c->base + r * c->space.stride, x,
					     VSX_F32, false, &err),
			     VSX_OK);
	}
}

static void make(struct coded *c, const struct shape *s)
{
	struct vsx_job job = {.n_threads = 2, .seed = 1};
	struct vsx_code_wish wish = {
		.build = s->record ? &vsx_codec_rabitq_record_build
				   : &vsx_codec_rabitq_build,
		.size = s->bits,
	};
	float *work;

	memset(c, 0, sizeof(*c));
	snprintf(c->what, sizeof(c->what),
		 "%u bits%s, metric %d, dim %u%s, scale %g", s->bits,
		 s->record ? " in records" : "", (int)s->metric, s->dim,
		 s->residual ? ", residuals" : "", (double)s->scale);
	vsx_space_init(&c->space, s->metric, VSX_F32, s->dim, 0);
	c->base = vsx_alloc(N, c->space.stride);
	store_rows(c, s);
	c->rows =
		(struct vsx_rows){.space = &c->space, .base = c->base, .n = N};
	c->from = (struct vsx_code_source){.rows = &c->rows};
	if (s->residual) {
		c->from.lists = c->lists;
		c->from.n_lists = LISTS;
		c->from.centroids = (const uint8_t *)c->centroids;
		c->from.stride = sizeof(c->centroids[0]);
	}
	cr_assert_eq(vsx_codes_train(&wish, &job, &c->from, &c->params, &err),
		     VSX_OK, "%s: %s", c->what, err.text);
	c->view.bytes = vsx_codes_bytes(&c->params, N);
	c->view.base = c->code = vsx_alloc(c->view.bytes, 1);
	work = vsx_alloc(vsx_codes_work(&c->params), sizeof(*work));
	vsx_codes_encode(&c->params, &c->from, 0, N, work, c->code);
	free(work);
	cr_assert_eq(vsx_codes_open(&c->codes, wish.build->codec,
				    &c->params.form, &c->space, c->params.bytes,
				    &c->view, 0, &err),
		     VSX_OK);
	cr_assert_eq(c->codes.codec->check(&c->codes, &err), VSX_OK);
	cr_assert_eq(vsx_scratch_init(&c->scratch, s->dim, &err), VSX_OK);
}

static void release(struct coded *c)
{
	vsx_scratch_release(&c->scratch);
	vsx_code_params_release(&c->params);
	free(c->base);
	free(c->code);
}

static void of_all(void (*fn)(struct coded *c, const struct shape *s))
{
	static const uint32_t dims[] = {1, 40, 128, MOST_DIM};
	static const float scales[] = {1.0f, 1e-12f, 1e15f};
	static const struct {
		uint32_t bits;
		bool record;
		uint32_t n_scales;
	} forms[] = {{1, false, 3}, {4, false, 3}, {2, false, 1}, {6, false, 1},
		     {8, false, 1}, {1, true, 1},  {3, true, 1},  {4, true, 3},
		     {7, true, 1},  {8, true, 1}};

	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
		for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++)
			for (uint32_t i = 0; i < 4 * 2 * forms[f].n_scales;
			     i++) {
				struct shape s = {(enum vsx_metric)metric,
						  dims[i % 4],
						  i / 4 % 2,
						  scales[i / 8],
						  forms[f].bits,
						  forms[f].record};
				struct coded c;

				make(&c, &s);
				fn(&c, &s);
				release(&c);
			}
}

/* Near a row of some list. */
static void ask(struct coded *c, uint32_t i)
{
	struct vsx_rng rng = {i + 1};
	float q[MOST_DIM];

	for (uint32_t d = 0; d < c->space.dim; d++)
		q[d] = c->centroids[i % LISTS][d] * 0.9f +
		       (float)(vsx_to_unit(vsx_rng_next(&rng)) - 0.5) *
			       c->centroids[1][0];
	cr_assert_eq(vsx_space_prepare(&c->space, &c->scratch.query, q, VSX_F32,
				       &err),
		     VSX_OK);
	c->scratch.code.asked = &c->scratch.query;
	cr_assert_eq(c->codes.codec->prepare(&c->codes, &c->scratch.code, &err),
		     VSX_OK);
}

static const uint8_t *block_of(const struct coded *c, uint32_t row)
{
	return c->code +
	       (size_t)(row >> c->codes.block_shift) * c->params.block_bytes;
}

static struct vsx_rabitq_numbers numbers_of(const struct coded *c, uint32_t row)
{
	const struct vsx_code_form *f = &c->params.form;
	const uint8_t *block = block_of(c, row);
	struct vsx_rabitq_factors at;

	if (c->codes.block_shift == 0)
		return vsx_rabitq_numbers_of(f, block);
	at = *vsx_rabitq_of_all(f, block);
	row %= 32;
	return (struct vsx_rabitq_numbers){at.add[row], at.scale[row],
					   at.error[row]};
}

static void decode(const struct coded *c, uint32_t row, float *out)
{
	c->codes.codec->decode(&c->params.form, c->params.bytes,
			       block_of(c, row),
			       row % (1u << c->codes.block_shift), out);
}

/* Of normal numbers, rows of which are rotated: how long `error` is beside a
 * row. */
static const double errors[] = {0,     0.76,  0.41,  0.207, 0.110,
				0.059, 0.031, 0.016, 0.0083};

/* What a code stands for is less than its row by something at right angles to
 * it, the length of which `error` says, and with more bits by less. */
static void decode_nearest(struct coded *c, const struct shape *s)
{
	const float *mean = vsx_rabitq_mean(&c->params.form, c->params.bytes);
	float x[MOST_DIM], y[MOST_DIM], z[MOST_DIM];
	double of_row = 0.0;

	for (uint32_t r = 0; r < N; r++) {
		double along = 0.0, square = 0.0, whole = 0.0, error;

		vsx_code_source_row(&c->from, &c->params, r, x, y);
		decode(c, r, z);
		for (uint32_t i = 0; i < s->dim; i++) {
			double of = s->residual ? 0.0 : (double)mean[i];
			double a = (double)y[i] - of, b = (double)z[i] - of;

			along += a * b;
			square += b * b;
			whole += a * a;
		}
		/* The signs of a few dimensions stand for more of them. */
		if (vsx_rotate_dim(s->dim) != s->dim)
			continue;
		cr_assert_float_eq(along, square, whole * 1e-4, "%s, row %u",
				   c->what, r);
		error = (double)numbers_of(c, r).error;
		of_row += error * error / whole;
		/* cos^2 of the angle between both, by either. */
		cr_assert_float_eq(square / whole,
				   whole / (whole + error * error), 1e-3,
				   "%s, row %u", c->what, r);
		cr_assert_gt(square / whole, 0.5, "%s, row %u", c->what, r);
	}
	if (s->dim == 128)
		cr_expect_lt(sqrt(of_row / N), errors[s->bits] * 1.03, "%s: %g",
			     c->what, sqrt(of_row / N));
}

Test(rabitq, codes_stand_for_what_is_nearest)
{
	of_all(decode_nearest);
}

/* How far a query is from where a list's rows are, or how long it is. */
static double reach(const struct coded *c, const struct shape *s, uint32_t l)
{
	const float *mean = vsx_rabitq_mean(&c->params.form, c->params.bytes);
	double sum = 0.0;

	for (uint32_t i = 0; i < s->dim; i++) {
		double at = (double)c->scratch.query.f64_buffer[i];

		if (s->metric != VSX_IP)
			at -= (double)(s->residual ? c->centroids[l][i]
						   : mean[i]);
		sum += at * at;
	}
	return sqrt(sum);
}

static void keys_of_list(struct coded *c, const struct shape *s, uint32_t l,
			 uint32_t *keys)
{
	if (s->residual)
		c->codes.codec->prepare_list(&c->codes, &c->scratch.code,
					     c->centroids[l]);
	c->codes.codec->keys_of_run(&c->codes, &c->scratch.code, &c->lists[l],
				    keys);
}

/* In units of what the error of each row says. */
static void are_near(struct coded *c, const struct shape *s)
{
	double sum = 0.0, square = 0.0, n = 0.0, outside = 0.0;

	/* Centroids are not of length 1, so far from all rows of cosine. */
	if (s->dim < 128 || (s->metric == VSX_COSINE && s->residual))
		return;
	for (uint32_t i = 0; i < 12; i++) {
		ask(c, i);
		for (uint32_t l = 0; l < LISTS; l++) {
			double far = reach(c, s, l) /
				     sqrt(vsx_rotate_dim(s->dim) - 1.0);
			uint32_t keys[N];

			keys_of_list(c, s, l, keys);
			for (uint32_t j = 0; j < N / LISTS; j++, n++) {
				uint32_t row = l * (N / LISTS) + j;
				double due = vsx_space_exact_value(
					&c->space, &c->scratch.query,
					c->base + row * c->space.stride);
				double got = vsx_key_value(
					c->scratch.code.bounds.form, keys[j]);
				double off;

				/* Of unit vectors the square is 2 - 2 of it. */
				if (s->metric == VSX_COSINE)
					got = got / 2.0 - 1.0;
				off = (got - due) /
				      (far * (double)numbers_of(c, row).error);
				if (s->metric == VSX_L2)
					off /= 2.0;
				/* Signs that are as far off as one in some
				   hundred stand instead of all bits. */
				if (s->bits > 1 && !s->record &&
				    fabs(off) > 3.0) {
					outside++;
					continue;
				}
				sum += off;
				square += off * off;
			}
		}
	}
	cr_expect_leq(outside / n, 0.01, "%s: %g of %g", c->what, outside, n);
	/* Where the metric is ip, much of the query lies along the rows. */
	cr_expect_lt(fabs(sum / n), 0.15, "%s: %g", c->what, sum / n);
	cr_expect_lt(sqrt(square / n), 1.15, "%s: %g", c->what,
		     sqrt(square / n));
	cr_expect_gt(sqrt(square / n), 0.4, "%s: %g", c->what,
		     sqrt(square / n));
}

Test(rabitq, estimates_are_as_near_as_they_say)
{
	of_all(are_near);
}

/* A row where its centroid is has no direction, and none is made up for it. */
Test(rabitq, a_row_that_is_its_centroid)
{
	for (uint32_t i = 0; i < 4; i++) {
		struct shape s = {VSX_L2, 40, true, 1.0f, i % 2 ? 5 : 1, i / 2};
		struct vsx_rabitq_numbers at;
		const float *centroid;
		float y[40] = {0};
		struct coded c;

		make(&c, &s);
		centroid = c.centroids[0];
		memset(c.code, 0, c.params.block_bytes);
		c.codes.codec->encode(&c.params.form, c.params.bytes, y,
				      &centroid, 1, c.code);
		at = numbers_of(&c, 0);
		cr_expect_eq(at.add, 0.0f);
		cr_expect_eq(at.scale, 0.0f);
		cr_expect_eq(at.error, 0.0f);
		decode(&c, 0, y);
		for (int j = 0; j < 40; j++)
			cr_expect_eq(y[j], 0.0f);
		release(&c);
	}
}

/* ---- all bits of few rows ------------------------------------------------ */

/* Keys up to the cut are what they are without one, the others are above it;
 * and most of these are made of signs alone. */
static void cut_off(struct coded *c, const struct shape *s)
{
	uint32_t keys[N], cut[N], sorted[N], n = N / LISTS, fewer = 0;

	if (s->record || s->bits == 1)
		return;
	ask(c, 1);
	keys_of_list(c, s, 1, keys);
	memcpy(sorted, keys, n * sizeof(*keys));
	for (uint32_t i = 1; i < n; i++)
		for (uint32_t j = i; j && sorted[j] < sorted[j - 1]; j--) {
			uint32_t swap = sorted[j];

			sorted[j] = sorted[j - 1];
			sorted[j - 1] = swap;
		}
	c->scratch.code.cut = sorted[4];
	keys_of_list(c, s, 1, cut);
	for (uint32_t i = 0; i < n; i++) {
		if (keys[i] <= sorted[4])
			cr_expect_eq(cut[i], keys[i], "%s, row %u", c->what, i);
		else
			cr_expect_gt(cut[i], sorted[4], "%s, row %u", c->what,
				     i);
		fewer += cut[i] != keys[i];
	}
	if (s->dim == 128 && s->metric == VSX_L2 && s->residual)
		cr_expect_gt(fewer, n / 4, "%s: %u", c->what, fewer);
}

Test(rabitq, all_bits_are_of_rows_that_may_be_near)
{
	of_all(cut_off);
}

/* Each code is where SPEC.md says, and comes back. */
Test(rabitq, codes_come_back_from_bytes)
{
	enum { LENGTH = 192 };
	struct vsx_rng rng = {4};

	for (uint32_t bits = 1; bits <= VSX_RABITQ_MOST_BITS; bits++) {
		uint8_t codes[LENGTH], back[LENGTH], bytes[LENGTH] = {0};

		for (uint32_t i = 0; i < LENGTH; i++)
			codes[i] = (uint8_t)vsx_rng_below(&rng, 1u << bits);
		vsx_rabitq_pack(codes, LENGTH, bits, bytes);
		vsx_rabitq_unpack(bytes, LENGTH, bits, back);
		cr_expect_arr_eq(codes, back, LENGTH, "%u bits", bits);
		for (uint32_t i = vsx_rabitq_codes_bytes(LENGTH, bits);
		     i < LENGTH; i++)
			cr_expect_eq(bytes[i], 0, "%u bits, byte %u", bits, i);
	}
}

/* ---- one machine and another ------------------------------------------- */

static uint64_t sum_of_all;

static void add(const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum_of_all = vsx_mix(sum_of_all ^ ((const uint8_t *)bytes)[i]);
}

static void add_all(struct coded *c, const struct shape *s)
{
	uint32_t keys[N];

	add(c->params.bytes, c->params.n_bytes);
	add(c->code, c->view.bytes);
	for (uint32_t l = 0; l < LISTS; l++) {
		ask(c, l);
		keys_of_list(c, s, l, keys);
		add(keys, c->lists[l].n_rows * sizeof(*keys));
	}
}

static uint64_t sum_with(const char *isa)
{
	int ends[2], status;
	uint64_t got = 0;
	pid_t child;

	cr_assert_eq(pipe(ends), 0);
	child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		setenv("VSX_ISA", isa, 1);
		of_all(add_all);
		_exit(strcmp(vsx_code_kernels()->name, isa) != 0 ||
		      write(ends[1], &sum_of_all, sizeof(sum_of_all)) !=
			      sizeof(sum_of_all));
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert_eq(status, 0, "%s", isa);
	cr_assert_eq(read(ends[0], &got, sizeof(got)), sizeof(got));
	close(ends[0]);
	close(ends[1]);
	return got;
}

/* The names first, as asking for them settles which is taken. */
Test(rabitq, is_the_same_on_every_machine)
{
	static const char *const isas[] = {"avx2", "avx512", "neon"};
	uint64_t scalar = sum_with("scalar");

	for (size_t i = 0; i < sizeof(isas) / sizeof(isas[0]); i++) {
		pid_t child = fork();
		int status;

		cr_assert_geq(child, 0);
		if (child == 0) {
			setenv("VSX_ISA", isas[i], 1);
			_exit(strcmp(vsx_code_kernels()->name, isas[i]) != 0);
		}
		cr_assert_eq(waitpid(child, &status, 0), child);
		if (status == 0)
			cr_assert_eq(sum_with(isas[i]), scalar, "%s", isas[i]);
	}
}

/* ---- hostile files ------------------------------------------------------ */

Test(rabitq, hostile_numbers_crash_nothing)
{
	static const float values[] = {NAN,   -NAN,   INFINITY, -INFINITY,
				       3e38f, -3e38f, 1e-45f};

	for (int i = 0; i < 2 * 3 * 7 * 3; i++) {
		struct shape s = {(enum vsx_metric)(VSX_L2 + i / 2 % 3),
				  40,
				  i % 2,
				  1.0f,
				  i / 42 ? 5 : 1,
				  i / 42 == 2};
		struct coded c;
		uint32_t keys[N];
		float *mean, y[40];

		make(&c, &s);
		mean = (float *)(void *)(c.params.bytes +
					 vsx_code_parts(&c.params.form).own);
		mean[7] = values[i / 6 % 7];
		cr_assert_eq(c.codes.codec->check(&c.codes, &err),
			     isfinite(values[i / 6 % 7]) ? VSX_OK
							 : VSX_ECORRUPT);
		for (size_t at =
			     s.record ? 0
				      : vsx_rabitq_signs_bytes(&c.params.form);
		     at + 4 <= c.params.block_bytes; at += 12)
			memcpy(c.code + at, &values[i / 6 % 7], sizeof(float));
		ask(&c, 0);
		keys_of_list(&c, &s, 0, keys);
		decode(&c, 0, y);
		release(&c);
	}
}
