#include "write/area.h"

#include <string.h>
#include <sys/mman.h>

#include "bytes.h"
#include "io/bus.h"

#define STEP_BYTES (UINT64_C(2) << 20) /* a huge page */
#define ZERO_BYTES (UINT64_C(1) << 20)

uint64_t vsx_area_takes(uint64_t bytes)
{
	return (bytes + STEP_BYTES - 1) & ~(STEP_BYTES - 1);
}

void vsx_area_init(struct vsx_area *a)
{
	memset(a, 0, sizeof(*a));
	a->file.fd = -1;
}

enum vsx_status vsx_area_whole(const struct vsx_area *a, struct vsx_error *err)
{
	uint64_t at;

	if (!vsx_region_broken(a->region, &at))
		return VSX_OK;
	return vsx_fail(err, VSX_EIO,
			"byte %llu of a temporary file in '%s' can no "
			"longer be read: its disk is failing",
			(unsigned long long)at, a->file.name);
}

void vsx_area_release(struct vsx_area *a)
{
	vsx_region_drop(a->region);
	if (a->base) {
		munmap(a->base, a->cap);
		vsx_file_close(&a->file, NULL);
	}
	vsx_area_init(a);
}

/* More room in memory: address space only, pages come when they are used. */
static enum vsx_status grow_memory(struct vsx_area *a, uint64_t cap,
				   struct vsx_error *err)
{
	void *p;

	if (a->base)
		p = mremap(a->base, a->cap, cap, MREMAP_MAYMOVE);
	else
		p = mmap(NULL, cap, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return vsx_fail_memory(err, cap);
	madvise(p, cap, MADV_HUGEPAGE); /* slower without, not wrong */
	a->base = p;
	a->cap = cap;
	return VSX_OK;
}

void vsx_area_trim(struct vsx_area *a, uint64_t bytes)
{
	uint64_t cap = vsx_area_takes(bytes);
	void *p;

	a->used = bytes;
	if (a->file.fd >= 0 || cap == 0 || cap >= a->cap)
		return;
	p = mremap(a->base, a->cap, cap, 0);
	if (p != MAP_FAILED)
		a->cap = cap;
}

/*
 * Blocks of the file up to `cap`. They must be there before the mapping is
 * written to: a full disk would else be a SIGBUS.
 */
static enum vsx_status grow_file(const struct vsx_file *f, uint64_t from,
				 uint64_t cap, struct vsx_error *err)
{
	static const uint8_t zeros[ZERO_BYTES];
	bool reserved;

	VSX_TRY(vsx_file_reserve(f, cap, &reserved, err));
	if (reserved)
		return vsx_file_resize(f, cap, err);
	while (from < cap) {
		uint64_t n = cap - from < ZERO_BYTES ? cap - from : ZERO_BYTES;

		VSX_TRY(vsx_file_write(f, zeros, n, from, err));
		from += n;
	}
	return VSX_OK;
}

/* Leave memory for a file of `cap` bytes. */
static enum vsx_status move_to_file(struct vsx_area *a, uint64_t cap,
				    const struct vsx_output *output,
				    struct vsx_error *err)
{
	struct vsx_file file;
	enum vsx_status status;
	uint8_t *p = NULL;

	VSX_TRY(vsx_output_scratch(output, &file, err));
	status = grow_file(&file, 0, cap, err);
	if (status == VSX_OK) {
		p = file.ops->map(file.ops->context, file.fd, cap, true);
		if (!p)
			status = vsx_fail_errno(err,
						"cannot map %llu bytes of a "
						"temporary file in '%s'",
						(unsigned long long)cap,
						file.name);
	}
	if (status != VSX_OK) {
		vsx_file_close(&file, NULL);
		return status;
	}
	if (a->base) {
		memcpy(p, a->base, a->used);
		munmap(a->base, a->cap);
	}
	a->base = p;
	a->cap = cap;
	a->file = file;
	a->region = vsx_region_add(p, cap, true);
	return VSX_OK;
}

static enum vsx_status extend_file(struct vsx_area *a, uint64_t cap,
				   struct vsx_error *err)
{
	void *p;

	VSX_TRY(vsx_area_whole(a, err));
	VSX_TRY(grow_file(&a->file, a->cap, cap, err));
	vsx_region_drop(a->region);
	p = mremap(a->base, a->cap, cap, MREMAP_MAYMOVE);
	if (p != MAP_FAILED) {
		a->base = p;
		a->cap = cap;
	}
	a->region = vsx_region_add(a->base, a->cap, true);
	return p == MAP_FAILED ? vsx_fail_memory(err, cap) : VSX_OK;
}

enum vsx_status vsx_area_grow(struct vsx_area *a, uint64_t bytes,
			      uint64_t limit, const struct vsx_output *output,
			      struct vsx_error *err)
{
	bool spill = a->file.fd >= 0 || vsx_area_takes(bytes) > limit;
	/* Memory that is not used costs nothing, blocks of a file do. */
	uint64_t more = spill ? a->cap / 4 : a->cap, cap;

	if (bytes > a->cap || (spill && a->file.fd < 0)) {
		if (bytes > PTRDIFF_MAX / 2)
			return vsx_fail_memory(err, bytes);
		cap = a->cap + more;
		if (cap < bytes || cap > PTRDIFF_MAX / 2)
			cap = bytes;
		cap = vsx_area_takes(cap);
		/* Limits of the system count it all the same. */
		if (!spill && cap > limit)
			cap = limit & ~(STEP_BYTES - 1);
		if (!spill)
			VSX_TRY(grow_memory(a, cap, err));
		else if (a->file.fd < 0)
			VSX_TRY(move_to_file(a, cap, output, err));
		else
			VSX_TRY(extend_file(a, cap, err));
	}
	a->used = bytes;
	return VSX_OK;
}
