#include "bench/data/leave_out.h"

#include "cli/interrupt.h"
#include "cli/progress.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK ((uint64_t)65536) /* rows */

struct walk {
	struct vectors *v;
	const struct leave_out *how;
	uint64_t *ids; /* of the rows that stay, [n_kept] */
	uint64_t n_kept;
	uint64_t first;	    /* of the block */
	uint8_t bad[BLOCK]; /* rows of the block */
};

static int take(void *context, const struct vsx_rejected *row)
{
	struct walk *w = context;
	uint64_t number = w->first + row->row;
	const char *odd = odd_rows_find(w->how->odds, number);

	w->bad[row->row] = 1;
	return rejects_put(w->how->rejects, w->v->name, number, number,
			   odd ? odd : row->why);
}

/* A build that ends before it writes: it knows which rows are bad, and why. */
static enum vsx_status find_bad(struct walk *w, uint64_t n,
				struct vsx_error *err)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	enum vsx_status status;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/vsx-bench-%ld-rows.vsx",
		 w->how->folder, (long)getpid());
	opts.dim = w->v->dim;
	opts.metric = w->how->metric;
	opts.elem = w->how->elem;
	opts.rejected = take;
	opts.rejected_context = w;
	memset(w->bad, 0, sizeof(w->bad));
	status = vsx_builder_new(&b, path, &opts, err);
	if (status == VSX_OK)
		status = vsx_builder_add(b,
					 VSX_BATCH(vectors_row(w->v, w->first),
						   w->v->elem, n, NULL),
					 err);
	vsx_builder_free(b);
	return status;
}

static void keep_good(struct walk *w, uint64_t n)
{
	size_t bytes = vectors_row_bytes(w->v);
	char *data = w->v->data;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t from = w->first + i, to = w->n_kept;

		if (w->bad[i])
			continue;
		if (to < from)
			memcpy(data + to * bytes, data + from * bytes, bytes);
		w->ids[w->n_kept++] = from;
	}
}

static enum vsx_status walk(struct walk *w, struct vsx_error *err)
{
	uint64_t all = w->v->n;

	for (; w->first < all; w->first += BLOCK) {
		uint64_t left = all - w->first;
		uint64_t n = left < BLOCK ? left : BLOCK;
		enum vsx_status status = find_bad(w, n, err);

		if (status != VSX_OK)
			return status;
		if (interrupted())
			return tool_fail(err, VSX_ESTOPPED, "interrupted");
		keep_good(w, n);
		progress_update("checking rows", "rows", w->first + n, all);
	}
	if (w->n_kept == 0)
		return tool_fail(err, VSX_EINVAL,
				 "%s: no rows remain: %" PRIu64 " left out",
				 w->v->name, all);
	return VSX_OK;
}

enum vsx_status leave_out(struct vectors *v, uint64_t **ids,
			  const struct leave_out *how, struct vsx_error *err)
{
	struct walk *w = calloc(1, sizeof(*w));
	enum vsx_status status;

	*ids = NULL;
	if (!w)
		return tool_fail_memory(err, sizeof(*w));
	w->v = v;
	w->how = how;
	w->ids = reallocarray(NULL, v->n ? v->n : 1, sizeof(*w->ids));
	status = w->ids ? walk(w, err)
			: tool_fail_memory(err, v->n * sizeof(*w->ids));
	if (status == VSX_OK && w->n_kept < v->n) {
		*ids = w->ids;
		w->ids = NULL;
		v->n = w->n_kept;
	}
	free(w->ids);
	free(w);
	return status;
}
