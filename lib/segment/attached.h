/*
 * What belongs to a row beside its vector and its id: byte strings, each of
 * which it has or has not. Whoever takes rows out of a segment takes these
 * along; what they mean is nobody's business on the way.
 */
#ifndef VSX_ATTACHED_H
#define VSX_ATTACHED_H

#include "field/record.h"
#include "segment/strings.h"
#include "train/job.h"

/* The lengths of all sections that have to do with them. */
enum vsx_status vsx_attached_open(const struct vsx_segment *seg,
				  struct vsx_error *err);

/* The same of one alone, as far as it takes to read it: how a row is found by
 * its key is another matter. Fields are opened by it. */
enum vsx_status vsx_attached_open_one(struct vsx_segment *seg,
				      enum vsx_attachment a,
				      struct vsx_error *err);

/* Rows have none of it from now on. */
void vsx_attached_forget(struct vsx_segment *seg, enum vsx_attachment a);

/* What their rules forbid; see vsx_segment_check(). */
enum vsx_status vsx_attached_check(const struct vsx_segment *seg,
				   vsx_finding *report, void *context,
				   struct vsx_error *err);

bool vsx_attached_present(const struct vsx_segment *seg, enum vsx_attachment a);

/* A zeroed one may be released. */
struct vsx_attached_reader {
	const struct vsx_segment *seg;
	struct vsx_strings_reader keys, payload;
	struct vsx_record fields;
};

void vsx_attached_begin(struct vsx_attached_reader *r,
			const struct vsx_segment *seg);

/*
 * Of a row; n 0: it has none. Touches what it reads; valid until the next call
 * for the same attachment. VSX_ECORRUPT gives what can be read of it: other
 * fields, or nothing.
 */
enum vsx_status vsx_attached_get(struct vsx_attached_reader *r,
				 enum vsx_attachment a, uint32_t row,
				 struct vsx_bytes *out, struct vsx_error *err);

void vsx_attached_release(struct vsx_attached_reader *r);

#endif
