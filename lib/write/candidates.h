/* What "auto" chooses among: layouts that rows can have and there is room for.
 */
#ifndef VSX_CANDIDATES_H
#define VSX_CANDIDATES_H

#include "write/options.h"

#define VSX_MAX_CANDIDATES 24

struct vsx_contender {
	struct vsx_spec spec;
	uint64_t file_bytes; /* as planned */
};

struct vsx_candidates {
	struct vsx_contender of[VSX_MAX_CANDIDATES]; /* the likeliest first */
	uint32_t n;
	struct vsx_contender least; /* the smallest of those that there would
				       be with more bytes a row */
};

/*
 * Of n rows, at least one. Where bytes are short rows are kept as f16, then as
 * codes of 8 bits, then not at all, whatever suffices first.
 *
 * rule  what vsx_spec_choose() says: layouts of its kind come first
 * f16   no row has values that f16 cannot hold
 */
void vsx_candidates_find(struct vsx_candidates *c,
			 const struct vsx_build_opts *opts,
			 const struct vsx_spec *rule, uint64_t n, bool f16);

/* VSX_EINVAL when there is none, which says what is the least that is possible.
 */
enum vsx_status vsx_candidates_check(const struct vsx_candidates *c,
				     const struct vsx_build_opts *opts,
				     uint64_t n, struct vsx_error *err);

/* Bytes of the file for each of n rows. */
static inline uint64_t vsx_contender_row_bytes(const struct vsx_contender *c,
					       uint64_t n)
{
	return n ? (c->file_bytes + n - 1) / n : 0;
}

/* Whether what is built of the rows serves both, but for codes and gates. */
bool vsx_contenders_share(const struct vsx_contender *a,
			  const struct vsx_contender *b, uint32_t dim);

/*
 * Find those of an "auto" that a trial is to choose from. False: there is none,
 * since another spec was asked for, or a scan is as fast as anything, or rows
 * are too few, or there is no choice.
 */
bool vsx_candidates_tried(struct vsx_candidates *c,
			  const struct vsx_build_opts *opts, uint64_t n,
			  bool f16);

/*
 * Rows of the sample on which they are tried, so many that this takes about a
 * quarter of the build's own time, but at least 10,000 or a third of all; 0:
 * rows are too few, or too long, or there is nothing to choose.
 */
uint32_t vsx_trial_rows(const struct vsx_candidates *c,
			const struct vsx_build_opts *opts, uint64_t n);

/* Seconds that it takes one thread. */
double vsx_trial_seconds(const struct vsx_candidates *c,
			 const struct vsx_build_opts *opts, uint64_t n);

#endif
