/*
 * Searches that end at a deadline, or because a flag is set. The clock here is
 * of the test: it moves on by a microsecond each time that it is read, so that
 * a search can be stopped at each of its looks.
 */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "support/build.h"
#include "vsx.h"
#include "vsx_write.h"
#include "write/scratch_folder.h"

TestSuite(stop, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

static struct vsx_error err;

/* ---- the clock --------------------------------------------------- */

#define BEGINNING UINT64_C(5000000000) /* ns */
#define TICK	  1000u

static atomic_bool ticking;
static atomic_ullong n_ticks;
static unsigned long long set_at; /* the tick that sets the flag; 0: none */
static struct vsx_stop flag;

int clock_gettime(clockid_t id, struct timespec *t)
{
	uint64_t now;

	if (!ticking || id != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, id, t);
	now = atomic_fetch_add(&n_ticks, 1) + 1;
	if (now == set_at)
		vsx_stop_set(&flag);
	now = BEGINNING + now * TICK;
	t->tv_sec = (time_t)(now / 1000000000u);
	t->tv_nsec = (long)(now % 1000000000u);
	return 0;
}

/* Passes at tick number t. */
static uint64_t deadline(unsigned long long t)
{
	return BEGINNING + t * TICK;
}

#define FAR_OFF UINT64_MAX

static void begin_ticking(unsigned long long set)
{
	vsx_stop_clear(&flag);
	set_at = set;
	n_ticks = 0;
	ticking = true;
}

/* ---- searches ---------------------------------------------------- */

enum { ROWS = 6000, K = 10, MOST_K = 3000, LONGEST = 1536 };

struct shape {
	const char *spec;
	uint32_t dim;
	enum vsx_elem elem;
	uint32_t effort;
	uint32_t exact;
	size_t n_rows;
	size_t n_deleted;
};

static const struct shape shapes[] = {
	{"Flat", 2, VSX_F32, 0, 0, ROWS, 0},
	{"Flat", 8, VSX_U8, 0, 0, ROWS, 0},
	{"Flat", 1536, VSX_F32, 0, 0, 600, 0},
	{"IVF512,Flat", 8, VSX_F32, 512, 0, ROWS, 0},
	{"IVF16,Flat", 8, VSX_F32, 0, 1, ROWS, 0},
	{"HNSW8", 8, VSX_F32, 1500, 0, ROWS, 0},
	{"HNSW8", 8, VSX_F32, 0, 1, ROWS, 0},
	{"HNSW8", 1536, VSX_F32, 100, 0, 600, 0},
	{"HNSW8", 8, VSX_F32, 200, 0, ROWS, 500},
};
enum { N_SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

struct at_hand {
	struct support_index what;
	struct vsx *index;
	struct vsx_searcher *searcher;
	struct vsx_search_opts opts;
	size_t k;
	float query[LONGEST];
};

static void delete_first(const char *path, size_t n)
{
	struct vsx_update *u;

	cr_assert_eq(vsx_update_begin(&u, path, NULL, &err), VSX_OK);
	for (uint64_t id = 0; id < n; id++)
		cr_assert_eq(vsx_update_delete(u, &id, 1, &err), VSX_OK);
	cr_assert_eq(vsx_update_commit(u, NULL, &err), VSX_OK);
	vsx_update_free(u);
}

static void make(struct at_hand *h, const struct shape *s)
{
	*h = (struct at_hand){.opts = VSX_SEARCH_OPTS_INIT, .k = K};
	h->what = support_defaults(
		(struct support_index){.spec = s->spec,
				       .elem = s->elem,
				       .dim = s->dim,
				       .n = s->n_rows,
				       .n_test_queries = UINT32_MAX});
	h->opts.effort = s->effort;
	h->opts.exact = s->exact;
	support_build(scratch_path("x"), h->what);
	if (s->n_deleted)
		delete_first(scratch_path("x"), s->n_deleted);
	cr_assert_eq(vsx_open(&h->index, scratch_path("x"), NULL, &err), VSX_OK,
		     "%s", err.text);
	cr_assert_eq(vsx_searcher_new(&h->searcher, h->index, &err), VSX_OK);
	support_row(&h->what, 5, h->query);
}

static void drop(struct at_hand *h)
{
	vsx_searcher_free(h->searcher);
	vsx_close(h->index);
}

/* Distances of one search that answers `due`; hits are touched or are not. */
static uint64_t search(struct at_hand *h, unsigned long long set,
		       enum vsx_status due)
{
	static struct vsx_hit hits[MOST_K], before[MOST_K];
	struct vsx_search_stats a, b;
	enum vsx_status status;
	size_t n = 77;

	memset(hits, 0x5a, sizeof(hits));
	memcpy(before, hits, sizeof(hits));
	vsx_get_stats(h->searcher, &a);
	begin_ticking(set);
	status = vsx_search(h->searcher, h->query, VSX_F32, h->k, &h->opts,
			    hits, &n, &err);
	ticking = false;
	cr_assert_eq(status, due, "%d: %s", (int)status, err.text);
	vsx_get_stats(h->searcher, &b);
	cr_expect_eq(b.n_queries - a.n_queries, due == VSX_OK);
	if (due != VSX_OK) {
		cr_expect_eq(n, 77);
		cr_expect_eq(memcmp(hits, before, sizeof(hits)), 0);
	}
	return b.n_distances - a.n_distances;
}

/* Looks of the search when nothing stops it. */
static unsigned long long looks(struct at_hand *h)
{
	h->opts.deadline_ns = FAR_OFF;
	search(h, 0, VSX_OK);
	return n_ticks;
}

/* All of the first looks, and some of those that come after. */
static unsigned long long next_look(unsigned long long t)
{
	return t < 20 ? t + 1 : t + t / 7;
}

Test(stop, at_a_deadline_whenever_it_passes)
{
	for (int s = 0; s < N_SHAPES; s++) {
		unsigned long long n;
		struct at_hand h;
		uint64_t all;

		make(&h, &shapes[s]);
		n = looks(&h);
		all = search(&h, 0, VSX_OK);
		cr_assert_gt(n, 5, "%s: %llu", shapes[s].spec, n);
		for (unsigned long long t = 1; t <= n; t = next_look(t)) {
			h.opts.deadline_ns = deadline(t);
			cr_expect_leq(search(&h, 0, VSX_ESTOPPED), all);
			cr_expect_eq(n_ticks, t);
			cr_expect_str_eq(err.text,
					 "the search was stopped 0.000 ms "
					 "after its deadline");
		}
		/* One that ends in time is whole. */
		h.opts.deadline_ns = deadline(n + 1);
		cr_expect_eq(search(&h, 0, VSX_OK), all);
		drop(&h);
	}
}

Test(stop, by_a_flag_whenever_it_is_set)
{
	for (int s = 0; s < N_SHAPES; s++) {
		unsigned long long n;
		struct at_hand h;

		make(&h, &shapes[s]);
		n = looks(&h);
		h.opts.stop = &flag;
		for (unsigned long long t = 1; t < n; t = next_look(t)) {
			search(&h, t, VSX_ESTOPPED);
			cr_expect_eq(n_ticks, t);
			cr_expect_str_eq(err.text,
					 "the search was stopped by its "
					 "caller");
		}
		search(&h, n, VSX_OK);
		drop(&h);
	}
}

/*
 * Work, not hops or lists, lies between two looks: rows of 16 KiB, each with
 * 256 bytes beside its own, and then what is done in one go: a block of 64 KiB
 * or 1024 rows, or the links of a node.
 */
Test(stop, is_looked_at_after_so_much_work)
{
	for (int s = 0; s < N_SHAPES; s++) {
		uint32_t dim = shapes[s].dim;
		uint64_t block = dim > 64 ? (64u << 10) / dim : 1024;
		uint64_t between = (16u << 10) / (dim + 256) + block, last = 0;
		unsigned long long n;
		struct at_hand h;

		make(&h, &shapes[s]);
		n = looks(&h);
		for (unsigned long long t = 1; t <= n; t++) {
			uint64_t done;

			h.opts.deadline_ns = deadline(t);
			done = search(&h, 0, VSX_ESTOPPED);
			cr_expect(done >= last && done - last <= between,
				  "%s, look %llu: %llu after %llu",
				  shapes[s].spec, t, (unsigned long long)done,
				  (unsigned long long)last);
			last = done;
		}
		drop(&h);
	}
}

/* Also once all distances are known, while a long answer is put together. */
Test(stop, is_looked_at_while_an_answer_is_made)
{
	static const struct shape long_ones[] = {
		{"Flat", 8, VSX_F32, 0, 0, ROWS, 0}, /* values from rows */
		{"Flat", 8, VSX_U8, 0, 0, ROWS, 0},  /* and from keys */
		{"HNSW8", 8, VSX_F32, 3000, 0, ROWS, 0},
	};

	for (int s = 0; s < 3; s++) {
		unsigned long long n, at_end = 0;
		struct at_hand h;
		uint64_t all;

		make(&h, &long_ones[s]);
		h.k = MOST_K;
		n = looks(&h);
		all = search(&h, 0, VSX_OK);
		for (unsigned long long t = n; t > 0; t--, at_end++) {
			h.opts.deadline_ns = deadline(t);
			if (search(&h, 0, VSX_ESTOPPED) < all)
				break;
		}
		cr_expect_gt(at_end, MOST_K / 70, "%d: %llu of %llu", s, at_end,
			     n);
		drop(&h);
	}
}

/* Looks before the first distance is counted. */
static unsigned long long looks_before(struct at_hand *h)
{
	unsigned long long n = looks(h), t = 0;

	do
		h->opts.deadline_ns = deadline(++t);
	while (t <= n && search(h, 0, VSX_ESTOPPED) == 0);
	return t - 1;
}

/* Lists are ranked, and upper levels walked over, before that. */
Test(stop, is_looked_at_on_the_way_to_the_rows)
{
	static const struct shape far[] = {
		{"IVF3000,Flat", 8, VSX_F32, 1, 0, ROWS, 0},
		{"HNSW2", 1536, VSX_F32, 1, 0, 600, 0},
	};

	for (int s = 0; s < 2; s++) {
		struct at_hand h;

		make(&h, &far[s]);
		cr_expect_geq(looks_before(&h), 4, "%s: %llu", far[s].spec,
			      looks_before(&h));
		drop(&h);
	}
}

/* An index of two different rows, many of each: most lists are empty. */
static void make_of_two(struct at_hand *h, const char *spec)
{
	struct shape shape = {spec, 8, VSX_F32, 512, 0, ROWS, 0};
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	static float rows[ROWS][8];
	struct vsx_builder *b;

	for (size_t i = 0; i < ROWS; i++)
		rows[i][i % 2] = 1;
	make(h, &shape);
	drop(h);
	opts.dim = 8;
	opts.spec = spec;
	opts.force = 1;
	opts.n_test_queries = UINT32_MAX;
	cr_assert(!vsx_builder_new(&b, scratch_path("x"), &opts, &err) &&
			  !vsx_builder_add(b,
					   VSX_BATCH(rows, VSX_F32, ROWS, NULL),
					   &err) &&
			  !vsx_builder_finish(b, NULL, &err),
		  "%s", err.text);
	vsx_builder_free(b);
	cr_assert_eq(vsx_open(&h->index, scratch_path("x"), NULL, &err),
		     VSX_OK);
	vsx_searcher_new(&h->searcher, h->index, &err);
}

/* A list counts, also where no row is in it. */
Test(stop, is_looked_at_between_empty_lists)
{
	unsigned long long few[2];
	struct at_hand h;

	make_of_two(&h, "IVF2,Flat");
	for (h.opts.exact = 0; h.opts.exact < 2; h.opts.exact++)
		few[h.opts.exact] = looks(&h);
	drop(&h);
	make_of_two(&h, "IVF512,Flat");
	for (h.opts.exact = 0; h.opts.exact < 2; h.opts.exact++)
		cr_expect_gt(looks(&h), few[h.opts.exact] + 510 / 70,
			     "exact %u: %llu, %llu", h.opts.exact, looks(&h),
			     few[h.opts.exact]);
	drop(&h);
}

/* Without either the clock is not read. */
Test(stop, costs_nothing_where_nobody_asks)
{
	for (int s = 0; s < N_SHAPES; s++) {
		struct at_hand h;

		make(&h, &shapes[s]);
		search(&h, 0, VSX_OK);
		cr_expect_eq(n_ticks, 0);
		h.opts.stop = &flag;
		search(&h, 0, VSX_OK);
		cr_expect_eq(n_ticks, 0);
		drop(&h);
	}
}

/* ---- before it begins -------------------------------------------- */

static void expect_no_search_begins(struct at_hand *h)
{
	struct vsx_search_stats before, after;
	struct vsx_hit hits[2 * K] = {{0}};
	size_t n[2] = {77, 77};

	vsx_get_stats(h->searcher, &before);
	cr_expect_eq(vsx_search(h->searcher, h->query, VSX_F32, K, &h->opts,
				hits, n, &err),
		     VSX_ESTOPPED);
	cr_expect_eq(n[0], 77);
	cr_expect_eq(vsx_search_batch(h->index, h->query, VSX_F32, 2, K,
				      &h->opts, 2, hits, n, NULL, &err),
		     VSX_ESTOPPED);
	cr_expect(!strncmp(err.text, "query ", 6), "%s", err.text);
	vsx_get_stats(h->searcher, &after);
	cr_expect_eq(after.n_distances, before.n_distances);
	cr_expect_eq(after.n_queries, before.n_queries);
}

Test(stop, before_a_search_begins)
{
	static const char *const specs[] = {"Flat", "IVF6,Flat", "HNSW8"};

	for (int s = 0; s < 3; s++) {
		struct shape shape = {specs[s], 8, VSX_U8, 0, 0, 300, 0};
		struct vsx_hit hits[K];
		struct at_hand h;
		size_t n = 77;

		make(&h, &shape);
		h.opts.deadline_ns = 1; /* long ago, by the real clock */
		expect_no_search_begins(&h);
		cr_expect_eq(vsx_search_id(h.searcher, 3, K, &h.opts, hits, &n,
					   &err),
			     VSX_ESTOPPED);
		cr_expect_eq(n, 77);
		cr_expect(strstr(err.text, "after its deadline"), "%s",
			  err.text);
		h.opts.deadline_ns = 0;
		h.opts.stop = &flag;
		vsx_stop_set(&flag);
		expect_no_search_begins(&h);
		cr_expect(strstr(err.text, "by its caller"), "%s", err.text);
		/* Both: what somebody wants is told before what the clock says.
		 */
		h.opts.deadline_ns = 1;
		expect_no_search_begins(&h);
		cr_expect(strstr(err.text, "by its caller"), "%s", err.text);
		drop(&h);
	}
}

/* Not even where there is nothing to search. */
Test(stop, of_an_index_without_rows)
{
	struct shape shape = {"Flat", 8, VSX_F32, 0, 0, 50, 50};
	struct at_hand h;

	make(&h, &shape);
	h.opts.deadline_ns = 1;
	expect_no_search_begins(&h);
	h.opts.deadline_ns = 0;
	search(&h, 0, VSX_OK);
	drop(&h);
}

/* ---- batches ----------------------------------------------------- */

enum { QUERIES = 40, THREADS = 3 };

static enum vsx_status batch(struct at_hand *h, unsigned long long set)
{
	static float queries[QUERIES * LONGEST];
	static struct vsx_hit hits[QUERIES * K];
	struct vsx_search_stats stats = {0};
	size_t n[QUERIES];
	enum vsx_status status;

	for (size_t i = 0; i < QUERIES; i++)
		support_row(&h->what, i, queries + i * h->what.dim);
	begin_ticking(set);
	status = vsx_search_batch(h->index, queries, VSX_F32, QUERIES, K,
				  &h->opts, THREADS, hits, n, &stats, &err);
	ticking = false;
	cr_expect_eq(stats.n_queries, status == VSX_OK ? QUERIES : 0);
	return status;
}

/* Every thread of it stops at its next look. */
Test(stop, of_all_threads_of_a_batch)
{
	for (int s = 0; s < N_SHAPES; s++) {
		unsigned long long n, most;
		struct at_hand h;

		make(&h, &shapes[s]);
		h.opts.deadline_ns = FAR_OFF;
		cr_expect_eq(batch(&h, 0), VSX_OK);
		n = n_ticks;
		cr_assert_gt(n, QUERIES);
		for (unsigned long long t = 1; t < n; t += n / 9) {
			most = t + THREADS - 1;
			h.opts.deadline_ns = deadline(t);
			cr_expect_eq(batch(&h, 0), VSX_ESTOPPED);
			cr_expect_leq(n_ticks, most);
			cr_expect(!strncmp(err.text, "query ", 6) &&
					  strstr(err.text, " after its "),
				  "%s", err.text);
			if (t > n - THREADS)
				break;
			h.opts.deadline_ns = FAR_OFF;
			h.opts.stop = &flag;
			cr_expect_eq(batch(&h, t), VSX_ESTOPPED);
			cr_expect_leq(n_ticks, most);
			cr_expect(strstr(err.text, "by its caller"), "%s",
				  err.text);
			h.opts.stop = NULL;
		}
		drop(&h);
	}
}

/* Row 0 is far away, and of a group of its own. */
static void build_two_groups(size_t n)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_batch batch = VSX_BATCH_INIT;
	struct vsx_bytes fields;
	struct vsx_builder *b;
	struct vsx_fields *f;

	opts.dim = 2;
	opts.spec = "Flat";
	opts.force = 1;
	cr_assert_eq(vsx_builder_new(&b, scratch_path("x"), &opts, &err),
		     VSX_OK);
	cr_assert_eq(vsx_fields_new(&f, &err), VSX_OK);
	for (size_t i = 0; i < n; i++) {
		float row[2] = {i ? 0.0f : 100.0f, (float)i / (float)n};
		struct vsx_value v = {.number = i > 0};

		vsx_fields_clear(f);
		cr_assert_eq(vsx_fields_put(f, "g", VSX_INT, 0, &v, 1, &err),
			     VSX_OK);
		fields = vsx_fields_bytes(f);
		batch.n = 1;
		batch.vectors = row;
		batch.fields = &fields;
		cr_assert_eq(vsx_builder_add(b, &batch, &err), VSX_OK);
	}
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK);
	vsx_builder_free(b);
	vsx_fields_free(f);
}

/* Between two searches of one by groups all rows are looked at, too. */
Test(stop, is_looked_at_while_rows_of_groups_are_left_out)
{
	struct at_hand h = {.opts = VSX_SEARCH_OPTS_INIT, .k = 8};
	unsigned long long plain, n;

	build_two_groups(60000);
	cr_assert_eq(vsx_open(&h.index, scratch_path("x"), NULL, &err), VSX_OK);
	cr_assert_eq(vsx_searcher_new(&h.searcher, h.index, &err), VSX_OK);
	plain = looks(&h);
	h.k = 2;
	h.opts.group_by = "g";
	n = looks(&h);
	cr_expect_gt(n, plain + 12, "%llu, and %llu", n, plain);
	for (unsigned long long t = 1; t <= n; t = next_look(t)) {
		h.opts.deadline_ns = deadline(t);
		search(&h, 0, VSX_ESTOPPED);
		cr_expect_eq(n_ticks, t);
	}
	drop(&h);
}
