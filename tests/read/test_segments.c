/* An index of several segments, of any kinds, answers as one. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "living/opened.h"
#include "read/heard.h"
#include "support/build.h"
#include "write/scratch_folder.h"

TestSuite(segments, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

static struct vsx_error err;

enum { PARTS = 3, ROWS = 100, DIM = 20, K = 15 };

static const char *const specs[PARTS] = {"HNSW8", "IVF4,Flat", "Flat"};
static float rows[PARTS * ROWS][DIM];

/* Row i has id ids[i]; part p holds rows p * ROWS and on. */
static void build_part(const char *spec, uint32_t p, const char *path,
		       const uint64_t *ids)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;

	opts.dim = DIM;
	opts.spec = spec;
	opts.force = 1;
	opts.n_test_queries = UINT32_MAX;
	cr_assert(!vsx_builder_new(&b, path, &opts, &err) &&
			  !vsx_builder_add(b,
					   VSX_BATCH(rows[p * ROWS], VSX_F32,
						     ROWS, ids + p * ROWS),
					   &err) &&
			  !vsx_builder_finish(b, NULL, &err),
		  "%s", err.text);
	vsx_builder_free(b);
}

static const char *build(const uint64_t *ids)
{
	const char *paths[PARTS], *whole = scratch_path("whole");

	for (uint32_t p = 0; p < PARTS; p++) {
		char name[16];

		snprintf(name, sizeof(name), "part%u", p);
		paths[p] = scratch_path(name);
		build_part(specs[p], p, paths[p], ids);
	}
	support_join(whole, paths, PARTS);
	return whole;
}

static void fill(uint64_t ids[PARTS * ROWS])
{
	struct support_index what = support_defaults(
		(struct support_index){.dim = DIM, .n = PARTS * ROWS});

	for (size_t i = 0; i < PARTS * ROWS; i++) {
		support_row(&what, i, rows[i]);
		/* Not in order, and those of the parts interleaved. */
		ids[i] = i * 7 % (PARTS * ROWS) + 5;
	}
}

struct found {
	double value;
	uint64_t id;
};

static int by_value(const void *pa, const void *pb)
{
	const struct found *a = pa, *b = pb;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static void expect_nearest(const float *q, const uint64_t *ids,
			   const struct vsx_hit *hits, size_t n,
			   uint64_t without)
{
	static struct found all[PARTS * ROWS];
	size_t n_all = 0;

	for (size_t i = 0; i < PARTS * ROWS; i++) {
		double sum = 0;

		for (size_t d = 0; d < DIM; d++)
			sum += ((double)q[d] - rows[i][d]) *
			       ((double)q[d] - rows[i][d]);
		if (ids[i] != without)
			all[n_all++] = (struct found){sum, ids[i]};
	}
	qsort(all, n_all, sizeof(*all), by_value);
	cr_assert_eq(n, K);
	for (size_t i = 0; i < n; i++) {
		cr_expect_eq(hits[i].id, all[i].id);
		cr_expect_eq(hits[i].distance, (float)all[i].value);
	}
}

Test(segments, answer_as_one_index)
{
	static uint64_t ids[PARTS * ROWS];
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_hit hits[K], batch[40][K];
	struct vsx_searcher *s;
	struct vsx_facts facts;
	struct vsx *index;
	size_t n, n_batch[40];
	float row[DIM];

	fill(ids);
	cr_assert_eq(vsx_open(&index, build(ids), NULL, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(vsx_searcher_new(&s, index, &err), VSX_OK);
	vsx_get_facts(index, &facts);
	cr_expect_eq(facts.n_segments, PARTS);
	cr_expect_eq(facts.n_rows, PARTS * ROWS);
	opts.effort = PARTS * ROWS; /* all of the graph, all lists */
	for (size_t i = 0; i < PARTS * ROWS; i += 7) {
		opts.exact = i & 1;
		cr_assert_eq(vsx_get(index, ids[i], row, &err), VSX_OK);
		cr_expect_eq(memcmp(row, rows[i], sizeof(row)), 0);
		cr_assert_eq(
			vsx_search(s, row, VSX_F32, K, &opts, hits, &n, &err),
			VSX_OK, "%s", err.text);
		expect_nearest(row, ids, hits, n, 0);
		cr_assert_eq(vsx_search_id(s, ids[i], K, &opts, hits, &n, &err),
			     VSX_OK, "%s", err.text);
		expect_nearest(row, ids, hits, n, ids[i]);
	}
	for (opts.exact = 0; opts.exact < 2; opts.exact++) {
		cr_assert_eq(vsx_search_batch(index, rows, VSX_F32, 40, K,
					      &opts, 2, batch[0], n_batch, NULL,
					      &err),
			     VSX_OK, "%s", err.text);
		for (size_t i = 0; i < 40; i++)
			expect_nearest(rows[i], ids, batch[i], n_batch[i], 0);
	}
	vsx_searcher_free(s);
	vsx_close(index);
}

/* Three segments of one build: lists, another kind, lists with a CENT of 0's.
 */
static const char *build_shared(const char *between, bool shared)
{
	const char *const mixed[PARTS] = {"IVF4,Flat", between, "IVF4,Flat"};
	const char *paths[PARTS], *whole = scratch_path("whole");
	static uint64_t ids[PARTS * ROWS];
	struct opened o;

	fill(ids);
	memcpy(rows[2 * ROWS], rows, ROWS * sizeof(rows[0]));
	for (uint32_t p = 0; p < PARTS; p++) {
		char name[16];

		snprintf(name, sizeof(name), "part%u", p);
		paths[p] = scratch_path(name);
		build_part(mixed[p], p, paths[p], ids);
	}
	support_join(whole, paths, PARTS);
	o = opened_read(whole);
	if (shared) {
		memcpy(&opened_section(&o, "CENT", 2)->id, "XENT", 4);
		opened_add32(&o.segments[2].params[2], 1);
		support_reseal(o.bytes, o.n);
		scratch_write(whole, o.bytes, o.n);
	}
	free(o.bytes);
	return whole;
}

Test(segments, rank_shared_lists_again_behind_another_kind)
{
	static const char *const kinds[] = {"Flat", "HNSW8"};

	for (int i = 0; i < 2; i++) {
		struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
		static struct vsx_hit hits[2][ROWS][K];
		static size_t n[2][ROWS];

		opts.effort = 1;
		for (int shared = 0; shared < 2; shared++) {
			struct vsx *index;

			cr_assert_eq(vsx_open(&index,
					      build_shared(kinds[i], shared),
					      NULL, &err),
				     VSX_OK, "%s", err.text);
			cr_assert_eq(vsx_search_batch(index, rows, VSX_F32,
						      ROWS, K, &opts, 1,
						      hits[shared][0],
						      n[shared], NULL, &err),
				     VSX_OK, "%s", err.text);
			vsx_close(index);
		}
		cr_expect_arr_eq(n[0], n[1], sizeof(n[0]));
		for (size_t q = 0; q < ROWS; q++)
			for (size_t j = 0; j < n[0][q]; j++)
				cr_expect_eq(hits[0][q][j].id,
					     hits[1][q][j].id);
	}
}

Test(segments, are_verified_one_by_one)
{
	static uint64_t ids[PARTS * ROWS];
	struct vsx_verify_result result;
	struct heard heard = {0};
	const char *path;
	uint64_t at, length;
	uint8_t *bytes;
	size_t n;

	fill(ids);
	path = build(ids);
	cr_assert_eq(vsx_verify(path, NULL, hear, &heard, &result, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(result.n_findings, 0, "%s", heard.findings);

	/* Damage in one does not keep the others from being checked. */
	bytes = support_read(path, &n);
	cr_assert(support_section(bytes, n, "LNK0", &at, &length));
	bytes[at] ^= 1;
	cr_assert(support_section(bytes, n, "LIST", &at, &length));
	bytes[at + 24] ^= 1;
	scratch_write(path, bytes, n);
	heard_reset(&heard);
	vsx_verify(path, NULL, hear, &heard, &result, &err);
	cr_expect_eq(result.n_findings, 2, "%s", heard.findings);
	cr_expect(heard_has(&heard, "segment 0: its structure was not "
				    "checked"));
	cr_expect(heard_has(&heard, "segment 1: its structure was not "
				    "checked"));
	cr_expect_not(heard_has(&heard, "segment 2: "));

	support_reseal(bytes, n);
	scratch_write(path, bytes, n);
	heard_reset(&heard);
	vsx_verify(path, NULL, hear, &heard, &result, &err);
	cr_expect(heard_has(&heard, "segment 1: list "), "%s", heard.findings);
	free(bytes);
	heard_reset(&heard);
}

Test(segments, have_no_id_in_common)
{
	static uint64_t ids[PARTS * ROWS];
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	struct vsx_verify_result result;
	struct heard heard = {0};
	const char *path;
	struct vsx *index;

	fill(ids);
	ids[ROWS + 3] = ids[17];
	ids[2 * ROWS + 99] = ids[17];
	path = build(ids);
	cr_assert_eq(vsx_verify(path, NULL, hear, &heard, &result, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(result.n_findings, 2, "%s", heard.findings);
	cr_expect(heard_has(&heard, "is also in segment "), "%s",
		  heard.findings);
	opts.untrusted = 1;
	cr_expect_eq(vsx_open(&index, path, &opts, &err), VSX_ECORRUPT);
	cr_expect(strstr(err.text, "is also in segment "), "%s", err.text);
	heard_reset(&heard);
}

/* All ids of two segments, which are in step all the way. */
Test(segments, every_id_that_two_have_is_found)
{
	const char *parts[2] = {scratch_path("a"), scratch_path("b")};
	const char *path = scratch_path("x");
	struct vsx_verify_result result;
	struct heard heard = {0};

	for (int i = 0; i < 2; i++)
		support_build(parts[i],
			      (struct support_index){
				      .n = 40, .n_test_queries = UINT32_MAX});
	support_join(path, parts, 2);
	cr_assert_eq(vsx_verify(path, NULL, hear, &heard, &result, &err),
		     VSX_OK, "%s", err.text);
	cr_expect_eq(heard.n_findings, 40, "%s", heard.findings);
	cr_expect(heard_has(&heard, "id 0 is also in segment"), "%s",
		  heard.findings);
	cr_expect(heard_has(&heard, "id 39 is also in segment"), "%s",
		  heard.findings);
	heard_reset(&heard);
}
