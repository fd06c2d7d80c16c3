/* Flat segments: nothing to learn but the order of the rows. */
#include <stdio.h>
#include <string.h>

#include "kind/build.h"
#include "kind/rates.h"
#include "segment/codes.h"
#include "train/by_id.h"
#include "plural.h"

/* Below either bound a scan takes less than about a millisecond. */
#define FEW_ROWS	1000
#define MORE_ROWS	20000
#define MORE_COMPONENTS (UINT64_C(1) << 24)

static bool suits(const struct vsx_spec_need *need, struct vsx_spec *spec,
		  char *reason, size_t n)
{
	uint64_t rows = need->n_rows;

	(void)spec;
	if (need->target_recall >= 1.0) {
		snprintf(reason, n, "only an exact search promises recall 1");
		return true;
	}
	if (rows > FEW_ROWS &&
	    (rows > MORE_ROWS || rows * need->dim > MORE_COMPONENTS))
		return false;
	snprintf(
		reason, n,
		"comparing %llu row%s of %u component%s takes a millisecond or "
		"less",
		(unsigned long long)rows, vsx_s(rows), need->dim,
		vsx_s(need->dim));
	return true;
}

static enum vsx_status build_flat(struct vsx_job *job,
				  const struct vsx_rows *rows,
				  const struct vsx_spec *spec,
				  struct vsx_built *out, struct vsx_error *err)
{
	(void)spec;
	memset(out, 0, sizeof(*out));
	out->arrays = job->arrays;
	out->kind = VSX_FLAT;
	if (vsx_ids_rise(rows))
		return VSX_OK;
	return vsx_rows_by_id(job->arrays, rows, &out->order, err);
}

static uint32_t layouts(const struct vsx_spec_need *need,
			struct vsx_spec out[VSX_MAX_LAYOUTS])
{
	if (!need->few_bytes)
		return 0; /* it is no matter of a trial */
	out[0] = (struct vsx_spec){0};
	out[1] = (struct vsx_spec){.codes.build = &vsx_codec_sq8_build};
	out[2] = (struct vsx_spec){.codes.build = &vsx_codec_sq4_build};
	return 3;
}

/* In nanoseconds: of each row, and of each line of its code. */
#define NS_COMPARED  0.5
#define NS_CODE_LINE 1.5

static double cost(const struct vsx_segment *seg, const struct vsx_work *work,
		   uint64_t n_rows)
{
	double bytes = vsx_codes_present(seg)
			       ? seg->codec->block_bytes(&seg->form) >>
					 seg->codec->block_shift
			       : vsx_vecs_stride(seg);

	(void)work;
	return VSX_NS_COMPONENT * seg->space.dim +
	       vsx_ns_of_looks(vsx_vecs_stride(seg)) +
	       (double)n_rows * (NS_COMPARED + NS_CODE_LINE * bytes / VSX_LINE);
}

const struct vsx_kind_build vsx_kind_build_flat = {
	.code = VSX_FLAT,
	.ending = "",
	.scans = true,
	.turn = 1,
	.suits = suits,
	.layouts = layouts,
	.cost = cost,
	.build = build_flat,
};
