/*
 * One search of each kind: CPU time, the work that it does, the neighbours
 * that it finds, and the allocations of a searcher that has warmed up, of
 * which there must be none.
 */
#include "count_alloc.h"
#include "made.h"
#include "row.h"

#include <stdio.h>
#include <string.h>

#define K    10
#define RUNS 9

static const struct kind {
	const char *spec;
	uint32_t effort;
} kinds[] = {{"Flat", 0}, {"IVF64,Flat", 6}, {"HNSW16", 40}};

static const enum vsx_elem elems[] = {VSX_F32, VSX_U8};

struct searching {
	struct vsx *index;
	struct vsx_searcher *searcher;
	struct vsx_search_opts opts;
	uint64_t ids[MADE_QUERIES][K];
};

static double search_all(void *context)
{
	struct searching *s = context;
	const float *queries = made_queries();
	struct vsx_hit hits[K];
	struct vsx_error err;
	double start = cpu_ns();
	size_t n;

	for (size_t q = 0; q < MADE_QUERIES; q++) {
		if (vsx_search(s->searcher, queries + q * MADE_DIM, VSX_F32, K,
			       &s->opts, hits, &n, &err))
			die(err.text);
		for (size_t i = 0; i < K; i++)
			s->ids[q][i] = hits[i].id;
	}
	return (cpu_ns() - start) / MADE_QUERIES;
}

static double recall(struct searching *s)
{
	static uint64_t found[MADE_QUERIES][K];
	size_t hits = 0;

	memcpy(found, s->ids, sizeof(found));
	s->opts.exact = 1;
	search_all(s);
	s->opts.exact = 0;
	for (size_t q = 0; q < MADE_QUERIES; q++)
		for (size_t i = 0; i < K; i++)
			for (size_t j = 0; j < K; j++)
				hits += found[q][i] == s->ids[q][j];
	return (double)hits / (MADE_QUERIES * K);
}

static void open_it(struct searching *s, const char *path)
{
	struct vsx_error err;

	if (vsx_open(&s->index, path, NULL, &err) ||
	    vsx_searcher_new(&s->searcher, s->index, &err))
		die(err.text);
}

static void measure(const struct kind *kind, enum vsx_elem elem)
{
	static struct searching s;
	struct vsx_search_stats before, after;
	const char *type = vsx_elem_text(elem);
	char path[1024];
	double least;
	size_t calls;

	made_index(path, kind->spec, elem);
	open_it(&s, path);
	s.opts = (struct vsx_search_opts)VSX_SEARCH_OPTS_INIT;
	s.opts.effort = kind->effort;
	search_all(&s); /* touches every page, grows every buffer */
	vsx_get_stats(s.searcher, &before);
	calls = count_alloc();
	least = least_of(RUNS, search_all, &s);
	calls = count_alloc() - calls;
	vsx_get_stats(s.searcher, &after);

	row("us", least / 1e3, NULL, "search.%s.%s", kind->spec, type);
	row("rows",
	    (double)(after.n_distances - before.n_distances) /
		    (RUNS * MADE_QUERIES),
	    "compared in a search", "search.%s.%s.distances", kind->spec, type);
	row("share", recall(&s), "of the 10 nearest", "search.%s.%s.recall",
	    kind->spec, type);
	row("calls", (double)calls,
	    calls ? "of malloc: MUST BE NONE" : "of malloc",
	    "search.%s.%s.allocations", kind->spec, type);
	vsx_searcher_free(s.searcher);
	vsx_close(s.index);
}

int main(int argc, char **argv)
{
	rows_begin(argc, argv);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (size_t e = 0; e < sizeof(elems) / sizeof(elems[0]); e++)
			measure(&kinds[i], elems[e]);
	return rows_end();
}
