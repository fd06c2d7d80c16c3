/* The rows that layouts are tried on, and the queries. */
#ifndef VSX_TRIAL_SAMPLE_H
#define VSX_TRIAL_SAMPLE_H

#include "write/builder.h"

struct vsx_trial_sample {
	const struct vsx_builder *b;
	uint32_t *drawn; /* [n] of the builder's rows, rising */
	uint32_t n;
	uint8_t *base; /* the rows, of `space`, which is that of what is tried
			  at the time */
	struct vsx_space space;
	struct vsx_measure measure; /* the queries and their neighbours among
				       the rows as they were given; ids are
				       numbers from 0 */
};

/* Draw n rows by the seed. Close it also after a failure. */
enum vsx_status vsx_trial_sample_open(struct vsx_trial_sample *s,
				      struct vsx_builder *b, uint32_t n,
				      struct vsx_job *job,
				      struct vsx_error *err);

/* Have the rows as such elements. */
enum vsx_status vsx_trial_sample_as(struct vsx_trial_sample *s,
				    enum vsx_elem elem, struct vsx_error *err);

struct vsx_rows vsx_trial_sample_rows(const struct vsx_trial_sample *s);

void vsx_trial_sample_close(struct vsx_trial_sample *s);

#endif
