/*
 * The bytes of small files never change: those of tests/golden/, of which
 * SPEC.md explains the first. After a change of the format that is meant, write
 * them anew with VSX_WRITE_GOLDEN=1 in the environment.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "scratch_folder.h"
#include "support/build.h"

TestSuite(golden, .init = scratch_make, .fini = scratch_drop);

static struct vsx_error err;

#define MUST(call) cr_assert_eq(call, VSX_OK, "%s", err.text)

/* ---- the files -------------------------------------------------------- */

static void five_vectors(const char *path)
{
	static const float rows[5][4] = {
		{1.0f, 0.0f, 0.0f, 0.0f},   {0.0f, 1.0f, 0.0f, 0.0f},
		{0.0f, 0.0f, 1.0f, 0.0f},   {0.5f, 0.5f, 0.0f, -1.0f},
		{2.0f, -3.0f, 0.25f, 8.0f},
	};
	static const uint64_t ids[5] = {10, 20, 30, 40, 50};
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;

	opts.dim = 4;
	opts.spec = "Flat";
	opts.model = "golden";
	opts.force = 1;
	MUST(vsx_builder_new(&b, path, &opts, &err));
	MUST(vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, 5, ids), &err));
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
}

/* An int, a string, a list; the last row has none of them. */
static void put_fields(struct vsx_fields *f, uint64_t i)
{
	struct vsx_value year = {.number = 2020 + (int64_t)i};
	struct vsx_value word = {.string = {&"cab"[i % 3], 1}};

	vsx_fields_clear(f);
	if (i == 4)
		return;
	MUST(vsx_fields_put(f, "year", VSX_INT, 0, &year, 1, &err));
	MUST(vsx_fields_put(f, "word", VSX_STRING, 0, &word, 1, &err));
	MUST(vsx_fields_put(f, "words", VSX_STRING, 1, &word, i % 2, &err));
}

static void with_fields(const char *path, const char *spec, uint64_t n)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	struct vsx_fields *f;

	opts.dim = 4;
	opts.spec = spec;
	opts.force = 1;
	MUST(vsx_fields_new(&f, &err));
	MUST(vsx_builder_new(&b, path, &opts, &err));
	for (uint64_t i = 0; i < n; i++) {
		float row[4] = {(float)i, 1, 2, 3};
		struct vsx_batch batch = *VSX_BATCH(row, VSX_F32, 1, NULL);
		struct vsx_bytes record;

		put_fields(f, i);
		record = vsx_fields_bytes(f);
		batch.fields = &record;
		MUST(vsx_builder_add(b, &batch, &err));
	}
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
	vsx_fields_free(f);
}

static void flat_fields(const char *path)
{
	with_fields(path, "Flat", 5);
}

/* Lists of 64 rows and more, which have ranges. */
static void ivf_fields(const char *path)
{
	with_fields(path, "IVF2,Flat", 130);
}

/* Ids that are not in order, of more than 32 bits; codes of centroids. */
static const struct support_index lists = {.spec = "IVF4,Flat",
					   .metric = VSX_COSINE,
					   .elem = VSX_F32,
					   .dim = 17,
					   .n = 70,
					   .ids = true,
					   .n_test_queries = 12};

/* Neighbours that are stored, which so few rows do without. */
static const struct support_index graph = {.spec = "HNSW4",
					   .metric = VSX_IP,
					   .elem = VSX_F16,
					   .dim = 5,
					   .n = 60,
					   .keeps_truth = true};

static void ivf_cosine(const char *path)
{
	support_build(path, lists);
}

/* Codes that estimate, of 17 dimensions, of rows of 16 bits. */
static const struct support_index codes = {.spec = "IVF3,SQ8",
					   .metric = VSX_L2,
					   .elem = VSX_BF16,
					   .dim = 17,
					   .n = 70,
					   .n_test_queries = 12,
					   .half = true};

/* And 4 bits of what centroids leave of rows. */
static const struct support_index halves = {.spec = "IVF3,SQ4,RFlat",
					    .metric = VSX_COSINE,
					    .elem = VSX_F32,
					    .dim = 17,
					    .n = 70,
					    .n_test_queries = 12,
					    .half = true};

/* Codes of parts that are not all of the same length, of what centroids leave
 * of rows; and two codes in a byte, with a half too many. */
static const struct support_index parts = {.spec = "IVF3,PQ5",
					   .metric = VSX_L2,
					   .elem = VSX_F16,
					   .dim = 17,
					   .n = 300,
					   .n_test_queries = 12,
					   .half = true};

static const struct support_index half_parts = {.spec = "PQ3x4",
						.metric = VSX_IP,
						.elem = VSX_F32,
						.dim = 10,
						.n = 300,
						.n_test_queries = 12,
						.half = true};

static const struct support_index in_blocks = {.spec = "IVF3,PQ5x4fs",
					       .metric = VSX_COSINE,
					       .elem = VSX_F32,
					       .dim = 11,
					       .n = 300,
					       .n_test_queries = 12};

static void ivf_pq4fs(const char *path)
{
	support_build(path, in_blocks);
}

static void ivf_pq8(const char *path)
{
	support_build(path, parts);
}

static void flat_pq4(const char *path)
{
	support_build(path, half_parts);
}

/* Rows that are turned and shortened first, and what is left of them by
 * centroids that were, too. */
static const struct support_index turned = {.spec = "OPQ3_8,IVF3,SQ4",
					    .metric = VSX_IP,
					    .elem = VSX_F32,
					    .dim = 17,
					    .n = 300,
					    .n_test_queries = 12,
					    .half = true};

static const struct support_index directions = {.spec = "PCA5,Flat",
						.metric = VSX_COSINE,
						.elem = VSX_I8,
						.dim = 18,
						.n = 70,
						.n_test_queries = 12};

/* Signs of rotated rows, in more than one block, of a length that is no power
 * of two. */
static const struct support_index signs = {.spec = "IVF3,RaBitQ",
					   .metric = VSX_L2,
					   .elem = VSX_F16,
					   .dim = 130,
					   .n = 70,
					   .n_test_queries = 12};

static void ivf_rabitq(const char *path)
{
	support_build(path, signs);
}

/* More bits of each, in blocks. */
static const struct support_index bits = {.spec = "IVF3,RaBitQ4",
					  .metric = VSX_COSINE,
					  .dim = 70,
					  .n = 70,
					  .n_test_queries = 12};

static void ivf_rabitq4(const char *path)
{
	support_build(path, bits);
}

/* And in place of rows. */
static const struct support_index of_bits = {.spec = "RaBitQ7,NoRefine",
					     .metric = VSX_IP,
					     .dim = 130,
					     .n = 70,
					     .n_test_queries = 12};

static void flat_rabitq7(const char *path)
{
	support_build(path, of_bits);
}

static void ivf_opq(const char *path)
{
	support_build(path, turned);
}

static void flat_pca(const char *path)
{
	support_build(path, directions);
}

static void ivf_sq8(const char *path)
{
	support_build(path, codes);
}

static void ivf_sq4(const char *path)
{
	support_build(path, halves);
}

/* Rows that are codes, and what they were in the test. */
static const struct support_index kept = {.spec = "IVF4,SQ4,NoRefine",
					  .metric = VSX_COSINE,
					  .dim = 19,
					  .n = 70,
					  .ids = true,
					  .n_test_queries = 12};

static void ivf_norefine(const char *path)
{
	support_build(path, kept);
}

/* A graph over codes of 8 bits. */
static const struct support_index walked = {.spec = "HNSW4,SQ8",
					    .metric = VSX_IP,
					    .elem = VSX_F16,
					    .dim = 17,
					    .n = 70,
					    .n_test_queries = 12,
					    .half = true};

static void hnsw_sq8(const char *path)
{
	support_build(path, walked);
}

/* Floats that are whole numbers, as bytes. */
static const struct support_index bytes_of = {.spec = "HNSW4,SQ8,G4",
					      .metric = VSX_L2,
					      .elem = VSX_F32,
					      .dim = 17,
					      .n = 70,
					      .n_test_queries = 12};

static void hnsw_narrow(const char *path)
{
	support_build(path, bytes_of);
}

static const struct support_index gated = {.spec = "HNSW4,SQ8,G4",
					   .metric = VSX_COSINE,
					   .elem = VSX_F16,
					   .dim = 7,
					   .n = 70,
					   .n_test_queries = 12,
					   .half = true};

static void hnsw_gates(const char *path)
{
	support_build(path, gated);
}

/* Keys that are UUIDs, and payload too short for LZ4, whose versions may
 * differ. */
static void flat_keys(const char *path)
{
	static const float rows[4][2] = {{1, 0}, {0, 1}, {2, 2}, {-3, 0.5f}};
	static const struct vsx_bytes keys[4] = {
		{"00000000-0000-4000-8000-000000000001", 36},
		{"01234567-89ab-4cde-8f01-23456789abcd", 36},
		{"ffffffff-ffff-4fff-bfff-ffffffffffff", 36},
		{"deadbeef-0000-4000-8000-c0ffee000000", 36},
	};
	static const struct vsx_bytes payloads[4] = {
		{"a", 1}, {"bc", 2}, {NULL, 0}, {"def", 3}};
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_batch batch = VSX_BATCH_INIT;
	struct vsx_builder *b;

	opts.dim = 2;
	opts.spec = "Flat";
	opts.force = 1;
	batch.n = 4;
	batch.vectors = rows;
	batch.keys = keys;
	batch.payloads = payloads;
	MUST(vsx_builder_new(&b, path, &opts, &err));
	MUST(vsx_builder_add(b, &batch, &err));
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
}

static void hnsw_truth(const char *path)
{
	support_build(path, graph);
}

/* One commit: rows `first` to first+n-1 of the model with these ids. */
static void commit(const char *path, size_t first, size_t n,
		   const uint64_t *ids, const uint64_t *gone, size_t n_gone)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct vsx_update *u;
	float row[17];

	opts.n_threads = 1;
	opts.replace = 1;
	MUST(vsx_update_begin(&u, path, &opts, &err));
	MUST(vsx_update_delete(u, gone, n_gone, &err));
	for (size_t i = 0; i < n; i++) {
		support_row(&lists, first + i, row);
		MUST(vsx_update_add(
			u, VSX_BATCH(row, VSX_F32, 1, ids ? ids + i : NULL),
			&err));
	}
	MUST(vsx_update_commit(u, NULL, &err));
	vsx_update_free(u);
}

/*
 * Generation 4 of the lists: two rows of 70 are deleted, which is a list of
 * them, and one of 4, which is bits; the newer segments are scanned.
 */
static void ivf_later(const char *path)
{
	uint64_t gone[] = {support_id(&lists, 3), support_id(&lists, 44)};
	uint64_t some[] = {101, 102, 103, 104, 105, 106};

	ivf_cosine(path);
	commit(path, 70, 6, some, gone, 1);
	commit(path, 80, 2, NULL, some, 4);
	commit(path, 90, 1, some + 5, gone + 1, 1);
}

/* All rows deleted, and compacted to what is left of them. */
static void empty(const char *path)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	const char *full = scratch_path("full");
	uint64_t all[60];

	hnsw_truth(full);
	for (uint64_t i = 0; i < 60; i++)
		all[i] = i;
	commit(full, 0, 0, NULL, all, 60);
	opts.force = 1;
	opts.n_threads = 1;
	MUST(vsx_compact(&full, 1, path, &opts, NULL, NULL, &err));
}

/* ---- what is compared -------------------------------------------------- */

static int no_finding(void *context, const struct vsx_verify_event *event)
{
	(void)context;
	cr_expect(event->what != VSX_FINDING, "%s", event->text);
	return 0;
}

static void check(const char *name, void (*write)(const char *path))
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result result;
	const char *path = scratch_path("x");
	size_t n = 0, n_due = 0;
	uint8_t *bytes, *due;
	char golden[512];

	snprintf(golden, sizeof(golden), VSX_TEST_SOURCE "/tests/golden/%s",
		 name);
	if (getenv("VSX_WRITE_GOLDEN"))
		write(golden);
	write(path);
	bytes = scratch_read(path, &n);
	due = scratch_read(golden, &n_due);
	cr_assert(bytes);
	cr_assert(due, "there is no %s", golden);
	for (size_t i = 0; i < n && i < n_due; i++)
		cr_assert_eq(bytes[i], due[i],
			     "%s: byte %zu is 0x%02x, expected 0x%02x", name, i,
			     bytes[i], due[i]);
	cr_assert_eq(n, n_due);
	opts.n_threads = 1;
	MUST(vsx_verify(golden, &opts, no_finding, NULL, &result, &err));
	free(bytes);
	free(due);
}

Test(golden, five_vectors)
{
	check("flat-5.vsx", five_vectors);
}

Test(golden, lists_with_ids)
{
	check("ivf-cosine.vsx", ivf_cosine);
}

Test(golden, fields)
{
	check("flat-fields.vsx", flat_fields);
}

Test(golden, fields_of_lists)
{
	check("ivf-fields.vsx", ivf_fields);
}

Test(golden, a_graph_over_codes)
{
	check("hnsw-sq8.vsx", hnsw_sq8);
}

Test(golden, floats_as_bytes)
{
	check("hnsw-narrow.vsx", hnsw_narrow);
}

Test(golden, a_graph_of_links_with_codes)
{
	check("hnsw-gates.vsx", hnsw_gates);
}

Test(golden, a_graph_with_truth)
{
	check("hnsw-truth.vsx", hnsw_truth);
}

Test(golden, a_later_generation)
{
	check("ivf-later.vsx", ivf_later);
}

Test(golden, codes_that_estimate)
{
	check("ivf-sq8.vsx", ivf_sq8);
}

Test(golden, codes_of_residuals)
{
	check("ivf-sq4.vsx", ivf_sq4);
}

Test(golden, rows_that_are_codes)
{
	check("ivf-norefine.vsx", ivf_norefine);
}

Test(golden, codes_of_transformed_rows)
{
	check("ivf-opq.vsx", ivf_opq);
	check("flat-pca.vsx", flat_pca);
}

Test(golden, codes_of_parts)
{
	check("ivf-pq8.vsx", ivf_pq8);
	check("flat-pq4.vsx", flat_pq4);
	check("ivf-pq4fs.vsx", ivf_pq4fs);
}

Test(golden, codes_of_signs)
{
	check("ivf-rabitq.vsx", ivf_rabitq);
	check("ivf-rabitq4.vsx", ivf_rabitq4);
	check("flat-rabitq7.vsx", flat_rabitq7);
}

Test(golden, rows_with_keys_and_payload)
{
	check("flat-keys.vsx", flat_keys);
}

Test(golden, no_rows)
{
	check("empty.vsx", empty);
}
