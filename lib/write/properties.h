/* The properties of a manifest: SPEC.md 4.2.4. */
#ifndef VSX_PROPERTIES_H
#define VSX_PROPERTIES_H

#include "read/handle.h"
#include "vsx_write.h"

/* Keys of the caller's own begin with it. */
#define VSX_OWN_PREFIX "x_"

/* Whether all are "x_key=value", each key once. VSX_EINVAL. */
enum vsx_status vsx_own_check(const char *const *items, size_t n,
			      struct vsx_error *err);

/* A copy of all in one piece: free() it. */
enum vsx_status vsx_own_copy(const char *const **out, const char *const *items,
			     size_t n, struct vsx_error *err);

/*
 * Those of a new file: "greatest_id" if that is not 0, "library", "model",
 * "model_alias", "model_hash", "source", "spec", and the caller's own: of opts,
 * and of `from`, the index whose rows are written anew, or NULL. Texts one
 * after the other, each with its NUL; the caller frees them, also after a
 * failure.
 */
enum vsx_status vsx_properties_new(char **out, uint32_t *bytes,
				   const struct vsx_build_opts *opts,
				   const char *spec, uint64_t greatest_id,
				   const struct vsx_manifest *from,
				   struct vsx_error *err);

/* Whether these will have room, before there is work to lose. */
enum vsx_status vsx_properties_fit(const struct vsx_build_opts *opts,
				   const struct vsx_manifest *from,
				   struct vsx_error *err);

/* Those of an older generation, with another greatest_id, and the caller's
 * own. */
enum vsx_status vsx_properties_renew(char **out, uint32_t *bytes,
				     const struct vsx_manifest *old,
				     uint64_t greatest_id,
				     const char *const *own, size_t n_own,
				     struct vsx_error *err);

/* "greatest_id", 0 when it is not there. */
uint64_t vsx_remembered_id(const struct vsx_manifest *m);

/*
 * The greatest id that a row of the index has or had, so that no number is
 * given twice; 0 when it has no rows.
 */
enum vsx_status vsx_greatest_id(const struct vsx *index, uint64_t *id,
				struct vsx_error *err);

#endif
