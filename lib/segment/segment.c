/* What the kinds share: opening a segment, finding its rows. */
#include <stdlib.h>
#include <string.h>

#include "segment/codes.h"
#include "segment/dead.h"
#include "segment/ids.h"
#include "segment/segment.h"

static const struct vsx_kind *const kinds[] = {
	&vsx_kind_flat,
	&vsx_kind_ivf,
	&vsx_kind_hnsw,
};

const struct vsx_kind *vsx_kind_find(uint32_t code)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i]->code == code)
			return kinds[i];
	return NULL;
}

enum vsx_status vsx_segment_open(struct vsx_segment *seg, struct vsx_error *err)
{
	const struct vsx_view *vecs = &seg->view[VSX_SEC_VECS];
	uint64_t plain = (uint64_t)seg->n_rows * seg->space.stride;

	if (!vecs->base)
		return vsx_fail(err, VSX_ECORRUPT,
				"segment %u has no section VECS", seg->number);
	if (seg->kind->locate ? vecs->bytes < plain : vecs->bytes != plain)
		return vsx_fail(
			err, VSX_ECORRUPT,
			"section VECS has %llu bytes, expected %llu for "
			"%u rows of %u bytes",
			(unsigned long long)vecs->bytes,
			(unsigned long long)plain, seg->n_rows,
			seg->space.stride);
	for (uint32_t p = seg->kind->n_params; p < VSX_N_PARAMS; p++)
		if (seg->params[p])
			return vsx_fail(err, VSX_ECORRUPT,
					"parameter %u is %u, %s has %u", p,
					seg->params[p], seg->kind->name,
					seg->kind->n_params);
	VSX_TRY(vsx_dead_open(seg, err));
	VSX_TRY(vsx_ids_open(seg, err));
	/* Any kind may have codes: exact search uses them where they are. */
	VSX_TRY(vsx_codes_check_lengths(seg, err));
	return seg->kind->open(seg, err);
}

void vsx_segments_close(struct vsx_segment *segments, uint32_t n)
{
	for (uint32_t i = 0; segments && i < n; i++)
		free(segments[i].dead_bits);
	free(segments);
}

/* The segment whose section seg shares, or NULL when it has its own. */
static enum vsx_status lender_of(const struct vsx_segment *segments,
				 const struct vsx_segment *seg,
				 const struct vsx_segment **lender,
				 struct vsx_error *err)
{
	uint32_t param = seg->kind->shared_param;
	uint32_t from = param ? seg->params[param] : 0;
	char name[5];

	*lender = NULL;
	if (from == 0)
		return VSX_OK;
	vsx_section_letters(name, vsx_section_id(seg->kind->shared_slot));
	if (from > seg->number || segments[from - 1].kind != seg->kind ||
	    segments[from - 1].params[param] ||
	    segments[from - 1].params[0] != seg->params[0])
		return vsx_fail(err, VSX_ECORRUPT,
				"segment %u cannot share section %s of segment "
				"%u",
				seg->number, name, from - 1);
	if (seg->view[seg->kind->shared_slot].base)
		return vsx_fail(err, VSX_ECORRUPT,
				"segment %u has a section %s and shares that "
				"of segment %u",
				seg->number, name, from - 1);
	*lender = &segments[from - 1];
	return VSX_OK;
}

enum vsx_status vsx_segments_share(struct vsx_segment *segments, uint32_t n,
				   struct vsx_error *err)
{
	for (uint32_t i = 0; i < n; i++) {
		struct vsx_segment *seg = &segments[i];
		const struct vsx_segment *lender;

		VSX_TRY(lender_of(segments, seg, &lender, err));
		if (lender)
			seg->view[seg->kind->shared_slot] =
				lender->view[seg->kind->shared_slot];
	}
	return VSX_OK;
}

enum vsx_status vsx_segment_locate(const struct vsx_segment *seg, uint32_t row,
				   uint64_t *offset, struct vsx_error *err)
{
	if (row >= seg->n_rows)
		return vsx_fail(err, VSX_ECORRUPT, "row %u of %u", row,
				seg->n_rows);
	if (seg->kind->locate)
		VSX_TRY(seg->kind->locate(seg, row, offset, err));
	else
		*offset = (uint64_t)row * seg->space.stride;
	return vsx_touch(&seg->view[VSX_SEC_VECS], *offset, seg->space.stride,
			 err);
}

enum vsx_status vsx_segment_run(const struct vsx_segment *seg, uint32_t i,
				struct vsx_run *run, struct vsx_error *err)
{
	const struct vsx_view *vecs = &seg->view[VSX_SEC_VECS];
	struct vsx_disk_list list;
	uint64_t first, n, offset;

	memset(run, 0, sizeof(*run));
	if (seg->nlist == 0) {
		run->n_rows = seg->n_rows;
		return VSX_OK;
	}
	if (i >= seg->nlist)
		return vsx_fail(err, VSX_ECORRUPT, "list %u of %u", i,
				seg->nlist);
	VSX_TRY(vsx_touch(&seg->view[VSX_SEC_LIST], (uint64_t)i * sizeof(list),
			  sizeof(list), err));
	memcpy(&list, seg->view[VSX_SEC_LIST].base + (size_t)i * sizeof(list),
	       sizeof(list));
	first = vsx_get64(list.first_row);
	n = vsx_get64(list.n_rows);
	/* That of an empty list means nothing. */
	offset = n ? vsx_get64(list.offset) : 0;
	/* n <= n_rows < 2^31 and stride < 2^20: no wrap */
	if (!vsx_within(first, n, seg->n_rows) || offset % 4 ||
	    !vsx_within(offset, n * seg->space.stride, vecs->bytes))
		return vsx_fail(err, VSX_ECORRUPT,
				"list %u: rows %llu to %llu of %u at byte %llu "
				"of %llu",
				i, (unsigned long long)first,
				(unsigned long long)(first + n), seg->n_rows,
				(unsigned long long)offset,
				(unsigned long long)vecs->bytes);
	run->first_row = (uint32_t)first;
	run->n_rows = (uint32_t)n;
	run->offset = offset;
	return VSX_OK;
}

enum vsx_status vsx_segment_check(const struct vsx_segment *seg,
				  vsx_finding *report, void *context,
				  struct vsx_error *err)
{
	VSX_TRY(vsx_dead_check(seg, report, context));
	VSX_TRY(vsx_ids_check(seg, report, context, err));
	VSX_TRY(vsx_codes_check(seg, report, context, err));
	return seg->kind->check ? seg->kind->check(seg, report, context, err)
				: VSX_OK;
}

enum vsx_status vsx_too_many_rows(const struct vsx_segment *seg,
				  struct vsx_error *err)
{
	return vsx_fail(err, VSX_ECORRUPT,
			"the lists hold more rows than the %u of the segment",
			seg->n_rows);
}
