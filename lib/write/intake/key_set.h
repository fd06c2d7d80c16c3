/* Which row of a build has a key: no two of them may have the same. */
#ifndef VSX_KEY_SET_H
#define VSX_KEY_SET_H

#include "write/intake/spool.h"

#define VSX_NO_ROW UINT32_MAX

struct vsx_key_set {
	struct vsx_rows rows;
	uint32_t *slot; /* row + 1; 0: free; owned */
	uint64_t mask;
};

/* Empty, for rows that must not move. A zeroed one may be released. */
enum vsx_status vsx_key_set_init(struct vsx_key_set *s,
				 const struct vsx_rows *rows,
				 struct vsx_error *err);
/* A row that has a key; the one before it that has the same, or VSX_NO_ROW. */
uint32_t vsx_key_set_put(struct vsx_key_set *s, uint32_t row);
void vsx_key_set_release(struct vsx_key_set *s);

/* VSX_EINVAL names two rows with one key. */
enum vsx_status vsx_check_unique_keys(const struct vsx_rows *rows,
				      struct vsx_error *err);

/* Of rows that have one key keep the last; *dropped: how many are gone. */
enum vsx_status vsx_keep_last_keys(struct vsx_spool *s, uint64_t *dropped,
				   struct vsx_error *err);

#endif
