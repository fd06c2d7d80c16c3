/*
 * Codes of transformed rows: searches that look at all of them are exact, what
 * is estimated is the distance to what the code says, and neither threads nor
 * instruction sets change a bit.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "code/coding.h"
#include "kernel/matmul.h"
#include "kind/laid_out.h"
#include "kind/seeded.h"
#include "segment/codes.h"

TestSuite(transform, .timeout = 120);

enum { N = 500, DIM = 18, K = 10 };

static struct vsx_error err;

static const struct vsx_code_wish wishes[] = {
	{&vsx_codec_floats_build, 0, VSX_PCA, 0, 5},
	{&vsx_codec_floats_build, 0, VSX_PCA, 0, DIM},
	{&vsx_codec_floats_build, 0, VSX_OPQ, 3, 0},
	{&vsx_codec_sq8_build, 0, VSX_PCA, 0, 7},
	{&vsx_codec_sq8u_build, 0, VSX_OPQ, 4, 9},
	{&vsx_codec_sq4_build, 0, VSX_PCA, 0, DIM},
	{&vsx_codec_sq4_build, 0, VSX_OPQ, 6, 0},
};
enum { N_WISHES = sizeof(wishes) / sizeof(wishes[0]) };

struct built {
	struct laid_out l;
	struct seeded s;
	struct vsx_scratch scratch;
	char what[96];
};

static void build(struct built *b, int wish, enum vsx_metric metric, bool lists,
		  unsigned int n_threads)
{
	struct vsx_job job = {.n_threads = n_threads};

	memset(b, 0, sizeof(*b));
	snprintf(b->what, sizeof(b->what), "wish %d, metric %d, lists %d", wish,
		 (int)metric, lists);
	seeded_init(&b->s, metric, VSX_F32, N, DIM);
	cr_assert_eq(lay_build(&b->l, &job, &b->s.rows,
			       lists ? VSX_IVF : VSX_FLAT, lists ? 9 : 0, &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(lay_out(&b->l, &job, &b->s.rows, false, &err), VSX_OK,
		     "%s", err.text);
	cr_assert_eq(lay_codes_of(&b->l, &job, &b->s.rows, &wishes[wish], &err),
		     VSX_OK, "%s: %s", b->what, err.text);
	cr_assert_eq(vsx_scratch_init(&b->scratch, DIM, &err), VSX_OK);
}

static void release(struct built *b)
{
	vsx_scratch_release(&b->scratch);
	laid_out_release(&b->l);
	seeded_release(&b->s);
}

static void of_all(void (*fn)(struct built *b))
{
	for (int wish = 0; wish < N_WISHES; wish++)
		for (int metric = VSX_L2; metric <= VSX_COSINE; metric++)
			for (int lists = 0; lists < 2; lists++) {
				struct built b;

				build(&b, wish, (enum vsx_metric)metric, lists,
				      1);
				fn(&b);
				release(&b);
			}
}

static void ask(struct built *b, uint32_t query)
{
	cr_assert_eq(vsx_space_prepare(&b->s.space, &b->scratch.query,
				       seeded_query(&b->s, query), VSX_F32,
				       &err),
		     VSX_OK);
}

/* ---- searches ------------------------------------------------------------ */

static int count_findings(void *context, const struct vsx_error *finding)
{
	(void)finding;
	++*(int *)context;
	return 0;
}

static void find_nearest(struct built *b)
{
	int n = 0;

	for (uint32_t q = 0; q < SEEDED_QUERIES; q++) {
		uint64_t due[K];
		struct vsx_find find;

		ask(b, q);
		seeded_truth(&b->s, q, K, due);
		find_begin(&find, &b->scratch, K, N);
		find.refine = N * VSX_REFINE_UNIT;
		cr_assert_eq(b->l.seg.kind->search(&b->l.seg, &find, &err),
			     VSX_OK, "%s", err.text);
		vsx_topk_sort(&find.top);
		cr_assert_eq(find.top.n, K);
		for (size_t i = 0; i < K; i++)
			cr_expect_eq(b->scratch.best[i].id, due[i],
				     "%s: place %zu", b->what, i);
	}
	cr_assert_eq(vsx_codes_check(&b->l.seg, 2, count_findings, &n, &err),
		     VSX_OK);
	cr_expect_eq(n, 0, "%s: %d findings", b->what, n);
}

Test(transform, searches_that_look_at_all_rows_are_exact)
{
	of_all(find_nearest);
}

/* ---- estimates ----------------------------------------------------------- */

/* The row that a code says, D components, by the codec's own decode(). */
static void decode(const struct vsx_codes *c, uint32_t row, uint32_t list,
		   float *out)
{
	const float *centroid;
	float y[DIM];

	cr_assert_eq(vsx_codes_centroid(c, list, &centroid, &err), VSX_OK);
	c->codec->decode(&c->form, c->params,
			 c->base + (size_t)row * c->block_bytes, 0, y);
	vsx_code_output(&c->form, c->params, centroid, y, out);
}

static double value_of(enum vsx_metric metric, const double *q, const float *x)
{
	double sum = 0.0;

	for (int i = 0; i < DIM; i++)
		sum += metric == VSX_IP
			       ? -q[i] * (double)x[i]
			       : (q[i] - (double)x[i]) * (q[i] - (double)x[i]);
	return sum;
}

/*
 * What is estimated differs from the distance to the decoded row by what the
 * query has outside of the space that is coded, which is one number for all
 * rows; under ip by its product with the mean besides.
 */
static void estimate(struct built *b)
{
	enum vsx_metric metric = b->s.space.metric;
	struct vsx_code_query *q = &b->scratch.code;
	struct vsx_codes c;

	cr_assert_eq(vsx_segment_codes(&b->l.seg, &c, &err), VSX_OK);
	for (uint32_t query = 0; query < SEEDED_QUERIES; query += 3) {
		double least = INFINITY, most = -INFINITY, size = 1.0;

		ask(b, query);
		q->asked = &b->scratch.query;
		cr_assert_eq(c.codec->prepare(&c, q, &err), VSX_OK);
		for (uint32_t l = 0; l < vsx_segment_runs(&b->l.seg); l++) {
			const float *centroid;
			struct vsx_run run;
			uint32_t keys[N];

			vsx_segment_run(&b->l.seg, l, &run, &err);
			vsx_codes_centroid(&c, l, &centroid, &err);
			if (centroid)
				c.codec->prepare_list(&c, q, centroid);
			c.codec->keys_of_run(&c, q, &run, keys);
			for (uint32_t i = 0; i < run.n_rows; i++) {
				double due, got;
				float x[DIM];

				decode(&c, run.first_row + i, l, x);
				due = value_of(metric, q->asked->f64_buffer, x);
				got = vsx_key_value(q->bounds.form, keys[i]);
				least = fmin(least, due - got);
				most = fmax(most, due - got);
				size = fmax(size, fabs(due));
			}
		}
		cr_expect_lt(most - least, size * 2e-3, "%s: %g to %g of %g",
			     b->what, least, most, size);
	}
}

Test(transform, estimates_are_of_the_decoded_rows)
{
	of_all(estimate);
}

/* ---- what is turned ------------------------------------------------------ */

/* Rows far apart by centres, in which dimensions i and DIM - 1 - i go together;
 * in what the centres leave of rows these are i and i + DIM / 2. */
static void pair_up(struct seeded *s)
{
	float centre[9][DIM];
	struct vsx_rng rng = {5};

	for (uint32_t i = 0; i < 9 * DIM / 2; i++) {
		float a = seeded_value(&rng, 300.0);
		float *c = centre[i / (DIM / 2)];

		c[i % (DIM / 2)] = a;
		c[DIM - 1 - i % (DIM / 2)] = a;
	}
	for (uint32_t r = 0; r < N; r++)
		for (uint32_t i = 0; i < DIM / 2; i++) {
			float *x = (float *)(void *)(s->base +
						     r * s->space.stride);
			float a = seeded_value(&rng, 1.0);
			float b = seeded_value(&rng, 0.01);

			x[i] = centre[r % 9][i] + a + b;
			x[i + DIM / 2] = centre[r % 9][i + DIM / 2] + a - b;
		}
}

/* What codes lose of a row. */
static double lost_by(struct laid_out *l, const struct seeded *s)
{
	struct vsx_codes c;
	double lost = 0.0;

	cr_assert_eq(vsx_segment_codes(&l->seg, &c, &err), VSX_OK);
	for (uint32_t list = 0; list < vsx_segment_runs(&l->seg); list++) {
		struct vsx_run run;

		vsx_segment_run(&l->seg, list, &run, &err);
		for (uint64_t r = run.first_row; r < run.first_row + run.n_rows;
		     r++) {
			const float *x =
				(const float
					 *)(const void
						    *)(s->base +
						       l->built.order[r] *
							       s->space.stride);
			float said[DIM];

			decode(&c, (uint32_t)r, list, said);
			for (uint32_t i = 0; i < DIM; i++)
				lost += (double)(x[i] - said[i]) *
					(double)(x[i] - said[i]);
		}
	}
	return lost / N;
}

/* Turned so that pairs of what is coded share a part, codes lose 0.14 of 6; as
 * the centres would have it 0.71. */
Test(transform, opq_goes_by_what_is_coded)
{
	struct vsx_code_wish wish = {&vsx_codec_pq4_build, DIM / 2, VSX_OPQ,
				     DIM / 2, 0};
	struct vsx_job job = {.n_threads = 1};
	struct laid_out l = {0};
	struct seeded s;
	double lost;

	seeded_init(&s, VSX_L2, VSX_F32, N, DIM);
	pair_up(&s);
	cr_assert_eq(lay_build(&l, &job, &s.rows, VSX_IVF, 9, &err), VSX_OK);
	cr_assert_eq(lay_out(&l, &job, &s.rows, false, &err), VSX_OK);
	cr_assert_eq(lay_codes_of(&l, &job, &s.rows, &wish, &err), VSX_OK, "%s",
		     err.text);
	lost = lost_by(&l, &s);
	cr_expect_lt(lost, 0.2, "%g a row", lost);
	laid_out_release(&l);
	seeded_release(&s);
}

/* ---- the same bits --------------------------------------------------------
 */

Test(transform, does_not_depend_on_threads)
{
	for (int wish = 0; wish < N_WISHES; wish++)
		for (int lists = 0; lists < 2; lists++) {
			struct built one, many;
			uint64_t bytes;

			build(&one, wish, VSX_L2, lists, 1);
			build(&many, wish, VSX_L2, lists, 4);
			bytes = one.l.codes.n_bytes;
			cr_assert_eq(many.l.codes.n_bytes, bytes);
			cr_expect_arr_eq(one.l.codes.bytes, many.l.codes.bytes,
					 bytes, "%s", one.what);
			bytes = vsx_codes_bytes(&one.l.codes, N);
			cr_expect_arr_eq(one.l.code, many.l.code, bytes, "%s",
					 one.what);
			release(&one);
			release(&many);
		}
}
