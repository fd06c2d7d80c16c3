#include "segment/looks.h"

#include "segment/ids.h"
#include "segment/offer.h"

void vsx_looks_expect(const struct vsx_segment *seg,
		      const struct vsx_passed *passed, uint64_t entry)
{
	uint32_t stride = vsx_vecs_stride(seg);
	const uint8_t *p;
	uint64_t offset;

	vsx_ids_expect(seg, vsx_passed_row(passed, (uint32_t)entry, &offset));
	p = seg->view[VSX_SEC_VECS].base + offset;
	for (uint32_t b = 0; b < stride; b += 64)
		__builtin_prefetch(p + b, 0, 2);
}

/* The disk reads them side by side. */
static void ask(struct vsx_find *find)
{
	struct vsx_scratch *s = find->scratch;
	const struct vsx_looks *l = &s->looks;
	const uint64_t *pool = s->pool + l->base;
	uint64_t before = vsx_disk_pages();

	for (size_t i = 0; i < l->n; i++) {
		uint64_t offset;

		vsx_passed_row(&s->passed, (uint32_t)pool[i], &offset);
		vsx_ask(l->seg->view[VSX_SEC_VECS].base + offset,
			vsx_vecs_stride(l->seg));
	}
	s->looks.pages += vsx_disk_pages() - before;
}

static enum vsx_status look(struct vsx_find *find, struct vsx_error *err)
{
	struct vsx_scratch *s = find->scratch;
	const struct vsx_segment *seg = s->looks.seg;
	const uint64_t *pool = s->pool + s->looks.base;
	size_t n = s->looks.n;

	for (size_t i = 0; i < n && i < VSX_LOOKS_AHEAD; i++)
		vsx_looks_expect(seg, &s->passed, pool[i]);
	for (size_t i = 0; i < n; i++) {
		const uint8_t *at;
		uint64_t offset;
		uint32_t row;

		VSX_TRY(vsx_halt_before(find->halt, 1, seg->space.stride, err));
		if (i + VSX_LOOKS_AHEAD < n)
			vsx_looks_expect(seg, &s->passed,
					 pool[i + VSX_LOOKS_AHEAD]);
		row = vsx_passed_row(&s->passed, (uint32_t)pool[i], &offset);
		VSX_TRY(vsx_kept_at(&s->kept, row, offset, &at, err));
		VSX_TRY(vsx_offer_row(seg, find, row, at, err));
	}
	return VSX_OK;
}

enum vsx_status vsx_looks_begin(struct vsx_find *find, struct vsx_error *err)
{
	struct vsx_scratch *s = find->scratch;

	if (s->looks.seg->scarce && !s->looks_fast) {
		ask(find);
		if (find->defers)
			return VSX_OK;
	}
	return vsx_looks_end(find, err);
}

enum vsx_status vsx_looks_end(struct vsx_find *find, struct vsx_error *err)
{
	struct vsx_scratch *s = find->scratch;
	enum vsx_status status;
	uint64_t before;

	if (s->looks.n == 0)
		return VSX_OK;
	before = s->looks.seg->scarce ? vsx_disk_pages() : 0;
	status = look(find, err);
	if (s->looks.seg->scarce) {
		s->looks.pages += vsx_disk_pages() - before;
		s->looks_fast = !vsx_disk_is_slow(s->looks.pages, s->looks.n);
	}
	s->looks.n = 0;
	return status;
}
