/*
 * Memory that grows and may leave memory: one contiguous range of bytes,
 * anonymous as long as it is below a limit, beyond that an unnamed file mapped
 * in its place.
 */
#ifndef VSX_AREA_H
#define VSX_AREA_H

#include "write/output.h"

struct vsx_area {
	uint8_t *base;		   /* moves when the area grows */
	uint64_t cap;		   /* bytes mapped */
	uint64_t used;		   /* bytes asked for so far */
	struct vsx_file file;	   /* fd -1: anonymous */
	struct vsx_region *region; /* of the file */
};

/* What so many bytes take in memory, which comes in large pages. */
uint64_t vsx_area_takes(uint64_t bytes);

void vsx_area_init(struct vsx_area *a);

/*
 * Make room for `bytes` in all, in memory if that takes at most `limit`; what
 * is there stays. The file, when it comes to that, is made beside `output`.
 */
enum vsx_status vsx_area_grow(struct vsx_area *a, uint64_t bytes,
			      uint64_t limit, const struct vsx_output *output,
			      struct vsx_error *err);

/* Of what is there only the first `bytes` are wanted any more: memory behind
 * them is given back, blocks of a file are not. */
void vsx_area_trim(struct vsx_area *a, uint64_t bytes);

/* VSX_EIO when bytes of the file were lost: see io/bus.h. */
enum vsx_status vsx_area_whole(const struct vsx_area *a, struct vsx_error *err);
/* Accepts a zeroed structure. */
void vsx_area_release(struct vsx_area *a);

#endif
