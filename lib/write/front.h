/*
 * The rows of a recall table that are worth keeping: those which a search for
 * 10 or for 100 may want. SPEC.md 5.6.
 */
#ifndef VSX_FRONT_H
#define VSX_FRONT_H

#include "vsx.h"

/*
 * Keep, in their order, of n rows those which find more at 1, 10 or 100 than
 * any row that costs no more, and row `always`. Returns how many; look_cost is
 * vsx_look_cost().
 */
uint32_t vsx_front(struct vsx_recall *rows, uint32_t n, uint32_t always,
		   uint32_t look_cost);

#endif
