/* Writing what rows have besides: the sections of SPEC.md 5.12. */
#ifndef VSX_STRINGS_OUT_H
#define VSX_STRINGS_OUT_H

#include "io/sink.h"
#include "train/job.h"
#include "write/layout.h"

struct vsx_attached_out {
	struct vsx_sink *sink;
	const struct vsx_rows *rows;
	const uint32_t *order; /* row r of the segment is order[r] of these;
				  NULL: r */
	uint32_t number;       /* of the segment */
	/* Lists that its rows lie in, one after the other; NULL: none. */
	const struct vsx_run *lists;
	uint32_t n_lists;
};

/* Add the sections to a layout, as long as they can become. */
void vsx_attached_out_layout(const struct vsx_attached_out *o,
			     struct vsx_layout *layout);

/* Write them; none where no row has anything. */
enum vsx_status vsx_attached_out_write(const struct vsx_attached_out *o,
				       struct vsx_error *err);

static inline struct vsx_bytes vsx_attached_out_get(
	const struct vsx_attached_out *o, enum vsx_attachment a, uint32_t row)
{
	return vsx_row_attached(o->rows, a, o->order ? o->order[row] : row);
}

/* columns_out.c: section COLS. VSX_EINVAL when rows do not agree in what a
 * field is. */
enum vsx_status vsx_columns_out_write(const struct vsx_attached_out *o,
				      struct vsx_error *err);

/* keys_out.c: section KTAB. VSX_EINVAL when two rows have one key. */
uint64_t vsx_key_table_bytes(const struct vsx_rows *rows);
enum vsx_status vsx_key_table_write(const struct vsx_attached_out *o,
				    struct vsx_error *err);

#endif
