/* The properties of a manifest: SPEC.md 4.2.4. */
#ifndef VSX_PROPERTIES_H
#define VSX_PROPERTIES_H

#include "read/handle.h"
#include "vsx_write.h"

/*
 * Those of a new file: "greatest_id" if that is not 0, "library", "model",
 * "model_alias", "model_hash", "source", "spec". Texts one after the other,
 * each with its NUL; the caller frees them.
 */
enum vsx_status vsx_properties_new(char **out, uint32_t *bytes,
				   const struct vsx_build_opts *opts,
				   const char *spec, uint64_t greatest_id,
				   struct vsx_error *err);

/* Those of an older generation, with another greatest_id. */
enum vsx_status vsx_properties_renew(char **out, uint32_t *bytes,
				     const struct vsx_manifest *old,
				     uint64_t greatest_id,
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
