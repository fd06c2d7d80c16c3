/* Links between rows that one query looks for. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "base/select.h"
#include "kind/hnsw/build_shape.h"

#define CHUNK 64

/* Of a list queries may bring so much. */
#define SHARE(degree) ((degree)*3 / 4)

/* A row is left out when one that was chosen before is nearer to it, by so much
   of the squared distance, than the row whose links they become. */
#define OCCLUSION 1.2

struct worker {
	struct vsx_query query;
	uint64_t *entries; /* key << 32 | row */
	size_t cap;
};

struct shaping {
	struct vsx_shape *shape;
	uint64_t *met; /* row << 32 | a query that looks for it, rising */
	uint64_t n_met;
	uint32_t *changed; /* the rows in it */
	uint64_t *first;   /* place in `met`, of each of them */
	uint32_t n_changed;
	struct worker *workers;
};

static void ask_for(const struct vsx_rows *rows, struct vsx_query *query,
		    uint32_t row)
{
	vsx_space_row_query(rows->space, query,
			    rows->base + (size_t)row * rows->space->stride);
}

static uint32_t key_of(const struct vsx_rows *rows,
		       const struct vsx_query *query, uint32_t row)
{
	uint32_t key;

	vsx_space_keys(rows->space, query, rows->base, &row, 1, &key);
	return key;
}

/* Keys for n rows, which then rise by them. */
static void rate(const struct shaping *p, struct worker *w, uint32_t row,
		 uint64_t *entries, uint32_t n)
{
	const struct vsx_rows *rows = p->shape->rows;

	ask_for(rows, &w->query, row);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t other = (uint32_t)entries[i];

		entries[i] =
			(uint64_t)key_of(rows, &w->query, other) << 32 | other;
	}
	vsx_least(entries, n, n, true);
}

/* ---- candidates ---------------------------------------------------------- */

static bool is_link(const uint32_t *links, uint32_t degree, uint32_t row)
{
	for (uint32_t i = 0; i < degree; i++)
		if (links[i] == row)
			return true;
	return false;
}

/* Rows that queries look for, row << 32 | query, as an entry of each: those
   that most look for come first. */
static uint32_t count(uint64_t *x, uint32_t n)
{
	uint32_t found = 0;

	vsx_least(x, n, n, true);
	for (uint32_t i = 0, next; i < n; i = next) {
		uint64_t row = x[i] >> 32;

		for (next = i + 1; next < n && x[next] >> 32 == row;)
			next++;
		x[found++] = (uint64_t)(UINT32_MAX - (next - i)) << 32 | row;
	}
	vsx_least(x, found, found, true);
	return found;
}

/* Candidates of a row: what is looked for together with it most often, and as
   often as the last of them. By distance alone, rows that many queries look for
   would be linked to those around them, as they are anyway. */
#define CANDIDATES 128

static uint32_t most_often(const uint64_t *x, uint32_t n)
{
	uint32_t some = n < CANDIDATES ? n : CANDIDATES;

	while (some > 0 && some < n && x[some] >> 32 == x[some - 1] >> 32)
		some++;
	return some;
}

/* So many queries say enough of a row. */
#define MOST_QUERIES 1024

/* Rows that are looked for together with number i of the changed ones and are
   not its links, the nearest first. */
static enum vsx_status gather(const struct shaping *p, struct worker *w,
			      uint32_t i, uint32_t *n, struct vsx_error *err)
{
	const struct vsx_shape *s = p->shape;
	const struct vsx_asked *a = s->asked;
	uint32_t row = p->changed[i];
	const uint32_t *links = s->links + (size_t)row * s->degree;
	uint64_t first = p->first[i], m = p->first[i + 1] - first;

	if (m > MOST_QUERIES)
		m = MOST_QUERIES;
	VSX_TRY(vsx_grow(&w->entries, &w->cap, m * a->n_near,
			 sizeof(*w->entries), err));
	*n = 0;
	for (uint64_t j = first; j < first + m; j++) {
		size_t query = (uint32_t)p->met[j];
		const uint32_t *near = a->near + query * a->n_near;

		for (uint32_t t = 0; t < a->n_near; t++)
			if (near[t] != row &&
			    !is_link(links, s->degree, near[t]))
				w->entries[(*n)++] =
					(uint64_t)near[t] << 32 | query;
	}
	*n = most_often(w->entries, count(w->entries, *n));
	rate(p, w, row, w->entries, *n);
	return VSX_OK;
}

/* ---- choosing ------------------------------------------------------------ */

/* A key as something that grows with the distance; of products, which may be
   anything, only that. */
static double farness(const struct vsx_rows *rows,
		      const struct vsx_query *query, uint32_t key)
{
	double value = vsx_space_value(rows->space, query, key);

	return rows->space->metric == VSX_COSINE ? 1.0 + value : value;
}

/* Of n rated rows the nearest, but for what one kept before is nearer to. */
static uint32_t choose(const struct shaping *p, struct worker *w, uint32_t n)
{
	const struct vsx_rows *rows = p->shape->rows;
	double by = rows->space->metric == VSX_IP ? 1.0 : OCCLUSION;
	uint32_t kept = 0, most = SHARE(p->shape->degree);

	for (uint32_t i = 0; i < n && kept < most; i++) {
		uint32_t rated = (uint32_t)(w->entries[i] >> 32);
		bool near_one = false;
		double far;

		ask_for(rows, &w->query, (uint32_t)w->entries[i]);
		far = farness(rows, &w->query, rated);
		for (uint32_t j = 0; j < kept && !near_one; j++) {
			uint32_t key = key_of(rows, &w->query,
					      (uint32_t)w->entries[j]);

			near_one = farness(rows, &w->query, key) * by < far;
		}
		if (!near_one)
			w->entries[kept++] = w->entries[i];
	}
	return kept;
}

/* Put n rows into a list, in place of its farthest links. */
static void put(const struct shaping *p, struct worker *w, uint32_t row,
		uint32_t n)
{
	uint32_t degree = p->shape->degree, have = 0, keep;
	uint32_t *links = p->shape->links + (size_t)row * degree;
	uint64_t old[2 * VSX_HNSW_MAX_M];

	for (; have < degree && links[have] != VSX_HNSW_NO_LINK; have++)
		old[have] = links[have];
	keep = have + n > degree ? degree - n : have;
	if (keep < have)
		rate(p, w, row, old, have);
	for (uint32_t i = 0; i < keep; i++)
		links[i] = (uint32_t)old[i];
	for (uint32_t i = 0; i < n; i++)
		links[keep + i] = (uint32_t)w->entries[i];
}

/* A row changes its own list alone, and sees no other. */
static enum vsx_status shape_some(void *context, unsigned int thread,
				  uint64_t first, uint64_t last,
				  struct vsx_error *err)
{
	const struct shaping *p = context;
	struct worker *w = &p->workers[thread];

	for (uint32_t i = (uint32_t)first; i < last; i++) {
		uint32_t n;

		VSX_TRY(gather(p, w, i, &n, err));
		n = choose(p, w, n);
		put(p, w, p->changed[i], n);
	}
	return VSX_OK;
}

/* ---- all of it ----------------------------------------------------------- */

static enum vsx_status find_met(struct shaping *p, struct vsx_error *err)
{
	const struct vsx_asked *a = p->shape->asked;
	uint64_t n = (uint64_t)a->n * a->n_near;

	VSX_TRY(vsx_arrays_take(p->shape->job->arrays, &p->met, n,
				sizeof(*p->met), err));
	for (uint32_t q = 0; q < a->n; q++)
		for (uint32_t j = 0; j < a->n_near && !a->held_out[q]; j++) {
			uint64_t row = a->near[(size_t)q * a->n_near + j];

			p->met[p->n_met++] = row << 32 | q;
		}
	vsx_least(p->met, p->n_met, p->n_met, true);
	return VSX_OK;
}

static enum vsx_status find_changed(struct shaping *p, struct vsx_error *err)
{
	struct vsx_arrays *a = p->shape->job->arrays;
	uint64_t n = p->n_met;

	VSX_TRY(vsx_arrays_take(a, &p->changed, n, sizeof(*p->changed), err));
	VSX_TRY(vsx_arrays_take(a, &p->first, n + 1, sizeof(*p->first), err));
	for (uint64_t i = 0; i < n; i++) {
		uint32_t row = (uint32_t)(p->met[i] >> 32);

		if (i > 0 && row == p->changed[p->n_changed - 1])
			continue;
		p->first[p->n_changed] = i;
		p->changed[p->n_changed++] = row;
	}
	p->first[p->n_changed] = n;
	return VSX_OK;
}

static enum vsx_status shape_all(struct shaping *p, struct vsx_error *err)
{
	unsigned int n_threads = vsx_job_threads(p->shape->job);

	VSX_TRY(find_met(p, err));
	VSX_TRY(find_changed(p, err));
	VSX_TRY(vsx_alloc_to(&p->workers, n_threads, sizeof(*p->workers), err));
	for (unsigned int t = 0; t < n_threads; t++)
		VSX_TRY(vsx_query_alloc(&p->workers[t].query,
					p->shape->rows->space->dim, err));
	return vsx_parallel(n_threads, p->n_changed, CHUNK, shape_some, p, err);
}

enum vsx_status vsx_shape_links(struct vsx_shape *s, uint32_t **changed,
				uint32_t *n_changed, struct vsx_error *err)
{
	struct vsx_arrays *a = s->job->arrays;
	struct shaping p = {.shape = s};
	enum vsx_status status = shape_all(&p, err);

	for (unsigned int t = 0; p.workers && t < vsx_job_threads(s->job);
	     t++) {
		vsx_query_release(&p.workers[t].query);
		free(p.workers[t].entries);
	}
	free(p.workers);
	vsx_arrays_leave(a, p.met);
	vsx_arrays_leave(a, p.first);
	*changed = p.changed;
	*n_changed = p.n_changed;
	return status;
}
