/* Making 8-bit codes on a grid; code/grid.h says what they are. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "code/build_grid.h"
#include "code/grid.h"
#include "train/tally.h"

#define CHUNK 1024

/* What was lost, by all threads. */
struct pass {
	const struct vsx_rows *rows;
	const struct vsx_grid *grid;
	struct vsx_tally tally;
	float *eps, *wild_eps; /* [threads] */
	uint8_t *code;	       /* [threads][VSX_GRID_ROWS][dim] */
};

static enum vsx_status loss_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err)
{
	struct pass *p = context;
	const struct vsx_space *space = p->rows->space;
	uint8_t *codes = p->code + (size_t)thread * VSX_GRID_ROWS * space->dim;
	const uint8_t *row[VSX_GRID_ROWS], *code[VSX_GRID_ROWS];
	bool out[VSX_GRID_ROWS];
	float eps[VSX_GRID_ROWS];

	for (uint64_t r = first, n; r < last; r += n) {
		n = last - r < VSX_GRID_ROWS ? last - r : VSX_GRID_ROWS;
		for (uint32_t i = 0; i < n; i++) {
			uint8_t *to = codes + (size_t)i * space->dim;

			row[i] = p->rows->base + (r + i) * space->stride;
			code[i] = to;
			out[i] = vsx_grid_encode(p->grid, space, row[i], to);
		}
		vsx_grid_losses(space, p->grid->delta,
				(const uint8_t *)p->grid->lo, row, code, 4,
				(uint32_t)n, eps);
		for (uint32_t i = 0; i < n; i++) {
			float *most =
				out[i] ? &p->wild_eps[thread] : &p->eps[thread];

			if (eps[i] > *most)
				*most = eps[i];
		}
	}
	return vsx_tally_add(&p->tally, thread, last - first, err);
}

static enum vsx_status find_losses(struct vsx_job *job,
				   const struct vsx_rows *rows,
				   const struct vsx_grid *grid,
				   struct vsx_grid_header *h,
				   struct vsx_error *err)
{
	unsigned int threads = job->n_threads ? job->n_threads : 1;
	struct pass p = {.rows = rows, .grid = grid};
	float eps = 0.0f, wild = 0.0f;
	enum vsx_status status;

	if (threads > VSX_MAX_THREADS)
		threads = VSX_MAX_THREADS;
	status = vsx_alloc_to(&p.eps, 2 * (size_t)threads, sizeof(float), err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&p.code, (size_t)threads * VSX_GRID_ROWS,
				      grid->dim, err);
	if (status == VSX_OK)
		status = vsx_tally_begin(&p.tally, job, &vsx_phase_codes,
					 rows->n, err);
	if (status != VSX_OK)
		goto done;
	p.wild_eps = p.eps + threads;
	status = vsx_parallel(threads, rows->n, CHUNK, loss_work, &p, err);
	if (status != VSX_OK)
		goto done;
	for (unsigned int t = 0; t < threads; t++) {
		eps = fmaxf(eps, p.eps[t]);
		wild = fmaxf(wild, p.wild_eps[t]);
	}
	h->eps_cap = eps;
	h->wild = wild > eps;
done:
	free(p.eps);
	free(p.code);
	return status;
}

static enum vsx_status put_params(struct vsx_job *job,
				  const struct vsx_rows *rows,
				  const struct vsx_grid *grid,
				  struct vsx_code_params *p,
				  struct vsx_error *err)
{
	struct vsx_grid_header h = {.delta = grid->delta};

	VSX_TRY(find_losses(job, rows, grid, &h, err));
	memcpy(p->bytes, &h, sizeof(h));
	memcpy(p->bytes + sizeof(h), grid->lo, grid->dim * sizeof(float));
	return VSX_OK;
}

static enum vsx_status train(struct vsx_job *job,
			     const struct vsx_code_source *from,
			     struct vsx_code_params *p, struct vsx_error *err)
{
	struct vsx_grid grid;
	enum vsx_status status;

	VSX_TRY(vsx_grid_learn(job, from->rows, &grid, err));
	status = put_params(job, from->rows, &grid, p, err);
	vsx_grid_release(&grid);
	return status;
}

enum vsx_status vsx_codes_on_grid(struct vsx_job *job,
				  const struct vsx_rows *rows,
				  const struct vsx_grid *grid,
				  struct vsx_code_params *p,
				  struct vsx_error *err)
{
	struct vsx_code_form form = vsx_code_form_plain(grid->dim, 0);
	enum vsx_status status;

	VSX_TRY(vsx_code_params_init(p, &vsx_codec_grid_build, &form, err));
	status = put_params(job, rows, grid, p, err);
	if (status != VSX_OK)
		vsx_code_params_release(p);
	return status;
}

/* p->bytes begin at 64 bytes, so lo lies as floats do. */
static void encode(const struct vsx_code_params *p,
		   const struct vsx_space *space, const uint8_t *const *rows,
		   uint32_t n, uint8_t *block)
{
	struct vsx_grid grid = {
		.dim = p->form.dim,
		.delta = vsx_grid_header(p->bytes).delta,
		.lo = (float *)(void *)(p->bytes +
					sizeof(struct vsx_grid_header)),
	};
	uint8_t *terms = block + vsx_grid_term_at(p->form.dim);
	uint8_t *losses = block + vsx_grid_eps_at(p->form.dim);

	for (uint32_t i = 0, some; i < n; i += some) {
		const uint8_t *code[VSX_GRID_ROWS];
		float eps[VSX_GRID_ROWS];

		some = n - i < VSX_GRID_ROWS ? n - i : VSX_GRID_ROWS;
		for (uint32_t r = 0; r < some; r++) {
			uint8_t *to = block + (size_t)(i + r) * 4;
			uint32_t term;

			code[r] = to;
			vsx_grid_encode_at(&grid, space, rows[i + r], to,
					   VSX_GRID_LINE);
			term = vsx_grid_term(to, p->form.dim);
			memcpy(terms + (size_t)(i + r) * 4, &term,
			       sizeof(term));
		}
		vsx_grid_losses(space, grid.delta, (const uint8_t *)grid.lo,
				rows + i, code, VSX_GRID_LINE, some, eps);
		memcpy(losses + (size_t)i * 4, eps, some * sizeof(*eps));
	}
}

const struct vsx_codec_build vsx_codec_grid_build = {
	.codec = &vsx_codec_grid,
	.train = train,
	.encode = encode,
};
