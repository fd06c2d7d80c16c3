/*
 * A file that is larger than the memory there is for it: what the kernel is
 * told, and that answers stay what they are.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "kind/scarce.h"
#include "read/handle.h"
#include "read/searcher.h"
#include "support/build.h"
#include "vsx.h"
#include "write/scratch_folder.h"

TestSuite(scarce, .init = scratch_make, .fini = scratch_drop, .timeout = 60);

#define N   3000
#define DIM 64

static struct vsx_error err;

static const char *built(const char *spec, enum vsx_elem elem)
{
	const char *path = scratch_path("it");

	support_build(path, (struct support_index){.spec = spec,
						   .elem = elem,
						   .dim = DIM,
						   .n = N,
						   .ids = true});
	return path;
}

static struct vsx *open_with(const char *path, uint64_t memory)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	struct vsx *index;

	opts.memory = memory;
	cr_assert_eq(vsx_open(&index, path, &opts, &err), VSX_OK, "%s",
		     err.text);
	return index;
}

/* Whether the kernel reads page by page at that address: "rr" in smaps. */
static bool is_random(const void *p)
{
	unsigned long begin, end, at = (unsigned long)p;
	FILE *f = fopen("/proc/self/smaps", "r");
	bool here = false, random = false, found = false;
	char line[4096];

	cr_assert_not_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
			here = begin <= at && at < end;
		else if (here && strncmp(line, "VmFlags:", 8) == 0) {
			found = true;
			random = strstr(line, " rr") != NULL;
		}
	}
	fclose(f);
	cr_assert(found);
	return random;
}

/* By a byte in the middle, which no neighbour shares a page with. */
static bool section_is_random(const struct vsx *index,
			      enum vsx_section_slot slot)
{
	const struct vsx_view *v = &index->segments[0].view[slot];

	cr_assert_not_null(v->base);
	return is_random(v->base + v->bytes / 2);
}

Test(scarce, rows_and_links_of_a_graph_are_read_page_by_page)
{
	const char *path = built("HNSW8", VSX_F32);
	struct vsx *index = open_with(path, 100000);

	cr_expect(section_is_random(index, VSX_SEC_VECS));
	cr_expect(section_is_random(index, VSX_SEC_LNK0));
	cr_expect(section_is_random(index, VSX_SEC_LNKU));
	cr_expect(section_is_random(index, VSX_SEC_ROID));
	vsx_close(index);
}

Test(scarce, lists_keep_the_read_ahead)
{
	const char *path = built("IVF16,Flat", VSX_U8);
	struct vsx *index = open_with(path, 50000);

	cr_expect(!section_is_random(index, VSX_SEC_VECS));
	cr_expect(!section_is_random(index, VSX_SEC_CENT));
	cr_expect(section_is_random(index, VSX_SEC_ROID));
	vsx_close(index);
}

/* What is scanned then are the codes. */
Test(scarce, rows_beside_codes_are_read_page_by_page)
{
	const char *path = built("Flat", VSX_F32);
	struct vsx *index = open_with(path, 100000);
	bool codes = index->segments[0].view[VSX_SEC_CODE].base != NULL;

	cr_expect_eq(section_is_random(index, VSX_SEC_VECS), codes);
	if (codes)
		cr_expect(!section_is_random(index, VSX_SEC_CODE));
	vsx_close(index);
}

Test(scarce, a_file_that_fits_is_left_alone)
{
	const char *path = built("HNSW8", VSX_F32);
	uint64_t memory[] = {0, UINT64_MAX, 0};

	memory[2] = 1u << 30;
	for (int i = 0; i < 3; i++) {
		struct vsx *index = open_with(path, memory[i]);

		cr_expect(!section_is_random(index, VSX_SEC_VECS));
		cr_expect(!section_is_random(index, VSX_SEC_LNK0));
		cr_expect(!index->segments[0].scarce);
		vsx_close(index);
	}
}

/* To the byte: it fits as long as it is not larger. */
Test(scarce, begins_a_byte_above_the_memory)
{
	const char *path = built("HNSW8", VSX_F32);
	struct vsx *index = open_with(path, 0);
	uint64_t bytes = index->map.bytes;

	vsx_close(index);
	index = open_with(path, bytes);
	cr_expect(!index->segments[0].scarce);
	vsx_close(index);
	index = open_with(path, bytes - 1);
	cr_expect(index->segments[0].scarce);
	vsx_close(index);
}

/* Nothing of it is in the page cache. */
Test(scarce, a_copy_takes_no_advice)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	const char *path = built("HNSW8", VSX_F32);
	struct vsx *index;

	opts.memory = 1;
	opts.load = VSX_LOAD_COPY;
	cr_assert_eq(vsx_open(&index, path, &opts, &err), VSX_OK);
	cr_expect(!section_is_random(index, VSX_SEC_VECS));
	cr_expect(!index->segments[0].scarce);
	vsx_close(index);
}

/* The map is shared: what the earlier one was told goes for the later one. */
Test(scarce, a_refresh_advises_anew)
{
	const char *path = built("HNSW8", VSX_F32);
	struct vsx *index = open_with(path, 100000), *newer;

	support_commit(path);
	cr_assert_eq(vsx_refresh(&newer, index, &err), VSX_OK, "%s", err.text);
	cr_assert_not_null(newer);
	cr_expect(section_is_random(newer, VSX_SEC_VECS));
	cr_expect(section_is_random(newer, VSX_SEC_LNK0));
	cr_expect(newer->segments[0].scarce);
	vsx_close(index);
	vsx_close(newer);
}

/* Bytes of the file that this process has in its address space. */
static uint64_t resident(const struct vsx *index)
{
	unsigned long begin, end, at = (unsigned long)index->map.base;
	FILE *f = fopen("/proc/self/smaps", "r");
	bool here = false;
	uint64_t bytes = 0;
	char line[4096];

	cr_assert_not_null(f);
	while (fgets(line, sizeof(line), f)) {
		unsigned long long kib;

		if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
			here = begin >= at &&
			       end <= at + index->map.bytes + 4095;
		else if (here && sscanf(line, "Rss: %llu kB", &kib) == 1)
			bytes += kib * 1024;
	}
	fclose(f);
	return bytes;
}

Test(scarce, preloading_brings_what_there_is_room_for)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	const char *path = built("HNSW8", VSX_F32);
	uint64_t there[VSX_PRELOAD_ALL + 1];
	struct vsx *index;

	opts.memory = 100000;
	for (int p = VSX_PRELOAD_NONE; p <= VSX_PRELOAD_ALL; p++) {
		opts.preload = (enum vsx_preload)p;
		cr_assert_eq(vsx_open(&index, path, &opts, &err), VSX_OK);
		cr_expect(section_is_random(index, VSX_SEC_VECS));
		there[p] = resident(index);
		vsx_close(index);
	}
	/* What was asked for, and the rows in no case. */
	if (there[VSX_PRELOAD_HOT] < (uint64_t)N * 16 * 4)
		cr_skip_test("the system cannot populate");
	cr_expect_lt(there[VSX_PRELOAD_ALL], (uint64_t)N * DIM * 4);
	opts.memory = UINT64_MAX;
	cr_assert_eq(vsx_open(&index, path, &opts, &err), VSX_OK);
	cr_expect_geq(resident(index), (uint64_t)N * DIM * 4);
	vsx_close(index);
}

/* ---- answers ---------------------------------------------------------- */

struct answers {
	struct vsx_hit hits[50][10];
	size_t n[50];
	struct vsx_search_stats stats;
};

static void ask(struct answers *a, const char *path, uint64_t memory,
		bool exact)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct support_index what =
		support_defaults((struct support_index){.dim = DIM, .n = N});
	struct vsx *index = open_with(path, memory);
	struct vsx_searcher *s;
	float query[DIM];

	opts.exact = exact;
	cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
	for (size_t q = 0; q < 50; q++) {
		support_row(&what, q * 59, query);
		query[q % DIM] += 0.25f;
		cr_assert_eq(vsx_search(s, query, VSX_F32, 10, &opts,
					a->hits[q], &a->n[q], &err),
			     VSX_OK, "%s", err.text);
	}
	vsx_get_stats(s, &a->stats);
	vsx_searcher_free(s);
	vsx_close(index);
}

static void same(const char *spec, enum vsx_elem elem, bool exact)
{
	static struct answers roomy, scarce;
	const char *path = built(spec, elem);

	memset(&roomy, 0, sizeof(roomy));
	memset(&scarce, 0, sizeof(scarce));
	ask(&roomy, path, UINT64_MAX, exact);
	ask(&scarce, path, 1, exact);
	cr_expect_eq(memcmp(&roomy, &scarce, sizeof(roomy)), 0, "%s", spec);
	cr_expect_gt(roomy.stats.n_distances, 0);
}

Test(scarce, answers_stay_what_they_are)
{
	static const char *const specs[] = {"Flat", "IVF16,Flat", "IVF2,Flat",
					    "HNSW8"};

	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		same(specs[i], VSX_F32, false);
		same(specs[i], VSX_F32, true);
		same(specs[i], VSX_U8, false);
	}
}

/* ---- rows that are on their way ---------------------------------------- */

static const char *const estimating[] = {"IVF16,RaBitQ", "IVF16,RaBitQ3",
					 "IVF16,PQ32x4fs", "IVF16,PQ16",
					 "PQ32x4fs"};

#define N_ESTIMATING (sizeof(estimating) / sizeof(estimating[0]))

static void queries_of(float *queries, size_t n)
{
	struct support_index what =
		support_defaults((struct support_index){.dim = DIM, .n = N});

	for (size_t q = 0; q < n; q++) {
		support_row(&what, q * 59, queries + q * DIM);
		queries[q * DIM + q % DIM] += 0.25f;
	}
}

/* A batch of 50, whose searches have rows under way side by side. */
static void ask_at_once(struct answers *a, const char *path,
			unsigned int n_threads)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx *index = open_with(path, 1);
	static float queries[50 * DIM];

	queries_of(queries, 50);
	cr_assert_eq(vsx_search_batch(index, queries, VSX_F32, 50, 10, &opts,
				      n_threads, a->hits[0], a->n, &a->stats,
				      &err),
		     VSX_OK, "%s", err.text);
	vsx_close(index);
}

Test(scarce, a_batch_answers_as_one_query_after_the_other)
{
	static struct answers single, batch;

	for (size_t i = 0; i < N_ESTIMATING; i++)
		for (unsigned int n_threads = 1; n_threads < 4; n_threads++) {
			const char *path = built(estimating[i], VSX_F32);

			memset(&single, 0, sizeof(single));
			memset(&batch, 0, sizeof(batch));
			ask(&single, path, UINT64_MAX, false);
			ask_at_once(&batch, path, n_threads);
			/* Two threads may check one page. */
			cr_expect_geq(batch.stats.n_pages_checked,
				      single.stats.n_pages_checked);
			batch.stats.n_pages_checked =
				single.stats.n_pages_checked;
			cr_expect_eq(memcmp(&single, &batch, sizeof(single)), 0,
				     "%s, %u threads", estimating[i],
				     n_threads);
		}
}

/* Where the file fits into memory nothing is put off. */
Test(scarce, rows_are_asked_for_before_they_are_looked_at)
{
	struct vsx_search_plan plan;
	struct vsx_searcher *s;
	struct vsx_find find;
	float query[DIM];

	queries_of(query, 1);
	for (size_t i = 0; i < N_ESTIMATING; i++)
		for (uint64_t memory = 1; memory;
		     memory = memory == 1 ? UINT64_MAX : 0) {
			const char *path = built(estimating[i], VSX_F32);
			struct vsx *index = open_with(path, memory);

			cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
			cr_assert_eq(
				vsx_plan_make(&plan, index, 10, NULL, &err),
				VSX_OK);
			cr_assert_eq(vsx_search_ask(s, &plan, query, VSX_F32,
						    NULL, true, &find, &err),
				     VSX_OK);
			cr_expect_eq(find.top.n, memory == 1 ? 0 : 10,
				     "%s: %zu rows", estimating[i], find.top.n);
			cr_assert_eq(vsx_search_settle(s, &find, &err), VSX_OK);
			cr_expect_eq(find.top.n, 10, "%s", estimating[i]);
			vsx_searcher_free(s);
			vsx_close(index);
		}
}
