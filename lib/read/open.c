/* Opening, refreshing and closing an index. O(1) in the rows. */
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
static enum vsx_status open_index(struct vsx *index, int fd,
				  const struct vsx_open_opts *o,
				  const struct vsx *before,
				  struct vsx_error *err)
{
	enum vsx_check check = o->untrusted ? VSX_CHECK_ALL : o->check;
	bool copy = o->load == VSX_LOAD_COPY || o->untrusted;
	bool shared, scarce;

	VSX_TRY(vsx_index_map(index, fd, copy, before, &shared, err));
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

static enum vsx_status new_handle(struct vsx **out, const char *path,
				  const struct vsx_open_opts *opts,
				  struct vsx_error *err)
{
	struct vsx *index;

	VSX_TRY(vsx_alloc_to(&index, 1, sizeof(*index), err));
	*out = index;
	index->opts = *opts;
	index->path = strdup(path);
	if (!index->path)
		return vsx_fail_memory(err, strlen(path) + 1);
	index->heap_bytes = sizeof(*index) + strlen(path) + 1;
	vsx_path_text(index->name, path);
	return VSX_OK;
}

/* *out stays NULL when `before` is current. */
static enum vsx_status open_path(struct vsx **out, const char *path,
				 const struct vsx_open_opts *opts,
				 const struct vsx *before,
				 struct vsx_error *err)
{
	struct vsx_error why = {0};
	struct vsx *index = NULL;
	enum vsx_status status;
	bool current = false;
	int fd = -1;

	status = new_handle(&index, path, opts, err);
	if (status != VSX_OK)
		goto done;
	status = vsx_open_file(&fd, &index->file_bytes, path, &why);
	if (status == VSX_OK)
		status = vsx_index_head(index, fd, &why);
	if (status == VSX_OK)
		current = vsx_index_is_current(index, fd, before);
	if (status == VSX_OK && !current)
		status = open_index(index, fd, opts, before, &why);
	if (status != VSX_OK)
		vsx_with_path(index, status, &why, err);
	status = vsx_settle(index, status, err);
	if (status != VSX_OK)
		goto done;
	if (!current) {
		*out = index;
		index = NULL;
	}
done:
	if (fd >= 0)
		close(fd); /* the mapping outlives it */
	vsx_close(index);
	return status;
}

enum vsx_status vsx_open(struct vsx **out, const char *path,
			 const struct vsx_open_opts *opts,
			 struct vsx_error *err)
{
	struct vsx_open_opts o = VSX_OPEN_OPTS_INIT;

	*out = NULL;
	VSX_TRY(vsx_take_opts(&o, sizeof(o), opts, "vsx_open_opts", err));
	VSX_TRY(check_opts(&o, err));
	return open_path(out, path, &o, NULL, err);
}

enum vsx_status vsx_guard_install(struct vsx_error *err)
{
	return vsx_bus_install(err);
}

enum vsx_status vsx_refresh(struct vsx **out, const struct vsx *index,
			    struct vsx_error *err)
{
	*out = NULL;
	return open_path(out, index->path, &index->opts, index, err);
}

void vsx_close(struct vsx *index)
{
	if (!index)
		return;
	vsx_index_unguard(index);
	vsx_map_close(&index->map);
	vsx_segments_close(index->segments, index->manifest.n_segments);
	free(index->raw);
	free(index->path);
	free(index);
}
