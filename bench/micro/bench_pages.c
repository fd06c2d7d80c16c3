/*
 * Checking pages: the checksum by itself, a file against its checksums, and
 * the first search of an index, which checks all that it touches, beside the
 * second.
 */
#include "checksum.h"
#include "made.h"
#include "row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE   4096u
#define MEMORY (64u << 20) /* beyond the second cache */
#define CACHED (256u << 10)
#define RUNS   9

struct block {
	const uint8_t *base;
	size_t bytes, passes;
};

/* Where results go, so that no compiler leaves the work out. */
static volatile uint64_t sink;

static double sum_pages(void *context)
{
	const struct block *b = context;
	double start = cpu_ns();
	uint64_t sum = 0;

	for (size_t pass = 0; pass < b->passes; pass++)
		for (size_t at = 0; at < b->bytes; at += PAGE)
			sum ^= vsx_sum64(b->base + at, PAGE);
	sink = sum;
	return cpu_ns() - start;
}

static void measure_sums(void)
{
	uint8_t *base = malloc(MEMORY);
	struct block memory = {base, MEMORY, 1};
	struct block cached = {base, CACHED, MEMORY / CACHED};

	if (!base)
		die("out of memory");
	memset(base, 1, MEMORY);
	row("GB/s", MEMORY / least_of(RUNS, sum_pages, &cached),
	    "XXH3-64, in the second cache", "pages.sum.cached");
	row("GB/s", MEMORY / least_of(RUNS, sum_pages, &memory),
	    "XXH3-64, from memory", "pages.sum.memory");
	free(base);
}

struct verifying {
	const char *path;
	struct vsx_verify_opts opts;
	double bytes;
};

static double verify(void *context)
{
	struct verifying *v = context;
	struct vsx_verify_result result;
	double start = cpu_ns();
	struct vsx_error err;

	if (vsx_verify(v->path, &v->opts, NULL, NULL, &result, &err))
		die(err.text);
	if (result.n_findings)
		die("an index is damaged");
	v->bytes = (double)result.bytes_read;
	return cpu_ns() - start;
}

static void measure_verify(const char *spec)
{
	struct verifying v = {.opts = VSX_VERIFY_OPTS_INIT};
	char path[1024];
	double least;

	made_index(path, spec, VSX_F32);
	v.path = path;
	v.opts.n_threads = 1;
	v.opts.level = VSX_VERIFY_PAGES;
	least = least_of(RUNS, verify, &v);
	row("GB/s", v.bytes / least, "mapping it included", "verify.pages.%s",
	    spec);
	v.opts.level = VSX_VERIFY_FULL;
	row("ms", least_of(3, verify, &v) / 1e6, NULL, "verify.full.%s", spec);
}

/* The first or the second search of a handle. */
struct searching {
	const char *path;
	enum vsx_check check;
	int before;
};

static double search(void *context)
{
	const struct searching *s = context;
	struct vsx_search_opts search_opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	struct vsx_searcher *searcher;
	struct vsx_hit hits[10];
	struct vsx_error err;
	struct vsx *index;
	double start = 0;
	size_t n;

	opts.check = s->check;
	search_opts.exact = 1;
	if (vsx_open(&index, s->path, &opts, &err) ||
	    vsx_searcher_new(&searcher, index, &err))
		die(err.text);
	for (int i = 0; i <= s->before; i++) {
		start = cpu_ns();
		if (vsx_search(searcher, made_queries(), VSX_F32, 10,
			       &search_opts, hits, &n, &err))
			die(err.text);
	}
	start = cpu_ns() - start;
	vsx_searcher_free(searcher);
	vsx_close(index);
	return start;
}

static void measure_touch(void)
{
	struct searching s = {.check = VSX_CHECK_TOUCH};
	char path[1024];

	made_index(path, "HNSW16", VSX_F32);
	s.path = path;
	row("us", least_of(RUNS, search, &s) / 1e3,
	    "every row, pages checked and mapped", "touch.first");
	s.before = 1;
	row("us", least_of(RUNS, search, &s) / 1e3, "every row",
	    "touch.second");
	s.before = 0;
	s.check = VSX_CHECK_NONE;
	row("us", least_of(RUNS, search, &s) / 1e3, "every row, pages mapped",
	    "touch.unchecked");
}

int main(int argc, char **argv)
{
	rows_begin(argc, argv);
	measure_sums();
	measure_verify("Flat");
	measure_verify("HNSW16");
	measure_touch();
	return rows_end();
}
