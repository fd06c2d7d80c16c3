#include "segment/ids.h"
#include "plural.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum vsx_status vsx_tell_why(vsx_finding *report, void *context,
			     const struct vsx_error *what)
{
	return report(context, what) ? VSX_ESTOPPED : VSX_OK;
}

enum vsx_status vsx_tell(vsx_finding *report, void *context,
			 enum vsx_status status, const char *fmt, ...)
{
	struct vsx_error what;
	va_list args;

	va_start(args, fmt);
	vsx_vfail(&what, status, fmt, args);
	va_end(args);
	return vsx_tell_why(report, context, &what);
}

enum vsx_status vsx_tell_row(vsx_finding *report, void *context, uint32_t row,
			     const char *fmt, ...)
{
	struct vsx_error what;
	va_list args;

	va_start(args, fmt);
	vsx_vfail(&what, VSX_ECORRUPT, fmt, args);
	va_end(args);
	vsx_at_row(&what, VSX_ECORRUPT, row);
	return vsx_tell_why(report, context, &what);
}

enum vsx_status vsx_tell_section(vsx_finding *report, void *context,
				 const char *letters, const char *fmt, ...)
{
	struct vsx_error what;
	va_list args;

	va_start(args, fmt);
	vsx_vfail(&what, VSX_ECORRUPT, fmt, args);
	va_end(args);
	vsx_at_section(&what, VSX_ECORRUPT, letters);
	return vsx_tell_why(report, context, &what);
}

enum vsx_status vsx_ids_open(struct vsx_segment *seg, struct vsx_error *err)
{
	const struct vsx_view *ids = &seg->view[VSX_SEC_ROID];
	const struct vsx_view *order = &seg->view[VSX_SEC_IDRO];

	seg->id_bytes = 0;
	if (!ids->base) {
		if (order->base)
			return vsx_at_section(
				err,
				vsx_fail(err, VSX_ECORRUPT,
					 "section IDRO without section ROID"),
				"IDRO");
		return VSX_OK;
	}
	if (ids->bytes != (uint64_t)seg->n_rows * 4 &&
	    ids->bytes != (uint64_t)seg->n_rows * 8)
		return vsx_at_section(
			err,
			vsx_fail(
				err, VSX_ECORRUPT,
				"section ROID has %llu byte%s, expected 4 or 8 "
				"for each of %u row%s",
				(unsigned long long)ids->bytes,
				vsx_s(ids->bytes), seg->n_rows,
				vsx_s(seg->n_rows)),
			"ROID");
	if (order->base && order->bytes != (uint64_t)seg->n_rows * 4)
		return vsx_at_section(
			err,
			vsx_fail(err, VSX_ECORRUPT,
				 "section IDRO has %llu byte%s, expected 4 for "
				 "each of %u row%s",
				 (unsigned long long)order->bytes,
				 vsx_s(order->bytes), seg->n_rows,
				 vsx_s(seg->n_rows)),
			"IDRO");
	seg->id_bytes = ids->bytes == (uint64_t)seg->n_rows * 8 ? 8 : 4;
	return VSX_OK;
}

enum vsx_status vsx_ids_of(const struct vsx_segment *seg, uint32_t row,
			   uint64_t *id, struct vsx_error *err)
{
	const struct vsx_view *ids = &seg->view[VSX_SEC_ROID];
	uint64_t at = (uint64_t)row * seg->id_bytes;

	if (seg->id_bytes == 0) {
		*id = row;
		return VSX_OK;
	}
	VSX_TRY(vsx_touch(ids, at, seg->id_bytes, err));
	*id = seg->id_bytes == 4 ? vsx_load32(ids->base + at)
				 : vsx_load64(ids->base + at);
	return VSX_OK;
}

enum vsx_status vsx_ids_by_rank(const struct vsx_segment *seg, uint32_t i,
				uint32_t *row, struct vsx_error *err)
{
	const struct vsx_view *order = &seg->view[VSX_SEC_IDRO];

	if (!order->base) {
		*row = i;
		return VSX_OK;
	}
	VSX_TRY(vsx_touch(order, (uint64_t)i * 4, 4, err));
	*row = vsx_load32(order->base + (size_t)i * 4);
	if (*row >= seg->n_rows)
		return vsx_at_section(
			err,
			vsx_fail(err, VSX_ECORRUPT,
				 "section IDRO, entry %u: row %u of %u", i,
				 *row, seg->n_rows),
			"IDRO");
	return VSX_OK;
}

enum vsx_status vsx_ids_find(const struct vsx_segment *seg, uint64_t id,
			     uint32_t *row, struct vsx_error *err)
{
	uint32_t low = 0, high = seg->n_rows;
	uint64_t found;

	if (seg->id_bytes == 0) {
		*row = (uint32_t)id;
		return id < seg->n_rows ? VSX_OK : VSX_ENOTFOUND;
	}
	/* Ids 0 .. n-1 have their rank for a number: one look, no search. */
	if (id < seg->n_rows) {
		VSX_TRY(vsx_ids_by_rank(seg, (uint32_t)id, row, err));
		VSX_TRY(vsx_ids_of(seg, *row, &found, err));
		if (found == id)
			return VSX_OK;
	}
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		VSX_TRY(vsx_ids_by_rank(seg, mid, row, err));
		VSX_TRY(vsx_ids_of(seg, *row, &found, err));
		if (found == id)
			return VSX_OK;
		if (found < id)
			low = mid + 1;
		else
			high = mid;
	}
	return VSX_ENOTFOUND;
}

enum vsx_status vsx_ids_greatest(const struct vsx_segment *seg, uint64_t *id,
				 struct vsx_error *err)
{
	uint32_t row;

	VSX_TRY(vsx_ids_by_rank(seg, seg->n_rows - 1, &row, err));
	return vsx_ids_of(seg, row, id, err);
}

enum vsx_status vsx_ids_check(const struct vsx_segment *seg,
			      vsx_finding *report, void *context,
			      struct vsx_error *err)
{
	uint64_t before = 0;

	if (seg->id_bytes == 0)
		return VSX_OK;
	/* Strictly rising ids over n valid rows: the rows are all different
	 * too, since equal rows would have equal ids. */
	for (uint32_t i = 0; i < seg->n_rows; i++) {
		struct vsx_error local;
		uint32_t row = 0;
		uint64_t id = 0;
		enum vsx_status status;

		status = vsx_ids_by_rank(seg, i, &row, &local);
		if (status == VSX_OK)
			status = vsx_ids_of(seg, row, &id, &local);
		if (status != VSX_OK) {
			VSX_TRY(vsx_tell_why(report, context, &local));
			continue;
		}
		if (i > 0 && id <= before)
			VSX_TRY(vsx_tell_row(
				report, context, row,
				"row %u: id %llu after id %llu, "
				"expected rising ids without repeats",
				row, (unsigned long long)id,
				(unsigned long long)before));
		before = id;
	}
	(void)err;
	return VSX_OK;
}
