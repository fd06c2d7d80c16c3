/* VSX, through the public API alone. */
#include "bench/engine/engine_vsx.h"

#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/tried.h"
#include "vsx_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct engine {
	struct vsx *index;
	char *path; /* real, as the kernel names it */
	struct vsx_facts facts;
	enum vsx_elem elem;
	double refine;
	struct vsx_selection *among; /* NULL: all rows */
};

struct engine_session {
	const struct engine *engine;
	struct vsx_searcher *searcher;
	struct vsx_hit *hits;
	size_t room;
};

struct building {
	const char *spec;
	struct engine_cost *cost;
	bool quiet;
};

/* Several notes of one build stand behind each other. */
static void keep_note(struct engine_cost *cost, const char *text)
{
	size_t len = strlen(cost->note);

	snprintf(cost->note + len, sizeof(cost->note) - len, "%s%s",
		 len ? "; " : "", text);
}

static int report(void *context, const struct vsx_build_event *event)
{
	struct building *b = context;
	char phase[64];

	if (event->what == VSX_BUILD_NOTE) {
		keep_note(b->cost, event->text);
	} else if (event->what == VSX_BUILD_TRIED) {
		if (!b->quiet)
			tried_say(event);
	} else {
		snprintf(phase, sizeof(phase), "%s: %s", b->spec, event->text);
		progress_update(phase, event->unit, event->done, event->total);
	}
	return interrupted();
}

/* Without a test of its own: what it reaches is measured here. */
static struct vsx_build_opts build_opts(const struct engine_plan *plan,
					struct building *building)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;

	opts.dim = plan->dim;
	opts.metric = plan->metric;
	opts.elem = plan->elem;
	opts.spec = plan->spec;
	opts.ef_construction = plan->ef_construction;
	opts.seed = plan->seed;
	opts.n_threads = plan->threads;
	opts.n_test_queries = UINT32_MAX;
	opts.report = report;
	opts.context = building;
	return opts;
}

static enum vsx_status build_file(const struct engine_plan *plan,
				  struct engine_cost *cost,
				  struct vsx_error *err)
{
	struct building building = {plan->spec, cost, plan->quiet};
	struct vsx_build_opts opts = build_opts(plan, &building);
	struct vsx_build_result result = {0};
	struct vsx_builder *b = NULL;
	uint64_t start = clock_ns();
	enum vsx_status status;

	status = vsx_builder_new(&b, plan->path, &opts, err);
	if (status == VSX_OK)
		status = vsx_builder_add(b,
					 VSX_BATCH(plan->rows, plan->elem,
						   plan->n_rows, plan->ids),
					 err);
	if (status == VSX_OK)
		status = vsx_builder_finish(b, &result, err);
	cost->build_seconds = clock_seconds(start, clock_ns());
	vsx_builder_free(b);
	cost->disk_bytes = result.file_bytes;
	snprintf(cost->spec, sizeof(cost->spec), "%s", result.spec);
	return status;
}

static void engine_close(struct engine *e)
{
	if (!e)
		return;
	vsx_selection_free(e->among);
	vsx_close(e->index);
	free(e->path);
	free(e);
}

enum vsx_status engine_vsx_open(struct engine **out, const char *path,
				enum vsx_elem elem, struct vsx_error *err)
{
	struct engine *e = calloc(1, sizeof(*e));
	enum vsx_status status;

	*out = NULL;
	if (!e)
		return tool_fail_memory(err, sizeof(*e));
	e->elem = elem;
	status = vsx_open(&e->index, path, NULL, err);
	if (status == VSX_OK) {
		e->path = realpath(path, NULL);
		if (!e->path)
			status = tool_fail_errno(err, "cannot find '%s'", path);
	}
	if (status != VSX_OK) {
		engine_close(e);
		return status;
	}
	vsx_get_facts(e->index, &e->facts);
	*out = e;
	return VSX_OK;
}

static enum vsx_status engine_build(struct engine **out,
				    const struct engine_plan *plan,
				    struct engine_cost *cost,
				    struct vsx_error *err)
{
	enum vsx_status status;

	*out = NULL;
	memset(cost, 0, sizeof(*cost));
	status = build_file(plan, cost, err);
	if (status != VSX_OK)
		return status;
	return engine_vsx_open(out, plan->path, plan->elem, err);
}

void engine_vsx_set_refine(struct engine *e, double refine)
{
	e->refine = refine;
}

static enum vsx_status filter(struct engine *e, const uint8_t *bits,
			      struct vsx_error *err)
{
	vsx_selection_free(e->among);
	e->among = NULL;
	return bits ? vsx_select_bits(&e->among, e->index, bits,
				      e->facts.n_rows, err)
		    : VSX_OK;
}

enum vsx_status engine_vsx_exact(const struct engine *e, const void *query,
				 size_t k, uint64_t *ids, size_t *n,
				 struct vsx_error *err)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_hit *hits = calloc(k, sizeof(*hits));
	struct vsx_searcher *searcher;
	enum vsx_status status;

	if (!hits)
		return tool_fail_memory(err, k * sizeof(*hits));
	opts.exact = 1;
	opts.among = e->among;
	status = vsx_searcher_new(&searcher, e->index, err);
	if (status == VSX_OK)
		status = vsx_search(searcher, query, e->elem, k, &opts, hits, n,
				    err);
	for (size_t i = 0; status == VSX_OK && i < *n; i++)
		ids[i] = hits[i].id;
	vsx_searcher_free(searcher);
	free(hits);
	return status;
}

const struct vsx *engine_vsx_index(const struct engine *e)
{
	return e->index;
}

static const char *effort_name(const struct engine *e)
{
	return e->facts.effort_name;
}

static uint32_t max_effort(const struct engine *e)
{
	struct vsx_segment_facts segment;
	uint32_t most = 0;

	for (uint32_t i = 0; i < e->facts.n_segments; i++)
		if (vsx_get_segment(e->index, i, &segment, NULL) == VSX_OK &&
		    segment.most_effort > most)
			most = segment.most_effort;
	return most;
}

static void session_free(struct engine_session *s)
{
	if (!s)
		return;
	vsx_searcher_free(s->searcher);
	free(s->hits);
	free(s);
}

static enum vsx_status session_new(struct engine_session **out,
				   struct engine *e, struct vsx_error *err)
{
	struct engine_session *s = calloc(1, sizeof(*s));
	enum vsx_status status;

	*out = NULL;
	if (!s)
		return tool_fail_memory(err, sizeof(*s));
	s->engine = e;
	status = vsx_searcher_new(&s->searcher, e->index, err);
	if (status != VSX_OK) {
		session_free(s);
		return status;
	}
	*out = s;
	return VSX_OK;
}

static enum vsx_status make_room(struct engine_session *s, size_t k,
				 struct vsx_error *err)
{
	struct vsx_hit *hits;

	if (k <= s->room)
		return VSX_OK;
	hits = reallocarray(s->hits, k, sizeof(*hits));
	if (!hits)
		return tool_fail_memory(err, k * sizeof(*hits));
	s->hits = hits;
	s->room = k;
	return VSX_OK;
}

static enum vsx_status search(struct engine_session *s, const void *query,
			      size_t k, uint32_t effort, size_t *n,
			      struct vsx_error *err)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	enum vsx_status status = make_room(s, k, err);

	*n = 0;
	opts.effort = effort;
	opts.refine = s->engine->refine;
	opts.among = s->engine->among;
	if (status == VSX_OK)
		status = vsx_search(s->searcher, query, s->engine->elem, k,
				    &opts, s->hits, n, err);
	return status;
}

static enum vsx_status session_search(struct engine_session *s,
				      const void *query, size_t k,
				      uint32_t effort, uint64_t *ids, size_t *n,
				      struct vsx_error *err)
{
	enum vsx_status status = search(s, query, k, effort, n, err);

	for (size_t i = 0; i < *n; i++)
		ids[i] = s->hits[i].id;
	return status;
}

enum vsx_status engine_vsx_refine(struct engine_session *s, const void *query,
				  size_t k, uint32_t effort, double *refine,
				  struct vsx_error *err)
{
	struct vsx_search_stats stats;
	size_t n;
	enum vsx_status status = search(s, query, k, effort, &n, err);

	vsx_get_stats(s->searcher, &stats);
	*refine = stats.refine;
	return status;
}

uint64_t engine_vsx_distances(const struct engine_session *s)
{
	struct vsx_search_stats stats;

	vsx_get_stats(s->searcher, &stats);
	return stats.n_distances;
}

/*
 * Rss of the mappings of this file, added up from /proc/self/smaps. Not what
 * mincore() would say: that counts what any process has read or written, so
 * the whole of a file that was built a moment ago.
 */
static uint64_t mapped_resident(const char *path)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	char *line = NULL;
	size_t room = 0;
	uint64_t bytes = 0, kib;
	bool ours = false;

	if (!smaps)
		return 0;
	while (getline(&line, &room, smaps) > 0) {
		const char *name = strchr(line, '/');
		uint64_t from, to;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &from, &to) == 2)
			ours = name && strncmp(name, path, strlen(path)) == 0 &&
			       (name[strlen(path)] == '\n' ||
				strcmp(name + strlen(path), " (deleted)\n") ==
					0);
		else if (ours && sscanf(line, "Rss: %" SCNu64 " kB", &kib) == 1)
			bytes += kib * 1024;
	}
	free(line);
	fclose(smaps);
	return bytes;
}

uint64_t engine_vsx_resident(const struct engine *e)
{
	return mapped_resident(e->path) + e->facts.heap_bytes;
}

/* A second handle: the page cache stays warm, as for a service that starts
   anew. */
static enum vsx_status reopen(struct engine *e, const void *query, size_t k,
			      double *seconds, uint64_t *resident_bytes,
			      struct vsx_error *err)
{
	uint64_t start;
	uint64_t *ids = calloc(k, sizeof(*ids));
	struct engine_session *s = NULL;
	struct engine *again = NULL;
	enum vsx_status status;
	size_t n;

	*seconds = NAN;
	*resident_bytes = 0;
	if (!ids)
		return tool_fail_memory(err, k * sizeof(*ids));
	start = clock_ns();
	status = engine_vsx_open(&again, e->path, e->elem, err);
	if (status == VSX_OK)
		status = session_new(&s, again, err);
	if (status == VSX_OK)
		status = session_search(s, query, k, 0, ids, &n, err);
	*seconds = clock_seconds(start, clock_ns());
	session_free(s);
	engine_close(again);
	free(ids);
	return status;
}

const struct engine_ops engine_vsx = {
	.name = "VSX",
	.build = engine_build,
	.effort_name = effort_name,
	.max_effort = max_effort,
	.reopen = reopen,
	.session = session_new,
	.search = session_search,
	.filter = filter,
	.session_free = session_free,
	.close = engine_close,
};
