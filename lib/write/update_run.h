/*
 * A commit of an update in the making: what its steps hand on to each other.
 * Each step has its file: what is decided is in update_marks.c, update_merge.c
 * and update_build.c, what is written in update_file.c.
 */
#ifndef VSX_UPDATE_RUN_H
#define VSX_UPDATE_RUN_H

#include "io/sink.h"
#include "write/new_segment.h"
#include "write/update.h"

struct vsx_update_run {
	struct vsx_update *u;
	struct vsx_update_result *result;
	const struct vsx_manifest *old;
	struct vsx_segment *segments; /* [n + 1]: old ones with their marks;
					 the new one comes behind the kept */
	struct vsx_marks marks;
	uint32_t n_kept; /* segments of the old generation that stay */
	struct vsx_new_segment added;
	struct vsx_sink sink;
	struct vsx_manifest manifest;
	struct vsx_segment_entry *entries;
	char *properties;
	struct vsx_super super;
};

static inline uint64_t vsx_update_n_live(const struct vsx_segment *seg)
{
	return seg->n_rows - seg->n_dead;
}

/* Choose the segments that stay, and add the rows of the others to the new. */
enum vsx_status vsx_update_merge(struct vsx_update_run *r,
				 struct vsx_error *err);

/* Build the new segment, of the rows that are there by then. */
enum vsx_status vsx_update_build(struct vsx_update_run *r,
				 struct vsx_error *err);

/* Run the acceptance test, if the new segment, which is written, is worth it.
 */
enum vsx_status vsx_update_test(struct vsx_update_run *r,
				struct vsx_error *err);

/*
 * Append the new generation and commit it. After a failure the file holds the
 * old one, unless the text says that this is not known.
 */
enum vsx_status vsx_update_write(struct vsx_update_run *r,
				 struct vsx_error *err);

#endif
