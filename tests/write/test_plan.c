#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "names.h"
#include "scratch_folder.h"
#include "support/sanitized.h"
#include "vsx_write.h"

TestSuite(plan, .init = scratch_make, .fini = scratch_drop, .timeout = 900);

static struct vsx_error err;

static struct vsx_build_opts options(uint32_t dim, enum vsx_elem elem,
				     const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;

	opts.dim = dim;
	opts.elem = elem;
	opts.spec = spec;
	opts.force = 1;
	opts.ef_construction = 20;
	return opts;
}

/* Build n random rows and compare with what was planned. */
static void compare(struct vsx_build_opts opts, size_t n, double most)
{
	struct vsx_build_result result;
	struct vsx_build_plan plan;
	struct vsx_builder *b;
	float *rows;
	double off;

	if (SANITIZED && n > 5000)
		return; /* its size is the same without */
	rows = malloc(n * opts.dim * sizeof(float));
	for (size_t i = 0; i < n * opts.dim; i++)
		rows[i] = vsx_elem_is_int(opts.elem)
				  ? (float)(vsx_random_at(3, 99, i) % 100)
				  : (float)vsx_to_unit(vsx_random_at(3, 99, i));
	cr_assert_eq(vsx_build_plan(&opts, n, &plan, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(vsx_builder_new(&b, scratch_path("x"), &opts, &err),
		     VSX_OK);
	cr_assert_eq(
		vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, n, NULL), &err),
		VSX_OK);
	cr_assert_eq(vsx_builder_finish(b, &result, &err), VSX_OK, "%s",
		     err.text);
	vsx_builder_free(b);
	free(rows);
	cr_expect_str_eq(plan.spec, result.spec);
	off = (double)plan.file_bytes / (double)result.file_bytes - 1.0;
	cr_expect(fabs(off) <= most, "%s, %zu rows: %.2f %% off", plan.spec, n,
		  off * 100.0);
	cr_expect_gt(plan.build_bytes, n * opts.dim);
	cr_expect_gt(plan.query_hot_bytes, 0);
	cr_expect_leq(plan.query_hot_bytes, plan.file_bytes);
	cr_expect_gt(plan.searcher_bytes, 0);
}

Test(plan, tells_the_size_of_the_file)
{
	struct vsx_build_opts none = options(100, VSX_F32, "Flat"), some;

	none.n_test_queries = UINT32_MAX;
	compare(none, 5000, 0.0);
	none.dim = 3;
	compare(none, 5000, 0.0);
	none.dim = 240; /* with codes rows begin with quarters of pages */
	none.spec = "RaBitQ";
	compare(none, 5000, 0.0);
	compare(options(64, VSX_F32, "Flat"), 20000, 0.02);
	compare(options(128, VSX_U8, "Flat"), 50000, 0.02);
	some = options(64, VSX_F16, "IVF256,Flat");
	some.n_test_queries = 100;
	compare(some, 20000, 0.02);
	some = options(64, VSX_F32, "HNSW8");
	some.n_test_queries = 100;
	compare(some, 20000, 0.02);
	/* Links with codes: over codes, under cosine, over rows. */
	compare(options(64, VSX_F32, "HNSW32,SQ8,G32"), 5000, 0.01);
	some = options(64, VSX_F32, "PCA32,HNSW17,SQ4,G28,NoRefine");
	some.metric = VSX_COSINE;
	compare(some, 5000, 0.02);
	compare(options(64, VSX_U8, "HNSW8,SQ8,G64"), 5000, 0.01);
	/* Small files are made of pages. */
	compare(options(16, VSX_F32, "IVF4000,Flat"), 800, 0.25);
	compare(options(16, VSX_F32, "HNSW32"), 20, 0.3);
}

/* Seconds that builds took with two threads: the table of README.md; of graphs
   by a partition half of what they took of a processor. */
Test(plan, tells_the_time_within_a_factor_of_two)
{
	static const struct {
		uint64_t n;
		uint32_t dim;
		enum vsx_elem elem;
		const char *spec;
		double took;
		enum vsx_graph_builder builder;
	} builds[] = {
		{60000, 784, VSX_U8, "Flat", 0.2, VSX_GRAPH_AUTO},
		{60000, 784, VSX_U8, "IVF512,Flat", 1.6, VSX_GRAPH_AUTO},
		{60000, 784, VSX_U8, "HNSW16", 4.4, VSX_GRAPH_INSERT},
		{300000, 128, VSX_U8, "Flat", 0.2, VSX_GRAPH_AUTO},
		{300000, 128, VSX_U8, "IVF2048,Flat", 4.6, VSX_GRAPH_AUTO},
		{300000, 128, VSX_U8, "HNSW16", 20, VSX_GRAPH_INSERT},
		{395000, 50, VSX_F16, "Flat", 0.5, VSX_GRAPH_AUTO},
		{395000, 50, VSX_F16, "IVF2048,Flat", 5.4, VSX_GRAPH_AUTO},
		{395000, 50, VSX_F16, "HNSW16", 38, VSX_GRAPH_INSERT},
		{1000000, 96, VSX_F32, "Flat", 1.7, VSX_GRAPH_AUTO},
		{1000000, 96, VSX_F32, "IVF2048,Flat", 13, VSX_GRAPH_AUTO},
		{1000000, 96, VSX_F32, "HNSW16", 131, VSX_GRAPH_INSERT},
		{60000, 784, VSX_U8, "HNSW16", 3.5, VSX_GRAPH_AUTO},
		{300000, 128, VSX_U8, "HNSW16", 20, VSX_GRAPH_AUTO},
		{395000, 50, VSX_F16, "HNSW16", 27, VSX_GRAPH_AUTO},
		{30000, 960, VSX_F32, "HNSW16", 3.2, VSX_GRAPH_AUTO},
	};
	struct vsx_build_plan plan, twice;

	for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++) {
		struct vsx_build_opts opts =
			options(builds[i].dim, builds[i].elem, builds[i].spec);

		opts.ef_construction = 0;
		opts.n_threads = 2;
		opts.builder = builds[i].builder;
		cr_assert_eq(vsx_build_plan(&opts, builds[i].n, &plan, &err),
			     VSX_OK);
		cr_expect(plan.build_seconds > builds[i].took / 2 &&
				  plan.build_seconds < builds[i].took * 2,
			  "%s over %llu rows: %.2f s, took %.2f", plan.spec,
			  (unsigned long long)builds[i].n, plan.build_seconds,
			  builds[i].took);
		opts.n_threads = 4;
		cr_assert_eq(vsx_build_plan(&opts, builds[i].n, &twice, &err),
			     VSX_OK);
		cr_expect_lt(twice.build_seconds, plan.build_seconds);
	}
}

/* Near rows and leaves take memory that insertion does not, which has a copy of
   links besides; codes take it wherever they are compared. */
Test(plan, tells_the_memory_of_a_partition)
{
	struct vsx_build_opts opts = options(100, VSX_F32, "HNSW16");
	struct vsx_build_plan part, insert, as_rows;

	cr_assert_eq(vsx_build_plan(&opts, 100000, &part, &err), VSX_OK);
	opts.builder = VSX_GRAPH_INSERT;
	cr_assert_eq(vsx_build_plan(&opts, 100000, &insert, &err), VSX_OK);
	cr_expect_geq(part.build_bytes,
		      insert.build_bytes + 100000 * (64 * 8 - 32 * 4));
	opts.metric = VSX_IP;
	cr_assert_eq(vsx_build_plan(&opts, 100000, &as_rows, &err), VSX_OK);
	cr_expect_geq(insert.build_bytes, as_rows.build_bytes + 100000 * 128);
	opts.metric = VSX_L2;
	opts.builder = VSX_GRAPH_PARTITION;
	cr_assert_eq(vsx_build_plan(&opts, 1000, &part, &err), VSX_OK);
	opts.builder = VSX_GRAPH_AUTO;
	cr_assert_eq(vsx_build_plan(&opts, 1000, &insert, &err), VSX_OK);
	cr_expect_gt(part.build_bytes, insert.build_bytes);
}

/* What training an OPQ of 65,536 rows takes: them twice, and their parts. */
Test(plan, tells_the_memory_of_transforms_and_codes)
{
	struct vsx_build_opts opts = options(128, VSX_F32, "IVF64,SQ8");
	const uint64_t n = 100000, sample = 65536;
	struct vsx_build_plan plain, coded, turned;

	opts.n_threads = 1;
	cr_assert_eq(vsx_build_plan(&opts, n, &plain, &err), VSX_OK);
	opts.spec = "IVF64,PQ128";
	cr_assert_eq(vsx_build_plan(&opts, n, &coded, &err), VSX_OK);
	cr_expect_geq(coded.build_bytes,
		      plain.build_bytes + sample * 128 * 4 - n * 4);
	opts.spec = "OPQ128,IVF64,PQ128";
	cr_assert_eq(vsx_build_plan(&opts, n, &turned, &err), VSX_OK);
	cr_expect_geq(turned.build_bytes, coded.build_bytes + sample * 128 * 4);
	/* More goes to the file; codes of 128 bytes are counted besides. */
	opts.memory = UINT64_C(100) << 20;
	cr_assert_eq(vsx_build_plan(&opts, n, &coded, &err), VSX_OK);
	cr_expect_leq(coded.build_bytes, opts.memory + n * 128);
	cr_expect_lt(coded.build_bytes, turned.build_bytes);
}

static uint64_t own_memory(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long long kib = 0;
	char line[256];

	cr_assert(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %llu kB", &kib) == 1)
			break;
	fclose(f);
	return kib << 10;
}

static int watch(void *context, const struct vsx_build_event *event)
{
	uint64_t *most = context, now = own_memory();

	(void)event;
	*most = now > *most ? now : *most;
	return 0;
}

/* What sanitizers keep of what is freed, and more of their own. */
static const uint64_t of_sanitizers = (uint64_t)SANITIZED << 32;

/* Rows that would fit go to the file when there is more to learn from them. */
Test(plan, what_is_learned_is_within_the_memory_for_rows)
{
	struct vsx_build_opts opts = options(64, VSX_F32, "PQ16x4,NoRefine");
	static const char *const specs[] = {"PQ4,NoRefine",
					    "OPQ4_16,IVF64,PQ4,NoRefine"};
	enum { N = SANITIZED ? 20000 : 80000 };
	uint64_t most, before;
	struct vsx_builder *b;
	float row[64];

	opts.memory = UINT64_C(28) * N / 80000 << 20;
	opts.n_threads = 1;
	opts.n_test_queries = UINT32_MAX;
	opts.report = watch;
	opts.context = &most;
	for (size_t s = 0; s < sizeof(specs) / sizeof(specs[0]); s++) {
		opts.spec = specs[s];
		before = most = own_memory();
		cr_assert_eq(
			vsx_builder_new(&b, scratch_path("x"), &opts, &err),
			VSX_OK);
		for (uint64_t i = 0; i < N; i++) {
			for (uint64_t j = 0; j < 64; j++)
				row[j] = (float)vsx_to_unit(
					vsx_random_at(3, 99, i * 64 + j));
			cr_assert_eq(vsx_builder_add(
					     b,
					     VSX_BATCH(row, VSX_F32, 1, NULL),
					     &err),
				     VSX_OK);
		}
		watch(&most, NULL);
		cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s",
			     err.text);
		vsx_builder_free(b);
		cr_expect_leq(most - before, opts.memory + of_sanitizers,
			      "%s: %llu", specs[s],
			      (unsigned long long)(most - before));
	}
}

/* The bytes of a file; the caller's to free. */
static char *read_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *bytes;

	cr_assert_not_null(f);
	cr_assert_eq(fseek(f, 0, SEEK_END), 0);
	*n = (size_t)ftell(f);
	rewind(f);
	bytes = malloc(*n);
	cr_assert_eq(fread(bytes, 1, *n, f), *n);
	fclose(f);
	return bytes;
}

enum { GRAPH_ROWS = 40000, GRAPH_DIM = 256 };

/* Build a graph of rows in some clusters, and tell how much it took. */
static uint64_t build_graph(struct vsx_build_opts opts, const char *path)
{
	uint64_t most, before;
	struct vsx_builder *b;
	float row[GRAPH_DIM];

	opts.report = watch;
	opts.context = &most;
	before = most = own_memory();
	cr_assert_eq(vsx_builder_new(&b, path, &opts, &err), VSX_OK);
	for (uint64_t i = 0; i < GRAPH_ROWS; i++) {
		for (uint64_t j = 0; j < GRAPH_DIM; j++)
			row[j] = (float)(vsx_random_at(5, i % 97, j) % 100 +
					 vsx_random_at(3, i, j) % 64);
		cr_assert_eq(vsx_builder_add(
				     b, VSX_BATCH(row, VSX_F32, 1, NULL), &err),
			     VSX_OK);
	}
	watch(&most, NULL);
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s", err.text);
	vsx_builder_free(b);
	return most - before;
}

/* In a quarter of what its rows take, and the same bytes as in plenty. */
Test(plan, a_graph_is_within_the_memory_and_the_same_for_any)
{
	static const enum vsx_graph_builder builders[] = {VSX_GRAPH_PARTITION,
							  VSX_GRAPH_INSERT};
	struct vsx_build_opts opts = options(GRAPH_DIM, VSX_F32, "HNSW8");
	const uint64_t input = (uint64_t)GRAPH_ROWS * GRAPH_DIM * 4;
	struct vsx_build_plan plan;
	char *little, *much;
	size_t n_little, n_much;
	uint64_t most;

	opts.n_threads = 2;
	opts.n_test_queries = UINT32_MAX;
	for (int i = 0; i < 2; i++) {
		opts.builder = builders[i];
		opts.ef_construction = i ? 4 : 20;
		opts.memory = input / 4;
		most = build_graph(opts, scratch_path("little"));
		cr_expect_leq(most, opts.memory + of_sanitizers, "%d: %llu", i,
			      (unsigned long long)most);
		cr_assert_eq(vsx_build_plan(&opts, GRAPH_ROWS, &plan, &err),
			     VSX_OK);
		cr_expect_leq(plan.build_bytes, opts.memory);
		cr_expect_geq(plan.scratch_bytes, input);
		opts.memory = UINT64_C(1) << 30;
		build_graph(opts, scratch_path("much"));
		cr_assert_eq(vsx_build_plan(&opts, GRAPH_ROWS, &plan, &err),
			     VSX_OK);
		cr_expect_eq(plan.scratch_bytes, 0);
		little = read_file(scratch_path("little"), &n_little);
		much = read_file(scratch_path("much"), &n_much);
		cr_expect_eq(n_little, n_much);
		cr_expect(n_little == n_much &&
			  memcmp(little, much, n_much) == 0);
		free(little);
		free(much);
	}
}

/* Also behind a transform and with what is kept. */
Test(plan, refuses_codes_in_blocks_in_a_graph)
{
	static const char *const specs[] = {"HNSW8,PQ4x4fs",
					    "PCA8,HNSW,PQ4x4fs,NoRefine"};
	struct vsx_build_plan plan;

	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		struct vsx_build_opts opts = options(16, VSX_F32, specs[i]);

		cr_assert_eq(vsx_build_plan(&opts, 1000, &plan, &err),
			     VSX_EINVAL, "%s", specs[i]);
		cr_expect(strstr(err.text, "codes in blocks are for scans"),
			  "%s", err.text);
	}
}

Test(plan, refuses_a_builder_that_cannot_be)
{
	struct vsx_build_opts opts = options(10, VSX_F32, "HNSW16");
	struct vsx_build_plan plan;

	opts.builder = VSX_GRAPH_PARTITION + 1;
	cr_assert_eq(vsx_build_plan(&opts, 1000, &plan, &err), VSX_EINVAL);
	cr_expect_str_eq(err.text, "graph builder is 3, expected 0 to 2");
}

Test(plan, sizes_what_names_no_size)
{
	struct vsx_build_opts opts = options(50, VSX_F32, "ivf");
	struct vsx_build_plan plan;

	cr_assert_eq(vsx_build_plan(&opts, 20000, &plan, &err), VSX_OK);
	cr_expect_str_eq(plan.spec, "IVF512,Flat");
	cr_expect(strstr(plan.reason, "20000 rows"), "%s", plan.reason);
	opts.spec = "hnsw";
	cr_assert_eq(vsx_build_plan(&opts, 20000, &plan, &err), VSX_OK);
	cr_expect_str_eq(plan.spec, "HNSW16");
	opts.spec = "IVF100";
	cr_assert_eq(vsx_build_plan(&opts, 20000, &plan, &err), VSX_OK);
	cr_expect_str_eq(plan.spec, "IVF100,Flat");
	cr_expect_str_eq(plan.reason, "");
	opts.spec = "IVF8,Flat";
	cr_assert_eq(vsx_build_plan(&opts, 41, &plan, &err), VSX_OK);
	cr_expect_str_eq(plan.spec, "IVF8,Flat");
	cr_expect(strstr(plan.reason, "few for 8 lists"), "%s", plan.reason);
	cr_assert_eq(vsx_build_plan(&opts, 5, &plan, &err), VSX_OK);
	cr_expect_str_eq(plan.spec, "IVF5,Flat");
}

Test(plan, works_for_sizes_that_nobody_would_try)
{
	struct vsx_build_opts opts = options(1536, VSX_F32, "auto");
	struct vsx_build_plan plan;

	opts.memory = UINT64_C(64) << 30;
	cr_assert_eq(vsx_build_plan(&opts, 2147483647, &plan, &err), VSX_OK);
	cr_expect_eq(strncmp(plan.spec, "IVF", 3), 0, "%s", plan.spec);
	cr_expect(strstr(plan.reason, "a graph would need"), "%s", plan.reason);
	cr_expect_gt(plan.file_bytes, UINT64_C(2147483647) * 1536 * 4);
	cr_assert_eq(vsx_build_plan(&opts, 2147483648, &plan, &err),
		     VSX_EINVAL);
	cr_expect_str_eq(err.text, "2147483648 rows, but one build holds 0 to "
				   "2147483647");
	cr_assert_eq(vsx_build_plan(&opts, 0, &plan, &err), VSX_OK);
	opts.dim = 65536;
	opts.spec = "HNSW512";
	cr_assert_eq(vsx_build_plan(&opts, 2147483647, &plan, &err), VSX_OK);
	cr_expect_str_eq(plan.reason, "");
	cr_expect_gt(plan.file_bytes, UINT64_C(2147483647) * 65536 * 4);
}
