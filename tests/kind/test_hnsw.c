/* The rules of SPEC.md 5.5, on graphs in memory. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "kind/hnsw/hnsw.h"
#include "kind/hnsw/check.h"
#include "segment/scratch.h"
#include "kind/build.h"

#define DIM 24
#define K   10

static struct vsx_error err;

static enum vsx_status no_progress(struct vsx_job *job,
				   const struct vsx_phase *phase, uint64_t done,
				   uint64_t total, struct vsx_error *e)
{
	(void)job, (void)phase, (void)done, (void)total, (void)e;
	return VSX_OK;
}

static void no_note(struct vsx_job *job, const char *fmt, ...)
{
	(void)job, (void)fmt;
}

/* A graph over n rows, laid out as a segment. */
struct world {
	struct vsx_space space;
	uint8_t *rows; /* input order */
	uint8_t *vecs; /* segment order */
	uint32_t n;
	struct vsx_built built;
	struct vsx_segment seg;
	struct vsx_scratch scratch;
};

/* Rows in a few hundred clusters; `pattern` 1 makes all of them equal. */
static void make_rows(struct world *w, enum vsx_metric metric,
		      enum vsx_elem elem, uint32_t n, int pattern)
{
	struct vsx_rng rng = {77};

	vsx_space_init(&w->space, metric, elem, DIM, 0);
	w->n = n;
	w->rows = vsx_alloc(n, w->space.stride);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t centre = pattern ? 1 : vsx_rng_below(&rng, 50);
		float x[DIM];

		for (uint32_t d = 0; d < DIM; d++) {
			uint64_t c = vsx_random_at(5, centre, d) % 160;
			uint64_t noise = pattern ? 0 : vsx_rng_below(&rng, 60);

			x[d] = (float)(c + noise) - (elem == VSX_I8 ? 110 : 0);
		}
		cr_assert_eq(
			vsx_space_store(&w->space,
					w->rows + (size_t)i * w->space.stride,
					x, VSX_F32, false, &err),
			VSX_OK, "%s", err.text);
	}
}

static void build(struct world *w, uint32_t m, unsigned int threads,
		  struct vsx_built *out)
{
	struct vsx_rows rows = {.space = &w->space, .base = w->rows, .n = w->n};
	struct vsx_spec spec = {.kind = VSX_HNSW, .size = m};
	struct vsx_job job = {.seed = 9,
			      .n_threads = threads,
			      .ef_construction = 80,
			      .progress = no_progress,
			      .note = no_note};

	cr_assert_eq(vsx_kind_build_find(VSX_HNSW)->build(&job, &rows, &spec,
							  out, &err),
		     VSX_OK, "%s", err.text);
}

static void lay_out(struct world *w)
{
	size_t stride = w->space.stride;

	w->vecs = vsx_alloc(w->n, stride);
	for (uint32_t r = 0; r < w->n; r++)
		memcpy(w->vecs + r * stride,
		       w->rows + w->built.order[r] * stride, stride);
	w->seg = (struct vsx_segment){.kind = vsx_kind_find(VSX_HNSW),
				      .space = w->space,
				      .n_rows = w->n};
	memcpy(w->seg.params, w->built.params, sizeof(w->seg.params));
	w->seg.view[VSX_SEC_VECS].base = w->vecs;
	w->seg.view[VSX_SEC_VECS].bytes = w->n * stride;
	for (uint32_t i = 0; i < w->built.n_sections; i++) {
		struct vsx_view *v = &w->seg.view[w->built.section[i].slot];

		v->base = w->built.section[i].data;
		v->bytes = w->built.section[i].bytes;
	}
	cr_assert_eq(vsx_scratch_init(&w->scratch, DIM, &err), VSX_OK);
}

static void make_world(struct world *w, enum vsx_metric metric,
		       enum vsx_elem elem, uint32_t n, uint32_t m, int pattern)
{
	memset(w, 0, sizeof(*w));
	make_rows(w, metric, elem, n, pattern);
	build(w, m, 1, &w->built);
	lay_out(w);
	cr_assert_eq(vsx_segment_open(&w->seg, &err), VSX_OK, "%s", err.text);
}

static void free_world(struct world *w)
{
	vsx_scratch_release(&w->scratch);
	vsx_built_release(&w->built);
	vsx_segment_close(&w->seg);
	free(w->rows);
	free(w->vecs);
}

static uint32_t *links(struct world *w)
{
	return (uint32_t *)(uintptr_t)w->seg.view[VSX_SEC_LNK0].base;
}

static int count_finding(void *context, const struct vsx_error *finding)
{
	(void)finding;
	++*(int *)context;
	return 0;
}

static int count_findings(struct world *w)
{
	int n = 0;

	cr_assert_eq(vsx_segment_check(&w->seg, 2, count_finding, &n, &err),
		     VSX_OK);
	return n;
}

/* Search for a row of the input; returns how many were found. */
static size_t search(struct world *w, uint32_t row, uint32_t ef,
		     struct vsx_best best[K])
{
	struct vsx_find find = {.query = &w->scratch.query,
				.k = K,
				.effort = ef,
				.top = {best, 0, K},
				.scratch = &w->scratch};
	float x[DIM];

	vsx_space_load(&w->space, x, w->rows + (size_t)row * w->space.stride);
	cr_assert_eq(vsx_space_prepare(&w->space, &w->scratch.query, x, VSX_F32,
				       &err),
		     VSX_OK);
	cr_assert_eq(vsx_kind_find(VSX_HNSW)->search(&w->seg, &find, &err),
		     VSX_OK, "%s", err.text);
	vsx_topk_sort(&find.top);
	return find.top.n;
}

/* Share of the true K nearest that searches for 40 rows find. */
static double recall(struct world *w, uint32_t ef)
{
	uint32_t found = 0;

	for (uint32_t q = 0; q < 40; q++) {
		struct vsx_best best[K], all[K];
		struct vsx_topk top = {all, 0, K};

		cr_assert_eq(search(w, q * 7, ef, best), K);
		for (uint32_t r = 0; r < w->n; r++) {
			struct vsx_best b = {.id = r, .row = r};

			b.value = vsx_space_exact_value(
				&w->space, &w->scratch.query,
				w->vecs + (size_t)r * w->space.stride);
			vsx_topk_push(&top, b);
		}
		for (int i = 0; i < K; i++)
			for (int j = 0; j < K; j++)
				found += best[i].id == all[j].id;
	}
	return found / (40.0 * K);
}

Test(hnsw, finds_the_neighbours_under_every_metric_and_type)
{
	static const enum vsx_elem elems[] = {VSX_F32, VSX_F16, VSX_BF16,
					      VSX_I8, VSX_U8};

	for (enum vsx_metric m = VSX_L2; m <= VSX_COSINE; m++)
		for (int e = 0; e < 5; e++) {
			struct world w;

			make_world(&w, m, elems[e], 3000, 12, 0);
			/* Products have no triangle to walk along. */
			cr_expect_geq(recall(&w, 100),
				      m == VSX_IP ? 0.95 : 0.99,
				      "metric %d element %d: %g", (int)m,
				      (int)elems[e], recall(&w, 100));
			cr_expect_eq(count_findings(&w), 0);
			free_world(&w);
		}
}

Test(hnsw, ef_of_all_rows_finds_everything)
{
	struct world w;

	make_world(&w, VSX_L2, VSX_F32, 1500, 4, 0);
	cr_expect_float_eq(recall(&w, w.n), 1.0, 1e-12);
	free_world(&w);
}

Test(hnsw, is_the_same_graph_for_any_number_of_threads)
{
	static const unsigned int threads[] = {2, 8};
	struct world w;

	make_world(&w, VSX_L2, VSX_F32, 3000, 8, 0);
	for (int t = 0; t < 2; t++) {
		struct vsx_built other;

		build(&w, 8, threads[t], &other);
		cr_assert_eq(other.n_sections, w.built.n_sections);
		cr_expect_arr_eq(other.order, w.built.order, w.n * 4);
		for (uint32_t i = 0; i < other.n_sections; i++) {
			cr_assert_eq(other.section[i].bytes,
				     w.built.section[i].bytes);
			cr_expect_arr_eq(other.section[i].data,
					 w.built.section[i].data,
					 other.section[i].bytes);
		}
		vsx_built_release(&other);
	}
	free_world(&w);
}

Test(hnsw, holds_few_rows_and_equal_rows)
{
	for (uint32_t n = 1; n <= 40; n++) {
		struct vsx_best best[K];
		struct world w;

		make_world(&w, VSX_L2, VSX_F32, n, 2, 0);
		cr_expect_eq(count_findings(&w), 0, "%u rows", n);
		cr_expect_eq(search(&w, 0, 40, best), n < K ? n : K);
		free_world(&w);
		make_world(&w, VSX_L2, VSX_F32, n, 2, 1);
		cr_expect_eq(count_findings(&w), 0, "%u equal rows", n);
		free_world(&w);
	}
}

Test(hnsw, reaches_every_one_of_many_equal_rows)
{
	struct world w;

	make_world(&w, VSX_L2, VSX_U8, 2000, 4, 1);
	cr_expect_eq(count_findings(&w), 0);
	free_world(&w);
}

Test(hnsw, passes_over_a_held_out_row)
{
	struct vsx_best best[K];
	struct world w;

	make_world(&w, VSX_L2, VSX_F32, 500, 8, 0);
	for (uint32_t id = 0; id < 50; id++) {
		struct vsx_find find = {.query = &w.scratch.query,
					.k = K,
					.effort = 50,
					.top = {best, 0, K},
					.scratch = &w.scratch,
					.skip_self = true,
					.held_out = true,
					.self = id};

		vsx_space_row_query(&w.space, &w.scratch.query,
				    w.vecs + (size_t)id * w.space.stride);
		cr_assert_eq(
			vsx_kind_find(VSX_HNSW)->search(&w.seg, &find, &err),
			VSX_OK);
		cr_expect_eq(find.top.n, K);
		for (size_t i = 0; i < find.top.n; i++)
			cr_expect_neq(best[i].id, id);
	}
	free_world(&w);
}

/*
 * A graph by hand. The base level leads from row 0 to 1, from there to 2, and
 * on to 3; rows 0 and 1 are on the upper level, where 0 leads to 1.
 */
struct small {
	struct vsx_segment seg;
	struct vsx_scratch scratch;
	float vecs[4][2];
	uint32_t lnk0[4][4], lnku[2][2];
	vsx_le32 levels[2];
};

static void show(struct small *s, enum vsx_section_slot slot, const void *data,
		 uint64_t bytes)
{
	s->seg.view[slot] = (struct vsx_view){data, bytes, NULL};
}

static void make_small(struct small *s)
{
	memset(s, 0, sizeof(*s));
	memset(s->lnk0, 0xff, sizeof(s->lnk0));
	memset(s->lnku, 0xff, sizeof(s->lnku));
	for (uint32_t i = 0; i < 4; i++) {
		s->vecs[i][0] = (float)i;
		if (i < 3)
			s->lnk0[i][0] = i + 1;
	}
	s->lnku[0][0] = 1;
	vsx_put32(&s->levels[0], 4);
	vsx_put32(&s->levels[1], 2);
	s->seg.kind = vsx_kind_find(VSX_HNSW);
	s->seg.n_rows = 4;
	s->seg.params[VSX_HNSW_M] = 2;
	s->seg.params[VSX_HNSW_EF_CONSTRUCTION] = 10;
	s->seg.params[VSX_HNSW_LEVELS] = 2;
	vsx_space_init(&s->seg.space, VSX_L2, VSX_F32, 2, 8);
	show(s, VSX_SEC_VECS, s->vecs, sizeof(s->vecs));
	show(s, VSX_SEC_LNK0, s->lnk0, sizeof(s->lnk0));
	show(s, VSX_SEC_LNKU, s->lnku, sizeof(s->lnku));
	show(s, VSX_SEC_LEVL, s->levels, sizeof(s->levels));
	cr_assert_eq(vsx_segment_open(&s->seg, &err), VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_scratch_init(&s->scratch, 2, &err), VSX_OK);
}

static void free_small(struct small *s)
{
	vsx_scratch_release(&s->scratch);
	vsx_segment_close(&s->seg);
}

/* Search for row 3, held out or not `self`; the ids that were found, as bits.
 */
static enum vsx_status search_small(struct small *s, uint64_t self, bool holds,
				    unsigned int *found)
{
	struct vsx_best best[4];
	struct vsx_find find = {.query = &s->scratch.query,
				.k = 4,
				.effort = 4,
				.top = {best, 0, 4},
				.scratch = &s->scratch,
				.skip_self = holds,
				.held_out = holds,
				.self = self};

	vsx_space_row_query(&s->seg.space, &s->scratch.query,
			    (const uint8_t *)s->vecs[3]);
	VSX_TRY(vsx_kind_find(VSX_HNSW)->search(&s->seg, &find, &err));
	*found = 0;
	for (size_t i = 0; i < find.top.n; i++)
		*found |= 1u << best[i].id;
	return VSX_OK;
}

/* As if it had not been indexed: it leads nowhere, on no level. */
Test(hnsw, a_held_out_row_is_no_way_to_others)
{
	unsigned int found;
	struct small s;

	make_small(&s);
	cr_assert_eq(search_small(&s, 0, false, &found), VSX_OK);
	cr_expect_eq(found, 0xf);
	cr_assert_eq(search_small(&s, 2, true, &found), VSX_OK);
	cr_expect_eq(found, 0x3, "by the base level: %x", found);
	s.lnk0[0][0] = VSX_HNSW_NO_LINK;
	cr_assert_eq(search_small(&s, 1, true, &found), VSX_OK);
	cr_expect_eq(found, 0x1, "by the upper level: %x", found);
	free_small(&s);
}

/* A graph from elsewhere begins where it likes. */
Test(hnsw, enters_where_the_file_says)
{
	unsigned int found;
	struct small s;

	make_small(&s);
	s.seg.params[VSX_HNSW_ENTRY] = 1;
	s.lnk0[2][0] = VSX_HNSW_NO_LINK;
	cr_assert_eq(search_small(&s, 0, false, &found), VSX_OK);
	cr_expect_eq(found, 0x6, "row 0 leads to it, not back: %x", found);
	s.lnk0[1][0] = 0;
	s.lnk0[0][0] = 2;
	cr_assert_eq(search_small(&s, 0, false, &found), VSX_OK);
	cr_expect_eq(found, 0x7, "now it does: %x", found);
	cr_assert_eq(search_small(&s, 0, true, &found), VSX_OK);
	cr_expect_eq(found, 0x2, "row 0 is as any other: %x", found);
	cr_assert_eq(search_small(&s, 1, true, &found), VSX_OK);
	cr_expect_eq(found, 0x5, "the entry point leads on: %x", found);
	free_small(&s);
}

/* The first row that is not there, not only numbers far out. */
Test(hnsw, search_refuses_a_link_to_the_row_behind_the_last)
{
	unsigned int found;
	struct small s;

	make_small(&s);
	s.lnk0[1][0] = 4;
	cr_expect_eq(search_small(&s, 0, false, &found), VSX_ECORRUPT);
	cr_expect_str_eq(err.text, "row 1 links to row 4 of 4");
	free_small(&s);
	/* Row 2 is there, but not on this level. */
	make_small(&s);
	s.lnku[0][0] = 2;
	cr_expect_eq(search_small(&s, 0, false, &found), VSX_ECORRUPT);
	cr_expect_str_eq(err.text, "row 0 links to row 2 of 2");
	free_small(&s);
}

static int keep_finding(void *context, const struct vsx_error *finding)
{
	struct vsx_error *first = context;

	if (!first->text[0])
		*first = *finding;
	return 0;
}

static void expect_finding(struct small *s, const char *due)
{
	struct vsx_error first = {0};

	cr_assert_eq(vsx_kind_find(VSX_HNSW)->check(&s->seg, 2, keep_finding,
						    &first, &err),
		     VSX_OK);
	cr_expect_str_eq(first.text, due);
}

Test(hnsw, check_finds_a_link_to_the_row_behind_the_last)
{
	struct small s;

	make_small(&s);
	expect_finding(&s, "");
	s.lnk0[3][0] = 4;
	expect_finding(&s, "level 0, row 3: links to row 4 of 4");
	free_small(&s);
	make_small(&s);
	s.lnku[1][0] = 2;
	expect_finding(&s, "level 1, row 1: links to row 2 of 2");
	free_small(&s);
}

/* Nothing is written for a row that is not there. */
Test(hnsw, what_can_be_reached_is_among_the_rows)
{
	static const uint32_t graph[3] = {1, 2, 0};
	uint8_t reached[3] = {0};
	uint32_t queue[3] = {7, 7, 7};

	/* Of two rows: row 1 leads to the one behind the last. */
	cr_expect_eq(vsx_hnsw_reach(graph, 1, 2, 0, reached, queue), 2);
	cr_expect_eq(reached[0] + reached[1], 2);
	cr_expect_eq(reached[2], 0);
	cr_expect_eq(queue[2], 7);
}

Test(hnsw, check_finds_each_broken_rule)
{
	uint32_t degree = 2 * 4;
	struct world w;
	uint32_t *l, kept;

	make_world(&w, VSX_L2, VSX_F32, 300, 4, 0);
	l = links(&w);
	cr_assert_eq(count_findings(&w), 0);

	kept = l[0];
	l[0] = w.n; /* out of range */
	cr_expect_geq(count_findings(&w), 1);
	l[0] = 0; /* row 0 to itself */
	cr_expect_geq(count_findings(&w), 1);
	l[0] = l[1]; /* twice the same */
	cr_expect_geq(count_findings(&w), 1);
	l[0] = VSX_HNSW_NO_LINK; /* a hole before used links */
	cr_expect_geq(count_findings(&w), 1);
	l[0] = kept;
	cr_assert_eq(count_findings(&w), 0);

	/* Row 0 without links reaches nothing. */
	memset(l, 0xff, degree * 4);
	cr_expect_geq(count_findings(&w), 299);
	free_world(&w);
}

Test(hnsw, search_refuses_a_link_out_of_range)
{
	static uint8_t dead[(300 + 7) / 8];
	struct vsx_best best[K];
	struct world w;
	struct vsx_find find = {.k = K, .effort = 20, .top = {best, 0, K}};

	make_world(&w, VSX_L2, VSX_F32, 300, 4, 0);
	links(&w)[1] = 1u << 30;
	find.query = &w.scratch.query;
	find.scratch = &w.scratch;
	vsx_space_row_query(&w.space, &w.scratch.query, w.vecs);
	cr_expect_eq(vsx_kind_find(VSX_HNSW)->search(&w.seg, &find, &err),
		     VSX_ECORRUPT);
	cr_expect_str_eq(err.text, "row 0 links to row 1073741824 of 300");
	/* The same where some rows are deleted. */
	memset(dead, 2, sizeof(dead) - 1);
	w.seg.dead = dead;
	w.seg.n_dead = sizeof(dead) - 1;
	find.eligible.seg = NULL;
	cr_expect_eq(vsx_kind_find(VSX_HNSW)->search(&w.seg, &find, &err),
		     VSX_ECORRUPT);
	cr_expect_str_eq(err.text, "row 0 links to row 1073741824 of 300");
	free_world(&w);
}

/* Open a segment with one thing changed; it must be refused. */
static void refuses(struct world *w, const char *what)
{
	cr_expect_eq(vsx_segment_open(&w->seg, &err), VSX_ECORRUPT, "%s", what);
}

Test(hnsw, open_refuses_what_does_not_fit)
{
	struct vsx_segment good;
	struct world w;
	uint32_t *levels, kept;

	make_world(&w, VSX_L2, VSX_F32, 900, 4, 0);
	cr_assert_gt(vsx_hnsw_of(&w.seg)->n_levels, 2);
	good = w.seg;

	w.seg.params[VSX_HNSW_M] = 1;
	refuses(&w, "M below 2");
	w.seg.params[VSX_HNSW_M] = VSX_HNSW_MAX_M + 1;
	refuses(&w, "M above the most");
	w.seg.params[VSX_HNSW_M] = 5;
	refuses(&w, "another M than the links have");
	w.seg = good;
	w.seg.params[VSX_HNSW_LEVELS] = 0;
	refuses(&w, "no level");
	w.seg.params[VSX_HNSW_LEVELS] = VSX_MAX_LEVELS + 1;
	refuses(&w, "too many levels");
	w.seg = good;
	w.seg.params[VSX_HNSW_ENTRY] =
		vsx_hnsw_of(&w.seg)
			->level_rows[good.params[VSX_HNSW_LEVELS] - 1];
	refuses(&w, "an entry point below the top level");
	w.seg = good;
	w.seg.view[VSX_SEC_LNK0].bytes -= 4;
	refuses(&w, "short LNK0");
	w.seg = good;
	w.seg.view[VSX_SEC_LNKU].bytes += 4;
	refuses(&w, "long LNKU");
	w.seg = good;
	w.seg.view[VSX_SEC_LEVL].bytes -= 4;
	refuses(&w, "short LEVL");
	w.seg = good;
	w.seg.view[VSX_SEC_VECS].bytes -= 4;
	refuses(&w, "short VECS");
	w.seg = good;

	levels = (uint32_t *)(uintptr_t)w.seg.view[VSX_SEC_LEVL].base;
	kept = levels[1];
	levels[1] = w.n + 1;
	refuses(&w, "a level larger than the one below");
	levels[1] = 0;
	refuses(&w, "an empty level");
	levels[1] = kept;
	cr_expect_eq(vsx_segment_open(&w.seg, &err), VSX_OK, "%s", err.text);
	free_world(&w);
}

static char told[4096];

static int keep_text(void *context, const struct vsx_error *finding)
{
	(void)context;
	strncat(told, finding->text, sizeof(told) - strlen(told) - 2);
	return strcat(told, "\n") == NULL;
}

/* The one row that nothing links to, and no other. */
Test(hnsw, check_names_the_row_that_cannot_be_reached)
{
	static const uint32_t lost[] = {1, 150, 299};
	struct world w;
	uint32_t *l, degree;

	make_world(&w, VSX_L2, VSX_F32, 300, 8, 0);
	degree = 2 * w.seg.params[VSX_HNSW_M];
	l = (uint32_t *)(uintptr_t)w.seg.view[VSX_SEC_LNK0].base;
	for (size_t i = 0; i < sizeof(lost) / sizeof(*lost); i++) {
		char due[80];
		uint32_t *was = vsx_alloc(300, degree * 4);

		memcpy(was, l, (size_t)300 * degree * 4);
		for (uint32_t at = 0; at < 300 * degree; at++) {
			uint32_t last = at - at % degree + degree - 1;

			if (l[at] != lost[i])
				continue;
			/* The links behind it move up. */
			memmove(l + at, l + at + 1, (last - at) * 4);
			l[last] = UINT32_MAX;
		}
		told[0] = '\0';
		cr_assert_eq(vsx_hnsw_check(&w.seg, 2, keep_text, NULL, &err),
			     VSX_OK);
		snprintf(due, sizeof(due),
			 "row %u cannot be reached from the entry point\n",
			 lost[i]);
		cr_expect_str_eq(told, due);
		memcpy(l, was, (size_t)300 * degree * 4);
		free(was);
	}
	free_world(&w);
}

Test(hnsw, opens_with_any_ef_construction_that_there_is)
{
	struct world w;

	make_world(&w, VSX_L2, VSX_F32, 100, 4, 0);
	for (int i = 0; i < 4; i++) {
		static const uint32_t efs[] = {0, 1, 65536, 65537};

		w.seg.params[VSX_HNSW_EF_CONSTRUCTION] = efs[i];
		cr_expect_eq(vsx_segment_open(&w.seg, &err),
			     i == 1 || i == 2 ? VSX_OK : VSX_ECORRUPT, "%u",
			     efs[i]);
	}
	free_world(&w);
}

/* A query that is a row of the file is found by its id: by what the file says
 * of ids, which may be wrong. */
Test(hnsw, a_row_that_cannot_be_held_out_is_told)
{
	struct vsx_best best[3];
	struct vsx_find find = {.k = 3, .effort = 8, .held_out = true};
	static uint32_t ids[300], order[300];
	float q[DIM] = {1};
	struct world w;

	make_world(&w, VSX_L2, VSX_F32, 300, 8, 0);
	for (uint32_t i = 0; i < 300; i++) {
		ids[i] = 1000 + i;
		order[i] = i;
	}
	w.seg.view[VSX_SEC_ROID] =
		(struct vsx_view){(uint8_t *)ids, sizeof(ids), NULL};
	w.seg.view[VSX_SEC_IDRO] =
		(struct vsx_view){(uint8_t *)order, sizeof(order), NULL};
	cr_assert_eq(vsx_segment_open(&w.seg, &err), VSX_OK, "%s", err.text);
	cr_assert_eq(
		vsx_space_prepare(&w.space, &w.scratch.query, q, VSX_F32, &err),
		VSX_OK);
	find.query = &w.scratch.query;
	find.scratch = &w.scratch;
	find.skip_self = true;
	find.self = 1007;
	for (int broken = 0; broken < 2; broken++) {
		find.top = (struct vsx_topk){best, 0, 3};
		if (broken)
			memset(order, 0xff, sizeof(order));
		cr_expect_eq(w.seg.kind->search(&w.seg, &find, &err),
			     broken ? VSX_ECORRUPT : VSX_OK, "%s", err.text);
	}
	free_world(&w);
}
