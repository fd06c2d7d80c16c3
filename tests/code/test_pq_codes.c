/*
 * Codes of parts: each is the nearest codeword, keys are within a bound of the
 * distance to what they stand for, and nothing depends on the machine.
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
#include "code/pq.h"
#include "kernel/codes.h"
#include "segment/scratch.h"

enum { N = 400, LISTS = 3, MOST_DIM = 40 };

static struct vsx_error err;

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
	uint32_t dim, m;
	int bits;
	bool residual;
	float scale;
};

static void store_rows(struct coded *c, const struct shape *s)
{
	struct vsx_rng rng = {s->dim * 100 + s->m};
	float x[MOST_DIM];

	for (uint32_t l = 0; l < LISTS; l++) {
		c->lists[l] = (struct vsx_run){.first_row = l * (N / LISTS),
					       .n_rows = N / LISTS};
		for (uint32_t d = 0; d < s->dim; d++)
			c->centroids[l][d] =
				(float)(vsx_to_unit(vsx_rng_next(&rng)) - 0.3) *
				s->scale;
	}
	c->lists[LISTS - 1].n_rows += N % LISTS;
	for (uint32_t r = 0; r < N; r++) {
		uint32_t l = r / (N / LISTS);

		l = l < LISTS ? l : LISTS - 1;
		for (uint32_t d = 0; d < s->dim; d++)
			x[d] = c->centroids[l][d] +
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
	const struct vsx_codec_build *build =
		s->bits == 8 ? &vsx_codec_pq8_build : &vsx_codec_pq4_build;
	struct vsx_job job = {.n_threads = 2, .seed = 1};
	struct vsx_code_wish wish = {.build = build, .size = s->m};
	float *work;

	memset(c, 0, sizeof(*c));
	snprintf(c->what, sizeof(c->what),
		 "metric %d, dim %u, m %u, %d bits%s, scale %g", (int)s->metric,
		 s->dim, s->m, s->bits, s->residual ? ", residuals" : "",
		 (double)s->scale);
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
	cr_assert_eq((c->params.form.flags & VSX_CODES_RESIDUAL) != 0,
		     s->residual);
	cr_assert_eq(c->params.block_bytes,
		     s->bits == 8 ? s->m : (s->m + 1) / 2);
	c->view.bytes = vsx_codes_bytes(&c->params, N);
	c->view.base = c->code = vsx_alloc(c->view.bytes, 1);
	work = vsx_alloc(vsx_codes_work(&c->params), sizeof(*work));
	vsx_codes_encode(&c->params, &c->from, 0, N, work, c->code);
	free(work);
	cr_assert_eq(vsx_codes_open(&c->codes, build->codec, &c->params.form,
				    &c->space, c->params.bytes, &c->view, 0,
				    &err),
		     VSX_OK);
	cr_assert_eq(build->codec->check(&c->codes, &err), VSX_OK);
	cr_assert_eq(vsx_scratch_init(&c->scratch, s->dim, &err), VSX_OK);
}

static void release(struct coded *c)
{
	vsx_scratch_release(&c->scratch);
	vsx_code_params_release(&c->params);
	free(c->base);
	free(c->code);
}

static void ask(struct coded *c, uint32_t i)
{
	struct vsx_rng rng = {i};
	float q[MOST_DIM];

	for (uint32_t d = 0; d < c->space.dim; d++)
		q[d] = c->centroids[i % LISTS][d] * 0.9f +
		       (float)(vsx_to_unit(vsx_rng_next(&rng)) - 0.5) *
			       c->centroids[1][1];
	cr_assert_eq(vsx_space_prepare(&c->space, &c->scratch.query, q, VSX_F32,
				       &err),
		     VSX_OK);
	c->scratch.code.asked = &c->scratch.query;
	cr_assert_eq(c->codes.codec->prepare(&c->codes, &c->scratch.code, &err),
		     VSX_OK);
}

static void of_all(void (*fn)(struct coded *c, const struct shape *s))
{
	static const uint32_t dims[] = {1, 7, MOST_DIM};
	static const float scales[] = {1.0f, 1e-12f, 1e15f};

	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
		for (uint32_t i = 0; i < 3 * 3 * 4 * 3; i++) {
			uint32_t dim = dims[i % 3], part = i / 3 % 3;
			struct shape s = {
				.metric = (enum vsx_metric)metric,
				.dim = dim,
				.m = part == 0	 ? 1
				     : part == 1 ? dim
						 : dim / 2 + 1,
				.bits = i / 9 % 2 ? 4 : 8,
				.residual = i / 18 % 2,
				.scale = scales[i / 36],
			};
			struct coded c;

			make(&c, &s);
			fn(&c, &s);
			release(&c);
		}
}

/* What a code stands for, and its row as it was coded. */
static void decode(struct coded *c, uint32_t r, float *y)
{
	c->codes.codec->decode(&c->params.form, c->params.bytes,
			       c->code + (size_t)r * c->params.block_bytes, 0,
			       y);
}

static uint32_t code_of(const struct coded *c, uint32_t r, uint32_t j, int bits)
{
	const uint8_t *record = c->code + (size_t)r * c->params.block_bytes;

	if (bits == 8)
		return record[j];
	return (uint32_t)record[j / 2] >> (j % 2 ? 4 : 0) & 15;
}

static void are_nearest(struct coded *c, const struct shape *s)
{
	const float *book = vsx_pq_words(&c->params.form, c->params.bytes);
	uint32_t ksub = 1u << s->bits;
	float x[MOST_DIM], y[MOST_DIM], z[MOST_DIM];

	for (uint32_t r = 0; r < N; r += 7) {
		vsx_code_source_row(&c->from, &c->params, r, x, y);
		decode(c, r, z);
		for (uint32_t j = 0; j < s->m; j++) {
			uint32_t code = code_of(c, r, j, s->bits), best = 0;
			double least = INFINITY, own = 0.0;

			for (uint32_t w = 0; w < ksub; w++) {
				double sum = 0.0;

				for (uint32_t i = j * s->dim / s->m;
				     i < (j + 1) * s->dim / s->m; i++)
					sum += pow(
						(double)y[i] -
							(double)book[i * ksub +
								     w],
						2);
				best = sum < least ? w : best;
				least = fmin(sum, least);
				own = w == code ? sum : own;
			}
			cr_assert(code == best || own < least * 1.0001,
				  "%s, row %u, part %u: %u, not %u", c->what, r,
				  j, code, best);
			for (uint32_t i = j * s->dim / s->m;
			     i < (j + 1) * s->dim / s->m; i++)
				cr_assert_eq(z[i], book[i * ksub + code]);
		}
	}
}

Test(pq_codes, are_the_nearest_codewords)
{
	of_all(are_nearest);
}

/* The greatest difference that one byte of a code makes, in f64. */
static double span_of(const struct coded *c, const struct shape *s,
		      const float *q)
{
	const float *book = vsx_pq_words(&c->params.form, c->params.bytes);
	uint32_t ksub = 1u << s->bits;
	double span = 0.0;

	for (uint32_t j = 0; j < s->m; j++) {
		double low = INFINITY, high = -INFINITY;

		for (uint32_t w = 0; w < ksub; w++) {
			double sum = 0.0;

			for (uint32_t i = j * s->dim / s->m;
			     i < (j + 1) * s->dim / s->m; i++) {
				double a = (double)q[i];
				double b = (double)book[i * ksub + w];

				sum += s->metric == VSX_IP ? a * b
							   : (a - b) * (a - b);
			}
			low = fmin(low, sum);
			high = fmax(high, sum);
		}
		span = fmax(span, high - low);
	}
	return s->bits == 8 ? span : 2 * span;
}

static void check_list(struct coded *c, const struct shape *s, uint32_t l)
{
	const float *q = c->scratch.query.f32, *of = NULL;
	float left[MOST_DIM], y[MOST_DIM];
	uint32_t keys[N];
	double span, scale = 0.0, bound;

	if (s->residual)
		of = vsx_code_centroid(&c->from, &c->params,
				       c->lists[l].first_row);
	if (s->residual)
		c->codes.codec->prepare_list(&c->codes, &c->scratch.code, of);
	for (uint32_t i = 0; i < s->dim; i++)
		left[i] = s->metric != VSX_IP && of ? q[i] - of[i] : q[i];
	span = span_of(c, s, left);
	c->codes.codec->keys_of_run(&c->codes, &c->scratch.code, &c->lists[l],
				    keys);
	for (uint32_t r = 0; r < c->lists[l].n_rows; r++) {
		double due = 0.0, got = vsx_key_value(
					  c->scratch.code.bounds.form, keys[r]);

		decode(c, c->lists[l].first_row + r, y);
		for (uint32_t i = 0; i < s->dim; i++) {
			double a = (double)q[i];
			double b = (double)y[i] + (of ? (double)of[i] : 0.0);
			double term = s->metric == VSX_IP ? -a * b
							  : (a - b) * (a - b);

			due += term;
			scale += fabs(term) / N;
		}
		/* Half a unit for each part, and what f32 rounds. */
		bound = s->m * span / 65534.0 / 2.0 +
			(fabs(due) + scale * 10 + span) * 64 * 0x1p-23;
		cr_assert_lt(fabs(got - due), bound + 1e-37,
			     "%s, row %u: %.9g, not %.9g", c->what, r, got,
			     due);
	}
}

static void are_near(struct coded *c, const struct shape *s)
{
	for (uint32_t i = 0; i < 4; i++) {
		ask(c, i);
		for (uint32_t l = 0; l < LISTS; l++)
			check_list(c, s, l);
	}
}

Test(pq_codes, keys_are_near_the_distances)
{
	of_all(are_near);
}

/* ---- one machine and another ------------------------------------------- */

static uint64_t sum;

static void add(const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum = vsx_mix(sum ^ ((const uint8_t *)bytes)[i]);
}

static void add_all(struct coded *c, const struct shape *s)
{
	uint32_t keys[N];

	add(c->params.bytes, c->params.n_bytes);
	add(c->code, c->view.bytes);
	for (uint32_t l = 0; l < LISTS; l++) {
		ask(c, l);
		if (s->residual)
			c->codes.codec->prepare_list(
				&c->codes, &c->scratch.code, c->centroids[l]);
		c->codes.codec->keys_of_run(&c->codes, &c->scratch.code,
					    &c->lists[l], keys);
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
		      write(ends[1], &sum, sizeof(sum)) != sizeof(sum));
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert_eq(status, 0, "%s", isa);
	cr_assert_eq(read(ends[0], &got, sizeof(got)), sizeof(got));
	close(ends[0]);
	close(ends[1]);
	return got;
}

/* The names first, as asking for them settles which is taken. */
Test(pq_codes, are_the_same_on_every_machine)
{
	static const char *const isas[] = {"avx2", "avx512", "neon"};
	uint64_t scalar = sum_with("scalar");
	pid_t child;
	int status;

	for (size_t i = 0; i < sizeof(isas) / sizeof(isas[0]); i++) {
		child = fork();
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

/* ---- books of hostile files -------------------------------------------- */

Test(pq_codes, hostile_books_crash_nothing)
{
	static const float values[] = {NAN,   -NAN,   INFINITY, -INFINITY,
				       3e38f, -3e38f, 1e-45f};
	struct shape s = {VSX_L2, 7, 3, 8, true, 1.0f};

	for (int i = 0; i < 2 * 3 * 7; i++) {
		struct coded c;
		uint32_t keys[N];
		float *book, y[7];

		s.bits = i % 2 ? 4 : 8;
		s.metric = (enum vsx_metric)(VSX_L2 + i / 2 % 3);
		make(&c, &s);
		book = (float *)(void *)(c.params.bytes +
					 vsx_code_parts(&c.params.form).own);
		for (uint32_t k = 0; k < (7u << s.bits);
		     k += (uint32_t)i / 6 + 1)
			book[k] = values[i / 6];
		cr_assert_eq(c.codes.codec->check(&c.codes, &err),
			     isfinite(values[i / 6]) ? VSX_OK : VSX_ECORRUPT);
		ask(&c, 0);
		c.codes.codec->prepare_list(&c.codes, &c.scratch.code,
					    c.centroids[0]);
		c.codes.codec->keys_of_run(&c.codes, &c.scratch.code,
					   &c.lists[0], keys);
		decode(&c, 0, y);
		release(&c);
	}
}

/* The mean squared distance of vectors from their codewords. */
static double loss_of(const struct vsx_pq *pq, const float *x, uint32_t n,
		      const float *book)
{
	double total = 0.0;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < pq->m; j++) {
			float away;

			vsx_code_kernels()->nearest(
				x + (size_t)i * pq->dim + vsx_pq_first(pq, j),
				book + vsx_pq_book(pq, j),
				vsx_pq_components(pq, j), pq->ksub, &away);
			total += (double)away;
		}
	return total / n;
}

/*
 * Sixteen words say little, and where they lie counts the more. From 4,096 rows
 * of which all are alike they lose 0.9 % more than from all there are.
 */
Test(pq_codes, sixteen_words_are_learned_from_enough_rows)
{
	enum { ROWS = 60000, DIM = 16 };
	struct vsx_pq pq = {DIM, 2, 16};
	struct vsx_job job = {.n_threads = 1, .seed = 1};
	struct vsx_code_wish wish = {.build = &vsx_codec_pq4_build, .size = 2};
	struct vsx_space space;
	struct vsx_rows rows = {.space = &space, .n = ROWS};
	struct vsx_code_source from = {.rows = &rows};
	struct vsx_code_params params;
	struct vsx_rng rng = {5};
	float *x, book[DIM * 16];
	double all, some;

	vsx_space_init(&space, VSX_L2, VSX_F32, DIM, 0);
	x = vsx_alloc((size_t)ROWS * DIM, sizeof(*x));
	for (size_t i = 0; i < (size_t)ROWS * DIM; i++)
		for (int j = 0; j < 4; j++)
			x[i] += (float)vsx_to_unit(vsx_rng_next(&rng)) - 0.5f;
	rows.base = (const uint8_t *)x;
	cr_assert_eq(space.stride, DIM * sizeof(*x));
	cr_assert_eq(vsx_pq_train(&job, &pq, x, ROWS, 0, false, book, &err),
		     VSX_OK);
	cr_assert_eq(vsx_codes_train(&wish, &job, &from, &params, &err),
		     VSX_OK);
	all = loss_of(&pq, x, ROWS, book);
	some = loss_of(&pq, x, ROWS, vsx_pq_words(&params.form, params.bytes));
	cr_assert_lt(some, all * 1.004, "%g of some rows, %g of all", some,
		     all);
	vsx_code_params_release(&params);
	free(x);
}
