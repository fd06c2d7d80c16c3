/* Finding the rows of a segment. */
#include "segment/segment.h"

#include "base/alloc.h"
#include "plural.h"

void vsx_segment_rows_are(struct vsx_segment *seg, enum vsx_metric metric,
			  enum vsx_elem elem, uint32_t dim, uint32_t stride)
{
	uint32_t word = seg->params[VSX_PARAM_ROWS];
	bool coded = vsx_word_is_code(word);

	seg->kept_bytes = coded ? stride : 0;
	vsx_space_init(&seg->space, metric, vsx_word_elem(word, elem), dim,
		       coded ? 0 : stride);
}

enum vsx_status vsx_segment_locate(const struct vsx_segment *seg, uint32_t row,
				   uint64_t *offset, struct vsx_error *err)
{
	if (row >= seg->n_rows)
		return vsx_at_row(err,
				  vsx_fail(err, VSX_ECORRUPT, "row %u of %u",
					   row, seg->n_rows),
				  row);
	if (seg->placing)
		return seg->placing->locate(seg, row, offset, err);
	*offset = (uint64_t)row * vsx_vecs_stride(seg);
	return VSX_OK;
}

enum vsx_status vsx_segment_run(const struct vsx_segment *seg, uint32_t i,
				struct vsx_run *run, struct vsx_error *err)
{
	if (seg->placing)
		return seg->placing->run(seg, i, run, err);
	*run = (struct vsx_run){.n_rows = seg->n_rows};
	return VSX_OK;
}

enum vsx_status vsx_segment_lists(const struct vsx_segment *seg,
				  uint32_t **ends, struct vsx_row_lists *lists,
				  struct vsx_error *err)
{
	*ends = NULL;
	*lists = (struct vsx_row_lists){NULL, 0};
	if (!seg->n_lists)
		return VSX_OK;
	VSX_TRY(vsx_alloc_to(ends, seg->n_lists, sizeof(**ends), err));
	VSX_TRY(seg->placing->ends(seg, *ends, err));
	*lists = (struct vsx_row_lists){*ends, seg->n_lists};
	return VSX_OK;
}

enum vsx_status vsx_too_many_rows(const struct vsx_segment *seg,
				  struct vsx_error *err)
{
	return vsx_fail(err, VSX_ECORRUPT,
			"the lists hold more rows than the %u of the segment",
			seg->n_rows);
}

enum vsx_status vsx_bad_length(const char *section, uint64_t found,
			       uint64_t due, struct vsx_error *err)
{
	return vsx_at_section(
		err,
		vsx_fail(err, VSX_ECORRUPT,
			 "section %s has %llu byte%s, expected %llu", section,
			 (unsigned long long)found, vsx_s(found),
			 (unsigned long long)due),
		section);
}
