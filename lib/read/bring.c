/* What of an index is brought into memory, or locked there, when it is opened.
 */
#include <sys/mman.h>

#include "io/advice.h"
#include "io/limit.h"
#include "kind/scarce.h"
#include "read/open.h"

typedef unsigned long long ull;

/* What a search needs beside the rows themselves. */
static bool is_hot(const struct vsx_section_entry *e)
{
	return e->segment != VSX_WHOLE_INDEX &&
	       vsx_section_slot(e->id) != VSX_SEC_VECS;
}

static void populate(const struct vsx *index, uint64_t offset, uint64_t bytes)
{
	const uint8_t *at = index->map.base + offset;

	if (!vsx_populate(at, bytes))
		vsx_ask(at, bytes);
}

static enum vsx_status lock(const struct vsx *index, uint64_t offset,
			    uint64_t bytes, struct vsx_error *err)
{
	if (mlock(index->map.base + offset, bytes) == 0)
		return VSX_OK;
	return vsx_fail_errno(err, "cannot lock %llu bytes in memory",
			      (ull)bytes);
}

static uint64_t hot_bytes(const struct vsx_manifest *m)
{
	uint64_t bytes = 0; /* sections do not overlap: no more than the file */

	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);

		if (is_hot(&e))
			bytes += e.bytes;
	}
	return bytes;
}

/* Short sections share pages: such a page is brought, and locked, twice. */
static enum vsx_status bring_hot(const struct vsx *index, bool locked,
				 struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;

	if (locked)
		VSX_TRY(vsx_may_hold(hot_bytes(m), "locked sections", err));
	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);

		if (!is_hot(&e))
			continue;
		populate(index, e.offset, e.bytes);
		if (locked)
			VSX_TRY(lock(index, e.offset, e.bytes, err));
	}
	return VSX_OK;
}

enum vsx_status vsx_index_bring(const struct vsx *index,
				const struct vsx_open_opts *o, bool scarce,
				struct vsx_error *err)
{
	if (o->preload == VSX_PRELOAD_HOT ||
	    (o->preload == VSX_PRELOAD_ALL && scarce && !o->lock_memory))
		return bring_hot(index, o->lock_memory, err);
	if (o->lock_memory)
		VSX_TRY(vsx_may_hold(index->map.bytes, "a locked file", err));
	if (o->preload == VSX_PRELOAD_ALL)
		populate(index, 0, index->map.bytes);
	if (o->lock_memory)
		return lock(index, 0, index->map.bytes, err);
	return VSX_OK;
}

void vsx_index_advise(struct vsx *index)
{
	vsx_advise_random(index->map.base, index->map.bytes);
	for (uint32_t i = 0; i < index->manifest.n_segments; i++)
		vsx_segment_make_scarce(&index->segments[i]);
}
