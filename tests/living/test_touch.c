/*
 * A page is checked before anything in it is used. Whatever page of a file is
 * damaged, every call gives what it gives on the sound file, or names the page:
 * a page that was used unchecked would show in the answer, or in the rows that
 * a search came by. The damage is words that change places, so that what is
 * read still makes sense: links lead to rows that are there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "living/change.h"
#include "write/scratch_folder.h"

TestSuite(touch, .init = scratch_make, .fini = scratch_drop, .timeout = 300);

enum { PAGE = 4096, MOST_DIM = 1024, K = 5, ASKED = 4 };

struct answer {
	enum vsx_status status;
	char text[VSX_ERROR_TEXT];
	size_t n;
	struct vsx_hit hits[K];
	float vector[MOST_DIM];
	uint64_t id, n_distances, n_hops;
};

static struct support_index what;
static float queries[ASKED][MOST_DIM];

/* Rows of the file, of which the first is where graphs are entered, and others.
 */
static void make_queries(const char *path)
{
	struct vsx *index = change_open(path);
	uint64_t id;

	for (uint32_t q = 0; q < ASKED; q++)
		support_row(&what, 5000 + q, queries[q]);
	for (uint32_t q = 0; q < 2; q++) {
		MUST(vsx_id_at(index, q * (what.n / 2), &id, &err));
		MUST(vsx_get(index, id, queries[q], &err));
	}
	vsx_close(index);
}

/* ---- calls ------------------------------------------------------------ */

static enum vsx_status search(struct vsx *index, uint32_t effort,
			      uint32_t exact, uint32_t q, struct answer *a)
{
	struct vsx_search_opts opts = VSX_SEARCH_OPTS_INIT;
	struct vsx_search_stats stats;
	struct vsx_searcher *s;

	opts.effort = effort;
	opts.exact = exact;
	MUST(vsx_searcher_new(&s, index, &err));
	a->status = vsx_search(s, queries[q], VSX_F32, K, &opts, a->hits, &a->n,
			       &err);
	vsx_get_stats(s, &stats);
	vsx_searcher_free(s);
	a->n_distances = stats.n_distances;
	a->n_hops = stats.n_hops;
	return a->status;
}

static enum vsx_status narrow(struct vsx *index, uint32_t q, struct answer *a)
{
	return search(index, 1, 0, q, a);
}

static enum vsx_status wide(struct vsx *index, uint32_t q, struct answer *a)
{
	return search(index, (uint32_t)what.n, 0, q, a);
}

static enum vsx_status exact(struct vsx *index, uint32_t q, struct answer *a)
{
	return search(index, 0, 1, q, a);
}

static enum vsx_status get(struct vsx *index, uint32_t q, struct answer *a)
{
	a->id = support_id(&what, 11 + q * (what.n / ASKED));
	return vsx_get(index, a->id, a->vector, &err);
}

static enum vsx_status id_at(struct vsx *index, uint32_t q, struct answer *a)
{
	return vsx_id_at(index, 7 + q * (what.n / ASKED), &a->id, &err);
}

static enum vsx_status centroid(struct vsx *index, uint32_t q, struct answer *a)
{
	return vsx_get_centroid(index, 0, q, a->vector, &err);
}

static const struct {
	const char *name;
	enum vsx_status (*ask)(struct vsx *index, uint32_t q, struct answer *a);
} calls[] = {
	{"a narrow search", narrow}, {"a wide search", wide},
	{"an exact search", exact},  {"vsx_get", get},
	{"vsx_id_at", id_at},	     {"vsx_get_centroid", centroid},
};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

/* Opened anew, so that no page has been checked. */
static struct answer ask(const char *path, size_t call, uint32_t q)
{
	struct answer a;
	struct vsx *index;

	memset(&a, 0, sizeof(a));
	memset(&err, 0, sizeof(err));
	a.status = vsx_open(&index, path, NULL, &err);
	if (a.status == VSX_OK)
		a.status = calls[call].ask(index, q, &a);
	memcpy(a.text, err.text, sizeof(a.text));
	vsx_close(index);
	return a;
}

/* ---- damage ------------------------------------------------------------ */

/* Words from both ends change places, as far as they are not the same. */
static void turn(uint8_t *page, size_t n)
{
	for (size_t i = 0; i < n / 8; i++) {
		uint8_t *a = page + i * 4, *b = page + (n / 4 - 1 - i) * 4;
		uint8_t word[4];

		memcpy(word, a, 4);
		memcpy(a, b, 4);
		memcpy(b, word, 4);
	}
}

static bool same(const struct answer *a, const struct answer *b)
{
	return a->n == b->n && a->n_distances == b->n_distances &&
	       a->n_hops == b->n_hops && a->id == b->id &&
	       memcmp(a->vector, b->vector, sizeof(a->vector)) == 0 &&
	       memcmp(a->hits, b->hits, a->n * sizeof(a->hits[0])) == 0;
}

static void expect_checked(const char *path, size_t page,
			   struct answer sound[CALLS][ASKED], size_t n_told[])
{
	char place[32];

	snprintf(place, sizeof(place), "page %zu", page);
	for (size_t c = 0; c < CALLS; c++)
		for (uint32_t q = 0; q < ASKED; q++) {
			const struct answer *due = &sound[c][q];
			struct answer a = ask(path, c, q);

			if (a.status == VSX_ECORRUPT && strstr(a.text, place)) {
				n_told[c]++;
				continue;
			}
			cr_expect_eq(a.status, due->status,
				     "%s, %s, page %zu: %s", what.spec,
				     calls[c].name, page, a.text);
			cr_expect(same(&a, due), "%s, %s used page %zu",
				  what.spec, calls[c].name, page);
		}
}

static void damage_each_page(const char *path)
{
	static struct answer sound[CALLS][ASKED];
	size_t n_told[CALLS] = {0}, n;
	uint8_t *bytes = support_read(path, &n), old[PAGE];

	make_queries(path);
	for (size_t c = 0; c < CALLS; c++)
		for (uint32_t q = 0; q < ASKED; q++)
			sound[c][q] = ask(path, c, q);
	for (size_t page = 1; page * PAGE < n; page++) {
		size_t at = page * PAGE, len = n - at < PAGE ? n - at : PAGE;
		int fd;

		memcpy(old, bytes + at, len);
		turn(bytes + at, len);
		if (memcmp(old, bytes + at, len) != 0) {
			fd = support_memory_file(bytes, n);
			expect_checked(support_fd_path(fd), page, sound,
				       n_told);
			close(fd);
		}
		memcpy(bytes + at, old, len);
	}
	/* All of it was to no purpose if none was needed. */
	for (size_t c = 0; c < CALLS; c++)
		cr_expect(n_told[c] > 0 || sound[c][0].status != VSX_OK,
			  "%s: %s needed no page", what.spec, calls[c].name);
	free(bytes);
}

/* Many rows on a page, and a page for each row. */
static void of_kind(const char *spec, enum vsx_metric metric)
{
	const char *path = scratch_path("x");

	for (uint32_t dim = 24; dim <= MOST_DIM; dim += MOST_DIM - 24) {
		what = support_defaults((struct support_index){
			.spec = spec,
			.metric = metric,
			.dim = dim,
			.n = dim == MOST_DIM ? 150 : 1500,
			.ids = true});
		support_build(path, what);
		damage_each_page(path);
	}
}

Test(touch, of_flat)
{
	of_kind("Flat", VSX_L2);
}

Test(touch, of_ivf)
{
	of_kind("IVF16,Flat", VSX_COSINE);
}

Test(touch, of_hnsw)
{
	of_kind("HNSW6", VSX_L2);
}

Test(touch, of_hnsw_products)
{
	of_kind("HNSW6", VSX_IP);
}

Test(touch, of_an_index_that_was_changed)
{
	const char *path = scratch_path("x");
	uint64_t gone[40];

	what = support_defaults((struct support_index){
		.spec = "HNSW6", .dim = 24, .n = 1500, .ids = true});
	support_build(path, what);
	for (size_t i = 0; i < 40; i++)
		gone[i] = support_id(&what, 2 + 3 * i);
	change(path, &what, what.n, 200, 1, gone, 40);
	damage_each_page(path);
}
