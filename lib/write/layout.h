/*
 * How long a file of given sections becomes: the arithmetic of io/sink.c, for
 * plans and for reserving space before anything is written.
 */
#ifndef VSX_LAYOUT_H
#define VSX_LAYOUT_H

#include <stdint.h>

#define VSX_MAX_LAYOUT 32

struct vsx_layout {
	uint32_t page_shift;
	uint64_t bytes[VSX_MAX_LAYOUT];
	uint32_t n;
};

static inline void vsx_layout_init(struct vsx_layout *l, uint32_t page_shift)
{
	l->page_shift = page_shift;
	l->n = 0;
}

/* One more section; none when it is empty. */
static inline void vsx_layout_add(struct vsx_layout *l, uint64_t bytes)
{
	if (bytes && l->n < VSX_MAX_LAYOUT)
		l->bytes[l->n++] = bytes;
}

/* The whole file with one segment. */
uint64_t vsx_layout_file_bytes(const struct vsx_layout *l,
			       uint32_t properties_bytes);

#endif
