#include "train/arrays.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "bytes.h"

#define SMALL_BYTES (UINT64_C(1) << 20)

enum vsx_status vsx_arrays_take(struct vsx_arrays *a, void *out, uint64_t n,
				size_t size, struct vsx_error *err)
{
	uint64_t bytes;
	void *p;

	if (!a || !vsx_mul(&bytes, n, size) || bytes < SMALL_BYTES)
		return vsx_alloc_to(out, n, size, err);
	VSX_TRY(a->take(a, &p, bytes, err));
	memcpy(out, &p, sizeof(p));
	return VSX_OK;
}

void vsx_arrays_leave(struct vsx_arrays *a, void *array)
{
	if (a)
		a->leave(a, array);
	else
		free(array);
}
