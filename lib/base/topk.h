/*
 * The k best of many: a bounded heap with the worst on top.
 *
 * A value is a double where smaller is nearer (inner products are negated), so
 * that one order serves every metric and holds f32, u32 and f64 distances
 * exactly. Equal values go by rising id.
 */
#ifndef VSX_TOPK_H
#define VSX_TOPK_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vsx_best {
	double value;
	uint64_t id;
	uint64_t row; /* the caller's: segment << 32 | row, or what it likes */
};

struct vsx_topk {
	struct vsx_best *heap; /* room for k, the caller's */
	size_t n, k;
};

static inline bool vsx_best_less(const struct vsx_best *a,
				 const struct vsx_best *b)
{
	return a->value < b->value || (a->value == b->value && a->id < b->id);
}

/* Values above this cannot enter; infinity while there is room. */
static inline double vsx_topk_bound(const struct vsx_topk *t)
{
	return t->n < t->k ? INFINITY : t->heap[0].value;
}

/* Offer one; keeps it if it is among the k best so far. */
void vsx_topk_push(struct vsx_topk *t, struct vsx_best b);

/* Turn the heap into a list, nearest first. No push may follow. */
void vsx_topk_sort(struct vsx_topk *t);

#endif
