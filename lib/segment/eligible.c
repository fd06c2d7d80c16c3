#include "segment/eligible.h"

#include "segment/dead.h"
#include "segment/segment.h"

struct vsx_eligible vsx_eligible_live(const struct vsx_segment *seg)
{
	return (struct vsx_eligible){
		.seg = seg,
		.barred = seg->dead,
		.gone = seg->gone,
		.n_rows = seg->n_rows,
		.n = seg->n_rows - seg->n_dead,
	};
}

enum vsx_status vsx_find_eligible(struct vsx_find *find,
				  const struct vsx_segment *seg,
				  struct vsx_error *err)
{
	if (find->eligible.seg == seg)
		return VSX_OK;
	if (find->among) {
		const struct vsx_chosen *c = &find->among->chosen[seg->number];

		find->eligible = (struct vsx_eligible){
			.seg = seg,
			.barred = c->barred,
			.n_rows = seg->n_rows,
			.n = c->n,
		};
		return VSX_OK;
	}
	VSX_TRY(vsx_dead_touch(seg, err));
	find->eligible = vsx_eligible_live(seg);
	return VSX_OK;
}

uint32_t vsx_eligible_among(const struct vsx_eligible *e, uint32_t first,
			    uint32_t n)
{
	uint32_t eligible = n;

	for (uint32_t row = first; e->n < e->n_rows && row < first + n; row++)
		eligible -= !vsx_is_eligible(e, row);
	return eligible;
}

uint32_t vsx_eligible_run(const struct vsx_eligible *e, uint32_t *row,
			  uint32_t end)
{
	uint32_t first = *row, n = 0;

	while (first < end && !vsx_is_eligible(e, first))
		first +=
			first % 8 == 0 && vsx_barred_byte(e, first >> 3) == 0xff
				? 8
				: 1;
	if (first > end)
		first = end;
	while (first + n < end && vsx_is_eligible(e, first + n))
		n++;
	*row = first;
	return n;
}
