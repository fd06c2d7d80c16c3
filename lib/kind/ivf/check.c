/* The rules of inverted lists. SPEC.md 5.4. */
#include <math.h>
#include <string.h>

#include "segment/ids.h"
#include "kind/ivf/ivf.h"
#include "segment/codes.h"
#include "plural.h"

/* The list's rows follow those of the lists before, in number and in place. */
static enum vsx_status check_list(const struct vsx_segment *seg, uint32_t i,
				  uint64_t *next_row, uint64_t *next_byte,
				  vsx_finding *report, void *context)
{
	const struct vsx_view *vecs = &seg->view[VSX_SEC_VECS];
	struct vsx_error local;
	struct vsx_run run;
	uint64_t end;

	if (vsx_ivf_list(seg, i, &run, &local))
		return vsx_tell_why(report, context, &local);
	if (run.first_row != *next_row)
		VSX_TRY(vsx_tell(report, context, VSX_ECORRUPT,
				 "list %u: begins at row %u, expected %llu", i,
				 run.first_row, (unsigned long long)*next_row));
	*next_row = (uint64_t)run.first_row + run.n_rows;
	if (run.n_rows == 0)
		return VSX_OK;
	if (run.offset < *next_byte)
		VSX_TRY(vsx_tell(report, context, VSX_ECORRUPT,
				 "list %u: begins at byte %llu, the one before "
				 "ends at %llu",
				 i, (unsigned long long)run.offset,
				 (unsigned long long)*next_byte));
	else if (!vsx_is_zero(vecs->base + *next_byte, run.offset - *next_byte))
		VSX_TRY(vsx_tell(report, context, VSX_ECORRUPT,
				 "list %u: bytes before it are not zero", i));
	/* Never back: lists that jump to and fro would have all bytes between
	 * them looked at again and again. */
	end = run.offset + (uint64_t)run.n_rows * vsx_vecs_stride(seg);
	if (end > *next_byte)
		*next_byte = end;
	return VSX_OK;
}

static enum vsx_status check_lists(const struct vsx_segment *seg,
				   vsx_finding *report, void *context)
{
	uint64_t rows = 0, bytes = 0;

	for (uint32_t i = 0; i < vsx_ivf_nlist(seg); i++)
		VSX_TRY(check_list(seg, i, &rows, &bytes, report, context));
	if (rows != seg->n_rows)
		VSX_TRY(vsx_tell(report, context, VSX_ECORRUPT,
				 "the lists have %llu row%s, expected %u",
				 (unsigned long long)rows, vsx_s(rows),
				 seg->n_rows));
	if (bytes != seg->view[VSX_SEC_VECS].bytes)
		VSX_TRY(vsx_tell_section(
			report, context, "VECS",
			"the last list ends at byte %llu, section VECS "
			"at %llu",
			(unsigned long long)bytes,
			(unsigned long long)seg->view[VSX_SEC_VECS].bytes));
	return VSX_OK;
}

static enum vsx_status check_centroid(const struct vsx_segment *seg, uint32_t i,
				      vsx_finding *report, void *context)
{
	const uint8_t *at =
		seg->view[VSX_SEC_CENT].base + (size_t)i * vsx_ivf_stride(seg);
	uint32_t dim = seg->space.dim;

	if (!vsx_is_zero(at + dim * 4, vsx_ivf_stride(seg) - dim * 4))
		return vsx_tell_section(
			report, context, "CENT",
			"centroid %u: the bytes after its components "
			"are not 0 (section CENT)",
			i);
	for (uint32_t d = 0; d < dim; d++) {
		float c;

		memcpy(&c, at + (size_t)d * 4, 4);
		if (!isfinite(c))
			return vsx_tell(report, context, VSX_ECORRUPT,
					"centroid %u: component %u is %g", i, d,
					(double)c);
	}
	return VSX_OK;
}

/* Between the parts of CENT. */
static enum vsx_status check_gap(const struct vsx_segment *seg, uint64_t from,
				 uint64_t to, vsx_finding *report,
				 void *context)
{
	if (vsx_is_zero(seg->view[VSX_SEC_CENT].base + from, to - from))
		return VSX_OK;
	return vsx_tell_section(report, context, "CENT",
				"bytes %llu to %llu of section CENT are not 0",
				(unsigned long long)from,
				(unsigned long long)to);
}

enum vsx_status vsx_ivf_check(const struct vsx_segment *seg,
			      unsigned int n_threads, vsx_finding *report,
			      void *context, struct vsx_error *err)
{
	const uint8_t *cents = seg->view[VSX_SEC_CENT].base;
	uint64_t centroids = (uint64_t)vsx_ivf_nlist(seg) * vsx_ivf_stride(seg);
	struct vsx_ivf_layout l = vsx_ivf_layout(
		seg->space.dim, vsx_ivf_nlist(seg), vsx_ivf_stride(seg));
	struct vsx_code_form form = vsx_code_form_plain(seg->space.dim, 0);
	uint64_t params = l.params + vsx_codec_grid.params_bytes(&form);
	struct vsx_error local;
	struct vsx_codes codes;

	(void)n_threads;
	(void)err;
	VSX_TRY(check_lists(seg, report, context));
	for (uint32_t i = 0; i < vsx_ivf_nlist(seg); i++)
		VSX_TRY(check_centroid(seg, i, report, context));
	VSX_TRY(check_gap(seg, centroids, l.params, report, context));
	VSX_TRY(check_gap(seg, params, l.codes, report, context));
	if (vsx_ivf_codes(seg, &codes, &local) ||
	    codes.codec->check(&codes, &local) ||
	    codes.codec->check_rest(&codes, vsx_ivf_nlist(seg), &local))
		return vsx_tell_section(report, context, "CENT",
					"section CENT: %s", local.text);
	for (uint32_t i = 0; i < vsx_ivf_nlist(seg); i++)
		VSX_TRY(vsx_codes_check_row(
			&codes, i, cents + (size_t)i * vsx_ivf_stride(seg),
			"centroid", report, context));
	return VSX_OK;
}
