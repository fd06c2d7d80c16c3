#include "sums.h"

#include <string.h>

#include "bytes.h"
#include "checksum.h"

bool vsx_sums_shape(struct vsx_sums *s, uint64_t bytes, uint32_t page_shift)
{
	uint64_t page = UINT64_C(1) << page_shift;
	uint64_t count, at = 0;
	uint32_t level = 0;

	if (!vsx_round_up(&count, bytes, page))
		return false;
	count >>= page_shift;
	s->page_shift = page_shift;
	for (;;) {
		s->count[level] = count;
		s->start[level] = at;
		at += count * 8; /* count < 2^52: cannot wrap */
		level++;
		if (count * 8 <= page)
			break;
		if (level == VSX_MAX_SUM_LEVELS)
			return false;
		at = (at + page - 1) & ~(page - 1);
		count = (count * 8 + page - 1) >> page_shift;
	}
	s->n_levels = level;
	s->bytes = at;
	s->data_bytes = bytes;
	return true;
}

bool vsx_section_fits(uint64_t offset, uint64_t bytes, uint32_t page_shift)
{
	uint64_t page = UINT64_C(1) << page_shift;

	if (bytes >= page)
		return offset % page == 0;
	return offset % VSX_SECTION_ALIGN == 0 && offset % page + bytes <= page;
}

bool vsx_sums_place(uint64_t *out, const struct vsx_sums *s, uint64_t at)
{
	uint64_t page = UINT64_C(1) << s->page_shift;
	uint64_t used;

	if (!vsx_round_up(&at, at, 8))
		return false;
	used = at & (page - 1);
	if (used && (s->n_levels > 1 || s->bytes > page - used))
		return vsx_round_up(out, at, page);
	*out = at;
	return true;
}

bool vsx_sums_chunk_holds(const struct vsx_sums *s, uint32_t level,
			  const uint8_t *chunk, uint64_t bytes,
			  const uint8_t *above, uint64_t *found, uint64_t *due)
{
	*due = vsx_load64(above);
	if (level + 1 == s->n_levels) {
		struct vsx_hash h = vsx_hash128(chunk, bytes);

		*found = vsx_load64(h.b);
		return memcmp(h.b, above, sizeof(h.b)) == 0;
	}
	*found = vsx_sum64(chunk, bytes);
	return *found == *due;
}

enum vsx_status vsx_sums_differ(uint64_t page, uint64_t found, uint64_t due,
				const char *what, const char *section,
				struct vsx_error *err)
{
	vsx_fail(err, VSX_ECORRUPT,
		 "page %llu: checksum %016llx, expected %016llx "
		 "(%ssection %s)",
		 (unsigned long long)page, (unsigned long long)found,
		 (unsigned long long)due, what, section);
	vsx_at_page(err, VSX_ECORRUPT, page);
	return vsx_at_section(err, VSX_ECORRUPT, section);
}
