/* Batches by threads that stay. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "support/build.h"
#include "vsx.h"
#include "vsx_write.h"
#include "write/scratch_folder.h"

TestSuite(pool, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

static struct vsx_error err;

/* ---- what is taken from the system ------------------------------- */

static atomic_ulong n_allocations, n_started, n_joined;
static unsigned long most_threads = 1000;
static unsigned long fails_at; /* the allocation that does; 0: none */

/* The linker takes these before those of libc. */
void *aligned_alloc(size_t alignment, size_t size)
{
	void *p;

	if (++n_allocations == fails_at)
		return NULL;
	return posix_memalign(&p, alignment, size) == 0 ? p : NULL;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
		   void *(*run)(void *), void *arg)
{
	int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
		    void *);

	*(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
	if (n_started - n_joined >= most_threads)
		return EAGAIN;
	n_started++;
	return next(thread, attr, run, arg);
}

int pthread_join(pthread_t thread, void **result)
{
	int (*next)(pthread_t, void **);

	*(void **)&next = dlsym(RTLD_NEXT, "pthread_join");
	n_joined++;
	return next(thread, result);
}

/*
 * Searches with a deadline read the clock before they begin. Here they wait
 * there for each other: so all threads of a batch take part in it.
 */
static atomic_uint n_expected, n_met;

int clock_gettime(clockid_t id, struct timespec *t)
{
	static _Thread_local unsigned int met;

	if (n_expected && met != n_expected && id == CLOCK_MONOTONIC) {
		met = n_expected;
		n_met++;
		while (n_met < n_expected)
			sched_yield();
	}
	return (int)syscall(SYS_clock_gettime, id, t);
}

/* ---- an index and queries ---------------------------------------- */

enum { ROWS = 2000, DIM = 8, QUERIES = 100, K = 7 };

static const char *const specs[] = {"Flat", "IVF16,Flat", "HNSW8"};

struct at_hand {
	struct vsx *index;
	struct vsx_search_opts opts;
	float queries[QUERIES][DIM];
};

static void make(struct at_hand *h, struct support_index what)
{
	what = support_defaults(what);
	*h = (struct at_hand){.opts = VSX_SEARCH_OPTS_INIT};
	support_build(scratch_path("x"), what);
	cr_assert_eq(vsx_open(&h->index, scratch_path("x"), NULL, &err), VSX_OK,
		     "%s", err.text);
	h->opts.effort = 5;
	for (size_t i = 0; i < QUERIES; i++) {
		support_row(&what, i, h->queries[i]);
		h->queries[i][i % DIM] += 1;
	}
}

static struct vsx_pool *new_pool(const struct at_hand *h,
				 unsigned int n_threads)
{
	struct vsx_pool *pool;

	cr_assert_eq(vsx_pool_new(&pool, h->index, n_threads, &err), VSX_OK,
		     "%s", err.text);
	return pool;
}

/* Everything that a batch can give. */
static struct {
	struct vsx_hit hits[QUERIES * ROWS];
	size_t n_hits[QUERIES];
	uint64_t ids[QUERIES * ROWS];
	float distances[QUERIES * ROWS];
	uint64_t n_distances[QUERIES], n_hops[QUERIES];
} got;

static struct vsx_answers all_answers(void)
{
	struct vsx_answers a = VSX_ANSWERS_INIT;

	memset(&got, 0x77, sizeof(got));
	a.hits = got.hits;
	a.n_hits = got.n_hits;
	a.ids = got.ids;
	a.distances = got.distances;
	a.n_distances = got.n_distances;
	a.n_hops = got.n_hops;
	return a;
}

static void run(struct vsx_pool *pool, const struct at_hand *h, size_t n,
		size_t k)
{
	struct vsx_answers a = all_answers();

	cr_assert_eq(vsx_pool_search(pool, h->queries, VSX_F32, n, k, &h->opts,
				     &a, &err),
		     VSX_OK, "%s", err.text);
}

/* What one searcher does for query i is what the batch has given for it. */
static void expect_answer(struct vsx_searcher *s, const struct at_hand *h,
			  size_t i, size_t k)
{
	static struct vsx_hit hits[ROWS];
	struct vsx_search_stats before, after;
	size_t n = 0, first = i * k;

	vsx_get_stats(s, &before);
	cr_assert_eq(vsx_search(s, h->queries[i], VSX_F32, k, &h->opts, hits,
				&n, &err),
		     VSX_OK);
	vsx_get_stats(s, &after);
	cr_expect_eq(got.n_hits[i], n);
	cr_expect_eq(got.n_distances[i],
		     after.n_distances - before.n_distances);
	cr_expect_eq(got.n_hops[i], after.n_hops - before.n_hops);
	for (size_t j = 0; j < n; j++) {
		cr_expect_eq(got.hits[first + j].id, hits[j].id);
		cr_expect_eq(got.hits[first + j].distance, hits[j].distance);
		cr_expect_eq(got.ids[first + j], hits[j].id);
		cr_expect_eq(got.distances[first + j], hits[j].distance);
	}
	for (size_t j = n; j < k; j++) {
		cr_expect_eq(got.ids[first + j], UINT64_MAX);
		cr_expect(isnan(got.distances[first + j]));
		cr_expect_eq(got.hits[first + j].id,
			     UINT64_C(0x7777777777777777));
	}
}

static void expect_answers(struct vsx_pool *pool, const struct at_hand *h,
			   size_t n, size_t k)
{
	struct vsx_searcher *s;

	cr_assert_eq(vsx_searcher_new(&s, h->index, &err), VSX_OK);
	run(pool, h, n, k);
	for (size_t i = 0; i < n; i++)
		expect_answer(s, h, i, k);
	/* And no more. */
	if (n < QUERIES) {
		cr_expect_eq(got.n_hops[n], UINT64_C(0x7777777777777777));
		cr_expect_eq(got.ids[n * k], UINT64_C(0x7777777777777777));
	}
	vsx_searcher_free(s);
}

/* ---- rules ------------------------------------------------------- */

Test(pool, answers_as_single_searches_do)
{
	for (unsigned int threads = 1; threads < 6; threads++)
		for (int s = 0; s < 3; s++) {
			struct vsx_pool *pool;
			struct at_hand h;

			make(&h, (struct support_index){
					 .spec = specs[s],
					 .elem = s == 0 ? VSX_U8 : VSX_F32,
					 .metric = threads % 3 + VSX_L2,
					 .ids = threads == 2});
			pool = new_pool(&h, threads);
			for (int exact = 0; exact < 2; exact++) {
				h.opts.exact = (uint32_t)exact;
				expect_answers(pool, &h, QUERIES, K);
				expect_answers(pool, &h, 1, K);
				expect_answers(pool, &h, 0, K);
				expect_answers(pool, &h, 3, 1);
				/* More than there are rows. */
				expect_answers(pool, &h, 9, 400);
				expect_answers(pool, &h, QUERIES, K);
			}
			vsx_pool_free(pool);
			vsx_close(h.index);
		}
}

/* Each array by itself: none depends on another. */
Test(pool, gives_what_is_asked_for)
{
	struct vsx_answers all, one = VSX_ANSWERS_INIT;
	struct vsx_pool *pool;
	struct at_hand h;

	make(&h, (struct support_index){0});
	pool = new_pool(&h, 2);
	for (int i = 0; i < 7; i++) {
		size_t places[] = {offsetof(struct vsx_answers, hits),
				   offsetof(struct vsx_answers, n_hits),
				   offsetof(struct vsx_answers, ids),
				   offsetof(struct vsx_answers, distances),
				   offsetof(struct vsx_answers, n_distances),
				   offsetof(struct vsx_answers, n_hops)};

		all = all_answers();
		one = (struct vsx_answers)VSX_ANSWERS_INIT;
		if (i < 6)
			memcpy((char *)&one + places[i],
			       (char *)&all + places[i], sizeof(void *));
		cr_expect_eq(vsx_pool_search(pool, h.queries, VSX_F32, QUERIES,
					     K, NULL, &one, &err),
			     VSX_OK);
		cr_expect_eq(one.n_hits && got.n_hits[0] == K, i == 1);
		cr_expect_eq(got.ids[0] != UINT64_C(0x7777777777777777),
			     i == 2);
		cr_expect_eq(got.n_hops[0] == 0, i == 5);
	}
	cr_expect_eq(vsx_pool_search(pool, h.queries, VSX_F32, 1, K, NULL, NULL,
				     &err),
		     VSX_OK);
	vsx_pool_free(pool);
	vsx_close(h.index);
}

Test(pool, of_an_index_without_rows_pads_everything)
{
	struct vsx_update *u;
	struct vsx_pool *pool;
	struct at_hand h;

	make(&h, (struct support_index){.n = 1});
	vsx_close(h.index);
	cr_assert(!vsx_update_begin(&u, scratch_path("x"), NULL, &err) &&
		  !vsx_update_delete(u, (uint64_t[]){0}, 1, &err) &&
		  !vsx_update_commit(u, NULL, &err));
	vsx_update_free(u);
	vsx_open(&h.index, scratch_path("x"), NULL, &err);
	pool = new_pool(&h, 2);
	expect_answers(pool, &h, 5, K);
	cr_expect_eq(got.n_hits[4], 0);
	cr_expect(isnan(got.distances[5 * K - 1]));
	vsx_pool_free(pool);
	vsx_close(h.index);
}

/* A batch that each of n threads has a part of. */
static void run_by_all(struct vsx_pool *pool, struct at_hand *h, unsigned int n)
{
	static unsigned int turn;

	h->opts.deadline_ns = UINT64_MAX;
	/* Numbers that no thread has met yet. */
	turn += 100;
	n_met = turn;
	n_expected = turn + n;
	run(pool, h, QUERIES, K);
	cr_expect_eq(n_met, n_expected);
	n_expected = 0;
	h->opts.deadline_ns = 0;
}

Test(pool, in_the_steady_state_takes_nothing_from_the_system)
{
	enum { THREADS = 4 };

	for (int s = 0; s < 3; s++) {
		unsigned long allocations, started;
		struct vsx_pool *pool;
		struct at_hand h;

		make(&h, (struct support_index){
				 .spec = specs[s], .n = ROWS, .elem = VSX_U8});
		/* What a thread needs goes by its queries. */
		for (size_t i = 1; i < QUERIES; i++)
			memcpy(h.queries[i], h.queries[0],
			       sizeof(h.queries[0]));
		started = n_started;
		pool = new_pool(&h, THREADS);
		cr_expect_eq(n_started - started, THREADS - 1);
		for (h.opts.exact = 0; h.opts.exact < 2; h.opts.exact++)
			run_by_all(pool, &h, THREADS);
		allocations = n_allocations;
		for (uint32_t round = 0; round < 40; round++) {
			h.opts.exact = round & 1;
			run(pool, &h, round % 3 ? QUERIES : 10, K);
		}
		cr_expect_eq(n_allocations, allocations, "%s: %lu", specs[s],
			     n_allocations - allocations);
		cr_expect_eq(n_started - started, THREADS - 1);
		vsx_pool_free(pool);
		cr_expect_eq(n_started, n_joined);
		vsx_close(h.index);
	}
}

Test(pool, does_with_fewer_threads_than_it_wanted)
{
	struct vsx_pool *pool;
	struct at_hand h;

	make(&h, (struct support_index){.spec = "HNSW8"});
	for (most_threads = 0; most_threads < 3; most_threads++) {
		pool = new_pool(&h, 4);
		cr_expect_eq(n_started - n_joined, most_threads);
		expect_answers(pool, &h, QUERIES, K);
		vsx_pool_free(pool);
		cr_expect_eq(n_started, n_joined);
	}
	vsx_close(h.index);
}

Test(pool, names_the_first_query_that_fails)
{
	struct vsx_answers a = all_answers();
	struct vsx_pool *pool;
	struct at_hand h;

	make(&h, (struct support_index){.spec = "HNSW8"});
	pool = new_pool(&h, 3);
	h.opts.first_query = 1000;
	for (int exact = 0; exact < 2; exact++) {
		h.opts.exact = (uint32_t)exact;
		h.queries[41][3] = NAN;
		h.queries[93][0] = INFINITY;
		cr_expect_eq(vsx_pool_search(pool, h.queries, VSX_F32, QUERIES,
					     K, &h.opts, &a, &err),
			     VSX_ENUMERIC);
		cr_expect(strstr(err.text, "query 1041: component 3 is NaN"),
			  "%s", err.text);
		/* That leaves nothing behind. */
		h.queries[41][3] = h.queries[93][0] = 1;
		expect_answers(pool, &h, QUERIES, K);
	}
	vsx_pool_free(pool);
	vsx_close(h.index);
}

/* Whatever there is no memory for: a later batch finds nothing half made. */
Test(pool, goes_on_after_memory_ran_out)
{
	struct vsx_pool *pool = NULL;
	struct vsx_answers a;
	struct at_hand h;

	make(&h, (struct support_index){.elem = VSX_U8, .ids = true});
	for (h.opts.exact = 0; h.opts.exact < 2; h.opts.exact++) {
		enum vsx_status status = VSX_ENOMEM;
		unsigned long n = 0;

		for (; status != VSX_OK; n++) {
			n_allocations = 0;
			fails_at = n + 1;
			status = vsx_pool_new(&pool, h.index, 1, &err);
			if (status == VSX_OK) {
				a = all_answers();
				status = vsx_pool_search(pool, h.queries,
							 VSX_F32, QUERIES, K,
							 &h.opts, &a, &err);
			}
			fails_at = 0;
			cr_assert(status == VSX_OK || status == VSX_ENOMEM);
			if (pool)
				expect_answers(pool, &h, 60, K);
			vsx_pool_free(pool);
		}
		cr_expect_gt(n, 20, "%lu", n);
	}
	vsx_close(h.index);
}

Test(pool, refuses_what_it_does_not_know)
{
	struct {
		struct vsx_answers known;
		void *newer;
	} grown = {.known = all_answers()};
	struct vsx_answers a = all_answers();
	struct vsx_pool *pool;
	struct at_hand h;

	make(&h, (struct support_index){0});
	pool = new_pool(&h, 2);
	grown.known.struct_size = sizeof(grown);
	cr_expect_eq(vsx_pool_search(pool, h.queries, VSX_F32, 3, K, NULL,
				     &grown.known, &err),
		     VSX_OK);
	grown.newer = &grown;
	cr_expect_eq(vsx_pool_search(pool, h.queries, VSX_F32, 3, K, NULL,
				     &grown.known, &err),
		     VSX_EINVAL);
	cr_expect(strstr(err.text, "struct vsx_answers has a member set"), "%s",
		  err.text);
	a.struct_size = 1;
	cr_expect_eq(
		vsx_pool_search(pool, h.queries, VSX_F32, 3, K, NULL, &a, &err),
		VSX_EINVAL);
	/* One of an earlier version knows less. */
	a = all_answers();
	a.struct_size = offsetof(struct vsx_answers, n_hops);
	cr_expect_eq(
		vsx_pool_search(pool, h.queries, VSX_F32, 3, K, NULL, &a, &err),
		VSX_OK);
	cr_expect_eq(got.n_hops[0], UINT64_C(0x7777777777777777));
	cr_expect_eq(got.n_hits[0], K);
	cr_expect_eq(
		vsx_pool_search(pool, h.queries, VSX_F32, 3, 0, NULL, &a, &err),
		VSX_EINVAL);
	cr_expect_eq(vsx_pool_search(pool, h.queries, (enum vsx_elem)9, 3, K,
				     NULL, &a, &err),
		     VSX_EINVAL);
	vsx_pool_free(pool);
	vsx_close(h.index);
}

/* 0: as it is to be. */
static int in_a_child(struct vsx_pool *pool, const struct at_hand *h)
{
	struct vsx_answers a = all_answers();
	struct vsx_pool *own;

	if (vsx_pool_search(pool, h->queries, VSX_F32, QUERIES, K, NULL, &a,
			    &err) != VSX_EINVAL)
		return 1;
	if (!strstr(err.text, "of process ") || got.n_hits[0] == K)
		return 2;
	vsx_pool_free(pool);
	if (vsx_pool_new(&own, h->index, 3, &err) != VSX_OK ||
	    vsx_pool_search(own, h->queries, VSX_F32, QUERIES, K, NULL, &a,
			    &err) != VSX_OK)
		return 3;
	vsx_pool_free(own);
	return got.n_hits[QUERIES - 1] == K ? 0 : 4;
}

Test(pool, has_no_threads_in_a_child)
{
	struct vsx_pool *pool;
	struct at_hand h;
	int status = -1;
	pid_t child;

	make(&h, (struct support_index){.spec = "HNSW8"});
	pool = new_pool(&h, 3);
	expect_answers(pool, &h, QUERIES, K);
	child = fork();
	if (child == 0)
		_exit(in_a_child(pool, &h));
	cr_assert(child > 0 && waitpid(child, &status, 0) == child);
	cr_expect_eq(status, 0, "%d", status);
	/* The parent's are as they were. */
	expect_answers(pool, &h, QUERIES, K);
	vsx_pool_free(pool);
	vsx_close(h.index);
}

/* All its work is the caller's. */
Test(pool, of_one_thread_is_whole_in_a_child)
{
	struct vsx_pool *pool;
	struct at_hand h;
	int status = -1;
	pid_t child;

	make(&h, (struct support_index){.spec = "HNSW8"});
	pool = new_pool(&h, 1);
	child = fork();
	if (child == 0) {
		struct vsx_answers a = all_answers();

		if (vsx_pool_search(pool, h.queries, VSX_F32, QUERIES, K, NULL,
				    &a, &err) != VSX_OK)
			_exit(1);
		vsx_pool_free(pool);
		_exit(got.n_hits[QUERIES - 1] == K ? 0 : 2);
	}
	cr_assert(child > 0 && waitpid(child, &status, 0) == child);
	cr_expect_eq(status, 0, "%d", status);
	expect_answers(pool, &h, QUERIES, K);
	vsx_pool_free(pool);
	vsx_close(h.index);
}

Test(pool, may_outlive_its_index)
{
	struct vsx_pool *pool;
	struct at_hand h;

	make(&h, (struct support_index){0});
	pool = new_pool(&h, 2);
	run(pool, &h, QUERIES, K);
	vsx_close(h.index);
	vsx_pool_free(pool);
	vsx_pool_free(NULL);
}
