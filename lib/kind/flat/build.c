/* Flat segments: nothing to learn but the order of the rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kind/build.h"
#include "train/by_id.h"

enum vsx_status vsx_flat_build(struct vsx_job *job, const struct vsx_rows *rows,
			       const struct vsx_spec *spec,
			       struct vsx_built *out, struct vsx_error *err)
{
	(void)job;
	(void)spec;
	memset(out, 0, sizeof(*out));
	out->kind = VSX_FLAT;
	snprintf(out->spec, sizeof(out->spec), "Flat");
	if (vsx_ids_rise(rows))
		return VSX_OK;
	return vsx_rows_by_id(rows, &out->order, err);
}
