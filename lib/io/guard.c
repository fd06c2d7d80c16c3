#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "disk.h"
#include "io/view.h"
#include "plural.h"

uint64_t vsx_guard_words(const struct vsx_sums *shape)
{
	uint64_t words = shape->count[0] / 64 + 1, chunks = 0;

	for (uint32_t l = 0; l < shape->n_levels; l++)
		chunks += vsx_sums_chunks(shape, l);
	return words + chunks / 64 + 1;
}

static void set_bit(_Atomic uint64_t *words, uint64_t i)
{
	atomic_fetch_or_explicit(&words[i >> 6], UINT64_C(1) << (i & 63),
				 memory_order_relaxed);
}

static const uint8_t *sum_at(const struct vsx_guard *g, uint32_t level,
			     uint64_t i)
{
	return g->sums + g->shape.start[level] + i * 8;
}

/* Check the chunk of sums that covers item i of a level, parents first. */
static enum vsx_status check_sums(struct vsx_guard *g, uint32_t level,
				  uint64_t i, struct vsx_error *err)
{
	const struct vsx_sums *s = &g->shape;
	uint64_t chunk = i * 8 >> s->page_shift, bit = chunk;
	uint64_t bytes = vsx_sums_chunk_bytes(s, level, chunk);
	uint64_t at = s->start[level] + (chunk << s->page_shift);
	uint64_t page = (g->sums_offset + at) >> s->page_shift;
	const uint8_t *above = g->root;
	uint64_t found, due;

	for (uint32_t l = 0; l < level; l++)
		bit += vsx_sums_chunks(s, l);
	if (atomic_load_explicit(&g->seen_sums[bit >> 6],
				 memory_order_relaxed) >>
		    (bit & 63) &
	    1)
		return VSX_OK;
	if (level + 1 < s->n_levels) {
		VSX_TRY(check_sums(g, level + 1, chunk, err));
		above = sum_at(g, level + 1, chunk);
	}
	if (!vsx_sums_chunk_holds(s, level, g->sums + at, bytes, above, &found,
				  &due))
		return vsx_sums_differ(page, found, due, "sums of ", g->name,
				       err);
	set_bit(g->seen_sums, bit);
	return VSX_OK;
}

static enum vsx_status check_pages(struct vsx_guard *g, uint64_t first,
				   uint64_t last, struct vsx_error *err)
{
	if (first > last || last >= g->shape.count[0])
		return vsx_at_section(
			err,
			vsx_fail(err, VSX_ECORRUPT,
				 "pages %llu to %llu of section %s, which has "
				 "%llu",
				 (unsigned long long)first,
				 (unsigned long long)last, g->name,
				 (unsigned long long)g->shape.count[0]),
			g->name);
	for (uint64_t page = first; page <= last; page++) {
		uint64_t found, due;

		if (vsx_guard_seen(g, page))
			continue;
		VSX_TRY(check_sums(g, 0, page, err));
		found = vsx_sum64(g->data + (page << g->shape.page_shift),
				  vsx_sums_page_bytes(&g->shape, page));
		due = vsx_load64(sum_at(g, 0, page));
		if (found != due)
			return vsx_sums_differ(g->first_page + page, found, due,
					       "", g->name, err);
		set_bit(g->seen, page);
		atomic_fetch_add_explicit(g->n_checked, 1,
					  memory_order_relaxed);
	}
	return VSX_OK;
}

enum vsx_status vsx_guard_check(struct vsx_guard *g, uint64_t first,
				uint64_t last, struct vsx_error *err)
{
	enum vsx_status status = check_pages(g, first, last, err);

	return g->segment == VSX_WHOLE_INDEX
		       ? status
		       : vsx_at_segment(err, status, g->segment);
}

enum vsx_status vsx_touch_beyond(const struct vsx_view *v, uint64_t offset,
				 uint64_t len, struct vsx_error *err)
{
	if (len == 0 && offset <= v->bytes)
		return VSX_OK;
	return vsx_at_section(
		err,
		vsx_fail(
			err, VSX_ECORRUPT,
			"%llu byte%s at byte %llu of section %s, which has %llu",
			(unsigned long long)len, vsx_s(len),
			(unsigned long long)offset,
			v->guard ? v->guard->name : "",
			(unsigned long long)v->bytes),
		v->guard ? v->guard->name : "");
}
