#include "write/intake/batch.h"

#include "names.h"
#include "read/opts.h"
#include "plural.h"

enum vsx_status vsx_batch_check(const struct vsx_batch *batch,
				struct vsx_error *err)
{
	if (!vsx_elem_name(batch->elem))
		return vsx_fail(err, VSX_EINVAL, "element type %d is not known",
				(int)batch->elem);
	if (!batch->vectors && batch->n > 0)
		return vsx_fail(err, VSX_EINVAL, "%zu row%s, but no address",
				batch->n, vsx_s(batch->n));
	return VSX_OK;
}

enum vsx_status vsx_batch_take(struct vsx_batch *out,
			       const struct vsx_batch *in,
			       struct vsx_error *err)
{
	struct vsx_batch batch = VSX_BATCH_INIT;

	if (!in)
		return vsx_fail(err, VSX_EINVAL, "no batch of rows");
	VSX_TRY(vsx_take_opts(&batch, sizeof(batch), in, "vsx_batch", err));
	if (!batch.elem)
		batch.elem = VSX_F32;
	VSX_TRY(vsx_batch_check(&batch, err));
	*out = batch;
	return VSX_OK;
}
