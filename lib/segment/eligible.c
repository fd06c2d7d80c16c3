#include "segment/eligible.h"

#include "bytes.h"
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
			.n_groups = c->n_groups,
			.in_list = c->in_list,
		};
		return VSX_OK;
	}
	VSX_TRY(vsx_dead_touch(seg, err));
	find->eligible = vsx_eligible_live(seg);
	return VSX_OK;
}

/* Bits of rows 64 i .. 64 i + 63, 1: it may not, or is none of the segment. */
static uint64_t barred_word(const struct vsx_eligible *e, uint32_t i)
{
	uint64_t first = (uint64_t)i * 64, bits = 0;
	uint32_t n =
		e->n_rows - first < 64 ? (uint32_t)(e->n_rows - first) : 64;

	if (n == 64 && e->barred)
		bits |= vsx_load64(e->barred + (size_t)i * 8);
	if (n == 64 && e->gone)
		bits |= vsx_load64(e->gone + (size_t)i * 8);
	if (n == 64)
		return bits;
	for (uint32_t b = 0; b < (n + 7) / 8; b++)
		bits |= (uint64_t)vsx_barred_byte(e, i * 8 + b) << b * 8;
	return bits | ~UINT64_C(0) << n;
}

uint32_t vsx_eligible_among(const struct vsx_eligible *e, uint32_t first,
			    uint32_t n)
{
	uint32_t end = first + n, eligible = 0;

	if (e->n == e->n_rows)
		return n;
	while (first < end) {
		uint32_t in = first % 64, left = end - first;
		uint64_t bits = ~barred_word(e, first / 64) >> in;

		if (left > 64 - in)
			left = 64 - in;
		if (left < 64)
			bits &= (UINT64_C(1) << left) - 1;
		eligible += (uint32_t)__builtin_popcountll(bits);
		first += left;
	}
	return eligible;
}

/* The first row from this one on that is, or is not; `end` or more if there is
 * none before it. */
static uint32_t next(const struct vsx_eligible *e, uint32_t row, uint32_t end,
		     bool is)
{
	while (row < end) {
		uint64_t bits = barred_word(e, row / 64);

		bits = (is ? ~bits : bits) >> (row % 64);
		if (bits)
			return row + (uint32_t)__builtin_ctzll(bits);
		row = (row / 64 + 1) * 64;
	}
	return row;
}

uint32_t vsx_eligible_run(const struct vsx_eligible *e, uint32_t *row,
			  uint32_t end)
{
	uint32_t first = *row, last;

	if (e->n == e->n_rows)
		return first < end ? end - first : 0;
	first = next(e, first, end, true);
	if (first > end)
		first = end;
	last = next(e, first, end, false);
	*row = first;
	return (last < end ? last : end) - first;
}
