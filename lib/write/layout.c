#include "write/layout.h"

#include "manifest.h"
#include "sums.h"

static uint64_t to_multiple(uint64_t at, uint64_t of)
{
	return (at + of - 1) / of * of;
}

static uint64_t to_pages(const struct vsx_layout *l, uint64_t bytes)
{
	return to_multiple(bytes, UINT64_C(1) << l->page_shift);
}

uint64_t vsx_layout_file_bytes(const struct vsx_layout *l,
			       uint32_t properties_bytes)
{
	uint64_t at = vsx_data_start(l->page_shift);

	for (uint32_t i = 0; i < l->n; i++) {
		at = to_multiple(at, VSX_SECTION_ALIGN);
		if (!vsx_section_fits(at, l->bytes[i], l->page_shift))
			at = to_pages(l, at);
		at += l->bytes[i];
	}
	for (uint32_t i = 0; i < l->n; i++) {
		struct vsx_sums s;

		/* Sections of less than 2^60 bytes: neither can fail. */
		if (vsx_sums_shape(&s, l->bytes[i], l->page_shift) &&
		    vsx_sums_place(&at, &s, at))
			at += s.bytes;
	}
	at = to_pages(l, at);
	return at + to_pages(l, vsx_manifest_bytes(1, l->n, properties_bytes));
}
