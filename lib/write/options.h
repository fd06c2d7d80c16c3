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

/* What a kind is chosen by, of so many rows; and the memory that a graph may
   take for that. */
struct vsx_spec_need vsx_options_need(const struct vsx_build_opts *opts,
				      uint64_t n_rows);
uint64_t vsx_options_auto_memory(const struct vsx_build_opts *opts);

/* Whether rows of this type and dimension can have the codes and gates of a
   spec: VSX_EINVAL. */
enum vsx_status vsx_options_suit(const struct vsx_build_opts *opts,
				 const struct vsx_spec *spec,
				 struct vsx_error *err);

/* The spec as it will be built: chosen, sized, small inputs allowed for. */
struct vsx_choice {
	struct vsx_spec spec;
	char reason[160]; /* of "auto", or of the size of an IVF or HNSW that
			     names none; or "" */
	char note[96];	  /* of an adjustment, or "" */
};
/* Without a trial. Of "auto" with a bound on bytes, what comes first of what it
   allows; f16: then rows may be kept as that. */
enum vsx_status vsx_options_choose(struct vsx_choice *out,
				   const struct vsx_build_opts *opts,
				   uint64_t n_rows, bool f16,
				   struct vsx_error *err);

/*
 * For n_rows that are added to an index of "auto": what most of its rows were
 * built as, whatever a rule says, but where they are scanned, or a graph has no
 * room in memory any more.
 */
void vsx_options_follow(struct vsx_choice *choice,
			const struct vsx_build_opts *opts, uint64_t n_rows,
			const struct vsx_segment *segments, uint32_t n);

/* Whether the spec is for the writer to choose. */
bool vsx_options_is_auto(const struct vsx_build_opts *opts);

#endif
