/*
 * Offering rows to an answer. An answer is in the order of exact values
 * (SPEC.md 5.8), whatever the keys were that its rows were found by.
 */
#ifndef VSX_OFFER_H
#define VSX_OFFER_H

#include "segment/segment.h"

/* A row whose exact value is known; its id is touched. */
enum vsx_status vsx_offer_value(const struct vsx_segment *seg,
				struct vsx_find *find, uint32_t row,
				double value, struct vsx_error *err);

/* A row at `at`, which is touched already. */
enum vsx_status vsx_offer_row(const struct vsx_segment *seg,
			      struct vsx_find *find, uint32_t row,
			      const uint8_t *at, struct vsx_error *err);

#endif
