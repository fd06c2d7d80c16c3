#include "segment/passed.h"

#include "base/alloc.h"

void vsx_passed_begin(struct vsx_passed *p, uint32_t stride)
{
	p->n = 0;
	p->n_rows = 0;
	p->stride = stride;
}

enum vsx_status vsx_passed_add(struct vsx_passed *p, uint32_t first, uint32_t n,
			       uint64_t offset, struct vsx_error *err)
{
	const struct vsx_passed_run *last = p->n ? &p->runs[p->n - 1] : NULL;
	uint64_t rows = last ? p->n_rows - last->before : 0;

	if (!last || first != last->first_row + rows ||
	    offset != last->offset + rows * p->stride) {
		VSX_TRY(vsx_grow(&p->runs, &p->cap, p->n + 1, sizeof(*p->runs),
				 err));
		p->runs[p->n++] =
			(struct vsx_passed_run){offset, first, p->n_rows};
	}
	p->n_rows += n;
	return VSX_OK;
}

uint32_t vsx_passed_row(const struct vsx_passed *p, uint32_t before,
			uint64_t *offset)
{
	size_t low = 0, high = p->n - 1;
	uint32_t rows;

	while (low < high) {
		size_t mid = low + (high - low) / 2 + 1;

		if (p->runs[mid].before <= before)
			low = mid;
		else
			high = mid - 1;
	}
	rows = before - p->runs[low].before;
	*offset = p->runs[low].offset + (uint64_t)rows * p->stride;
	return p->runs[low].first_row + rows;
}
