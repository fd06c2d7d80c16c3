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

static size_t grown(size_t cap, size_t want)
{
	size_t n = cap + cap / 2;

	return n < want ? want : n;
}

enum vsx_status vsx_grow(void *array, size_t *cap, size_t want, size_t size,
			 struct vsx_error *err)
{
	size_t n = grown(*cap, want);
	void *old, *p = NULL;

	if (want <= *cap)
		return VSX_OK;
	VSX_TRY(vsx_alloc_to(&p, n, size, err));
	memcpy(&old, array, sizeof(old));
	if (old)
		memcpy(p, old, *cap * size);
	free(old);
	memcpy(array, &p, sizeof(p));
	*cap = n;
	return VSX_OK;
}

/* calloc(): pages that the system has just made need no clearing. */
enum vsx_status vsx_grow_zeros(uint8_t **bytes, size_t *cap, size_t want,
			       struct vsx_error *err)
{
	size_t n = grown(*cap, want);
	uint8_t *p;

	if (want <= *cap)
		return VSX_OK;
	p = calloc(n, 1);
	if (!p)
		return vsx_fail(err, VSX_ENOMEM, "cannot allocate %zu bytes",
				n);
	free(*bytes);
	*bytes = p;
	*cap = n;
	return VSX_OK;
}
