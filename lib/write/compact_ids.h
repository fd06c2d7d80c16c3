/* The ids that rows of several indexes get in the one that they are put into.
 */
#ifndef VSX_COMPACT_IDS_H
#define VSX_COMPACT_IDS_H

#include "vsx_write.h"
#include "write/intake/spool.h"

/* Refuses options about ids that make no sense for n_inputs. */
enum vsx_status vsx_compact_ids_opts(const struct vsx_compact_opts *o,
				     size_t n_inputs, struct vsx_error *err);

/* out[i] = rows->ids[i] + offset, unless that is too much for one of them. */
enum vsx_status vsx_compact_ids_move(uint64_t *out,
				     const struct vsx_batch *rows,
				     uint64_t offset, const char *path,
				     struct vsx_error *err);

/* Rows of the spool from `first` on get first, first + 1, ... by rising id. */
enum vsx_status vsx_compact_ids_renumber(struct vsx_spool *s, uint64_t first,
					 struct vsx_error *err);

/*
 * VSX_EINVAL names the first two inputs that have ids in common, and some of
 * these. ends[i]: the spool's rows before it are those of inputs 0 to i.
 */
enum vsx_status vsx_compact_ids_check(const struct vsx_spool *s,
				      const char *const *paths,
				      const uint64_t *ends, size_t n_inputs,
				      struct vsx_error *err);

/* The same of a key that two of them have. */
enum vsx_status vsx_compact_keys_check(const struct vsx_spool *s,
				       const char *const *paths,
				       const uint64_t *ends, size_t n_inputs,
				       struct vsx_error *err);

#endif
