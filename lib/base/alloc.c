#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"

#define LINE 64

void *vsx_alloc(size_t n, size_t size)
{
	uint64_t bytes;
	void *p;

	if (!vsx_mul(&bytes, n, size) || bytes > PTRDIFF_MAX ||
	    !vsx_round_up(&bytes, bytes ? bytes : 1, LINE))
		return NULL;
	p = aligned_alloc(LINE, bytes);
	if (p)
		memset(p, 0, bytes);
	return p;
}

enum vsx_status vsx_alloc_to(void *out, size_t n, size_t size,
			     struct vsx_error *err)
{
	void *p = vsx_alloc(n, size);

	if (!p)
		return vsx_fail(err, VSX_ENOMEM,
				"cannot allocate %zu times %zu bytes", n, size);
	memcpy(out, &p, sizeof(p));
	return VSX_OK;
}

enum vsx_status vsx_grow(void *array, size_t *cap, size_t want, size_t size,
			 struct vsx_error *err)
{
	size_t n = *cap + *cap / 2;
	void *old, *p = NULL;

	if (want <= *cap)
		return VSX_OK;
	if (n < want)
		n = want;
	VSX_TRY(vsx_alloc_to(&p, n, size, err));
	memcpy(&old, array, sizeof(old));
	if (old)
		memcpy(p, old, *cap * size);
	free(old);
	memcpy(array, &p, sizeof(p));
	*cap = n;
	return VSX_OK;
}
