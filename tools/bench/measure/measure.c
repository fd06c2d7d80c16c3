#include "bench/measure/measure.h"

#include "bench/measure/group.h"
#include "cli/fail.h"
#include "cli/format_num.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/plural.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned int processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (unsigned int)n : 1;
}

/* The neighbours among fewer rows are others. */
static enum vsx_status run_size(struct group *g, uint64_t n_rows,
				const struct dataset_opts *data_opts,
				struct report *r, struct vsx_error *err)
{
	uint64_t *truth = NULL;
	enum vsx_status status = VSX_OK;

	g->n_rows = n_rows;
	g->truth = g->data->truth;
	if (n_rows < g->data->n_rows) {
		progress_update("finding neighbours", "", 0, 0);
		status = dataset_truth(g->data, n_rows, data_opts, &truth, err);
		g->truth = truth;
	}
	if (status == VSX_OK)
		status = group_run(g, r, err);
	free(truth);
	return status;
}

static enum vsx_status check_sizes(const struct group *g, struct vsx_error *err)
{
	const struct measure_opts *opts = g->opts;

	for (size_t i = 0; i < opts->n_sizes; i++) {
		uint64_t n = opts->sizes[i];

		if (n > g->data->n_rows)
			return tool_fail(
				err, VSX_EINVAL,
				"%" PRIu64 " row%s asked for, %s has %" PRIu64,
				n, plural_s(n), g->data->name, g->data->n_rows);
		if (n < g->data->n_rows && n < g->data->truth_k)
			return tool_fail(
				err, VSX_EINVAL,
				"%" PRIu64
				" row%s asked for, neighbours compared: "
				"%" PRIu32,
				n, plural_s(n), g->data->truth_k);
	}
	return VSX_OK;
}

/*
 * Files without -i are measured by themselves. They, and loads, are for the
 * last size, which is the greatest.
 */
static enum vsx_status run_all(struct group *g,
			       const struct dataset_opts *data_opts,
			       struct report *r, struct vsx_error *err)
{
	const struct measure_opts *opts = g->opts;
	size_t n = opts->n_sizes ? opts->n_sizes : 1;
	enum vsx_status status = check_sizes(g, err);

	g->builds = opts->n_specs > 0 || opts->n_indexes == 0;
	for (size_t i = g->builds ? 0 : n - 1; i < n && status == VSX_OK; i++) {
		g->last = i == n - 1;
		status = run_size(
			g, opts->n_sizes ? opts->sizes[i] : g->data->n_rows,
			data_opts, r, err);
	}
	return status;
}

static enum vsx_status choose_k(struct group *g, struct vsx_error *err)
{
	const struct dataset *d = g->data;
	char rows[NUM_OF_BYTES];

	g->k = g->opts->k;
	if (g->k > d->n_rows) {
		g->k = d->n_rows;
		if (!g->opts->quiet)
			say("k lowered from %zu to %zu: the data has %s",
			    g->opts->k, g->k, num_of(rows, d->n_rows, "row"));
	}
	if (g->k > d->truth_k)
		return tool_fail(err, VSX_EINVAL,
				 "the ground truth has %u neighbour%s per "
				 "query, recall@%zu needs %zu",
				 d->truth_k, plural_s(d->truth_k), g->k, g->k);
	return VSX_OK;
}

enum vsx_status measure_run(struct report *r, const struct dataset *d,
			    const struct dataset_opts *data_opts,
			    const struct measure_opts *opts,
			    struct vsx_error *err)
{
	struct group g = {.data = d, .opts = opts};
	enum vsx_status status = choose_k(&g, err);

	g.threads = opts->threads ? opts->threads : processors();
	if (status == VSX_OK)
		status = run_all(&g, data_opts, r, err);
	progress_clear();
	if (status != VSX_OK)
		return status;
	r->k = (uint32_t)g.k;
	r->truth_k = d->truth_k;
	r->target = opts->target;
	r->curve = opts->curve;
	r->threads = g.threads;
	report_choose(r);
	return VSX_OK;
}
