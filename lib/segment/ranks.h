/*
 * How far known rows are from the front when a search goes by estimates: how
 * many of the rows that a sieve lets pass it would keep before each.
 */
#ifndef VSX_RANKS_H
#define VSX_RANKS_H

#include "segment/codes.h"
#include "segment/scratch.h"

#define VSX_MAX_KNOWN 100

struct vsx_ranks {
	const struct vsx_segment *seg;
	struct vsx_scratch *scratch;
	struct vsx_codes codes;
	uint32_t n;
	uint64_t entry[VSX_MAX_KNOWN]; /* key << 32 | order, rising */
	uint32_t name[VSX_MAX_KNOWN];  /* of each, the caller's */
	uint64_t
		between[VSX_MAX_KNOWN]; /* rows from the entry before to this */
	uint32_t n_passed;
};

/* Begin for find->query, with no row known. */
enum vsx_status vsx_ranks_begin(struct vsx_ranks *r,
				const struct vsx_segment *seg,
				struct vsx_find *find, struct vsx_error *err);

/* The rows that come next are of this list, if the segment has such. */
enum vsx_status vsx_ranks_list(struct vsx_ranks *r, uint32_t list,
			       struct vsx_error *err);

/*
 * One more known row, up to VSX_MAX_KNOWN, before any passes: the one at
 * `place` in a run. It will be the one number `order` of those that pass.
 */
enum vsx_status vsx_ranks_know(struct vsx_ranks *r, const struct vsx_run *run,
			       uint32_t place, uint32_t order, uint32_t name,
			       struct vsx_error *err);

/* Let the rows of a run pass, the known ones among them. */
enum vsx_status vsx_ranks_pass(struct vsx_ranks *r, const struct vsx_run *run,
			       struct vsx_error *err);

/* How many of the known rows with names below `depth` have passed and are among
 * the `want` that a sieve would keep. */
uint32_t vsx_ranks_found(const struct vsx_ranks *r, uint64_t want,
			 uint32_t depth);

#endif
