/* Building graphs: how, and the sections that come of it. */
#include <string.h>

#include "kind/hnsw/build_partition.h"

/* Give the sections, their links renumbered. */
static enum vsx_status put_sections(const struct vsx_graph *g,
				    const uint32_t *new_of,
				    struct vsx_built *out,
				    struct vsx_error *err)
{
	uint32_t *links0, *upper = NULL, *levels;
	uint64_t n_upper = 0, at = 0;

	for (uint32_t l = 1; l < g->n_levels; l++)
		n_upper += (uint64_t)g->level[l].n_slots * g->m;
	VSX_TRY(vsx_arrays_take(g->arrays, &levels, g->n_levels, 4, err));
	vsx_built_add(out, VSX_SEC_LEVL, levels, (uint64_t)g->n_levels * 4);
	VSX_TRY(vsx_arrays_take(g->arrays, &links0,
				(uint64_t)g->rows->n * 2 * g->m, 4, err));
	vsx_built_add(out, VSX_SEC_LNK0, links0,
		      (uint64_t)g->rows->n * 2 * g->m * 4);
	if (n_upper) {
		VSX_TRY(vsx_arrays_take(g->arrays, &upper, n_upper, 4, err));
		vsx_built_add(out, VSX_SEC_LNKU, upper, n_upper * 4);
	}
	for (uint32_t level = 0; level < g->n_levels; level++) {
		const struct vsx_graph_level *l = &g->level[level];
		uint32_t *links = level ? upper + at : links0;

		levels[level] = l->n_slots;
		for (uint32_t r = 0; r < l->n_slots; r++) {
			uint32_t row = out->order[r];
			uint32_t slot = vsx_graph_slot(g, level, row);
			const uint32_t *from =
				l->links + (size_t)slot * l->degree;

			for (uint32_t i = 0; i < l->degree; i++)
				links[(size_t)r * l->degree + i] =
					from[i] == VSX_HNSW_NO_LINK
						? VSX_HNSW_NO_LINK
						: new_of[from[i]];
		}
		if (level)
			at += (uint64_t)l->n_slots * l->degree;
	}
	return VSX_OK;
}

static enum vsx_status give(const struct vsx_graph *g, struct vsx_built *out,
			    struct vsx_error *err)
{
	enum vsx_status status;
	uint32_t *new_of;

	VSX_TRY(vsx_graph_renumber(g, &out->order, err));
	VSX_TRY(vsx_arrays_take(g->arrays, &new_of, g->rows->n, sizeof(*new_of),
				err));
	for (uint32_t r = 0; r < g->rows->n; r++)
		new_of[out->order[r]] = r;
	status = put_sections(g, new_of, out, err);
	vsx_arrays_leave(g->arrays, new_of);
	out->params[VSX_HNSW_LEVELS] = g->n_levels;
	return status;
}

/* Rows as they are, one after the other. */
static enum vsx_status insert_rows(struct vsx_job *job,
				   const struct vsx_rows *rows, uint32_t m,
				   struct vsx_built *out, struct vsx_error *err)
{
	enum vsx_status status;
	struct vsx_graph g;

	status = vsx_graph_init(&g, job, rows, m, err);
	if (status == VSX_OK)
		status = vsx_graph_insert(&g, job, rows->n, err);
	if (status == VSX_OK)
		status = vsx_graph_connect(&g, job, err);
	if (status == VSX_OK)
		status = give(&g, out, err);
	vsx_graph_release(&g);
	return status;
}

static enum vsx_status link_by_codes(struct vsx_graph *g, struct vsx_job *job,
				     const struct vsx_coded *coded,
				     bool *coarse, struct vsx_error *err)
{
	if (vsx_hnsw_by_partition(job, coded->rows.n))
		return vsx_graph_from_partition(g, job, coded, coarse, err);
	/* First: rows are linked once, and that is told once. */
	*coarse = vsx_coded_are_coarse(coded);
	if (*coarse)
		return VSX_OK;
	return vsx_graph_insert(g, job, coded->rows.n, err);
}

/* *coarse: their codes do not tell the rows apart, and nothing is given. */
static enum vsx_status link_coded(struct vsx_job *job,
				  const struct vsx_rows *rows,
				  const struct vsx_coded *coded, uint32_t m,
				  struct vsx_built *out, bool *coarse,
				  struct vsx_error *err)
{
	enum vsx_status status;
	struct vsx_graph g;

	status = vsx_graph_init(&g, job, coded->stand_in ? &coded->rows : rows,
				m, err);
	if (status == VSX_OK)
		status = link_by_codes(&g, job, coded, coarse, err);
	if (status == VSX_OK && !*coarse)
		status = vsx_graph_connect(&g, job, err);
	if (status == VSX_OK && !*coarse)
		status = give(&g, out, err);
	vsx_graph_release(&g);
	for (uint32_t i = 0; coded->order && out->order && i < rows->n; i++)
		out->order[i] = coded->order[out->order[i]];
	return status;
}

static enum vsx_status code_rows(struct vsx_job *job,
				 const struct vsx_rows *rows, uint32_t m,
				 struct vsx_built *out, bool *coarse,
				 struct vsx_error *err)
{
	struct vsx_coded coded;
	enum vsx_status status;

	VSX_TRY(vsx_coded_make(&coded, job, rows, err));
	status = link_coded(job, rows, &coded, m, out, coarse, err);
	vsx_coded_release(&coded);
	return status;
}

/* Few rows are linked fast in any way, and by insertion with the lists that
   searches of few rows need. */
#define MANY_ROWS 4096

bool vsx_hnsw_by_partition(const struct vsx_job *job, uint64_t n)
{
	return job->by_partition || (!job->by_insertion && n >= MANY_ROWS);
}

bool vsx_hnsw_by_codes(const struct vsx_job *job, const struct vsx_space *space,
		       uint64_t n)
{
	return vsx_hnsw_by_partition(job, n) || vsx_coded_inserts(space);
}

enum vsx_status vsx_hnsw_build(struct vsx_job *job, const struct vsx_rows *rows,
			       const struct vsx_spec *spec,
			       struct vsx_built *out, struct vsx_error *err)
{
	bool coarse = !vsx_hnsw_by_codes(job, rows->space, rows->n);

	memset(out, 0, sizeof(*out));
	out->arrays = job->arrays;
	out->kind = VSX_HNSW;
	out->params[VSX_HNSW_M] = spec->size;
	out->params[VSX_HNSW_EF_CONSTRUCTION] = job->ef_construction;
	if (!coarse)
		VSX_TRY(code_rows(job, rows, spec->size, out, &coarse, err));
	return coarse ? insert_rows(job, rows, spec->size, out, err) : VSX_OK;
}
