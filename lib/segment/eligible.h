/*
 * The rows of a segment that may come into the answer of a query: those that
 * are not deleted and, where a caller has chosen some, are among these. Both
 * are joined when rows are chosen; vsx_find_eligible() takes what there is, and
 * nobody else asks: searches, scans
 * and walks see this view alone.
 */
#ifndef VSX_ELIGIBLE_H
#define VSX_ELIGIBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct vsx_find;
struct vsx_segment;

/* Borrows its bits: of the index, or of the scratch of the search. */
struct vsx_eligible {
	const struct vsx_segment *seg; /* whose rows; NULL: not made out yet */
	const uint8_t *barred; /* a bit a row, whole bytes, 1: it may not; NULL:
				  all others may */
	const uint8_t *gone;   /* likewise, of rows deleted lately */
	uint32_t n_rows;
	uint32_t n;	   /* of them may */
	uint32_t n_groups; /* of VSX_GROUP rows side by side some of which may;
			      0: all */
	const uint32_t *in_list; /* how many may of each of the segment's lists,
				    which partition its rows; NULL: there are
				    none, or they were not counted */
};

/* As many rows as kernels compare at once: a panel of codes. */
#define VSX_GROUP 16u

/* Of a segment: those that a caller has chosen and that are not deleted. */
struct vsx_chosen {
	uint8_t *barred;   /* as in vsx_eligible; owned */
	uint32_t n;	   /* that may */
	uint32_t n_groups; /* as in vsx_eligible */
	uint32_t *in_list; /* likewise; owned */
};

/* Of an index, once and for all: it does not change. */
struct vsx_selection {
	const void *of; /* the index */
	uint32_t n_segments;
	struct vsx_chosen *chosen; /* [n_segments]; owned */
	uint64_t n;		   /* of all */
};

/* The rows that are not deleted. Touch first. */
struct vsx_eligible vsx_eligible_live(const struct vsx_segment *seg);

/*
 * Make out find->eligible for a segment, unless it is that of this segment
 * already. Touches the bits.
 */
enum vsx_status vsx_find_eligible(struct vsx_find *find,
				  const struct vsx_segment *seg,
				  struct vsx_error *err);

/* Bits of rows 8 i .. 8 i + 7, 1: it may not. */
static inline uint8_t vsx_barred_byte(const struct vsx_eligible *e, uint32_t i)
{
	return (e->barred ? e->barred[i] : 0) | (e->gone ? e->gone[i] : 0);
}

static inline bool vsx_is_eligible(const struct vsx_eligible *e, uint32_t row)
{
	return !(vsx_barred_byte(e, row >> 3) >> (row & 7) & 1);
}

/*
 * So few are that a scan does better to look for them than to pass over all
 * rows.
 */
static inline bool vsx_eligible_are_sparse(const struct vsx_eligible *e)
{
	return e->n_rows - e->n > e->n_rows / 4 * 3;
}

/* Whether no row of the list is. Not counted: some may be. */
static inline bool vsx_list_is_barred(const struct vsx_eligible *e,
				      uint32_t list)
{
	return e->in_list && !e->in_list[list];
}

/* How many of the rows first .. first+n-1 are. */
uint32_t vsx_eligible_among(const struct vsx_eligible *e, uint32_t first,
			    uint32_t n);

/*
 * The next eligible rows that lie side by side: *row moves on to the first one,
 * `end` if there is none before it, and the result is how many.
 */
uint32_t vsx_eligible_run(const struct vsx_eligible *e, uint32_t *row,
			  uint32_t end);

#endif
