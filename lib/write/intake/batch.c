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

/* What is one too long, or has no address; NULL strings have none. */
static enum vsx_status check_strings(const struct vsx_bytes *strings, size_t n,
				     const char *what, size_t most,
				     struct vsx_error *err)
{
	for (size_t i = 0; strings && i < n; i++) {
		if (strings[i].n > most)
			return vsx_at_row(
				err,
				vsx_fail(err, VSX_EINVAL,
					 "row %zu of the batch: a %s of %zu "
					 "bytes, expected at most %zu",
					 i, what, strings[i].n, most),
				i);
		if (strings[i].n && !strings[i].at)
			return vsx_at_row(
				err,
				vsx_fail(err, VSX_EINVAL,
					 "row %zu of the batch: a %s of %zu "
					 "byte%s, but no address",
					 i, what, strings[i].n,
					 vsx_s(strings[i].n)),
				i);
	}
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
	VSX_TRY(check_strings(batch.keys, batch.n, "key", VSX_MAX_KEY, err));
	VSX_TRY(check_strings(batch.payloads, batch.n, "payload",
			      VSX_MAX_PAYLOAD, err));
	VSX_TRY(check_strings(batch.fields, batch.n, "record of fields",
			      UINT32_MAX, err));
	*out = batch;
	return VSX_OK;
}
