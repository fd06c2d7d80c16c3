/*
 * The recall table: which of its rows a search is to be done with. SPEC.md 5.6.
 */
#ifndef VSX_RECALL_H
#define VSX_RECALL_H

#include "read/handle.h"

/* Row i of a table: VSX_ECORRUPT for what no row can be. */
enum vsx_status vsx_recall_decode(struct vsx_recall *row,
				  const struct vsx_disk_recall *d, uint32_t i,
				  struct vsx_error *err);
void vsx_recall_encode(struct vsx_disk_recall *d, const struct vsx_recall *row);

/* A refine factor as the library has it inside: in thousandths. */
static inline uint32_t vsx_refine_of(double factor)
{
	return (uint32_t)(factor * VSX_REFINE_UNIT + 0.5);
}

/* What a look at a row of the segment costs, in codes compared. */
uint32_t vsx_look_cost(const struct vsx_segment *seg);

/* The share of the k nearest that searches find, from the column that speaks of
 * it; and what such a search costs, in codes compared. */
double vsx_recall_found(const struct vsx_recall *row, uint32_t k);
double vsx_recall_cost(const struct vsx_recall *row, uint32_t k,
		       uint32_t look_cost);

/* Of the rows that were offered, the cheapest that reaches `recall` for k, or,
 * when none does, of those that find most. Of equals the first. */
struct vsx_recall_choice {
	uint32_t k;
	double recall;
	uint32_t look_cost;
	uint32_t n; /* rows offered */
	struct vsx_recall best;
};

/* Whether the row is the best now. */
bool vsx_recall_offer(struct vsx_recall_choice *c,
		      const struct vsx_recall *row);

#endif
