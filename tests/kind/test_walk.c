/*
 * The search of a graph is the one of the paper (algorithm 2), held here
 * against its plainest form: the rows that are found, and how many were
 * compared on the way. Deleted rows do not
 * count, and lead to rows that do.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "segment/dead.h"
#include "kind/hnsw/hnsw.h"
#include "kind/hnsw/check.h"
#include "kind/laid_out.h"
#include "kind/seeded.h"

TestSuite(walk, .timeout = 120);

enum { N = 700, DIM = 12, M = 4, MOST_EF = 120 };

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

static uint8_t dead_bits[(N + 7) / 8];

static void make(struct laid_out *l, struct seeded *s, enum vsx_elem elem)
{
	struct vsx_job job = {.seed = 9,
			      .n_threads = 1,
			      .ef_construction = 40,
			      .progress = no_progress,
			      .note = no_note};

	memset(l, 0, sizeof(*l));
	seeded_init(s, VSX_L2, elem, N, DIM);
	cr_assert_eq(lay_build(l, &job, &s->rows, VSX_HNSW, M, &err), VSX_OK,
		     "%s", err.text);
	cr_assert_eq(lay_out(l, &job, &s->rows, false, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_gt(vsx_hnsw_of(&l->seg)->n_levels, 1);
}

/* ---- the plain form ---------------------------------------------------- */

struct plain {
	const struct vsx_segment *seg;
	const struct vsx_query *query;
	bool met[N];
	uint64_t pool[N + 1]; /* rising; key << 32 | row << 1 | expanded */
	size_t n;
	uint64_t n_distances;
};

static uint64_t entry_of(struct plain *p, uint32_t row)
{
	uint32_t key;

	vsx_space_keys(&p->seg->space, p->query,
		       p->seg->view[VSX_SEC_VECS].base, &row, 1, &key);
	p->n_distances++;
	return vsx_pool_entry(key, row);
}

static int by_entry(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Behind the ef-th row that is not deleted nothing is kept. */
static void put(struct plain *p, uint64_t entry, size_t ef)
{
	size_t live = 0, i;

	p->pool[p->n++] = entry;
	qsort(p->pool, p->n, sizeof(p->pool[0]), by_entry);
	for (i = 0; i < p->n && live < ef; i++)
		live += !vsx_is_dead(p->seg, vsx_pool_row(p->pool[i]));
	if (live == ef)
		p->n = i;
}

static uint64_t enter(struct plain *p, uint32_t row, size_t ef)
{
	uint64_t entry = entry_of(p, row);

	p->met[row] = true;
	put(p, entry, ef);
	return entry;
}

static double value_of(const struct plain *p, uint64_t entry)
{
	return vsx_space_value(&p->seg->space, p->query, vsx_pool_key(entry));
}

static void expand_on(struct plain *p, const struct vsx_level *l, size_t ef);

/* Rows that are met on the way down are met once for all. */
static void descend(struct plain *p, size_t ef)
{
	bool broad = vsx_hnsw_of(p->seg)->broad;
	size_t wanted = ef;
	uint64_t best, before;
	double far;

	if (broad && ef < VSX_HNSW_BROAD_PLACES)
		ef = VSX_HNSW_BROAD_PLACES;
	best = enter(p, 0, ef);
	far = value_of(p, best);

	for (uint32_t level = vsx_hnsw_of(p->seg)->n_levels - 1; level > 0;
	     level--) {
		struct vsx_level l;

		vsx_hnsw_level(p->seg, level, &l);
		do {
			uint32_t row = vsx_pool_row(best);

			before = best;
			for (uint32_t i = 0; i < l.degree; i++) {
				uint32_t link = l.links[row * l.degree + i];
				uint64_t e;

				if (link == VSX_HNSW_NO_LINK)
					break;
				if (p->met[link])
					continue;
				e = enter(p, link, ef);
				if (vsx_pool_key(e) < vsx_pool_key(best))
					best = e;
			}
		} while (best != before);
		if (!broad || level > VSX_HNSW_BROAD_LEVELS ||
		    value_of(p, best) <= VSX_HNSW_NEAR_SHARE * far)
			continue;
		expand_on(p, &l, ef);
		best = p->pool[0];
	}
	if (broad && p->n > wanted)
		p->n = wanted;
}

/* What a row links to; deleted rows, too, if they are wanted. */
static void enter_links(struct plain *p, const struct vsx_level *l,
			uint32_t row, size_t ef, bool deleted)
{
	for (uint32_t j = 0; j < l->degree; j++) {
		uint32_t link = l->links[row * l->degree + j];

		if (link == VSX_HNSW_NO_LINK)
			break;
		if (!p->met[link] && (deleted || !vsx_is_dead(p->seg, link)))
			enter(p, link, ef);
	}
}

/* Deleted rows are wanted around the near part of the pool; around deleted ones
 * around the nearest quarter of ef. */
static void expand(struct plain *p, const struct vsx_level *l, size_t place,
		   size_t ef)
{
	uint32_t row = vsx_pool_row(p->pool[place]);
	bool is_dead = vsx_is_dead(p->seg, row);

	enter_links(p, l, row, ef, place < (is_dead ? ef / 4 : ef + ef / 4));
}

/* The first places, on an upper level: then none is expanded yet. */
static void expand_on(struct plain *p, const struct vsx_level *l, size_t ef)
{
	for (size_t i = 0; i < p->n && i < VSX_HNSW_BROAD_PLACES;) {
		if (p->pool[i] & 1) {
			i++;
			continue;
		}
		p->pool[i] |= 1;
		enter_links(p, l, vsx_pool_row(p->pool[i]), ef, true);
		i = 0;
	}
	for (size_t i = 0; i < p->n; i++)
		p->pool[i] &= ~UINT64_C(1);
}

static void walk(struct plain *p, size_t ef)
{
	struct vsx_level l;

	descend(p, ef);
	vsx_hnsw_level(p->seg, 0, &l);
	for (size_t i = 0; i < p->n;) {
		if (p->pool[i] & 1) {
			i++;
			continue;
		}
		p->pool[i] |= 1;
		expand(p, &l, i, ef);
		i = 0;
	}
}

/* ---- both ---------------------------------------------------------------- */

static void compare(struct laid_out *l, struct seeded *s,
		    struct vsx_scratch *scratch, uint32_t q, uint32_t ef)
{
	struct plain p = {.seg = &l->seg, .query = &scratch->query};
	struct vsx_find find;
	size_t n = 0;

	find_begin(&find, scratch, ef, ef);
	cr_assert_eq(vsx_space_prepare(&l->seg.space, &scratch->query,
				       seeded_query(s, q), VSX_F32, &err),
		     VSX_OK);
	walk(&p, ef);
	cr_assert_eq(vsx_kind_find(VSX_HNSW)->search(&l->seg, &find, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(find.n_distances, p.n_distances,
		     "query %u, ef %u: %llu distances, not %llu", q, ef,
		     (unsigned long long)find.n_distances,
		     (unsigned long long)p.n_distances);
	for (size_t i = 0; i < p.n; i++) {
		uint32_t row = vsx_pool_row(p.pool[i]);
		bool found = false;

		if (vsx_is_dead(&l->seg, row))
			continue;
		n++;
		for (size_t j = 0; j < find.top.n; j++)
			found |= (uint32_t)scratch->best[j].row == row;
		cr_expect(found, "query %u, ef %u: not row %u", q, ef, row);
	}
	cr_expect_eq(find.top.n, n);
}

/* Often enough that the marks of a scratch come round to their first. */
static void compare_all(struct laid_out *l, struct seeded *s)
{
	struct vsx_scratch scratch;

	cr_assert_eq(vsx_scratch_init(&scratch, DIM, &err), VSX_OK);
	for (uint32_t ef = 1; ef <= MOST_EF; ef += 1 + ef / 4)
		for (uint32_t q = 0; q < SEEDED_QUERIES; q++)
			compare(l, s, &scratch, q, ef);
	vsx_scratch_release(&scratch);
}

static void compare_elems(bool broad)
{
	for (int elem = VSX_F32; elem <= VSX_U8; elem += VSX_U8 - VSX_F32) {
		struct laid_out l;
		struct seeded s;

		make(&l, &s, (enum vsx_elem)elem);
		cr_expect_not(vsx_hnsw_of(&l.seg)->broad);
		((struct vsx_hnsw *)l.seg.state)->broad = broad;
		compare_all(&l, &s);
		laid_out_release(&l);
		seeded_release(&s);
	}
}

Test(walk, finds_what_the_plain_form_finds)
{
	compare_elems(false);
}

Test(walk, goes_down_on_a_broad_way_as_the_plain_form_does)
{
	compare_elems(true);
}

/* So few that a walk is cheaper than a scan. */
Test(walk, goes_by_deleted_rows_as_the_plain_form_does)
{
	struct laid_out l;
	struct seeded s;

	make(&l, &s, VSX_F32);
	for (uint32_t row = 3; row < N; row += 7) {
		dead_bits[row >> 3] |= (uint8_t)(1u << (row & 7));
		l.seg.n_dead++;
	}
	l.seg.dead = dead_bits;
	for (uint32_t ef = 1; ef < 40; ef++) {
		struct vsx_scratch scratch;

		cr_assert_eq(vsx_scratch_init(&scratch, DIM, &err), VSX_OK);
		for (uint32_t q = 0; q < SEEDED_QUERIES; q++)
			compare(&l, &s, &scratch, q, ef);
		vsx_scratch_release(&scratch);
	}
	laid_out_release(&l);
	seeded_release(&s);
}

/* What was met stays so, and what was not, when the epochs come round. */
Test(walk, marks_age_and_stay_marks)
{
	enum { MARKS = 256 + 5 };
	struct vsx_scratch s;
	struct vsx_walk w;

	cr_assert_eq(vsx_scratch_init(&s, DIM, &err), VSX_OK);
	cr_assert_eq(vsx_walk_begin(&w, &s, &s.code, 0, MARKS, 8, M, &err),
		     VSX_OK);
	for (uint32_t i = 0; i < MARKS; i++)
		w.marks[i] = (uint8_t)i;
	s.epoch = UINT8_MAX;
	cr_assert_eq(vsx_walk_begin(&w, &s, &s.code, 0, MARKS, 8, M, &err),
		     VSX_OK);
	for (uint32_t i = 0; i < MARKS; i++)
		cr_expect_eq(w.marks[i], i % 256 != 0, "mark %u: %u", i,
			     w.marks[i]);
	vsx_scratch_release(&s);
}
