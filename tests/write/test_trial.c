/* "auto": what it chooses among, what a trial says of it, and within how many
 * bytes. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "kind/build_spec.h"
#include "scratch_folder.h"
#include "write/trial.h"

TestSuite(trial, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

/* More rows than a scan is taken for. */
#define N 20800

static struct vsx_error err;

static struct vsx_build_opts options(uint32_t dim)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;

	opts.dim = dim;
	opts.n_threads = 2;
	opts.memory = UINT64_C(1) << 30;
	opts.n_test_queries = 20;
	opts.force = 1;
	return opts;
}

/* ---- rows -------------------------------------------------------------- */

static float noise(uint64_t i)
{
	float sum = 0.0f;

	for (uint64_t j = 0; j < 4; j++)
		sum += (float)vsx_to_unit(vsx_random_at(7, 1, i * 4 + j));
	return sum - 2.0f;
}

/* Component d of row i: around one of 50 centres, or without structure where
   there are none; no whole number. */
static float *make(uint32_t dim, bool clustered)
{
	float *rows = malloc((size_t)N * dim * sizeof(*rows));

	cr_assert(rows);
	for (uint64_t i = 0; i < N; i++)
		for (uint32_t d = 0; d < dim; d++) {
			float x = noise(i * dim + d) * (clustered ? 10 : 40);

			if (clustered)
				x += noise(UINT64_C(1) << 40 |
					   ((i % 50) * dim + d)) *
				     40;
			x = x < -120 ? -120 : x > 120 ? 120 : x;
			rows[i * dim + d] = (float)(int)(x + 125) + 0.25f;
		}
	return rows;
}

/* ---- what was told ----------------------------------------------------- */

struct told {
	uint32_t n_events, n;
	struct vsx_tried tried[32];
	char text[256], note[512];
};

static int hear(void *context, const struct vsx_build_event *event)
{
	struct told *t = context;

	if (event->what == VSX_BUILD_NOTE && strstr(event->text, "chosen"))
		snprintf(t->note, sizeof(t->note), "%s", event->text);
	if (event->what != VSX_BUILD_TRIED)
		return 0;
	t->n_events++;
	t->n = event->n_tried;
	memcpy(t->tried, event->tried, t->n * sizeof(*t->tried));
	snprintf(t->text, sizeof(t->text), "%s", event->text);
	return 0;
}

/* The choice alone, without the build. */
static void choose(struct vsx_build_opts opts, const float *rows, size_t n,
		   const float *queries, struct told *told, char spec[64])
{
	struct vsx_new_segment of = {0};
	struct vsx_builder *b;
	struct vsx_choice c;
	enum vsx_status status;

	memset(told, 0, sizeof(*told));
	opts.report = hear;
	opts.context = told;
	cr_assert_eq(vsx_builder_new(&b, scratch_path("x"), &opts, &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(
		vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, n, NULL), &err),
		VSX_OK, "%s", err.text);
	if (queries)
		cr_assert_eq(vsx_builder_queries(b, queries, VSX_F32, 50, &err),
			     VSX_OK, "%s", err.text);
	of.job = &b->job;
	of.rows = vsx_spool_view(&b->intake.spool);
	status = vsx_options_choose(&c, &b->opts, n, vsx_trial_fits_f16(b),
				    &err);
	if (status == VSX_OK)
		status = vsx_trial_choose(b, &of, &c, vsx_trial_fits_f16(b),
					  &err);
	cr_assert_eq(status, VSX_OK, "%s", err.text);
	vsx_spec_text(&c.spec, spec, 64);
	vsx_builder_free(b);
}

static const struct vsx_tried *find(const struct told *t, const char *spec)
{
	for (uint32_t i = 0; i < t->n; i++)
		if (strcmp(t->tried[i].spec, spec) == 0)
			return &t->tried[i];
	return NULL;
}

static void expect_table(const struct told *t, const char *spec)
{
	cr_assert_eq(t->n_events, 1);
	cr_assert_gt(t->n, 2);
	for (uint32_t i = 0; i < t->n; i++) {
		const struct vsx_tried *x = &t->tried[i];

		cr_expect_eq(x->is_chosen, i == 0);
		cr_expect_gt(x->row_bytes, 0);
		cr_expect_gt(x->cost, 0.0);
		cr_expect_gt(x->seconds, 0.0);
		cr_expect(x->recall_at_10 > 0.0 && x->recall_at_10 <= 1.0);
		if (i > 1 && x->recall_at_10 >= 0.95)
			cr_expect_geq(x->cost, t->tried[i - 1].cost);
	}
	cr_expect_str_eq(t->tried[0].spec, spec);
}

/* ---- a trial ----------------------------------------------------------- */

/* The same table but for the time, for any number of threads and any memory
   that a graph has room in. */
Test(trial, says_the_same_everywhere)
{
	struct vsx_build_opts opts = options(24);
	float *rows = make(24, true);
	struct told a, b;
	char x[64], y[64];

	choose(opts, rows, N, NULL, &a, x);
	expect_table(&a, x);
	/* More is asked of a third of the rows than of all of them. */
	cr_expect(strstr(a.text, " 6933 of 20800 rows"), "%s", a.text);
	cr_expect(strstr(a.text, " of 0.95, 0.9711 on so few"), "%s", a.text);
	cr_expect_geq(a.tried[0].recall_at_10, 0.9711);
	opts.n_threads = 1;
	opts.memory = 1 << 20;
	choose(opts, rows, N, NULL, &b, y);
	cr_expect_str_eq(x, y);
	cr_assert_eq(a.n, b.n);
	for (uint32_t i = 0; i < a.n; i++) {
		cr_expect_str_eq(a.tried[i].spec, b.tried[i].spec);
		cr_expect_eq(a.tried[i].cost, b.tried[i].cost);
		cr_expect_eq(a.tried[i].effort, b.tried[i].effort);
		cr_expect_eq(a.tried[i].recall_at_10, b.tried[i].recall_at_10);
	}
	free(rows);
}

/* Each kind of rows has layouts of its own. */
Test(trial, tries_what_rows_can_have)
{
	static const struct {
		uint32_t dim;
		enum vsx_metric metric;
		enum vsx_elem elem;
		const char *has, *has_not;
	} cases[] = {
		{4, VSX_L2, VSX_F32, "HNSW32", "HNSW32,SQ8,G8"},
		{24, VSX_COSINE, VSX_F32, "HNSW32,SQ8,G16", "HNSW32,G16"},
		{64, VSX_L2, VSX_F16, "HNSW32,SQ8,G32", "HNSW32"},
		{64, VSX_L2, VSX_BF16, "HNSW16,SQ8,G16", "HNSW16"},
		{24, VSX_L2, VSX_U8, "HNSW32,G16", "HNSW32,SQ8"},
		{24, VSX_COSINE, VSX_U8, "HNSW32,SQ8,G16", "HNSW32,G16"},
		{24, VSX_IP, VSX_U8, "HNSW16", "HNSW16,G16"},
		{40, VSX_IP, VSX_F32, "HNSW16,SQ8", "HNSW16,SQ8,G16"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vsx_build_opts opts = options(cases[i].dim);
		struct vsx_build_plan plan;
		char text[420], want[64];

		opts.metric = cases[i].metric;
		opts.elem = cases[i].elem;
		cr_assert_eq(vsx_build_plan(&opts, 300000, &plan, &err), VSX_OK,
			     "%s", err.text);
		snprintf(text, sizeof(text), " %s ", plan.tried);
		snprintf(want, sizeof(want), " %s ", cases[i].has);
		cr_expect(strstr(text, want), "case %zu: %s", i, text);
		snprintf(want, sizeof(want), " %s ", cases[i].has_not);
		cr_expect_not(strstr(text, want), "case %zu: %s", i, text);
		cr_expect(strstr(text, " IVF2048,Flat "), "%s", text);
		cr_expect_eq(plan.trial_rows, 20000);
		cr_expect_gt(plan.trial_seconds, 0.0);
		cr_expect_lt(plan.trial_seconds, 0.3 * plan.build_seconds);
	}
}

Test(trial, is_left_out)
{
	static const struct {
		uint64_t n;
		uint32_t dim;
		uint64_t memory;
		double recall;
		const char *spec, *kind;
	} cases[] = {
		{20000, 16, 1 << 30, 0.95, "auto", "Flat"},
		{300000, 16, 1 << 30, 1.0, "auto", "Flat"},
		{300000, 16, 1 << 30, 0.95, "HNSW16", "HNSW16"},
		{12000, 2000, 1 << 30, 0.95, "auto", "HNSW16,SQ8"},
		{100000, 20000, UINT64_C(1) << 40, 0.95, "auto", "HNSW16,SQ8"},
		{0, 16, 1 << 30, 0.95, "auto", "Flat"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vsx_build_opts opts = options(cases[i].dim);
		struct vsx_build_plan plan;

		opts.memory = cases[i].memory;
		opts.target_recall = cases[i].recall;
		opts.spec = cases[i].spec;
		cr_assert_eq(vsx_build_plan(&opts, cases[i].n, &plan, &err),
			     VSX_OK, "%s", err.text);
		cr_expect_eq(plan.trial_rows, 0, "case %zu", i);
		cr_expect_str_eq(plan.tried, "");
		cr_expect_str_eq(plan.spec, cases[i].kind);
	}
}

/* More links, where codes of them can tell most of them apart: of enough rows
 * that one graph more leaves a sample that says something. */
Test(trial, tries_many_links_with_codes_alone)
{
	struct vsx_build_opts opts = options(128);
	struct vsx_build_plan plan;

	cr_assert_eq(vsx_build_plan(&opts, 100000, &plan, &err), VSX_OK);
	cr_expect(strstr(plan.tried, "HNSW48,SQ8,G16"), "%s", plan.tried);
	cr_expect(strstr(plan.tried, "HNSW48,SQ8,G32"), "%s", plan.tried);
	cr_expect_not(strstr(plan.tried, "HNSW48,SQ8 "), "%s", plan.tried);
	cr_assert_eq(vsx_build_plan(&opts, 23999, &plan, &err), VSX_OK);
	cr_expect_gt(plan.trial_rows, 0);
	cr_expect_not(strstr(plan.tried, "HNSW48"), "%s", plan.tried);
	opts.metric = VSX_IP;
	cr_assert_eq(vsx_build_plan(&opts, 100000, &plan, &err), VSX_OK);
	cr_expect_not(strstr(plan.tried, "HNSW48"), "%s", plan.tried);
}

/* Graphs that memory has no room for are not tried. */
Test(trial, keeps_within_memory)
{
	struct vsx_build_opts opts = options(128);
	struct vsx_build_plan plan;

	opts.memory = UINT64_C(900) << 20;
	cr_assert_eq(vsx_build_plan(&opts, 1000000, &plan, &err), VSX_OK);
	cr_expect(strstr(plan.tried, "HNSW16,SQ8 "), "%s", plan.tried);
	cr_expect_not(strstr(plan.tried, "HNSW32,SQ8,G32"), "%s", plan.tried);
	opts.memory = UINT64_C(300) << 20;
	cr_assert_eq(vsx_build_plan(&opts, 1000000, &plan, &err), VSX_OK);
	cr_expect_not(strstr(plan.tried, "HNSW"), "%s", plan.tried);
}

/* Given queries are what recall is measured on. */
Test(trial, asks_the_given_queries)
{
	struct vsx_build_opts opts = options(8);
	float *rows = make(8, true);
	struct told own, given;
	float queries[50][8];
	char a[64], b[64];

	for (size_t i = 0; i < 50; i++)
		for (size_t d = 0; d < 8; d++)
			queries[i][d] = (float)(i * 5 + d * 37 % 100);
	choose(opts, rows, N, NULL, &own, a);
	choose(opts, rows, N, &queries[0][0], &given, b);
	expect_table(&given, b);
	cr_assert(find(&own, "HNSW16") && find(&given, "HNSW16"));
	cr_expect_neq(find(&own, "HNSW16")->cost, find(&given, "HNSW16")->cost);
	free(rows);
}

/* Rows that are whole numbers are kept as bytes, and tried as such. */
Test(trial, tries_whole_numbers_as_they_are_kept)
{
	struct vsx_build_opts opts = options(16);
	float *rows = make(16, true);
	struct told told;
	char spec[64];

	for (size_t i = 0; i < (size_t)N * 16; i++)
		rows[i] -= 0.25f;
	choose(opts, rows, N, NULL, &told, spec);
	expect_table(&told, spec);
	cr_expect(find(&told, "HNSW32,G16"));
	cr_expect_not(find(&told, "HNSW16,SQ8"));
	free(rows);
}

static void look(struct vsx_build_opts opts, const float *rows,
		 struct vsx_build_result *r, uint8_t **bytes, size_t *n)
{
	struct vsx_builder *b;
	FILE *f;

	cr_assert_eq(vsx_builder_new(&b, scratch_path("x"), &opts, &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(
		vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, N, NULL), &err),
		VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_builder_finish(b, r, &err), VSX_OK, "%s", err.text);
	vsx_builder_free(b);
	*n = r->file_bytes;
	*bytes = malloc(*n);
	f = fopen(scratch_path("x"), "rb");
	cr_assert(f && *bytes && fread(*bytes, 1, *n, f) == *n);
	fclose(f);
}

/* What is added is built as what a trial chose, not as a rule would. */
static void expect_follows(const float *rows)
{
	struct vsx_segment_facts base, added;
	struct vsx_update *u;
	struct vsx *index;
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	static uint64_t ids[N];

	opts.keep_segments = 1;
	for (uint64_t i = 0; i < N; i++)
		ids[i] = N + i;
	cr_assert_eq(vsx_update_begin(&u, scratch_path("x"), &opts, &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_update_add(u, VSX_BATCH(rows, VSX_F32, N, ids), &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_update_commit(u, NULL, &err), VSX_OK, "%s", err.text);
	vsx_update_free(u);
	cr_assert_eq(vsx_open(&index, scratch_path("x"), NULL, &err), VSX_OK);
	cr_assert_eq(vsx_get_segment(index, 0, &base, &err), VSX_OK);
	cr_assert_eq(vsx_get_segment(index, 1, &added, &err), VSX_OK);
	cr_expect_str_eq(added.kind, base.kind);
	cr_expect_str_eq(added.codes, base.codes);
	cr_expect_eq(added.parameters[0].value, base.parameters[0].value);
	vsx_close(index);
}

/* The whole file, by one thread and little memory or by two and much. */
Test(trial, gives_the_same_bytes)
{
	struct vsx_build_opts opts = options(8);
	float *rows = make(8, false);
	struct vsx_build_result r;
	uint8_t *a, *b;
	size_t n, m;

	look(opts, rows, &r, &a, &n);
	opts.n_threads = 1;
	opts.memory = 1 << 20;
	look(opts, rows, &r, &b, &m);
	cr_assert_eq(n, m);
	cr_expect_eq(memcmp(a, b, n), 0);
	expect_follows(rows);
	free(a);
	free(b);
	free(rows);
}

/* ---- bytes ------------------------------------------------------------- */

static void plan_within(uint64_t n, uint32_t dim, uint32_t most,
			struct vsx_build_plan *plan)
{
	struct vsx_build_opts opts = options(dim);

	opts.memory = UINT64_C(64) << 30;
	opts.max_bytes_per_row = most;
	cr_assert_eq(vsx_build_plan(&opts, n, plan, &err), VSX_OK, "%s",
		     err.text);
	cr_expect_leq(plan->file_bytes, n * most + 4096);
}

/* Less and less is kept of rows, as far as is needed. */
Test(trial, keeps_less_of_rows_for_want_of_bytes)
{
	struct vsx_build_plan plan;

	plan_within(300000, 128, 660, &plan); /* what hnswlib takes */
	cr_expect(strstr(plan.tried, "HNSW16,SQ8,G16,NoRefine"), "%s",
		  plan.tried);
	cr_expect(strstr(plan.tried, "HNSW16,SQ8,Refine(FP16)"), "%s",
		  plan.tried);
	plan_within(300000, 50, 348, &plan);
	cr_expect(strstr(plan.tried, "HNSW16,SQ8,Refine(FP16)"), "%s",
		  plan.tried);
	/* 0.8 of SymphonyQG's file with 32 links, 0.6 of it. */
	for (uint32_t dim = 768; dim <= 4096; dim += 256) {
		uint32_t peer = 4 * dim + 32 * (dim / 8 + 12);

		plan_within(100000, dim, peer * 8 / 10, &plan);
		cr_expect(strstr(plan.tried, "HNSW32,SQ8,G24 "), "%u: %s", dim,
			  plan.tried);
		plan_within(100000, dim, peer * 6 / 10, &plan);
		cr_expect(strstr(plan.tried, "HNSW32,SQ8,G24,Refine(FP16) "),
			  "%u: %s", dim, plan.tried);
	}
	plan_within(100000, 784, 900, &plan);
	cr_expect_not(strstr(plan.tried, "FP16"), "%s", plan.tried);
	plan_within(1000, 64, 140, &plan); /* few rows: no trial */
	cr_expect_str_eq(plan.spec, "SQ8,NoRefine");
	cr_expect_eq(plan.trial_rows, 0);
}

static void refused(struct vsx_build_opts opts, uint64_t n, const char *text)
{
	struct vsx_build_plan plan;

	cr_assert_eq(vsx_build_plan(&opts, n, &plan, &err), VSX_EINVAL,
		     "%s: %s", text, plan.spec);
	cr_expect(strstr(err.text, text), "%s", err.text);
}

Test(trial, says_the_least_that_is_possible)
{
	struct vsx_build_opts opts = options(128);

	opts.max_bytes_per_row = 40;
	refused(opts, 100000,
		"40 bytes a row are allowed, but the least for "
		"100000 rows of 128 f32 is ");
	cr_expect(strstr(err.text, "(SQ4,NoRefine)"), "%s", err.text);
	opts.max_bytes_per_row = 512;
	opts.target_recall = 1.0;
	refused(opts, 100000, " and a recall of 1 is ");
	opts.target_recall = 0.95;
	opts.spec = "HNSW16";
	opts.max_bytes_per_row = 600;
	refused(opts, 100000, "index 'HNSW16' takes ");
}

/* Rows become f16 at the end, and that is what was asked for. */
Test(trial, builds_within_its_bytes)
{
	struct vsx_build_opts opts = options(8);
	float *rows = make(8, false);
	struct vsx_build_result r;
	struct vsx_facts facts;
	struct vsx *index;
	uint8_t *bytes;
	size_t n;

	opts.max_bytes_per_row = 100;
	look(opts, rows, &r, &bytes, &n);
	cr_expect_leq(n, 100 * (size_t)N + 4096);
	cr_assert_eq(vsx_open(&index, scratch_path("x"), NULL, &err), VSX_OK,
		     "%s", err.text);
	vsx_get_facts(index, &facts);
	cr_expect_str_eq(facts.asked, r.spec);
	cr_expect_eq(facts.elem == VSX_F16, strstr(r.spec, "FP16") != NULL,
		     "%s", r.spec);
	vsx_close(index);
	free(bytes);
	free(rows);
}
