/*
 * Rows that were chosen as links, for candidates that come after them to be
 * compared with.
 */
#ifndef VSX_HNSW_CHOOSE_H
#define VSX_HNSW_CHOOSE_H

#include "kernel/space.h"

/* What a candidate that was left out is known to be away from the first n that
   were chosen: the least of these keys. */
struct vsx_kept_seen {
	uint32_t n, least;
};

struct vsx_kept_links {
	uint8_t *rows;		    /* [degree][stride] as they were chosen */
	uint32_t *squares;	    /* [degree] where there are any */
	struct vsx_kept_seen *seen; /* [room] of candidates left out */
};

enum vsx_status vsx_kept_links_init(struct vsx_kept_links *k,
				    const struct vsx_space *space,
				    uint32_t degree, size_t room,
				    struct vsx_error *err);
void vsx_kept_links_release(struct vsx_kept_links *k);

#endif
