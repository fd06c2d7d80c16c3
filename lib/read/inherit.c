/* What a newer generation of an open index takes over from it. */
#include <string.h>

#include "read/open.h"

/* A section of an earlier generation: what was checked need not be again. */
static void inherit_marks(struct vsx *index, uint32_t i,
			  const struct vsx *before, uint32_t j)
{
	struct vsx_section_entry now =
		vsx_manifest_section(&index->manifest, i);
	struct vsx_section_entry then =
		vsx_manifest_section(&before->manifest, j);
	struct vsx_guard *g = &index->guards[i];
	const struct vsx_guard *old = &before->guards[j];

	if (now.bytes != then.bytes || now.sums_offset != then.sums_offset ||
	    !vsx_hash_equal(now.root, then.root))
		return;
	for (uint64_t w = 0; w < vsx_guard_words(&g->shape); w++)
		atomic_store_explicit(
			&g->seen[w],
			atomic_load_explicit(&old->seen[w],
					     memory_order_relaxed),
			memory_order_relaxed);
}

/* Both tables are by rising offset. */
void vsx_index_inherit(struct vsx *index, const struct vsx *before)
{
	uint32_t j = 0;

	if (!before->guards || !index->guards)
		return;
	for (uint32_t i = 0; i < index->manifest.n_sections; i++) {
		uint64_t at = vsx_manifest_section(&index->manifest, i).offset;

		while (j < before->manifest.n_sections &&
		       vsx_manifest_section(&before->manifest, j).offset < at)
			j++;
		if (j < before->manifest.n_sections &&
		    vsx_manifest_section(&before->manifest, j).offset == at)
			inherit_marks(index, i, before, j);
	}
}

enum vsx_status vsx_index_map(struct vsx *index, const struct vsx_origin *from,
			      bool copy, const struct vsx *before, bool *shared,
			      struct vsx_error *err)
{
	uint64_t bytes = index->super.committed_bytes;

	*shared = before && !copy &&
		  memcmp(before->super.uuid, index->super.uuid, 16) == 0 &&
		  before->super.page_shift == index->super.page_shift &&
		  vsx_map_share(&index->map, &before->map, from->fd, bytes);
	if (*shared)
		return VSX_OK;
	return vsx_map_origin(&index->map, from, bytes, copy, err);
}

bool vsx_index_is_current(const struct vsx *index, int fd,
			  const struct vsx *before)
{
	if (!before || memcmp(index->super.uuid, before->super.uuid, 16) != 0 ||
	    vsx_settle(before, VSX_OK, NULL) != VSX_OK)
		return false;
	if (before->map.room)
		return vsx_room_is_of(before->map.room, fd) &&
		       index->super.generation <= before->super.generation;
	return index->super.generation == before->super.generation &&
	       vsx_hash_equal(index->super.manifest_hash,
			      before->super.manifest_hash);
}
