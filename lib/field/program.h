/*
 * A filter bound to the columns of a segment, and where it is true.
 *
 * A test becomes ranges of keys: a row passes if its key lies in one of them.
 * Blocks of 1,024 rows, and lists, whose least and greatest say so pass as a
 * whole, or not at all, and their values are not looked at.
 */
#ifndef VSX_PROGRAM_H
#define VSX_PROGRAM_H

#include "field/columns.h"
#include "field/filter.h"

#define VSX_BLOCK_WORDS (VSX_COLUMN_BLOCK / 64)

struct vsx_key_range {
	int64_t least, greatest;
};

struct vsx_bound_test {
	const struct vsx_column *column; /* NULL: it is null in all rows */
	uint32_t first, n;		 /* of the ranges, which rise and do
					    not touch */
};

struct vsx_program {
	const struct vsx_filter *filter;
	const struct vsx_columns *columns;
	struct vsx_row_lists lists; /* of the segment, borrowed; as it is bound
				       they are not known */
	struct vsx_bound_test *tests; /* of each node of the filter */
	struct vsx_key_range *ranges;
	size_t n_ranges, ranges_cap;
};

/*
 * Both are borrowed. VSX_EINVAL when a test does not suit its field. A field
 * that the segment lacks is null in all rows. Release it in any case.
 */
enum vsx_status vsx_program_bind(struct vsx_program *p,
				 const struct vsx_filter *filter,
				 const struct vsx_columns *columns,
				 struct vsx_error *err);
/*
 * The same of a filter that is one test, with keys [n] of one column, which
 * suit it, in place of values of its own. NULL: the column is null in all rows.
 */
enum vsx_status vsx_program_of_keys(struct vsx_program *p,
				    const struct vsx_filter *filter,
				    const struct vsx_columns *columns,
				    const struct vsx_column *column,
				    const int64_t *keys, uint32_t n,
				    struct vsx_error *err);
void vsx_program_release(struct vsx_program *p);

/* Whether it does less once p->lists are known. */
bool vsx_program_wants_lists(const struct vsx_program *p);

/* A bit for each of the rows 1024 block and on: 1 where the filter is true. */
enum vsx_status vsx_program_block(const struct vsx_program *p, uint64_t block,
				  uint64_t bits[VSX_BLOCK_WORDS],
				  struct vsx_error *err);

#endif
