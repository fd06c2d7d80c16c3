/*
 * Where the rows lie that passed over a sieve, each by how many passed before
 * it. So what a sieve keeps of a row is a number, and no row has to be looked
 * for in the end.
 */
#ifndef VSX_PASSED_H
#define VSX_PASSED_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* Rows that lie side by side. */
struct vsx_passed_run {
	uint64_t offset; /* of the first in VECS */
	uint32_t first_row;
	uint32_t before; /* so many passed before it */
};

struct vsx_passed {
	struct vsx_passed_run *runs;
	size_t cap, n;
	uint32_t n_rows; /* that passed */
	uint32_t stride; /* of VECS */
};

void vsx_passed_begin(struct vsx_passed *p, uint32_t stride);

/* n rows more, the first at `offset`. All of them are less than 2^31. */
enum vsx_status vsx_passed_add(struct vsx_passed *p, uint32_t first, uint32_t n,
			       uint64_t offset, struct vsx_error *err);

/* The row before which `before` passed, and its byte in VECS. */
uint32_t vsx_passed_row(const struct vsx_passed *p, uint32_t before,
			uint64_t *offset);

#endif
