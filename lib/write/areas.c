#include "write/areas.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static struct vsx_areas *areas_of(struct vsx_arrays *arrays)
{
	return (struct vsx_areas *)(void *)arrays;
}

/* Whether so much more fits into memory. */
static bool fits(const struct vsx_areas *a, uint64_t bytes)
{
	return a->held < a->memory &&
	       vsx_area_takes(bytes) <= a->memory - a->held;
}

static enum vsx_status take_locked(struct vsx_areas *a, void **out,
				   uint64_t bytes, struct vsx_error *err)
{
	struct vsx_area *area;
	enum vsx_status status;

	VSX_TRY(vsx_grow(&a->areas, &a->cap, a->n + 1, sizeof(*a->areas), err));
	area = &a->areas[a->n];
	vsx_area_init(area);
	status = vsx_area_grow(area, bytes, fits(a, bytes) ? UINT64_MAX : 0,
			       a->output, err);
	if (status != VSX_OK) {
		vsx_area_release(area);
		return status;
	}
	a->n++;
	if (area->file.fd < 0)
		a->held += area->cap;
	*out = area->base;
	return VSX_OK;
}

static enum vsx_status take(struct vsx_arrays *arrays, void **out,
			    uint64_t bytes, struct vsx_error *err)
{
	struct vsx_areas *a = areas_of(arrays);
	enum vsx_status status;

	pthread_mutex_lock(&a->lock);
	status = take_locked(a, out, bytes, err);
	pthread_mutex_unlock(&a->lock);
	return status;
}

static void leave_one(struct vsx_areas *a, size_t i)
{
	struct vsx_area *area = &a->areas[i];

	if (a->lost.status == VSX_OK)
		a->lost.status = vsx_area_whole(area, &a->lost);
	if (area->file.fd < 0)
		a->held -= area->cap;
	vsx_area_release(area);
	*area = a->areas[--a->n];
}

static void leave(struct vsx_arrays *arrays, void *array)
{
	struct vsx_areas *a = areas_of(arrays);
	size_t i = 0;

	pthread_mutex_lock(&a->lock);
	while (i < a->n && a->areas[i].base != array)
		i++;
	if (array && i < a->n)
		leave_one(a, i);
	else
		free(array);
	pthread_mutex_unlock(&a->lock);
}

void vsx_areas_init(struct vsx_areas *a, const struct vsx_output *output,
		    uint64_t memory)
{
	memset(a, 0, sizeof(*a));
	a->arrays.take = take;
	a->arrays.leave = leave;
	a->output = output;
	a->memory = memory;
	pthread_mutex_init(&a->lock, NULL);
}

uint64_t vsx_areas_rest(struct vsx_areas *a)
{
	uint64_t rest;

	pthread_mutex_lock(&a->lock);
	rest = a->held < a->memory ? a->memory - a->held : 0;
	pthread_mutex_unlock(&a->lock);
	return rest;
}

void vsx_areas_release(struct vsx_areas *a)
{
	if (!a->output)
		return;
	while (a->n > 0)
		leave_one(a, a->n - 1);
	free(a->areas);
	pthread_mutex_destroy(&a->lock);
	memset(a, 0, sizeof(*a));
}

enum vsx_status vsx_areas_settle(const struct vsx_areas *a,
				 enum vsx_status status, struct vsx_error *err)
{
	for (size_t i = 0; i < a->n; i++)
		VSX_TRY(vsx_area_whole(&a->areas[i], err));
	if (a->lost.status == VSX_OK)
		return status;
	if (err)
		*err = a->lost;
	return a->lost.status;
}
