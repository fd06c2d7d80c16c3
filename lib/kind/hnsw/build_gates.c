#include "kind/hnsw/build_gates.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "code/build_edge.h"
#include "kind/hnsw/link_codes.h"

#define ROW_CHUNK    16
#define ENCODE_CHUNK 256

/* The codes of links in the making. */
struct making {
	struct vsx_job *job;
	struct vsx_arrays *arrays;
	struct vsx_link_coder coder;
	uint8_t *code; /* of all rows, in their order; NULL: rows are none;
			  owned */
	uint32_t row_bytes;
	float *work; /* [threads][VSX_LINK_CODER_WORK][dim]; owned */
};

/* ---- the rows ---------------------------------------------------------- */

struct encoding {
	const struct vsx_code_params *params;
	const struct vsx_code_source *from;
	uint8_t *out;
	float *work;
	size_t per_thread;
};

static enum vsx_status encode_some(void *context, unsigned int thread,
				   uint64_t first, uint64_t last,
				   struct vsx_error *err)
{
	const struct encoding *e = context;

	(void)err;
	vsx_codes_encode(e->params, e->from, first, last - first,
			 e->work + thread * e->per_thread,
			 e->out + first * e->params->block_bytes);
	return VSX_OK;
}

/* Codes of all rows, as they will be in the file. */
static enum vsx_status encode_rows(struct making *m,
				   const struct vsx_code_params *p,
				   const struct vsx_code_source *from,
				   struct vsx_error *err)
{
	struct encoding e = {.params = p, .from = from};
	uint32_t n = from->rows->n;
	struct vsx_view all;
	enum vsx_status status;

	e.per_thread = vsx_codes_work(p) + vsx_codes_work_kept(from);
	VSX_TRY(vsx_arrays_take(m->arrays, &m->code, n, p->block_bytes, err));
	VSX_TRY(vsx_alloc_to(&e.work, vsx_job_threads(m->job),
			     e.per_thread * sizeof(*e.work), err));
	e.out = m->code;
	status = vsx_parallel(vsx_job_threads(m->job), n, ENCODE_CHUNK,
			      encode_some, &e, err);
	free(e.work);
	VSX_TRY(status);
	all = (struct vsx_view){
		.base = m->code,
		.bytes = (uint64_t)n * p->block_bytes,
	};
	VSX_TRY(vsx_codes_open(&m->coder.codes, p->build->codec, &p->form,
			       from->rows->space, p->bytes, &all, 0, err));
	m->coder.codes.view = NULL;
	return VSX_OK;
}

/* ---- what is learned of their links ------------------------------------ */

static void load(const void *context, uint32_t row, float *out)
{
	vsx_link_coder_load(context, row, out);
}

static bool draw(const void *context, uint32_t row, uint64_t random,
		 uint32_t *to)
{
	const struct vsx_link_coder *k = context;
	uint32_t n = vsx_link_coder_count(k, row);

	if (n)
		*to = vsx_link_coder_links(k, row)[random % n];
	return n > 0;
}

static enum vsx_status learn(struct making *m, uint32_t parts,
			     struct vsx_built *built, struct vsx_error *err)
{
	struct vsx_link_coder *k = &m->coder;
	uint32_t dim = vsx_link_coder_dim(k);
	struct vsx_edge_source from = {dim, k->n_rows, load, draw, k};
	uint64_t n = vsx_hnsw_learned_bytes(k->n_rows, dim, parts);
	uint8_t *bytes;

	VSX_TRY(vsx_alloc_to(&bytes, n, 1, err));
	vsx_built_add(built, VSX_SEC_LNKP, bytes, n);
	VSX_TRY(vsx_edges_learn(
		m->job, &from, parts,
		(float *)(void *)(bytes + vsx_edges_mean_at()),
		(float *)(void *)(bytes + vsx_edges_book_at(dim)), &k->edges,
		err));
	vsx_edge_coder_init(&k->coder, &k->edges);
	VSX_TRY(vsx_link_coder_entries(k, m->work, &k->edges.shift,
				       bytes + vsx_edges_bytes(dim), err));
	vsx_edges_close(&k->edges, bytes);
	return VSX_OK;
}

/* ---- the section -------------------------------------------------------- */

struct piece {
	const struct making *m;
	uint64_t first;
	uint8_t *out;
};

static enum vsx_status make_some(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	const struct piece *p = context;
	const struct making *m = p->m;
	float *work = m->work +
		      (size_t)thread * VSX_LINK_CODER_WORK * m->coder.edges.dim;

	(void)err;
	for (uint64_t i = first; i < last; i++)
		vsx_link_coder_row(&m->coder, (uint32_t)(p->first + i), work,
				   p->out + i * m->row_bytes);
	return VSX_OK;
}

static enum vsx_status make(void *data, uint64_t at, uint64_t n, uint8_t *out,
			    struct vsx_error *err)
{
	struct making *m = data;
	struct piece p = {m, at / m->row_bytes, out};

	return vsx_parallel(vsx_job_threads(m->job), n / m->row_bytes,
			    ROW_CHUNK, make_some, &p, err);
}

static void release(void *data)
{
	struct making *m = data;

	vsx_arrays_leave(m->arrays, m->code);
	free(m->work);
	free(m);
}

/* ---- both ---------------------------------------------------------------- */

static const uint32_t *base_links(const struct vsx_built *built)
{
	for (uint32_t i = 0; i < built->n_sections; i++)
		if (built->section[i].slot == VSX_SEC_LNK0)
			return built->section[i].data;
	return NULL;
}

static enum vsx_status begin(struct making *m, uint32_t parts,
			     const struct vsx_code_params *codes,
			     const struct vsx_code_source *from,
			     struct vsx_built *built, struct vsx_error *err)
{
	struct vsx_link_coder *k = &m->coder;

	k->n_rows = from->rows->n;
	k->degree = 2 * built->params[VSX_HNSW_M];
	k->links = base_links(built);
	m->row_bytes =
		vsx_hnsw_gates_row_bytes(built->params[VSX_HNSW_M], parts);
	if (codes->build) {
		VSX_TRY(encode_rows(m, codes, from, err));
	} else {
		vsx_codes_of_rows(&k->codes, from->rows->space,
				  from->rows->base, NULL);
		k->order = from->order;
	}
	VSX_TRY(vsx_alloc_to(&m->work, vsx_job_threads(m->job),
			     (size_t)vsx_link_coder_dim(k) *
				     VSX_LINK_CODER_WORK * sizeof(*m->work),
			     err));
	return learn(m, parts, built, err);
}

enum vsx_status vsx_hnsw_build_gates(struct vsx_job *job, uint32_t parts,
				     const struct vsx_code_params *codes,
				     const struct vsx_code_source *from,
				     struct vsx_built *built,
				     struct vsx_error *err)
{
	static const struct vsx_making making = {make, release};
	enum vsx_status status;
	struct making *m;

	VSX_TRY(vsx_alloc_to(&m, 1, sizeof(*m), err));
	m->job = job;
	m->arrays = job->arrays;
	status = begin(m, parts, codes, from, built, err);
	if (status != VSX_OK) {
		release(m);
		return status;
	}
	built->params[VSX_HNSW_GATES] = parts;
	built->section[built->n_sections].making = &making;
	built->section[built->n_sections].step = m->row_bytes;
	vsx_built_add(built, VSX_SEC_LNKG, m,
		      (uint64_t)m->coder.n_rows * m->row_bytes);
	return VSX_OK;
}
