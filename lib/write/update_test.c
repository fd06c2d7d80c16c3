/*
 * The acceptance test over a change of the rows. Of each query the nearest rows
 * are known as far as its list goes; what is added can be put in its place, and
 * what is deleted taken out, without a look at the rest of the index. So lists
 * may become shorter, and never wrong.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "index/dead.h"
#include "index/ids.h"
#include "write/update.h"

/* A section of u64, or f32, as this machine has them. */
static enum vsx_status load_u64(uint64_t **out, const struct vsx *index,
				enum vsx_section_slot slot, uint64_t n,
				struct vsx_error *err)
{
	uint8_t *data;

	VSX_TRY(vsx_section_load(index, slot, &data, err));
	*out = (uint64_t *)(void *)data;
	for (uint64_t i = 0; i < n; i++)
		(*out)[i] = vsx_load64(data + i * 8);
	return VSX_OK;
}

static enum vsx_status load_queries(struct vsx_accept *test,
				    const struct vsx *index,
				    struct vsx_error *err)
{
	uint64_t n = (uint64_t)test->n_queries * test->dim;
	uint32_t *words;
	uint8_t *data;

	VSX_TRY(vsx_section_load(index, VSX_SEC_QRYS, &data, err));
	test->queries = (const float *)(void *)data;
	words = (uint32_t *)(void *)data;
	for (uint64_t i = 0; i < n; i++)
		words[i] = vsx_load32(data + i * 4);
	return VSX_OK;
}

enum vsx_status vsx_update_test_load(struct vsx_accept *test,
				     const struct vsx *index,
				     struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;
	uint64_t *own = NULL;
	enum vsx_status status;

	*test = (struct vsx_accept){.dim = m->dim, .truth_k = m->truth_k};
	if (m->n_queries == 0)
		return VSX_OK;
	test->n_queries = m->n_queries;
	status = load_queries(test, index, err);
	if (status == VSX_OK)
		status = load_u64(&test->truth, index, VSX_SEC_QTRU,
				  (uint64_t)m->n_queries * m->truth_k, err);
	if (status == VSX_OK && (m->flags & VSX_MANIFEST_OWN_QUERIES))
		status = load_u64(&own, index, VSX_SEC_QSRC, m->n_queries, err);
	test->own = own;
	if (status == VSX_OK)
		status = vsx_alloc_to(&test->n_truth, m->n_queries,
				      sizeof(*test->n_truth), err);
	return status;
}

void vsx_update_test_release(struct vsx_accept *test)
{
	free((float *)(uintptr_t)test->queries);
	free((uint64_t *)(uintptr_t)test->own);
	free(test->truth);
	free(test->n_truth);
	memset(test, 0, sizeof(*test));
}

/* ---- merging --------------------------------------------------------- */

/* One neighbour, with the value that exact searches sort by. */
struct near {
	double value;
	uint64_t id;
};

struct merge {
	struct vsx_accept *test;
	const struct vsx_segment *old;
	uint32_t n_old;
	uint64_t n_old_live;
	const struct vsx_segment *added;
	const uint64_t *found; /* [n_queries][truth_k] of `added` alone */
	struct vsx_query query;
	struct near *list; /* [2 * truth_k] */
};

static enum vsx_status value_of(const struct merge *m,
				const struct vsx_segment *segments, uint32_t n,
				uint64_t id, double *value,
				struct vsx_error *err)
{
	enum vsx_status status = VSX_ENOTFOUND;
	uint64_t offset;
	uint32_t row;

	while (n > 0 && status == VSX_ENOTFOUND)
		status = vsx_live_find(&segments[--n], id, &row, err);
	if (status == VSX_OK)
		status = vsx_segment_locate(&segments[n], row, &offset, err);
	if (status != VSX_OK)
		return status;
	*value = vsx_space_exact_value(&segments[n].space, &m->query,
				       segments[n].view[VSX_SEC_VECS].base +
					       offset);
	return VSX_OK;
}

static int by_distance(const void *pa, const void *pb)
{
	const struct near *a = pa, *b = pb;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

/* Whether the list of query q names every row that could be in it. */
static enum vsx_status is_complete(const struct merge *m, uint32_t q,
				   bool *complete, struct vsx_error *err)
{
	uint64_t others = m->n_old_live;
	enum vsx_status status = VSX_ENOTFOUND;
	uint32_t row;

	for (uint32_t i = m->n_old;
	     m->test->own && i-- > 0 && status == VSX_ENOTFOUND;)
		status = vsx_live_find(&m->old[i], m->test->own[q], &row, err);
	if (status == VSX_OK)
		others--; /* the query itself */
	else if (status != VSX_ENOTFOUND)
		return status;
	*complete = m->test->n_truth[q] >= others;
	return VSX_OK;
}

static enum vsx_status last_known(const struct merge *m, uint32_t q,
				  struct near *last, struct vsx_error *err)
{
	const struct vsx_accept *t = m->test;

	last->id = t->truth[(size_t)q * t->truth_k + t->n_truth[q] - 1];
	return value_of(m, m->old, m->n_old, last->id, &last->value, err);
}

/* Whether the nearest of the added rows lies behind `last`: few do not. */
static enum vsx_status is_beyond(const struct merge *m, uint64_t id,
				 const struct near *last, bool *beyond,
				 struct vsx_error *err)
{
	struct near first = {.id = id};

	*beyond = true;
	if (id == VSX_NO_NEIGHBOUR)
		return VSX_OK;
	VSX_TRY(value_of(m, m->added, 1, id, &first.value, err));
	*beyond = by_distance(&first, last) > 0;
	return VSX_OK;
}

static enum vsx_status merge_one(struct merge *m, uint32_t q,
				 struct vsx_error *err)
{
	struct vsx_accept *t = m->test;
	uint64_t *truth = t->truth + (size_t)q * t->truth_k;
	const uint64_t *found = m->found + (size_t)q * t->truth_k;
	struct near last = {INFINITY, UINT64_MAX};
	uint32_t n = 0, kept = 0;
	bool complete, beyond = false;

	VSX_TRY(is_complete(m, q, &complete, err));
	if (!complete && t->n_truth[q] == 0)
		return VSX_OK; /* nothing is known, nothing can be */
	VSX_TRY(vsx_space_prepare(&m->added->space, &m->query,
				  t->queries + (size_t)q * t->dim, VSX_F32,
				  err));
	/* An unknown row may lie behind the last that is known. */
	if (!complete) {
		VSX_TRY(last_known(m, q, &last, err));
		VSX_TRY(is_beyond(m, found[0], &last, &beyond, err));
	}
	if (beyond)
		return VSX_OK;
	for (uint32_t i = 0; i < t->n_truth[q]; i++, n++) {
		m->list[n].id = truth[i];
		VSX_TRY(value_of(m, m->old, m->n_old, truth[i],
				 &m->list[n].value, err));
	}
	for (uint32_t i = 0; i < t->truth_k && found[i] != VSX_NO_NEIGHBOUR;
	     i++, n++) {
		m->list[n].id = found[i];
		VSX_TRY(value_of(m, m->added, 1, found[i], &m->list[n].value,
				 err));
	}
	if (n > 0)
		qsort(m->list, n, sizeof(*m->list), by_distance);
	for (uint32_t i = 0; i < n && kept < t->truth_k; i++) {
		if (i > 0 && m->list[i].id == m->list[i - 1].id)
			continue; /* it came along from an old segment */
		if (by_distance(&m->list[i], &last) > 0)
			break;
		truth[kept++] = m->list[i].id;
	}
	t->n_truth[q] = kept;
	while (kept < t->truth_k)
		truth[kept++] = VSX_NO_NEIGHBOUR;
	return VSX_OK;
}

static enum vsx_status progress(void *context, uint64_t done, uint64_t total,
				struct vsx_error *err)
{
	struct vsx_job *job = context;

	return job->progress(job, "exact neighbours", done, total, err);
}

static enum vsx_status find_among_added(struct merge *m, uint64_t **found,
					struct vsx_job *job,
					struct vsx_error *err)
{
	struct vsx_accept part = *m->test;

	VSX_TRY(vsx_alloc_to(found, (size_t)part.n_queries * part.truth_k,
			     sizeof(**found), err));
	m->found = part.truth = *found;
	part.n_truth = NULL;
	return vsx_accept_truth(m->added, 1, &part, job->n_threads, err);
}

/* The id that ends lists cannot be told from a neighbour: know nothing. */
static void forget_all(struct vsx_accept *test)
{
	for (size_t i = 0; i < (size_t)test->n_queries * test->truth_k; i++)
		test->truth[i] = VSX_NO_NEIGHBOUR;
	memset(test->n_truth, 0, test->n_queries * sizeof(*test->n_truth));
}

enum vsx_status vsx_update_test_merge(struct vsx_accept *test,
				      const struct vsx_segment *old,
				      uint32_t n_old,
				      const struct vsx_segment *added,
				      struct vsx_job *job,
				      struct vsx_error *err)
{
	struct merge m = {
		.test = test, .old = old, .n_old = n_old, .added = added};
	enum vsx_status status;
	uint64_t *found = NULL;
	uint32_t row;

	if (test->n_queries == 0)
		return VSX_OK;
	test->progress = progress;
	test->context = job;
	VSX_TRY(vsx_accept_keep_live(old, n_old, test, err));
	status = vsx_ids_find(added, VSX_NO_NEIGHBOUR, &row, err);
	if (status != VSX_ENOTFOUND) {
		if (status == VSX_OK)
			forget_all(test);
		return status;
	}
	for (uint32_t i = 0; i < n_old; i++)
		m.n_old_live += old[i].n_rows - old[i].n_dead;
	status = vsx_query_alloc(&m.query, test->dim, err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&m.list, (size_t)2 * test->truth_k,
				      sizeof(*m.list), err);
	if (status == VSX_OK)
		status = find_among_added(&m, &found, job, err);
	for (uint32_t q = 0; q < test->n_queries && status == VSX_OK; q++) {
		if (q % 64 == 0)
			status = progress(job, q, test->n_queries, err);
		if (status == VSX_OK)
			status = merge_one(&m, q, err);
	}
	vsx_query_release(&m.query);
	free(m.list);
	free(found);
	return status;
}
