/*
 * What every codec keeps to, whatever its codes are: bounds that hold, the same
 * keys for a run as for single rows and from every kernel, the same bytes for
 * the same rows; and that whatever takes codes sees nothing else of them.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "code/coding.h"
#include "kind/laid_out.h"
#include "kind/seeded.h"
#include "nibbles.h"
#include "segment/codes.h"

static struct vsx_error err;

/* Codecs of a size that is not the usual one. */
static struct vsx_codec_build blocks_of_4, blocks_of_7;
static struct vsx_codec_build records_of_3, records_of_8;

static void take_sizes(void)
{
	blocks_of_4 = blocks_of_7 = vsx_codec_rabitq_build;
	records_of_3 = records_of_8 = vsx_codec_rabitq_record_build;
	blocks_of_4.usual_size = 4;
	blocks_of_7.usual_size = 7;
	records_of_3.usual_size = 3;
	records_of_8.usual_size = 8;
}

TestSuite(codec, .init = take_sizes, .timeout = 120);

/* NULL: rows as codes of themselves. */
static const struct vsx_codec_build *const codecs[] = {
	NULL,
	&vsx_codec_grid_build,
	&nibbles_build,
	&vsx_codec_sq8_build,
	&vsx_codec_sq8u_build,
	&vsx_codec_sq4_build,
	&vsx_codec_pq8_build,
	&vsx_codec_pq4_build,
	&vsx_codec_pq4fs_build,
	&vsx_codec_rabitq_build,
	&blocks_of_4,
	&blocks_of_7,
	&vsx_codec_rabitq_record_build,
	&records_of_3,
	&records_of_8,
};
enum { N_CODECS = sizeof(codecs) / sizeof(codecs[0]) };

/* ---- rows of all sorts -------------------------------------------------- */

enum { N = 150, MOST_DIM = 67, N_SORTS = 8 };

static const uint32_t dims[] = {1, 16, 37, MOST_DIM};

static float value_of(int sort, uint32_t row, uint32_t d, struct vsx_rng *rng)
{
	double u = vsx_to_unit(vsx_rng_next(rng));

	switch (sort) {
	case 0:
		return (float)(u - 0.3);
	case 1: /* one row and one dimension far out */
		return (float)(u * (row == 9 ? 1e6 : 1.0) *
			       (d == 3 ? 1e3 : 1.0)) +
		       0.01f;
	case 2: /* small beside where they lie */
		return (float)(1000.0 + u * 1e-3);
	case 3: /* all the same */
		return 0.7f;
	case 4:
		return (float)(u * 1e-18 + 1e-19);
	case 5:
		return (float)((u - 0.5) * 0x1p52);
	case 6: /* whole numbers, few of them */
		return (float)(1 + (int)(u * 4.0));
	default: /* every third row a copy */
		return row % 3 ? (float)(u * 2.0 - 1.0)
			       : (float)((d % 5) + 1) * 0.1f;
	}
}

struct coded {
	struct vsx_space space;
	struct vsx_rows rows;
	struct vsx_code_params params;
	struct vsx_codes codes;
	struct vsx_view view;
	uint8_t *base, *code;
	float *x; /* [N][dim] */
	struct vsx_scratch scratch;
	char what[96];
};

static struct vsx_job job_of(unsigned int n_threads)
{
	return (struct vsx_job){.n_threads = n_threads};
}

static void make(struct coded *c, const struct vsx_codec_build *build,
		 enum vsx_metric metric, uint32_t dim, int sort)
{
	struct vsx_job job = job_of(1);
	struct vsx_rng rng = {(uint64_t)sort * 31 + dim};

	memset(c, 0, sizeof(*c));
	snprintf(c->what, sizeof(c->what), "%s, metric %d, dim %u, sort %d",
		 build ? build->codec->name : "rows", (int)metric, dim, sort);
	vsx_space_init(&c->space, metric, VSX_F32, dim, 0);
	c->base = vsx_alloc(N, c->space.stride);
	c->x = vsx_alloc((size_t)N * dim, sizeof(float));
	for (uint32_t r = 0; r < N; r++) {
		float *x = c->x + (size_t)r * dim;

		for (uint32_t d = 0; d < dim; d++)
			x[d] = value_of(sort, r, d, &rng);
		cr_assert_eq(vsx_space_store(&c->space,
					     c->base + r * c->space.stride, x,
					     VSX_F32, false, &err),
			     VSX_OK, "%s: %s", c->what, err.text);
	}
	c->rows =
		(struct vsx_rows){.space = &c->space, .base = c->base, .n = N};
	cr_assert_eq(vsx_scratch_init(&c->scratch, dim, &err), VSX_OK);
	if (!build) {
		c->view.base = c->base;
		c->view.bytes = (uint64_t)N * c->space.stride;
		vsx_codes_of_rows(&c->codes, &c->space, c->base, &c->view);
		return;
	}
	cr_assert_eq(train_codes(build, &job, &c->rows, &c->params, &err),
		     VSX_OK, "%s: %s", c->what, err.text);
	c->view.bytes = vsx_codes_bytes(&c->params, N);
	c->code = vsx_alloc(c->view.bytes, 1);
	c->view.base = c->code;
	encode_codes(&c->params, &c->rows, NULL, 0, N, c->code);
	cr_assert_eq(vsx_codes_open(&c->codes, build->codec, &c->params.form,
				    &c->space, c->params.bytes, &c->view, 0,
				    &err),
		     VSX_OK, "%s: %s", c->what, err.text);
}

static void release(struct coded *c)
{
	vsx_scratch_release(&c->scratch);
	vsx_code_params_release(&c->params);
	free(c->base);
	free(c->code);
	free(c->x);
}

static const uint8_t *row_at(const struct coded *c, uint32_t row)
{
	return c->base + (size_t)row * c->space.stride;
}

static struct vsx_run run_of(const struct coded *c, uint32_t first, uint32_t n)
{
	return (struct vsx_run){.first_row = first,
				.n_rows = n,
				.offset = (uint64_t)first * c->space.stride};
}

/* Query i of the sort: a row, one turned round, one in between, one far off. */
static void ask(struct coded *c, uint32_t i)
{
	const float *a = c->x + (size_t)(i * 7 % N) * c->space.dim;
	const float *b = c->x + (size_t)(i * 13 % N) * c->space.dim;
	float q[MOST_DIM];

	for (uint32_t d = 0; d < c->space.dim; d++)
		q[d] = i % 4 == 0   ? a[d]
		       : i % 4 == 1 ? -a[d]
		       : i % 4 == 2 ? 0.5f * a[d] + 0.5f * b[d]
				    : 30.0f * a[d] - 3.0f * b[d];
	q[0] += q[0] == 0.0f;
	cr_assert_eq(vsx_space_prepare(&c->space, &c->scratch.query, q, VSX_F32,
				       &err),
		     VSX_OK, "%s: %s", c->what, err.text);
	c->scratch.code.asked = &c->scratch.query;
	cr_assert_eq(c->codes.codec->prepare(&c->codes, &c->scratch.code, &err),
		     VSX_OK, "%s: %s", c->what, err.text);
}

/* fn of each codec, metric, dimension and sort of rows. */
static void of_all(void (*fn)(struct coded *c))
{
	for (int codec = 0; codec < N_CODECS; codec++)
		for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
			for (size_t d = 0; d < sizeof(dims) / sizeof(dims[0]);
			     d++)
				for (int sort = 0; sort < N_SORTS; sort++) {
					struct coded c;

					make(&c, codecs[codec],
					     (enum vsx_metric)metric, dims[d],
					     sort);
					fn(&c);
					release(&c);
				}
}

/* ---- what they keep to --------------------------------------------------- */

enum { QUERIES = 12 };

static void expect_within(struct coded *c, const uint32_t *keys)
{
	const struct vsx_bounds *b = &c->scratch.code.bounds;

	for (uint32_t r = 0; r < N; r++) {
		double value = vsx_space_exact_value(
			&c->space, &c->scratch.query, row_at(c, r));

		if (c->codes.unsure && keys[r] == VSX_KEY_UNSURE)
			continue;
		cr_expect_leq(vsx_bounds_low(b, keys[r]), value, "%s, row %u",
			      c->what, r);
		cr_expect_geq(vsx_bounds_high(b, keys[r]), value, "%s, row %u",
			      c->what, r);
		cr_expect_geq(vsx_bounds_key(b, value), keys[r], "%s, row %u",
			      c->what, r);
	}
}

static void hold_bounds(struct coded *c)
{
	if (c->codes.codec->estimates)
		return;
	for (unsigned int t = 0; vsx_kernels_at(t); t++) {
		c->codes.rows.kernels = vsx_kernels_at(t);
		c->codes.space.kernels = vsx_kernels_at(t);
		for (uint32_t i = 0; i < QUERIES; i++) {
			struct vsx_run all = run_of(c, 0, N);
			uint32_t keys[N];

			ask(c, i);
			c->codes.codec->keys_of_run(&c->codes, &c->scratch.code,
						    &all, keys);
			if (c->codes.unsure)
				c->codes.codec->mark(&c->codes, &all, keys);
			expect_within(c, keys);
		}
	}
}

Test(codec, bounds_hold)
{
	of_all(hold_bounds);
}

/* Of rows here and there alone, as a walk takes them. */
static void hold_for_rows(struct coded *c)
{
	struct vsx_run all = run_of(c, 0, N);
	uint32_t keys[N], rows[N];

	if (c->codes.codec->estimates)
		return;
	for (uint32_t r = 0; r < N; r++)
		rows[r] = r;
	for (uint32_t i = 0; i < QUERIES; i++) {
		ask(c, i);
		c->codes.codec->keys_of_rows(&c->codes, &c->scratch.code, rows,
					     N, keys);
		if (c->codes.unsure)
			c->codes.codec->mark(&c->codes, &all, keys);
		expect_within(c, keys);
	}
}

Test(codec, bounds_hold_for_keys_of_single_rows)
{
	of_all(hold_for_rows);
}

static void same_keys(struct coded *c)
{
	struct vsx_rng rng = {3};

	for (uint32_t i = 0; i < QUERIES; i++) {
		struct vsx_run all = run_of(c, 0, N);
		uint32_t keys[N], some[N], rows[N];
		uint32_t first = (uint32_t)vsx_rng_below(&rng, N);
		uint32_t n = (uint32_t)vsx_rng_below(&rng, N - first) + 1;
		struct vsx_run part = run_of(c, first, n);

		ask(c, i);
		c->codes.codec->keys_of_run(&c->codes, &c->scratch.code, &all,
					    keys);
		c->codes.codec->keys_of_run(&c->codes, &c->scratch.code, &part,
					    some);
		cr_expect_arr_eq(some, keys + first, n * sizeof(*keys), "%s",
				 c->what);
		for (uint32_t r = 0; r < N; r++)
			rows[r] = (uint32_t)vsx_rng_below(&rng, N);
		c->codes.codec->keys_of_rows(&c->codes, &c->scratch.code, rows,
					     N, some);
		for (uint32_t r = 0; r < N; r++)
			cr_expect_eq(some[r], keys[rows[r]], "%s, row %u",
				     c->what, rows[r]);
	}
}

Test(codec, keys_of_a_run_are_those_of_its_rows)
{
	of_all(same_keys);
}

/* A run's blocks are what its keys are taken from: no byte before or after. */
static void keep_to_extent(struct coded *c)
{
	struct vsx_rng rng = {8};

	for (uint32_t i = 0; i < QUERIES; i++) {
		uint32_t first = (uint32_t)vsx_rng_below(&rng, N);
		uint32_t n = (uint32_t)vsx_rng_below(&rng, N - first) + 1;
		struct vsx_run run = run_of(c, first, n);
		uint32_t keys[N], again[N];
		uint64_t bytes, at = vsx_codes_extent(&c->codes, &run, &bytes);
		uint8_t *copy = vsx_alloc(c->view.bytes, 1);
		struct vsx_codes other = c->codes;

		cr_assert_leq(at + bytes, c->view.bytes, "%s", c->what);
		cr_assert_eq(vsx_codes_touch(&c->codes, &run, &err), VSX_OK);
		memset(copy, 0xa5, c->view.bytes);
		memcpy(copy + at, c->view.base + at, bytes);
		other.base = copy;
		ask(c, i);
		c->codes.codec->keys_of_run(&c->codes, &c->scratch.code, &run,
					    keys);
		c->codes.codec->keys_of_run(&other, &c->scratch.code, &run,
					    again);
		cr_expect_arr_eq(keys, again, n * sizeof(*keys), "%s", c->what);
		free(copy);
	}
}

Test(codec, a_run_is_within_its_extent)
{
	of_all(keep_to_extent);
}

/* By pieces of whole blocks, as threads encode them, and in another order. */
static void same_bytes(struct coded *c)
{
	const struct vsx_codec_build *build = c->params.build;
	uint32_t order[N], block;
	struct vsx_job job = job_of(5);
	struct vsx_code_params again;
	uint8_t *code;

	if (!build)
		return;
	block = 1u << build->codec->block_shift;
	cr_assert_eq(train_codes(build, &job, &c->rows, &again, &err), VSX_OK);
	cr_assert_eq(again.n_bytes, c->params.n_bytes);
	cr_expect_arr_eq(again.bytes, c->params.bytes, again.n_bytes, "%s",
			 c->what);
	code = vsx_alloc(c->view.bytes, 1);
	for (uint32_t r = 0; r < N; r++)
		order[r] = r;
	for (uint32_t r = 0; r < N; r += block)
		encode_codes(&again, &c->rows, order, r,
			     N - r < block ? N - r : block,
			     code + vsx_codes_bytes(&again, r));
	cr_expect_arr_eq(code, c->code, c->view.bytes, "%s", c->what);
	free(code);
	vsx_code_params_release(&again);
}

Test(codec, the_same_rows_give_the_same_bytes)
{
	of_all(same_bytes);
}

static void pass_check(struct coded *c)
{
	if (!c->params.build)
		return;
	cr_expect_eq(c->codes.codec->check(&c->codes, &err), VSX_OK, "%s: %s",
		     c->what, err.text);
	for (uint32_t r = 0; c->codes.codec->check_row && r < N; r++)
		cr_expect_eq(c->codes.codec->check_row(&c->codes, r,
						       row_at(c, r), &err),
			     VSX_OK, "%s, row %u: %s", c->what, r, err.text);
}

Test(codec, what_is_encoded_passes_the_check)
{
	of_all(pass_check);
}

/* ---- what takes codes -----------------------------------------------------
 */

enum { MANY = 900, WIDE = 18, K = 10 };

static void build_of(struct laid_out *l, struct seeded *s,
		     enum vsx_metric metric, bool lists,
		     const struct vsx_codec_build *build)
{
	struct vsx_job job = job_of(1);

	memset(l, 0, sizeof(*l));
	seeded_init(s, metric, VSX_F32, MANY, WIDE);
	cr_assert_eq(lay_build(l, &job, &s->rows, lists ? VSX_IVF : VSX_FLAT,
			       lists ? 14 : 0, &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(lay_out(l, &job, &s->rows, false, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(lay_codes(l, &job, &s->rows, build, &err), VSX_OK);
}

static enum vsx_status nowhere(const struct vsx_segment *seg, uint32_t row,
			       uint64_t *offset, struct vsx_error *e)
{
	(void)seg;
	(void)offset;
	return vsx_fail(e, VSX_EIO, "row %u was looked for", row);
}

/* All nearest rows, without one being looked for: whoever let it pass knew
 * where it is. */
static void expect_nearest(const struct laid_out *l,
			   struct vsx_scratch *scratch)
{
	struct vsx_segment seg = l->seg;
	struct vsx_placing placing;
	struct vsx_best due[K];
	struct vsx_topk top = {due, 0, K};
	struct vsx_find find;

	for (uint32_t row = 0; row < MANY; row++) {
		uint64_t offset = 0;

		vsx_segment_locate(&l->seg, row, &offset, &err);
		vsx_topk_push(&top, (struct vsx_best){vsx_space_exact_value(
							      &l->seg.space,
							      &scratch->query,
							      l->vecs + offset),
						      l->ids[row], row});
	}
	vsx_topk_sort(&top);
	if (seg.placing) {
		placing = *seg.placing;
		placing.locate = nowhere;
		seg.placing = &placing;
	}
	for (int exact = 0; exact < 2; exact++) {
		find_begin(&find, scratch, K, MANY);
		find.refine =
			MANY *
			VSX_REFINE_UNIT; /* where keys are estimates: all */
		cr_assert_eq(exact ? vsx_exact_search(&seg, &find, &err)
				   : seg.kind->search(&seg, &find, &err),
			     VSX_OK, "%s", err.text);
		vsx_topk_sort(&find.top);
		cr_assert_eq(find.top.n, K);
		for (size_t i = 0; i < K; i++)
			cr_expect_eq(scratch->best[i].id, due[i].id,
				     "codec %s, kind %u, metric %d: place %zu",
				     seg.codec->name, seg.kind->code,
				     (int)seg.space.metric, i);
	}
}

static int count_findings(void *context, const struct vsx_error *finding)
{
	(void)finding;
	++*(int *)context;
	return 0;
}

static void expect_search(const struct vsx_codec_build *build,
			  enum vsx_metric metric, bool lists)
{
	struct vsx_scratch scratch;
	struct laid_out l;
	struct seeded s;
	int n = 0;

	build_of(&l, &s, metric, lists, build);
	vsx_scratch_init(&scratch, WIDE, &err);
	for (uint32_t q = 0; q < SEEDED_QUERIES; q++) {
		cr_assert_eq(vsx_space_prepare(&s.space, &scratch.query,
					       seeded_query(&s, q), VSX_F32,
					       &err),
			     VSX_OK);
		expect_nearest(&l, &scratch);
	}
	cr_assert_eq(vsx_codes_check(&l.seg, 2, count_findings, &n, &err),
		     VSX_OK);
	cr_expect_eq(n > 0, build == &guesses_build);
	vsx_scratch_release(&scratch);
	laid_out_release(&l);
	seeded_release(&s);
}

Test(codec, searches_take_any)
{
	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
		for (int lists = 0; lists < 2; lists++)
			for (int i = 0; i < N_CODECS; i++)
				expect_search(codecs[i],
					      (enum vsx_metric)metric, lists);
}

/* Bounds that need not hold: rows would be lost by them. */
Test(codec, no_exact_search_goes_by_estimates)
{
	for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
		for (int lists = 0; lists < 2; lists++)
			expect_search(&guesses_build, (enum vsx_metric)metric,
				      lists);
}

/* ---- codecs that files name ------------------------------------------------
 */

Test(codec, every_id_of_the_format_is_known)
{
	static const uint32_t known[] = {VSX_CODEC_GRID, VSX_CODEC_SQ8,
					 VSX_CODEC_SQ4, VSX_CODEC_RABITQ,
					 VSX_CODEC_RABITQ_RECORD};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		cr_assert_not_null(vsx_codec_find(known[i]), "codec %u",
				   known[i]);
		cr_expect_eq(vsx_codec_find(known[i])->id, known[i]);
	}
	cr_expect_null(vsx_codec_find(VSX_N_CODECS));
	cr_expect_null(vsx_codec_find(UINT32_MAX));
}
