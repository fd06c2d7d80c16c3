/*
 * Wear: a tenth of the rows is deleted and as many are added, again and again;
 * recall and size are held against those of an index built at once.
 *
 * VSX_WEAR_ROWS  rows at a time (1200); then there are 50 rounds, not 10
 * VSX_DATA       a file of vectors to take them from; else they are drawn
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "input/input.h"
#include "living/change.h"
#include "living/cloud.h"
#include "write/scratch_folder.h"

TestSuite(wear, .init = scratch_make, .fini = scratch_drop, .timeout = 36000);

enum { K = 10, MOST_QUERIES = 1000, DRAWN_DIM = 24 };

/* Rows 0 .. n-1 of a data set live or not; the rest of it are the queries. */
static struct world {
	enum vsx_elem elem;
	uint32_t dim;
	size_t row_bytes;
	uint8_t *rows;
	size_t n, n_queries;
	bool *live;
	size_t n_live;
	size_t next; /* row that is added next, if it is not live */
} w;

static size_t number(const char *name, size_t other)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : other;
}

static void draw(size_t n)
{
	w.elem = VSX_F32;
	w.dim = DRAWN_DIM;
	w.row_bytes = DRAWN_DIM * sizeof(float);
	w.rows = malloc(n * w.row_bytes);
	for (size_t i = 0; i < n; i++)
		cloud_row((float *)(void *)(w.rows + i * w.row_bytes), w.dim, 4,
			  i);
}

static size_t load(const char *path, size_t most)
{
	struct input *in;
	size_t n;

	MUST(input_open(&in, path, NULL, &err));
	w.elem = input_elem(in);
	w.dim = input_dim(in);
	w.row_bytes = input_row_bytes(in);
	w.rows = malloc(most * w.row_bytes);
	MUST(input_read(in, w.rows, most, &n, &err));
	input_close(in);
	return n;
}

static void make_world(size_t n_live)
{
	const char *path = getenv("VSX_DATA");
	size_t n = 2 * n_live;

	w.n_queries = n_live / 10 < MOST_QUERIES ? n_live / 10 : MOST_QUERIES;
	if (path)
		n = load(path, n + w.n_queries) - w.n_queries;
	else
		draw(n + w.n_queries);
	cr_assert_gt(n, n_live + n_live / 2, "%zu rows are too few", n);
	w.n = n;
	w.live = calloc(n, sizeof(*w.live));
	w.n_live = w.next = n_live;
	memset(w.live, 1, n_live);
}

/* Of the rows that live now; ids are their numbers. */
static void build(const char *path, const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;

	opts.dim = w.dim;
	opts.elem = w.elem;
	opts.spec = spec;
	opts.force = 1;
	MUST(vsx_builder_new(&b, path, &opts, &err));
	for (uint64_t i = 0; i < w.n; i++)
		if (w.live[i])
			MUST(vsx_builder_add(b,
					     VSX_BATCH(w.rows + i * w.row_bytes,
						       w.elem, 1, &i),
					     &err));
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
}

static struct vsx_update_result wear(const char *path, struct vsx_rng *rng)
{
	struct vsx_update *u = change_begin(path, NULL);
	size_t n = w.n_live / 10;

	for (size_t i = 0; i < n;) {
		uint64_t id = vsx_rng_below(rng, w.n);

		if (!w.live[id])
			continue;
		w.live[id] = false;
		MUST(vsx_update_delete(u, &id, 1, &err));
		i++;
	}
	for (size_t i = 0; i < n; w.next = (w.next + 1) % w.n) {
		uint64_t id = w.next;

		if (w.live[id])
			continue;
		w.live[id] = true;
		MUST(vsx_update_add(
			u, VSX_BATCH(w.rows + id * w.row_bytes, w.elem, 1, &id),
			&err));
		i++;
	}
	return change_commit(u, path);
}

/* What an index answers all queries with. */
struct answers {
	struct vsx_hit *hits; /* [n_queries][K] */
	size_t *n;
	double distances; /* mean of a query */
};

static struct answers answer(const char *path, uint32_t exact, uint32_t effort)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_search_stats stats = {0};
	struct vsx *index = change_open(path);
	struct answers a;

	a.hits = calloc(w.n_queries * K, sizeof(*a.hits));
	a.n = calloc(w.n_queries, sizeof(*a.n));
	opts.exact = exact;
	opts.effort = effort;
	MUST(vsx_search_batch(index, w.rows + w.n * w.row_bytes, w.elem,
			      w.n_queries, K, &opts, 0, a.hits, a.n, &stats,
			      &err));
	a.distances = (double)stats.n_distances / (double)w.n_queries;
	vsx_close(index);
	return a;
}

static void forget(struct answers *a)
{
	free(a->hits);
	free(a->n);
}

static double recall(const struct answers *found, const struct answers *truth)
{
	size_t n = 0;

	for (size_t q = 0; q < w.n_queries; q++)
		for (size_t i = 0; i < found->n[q]; i++)
			for (size_t j = 0; j < K; j++)
				n += found->hits[q * K + i].id ==
				     truth->hits[q * K + j].id;
	return (double)n / (double)(w.n_queries * K);
}

static double measure(const char *what, const char *path, uint32_t effort,
		      const struct answers *truth)
{
	struct answers exact = answer(path, 1, 0);
	struct answers a = answer(path, 0, effort);
	double r = recall(&a, truth);
	struct vsx_facts f;
	struct vsx *index = change_open(path);

	vsx_get_facts(index, &f);
	/* Exact answers are those of the fresh build, whatever happened. */
	cr_expect_eq(recall(&exact, truth), 1.0);
	printf("  %-9s recall@10 %.4f, %.0f distances, %u segments, %llu "
	       "dead, %.1f MiB\n",
	       what, r, a.distances, f.n_segments,
	       (unsigned long long)(f.n_rows - f.n_live),
	       (double)f.file_bytes / 1048576);
	vsx_close(index);
	forget(&exact);
	forget(&a);
	return r;
}

/* A graph that has lived finds no less than a fresh one with the same ef: a
 * hundredth is within what a few hundred queries can tell. */
static void expect_no_less(const char *worn, const char *fresh,
			   const struct answers *truth)
{
	for (uint32_t ef = 10; ef <= 40; ef *= 2) {
		struct answers a = answer(worn, 0, ef);
		struct answers b = answer(fresh, 0, ef);
		double found = recall(&a, truth), due = recall(&b, truth);

		printf("  ef %u: worn %.4f, %.0f distances, fresh %.4f, %.0f\n",
		       ef, found, a.distances, due, b.distances);
		cr_expect_geq(found, due - 0.01, "ef %u: worn %.4f, fresh %.4f",
			      ef, found, due);
		forget(&a);
		forget(&b);
	}
}

static double size_of(const char *path)
{
	struct stat st;

	cr_assert_eq(stat(path, &st), 0);
	return (double)st.st_size;
}

static void run(const char *spec)
{
	size_t n_live = number("VSX_WEAR_ROWS", 1200);
	int rounds = getenv("VSX_WEAR_ROWS") ? 50 : 10;
	const char *path = scratch_path("worn"), *fresh = scratch_path("fresh");
	double before, after, due;
	struct vsx_rng rng = {5};
	struct answers truth;
	struct vsx_facts f;
	struct vsx *index;

	make_world(n_live);
	build(path, spec);
	for (int i = 0; i < rounds; i++)
		cr_assert_eq(wear(path, &rng).n_live, n_live);
	change_sound(path);
	build(fresh, spec);
	index = change_open(fresh);
	vsx_get_facts(index, &f);
	vsx_close(index);
	truth = answer(fresh, 1, 0);
	printf("%s, %zu rows x %u, %d rounds, effort %u\n", spec, n_live, w.dim,
	       rounds, f.default_effort);
	due = measure("fresh", fresh, f.default_effort, &truth);
	before = measure("worn", path, f.default_effort, &truth);
	if (strncmp(spec, "HNSW", 4) == 0)
		expect_no_less(path, fresh, &truth);
	MUST(vsx_compact(&path, 1, NULL, NULL, NULL, NULL, &err));
	after = measure("compacted", path, f.default_effort, &truth);
	cr_expect_geq(before, due - 0.02, "%s: worn %.4f, fresh %.4f", spec,
		      before, due);
	cr_expect(after >= due - 0.005, "%s: compacted %.4f, fresh %.4f", spec,
		  after, due);
	cr_expect(size_of(path) <= 1.02 * size_of(fresh),
		  "%s: %.0f bytes, fresh %.0f", spec, size_of(path),
		  size_of(fresh));
	forget(&truth);
	free(w.rows);
	free(w.live);
}

Test(wear, of_a_graph)
{
	run("HNSW12");
}

Test(wear, of_lists)
{
	run("IVF32,Flat");
}

Test(wear, of_codes)
{
	run("IVF32,SQ8");
}

Test(wear, of_codes_of_parts)
{
	run("IVF32,PQ8x4");
}

Test(wear, of_codes_in_blocks)
{
	run("IVF32,PQ8x4fs");
}

Test(wear, of_signs)
{
	run("IVF32,RaBitQ");
	run("IVF32,RaBitQ4");
}

Test(wear, of_rotated_codes)
{
	run("OPQ8,IVF32,PQ8");
}

Test(wear, of_principal_directions)
{
	run("PCA16,Flat");
}

Test(wear, of_graphs_over_codes)
{
	run("HNSW8,SQ8");
}

Test(wear, of_links_with_codes)
{
	run("HNSW8,SQ8,G8");
}

/* Of so much a row or two that are missed decide which effort finds more. */
#define NEARLY_ALL 0.995

/* What is found with an effort a graph with deleted rows finds for at most
 * `most` times as many distances as one without, with the least effort that
 * does. */
static void expect_few_more(const char *worn, const char *fresh, double most,
			    const struct answers *truth)
{
	uint32_t effort = K;

	for (uint32_t ef = 10; ef <= 24; ef += 7) {
		struct answers a, b = answer(fresh, 0, ef);
		double due = recall(&b, truth);

		if (due > NEARLY_ALL) {
			forget(&b);
			break;
		}
		for (;; effort++) {
			a = answer(worn, 0, effort);
			if (recall(&a, truth) >= due || effort == 60)
				break;
			forget(&a);
		}
		printf("  recall %.4f: worn ef %u, %.0f distances, fresh ef "
		       "%u, %.0f\n",
		       due, effort, a.distances, ef, b.distances);
		cr_expect_leq(a.distances, most * b.distances,
			      "ef %u: worn %.0f, fresh %.0f", ef, a.distances,
			      b.distances);
		forget(&a);
		forget(&b);
	}
}

/* Half of the rows are deleted, and nothing is written anew for it. */
static void halve(const char *spec, double most)
{
	const char *path = scratch_path("worn"), *fresh = scratch_path("fresh");
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct answers truth;
	struct vsx_update *u;

	opts.keep_segments = 1;
	make_world(3000);
	build(path, spec);
	u = change_begin(path, &opts);
	for (uint64_t i = 0; i < w.n_live; i += 2) {
		w.live[i] = false;
		MUST(vsx_update_delete(u, &i, 1, &err));
	}
	cr_assert_eq(change_commit(u, path).n_live, w.n_live / 2);
	build(fresh, spec);
	truth = answer(fresh, 1, 0);
	printf("%s, %zu rows of which half are deleted\n", spec, w.n_live);
	expect_no_less(path, fresh, &truth);
	expect_few_more(path, fresh, most, &truth);
	forget(&truth);
	free(w.rows);
	free(w.live);
}

Test(wear, of_graphs_with_half_of_their_rows)
{
	halve("HNSW8", 1.4);
	halve("HNSW8,SQ8", 1.4);
	halve("HNSW16,SQ8,G8", 1.5);
}
