#include "kind/hnsw/build_gates.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "code/build_edge.h"
#include "kind/hnsw/hnsw.h"

#define ROW_CHUNK    16
#define ENCODE_CHUNK 256

/* The codes of links in the making. */
struct making {
	struct vsx_job *job;
	struct vsx_codes codes; /* what rows are compared as */
	uint8_t *code;		/* of all rows, in their order; owned */
	const uint32_t *order;	/* of rows that are no codes; NULL: as is */
	struct vsx_edges edges;
	const uint32_t *links; /* [n][degree] */
	uint32_t degree, n;
	uint32_t row_bytes;
	float *work; /* [threads][work_of()]; owned */
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
	struct vsx_view none = {0};
	enum vsx_status status;

	e.per_thread = vsx_codes_work(p) + vsx_codes_work_kept(from);
	VSX_TRY(vsx_arrays_take(m->job->arrays, &m->code, m->n, p->block_bytes,
				err));
	VSX_TRY(vsx_alloc_to(&e.work, vsx_job_threads(m->job),
			     e.per_thread * sizeof(*e.work), err));
	e.out = m->code;
	status = vsx_parallel(vsx_job_threads(m->job), m->n, ENCODE_CHUNK,
			      encode_some, &e, err);
	free(e.work);
	VSX_TRY(status);
	none.base = m->code;
	none.bytes = (uint64_t)m->n * p->block_bytes;
	VSX_TRY(vsx_codes_open(&m->codes, p->build->codec, &p->form,
			       from->rows->space, p->bytes, &none, 0, err));
	m->codes.view = NULL;
	return VSX_OK;
}

/* What a row is compared as. */
static void load(const void *context, uint32_t row, float *out)
{
	const struct making *m = context;
	const struct vsx_codes *c = &m->codes;
	uint64_t at = m->order ? m->order[row] : row;
	const uint8_t *code = c->base + at * c->block_bytes;

	if (c->codec->decode)
		c->codec->decode(&c->form, c->params, code, 0, out);
	else
		vsx_space_load(&c->rows, out, code);
}

static const uint32_t *links_of(const struct making *m, uint32_t row)
{
	return m->links + (size_t)row * m->degree;
}

static uint32_t n_links(const struct making *m, uint32_t row)
{
	uint32_t n = 0;

	while (n < m->degree && links_of(m, row)[n] != VSX_HNSW_NO_LINK)
		n++;
	return n;
}

static bool draw(const void *context, uint32_t row, uint64_t random,
		 uint32_t *to)
{
	const struct making *m = context;
	uint32_t n = n_links(m, row);

	if (n)
		*to = links_of(m, row)[random % n];
	return n > 0;
}

/* ---- their links ------------------------------------------------------- */

struct piece {
	const struct making *m;
	uint64_t first;
	uint8_t *out;
};

/* Both ends, and what an edge is made in. */
static size_t work_of(const struct making *m)
{
	return (size_t)m->edges.dim * 3;
}

static enum vsx_status make_some(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	const struct piece *p = context;
	const struct making *m = p->m;
	float *v = m->work + thread * work_of(m);
	float *u = v + m->edges.dim;
	size_t block = vsx_gate_block_bytes(m->edges.parts);

	(void)err;
	memset(p->out + first * m->row_bytes, 0, (last - first) * m->row_bytes);
	for (uint64_t i = first; i < last; i++) {
		uint32_t row = (uint32_t)(p->first + i);
		uint8_t *out = p->out + i * m->row_bytes;

		load(m, row, v);
		for (uint32_t j = 0; j < n_links(m, row); j++) {
			struct vsx_edge edge;

			load(m, links_of(m, row)[j], u);
			vsx_edge_of(&m->edges, v, u, u + m->edges.dim, &edge);
			vsx_edge_put(&m->edges, &edge, j % VSX_GATE_LINKS,
				     out + j / VSX_GATE_LINKS * block);
		}
	}
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

	vsx_arrays_leave(m->job->arrays, m->code);
	free(m->work);
	free(m);
}

/* ---- what is learned of them ------------------------------------------- */

static const uint32_t *base_links(const struct vsx_built *built)
{
	for (uint32_t i = 0; i < built->n_sections; i++)
		if (built->section[i].slot == VSX_SEC_LNK0)
			return built->section[i].data;
	return NULL;
}

static enum vsx_status learn(struct making *m, uint32_t dim, uint32_t parts,
			     struct vsx_built *built, struct vsx_error *err)
{
	struct vsx_edge_source from = {dim, m->n, load, draw, m};
	uint8_t *bytes;

	VSX_TRY(vsx_alloc_to(&bytes, vsx_edges_bytes(dim), 1, err));
	vsx_built_add(built, VSX_SEC_LNKP, bytes, vsx_edges_bytes(dim));
	VSX_TRY(vsx_edges_learn(
		m->job, &from, parts,
		(float *)(void *)(bytes + vsx_edges_mean_at()),
		(float *)(void *)(bytes + vsx_edges_book_at(dim)), &m->edges,
		err));
	vsx_edges_close(&m->edges, bytes);
	return vsx_alloc_to(&m->work, vsx_job_threads(m->job),
			    work_of(m) * sizeof(*m->work), err);
}

static enum vsx_status begin(struct making *m, uint32_t parts,
			     const struct vsx_code_params *codes,
			     const struct vsx_code_source *from,
			     struct vsx_built *built, struct vsx_error *err)
{
	uint32_t dim = from->rows->space->dim;

	m->n = from->rows->n;
	m->degree = 2 * built->params[VSX_HNSW_M];
	m->links = base_links(built);
	m->row_bytes =
		vsx_hnsw_gates_row_bytes(built->params[VSX_HNSW_M], parts);
	if (codes->build) {
		VSX_TRY(encode_rows(m, codes, from, err));
		dim = codes->form.coded;
	} else {
		vsx_codes_of_rows(&m->codes, from->rows->space,
				  from->rows->base, NULL);
		m->order = from->order;
	}
	return learn(m, dim, parts, built, err);
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
	status = begin(m, parts, codes, from, built, err);
	if (status != VSX_OK) {
		release(m);
		return status;
	}
	built->params[VSX_HNSW_GATES] = parts;
	built->section[built->n_sections].making = &making;
	built->section[built->n_sections].step = m->row_bytes;
	vsx_built_add(built, VSX_SEC_LNKG, m, (uint64_t)m->n * m->row_bytes);
	return VSX_OK;
}
