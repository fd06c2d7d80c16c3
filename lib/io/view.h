/*
 * A section in memory: bounds-checked bytes and, where pages are checked when
 * they are first touched, the guard that does it.
 */
#ifndef VSX_VIEW_H
#define VSX_VIEW_H

#include <stdatomic.h>
#include <stdint.h>

#include "error.h"
#include "sums.h"

/*
 * First-touch verification of one section. A set bit says that the page, or the
 * chunk of sums, equals its checksum; it is never cleared. Threads may race to
 * set the same bit: both checked the same bytes.
 */
struct vsx_guard {
	const uint8_t *data; /* the section's first page */
	const uint8_t *sums; /* its tables, vsx_sums.bytes long */
	struct vsx_sums shape;
	uint8_t root[16];
	uint64_t first_page;  /* number in the file, for messages */
	uint64_t sums_offset; /* in the file, for messages */
	char name[5];
	uint32_t segment;	     /* or VSX_WHOLE_INDEX */
	_Atomic uint64_t *seen;	     /* a bit a page */
	_Atomic uint64_t *seen_sums; /* a bit a chunk, level after level */
	_Atomic uint64_t *n_checked; /* pages, of the whole index */
};

struct vsx_view {
	const uint8_t *base; /* NULL: the section is not there */
	uint64_t bytes;
	struct vsx_guard *guard; /* NULL: checked already, or not wanted */
};

/* Words that vsx_guard needs for seen and seen_sums together. */
uint64_t vsx_guard_words(const struct vsx_sums *shape);

/*
 * Check pages first .. last of the section that were not checked yet. Pages
 * that it does not have are VSX_ECORRUPT.
 */
enum vsx_status vsx_guard_check(struct vsx_guard *g, uint64_t first,
				uint64_t last, struct vsx_error *err);

static inline int vsx_guard_seen(const struct vsx_guard *g, uint64_t page)
{
	return (int)(atomic_load_explicit(&g->seen[page >> 6],
					  memory_order_relaxed) >>
			     (page & 63) &
		     1);
}

/* What vsx_touch() answers to bytes that are not there; none at all are. */
enum vsx_status vsx_touch_beyond(const struct vsx_view *v, uint64_t offset,
				 uint64_t len, struct vsx_error *err);

/*
 * Call before the first use of bytes [offset, offset + len) of a section.
 * VSX_ECORRUPT when they do not lie inside of it, or it is not there.
 */
static inline enum vsx_status vsx_touch(const struct vsx_view *v,
					uint64_t offset, uint64_t len,
					struct vsx_error *err)
{
	struct vsx_guard *g = v->guard;
	uint64_t first, last;

	if (__builtin_expect(len - 1 >= v->bytes || offset > v->bytes - len, 0))
		return vsx_touch_beyond(v, offset, len, err);
	if (!g)
		return VSX_OK;
	first = offset >> g->shape.page_shift;
	last = (offset + len - 1) >> g->shape.page_shift;
	if (first == last && vsx_guard_seen(g, first))
		return VSX_OK;
	return vsx_guard_check(g, first, last, err);
}

#endif
