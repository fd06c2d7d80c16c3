#include "read/test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "segment/dead.h"
#include "segment/ids.h"
#include "segment/kept.h"

typedef unsigned long long ull;

/* ---- loading --------------------------------------------------------- */

/* A section of words of 4 bytes, as this machine has them. */
static enum vsx_status load_words(uint32_t **out, const struct vsx *index,
				  enum vsx_section_slot slot,
				  struct vsx_error *err)
{
	uint64_t n = index->whole[slot].bytes / 4;
	uint8_t *data;

	VSX_TRY(vsx_section_load(index, slot, &data, err));
	*out = (uint32_t *)(void *)data;
	for (uint64_t i = 0; i < n; i++)
		(*out)[i] = vsx_load32(data + i * 4);
	return VSX_OK;
}

/* The same where each word is a row of segment 0. */
static enum vsx_status load_rows(uint32_t **out, const struct vsx *index,
				 enum vsx_section_slot slot, bool rising,
				 struct vsx_error *err)
{
	uint64_t n = index->whole[slot].bytes / 4;
	uint32_t n_rows = index->segments[0].n_rows;
	char name[5];

	VSX_TRY(load_words(out, index, slot, err));
	vsx_section_letters(name, vsx_section_id(slot));
	for (uint64_t i = 0; i < n; i++) {
		uint32_t row = (*out)[i];

		if (row >= n_rows)
			return vsx_at_section(
				err,
				vsx_fail(err, VSX_ECORRUPT,
					 "section %s: entry %llu is row %u of "
					 "%u",
					 name, (ull)i, row, n_rows),
				name);
		if (rising && i > 0 && row <= (*out)[i - 1])
			return vsx_at_section(
				err,
				vsx_fail(err, VSX_ECORRUPT,
					 "section %s: entry %llu is row %u "
					 "after %u, expected rising",
					 name, (ull)i, row, (*out)[i - 1]),
				name);
	}
	return VSX_OK;
}

static enum vsx_status load_given(float **queries, const struct vsx *index,
				  struct vsx_error *err)
{
	uint32_t *words = NULL;
	enum vsx_status status = load_words(&words, index, VSX_SEC_QRYS, err);

	*queries = (float *)(void *)words;
	return status;
}

enum vsx_status vsx_test_given(float **queries, const struct vsx *index,
			       struct vsx_error *err)
{
	enum vsx_status status;

	*queries = NULL;
	if (index->manifest.n_queries == 0 ||
	    (index->manifest.flags & VSX_MANIFEST_OWN_QUERIES))
		return VSX_OK;
	status = load_given(queries, index, err);
	if (status != VSX_OK) {
		free(*queries);
		*queries = NULL;
	}
	return status;
}

/* Queries that are rows: the ids of these. */
static enum vsx_status take_own(struct vsx_test *t, const struct vsx *index,
				struct vsx_error *err)
{
	uint32_t n = index->manifest.n_queries;
	uint64_t *own = NULL;

	VSX_TRY(load_rows(&t->own_rows, index, VSX_SEC_QSRC, true, err));
	VSX_TRY(vsx_alloc_to(&own, n, sizeof(*own), err));
	t->accept.own = own;
	for (uint32_t i = 0; i < n; i++)
		VSX_TRY(vsx_ids_of(&index->segments[0], t->own_rows[i], &own[i],
				   err));
	return VSX_OK;
}

/* And their components. */
static enum vsx_status take_rows(struct vsx_test *t, const struct vsx *index,
				 struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;
	struct vsx_kept kept = {.seg = NULL};
	float *queries = NULL;
	enum vsx_status status;

	VSX_TRY(vsx_alloc_to(&queries, (size_t)m->n_queries * m->dim,
			     sizeof(*queries), err));
	t->accept.queries = queries;
	status = vsx_kept_begin(&kept, &index->segments[0], err);
	for (uint32_t i = 0; status == VSX_OK && i < m->n_queries; i++)
		status = vsx_kept_load(&kept, t->own_rows[i],
				       queries + (size_t)i * m->dim, err);
	vsx_kept_release(&kept);
	return status;
}

enum vsx_status vsx_test_load(struct vsx_test *test, const struct vsx *index,
			      struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;
	enum vsx_status status = VSX_OK;
	float *given = NULL;

	*test = (struct vsx_test){
		.accept = {.dim = m->dim, .truth_k = m->truth_k}};
	if (m->n_queries == 0)
		return VSX_OK;
	test->accept.n_queries = m->n_queries;
	test->as_given = !!(m->flags & VSX_MANIFEST_TEST_GIVEN);
	if (m->flags & VSX_MANIFEST_OWN_QUERIES)
		status = take_own(test, index, err);
	if (status == VSX_OK && !vsx_manifest_has_queries(m)) {
		status = take_rows(test, index, err);
	} else if (status == VSX_OK) {
		status = load_given(&given, index, err);
		test->accept.queries = given;
	}
	if (status == VSX_OK && index->whole[VSX_SEC_QTRU].base)
		status = load_rows(&test->truth_rows, index, VSX_SEC_QTRU,
				   false, err);
	return status;
}

void vsx_test_release(struct vsx_test *test)
{
	free((float *)(uintptr_t)test->accept.queries);
	free((uint64_t *)(uintptr_t)test->accept.own);
	free(test->accept.truth);
	free(test->accept.n_truth);
	free(test->own_rows);
	free(test->truth_rows);
	memset(test, 0, sizeof(*test));
}

/* ---- the truth of now ------------------------------------------------ */

/* One neighbour, with the value that exact searches sort by. */
struct near {
	double value;
	uint64_t id;
};

struct merge {
	struct vsx_test *test;
	const struct vsx_segment *segments;
	uint32_t n_segments;
	bool complete;	   /* each list has all live rows of segment 0 */
	uint64_t *newer;   /* [n_queries][truth_k]: of the others; NULL: none */
	uint32_t *n_newer; /* [n_queries] */
	struct vsx_query query;
	struct vsx_kept kept;
	struct near *list; /* [2 * truth_k] */
};

static int by_distance(const void *pa, const void *pb)
{
	const struct near *a = pa, *b = pb;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static enum vsx_status near_row(struct merge *m, const struct vsx_segment *seg,
				uint32_t row, struct near *near,
				struct vsx_error *err)
{
	const uint8_t *at;

	VSX_TRY(vsx_kept_begin(&m->kept, seg, err));
	VSX_TRY(vsx_kept_row(&m->kept, row, &at, err));
	near->value = vsx_space_exact_value(&seg->space, &m->query, at);
	return vsx_ids_of(seg, row, &near->id, err);
}

/* A live row of the newer segments. */
static enum vsx_status near_newer(struct merge *m, uint64_t id,
				  struct near *near, struct vsx_error *err)
{
	enum vsx_status status = VSX_ENOTFOUND;
	uint32_t i = m->n_segments, row;

	while (i > 1 && status == VSX_ENOTFOUND)
		status = vsx_live_find(&m->segments[--i], id, &row, err);
	if (status != VSX_OK)
		return status;
	return near_row(m, &m->segments[i], row, near, err);
}

/*
 * The live rows of the stored list, and *last: what lies behind it is not
 * known.
 */
static enum vsx_status take_stored(struct merge *m, uint32_t q, uint32_t *n,
				   struct near *last, struct vsx_error *err)
{
	uint32_t k = m->test->accept.truth_k;
	const uint32_t *rows = m->test->truth_rows + (size_t)q * k;
	const struct vsx_segment *seg = &m->segments[0];

	*last = (struct near){INFINITY, UINT64_MAX};
	if (!m->complete)
		VSX_TRY(near_row(m, seg, rows[k - 1], last, err));
	for (uint32_t i = 0; i < k; i++)
		if (!vsx_is_dead(seg, rows[i]))
			VSX_TRY(near_row(m, seg, rows[i], &m->list[(*n)++],
					 err));
	return VSX_OK;
}

static enum vsx_status merge_one(struct merge *m, uint32_t q,
				 struct vsx_error *err)
{
	struct vsx_accept *a = &m->test->accept;
	uint64_t *truth = a->truth + (size_t)q * a->truth_k;
	uint32_t n_newer = m->newer ? m->n_newer[q] : 0, n = 0, kept = 0;
	struct near last;

	VSX_TRY(vsx_space_prepare(&m->segments[0].space, &m->query,
				  a->queries + (size_t)q * a->dim, VSX_F32,
				  err));
	VSX_TRY(take_stored(m, q, &n, &last, err));
	for (uint32_t i = 0; i < n_newer; i++)
		VSX_TRY(near_newer(m, m->newer[(size_t)q * a->truth_k + i],
				   &m->list[n++], err));
	if (n_newer)
		qsort(m->list, n, sizeof(*m->list), by_distance);
	while (kept < n && kept < a->truth_k &&
	       by_distance(&m->list[kept], &last) <= 0) {
		truth[kept] = m->list[kept].id;
		kept++;
	}
	a->n_truth[q] = kept;
	return VSX_OK;
}

static uint64_t live_in(const struct vsx_segment *segments, uint32_t n)
{
	uint64_t live = 0;

	for (uint32_t i = 0; i < n; i++)
		live += segments[i].n_rows - segments[i].n_dead;
	return live;
}

/*
 * The neighbours of the rows as they were given, as far as these live: how far
 * others lay from a query is not known any more.
 */
static enum vsx_status take_given(struct vsx_accept *a,
				  const struct vsx_segment *seg,
				  const uint32_t *rows, struct vsx_error *err)
{
	VSX_TRY(vsx_dead_touch(seg, err));
	for (uint32_t q = 0; q < a->n_queries; q++) {
		uint64_t *truth = a->truth + (size_t)q * a->truth_k;
		uint32_t n = 0;

		for (uint32_t i = 0; i < a->truth_k; i++) {
			uint32_t row = rows[(size_t)q * a->truth_k + i];

			if (!vsx_is_dead(seg, row))
				VSX_TRY(vsx_ids_of(seg, row, &truth[n++], err));
		}
		a->n_truth[q] = n;
	}
	return VSX_OK;
}

/* The newer segments by a scan, then both together. */
static enum vsx_status merge_all(struct merge *m, unsigned int n_threads,
				 struct vsx_error *err)
{
	struct vsx_accept part = m->test->accept;

	if (live_in(m->segments + 1, m->n_segments - 1)) {
		VSX_TRY(vsx_alloc_to(&m->newer,
				     (size_t)part.n_queries * part.truth_k,
				     sizeof(*m->newer), err));
		VSX_TRY(vsx_alloc_to(&m->n_newer, part.n_queries,
				     sizeof(*m->n_newer), err));
		part.truth = m->newer;
		part.n_truth = m->n_newer;
		VSX_TRY(vsx_accept_truth(m->segments + 1, m->n_segments - 1,
					 &part, n_threads, err));
	}
	VSX_TRY(vsx_query_alloc(&m->query, part.dim, err));
	VSX_TRY(vsx_alloc_to(&m->list, (size_t)2 * part.truth_k,
			     sizeof(*m->list), err));
	VSX_TRY(vsx_dead_touch(&m->segments[0], err));
	for (uint32_t q = 0; q < part.n_queries; q++)
		VSX_TRY(merge_one(m, q, err));
	return VSX_OK;
}

bool vsx_test_is_given(const struct vsx_test *test,
		       const struct vsx_segment *segments, uint32_t n)
{
	return test->as_given && test->truth_rows &&
	       live_in(segments + 1, n - 1) == 0;
}

enum vsx_status vsx_test_truth(struct vsx_test *test,
			       const struct vsx_segment *segments, uint32_t n,
			       unsigned int n_threads, struct vsx_error *err)
{
	struct vsx_accept *a = &test->accept;
	struct merge m = {.test = test, .segments = segments, .n_segments = n};
	enum vsx_status status;

	if (a->n_queries == 0)
		return VSX_OK;
	if (!a->truth)
		VSX_TRY(vsx_alloc_to(&a->truth,
				     (size_t)a->n_queries * a->truth_k,
				     sizeof(*a->truth), err));
	if (!a->n_truth)
		VSX_TRY(vsx_alloc_to(&a->n_truth, a->n_queries,
				     sizeof(*a->n_truth), err));
	if (vsx_test_is_given(test, segments, n))
		return take_given(a, &segments[0], test->truth_rows, err);
	if (!test->truth_rows || test->as_given)
		return vsx_accept_truth(segments, n, a, n_threads, err);
	m.complete = a->truth_k == segments[0].n_rows - (a->own != NULL) ||
		     live_in(segments, 1) == 0;
	status = merge_all(&m, n_threads, err);
	vsx_query_release(&m.query);
	vsx_kept_release(&m.kept);
	free(m.list);
	free(m.newer);
	free(m.n_newer);
	return status;
}
