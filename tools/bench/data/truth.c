#include "bench/data/truth.h"

#include "cli/interrupt.h"
#include "cli/progress.h"
#include "input/truth.h"
#include "vsx_write.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 64 /* queries between two looks at Ctrl-C */

static int report(void *context, const struct vsx_build_event *event)
{
	(void)context;
	if (event->what == VSX_BUILD_PROGRESS)
		progress_update("finding neighbours: preparing", event->unit,
				event->done, event->total);
	return interrupted();
}

static enum vsx_status build(const char *path, const struct truth_plan *plan,
			     struct vsx_error *err)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b = NULL;
	enum vsx_status status;

	opts.dim = plan->queries->dim;
	opts.metric = plan->metric;
	opts.elem = plan->queries->elem;
	opts.spec = "Flat";
	opts.n_threads = plan->threads;
	opts.n_test_queries = UINT32_MAX;
	opts.report = report;
	status = vsx_builder_new(&b, path, &opts, err);
	if (status == VSX_OK)
		status = vsx_builder_add(b,
					 VSX_BATCH(plan->rows, opts.elem,
						   plan->n_rows, plan->ids),
					 err);
	if (status == VSX_OK)
		status = vsx_builder_finish(b, NULL, err);
	vsx_builder_free(b);
	/* Nobody has asked for a build that could be stopped. */
	if (status == VSX_ESTOPPED)
		return tool_fail(err, status, "interrupted");
	return status;
}

static enum vsx_status search(uint64_t *truth, const struct vsx *index,
			      const struct truth_plan *plan,
			      struct vsx_hit *hits, struct vsx_error *err)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	const struct vectors *q = plan->queries;
	size_t k = plan->k, n_hits[BLOCK];

	opts.exact = 1;
	for (uint64_t i = 0; i < q->n; i += BLOCK) {
		size_t n = q->n - i < BLOCK ? (size_t)(q->n - i) : BLOCK;
		enum vsx_status status;

		opts.first_query = i;
		status = vsx_search_batch(index, vectors_row(q, i), q->elem, n,
					  k, &opts, plan->threads, hits, n_hits,
					  NULL, err);
		if (status != VSX_OK)
			return status;
		for (size_t j = 0; j < n * k; j++)
			truth[i * k + j] = hits[j].id;
		if (interrupted())
			return tool_fail(err, VSX_ESTOPPED, "interrupted");
		progress_update("finding neighbours", "queries", i + n, q->n);
	}
	return VSX_OK;
}

enum vsx_status truth_compute(uint64_t **truth, const struct truth_plan *plan,
			      struct vsx_error *err)
{
	uint64_t *ids =
		reallocarray(NULL, plan->queries->n * plan->k, sizeof(*ids));
	struct vsx_hit *hits =
		reallocarray(NULL, BLOCK * (size_t)plan->k, sizeof(*hits));
	struct vsx *index = NULL;
	enum vsx_status status;
	char path[PATH_MAX];

	*truth = NULL;
	snprintf(path, sizeof(path), "%s/vsx-bench-%ld-exact.vsx", plan->folder,
		 (long)getpid());
	if (ids && hits)
		status = build(path, plan, err);
	else
		status = tool_fail_memory(err, plan->queries->n * plan->k *
						       sizeof(*ids));
	if (status == VSX_OK) {
		status = vsx_open(&index, path, NULL, err);
		unlink(path);
	}
	if (status == VSX_OK)
		status = search(ids, index, plan, hits, err);
	vsx_close(index);
	free(hits);
	if (status != VSX_OK) {
		free(ids);
		return status;
	}
	*truth = ids;
	return VSX_OK;
}

static bool is_row(void *n_rows, uint64_t id)
{
	return id < *(const uint64_t *)n_rows;
}

enum vsx_status truth_check(const uint64_t *truth, uint64_t n, uint32_t k,
			    uint64_t n_rows, const char *name,
			    const char *rows_name, uint32_t *shortest,
			    struct vsx_error *err)
{
	enum vsx_status status = truth_check_lists(truth, n, k, name, err);

	if (status == VSX_OK)
		status = truth_check_ids(truth, n, k, name, is_row, &n_rows,
					 rows_name, err);
	*shortest = k;
	for (uint64_t i = 0; i < n && status == VSX_OK; i++) {
		uint32_t length = truth_length(truth + i * k, k);

		if (length < *shortest)
			*shortest = length;
		if (length == 0)
			status = tool_fail(err, VSX_EINVAL,
					   "%s: row %" PRIu64
					   ": names no neighbours",
					   name, i);
	}
	return status;
}
