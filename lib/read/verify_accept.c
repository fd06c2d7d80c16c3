/*
 * The acceptance test, repeated: the exact neighbours again by a scan of all
 * rows, the recall again by the searches that the table was measured with.
 * Both come out the same on every machine, so any difference is a finding.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "segment/ids.h"
#include "names.h"
#include "read/recall.h"
#include "read/test.h"
#include "read/verify.h"
#include "plural.h"

typedef unsigned long long ull;

/* Findings about queries before the rest is only counted. */
#define MOST_FINDINGS 100

/* A stored share is rounded to millionths. */
#define ROUNDING 1e-6

/* ---- the recall table ------------------------------------------------ */

/* Two rows, one after the other: effort << 32 | refine factor. */
static enum vsx_status find_order(struct vsx_verifier *v, uint32_t i,
				  uint64_t here, uint64_t before)
{
	if ((uint32_t)here || (uint32_t)before)
		return vsx_find_fault(
			v, VSX_ECORRUPT,
			"recall table, row %u: effort %u, refine factor of %u "
			"thousandths after %u, %u, expected rising",
			i, (uint32_t)(here >> 32), (uint32_t)here,
			(uint32_t)(before >> 32), (uint32_t)before);
	return vsx_find_fault(v, VSX_ECORRUPT,
			      "recall table, row %u: effort %u after %u, "
			      "expected rising",
			      i, (uint32_t)(here >> 32),
			      (uint32_t)(before >> 32));
}

static enum vsx_status check_recalls(struct vsx_verifier *v,
				     const struct vsx *index)
{
	const struct vsx_view *view = &index->whole[VSX_SEC_RCLL];
	uint64_t before = 0;

	if (!view->base)
		return VSX_OK; /* a broken rule kept it from being found */
	for (uint32_t i = 0; i < v->manifest.n_recalls; i++) {
		struct vsx_disk_recall d;
		struct vsx_recall row;
		struct vsx_error why;
		uint64_t here;

		memcpy(&d, view->base + (size_t)i * sizeof(d), sizeof(d));
		here = (uint64_t)vsx_get32(d.effort) << 32 |
		       vsx_get32(d.refine);
		if (i > 0 && here <= before)
			VSX_TRY(find_order(v, i, here, before));
		before = here;
		if (vsx_recall_decode(&row, &d, i, &why) != VSX_OK)
			VSX_TRY(vsx_verify_find(v, &why));
		if (!vsx_is_zero(d.zero, sizeof(d.zero)))
			VSX_TRY(vsx_find_fault(v, VSX_ECORRUPT,
					       "recall table, row %u: reserved "
					       "bytes are not 0",
					       i));
	}
	return VSX_OK;
}

static enum vsx_status progress(void *context, uint64_t done, uint64_t total,
				struct vsx_error *err)
{
	(void)err;
	return vsx_progress(context, &vsx_phase_recall, done, total);
}

/* ---- comparing ------------------------------------------------------- */

/*
 * A new index: nothing was deleted or added since its test was made, so that
 * all of it must come out the same.
 */
static bool is_new(const struct vsx_verifier *v)
{
	return v->manifest.generation == 1;
}

/*
 * The stored neighbours are those of segment 0, deleted rows among them: they
 * come out the same in every generation. *found: ids, [n_queries][truth_k].
 */
static enum vsx_status check_truth(struct vsx_verifier *v,
				   const struct vsx *index,
				   const struct vsx_test *t, uint64_t **found,
				   struct vsx_error *err)
{
	struct vsx_segment all = index->segments[0];
	struct vsx_accept a = t->accept;

	all.dead = all.gone = NULL;
	all.n_dead = all.n_gone = 0;
	VSX_TRY(vsx_alloc_to(found, (size_t)a.n_queries * a.truth_k,
			     sizeof(**found), err));
	a.truth = *found;
	return vsx_accept_truth(&all, 1, &a, v->n_threads, err);
}

static enum vsx_status compare_truth(struct vsx_verifier *v,
				     const struct vsx *index,
				     const struct vsx_test *t,
				     const uint64_t *found,
				     struct vsx_error *err)
{
	uint32_t k = t->accept.truth_k;
	uint64_t n = 0;

	for (uint32_t q = 0; q < t->accept.n_queries; q++) {
		const uint32_t *rows = t->truth_rows + (size_t)q * k;
		const uint64_t *due = found + (size_t)q * k;
		struct vsx_error why;
		uint64_t id = 0;
		uint32_t j;

		for (j = 0; j < k; j++) {
			VSX_TRY(vsx_ids_of(&index->segments[0], rows[j], &id,
					   err));
			if (id != due[j])
				break;
		}
		if (j == k)
			continue;
		if (n++ >= MOST_FINDINGS) {
			v->result->n_findings++;
			continue;
		}
		vsx_fail(&why, VSX_ECORRUPT,
			 "test query %u: neighbour %u is row %u, id %llu, "
			 "expected id %llu (section QTRU)",
			 q, j + 1, rows[j], (ull)id, (ull)due[j]);
		why.at.query = q;
		vsx_at_section(&why, VSX_ECORRUPT, "QTRU");
		VSX_TRY(vsx_verify_find(v, &why));
	}
	if (n > MOST_FINDINGS)
		return vsx_notice(v, "%llu more test queries like these",
				  (ull)(n - MOST_FINDINGS));
	return VSX_OK;
}

static enum vsx_status tell_given(struct vsx_verifier *v, uint32_t q,
				  uint32_t row, const char *what)
{
	struct vsx_error why;

	vsx_fail(&why, VSX_ECORRUPT,
		 "test query %u: row %u is %s (section QTRU)", q, row, what);
	why.at.query = q;
	vsx_at_section(&why, VSX_ECORRUPT, "QTRU");
	return vsx_verify_find(v, &why);
}

static int by_row(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/*
 * What the rows were is not known any more. What can be said: no row is its own
 * neighbour, or one twice.
 */
static enum vsx_status check_given(struct vsx_verifier *v,
				   const struct vsx_test *t)
{
	uint32_t k = t->accept.truth_k, sorted[VSX_TRUTH_K];

	for (uint32_t q = 0; q < t->accept.n_queries; q++) {
		const uint32_t *rows = t->truth_rows + (size_t)q * k;
		uint32_t j;

		for (j = 0; t->own_rows && j < k; j++)
			if (rows[j] == t->own_rows[q])
				VSX_TRY(tell_given(v, q, rows[j],
						   "the query itself"));
		memcpy(sorted, rows, k * sizeof(*sorted));
		qsort(sorted, k, sizeof(*sorted), by_row);
		for (j = 1; j < k; j++)
			if (sorted[j] == sorted[j - 1])
				VSX_TRY(tell_given(v, q, sorted[j],
						   "a neighbour twice"));
	}
	return VSX_OK;
}

/* " at ef 40", " at nprobe 8, refine 1.5", or "" where there is no such number.
 */
static const char *setting_text(const struct vsx *index,
				const struct vsx_recall *row, char *out,
				size_t n)
{
	const char *name = index->segments[0].kind->effort_name;
	int at = 0;

	out[0] = '\0';
	if (*name)
		at = snprintf(out, n, " at %s %u", name, row->effort);
	if (row->refine > 0.0)
		snprintf(out + at, n - (size_t)at, "%s refine %g",
			 at ? "," : " at", row->refine);
	return out;
}

static enum vsx_status compare_share(struct vsx_verifier *v, int at,
				     double found, double due,
				     const char *setting)
{
	if (found >= due - ROUNDING)
		return VSX_OK;
	return vsx_find_fault(v, VSX_ECORRUPT,
			      "recall@%d is %.6f%s, expected %.6f", at, found,
			      setting, due);
}

/* With the row of the table that was measured with the same effort. */
static enum vsx_status compare_recall(struct vsx_verifier *v,
				      const struct vsx *index,
				      const struct vsx_recall *found,
				      struct vsx_error *err)
{
	struct vsx_recall due = {0};
	bool there = false;
	char setting[64];

	setting_text(index, found, setting, sizeof(setting));
	for (uint32_t i = 0; !there && i < v->manifest.n_recalls; i++) {
		VSX_TRY(vsx_get_recall(index, i, &due, err));
		there = due.effort == found->effort &&
			due.refine == found->refine;
	}
	if (!there)
		return vsx_notice(v,
				  "the recall table has no row%s, to compare "
				  "recall@10 %.4f with",
				  setting, found->at_10);
	if (!is_new(v))
		return vsx_notice(v,
				  "recall@10 is %.4f%s, it was %.4f when the "
				  "index was built",
				  found->at_10, setting, due.at_10);
	VSX_TRY(compare_share(v, 1, found->at_1, due.at_1, setting));
	VSX_TRY(compare_share(v, 10, found->at_10, due.at_10, setting));
	return compare_share(v, 100, found->at_100, due.at_100, setting);
}

static enum vsx_status check_floor(struct vsx_verifier *v,
				   const struct vsx *index,
				   const struct vsx_recall *found,
				   const char *where)
{
	char text[64];

	if (found->at_10 >= v->opts->min_recall)
		return VSX_OK;
	return vsx_find_fault(
		v, VSX_ECORRUPT, "recall@10 is %.4f%s%s, expected %.4f or more",
		found->at_10, setting_text(index, found, text, sizeof(text)),
		where, v->opts->min_recall);
}

/* ---- the test of the file -------------------------------------------- */

/* What is stored and wrong is told, and does not count any further. */
static enum vsx_status check_stored(struct vsx_verifier *v,
				    const struct vsx *index, struct vsx_test *t,
				    struct vsx_error *err)
{
	uint64_t before = v->result->n_findings;
	uint64_t *found = NULL;
	enum vsx_status status;

	if (!t->truth_rows)
		return VSX_OK;
	status = t->as_given ? check_given(v, t)
			     : check_truth(v, index, t, &found, err);
	if (status == VSX_OK && found)
		status = compare_truth(v, index, t, found, err);
	free(found);
	if (v->result->n_findings > before) {
		free(t->truth_rows);
		t->truth_rows = NULL;
	}
	return status;
}

/* Which rows the neighbours are of, where that makes a difference. */
static enum vsx_status tell_truth(struct vsx_verifier *v,
				  const struct vsx *index,
				  const struct vsx_test *t)
{
	if (vsx_test_is_given(t, index->segments, v->manifest.n_segments))
		return vsx_notice(v, "recall is of the rows as they were "
				     "given, whose neighbours are stored and "
				     "cannot be found again");
	if (vsx_index_is_coded(index))
		return vsx_notice(v, "recall is of the rows as they are kept, "
				     "which are codes");
	return VSX_OK;
}

static enum vsx_status run_test(struct vsx_verifier *v, const struct vsx *index,
				struct vsx_test *t, struct vsx_error *err)
{
	const struct vsx_manifest *m = &v->manifest;
	struct vsx_recall found;

	VSX_TRY(check_stored(v, index, t, err));
	/* Without them nothing is left to compare with. */
	if (t->as_given && !t->truth_rows)
		return VSX_OK;
	VSX_TRY(vsx_test_truth(t, index->segments, m->n_segments, v->n_threads,
			       err));
	VSX_TRY(vsx_accept_measure(index->segments, m->n_segments, &t->accept,
				   m->default_effort, m->default_refine,
				   v->n_threads, &found, err));
	v->result->recall_measured = 1;
	v->result->n_queries = vsx_accept_n_telling(&t->accept);
	v->result->effort = found.effort;
	v->result->refine = found.refine;
	v->result->recall_at_1 = found.at_1;
	v->result->recall_at_10 = found.at_10;
	v->result->recall_at_100 = found.at_100;
	VSX_TRY(tell_truth(v, index, t));
	VSX_TRY(compare_recall(v, index, &found, err));
	return check_floor(v, index, &found, "");
}

/* A search that fails has met a broken rule: that is a finding too. */
static enum vsx_status as_finding(struct vsx_verifier *v,
				  enum vsx_status status,
				  const struct vsx_error *why,
				  struct vsx_error *err)
{
	struct vsx_error told;

	if (status == VSX_ECORRUPT || status == VSX_ENUMERIC) {
		vsx_retell(&told, VSX_ECORRUPT, why, "acceptance test: %.*s",
			   VSX_ERROR_TEXT / 2, why->text);
		return vsx_verify_find(v, &told);
	}
	if (status != VSX_OK && err)
		*err = *why;
	return status;
}

static enum vsx_status check_test(struct vsx_verifier *v,
				  const struct vsx *index,
				  struct vsx_error *err)
{
	struct vsx_test t;
	struct vsx_error why = {0};
	enum vsx_status status = vsx_test_load(&t, index, &why);

	t.accept.progress = progress;
	t.accept.context = v;
	if (status == VSX_OK)
		status = run_test(v, index, &t, &why);
	vsx_test_release(&t);
	return as_finding(v, status, &why, err);
}

/* ---- a test of the caller's ------------------------------------------ */

static enum vsx_status load_queries(const struct vsx_verifier *v, float **out,
				    struct vsx_error *err)
{
	const struct vsx_verify_opts *o = v->opts;
	const uint8_t *from = o->queries;
	uint32_t dim = v->manifest.dim;
	struct vsx_space space;

	VSX_TRY(vsx_alloc_to(out, (size_t)o->n_queries * dim, sizeof(**out),
			     err));
	vsx_space_init(&space, VSX_L2, o->query_elem, dim, 0);
	for (uint64_t i = 0; i < o->n_queries; i++)
		vsx_space_load(&space, *out + i * dim,
			       from + i * space.vector_bytes);
	return VSX_OK;
}

/* A caller's lists end with UINT64_MAX, where they are shorter. */
static enum vsx_status count_truth(struct vsx_accept *a, struct vsx_error *err)
{
	VSX_TRY(vsx_alloc_to(&a->n_truth, a->n_queries, sizeof(*a->n_truth),
			     err));
	for (uint32_t q = 0; q < a->n_queries; q++) {
		const uint64_t *truth = a->truth + (size_t)q * a->truth_k;

		while (a->n_truth[q] < a->truth_k &&
		       truth[a->n_truth[q]] != UINT64_MAX)
			a->n_truth[q]++;
	}
	return VSX_OK;
}

static enum vsx_status check_callers(struct vsx_verifier *v,
				     const struct vsx *index,
				     struct vsx_error *err)
{
	const struct vsx_verify_opts *o = v->opts;
	const struct vsx_manifest *m = &v->manifest;
	struct vsx_accept accept = {
		.n_queries = (uint32_t)o->n_queries,
		.dim = m->dim,
		.truth_k = o->truth_k,
		.progress = progress,
		.context = v,
		/* Only read from: no vsx_accept_truth() here. */
		.truth = (uint64_t *)(uintptr_t)o->truth,
	};
	struct vsx_recall found;
	float *queries = NULL;
	enum vsx_status status;

	VSX_TRY(count_truth(&accept, err));
	v->result->n_own = vsx_accept_n_telling(&accept);
	status = v->result->n_own ? load_queries(v, &queries, err)
				  : vsx_notice(v, "the queries given have no "
						  "neighbours to find");
	accept.queries = queries;
	if (status == VSX_OK && v->result->n_own)
		status = vsx_accept_measure(index->segments, m->n_segments,
					    &accept, m->default_effort,
					    m->default_refine, v->n_threads,
					    &found, err);
	free(queries);
	free(accept.n_truth);
	if (status != VSX_OK || !v->result->n_own)
		return status;
	v->result->own_measured = 1;
	v->result->own_recall = found.at_10;
	return check_floor(v, index, &found, " on the queries given");
}

/* ---- all of it ------------------------------------------------------- */

/*
 * Few queries are easily answered by what is of no use to others: they cannot
 * say that a floor is reached.
 */
static enum vsx_status check_telling(struct vsx_verifier *v)
{
	const struct vsx_verify_result *r = v->result;
	uint32_t n = r->n_queries > r->n_own ? r->n_queries : r->n_own;
	bool floor = v->opts->min_recall > 0;

	if (n == 0 && floor)
		return vsx_find_fault(v, VSX_ENOTFOUND,
				      "recall cannot be measured: the index "
				      "holds no test queries with neighbours");
	if (n == 0 || n >= r->due_queries)
		return VSX_OK;
	if (floor)
		return vsx_find_fault(v, VSX_ENOTFOUND,
				      "recall cannot be judged from %u "
				      "quer%s, expected %u or more",
				      n, vsx_ies(n), r->due_queries);
	return vsx_notice(v,
			  "recall was measured on %u quer%s, too few to "
			  "tell: expected %u or more",
			  n, vsx_ies(n), r->due_queries);
}

static bool test_is_damaged(const struct vsx_verifier *v,
			    const struct vsx *index)
{
	static const enum vsx_section_slot slots[] = {
		VSX_SEC_QRYS, VSX_SEC_QTRU, VSX_SEC_QSRC, VSX_SEC_RCLL};

	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
		if (index->whole[slots[i]].base &&
		    v->damaged[index->whole_section[slots[i]]])
			return true;
	return false;
}

enum vsx_status vsx_verify_accept(struct vsx_verifier *v,
				  const struct vsx *index, bool usable,
				  struct vsx_error *err)
{
	const struct vsx_manifest *m = &v->manifest;
	bool tested = m->n_queries > 0 && m->truth_k > 0;
	bool damaged = test_is_damaged(v, index);

	v->result->due_queries = vsx_due_queries(m->n_live);
	if (!damaged)
		VSX_TRY(check_recalls(v, index));
	if (m->n_segments == 0)
		tested = false;
	if ((!usable || damaged) && (tested || v->opts->n_queries))
		return vsx_notice(v, "the acceptance test was not run, since "
				     "parts that it needs are damaged");
	if (tested)
		VSX_TRY(check_test(v, index, err));
	if (v->opts->n_queries && m->n_segments)
		VSX_TRY(check_callers(v, index, err));
	return check_telling(v);
}
