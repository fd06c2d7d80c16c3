/*
 * What it costs that an index changes: adding, deleting, opening with many
 * segments and deleted rows, searching among them, refreshing.
 *
 * usage: bench_living FOLDER [SPEC [ROWS [DIM [ADDED]]]]
 *
 * SPEC is HNSW16, ROWS 100000, DIM 64, ADDED a hundredth of ROWS. A line
 * "name<TAB>unit<TAB>value" for each number, then all of them as a table. The
 * rows are drawn: points of some hundred clusters in 16 dimensions, pushed into
 * more by a map that is not linear.
 */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "measure.h"
#include "write/update.h"

enum { LATENT = 16, K = 10, QUERIES = 500, ROUNDS = 31 };

static const char *spec = "HNSW16";
static size_t n_rows = 100000, n_added, dim = 64;
static float *queries;
static char base[4096], work[4096];

/* ---- rows --------------------------------------------------------------- */

static void draw(float *row, uint64_t seed, uint64_t i)
{
	static float map[LATENT][4096];
	struct vsx_rng rng = {vsx_random_at(seed, 3, i)};
	uint64_t centre = vsx_rng_below(&rng, 400);
	float latent[LATENT];

	if (map[0][0] == 0.0f)
		for (size_t l = 0; l < LATENT; l++)
			for (size_t d = 0; d < dim; d++)
				map[l][d] = (float)vsx_to_unit(
						    vsx_random_at(5, l, d)) -
					    0.49f;
	for (size_t l = 0; l < LATENT; l++)
		latent[l] =
			2.0f * (float)vsx_to_unit(vsx_random_at(6, centre, l)) +
			(float)vsx_to_unit(vsx_rng_next(&rng)) - 1.5f;
	for (size_t d = 0; d < dim; d++) {
		float x = 0;

		for (size_t l = 0; l < LATENT; l++)
			x += latent[l] * map[l][d];
		row[d] = x / (1.0f + fabsf(x)) +
			 0.02f * (float)vsx_to_unit(vsx_rng_next(&rng));
	}
}

static float *draw_rows(uint64_t seed, uint64_t first, size_t n)
{
	float *rows = malloc(n * dim * sizeof(*rows));

	if (!rows)
		die("out of memory");
	for (size_t i = 0; i < n; i++)
		draw(rows + i * dim, seed, first + i);
	return rows;
}

/* ---- files -------------------------------------------------------------- */

static double build(void)
{
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	struct vsx_builder *b;
	struct vsx_error err;
	double start;

	opts.dim = (uint32_t)dim;
	opts.spec = spec;
	opts.force = 1;
	if (vsx_builder_new(&b, base, &opts, &err))
		die(err.text);
	for (size_t i = 0; i < n_rows; i += 10000) {
		size_t n = n_rows - i < 10000 ? n_rows - i : 10000;
		float *rows = draw_rows(1, i, n);

		if (vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, n, NULL), &err))
			die(err.text);
		free(rows);
	}
	start = now(CLOCK_MONOTONIC);
	if (vsx_builder_finish(b, NULL, &err))
		die(err.text);
	vsx_builder_free(b);
	return now(CLOCK_MONOTONIC) - start;
}

/* The index as it was built, to be changed. */
static void fresh_copy(void)
{
	static char block[1 << 20];
	FILE *from = fopen(base, "rb"), *to = fopen(work, "wb");
	size_t n;

	if (!from || !to)
		die("cannot copy the index");
	while ((n = fread(block, 1, sizeof(block), from)) > 0)
		if (fwrite(block, 1, n, to) != n)
			die("cannot copy the index");
	/* What is left to write is not to be paid by the next sync. */
	if (fflush(to) || fsync(fileno(to)) || fclose(to))
		die("cannot copy the index");
	fclose(from);
}

static double sync_seconds;

static int timed_sync(void *context, int fd)
{
	double start = now(CLOCK_MONOTONIC);
	int r = vsx_system_files.sync(context, fd);

	sync_seconds += now(CLOCK_MONOTONIC) - start;
	return r;
}

/* Of one update, in seconds; syncs are a part of `commit`. */
struct times {
	double begin, rows, commit, all, syncs;
};

static struct times update(const float *rows, size_t n, uint64_t first_gone,
			   size_t n_gone, uint32_t keep)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	struct vsx_file_ops ops = vsx_system_files;
	uint64_t *gone = malloc((n_gone + 1) * sizeof(*gone));
	double start = now(CLOCK_MONOTONIC), at = start;
	struct vsx_update *u;
	struct vsx_error err;
	struct times t;

	opts.keep_segments = keep;
	ops.sync = timed_sync;
	sync_seconds = 0;
	if (!gone || vsx_update_begin_on(&u, work, &opts, &ops, &err))
		die(gone ? err.text : "out of memory");
	t.begin = now(CLOCK_MONOTONIC) - at;
	/* All over the file: steps of a number that has no part in n_rows. */
	for (size_t i = 0; i < n_gone; i++)
		gone[i] = (first_gone + i) * 7368787 % n_rows;
	at = now(CLOCK_MONOTONIC);
	if ((n && vsx_update_add(u, VSX_BATCH(rows, VSX_F32, n, NULL), &err)) ||
	    vsx_update_delete(u, gone, n_gone, &err))
		die(err.text);
	t.rows = now(CLOCK_MONOTONIC) - at;
	at = now(CLOCK_MONOTONIC);
	if (vsx_update_commit(u, NULL, &err))
		die(err.text);
	t.commit = now(CLOCK_MONOTONIC) - at;
	vsx_update_free(u);
	t.all = now(CLOCK_MONOTONIC) - start;
	t.syncs = sync_seconds;
	free(gone);
	return t;
}

/* ---- searching ---------------------------------------------------------- */

static struct vsx *open_work(void)
{
	struct vsx *index;
	struct vsx_error err;

	if (vsx_open(&index, work, NULL, &err))
		die(err.text);
	return index;
}

static double search_all(struct vsx_searcher *s, uint64_t (*found)[K],
			 uint32_t exact)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	double start = now(CLOCK_THREAD_CPUTIME_ID);
	struct vsx_hit hits[K];
	struct vsx_error err;
	size_t n;

	opts.exact = exact;
	for (size_t q = 0; q < QUERIES; q++) {
		if (vsx_search(s, queries + q * dim, VSX_F32, K, &opts, hits,
			       &n, &err))
			die(err.text);
		for (size_t i = 0; i < K; i++)
			found[q][i] = i < n ? hits[i].id : UINT64_MAX;
	}
	return now(CLOCK_THREAD_CPUTIME_ID) - start;
}

/* Microseconds of a search, the median of rounds; and its recall@10. */
static void measure_search(const char *name)
{
	static uint64_t found[QUERIES][K], truth[QUERIES][K];
	struct vsx *index = open_work();
	struct vsx_searcher *s;
	struct vsx_error err;
	double times[5];
	size_t hits = 0;
	char text[64];

	if (vsx_searcher_new(&s, index, &err))
		die(err.text);
	search_all(s, truth, 1);
	search_all(s, found, 0);
	for (int r = 0; r < 5; r++)
		times[r] = search_all(s, found, 0) / QUERIES * 1e6;
	for (size_t q = 0; q < QUERIES; q++)
		for (size_t i = 0; i < K; i++)
			for (size_t j = 0; j < K; j++)
				hits += found[q][i] == truth[q][j];
	snprintf(text, sizeof(text), "search %s", name);
	tell_figure(text, "us", median(times, 5));
	snprintf(text, sizeof(text), "recall@10 %s", name);
	tell_figure(text, "", (double)hits / (QUERIES * K));
	vsx_searcher_free(s);
	vsx_close(index);
}

/* ---- what is measured --------------------------------------------------- */

static void measure_add(double seconds_build)
{
	float *rows = draw_rows(1, n_rows, n_added);
	struct times t;

	fresh_copy();
	t = update(rows, n_added, 0, 0, 0);
	tell_figure("add", "s", t.all);
	tell_figure("add: build time over it", "", seconds_build / t.all);
	tell_figure("add: share of build time", "%",
		    100 * t.all / seconds_build);
	tell_figure("add: begin", "ms", t.begin * 1e3);
	tell_figure("add: take the rows", "ms", t.rows * 1e3);
	tell_figure("add: commit", "ms", t.commit * 1e3);
	tell_figure("add: syncs of it", "ms", t.syncs * 1e3);
	t = update(rows, 1, 0, 0, 1);
	tell_figure("add one row", "ms", t.all * 1e3);
	tell_figure("add one row: without syncs", "ms",
		    (t.all - t.syncs) * 1e3);
	free(rows);
}

static void measure_delete(void)
{
	struct times t;

	fresh_copy();
	t = update(NULL, 0, 0, n_added, 0);
	tell_figure("delete", "ms", t.all * 1e3);
	tell_figure("delete: without syncs", "ms", (t.all - t.syncs) * 1e3);
	tell_figure("delete: begin", "ms", t.begin * 1e3);
	t = update(NULL, 0, n_added, 1, 0);
	tell_figure("delete one row", "ms", t.all * 1e3);
	tell_figure("delete one row: without syncs", "ms",
		    (t.all - t.syncs) * 1e3);
}

/* The first search after it, too: it checks what it touches. */
static void measure_opening(const char *what)
{
	double opening[ROUNDS], first[ROUNDS];
	char text[64];

	for (int r = -1; r < ROUNDS; r++) {
		double start = now(CLOCK_MONOTONIC), opened;
		struct vsx *index = open_work();
		struct vsx_searcher *s;
		struct vsx_hit hits[K];
		struct vsx_error err;
		size_t n;

		opened = now(CLOCK_MONOTONIC);
		if (vsx_searcher_new(&s, index, &err) ||
		    vsx_search(s, queries, VSX_F32, K, NULL, hits, &n, &err))
			die(err.text);
		if (r >= 0) {
			opening[r] = (opened - start) * 1e6;
			first[r] = (now(CLOCK_MONOTONIC) - opened) * 1e6;
		}
		vsx_searcher_free(s);
		vsx_close(index);
	}
	snprintf(text, sizeof(text), "open %s", what);
	tell_figure(text, "us", median(opening, ROUNDS));
	snprintf(text, sizeof(text), "first search %s", what);
	tell_figure(text, "us", median(first, ROUNDS));
}

static void measure_open(void)
{
	struct vsx_facts f;
	struct vsx *index;

	fresh_copy();
	measure_opening("as built");
	update(NULL, 0, 0, n_rows / 2, 0);
	for (uint64_t i = 0; i < 99; i++) {
		float *rows = draw_rows(2, i * 20, 20);

		update(rows, 20, 0, 0, 1);
		free(rows);
	}
	index = open_work();
	vsx_get_facts(index, &f);
	tell_figure("worn: segments", "", f.n_segments);
	tell_figure("worn: deleted rows", "", (double)(f.n_rows - f.n_live));
	vsx_close(index);
	measure_opening("worn");
	measure_search("worn");
}

static void measure_tombstones(void)
{
	static const unsigned int percents[] = {0, 10, 50, 90, 99};
	char text[64];

	for (int i = 0; i < 5; i++) {
		fresh_copy();
		if (percents[i])
			update(NULL, 0, 0, n_rows / 100 * percents[i], 0);
		snprintf(text, sizeof(text), "%u %% deleted", percents[i]);
		measure_search(text);
	}
}

static void measure_segments(void)
{
	size_t n = n_rows / 100;
	char text[64];

	fresh_copy();
	for (unsigned int i = 2; i <= 16; i++) {
		float *rows = draw_rows(2, i * n, n);

		update(rows, n, 0, 0, 1);
		free(rows);
		if (i & (i - 1))
			continue;
		snprintf(text, sizeof(text), "%u segments", i);
		measure_search(text);
	}
}

static void measure_refresh(void)
{
	double refresh[ROUNDS], first[ROUNDS], nothing[ROUNDS];
	float *rows = draw_rows(3, 0, ROUNDS);
	static uint64_t found[QUERIES][K];
	struct vsx_searcher *s;
	struct vsx *index, *next;
	struct vsx_hit hits[K];
	struct vsx_error err;
	size_t n;

	fresh_copy();
	index = open_work();
	if (vsx_searcher_new(&s, index, &err))
		die(err.text);
	search_all(s, found, 0); /* so that much is checked already */
	vsx_searcher_free(s);
	for (int r = 0; r < ROUNDS; r++) {
		double start = now(CLOCK_MONOTONIC);

		if (vsx_refresh(&next, index, &err) || next)
			die("nothing is new");
		nothing[r] = (now(CLOCK_MONOTONIC) - start) * 1e6;
		update(rows + (size_t)r * dim, 1, 0, 0, 0);
		start = now(CLOCK_MONOTONIC);
		if (vsx_refresh(&next, index, &err) || !next)
			die("a row was added");
		refresh[r] = (now(CLOCK_MONOTONIC) - start) * 1e6;
		start = now(CLOCK_MONOTONIC);
		if (vsx_searcher_new(&s, next, &err) ||
		    vsx_search(s, queries, VSX_F32, K, NULL, hits, &n, &err))
			die(err.text);
		first[r] = (now(CLOCK_MONOTONIC) - start) * 1e6;
		vsx_searcher_free(s);
		vsx_close(index);
		index = next;
	}
	vsx_close(index);
	tell_figure("refresh, nothing new", "us", median(nothing, ROUNDS));
	tell_figure("refresh, a row added", "us", median(refresh, ROUNDS));
	tell_figure("first search refreshed", "us", median(first, ROUNDS));
	measure_opening("then");
	free(rows);
}

int main(int argc, char **argv)
{
	static const char wanted[] = "ROWS, DIM and ADDED are numbers above 0";
	struct stat st;
	double seconds;

	if (argc < 2 || argc > 6)
		die("FOLDER [SPEC [ROWS [DIM [ADDED]]]]");
	if (argc > 2)
		spec = argv[2];
	if (argc > 3)
		n_rows = number_above_0(argv[3], wanted);
	if (argc > 4)
		dim = number_above_0(argv[4], wanted);
	n_added = argc > 5 ? number_above_0(argv[5], wanted) : n_rows / 100;
	if (dim > 4096 || n_added == 0 || n_added > n_rows / 2)
		die("DIM is at most 4096, ADDED at most half of ROWS");
	snprintf(base, sizeof(base), "%s/base.vsx", argv[1]);
	snprintf(work, sizeof(work), "%s/work.vsx", argv[1]);
	queries = draw_rows(9, 0, QUERIES);
	seconds = build();
	tell_figure("rows", "", (double)n_rows);
	tell_figure("rows added", "", (double)n_added);
	tell_figure("build", "s", seconds);
	if (stat(base, &st) == 0)
		tell_figure("file", "MiB", (double)st.st_size / 1048576);
	measure_add(seconds);
	measure_delete();
	measure_open();
	measure_tombstones();
	measure_segments();
	measure_refresh();
	report_table();
	unlink(base);
	unlink(work);
	free(queries);
	return 0;
}
