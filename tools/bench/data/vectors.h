/* Vectors in memory, before they are the rows or queries of a dataset. */
#ifndef VSX_BENCH_VECTORS_H
#define VSX_BENCH_VECTORS_H

#include "cli/fail.h"
#include "input/input.h"
#include "vsx.h"

#include <stdbool.h>

struct vectors {
	char name[TOOL_NAME_BYTES]; /* of their file, for messages */
	void *data;		    /* [n][dim] of elem */
	uint64_t n;
	uint32_t dim;
	enum vsx_elem elem;
};

/*
 * Memory for n, dim and elem, which are set, in place of what is there. More
 * than the machine has is refused here: it would be found out much later.
 */
enum vsx_status vectors_room(struct vectors *v, struct vsx_error *err);

/* All rows of a file that tools/input can read; odds as in input_opts. */
enum vsx_status vectors_read(struct vectors *v, const char *path,
			     struct odd_rows *odds, struct vsx_error *err);

/* Every value is finite, and no vector is zero where angles are measured. */
enum vsx_status vectors_check(const struct vectors *v, enum vsx_metric metric,
			      struct vsx_error *err);

/* Whether elem holds every value as it is. */
enum vsx_status vectors_fit(const struct vectors *v, enum vsx_elem elem,
			    bool *fit, struct vsx_error *err);

/*
 * To another element type. Halves are rounded; VSX_EINVAL names the first value
 * that the type cannot hold.
 */
enum vsx_status vectors_convert(struct vectors *v, enum vsx_elem elem,
				struct vsx_error *err);

/* Move n rows, drawn by seed, from `rows` to `out`; both keep the order. */
enum vsx_status vectors_hold_out(struct vectors *rows, struct vectors *out,
				 uint64_t n, uint64_t seed,
				 struct vsx_error *err);

size_t vectors_row_bytes(const struct vectors *v);
const void *vectors_row(const struct vectors *v, uint64_t i);
void vectors_release(struct vectors *v); /* harmless on zeros */

#endif
