/*
 * Finding how much effort (ef, nprobe) a recall takes. Recall is taken to rise
 * with effort.
 */
#ifndef VSX_BENCH_EFFORT_H
#define VSX_BENCH_EFFORT_H

#include "vsx_status.h"

#include <stddef.h>
#include <stdint.h>

/* The recall that an effort gives, 0 to 1. */
typedef enum vsx_status effort_measure(void *context, uint32_t effort,
				       double *recall, struct vsx_error *err);

struct effort_search {
	uint32_t least, most; /* efforts that may be tried */
	uint32_t guess;	      /* where to begin; 0: at the least */
	double target;
	effort_measure *measure;
	void *context;
};

/*
 * The least effort that reaches the target, by doubling and bisection: exact
 * up to 128, within 1 % above. When none reaches it, the least of the efforts
 * tried that came nearest; the doubling ends when it has come to nothing.
 */
enum vsx_status effort_least(const struct effort_search *search,
			     uint32_t *effort, double *recall,
			     struct vsx_error *err);

/*
 * At most n efforts from least to most in equal ratios, rising, without
 * doubles, both ends among them. Returns how many.
 */
size_t effort_spread(uint32_t least, uint32_t most, uint32_t *efforts,
		     size_t n);

#endif
