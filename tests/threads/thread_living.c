/*
 * Readers while an index changes: threads and processes open it, refresh it and
 * search it, and one of them backs it up, while one writer adds, deletes,
 * replaces and compacts. Each answer must be that of one state of the rows, as
 * a plain model in memory gave it before the state was committed. A program
 * with a plain main, for ThreadSanitizer.
 *
 * usage: thread_living [SECONDS]   (3, or VSX_LIVING_SECONDS)
 */
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/rng.h"
#include "vsx_write.h"

enum {
	IDS = 640,
	FIRST = 300, /* live at the beginning */
	LEAST = 50,  /* live at any time */
	MOST = 24,   /* rows that one change touches */
	DIM = 8,
	QUERIES = 4,
	K = 6,
	STATES = 1 << 14, /* that the board remembers */
	THREADS = 8,
	PROCESSES = 4,
	BACKS_UP = 1,	/* seed of the reader who does */
	MARK = 1000000, /* id of the row that says which state it is */
};

struct answer {
	uint64_t id;
	float distance;
};

/* A state of the rows: what is live, and what the queries find. */
struct state {
	uint64_t number;
	uint32_t n_live; /* without the mark */
	uint8_t live[IDS / 8];
	struct answer found[QUERIES][K];
};

/* Shared by all processes. */
static struct board {
	_Atomic uint64_t announced; /* states that may be in the file */
	_Atomic uint64_t committed; /* that is, or an older one was */
	_Atomic uint64_t stop, n_checks, n_failed;
	struct state states[STATES];
} * board;

static float rows[IDS][DIM], queries[QUERIES][DIM];
static bool live[IDS];
static uint32_t n_live;
static char path[64], repository[64], restored[64];

static void fail(const char *what, const char *why)
{
	atomic_fetch_add(&board->n_failed, 1);
	printf("FAILED: %s: %s\n", what, why);
	fflush(stdout);
}

/* ---- the model, which is the writer's --------------------------------- */

static void draw(float *x, struct vsx_rng *rng)
{
	for (int d = 0; d < DIM; d++)
		x[d] = (float)vsx_rng_below(rng, 40);
}

static float distance(const float *a, const float *b)
{
	float sum = 0; /* of small whole numbers: exact */

	for (int d = 0; d < DIM; d++)
		sum += (a[d] - b[d]) * (a[d] - b[d]);
	return sum;
}

static int by_distance(const void *pa, const void *pb)
{
	const struct answer *a = pa, *b = pb;

	if (a->distance != b->distance)
		return a->distance < b->distance ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

/* Before the state is committed: nobody can see it sooner. */
static void announce(uint64_t number)
{
	struct state *s = &board->states[number % STATES];
	static struct answer all[IDS];

	memset(s, 0, sizeof(*s));
	s->number = number;
	s->n_live = n_live;
	for (size_t i = 0; i < IDS; i++)
		s->live[i / 8] |= (uint8_t)(live[i] << i % 8);
	for (int q = 0; q < QUERIES; q++) {
		size_t n = 0;

		for (uint64_t i = 0; i < IDS; i++)
			if (live[i])
				all[n++] = (struct answer){
					i, distance(rows[i], queries[q])};
		qsort(all, n, sizeof(*all), by_distance);
		memcpy(s->found[q], all, sizeof(s->found[q]));
	}
	atomic_store(&board->announced, number);
}

/* Far from everything, so that no query finds it. */
static void make_mark(float *x, uint64_t number)
{
	memset(x, 0, DIM * sizeof(*x));
	x[0] = 100000;
	x[1] = (float)(number & 0xfff);
	x[2] = (float)(number >> 12);
}

/* ---- a reader ---------------------------------------------------------- */

/* A handle, and the state that it holds for ever. */
struct held {
	struct vsx *index;
	struct vsx_searcher *searcher;
	struct state state;
};

static void drop(struct held *h)
{
	vsx_searcher_free(h->searcher);
	vsx_close(h->index);
	memset(h, 0, sizeof(*h));
}

static bool same(const struct vsx_hit *hits, size_t n, const struct answer *due)
{
	for (size_t i = 0; i < n; i++)
		if (hits[i].id != due[i].id ||
		    hits[i].distance != due[i].distance)
			return false;
	return n == K;
}

/* Approximate ones: live, in order, each once, and as many as asked for. */
static bool sound(const struct vsx_hit *hits, size_t n, const struct state *s)
{
	for (size_t i = 0; i < n; i++) {
		if (hits[i].id >= IDS ||
		    !(s->live[hits[i].id / 8] >> hits[i].id % 8 & 1))
			return false;
		if (i > 0 && (hits[i].distance < hits[i - 1].distance ||
			      hits[i].id == hits[i - 1].id))
			return false;
	}
	return n == K;
}

static bool check_one(struct held *h, int q, uint32_t exact, const char *what)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_hit hits[K];
	struct vsx_error err;
	size_t n;

	opts.exact = exact;
	if (vsx_search(h->searcher, queries[q], VSX_F32, K, &opts, hits, &n,
		       &err)) {
		fail(what, err.text);
		return false;
	}
	if (exact ? same(hits, n, h->state.found[q])
		  : sound(hits, n, &h->state))
		return true;
	fail(what, exact ? "an exact answer is not that of its state"
			 : "an answer has rows that are not of its state");
	return false;
}

static void check_batch(struct held *h)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_hit hits[QUERIES][K];
	size_t n[QUERIES];
	struct vsx_error err;

	opts.exact = 1;
	if (vsx_search_batch(h->index, queries, VSX_F32, QUERIES, K, &opts, 2,
			     hits[0], n, NULL, &err)) {
		fail("batch", err.text);
		return;
	}
	for (int q = 0; q < QUERIES; q++)
		if (!same(hits[q], n[q], h->state.found[q]))
			fail("batch", "an answer is not that of its state");
}

static bool check(struct held *h, const char *what)
{
	struct vsx_facts facts;

	vsx_get_facts(h->index, &facts);
	if (facts.n_live != h->state.n_live + 1u)
		fail(what, "another number of live rows");
	for (int q = 0; q < QUERIES; q++)
		if (!check_one(h, q, 1, what) || !check_one(h, q, 0, what))
			return false;
	atomic_fetch_add(&board->n_checks, 1);
	return true;
}

/*
 * Which state a new handle holds: its mark says. It is none that was over
 * before it was opened, and none that was not announced.
 */
static bool learn(struct held *h, uint64_t least, const char *what)
{
	struct vsx_error err;
	float mark[DIM];
	uint64_t number;

	if (vsx_get(h->index, MARK, mark, &err) ||
	    vsx_searcher_new(&h->searcher, h->index, &err)) {
		fail(what, err.text);
		return false;
	}
	number = (uint64_t)mark[2] << 12 | (uint64_t)mark[1];
	if (number < least || number > atomic_load(&board->announced)) {
		fail(what, "a state that is over, or has not begun");
		return false;
	}
	h->state = board->states[number % STATES];
	if (h->state.number != number) {
		fail(what, "the board forgot the state: raise STATES");
		return false;
	}
	return true;
}

static bool open_from(struct held *h, const char *file, uint64_t least,
		      struct vsx_rng *rng)
{
	struct vsx_open_opts opts = VSX_OPEN_OPTS_INIT;
	struct vsx_error err;

	opts.check = (enum vsx_check)vsx_rng_below(rng, 3);
	opts.load = vsx_rng_below(rng, 4) == 0 ? VSX_LOAD_COPY : VSX_LOAD_MAP;
	if (vsx_open(&h->index, file, &opts, &err)) {
		fail("open", err.text);
		return false;
	}
	if (learn(h, least, "open") && check(h, "open"))
		return true;
	drop(h);
	return false;
}

static bool open_index(struct held *h, struct vsx_rng *rng)
{
	return open_from(h, path, atomic_load(&board->committed), rng);
}

/* To the newest state; the handle before must be what it was. */
static void refresh(struct held *h)
{
	uint64_t least = atomic_load(&board->committed);
	struct held next = {0};
	struct vsx_error err;

	if (vsx_refresh(&next.index, h->index, &err)) {
		fail("refresh", err.text);
		return;
	}
	if (!next.index) {
		if (h->state.number < least)
			fail("refresh", "nothing new, and there was");
		return;
	}
	if (learn(&next, least, "refresh"))
		check(&next, "refresh");
	check(h, "a handle after its refresh");
	drop(h);
	if (next.searcher)
		*h = next;
	else
		drop(&next);
}

static int keep_finding(void *context, const struct vsx_verify_event *event)
{
	char *text = context;

	if (event->what == VSX_FINDING && !*text)
		snprintf(text, VSX_ERROR_TEXT, "%s", event->text);
	return 0;
}

static void verify(void)
{
	char finding[VSX_ERROR_TEXT] = "";
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result result;
	struct vsx_error err;

	opts.n_threads = 1;
	opts.level = VSX_VERIFY_PAGES;
	if (vsx_verify(path, &opts, keep_finding, finding, &result, &err))
		fail("verify", err.text);
	else if (result.n_findings)
		fail("verify", finding);
}

/* What comes back is a state that was there when the backup began, or later. */
static void back_up(struct vsx_rng *rng)
{
	struct vsx_backup_opts opts = VSX_BACKUP_OPTS_INIT;
	struct vsx_prune_opts prune = VSX_PRUNE_OPTS_INIT;
	uint64_t least = atomic_load(&board->committed);
	static uint64_t n;
	struct vsx_error err;
	struct held h = {0};
	char name[32];

	snprintf(name, sizeof(name), "n%llu", (unsigned long long)n++);
	opts.name = name;
	opts.force = 1;
	prune.keep = 2;
	if (vsx_backup_create(path, repository, &opts, NULL, &err) ||
	    vsx_backup_restore(repository, name, restored, &opts, NULL, &err) ||
	    vsx_backup_prune(repository, &prune, NULL, &err)) {
		fail("backup", err.text);
		return;
	}
	if (open_from(&h, restored, least, rng))
		check_batch(&h);
	drop(&h);
}

/* first: a handle of the first state, shared by all. */
static void read_on(const struct held *first, uint64_t seed)
{
	struct held mine = *first, h = {0}, other;
	struct vsx_rng rng = {seed};
	struct vsx_error err;

	if (vsx_searcher_new(&mine.searcher, first->index, &err)) {
		fail("searcher", err.text);
		return;
	}
	while (!atomic_load(&board->stop)) {
		switch (h.index ? vsx_rng_below(&rng, 12) : 0) {
		case 0:
			drop(&h);
			if (!open_index(&h, &rng))
				goto done;
			break;
		case 1:
			other = (struct held){0};
			if (open_index(&other, &rng))
				check_batch(&other);
			drop(&other);
			break;
		case 2:
			check(&mine, "the first handle");
			break;
		case 3:
			verify();
			break;
		case 4:
			check(&h, "a handle held");
			break;
		case 5:
			if (seed == BACKS_UP)
				back_up(&rng);
			break;
		default:
			refresh(&h);
		}
	}
	check(&mine, "the first handle in the end");
done:
	drop(&h);
	vsx_searcher_free(mine.searcher);
}

struct job {
	const struct held *first;
	uint64_t seed;
};

static void *run_reader(void *arg)
{
	const struct job *job = arg;

	read_on(job->first, job->seed);
	return NULL;
}

/* ---- the writer -------------------------------------------------------- */

static void must(enum vsx_status status, const struct vsx_error *err)
{
	if (status == VSX_OK)
		return;
	fail("writer", err->text);
	atomic_store(&board->stop, 1);
}

static void build(const char *spec, struct vsx_rng *rng)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b = NULL;
	struct vsx_error err = {0};
	uint64_t id = MARK;
	float mark[DIM];

	opts.dim = DIM;
	opts.spec = spec;
	opts.force = 1;
	opts.ef_construction = 40;
	opts.n_test_queries = 5;
	opts.n_threads = 1;
	must(vsx_builder_new(&b, path, &opts, &err), &err);
	make_mark(mark, 0);
	must(vsx_builder_add(b, VSX_BATCH(mark, VSX_F32, 1, &id), &err), &err);
	n_live = FIRST;
	for (id = 0; id < IDS; id++) {
		live[id] = id < FIRST;
		draw(rows[id], rng);
		if (live[id])
			must(vsx_builder_add(
				     b, VSX_BATCH(rows[id], VSX_F32, 1, &id),
				     &err),
			     &err);
	}
	must(vsx_builder_finish(b, NULL, &err), &err);
	vsx_builder_free(b);
}

/* Delete, add and replace some rows, and say so on the board before. */
static void change(uint64_t number, struct vsx_rng *rng)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	uint64_t n = 1 + vsx_rng_below(rng, MOST), id = MARK;
	struct vsx_update *u;
	struct vsx_error err;
	float mark[DIM];
	bool touched[IDS] = {0};

	opts.flat_below = 1;
	opts.replace = 1;
	opts.keep_segments = vsx_rng_below(rng, 4) == 0;
	opts.n_threads = 1 + (unsigned int)vsx_rng_below(rng, 2);
	must(vsx_update_begin(&u, path, &opts, &err), &err);
	if (!u)
		return;
	make_mark(mark, number);
	must(vsx_update_add(u, VSX_BATCH(mark, VSX_F32, 1, &id), &err), &err);
	for (uint64_t i = 0; i < n; i++) {
		id = vsx_rng_below(rng, IDS);
		if (touched[id])
			continue;
		touched[id] = true;
		if (live[id] && n_live > LEAST && vsx_rng_below(rng, 2)) {
			must(vsx_update_delete(u, &id, 1, &err), &err);
			live[id] = false;
			n_live--;
			continue;
		}
		draw(rows[id], rng);
		must(vsx_update_add(u, VSX_BATCH(rows[id], VSX_F32, 1, &id),
				    &err),
		     &err);
		n_live += !live[id];
		live[id] = true;
	}
	announce(number);
	must(vsx_update_commit(u, NULL, &err), &err);
	atomic_store(&board->committed, number);
	vsx_update_free(u);
}

static void compact(void)
{
	struct vsx_compact_opts opts = VSX_COMPACT_OPTS_INIT;
	const char *input = path;
	struct vsx_error err;

	opts.n_threads = 1;
	must(vsx_compact(&input, 1, NULL, &opts, NULL, NULL, &err), &err);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t write_on(double seconds, struct vsx_rng *rng)
{
	double end = now() + seconds;
	uint64_t number = 0;

	while (now() < end && !atomic_load(&board->stop)) {
		if (vsx_rng_below(rng, 15) == 0)
			compact();
		else
			change(++number, rng);
	}
	atomic_store(&board->stop, 1);
	return number;
}

/* ---- all of it --------------------------------------------------------- */

static void start_processes(pid_t *children, const struct held *first)
{
	for (int i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] < 0)
			abort();
		if (children[i] > 0)
			continue;
		read_on(first, 100 + (uint64_t)i);
		_exit(0);
	}
}

static void end_processes(const pid_t *children)
{
	for (int i = 0; i < PROCESSES; i++) {
		int status = -1;

		waitpid(children[i], &status, 0);
		if (status != 0)
			fail("process", WIFSIGNALED(status)
						? strsignal(WTERMSIG(status))
						: "did not end well");
	}
}

static void run(const char *spec, double seconds, uint64_t seed)
{
	struct vsx_rng rng = {seed};
	pthread_t threads[THREADS];
	struct job jobs[THREADS];
	pid_t children[PROCESSES];
	struct held first = {0};
	uint64_t n;

	memset(board, 0, sizeof(*board) - sizeof(board->states));
	for (int q = 0; q < QUERIES; q++)
		draw(queries[q], &rng);
	fflush(stdout); /* children would say it again */
	build(spec, &rng);
	announce(0);
	if (!open_index(&first, &rng))
		return;
	start_processes(children, &first);
	for (int i = 0; i < THREADS; i++) {
		jobs[i] = (struct job){&first, (uint64_t)i + 1};
		if (pthread_create(&threads[i], NULL, run_reader, &jobs[i]))
			abort();
	}
	n = write_on(seconds, &rng);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	end_processes(children);
	check(&first, "the first handle in the end");
	drop(&first);
	printf("%s: %llu states, %llu checks, %llu failed\n", spec,
	       (unsigned long long)n,
	       (unsigned long long)atomic_load(&board->n_checks),
	       (unsigned long long)atomic_load(&board->n_failed));
}

static int drop_file(const char *file, const struct stat *st, int what,
		     struct FTW *where)
{
	(void)st, (void)what, (void)where;
	return remove(file);
}

int main(int argc, char **argv)
{
	static const char *const specs[] = {"HNSW6", "IVF8,Flat", "Flat"};
	const char *text = argc > 1 ? argv[1] : getenv("VSX_LIVING_SECONDS");
	double seconds = text ? strtod(text, NULL) : 3.0;
	char folder[] = "/tmp/vsx-living-XXXXXX";
	uint64_t failed = 0;

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED || !mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/index.vsx", folder);
	snprintf(restored, sizeof(restored), "%s/restored.vsx", folder);
	snprintf(repository, sizeof(repository), "%s/repository", folder);
	for (uint64_t i = 0; i < 3; i++) {
		run(specs[i], seconds / 3, i + 1);
		failed += atomic_load(&board->n_failed);
	}
	nftw(folder, drop_file, 16, FTW_DEPTH | FTW_PHYS);
	return failed != 0;
}
