/* The options of a build: checked once, defaults filled in. */
#ifndef VSX_WRITE_OPTIONS_H
#define VSX_WRITE_OPTIONS_H

#include "kernel/space.h"
#include "vsx_write.h"
#include "kind/build.h"

/* Every member of *out has its meaning, none is "0: default" any more but
 * nlist_sample and n_test_queries. Strings are still the caller's. */
enum vsx_status vsx_options_check(struct vsx_build_opts *out,
				  const struct vsx_build_opts *in,
				  struct vsx_error *err);

#define VSX_DEFAULT_EF_CONSTRUCTION 200

/* Bytes of rows held in memory; 0 takes half of what the process may use. */
uint64_t vsx_options_memory(uint64_t wish);

/* The space that such an index has. */
void vsx_options_space(struct vsx_space *s, const struct vsx_build_opts *opts);

uint32_t vsx_options_page_shift(const struct vsx_build_opts *opts);

/* The spec as it will be built: chosen, sized, small inputs allowed for. */
struct vsx_choice {
	struct vsx_spec spec;
	char reason[160]; /* of "auto", or of the size of an IVF or HNSW that
			     names none; or "" */
	char note[96];	  /* of an adjustment, or "" */
};
enum vsx_status vsx_options_choose(struct vsx_choice *out,
				   const struct vsx_build_opts *opts,
				   uint64_t n_rows, struct vsx_error *err);

#endif
