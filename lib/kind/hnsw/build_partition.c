/*
 * A base level from a partition. Links are chosen among the near rows that
 * leaves show; then each row looks for near ones by a search of that graph, as
 * an insertion would, and links are chosen once more. (The idea of the second
 * part: Subramanya, Devvrit, Kadekodi, Krishnaswamy, Simhadri, "DiskANN: Fast
 * Accurate Billion-point Nearest Neighbor Search on a Single Node", NeurIPS
 * 2019, section 2.3.)
 */
#include "kind/hnsw/build_partition.h"

#include "base/parallel.h"
#include "kind/hnsw/build_hubs.h"

static bool is_coarse(const struct vsx_near *near)
{
	uint32_t n = 0;

	for (uint32_t row = 0; row < near->n; row++) {
		uint32_t have = near->count[row];
		const uint64_t *list = vsx_near_list(near, row);

		n += have > 0 && vsx_codes_blur(list[vsx_telling(have)]);
	}
	return vsx_codes_are_coarse(n, near->n);
}

/* ---- refining -------------------------------------------------------- */

#define WALK_CHUNK   64
#define REFINE_STEPS 12u /* of a row, as those of build_links.h */

/* Where a walk for a row begins on the base level, the row itself left out. */
static enum vsx_status descend(const struct vsx_graph *g, struct vsx_walk *walk,
			       uint32_t row, uint32_t *at, uint32_t *key,
			       struct vsx_error *err)
{
	const struct vsx_rows *rows = g->rows;
	struct vsx_level view;

	*at = g->order[0];
	if (*at == row) { /* some other one; it has one if there is one */
		*at = g->level[0].links[(size_t)row * g->level[0].degree];
		return VSX_OK;
	}
	vsx_space_keys(rows->space, &walk->scratch->query, rows->base, at, 1,
		       key);
	for (uint32_t level = g->n_levels - 1; level > 0; level--) {
		vsx_graph_view(g, level, &view);
		VSX_TRY(vsx_walk_greedy(walk, &view, at, key, err));
	}
	return VSX_OK;
}

/* What a search for a row finds, as entries in the pool of the scratch. */
static enum vsx_status find_near(const struct vsx_links *l,
				 struct vsx_links_worker *w, uint32_t row,
				 uint32_t ef, size_t *n, struct vsx_error *err)
{
	const struct vsx_graph *g = l->graph;
	const struct vsx_space *space = g->rows->space;
	struct vsx_scratch *s = &w->scratch;
	struct vsx_walk walk;
	struct vsx_level view;
	uint32_t at, key;

	vsx_space_row_query(space, &s->query,
			    g->rows->base + (size_t)row * space->stride);
	s->code.asked = &s->query; /* no bounds are wanted */
	s->code.longest = 0.0;
	VSX_TRY(vsx_walk_begin(&walk, s, &s->code, 0, g->rows->n, ef,
			       l->level->degree, err));
	walk.avoid = row;
	VSX_TRY(descend(g, &walk, row, &at, &key, err));
	*n = 0;
	if (at == VSX_HNSW_NO_LINK)
		return VSX_OK;
	vsx_graph_view(g, 0, &view);
	VSX_TRY(vsx_walk_enter(&walk, &view, at, ef, &key, err));
	VSX_TRY(vsx_walk_beam(&walk, &view, ef, err));
	for (size_t i = 0; i < walk.n; i++)
		s->pool[i] = (uint64_t)vsx_pool_key(s->pool[i]) << 32 |
			     vsx_pool_row(s->pool[i]);
	*n = walk.n;
	return VSX_OK;
}

/* A third of what an insertion looks at, since most near rows are known, and as
 * many as fill a list. */
static uint32_t refining_ef(const struct vsx_graph *g)
{
	uint32_t ef = g->ef_construction / 3 + 1;

	return ef > g->level[0].degree ? ef : g->level[0].degree;
}

/* New links of rows go to their lists, which what did not pass fills up: the
 * graph stays as it is. */
static enum vsx_status refine_some(void *context, unsigned int thread,
				   uint64_t first, uint64_t last,
				   struct vsx_error *err)
{
	struct vsx_links *l = context;
	struct vsx_links_worker *w = &l->workers[thread];

	for (uint32_t row = (uint32_t)first; row < last; row++) {
		uint32_t n, n_others;
		size_t found;

		VSX_TRY(find_near(l, w, row, refining_ef(l->graph), &found,
				  err));
		n = vsx_links_unite(l, w, row, w->scratch.pool,
				    (uint32_t)found);
		n = vsx_links_choose(l, w, n, &n_others);
		vsx_near_offer(&l->near, row, w->candidates, n);
		n = l->level->degree - n;
		vsx_near_offer(&l->near, row, w->others,
			       n < n_others ? n : n_others);
	}
	return vsx_linking_add(l->told, thread, REFINE_STEPS * (last - first),
			       err);
}

static enum vsx_status refine(struct vsx_links *l, struct vsx_error *err)
{
	vsx_near_clear(&l->near);
	VSX_TRY(vsx_parallel(l->n_threads, l->near.n, WALK_CHUNK, refine_some,
			     l, err));
	vsx_links_take_near(l);
	return vsx_links_turn(l, err);
}

/* ---- all of it ------------------------------------------------------- */

#define ROW_STEPS                                                              \
	(VSX_LEAVES_FIRST_FAN * VSX_LEAVES_LATER_FAN + VSX_LINKS_STEPS +       \
	 2 * VSX_LINKS_TURN_STEPS + REFINE_STEPS)

static enum vsx_status link_all(struct vsx_links *l, struct vsx_job *job,
				const struct vsx_coded *coded, bool *coarse,
				struct vsx_error *err)
{
	struct vsx_code_rows codes = vsx_coded_rows(coded);

	VSX_TRY(vsx_leaves_near(job, &codes, &l->near, l->told, err));
	*coarse = coded->stand_in && !coded->exact && is_coarse(&l->near);
	if (*coarse)
		return VSX_OK;
	if (coded->stand_in)
		VSX_TRY(vsx_links_square(l, err));
	else
		VSX_TRY(vsx_links_rate_near(l, err));
	VSX_TRY(vsx_links_from_near(l, err));
	VSX_TRY(vsx_links_turn(l, err));
	VSX_TRY(refine(l, err));
	return coded->stand_in ? VSX_OK : vsx_links_add_hubs(l, err);
}

enum vsx_status vsx_graph_from_partition(struct vsx_graph *g,
					 struct vsx_job *job,
					 const struct vsx_coded *coded,
					 bool *coarse, struct vsx_error *err)
{
	uint32_t n_upper = g->n_levels > 1 ? g->level[1].n_slots : 1;
	uint32_t most = refining_ef(g);
	struct vsx_linking told = {.job = job,
				   .first = n_upper,
				   .n = coded->rows.n,
				   .row_steps = ROW_STEPS};
	struct vsx_links l;
	enum vsx_status status;

	/* Links of the upper levels, and long ones on the base level. */
	VSX_TRY(vsx_graph_insert(g, job, n_upper, err));
	if (most < vsx_near_room(g->level[0].degree))
		most = vsx_near_room(g->level[0].degree);
	status = vsx_links_init(&l, g, most, job->n_threads, &told, err);
	if (status == VSX_OK)
		status = link_all(&l, job, coded, coarse, err);
	vsx_links_release(&l);
	return status;
}
