/*
 * Snapshots are numbered in the order in which they were made. The greatest
 * number is written down, so that it is not given again when its snapshot is
 * removed or damaged.
 */
#ifndef VSX_BACKUP_SEQUENCE_H
#define VSX_BACKUP_SEQUENCE_H

#include "backup/repo.h"

/*
 * The greatest number that is written down; 0 when there is none.
 *
 * VSX_ECORRUPT  the file is damaged; errors name it
 */
enum vsx_status vsx_sequence_last(const struct vsx_repo *repo, uint64_t *last,
				  struct vsx_error *err);

/*
 * A number that is greater than all that were given, also than `least`, that of
 * a snapshot. Written down already. The caller has the lock of writers.
 */
enum vsx_status vsx_sequence_next(const struct vsx_repo *repo, uint64_t least,
				  uint64_t *number, struct vsx_error *err);

#endif
