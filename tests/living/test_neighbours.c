/*
 * The neighbours of the acceptance test are those of a plain scan, whatever was
 * deleted, added, replaced or merged since it was drawn: all of them where the
 * file does not store any, else as far as its lists reach (SPEC.md 5.6).
 *
 * VSX_SEQUENCES of changes (a few), from VSX_SEED (1).
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "segment/ids.h"
#include "read/test.h"
#include "write/builder.h"

#include "living/change.h"
#include "living/model.h"
#include "write/scratch_folder.h"

TestSuite(neighbours, .init = scratch_make, .fini = scratch_drop,
	  .timeout = 36000);

enum {
	DIM = 6,
	IDS = 700,
	MOST_FIRST = 400, /* more than lists have entries */
	QUERIES = 12,
	CHANGES = 6,
	MOST_CHANGED = 120
};

struct near {
	double distance;
	uint64_t id;
};

struct story {
	struct model model;
	struct vsx_rng rng;
	const char *path;
	uint64_t seed;
	bool given, stored;
	float queries[QUERIES * DIM];
};

static uint32_t below(struct story *s, uint32_t n)
{
	return (uint32_t)vsx_rng_below(&s->rng, n);
}

/* Whole numbers, so that squared distances are exact in any order; few of them,
 * so that many are the same. */
static void draw(struct story *s, float *row)
{
	for (uint32_t d = 0; d < DIM; d++)
		row[d] = (float)below(s, 6);
}

static void put_row(struct story *s, uint64_t id)
{
	draw(s, s->model.rows + id * DIM);
	s->model.n_live += !s->model.live[id];
	s->model.live[id] = true;
}

static double distance(const float *a, const float *b)
{
	double sum = 0.0;

	for (uint32_t d = 0; d < DIM; d++)
		sum += ((double)a[d] - b[d]) * ((double)a[d] - b[d]);
	return sum;
}

static int by_distance(const void *pa, const void *pb)
{
	const struct near *a = pa, *b = pb;

	if (a->distance != b->distance)
		return a->distance < b->distance ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static void build(struct story *s, const char *spec)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	uint32_t n = 2 + below(s, MOST_FIRST);
	struct vsx_builder *b;

	opts.dim = DIM;
	opts.spec = spec;
	opts.force = 1;
	opts.n_threads = 1;
	opts.n_test_queries = QUERIES;
	MUST(vsx_builder_new(&b, s->path, &opts, &err));
	b->measure.keeps_truth = s->stored;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t id = below(s, IDS);

		if (s->model.live[id])
			continue;
		put_row(s, id);
		MUST(vsx_builder_add(
			b, VSX_BATCH(s->model.rows + id * DIM, VSX_F32, 1, &id),
			&err));
	}
	for (uint32_t i = 0; i < QUERIES; i++)
		draw(s, s->queries + i * DIM);
	if (s->given)
		MUST(vsx_builder_queries(b, s->queries, VSX_F32, QUERIES,
					 &err));
	MUST(vsx_builder_finish(b, NULL, &err));
	vsx_builder_free(b);
}

/* Rows come, go, and come again under the same id. */
static void change_rows(struct story *s)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	uint32_t n_gone = below(s, 3) ? below(s, MOST_CHANGED) : 0;
	uint32_t n_added = below(s, 3) ? below(s, MOST_CHANGED) : 0;
	bool added[IDS] = {false};
	struct vsx_update *u;

	opts.replace = 1;
	opts.n_threads = 1;
	opts.flat_below = below(s, 2);
	opts.keep_segments = below(s, 3) == 0;
	MUST(vsx_update_begin(&u, s->path, &opts, &err));
	for (uint32_t i = 0; i < n_gone; i++) {
		uint64_t id = below(s, IDS);

		MUST(vsx_update_delete(u, &id, 1, &err));
		s->model.n_live -= s->model.live[id];
		s->model.live[id] = false;
	}
	for (uint32_t i = 0; i < n_added; i++) {
		uint64_t id = below(s, IDS);

		if (added[id])
			continue;
		added[id] = true;
		put_row(s, id);
		MUST(vsx_update_add(
			u, VSX_BATCH(s->model.rows + id * DIM, VSX_F32, 1, &id),
			&err));
	}
	MUST(vsx_update_commit(u, NULL, &err));
	vsx_update_free(u);
}

/* All live rows but that with the id `without`, nearest first. */
static size_t scan(const struct story *s, const float *query,
		   const uint64_t *without, struct near *out)
{
	size_t n = 0;

	for (uint64_t id = 0; id < IDS; id++)
		if (s->model.live[id] && !(without && *without == id))
			out[n++] = (struct near){
				distance(query, s->model.rows + id * DIM), id};
	qsort(out, n, sizeof(*out), by_distance);
	return n;
}

/*
 * How many of n rows, nearest first, are known: all, or those up to the last
 * that the stored list of query q has, deleted or not.
 */
static size_t known(const struct story *s, const struct vsx *index,
		    const struct vsx_test *t, uint32_t q,
		    const struct near *due, size_t n)
{
	const struct vsx_segment *seg = &index->segments[0];
	uint32_t k = t->accept.truth_k, row;
	uint64_t offset, without = 0;
	float last[DIM];
	struct near end;
	size_t i = 0;

	if (n > k)
		n = k;
	if (!t->truth_rows || k + !s->given == seg->n_rows ||
	    seg->n_dead == seg->n_rows)
		return n;
	row = t->truth_rows[(size_t)q * k + k - 1];
	MUST(vsx_segment_locate(seg, row, &offset, &err));
	vsx_space_load(&seg->space, last,
		       seg->view[VSX_SEC_VECS].base + offset);
	end.distance = distance(t->accept.queries + (size_t)q * DIM, last);
	MUST(vsx_ids_of(seg, row, &without, &err));
	end.id = without;
	while (i < n && by_distance(&due[i], &end) <= 0)
		i++;
	return i;
}

static void check_query(const struct story *s, const struct vsx *index,
			const struct vsx_test *t, uint32_t q)
{
	const struct vsx_accept *a = &t->accept;
	static struct near due[IDS];
	size_t n = scan(s, a->queries + (size_t)q * DIM,
			a->own ? &a->own[q] : NULL, due);

	n = known(s, index, t, q, due, n);
	cr_assert_eq(a->n_truth[q], n,
		     "seed %llu: query %u: %u neighbours, expected %zu",
		     (unsigned long long)s->seed, q, a->n_truth[q], n);
	for (size_t i = 0; i < n; i++)
		cr_assert_eq(a->truth[(size_t)q * a->truth_k + i], due[i].id,
			     "seed %llu: query %u: neighbour %zu is %llu, "
			     "expected %llu",
			     (unsigned long long)s->seed, q, i,
			     (unsigned long long)
				     a->truth[(size_t)q * a->truth_k + i],
			     (unsigned long long)due[i].id);
}

static void check(const struct story *s)
{
	struct vsx *index = change_open(s->path);
	struct vsx_test t;

	MUST(vsx_test_load(&t, index, &err));
	cr_assert_eq(t.truth_rows != NULL,
		     s->stored && index->manifest.n_queries > 0);
	MUST(vsx_test_truth(&t, index->segments, index->manifest.n_segments, 1,
			    &err));
	for (uint32_t q = 0; q < t.accept.n_queries; q++)
		check_query(s, index, &t, q);
	vsx_test_release(&t);
	vsx_close(index);
	change_sound(s->path);
}

static void tell(uint64_t seed, bool given, bool stored, const char *spec)
{
	struct story s = {
		.rng = {seed},
		.path = scratch_path("x"),
		.seed = seed,
		.given = given,
		.stored = stored,
	};

	model_init(&s.model, VSX_L2, DIM);
	build(&s, spec);
	check(&s);
	for (int i = 0; i < CHANGES; i++) {
		change_rows(&s);
		check(&s);
	}
	model_release(&s.model);
}

static void all(bool given, bool stored)
{
	static const char *const specs[] = {"Flat", "IVF4,Flat", "HNSW4",
					    "IVF4,SQ8", "HNSW4,SQ8"};
	const char *text = getenv("VSX_SEQUENCES"), *first = getenv("VSX_SEED");
	uint64_t n = text ? strtoull(text, NULL, 10) : 12;
	uint64_t seed = first ? strtoull(first, NULL, 10) : 1;

	for (uint64_t i = 0; i < n; i++)
		tell(seed + i, given, stored, specs[i % 5]);
}

Test(neighbours, of_rows_that_is_stored)
{
	all(false, true);
}

Test(neighbours, of_rows_that_is_not)
{
	all(false, false);
}

Test(neighbours, of_queries_that_is_stored)
{
	all(true, true);
}

Test(neighbours, of_queries_that_is_not)
{
	all(true, false);
}
