/* The rules of the codes of links, which are made once more. SPEC.md 5.5.1. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kind/hnsw/check.h"
#include "kind/hnsw/link_codes.h"
#include "segment/codes.h"
#include "segment/ids.h"
#include "segment/rule.h"

typedef unsigned long long ull;

static enum vsx_status tell_learned(vsx_finding *report, void *context,
				    const char *what, uint32_t i, float x)
{
	return vsx_tell_section(
		report, context, "LNKP",
		"section LNKP: component %u of the %s is %g, expected "
		"a finite number",
		i, what, (double)x);
}

static bool are_numbers(const float *x, size_t n, uint32_t *which)
{
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i])) {
			*which = (uint32_t)i;
			return false;
		}
	return true;
}

/* What was learned; *sound: codes can be made of it. */
static enum vsx_status check_learned(const struct vsx_segment *seg,
				     const struct vsx_edges *e, bool *sound,
				     vsx_finding *report, void *context)
{
	const uint8_t *bytes = seg->view[VSX_SEC_LNKP].base;
	uint64_t from = vsx_edges_mean_at() + e->dim * UINT64_C(4);
	uint64_t to = vsx_edges_book_at(e->dim);
	uint32_t i;

	*sound = false;
	if (!are_numbers(e->mean, e->dim, &i))
		return tell_learned(report, context, "mean", i, e->mean[i]);
	if (!are_numbers(e->book, (size_t)e->dim * VSX_EDGE_WORDS, &i))
		return tell_learned(report, context, "book", i, e->book[i]);
	*sound = true;
	if (vsx_is_zero(bytes + from, to - from))
		return VSX_OK;
	return vsx_tell_section(report, context, "LNKP",
				"section LNKP: bytes %llu to %llu are not 0",
				(ull)from, (ull)to - 1);
}

/* Codes of the rows that searches begin at, made once more. */
static enum vsx_status check_entries(const struct vsx_link_coder *k,
				     const struct vsx_gates *g, float *work,
				     vsx_finding *report, void *context,
				     struct vsx_error *err)
{
	size_t bytes = g->n_entries * vsx_gate_block_bytes(k->edges.parts);
	enum vsx_status status;
	uint32_t shift, i = 0;
	uint8_t *due;

	VSX_TRY(vsx_alloc_to(&due, bytes, 1, err));
	status = vsx_link_coder_entries(k, work, &shift, due, err);
	while (status == VSX_OK && i < bytes && g->entries[i] == due[i])
		i++;
	if (status == VSX_OK && shift != k->edges.shift)
		status = vsx_tell_section(
			report, context, "LNKP",
			"section LNKP: the shift is %u, expected %u",
			k->edges.shift, shift);
	else if (status == VSX_OK && i < bytes)
		status = vsx_tell_section(
			report, context, "LNKP",
			"section LNKP: byte %u of the rows to begin at is "
			"0x%02x, expected 0x%02x",
			i, g->entries[i], due[i]);
	free(due);
	return status;
}

/* Codes of links are made once more, of one row by each thread. */
struct again {
	const struct vsx_link_coder *coder;
	const struct vsx_gates *gates;
	uint8_t *due; /* [threads][row_bytes] */
	float *work;  /* [threads][VSX_LINK_CODER_WORK][dim] */
	vsx_finding *report;
	void *context;
};

/* A list with a link that leads nowhere has its own finding. */
static bool leads_nowhere(const struct vsx_link_coder *k, uint32_t row)
{
	uint32_t n = vsx_link_coder_count(k, row);

	return n < k->degree &&
	       vsx_link_coder_links(k, row)[n] != VSX_HNSW_NO_LINK;
}

static bool differs(void *context, unsigned int thread, uint32_t row)
{
	struct again *a = context;
	const struct vsx_link_coder *k = a->coder;
	const struct vsx_gates *g = a->gates;
	uint8_t *due = a->due + (size_t)thread * g->row_bytes;

	if (leads_nowhere(k, row))
		return false;
	vsx_link_coder_row(k, row,
			   a->work + (size_t)thread * VSX_LINK_CODER_WORK *
					     k->edges.dim,
			   due);
	return memcmp(g->blocks + (uint64_t)row * g->row_bytes, due,
		      g->row_bytes) != 0;
}

/* The first byte that is not what it should be. */
static enum vsx_status tell_row(void *context, uint32_t row)
{
	struct again *a = context;
	const struct vsx_gates *g = a->gates;
	const uint8_t *at = g->blocks + (uint64_t)row * g->row_bytes;
	uint32_t i = 0;

	vsx_link_coder_row(a->coder, row, a->work, a->due);
	while (at[i] == a->due[i])
		i++;
	return vsx_tell_row(a->report, a->context, row,
			    "row %u: byte %u of the codes of its links is "
			    "0x%02x, expected 0x%02x",
			    row, i, at[i], a->due[i]);
}

static enum vsx_status check_rows(struct again *a, unsigned int n_threads,
				  struct vsx_error *err)
{
	static const struct vsx_row_rule rule = {differs, tell_row, NULL};
	enum vsx_status status;

	status = vsx_alloc_to(&a->due, n_threads, a->gates->row_bytes, err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&a->work, n_threads,
				      (size_t)a->coder->edges.dim *
					      VSX_LINK_CODER_WORK *
					      sizeof(*a->work),
				      err);
	if (status == VSX_OK)
		status = check_entries(a->coder, a->gates, a->work, a->report,
				       a->context, err);
	if (status == VSX_OK)
		status = vsx_check_rows(&rule, a, n_threads, a->coder->n_rows,
					err);
	free(a->due);
	free(a->work);
	return status;
}

enum vsx_status vsx_hnsw_check_gates(const struct vsx_segment *seg,
				     unsigned int n_threads,
				     vsx_finding *report, void *context,
				     struct vsx_error *err)
{
	struct vsx_link_coder k = {.n_rows = seg->n_rows};
	struct vsx_gates g;
	struct again a = {&k, &g, .report = report, .context = context};
	struct vsx_level base;
	bool sound;

	VSX_TRY(vsx_hnsw_gates(seg, &g, &k.edges, err));
	if (!g.blocks)
		return VSX_OK;
	VSX_TRY(check_learned(seg, &k.edges, &sound, report, context));
	if (!sound)
		return VSX_OK;
	if (vsx_codes_estimate(seg))
		VSX_TRY(vsx_segment_codes(seg, &k.codes, err));
	else
		vsx_segment_rows(seg, &k.codes);
	vsx_hnsw_level(seg, 0, &base);
	k.links = base.links;
	k.degree = base.degree;
	vsx_edge_coder_init(&k.coder, &k.edges);
	return check_rows(&a, n_threads, err);
}
