/* Opening, refreshing and closing an index. O(1) in the rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "io/advice.h"
#include "io/limit.h"
#include "read/open.h"
#include "read/opts.h"
#include "read/verify.h"

/* before: an earlier generation, to share with; NULL: there is none. */
static enum vsx_status open_index(struct vsx *index,
				  const struct vsx_origin *from,
				  const struct vsx_open_opts *o,
				  const struct vsx *before,
				  struct vsx_error *err)
{
	enum vsx_check check = o->untrusted ? VSX_CHECK_ALL : o->check;
	bool copy = o->load == VSX_LOAD_COPY || o->untrusted;
	bool shared, scarce;

	VSX_TRY(vsx_index_map(index, from, copy, before, &shared, err));
	VSX_TRY(vsx_index_manifest(index, err));
	if (check == VSX_CHECK_ALL)
		VSX_TRY(vsx_verify_index(index, err));
	if (check == VSX_CHECK_TOUCH)
		VSX_TRY(vsx_index_guard(index, err));
	if (shared)
		vsx_index_inherit(index, before);
	VSX_TRY(vsx_index_segments(index, err));
	scarce = !index->map.copied &&
		 !vsx_fits_memory(index->map.bytes, o->memory);
	/* Where nothing is read ahead, bringing it in would take minutes. */
	if (shared)
		vsx_advise_normal(index->map.base, index->map.bytes);
	VSX_TRY(vsx_index_bring(index, o, scarce, err));
	if (scarce)
		vsx_index_advise(index);
	return VSX_OK;
}

static enum vsx_status check_opts(const struct vsx_open_opts *o,
				  struct vsx_error *err)
{
	if (o->check > VSX_CHECK_ALL || o->preload > VSX_PRELOAD_ALL ||
	    o->load > VSX_LOAD_COPY)
		return vsx_fail(err, VSX_EINVAL,
				"check %d, preload %d, load %d: one is not "
				"known",
				(int)o->check, (int)o->preload, (int)o->load);
	if (o->lock_memory > 1 || o->untrusted > 1)
		return vsx_fail(err, VSX_EINVAL,
				"lock_memory %u, untrusted %u, expected 0 or 1",
				o->lock_memory, o->untrusted);
	return VSX_OK;
}

/* path: NULL, or where vsx_refresh() looks. */
static enum vsx_status new_handle(struct vsx **out, const char *name,
				  const char *path,
				  const struct vsx_open_opts *opts,
				  struct vsx_error *err)
{
	struct vsx *index;

	VSX_TRY(vsx_alloc_to(&index, 1, sizeof(*index), err));
	*out = index;
	index->opts = *opts;
	index->heap_bytes = sizeof(*index);
	vsx_path_text(index->name, name);
	if (!path)
		return VSX_OK;
	index->path = strdup(path);
	if (!index->path)
		return vsx_fail_memory(err, strlen(path) + 1);
	index->heap_bytes += strlen(path) + 1;
	return VSX_OK;
}

/* *current: `before` is the newest, and nothing was opened. */
static enum vsx_status open_origin(struct vsx *index,
				   const struct vsx_origin *from,
				   const struct vsx *before, bool *current,
				   struct vsx_error *err)
{
	VSX_TRY(vsx_index_head(index, from, err));
	*current = vsx_index_is_current(index, from->fd, before);
	return *current ? VSX_OK
			: open_index(index, from, &index->opts, before, err);
}

/* Hand the index over, or close it: what opening came to, told with its name.
 */
static enum vsx_status finish(struct vsx **out, struct vsx *index, bool current,
			      enum vsx_status status,
			      const struct vsx_error *why,
			      struct vsx_error *err)
{
	if (status != VSX_OK)
		vsx_with_path(index, status, why, err);
	status = vsx_settle(index, status, err);
	if (status == VSX_OK && !current)
		*out = index;
	else
		vsx_close(index);
	return status;
}

/* *out stays NULL when `before` is current. */
static enum vsx_status open_path(struct vsx **out, const char *path,
				 const struct vsx_open_opts *opts,
				 const struct vsx *before,
				 struct vsx_error *err)
{
	struct vsx_origin from = {.fd = -1};
	struct vsx_error why = {0};
	struct vsx *index = NULL;
	enum vsx_status status;
	bool current = false;

	status = new_handle(&index, path, path, opts, err);
	if (status != VSX_OK) {
		vsx_close(index);
		return status;
	}
	status = vsx_open_file(&from.fd, &from.bytes, path, &why);
	if (status == VSX_OK)
		status = open_origin(index, &from, before, &current, &why);
	status = finish(out, index, current, status, &why, err);
	if (from.fd >= 0)
		close(from.fd); /* the mapping outlives it */
	return status;
}

static enum vsx_status take_opts(struct vsx_open_opts *o,
				 const struct vsx_open_opts *opts,
				 struct vsx_error *err)
{
	*o = (struct vsx_open_opts)VSX_OPEN_OPTS_INIT;
	VSX_TRY(vsx_take_opts(o, sizeof(*o), opts, "vsx_open_opts", err));
	return check_opts(o, err);
}

enum vsx_status vsx_open(struct vsx **out, const char *path,
			 const struct vsx_open_opts *opts,
			 struct vsx_error *err)
{
	struct vsx_open_opts o;

	*out = NULL;
	VSX_TRY(take_opts(&o, opts, err));
	return open_path(out, path, &o, NULL, err);
}

enum vsx_status vsx_open_fd(struct vsx **out, int fd,
			    const struct vsx_open_opts *opts,
			    struct vsx_error *err)
{
	struct vsx_origin from = {.fd = fd};
	struct vsx_error why = {0};
	struct vsx_open_opts o;
	enum vsx_status status;
	struct vsx *index;
	bool current = false;
	char name[32];

	*out = NULL;
	VSX_TRY(take_opts(&o, opts, err));
	snprintf(name, sizeof(name), "descriptor %d", fd);
	VSX_TRY(new_handle(&index, name, NULL, &o, err));
	status = vsx_file_regular(&from.bytes, fd, &why);
	if (status == VSX_OK)
		status = open_origin(index, &from, NULL, &current, &why);
	return finish(out, index, current, status, &why, err);
}

/* Sections begin at multiples of it in the file, and are read in place. */
#define MEMORY_ALIGNMENT 64

static enum vsx_status check_memory(const void *bytes, size_t n,
				    const struct vsx_open_opts *o,
				    struct vsx_error *err)
{
	bool copy = o->load == VSX_LOAD_COPY || o->untrusted;

	if (n == 0)
		return vsx_fail(err, VSX_EFORMAT, "is empty, not a VSX index");
	if (!bytes)
		return vsx_fail(err, VSX_EINVAL, "%zu bytes at NULL", n);
	if (!copy && (uintptr_t)bytes % MEMORY_ALIGNMENT)
		return vsx_fail(
			err, VSX_EINVAL,
			"begins %u bytes after a multiple of %d, "
			"expected 0 unless it is copied",
			(unsigned int)((uintptr_t)bytes % MEMORY_ALIGNMENT),
			MEMORY_ALIGNMENT);
	if (!copy && o->lock_memory)
		return vsx_fail(err, VSX_EINVAL,
				"lock_memory is 1, expected 0 for memory of "
				"the caller unless it is copied");
	return VSX_OK;
}

enum vsx_status vsx_open_memory(struct vsx **out, const void *bytes, size_t n,
				const struct vsx_open_opts *opts,
				struct vsx_error *err)
{
	struct vsx_origin from = {.fd = -1, .memory = bytes, .bytes = n};
	struct vsx_error why = {0};
	struct vsx_open_opts o;
	enum vsx_status status;
	struct vsx *index;
	bool current = false;

	*out = NULL;
	VSX_TRY(take_opts(&o, opts, err));
	VSX_TRY(new_handle(&index, "memory", NULL, &o, err));
	status = check_memory(bytes, n, &o, &why);
	if (status == VSX_OK)
		status = open_origin(index, &from, NULL, &current, &why);
	return finish(out, index, current, status, &why, err);
}

enum vsx_status vsx_guard_install(struct vsx_error *err)
{
	return vsx_bus_install(err);
}

enum vsx_status vsx_refresh(struct vsx **out, const struct vsx *index,
			    struct vsx_error *err)
{
	*out = NULL;
	if (!index->path)
		return vsx_fail(err, VSX_EINVAL,
				"%s: was opened without a path, where a newer "
				"generation would be",
				index->name);
	return open_path(out, index->path, &index->opts, index, err);
}

void vsx_close(struct vsx *index)
{
	if (!index)
		return;
	vsx_index_unguard(index);
	vsx_map_close(&index->map);
	vsx_segments_close(index->segments, index->manifest.n_segments);
	vsx_schema_release(&index->fields);
	free(index->raw);
	free(index->path);
	free(index);
}
