/* What walks of a graph in the making find of known neighbours. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "kind/hnsw/build_shape.h"

#define CHUNK 4
#define K     10

static const uint32_t efs[VSX_SHAPE_EFS] = {
	10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024,
};

struct worker {
	struct vsx_scratch scratch;
	uint64_t found[VSX_SHAPE_EFS], n_distances[VSX_SHAPE_EFS];
};

struct measuring {
	const struct vsx_shape *shape;
	uint64_t done; /* of the progress, before */
	struct worker *workers;
};

/* Of the nearest rows those among the first n of the pool, which a search with
   this ef would give. */
static uint32_t count(const struct vsx_walk *w, size_t n, const uint32_t *near,
		      uint32_t n_near)
{
	uint32_t found = 0;

	for (size_t i = 0; i < n && i < w->n; i++)
		for (uint32_t j = 0; j < n_near; j++)
			found += vsx_pool_row(w->scratch->pool[i]) == near[j];
	return found;
}

/* As a search begins, from the entry point down. */
static enum vsx_status enter(const struct vsx_shape *s, struct vsx_walk *w,
			     struct vsx_level *base, size_t ef,
			     struct vsx_error *err)
{
	const uint32_t *level_rows = s->level_rows, *upper = s->upper;
	uint32_t at = s->built->order[0], key;
	struct vsx_level level = *base;

	VSX_TRY(vsx_walk_enter(w, base, at, ef, &key, err));
	level.slot_of = s->slot_of;
	level.degree = s->m;
	for (uint32_t l = s->n_levels - 1; l > 0; l--) {
		level.links = upper;
		for (uint32_t below = 1; below < l; below++)
			level.links += (size_t)level_rows[below] * s->m;
		VSX_TRY(vsx_walk_descend(w, &level, ef, &at, &key, err));
	}
	return VSX_OK;
}

static enum vsx_status walk(const struct measuring *m, struct worker *w,
			    uint32_t query, struct vsx_error *err)
{
	const struct vsx_shape *s = m->shape;
	const struct vsx_asked *a = s->asked;
	const struct vsx_space *space = s->rows->space;
	struct vsx_level base = {
		.links = s->links, .degree = s->degree, .n_rows = s->rows->n};
	struct vsx_scratch *scratch = &w->scratch;
	size_t last = efs[VSX_SHAPE_EFS - 1];
	struct vsx_walk walk;

	VSX_TRY(vsx_space_prepare(space, &scratch->query,
				  a->queries + (size_t)query * space->dim,
				  VSX_F32, err));
	vsx_codes_of_rows(&base.codes, space, s->rows->base, NULL);
	scratch->code.asked = &scratch->query;
	VSX_TRY(base.codes.codec->prepare(&base.codes, &scratch->code, err));
	VSX_TRY(vsx_walk_begin(&walk, scratch, &scratch->code, 0, s->rows->n,
			       last + 2, s->degree, err));
	VSX_TRY(enter(s, &walk, &base, last, err));
	for (int i = 0; i < VSX_SHAPE_EFS; i++) {
		/* As far as a walk with a smaller ef goes. */
		VSX_TRY(vsx_walk_beam_until(&walk, &base, last, efs[i], err));
		w->found[i] += count(&walk, efs[i],
				     a->near + (size_t)query * a->n_near, K);
		w->n_distances[i] += walk.n_distances;
	}
	return VSX_OK;
}

static enum vsx_status walk_some(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	const struct measuring *m = context;
	const struct vsx_asked *a = m->shape->asked;
	struct vsx_job *job = m->shape->job;

	for (uint64_t i = first; i < last; i++)
		if (a->held_out[i])
			VSX_TRY(walk(m, &m->workers[thread], (uint32_t)i, err));
	return thread == 0
		       ? job->progress(job, &vsx_phase_shaping, m->done + first,
				       VSX_SHAPE_ROUNDS * a->n, err)
		       : VSX_OK;
}

static void add_up(const struct measuring *m, unsigned int n_threads,
		   struct vsx_shape_work *out)
{
	double n = 0.0;

	for (uint32_t i = 0; i < m->shape->asked->n; i++)
		n += m->shape->asked->held_out[i];
	for (int i = 0; i < VSX_SHAPE_EFS; i++) {
		uint64_t found = 0, n_distances = 0;

		for (unsigned int t = 0; t < n_threads; t++) {
			found += m->workers[t].found[i];
			n_distances += m->workers[t].n_distances[i];
		}
		out->recall[i] = (double)found / (K * n);
		out->distances[i] = (double)n_distances / n;
	}
}

enum vsx_status vsx_shape_measure(const struct vsx_shape *s, uint64_t done,
				  struct vsx_shape_work *out,
				  struct vsx_error *err)
{
	unsigned int n_threads = vsx_job_threads(s->job);
	struct measuring m = {.shape = s, .done = done};
	enum vsx_status status = VSX_OK;

	VSX_TRY(vsx_alloc_to(&m.workers, n_threads, sizeof(*m.workers), err));
	for (unsigned int t = 0; t < n_threads && status == VSX_OK; t++)
		status = vsx_scratch_init(&m.workers[t].scratch,
					  s->rows->space->dim, err);
	if (status == VSX_OK)
		status = vsx_parallel(n_threads, s->asked->n, CHUNK, walk_some,
				      &m, err);
	if (status == VSX_OK)
		add_up(&m, n_threads, out);
	for (unsigned int t = 0; t < n_threads; t++)
		vsx_scratch_release(&m.workers[t].scratch);
	free(m.workers);
	return status;
}
