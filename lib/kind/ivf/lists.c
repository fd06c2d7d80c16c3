/* Where inverted lists, and so the rows, lie: section LIST. SPEC.md 5.4. */
#include <string.h>

#include "kind/ivf/ivf.h"

enum vsx_status vsx_ivf_list(const struct vsx_segment *seg, uint32_t i,
			     struct vsx_run *run, struct vsx_error *err)
{
	const struct vsx_view *vecs = &seg->view[VSX_SEC_VECS];
	struct vsx_disk_list list;
	uint32_t unit = seg->kept_bytes ? 1 : 4;
	uint64_t first, n, offset;

	memset(run, 0, sizeof(*run));
	if (i >= vsx_ivf_nlist(seg))
		return vsx_fail(err, VSX_ECORRUPT, "list %u of %u", i,
				vsx_ivf_nlist(seg));
	VSX_TRY(vsx_touch(&seg->view[VSX_SEC_LIST], (uint64_t)i * sizeof(list),
			  sizeof(list), err));
	memcpy(&list, seg->view[VSX_SEC_LIST].base + (size_t)i * sizeof(list),
	       sizeof(list));
	first = vsx_get64(list.first_row);
	n = vsx_get64(list.n_rows);
	/* That of an empty list means nothing. */
	offset = n ? vsx_get64(list.offset) : 0;
	/* n <= n_rows < 2^31 and stride < 2^20: no wrap */
	if (!vsx_within(first, n, seg->n_rows) || offset % unit ||
	    !vsx_within(offset, n * vsx_vecs_stride(seg), vecs->bytes))
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

void vsx_ivf_list_expect(const struct vsx_segment *seg, uint32_t i)
{
	__builtin_prefetch(seg->view[VSX_SEC_LIST].base +
			   (size_t)i * sizeof(struct vsx_disk_list));
}

/* The last list that begins at the row or before. */
enum vsx_status vsx_ivf_list_of(const struct vsx_segment *seg, uint32_t row,
				uint32_t *list, struct vsx_run *run,
				struct vsx_error *err)
{
	uint32_t low = 0, high = vsx_ivf_nlist(seg) - 1;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2 + 1;

		VSX_TRY(vsx_ivf_list(seg, mid, run, err));
		if (run->first_row <= row)
			low = mid;
		else
			high = mid - 1;
	}
	*list = low;
	VSX_TRY(vsx_ivf_list(seg, low, run, err));
	if (row < run->first_row || row - run->first_row >= run->n_rows)
		return vsx_at_row(
			err,
			vsx_fail(err, VSX_ECORRUPT,
				 "row %u is in no list: list %u has rows %u to "
				 "%u",
				 row, low, run->first_row,
				 run->first_row + run->n_rows),
			row);
	return VSX_OK;
}

static enum vsx_status locate_ivf(const struct vsx_segment *seg, uint32_t row,
				  uint64_t *offset, struct vsx_error *err)
{
	struct vsx_run run;
	uint32_t list;

	VSX_TRY(vsx_ivf_list_of(seg, row, &list, &run, err));
	*offset = run.offset +
		  (uint64_t)(row - run.first_row) * vsx_vecs_stride(seg);
	return VSX_OK;
}

static enum vsx_status number_of(const struct vsx_segment *seg, uint32_t row,
				 uint32_t *list, struct vsx_error *err)
{
	struct vsx_run run;

	return vsx_ivf_list_of(seg, row, list, &run, err);
}

static enum vsx_status ends_of(const struct vsx_segment *seg, uint32_t *ends,
			       struct vsx_error *err)
{
	const struct vsx_view *view = &seg->view[VSX_SEC_LIST];
	uint64_t next = 0;

	VSX_TRY(vsx_touch(view, 0, view->bytes, err));
	for (uint32_t i = 0; i < vsx_ivf_nlist(seg); i++) {
		struct vsx_disk_list list;
		uint64_t first, n;

		memcpy(&list, view->base + (size_t)i * sizeof(list),
		       sizeof(list));
		first = vsx_get64(list.first_row);
		n = vsx_get64(list.n_rows);
		if (first != next || n > seg->n_rows - next)
			return vsx_fail(err, VSX_ECORRUPT,
					"list %u: rows %llu to %llu of %u, "
					"expected from %llu on",
					i, (unsigned long long)first,
					(unsigned long long)(first + n),
					seg->n_rows, (unsigned long long)next);
		next += n;
		ends[i] = (uint32_t)next;
	}
	if (next != seg->n_rows)
		return vsx_fail(err, VSX_ECORRUPT,
				"the lists end with row %llu of %u",
				(unsigned long long)next, seg->n_rows);
	return VSX_OK;
}

const struct vsx_placing vsx_ivf_placing = {
	.n_runs = vsx_ivf_nlist,
	.run = vsx_ivf_list,
	.locate = locate_ivf,
	.list_of = number_of,
	.ends = ends_of,
};
