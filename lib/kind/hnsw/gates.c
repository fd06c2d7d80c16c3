/* Codes of links, sections LNKP and LNKG: SPEC.md 5.5.1. */
#include <math.h>
#include <stdlib.h>

#include "kind/hnsw/hnsw.h"
#include "plural.h"
#include "segment/codes.h"

/* Components of what rows are compared as. */
static uint32_t compared_dim(const struct vsx_segment *seg)
{
	if (!vsx_codes_estimate(seg))
		return seg->space.dim;
	return vsx_codes_present(seg) ? seg->form.coded : seg->kept_form.coded;
}

static enum vsx_status check_suit(const struct vsx_segment *seg,
				  struct vsx_error *err)
{
	uint32_t parts = seg->params[VSX_HNSW_GATES], dim = compared_dim(seg);
	bool codes = vsx_codes_estimate(seg);

	if (!vsx_edges_suit(seg->space.metric, codes))
		return vsx_fail(err, VSX_ECORRUPT,
				"codes of links over %s under %s",
				codes ? "codes" : "rows",
				vsx_metric_name(seg->space.metric));
	if (vsx_edges_parts_ok(parts) && parts <= dim)
		return VSX_OK;
	return vsx_fail(err, VSX_ECORRUPT,
			"codes of links have %u part%s over %u dimension%s, "
			"expected a multiple of %u up to %u",
			parts, vsx_s(parts), dim, vsx_s(dim),
			VSX_EDGE_LEAST_PARTS,
			dim < VSX_EDGE_MAX_PARTS ? dim : VSX_EDGE_MAX_PARTS);
}

static enum vsx_status check_head(const struct vsx_view *learned, uint32_t dim,
				  struct vsx_error *err)
{
	const uint8_t *head = learned->base;
	struct vsx_edges e;

	VSX_TRY(vsx_touch(learned, 0, sizeof(struct vsx_disk_gates), err));
	e = vsx_edges_of(head, dim, VSX_EDGE_LEAST_PARTS);
	if (!(isfinite(e.unit_a) && e.unit_a > 0.0f && isfinite(e.unit_b) &&
	      e.unit_b > 0.0f))
		return vsx_fail(err, VSX_ECORRUPT,
				"units of the codes of links are %g and %g, "
				"expected finite ones above 0",
				(double)e.unit_a, (double)e.unit_b);
	if (e.shift > VSX_EDGE_MAX_SHIFT)
		return vsx_fail(err, VSX_ECORRUPT,
				"the shift of the codes of links is %u, "
				"expected 0 to %u",
				e.shift, VSX_EDGE_MAX_SHIFT);
	if (!(isfinite(e.spread) && e.spread >= 0.0f))
		return vsx_fail(err, VSX_ECORRUPT,
				"the spread of the codes of links is %g, "
				"expected a finite one from 0",
				(double)e.spread);
	if (!vsx_is_zero(head + offsetof(struct vsx_disk_gates, zero),
			 sizeof(((struct vsx_disk_gates *)0)->zero)))
		return vsx_fail(err, VSX_ECORRUPT,
				"the head of the codes of links does not end "
				"in zeros");
	return VSX_OK;
}

static uint32_t row_bytes(const struct vsx_segment *seg)
{
	return vsx_hnsw_gates_row_bytes(seg->params[VSX_HNSW_M],
					seg->params[VSX_HNSW_GATES]);
}

enum vsx_status vsx_hnsw_open_gates(const struct vsx_segment *seg,
				    struct vsx_error *err)
{
	const struct vsx_view *learned = &seg->view[VSX_SEC_LNKP];
	const struct vsx_view *blocks = &seg->view[VSX_SEC_LNKG];
	uint32_t dim = compared_dim(seg);
	uint64_t due;

	if (!seg->params[VSX_HNSW_GATES])
		return VSX_OK;
	VSX_TRY(vsx_at_section(err, check_suit(seg, err), "LNKG"));
	/* 32 blocks of 2,176 bytes at most beside dim. */
	due = vsx_hnsw_learned_bytes(seg->n_rows, dim,
				     seg->params[VSX_HNSW_GATES]);
	if (learned->bytes != due)
		return vsx_bad_length("LNKP", learned->bytes, due, err);
	/* n_rows < 2^31, and 32 blocks of 2,176 bytes at most. */
	due = (uint64_t)seg->n_rows * row_bytes(seg);
	if (blocks->bytes != due)
		return vsx_bad_length("LNKG", blocks->bytes, due, err);
	return vsx_at_section(err, check_head(learned, dim, err), "LNKP");
}

enum vsx_status vsx_hnsw_gates(const struct vsx_segment *seg,
			       struct vsx_gates *gates, struct vsx_edges *edges,
			       struct vsx_error *err)
{
	const struct vsx_view *learned = &seg->view[VSX_SEC_LNKP];
	const struct vsx_view *blocks = &seg->view[VSX_SEC_LNKG];

	*gates = (struct vsx_gates){0};
	if (!seg->params[VSX_HNSW_GATES])
		return VSX_OK;
	VSX_TRY(vsx_touch(learned, 0, learned->bytes, err));
	*edges = vsx_edges_of(learned->base, compared_dim(seg),
			      seg->params[VSX_HNSW_GATES]);
	gates->blocks = blocks->base;
	gates->view = blocks->guard ? blocks : NULL;
	gates->row_bytes = row_bytes(seg);
	gates->entries = learned->base + vsx_edges_bytes(edges->dim);
	gates->n_entries = vsx_hnsw_entry_blocks(seg->n_rows);
	gates->entry_step = vsx_hnsw_entry_step(seg->n_rows);
	return VSX_OK;
}
