#include "write/intake/held.h"

#include <string.h>

void vsx_held_init(struct vsx_held *h)
{
	*h = (struct vsx_held){.any = false};
	vsx_area_init(&h->at);
	vsx_area_init(&h->bytes);
}

void vsx_held_release(struct vsx_held *h)
{
	vsx_area_release(&h->at);
	vsx_area_release(&h->bytes);
	h->any = false;
	h->used = 0;
}

/* PTRDIFF_MAX holds n strings of 16 MiB each, n below 2^31. */
static uint64_t bytes_of(const struct vsx_bytes *strings, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; strings && i < n; i++)
		sum += strings[i].n;
	return sum;
}

static enum vsx_status make_room(struct vsx_held *h, uint64_t n, uint64_t bytes,
				 uint64_t memory,
				 const struct vsx_output *output,
				 struct vsx_error *err)
{
	uint64_t at = n * sizeof(struct vsx_attached_at);

	VSX_TRY(vsx_area_grow(&h->at, at, memory, output, err));
	return vsx_area_grow(&h->bytes, bytes, memory > at ? memory - at : 0,
			     output, err);
}

enum vsx_status vsx_held_add(struct vsx_held *h, uint64_t n_before, size_t n,
			     const struct vsx_bytes *strings, uint64_t memory,
			     const struct vsx_output *output,
			     struct vsx_error *err)
{
	uint64_t bytes = bytes_of(strings, n);

	if (!h->any && !bytes)
		return VSX_OK;
	VSX_TRY(make_room(h, n_before + n, h->used + bytes, memory, output,
			  err));
	if (!h->any && n_before)
		memset(h->at.base, 0,
		       n_before * sizeof(struct vsx_attached_at));
	h->any = true;
	for (size_t i = 0; i < n; i++) {
		uint64_t some = strings ? strings[i].n : 0;

		vsx_held_at(h)[n_before + i] =
			(struct vsx_attached_at){h->used, some};
		if (some)
			memcpy(h->bytes.base + h->used, strings[i].at, some);
		h->used += some;
	}
	return VSX_OK;
}

enum vsx_status vsx_held_whole(const struct vsx_held *h, struct vsx_error *err)
{
	VSX_TRY(vsx_area_whole(&h->at, err));
	return vsx_area_whole(&h->bytes, err);
}
