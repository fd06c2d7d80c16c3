/*
 * External ids of a segment's rows. SPEC.md 5.2.
 *
 * ROID holds the id of each row, IDRO the rows by rising id. Without ROID the
 * id is the row number; without IDRO the rows are in the order of their ids.
 */
#ifndef VSX_IDS_H
#define VSX_IDS_H

#include "segment/segment.h"

/* Check the lengths of the sections and set id_bytes. */
enum vsx_status vsx_ids_open(struct vsx_segment *seg, struct vsx_error *err);

/* The id of a row. Touches its page. */
enum vsx_status vsx_ids_of(const struct vsx_segment *seg, uint32_t row,
			   uint64_t *id, struct vsx_error *err);

/* It will be asked for soon: begin to fetch it. */
static inline void vsx_ids_expect(const struct vsx_segment *seg, uint32_t row)
{
	if (seg->id_bytes)
		__builtin_prefetch(seg->view[VSX_SEC_ROID].base +
				   (size_t)row * seg->id_bytes);
}

/* The row with an id; VSX_ENOTFOUND (without a text) when there is none. */
enum vsx_status vsx_ids_find(const struct vsx_segment *seg, uint64_t id,
			     uint32_t *row, struct vsx_error *err);

/* The row whose id has this rank, 0 for the least. */
enum vsx_status vsx_ids_by_rank(const struct vsx_segment *seg, uint32_t rank,
				uint32_t *row, struct vsx_error *err);

/* Of all rows, deleted ones as well. */
enum vsx_status vsx_ids_greatest(const struct vsx_segment *seg, uint64_t *id,
				 struct vsx_error *err);

/* Report what is wrong: order, ranges, repeated ids. */
enum vsx_status vsx_ids_check(const struct vsx_segment *seg,
			      vsx_finding *report, void *context,
			      struct vsx_error *err);

/* Tell a finding; VSX_ESTOPPED when the receiver has had enough. */
enum vsx_status vsx_tell(vsx_finding *report, void *context,
			 enum vsx_status status, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* The same of a row, or a section: what is told is VSX_ECORRUPT. */
enum vsx_status vsx_tell_row(vsx_finding *report, void *context, uint32_t row,
			     const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
enum vsx_status vsx_tell_section(vsx_finding *report, void *context,
				 const char *letters, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
enum vsx_status vsx_tell_why(vsx_finding *report, void *context,
			     const struct vsx_error *what);

#endif
