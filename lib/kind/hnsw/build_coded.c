#include "kind/hnsw/build_coded.h"

#include <string.h>

#include "base/parallel.h"
#include "names.h"
#include "train/grid.h"
#include "train/tally.h"

#define CHUNK 1024

struct encoding {
	const struct vsx_rows *rows;
	const struct vsx_grid *grid; /* NULL: rows are codes */
	uint8_t turn;		     /* what makes u8 of i8 */
	const uint32_t *order;	     /* NULL: that of the rows */
	uint8_t *codes;
	uint32_t stride;
	struct vsx_tally tally;
};

static uint32_t stride_of(uint32_t dim)
{
	return (dim + 63) / 64 * 64;
}

uint64_t vsx_coded_row_bytes(uint32_t dim)
{
	return stride_of(dim) + sizeof(uint32_t);
}

static bool are_exact(const struct vsx_space *space)
{
	return vsx_elem_is_int(space->elem) && space->metric == VSX_L2;
}

bool vsx_coded_inserts(const struct vsx_space *space)
{
	return space->metric != VSX_IP && !are_exact(space);
}

static void encode(const struct encoding *e, const uint8_t *row, uint8_t *code)
{
	if (e->grid) {
		vsx_grid_encode(e->grid, e->rows->space, row, code);
		return;
	}
	for (uint32_t d = 0; d < e->rows->space->dim; d++)
		code[d] = row[d] ^ e->turn;
}

static enum vsx_status encode_some(void *context, unsigned int thread,
				   uint64_t first, uint64_t last,
				   struct vsx_error *err)
{
	struct encoding *e = context;

	for (uint64_t i = first; i < last; i++) {
		uint64_t row = e->order ? e->order[i] : i;

		encode(e, e->rows->base + row * e->rows->space->stride,
		       e->codes + i * e->stride);
	}
	return vsx_tally_add(&e->tally, thread, last - first, err);
}

/* In the order of leaves, which codes show: codes twice rather than a copy of
   all, since rows are in memory anyway. */
static enum vsx_status encode_in_order(struct vsx_coded *c, struct vsx_job *job,
				       struct encoding *e,
				       struct vsx_error *err)
{
	struct vsx_code_rows codes = vsx_coded_rows(c);

	VSX_TRY(vsx_arrays_take(c->arrays, &c->order, c->rows.n,
				sizeof(*c->order), err));
	VSX_TRY(vsx_leaves_order(job, &codes, &e->tally, c->order, err));
	e->order = c->order;
	return vsx_parallel(job->n_threads, c->rows.n, CHUNK, encode_some, e,
			    err);
}

static enum vsx_status encode_all(struct vsx_coded *c, struct vsx_job *job,
				  struct encoding *e, struct vsx_error *err)
{
	uint64_t n = e->rows->n;

	VSX_TRY(vsx_arrays_take(c->arrays, &c->codes, n, e->stride, err));
	e->codes = c->codes;
	VSX_TRY(vsx_tally_begin(&e->tally, job, &vsx_phase_training,
				c->stand_in ? n * 2 : n, err));
	VSX_TRY(vsx_parallel(job->n_threads, n, CHUNK, encode_some, e, err));
	return c->stand_in ? encode_in_order(c, job, e, err) : VSX_OK;
}

enum vsx_status vsx_coded_make(struct vsx_coded *c, struct vsx_job *job,
			       const struct vsx_rows *rows,
			       struct vsx_error *err)
{
	const struct vsx_space *space = rows->space;
	struct encoding e = {.rows = rows, .stride = stride_of(space->dim)};
	struct vsx_grid grid = {0};
	enum vsx_status status = VSX_OK;

	memset(c, 0, sizeof(*c));
	c->arrays = job->arrays;
	vsx_space_init(&c->space, VSX_L2, VSX_U8, space->dim, e.stride);
	c->stand_in = space->metric != VSX_IP;
	c->exact = are_exact(space);
	if (c->exact) {
		e.turn = space->elem == VSX_I8 ? 0x80 : 0;
	} else {
		status = vsx_grid_learn(job, rows, &grid, err);
		e.grid = &grid;
	}
	c->rows.n = rows->n;
	if (status == VSX_OK)
		status = encode_all(c, job, &e, err);
	c->rows.space = &c->space;
	c->rows.base = c->codes;
	vsx_grid_release(&grid);
	if (status != VSX_OK)
		vsx_coded_release(c);
	return status;
}

void vsx_coded_release(struct vsx_coded *c)
{
	vsx_arrays_leave(c->arrays, c->codes);
	vsx_arrays_leave(c->arrays, c->order);
	c->codes = NULL;
	c->order = NULL;
}

/* Rows whose neighbours are looked for, and codes that are compared at once. */
#define LOOKED_AT 128u
#define PIECE	  256u
#define NEAREST	  8u

/* Keep the least of them, rising; how many there are. */
static uint32_t keep_least(uint32_t *least, uint32_t n, uint32_t key)
{
	uint32_t at = n;

	if (n == NEAREST && key >= least[n - 1])
		return n;
	if (n == NEAREST)
		at = --n;
	for (; at > 0 && least[at - 1] > key; at--)
		least[at] = least[at - 1];
	least[at] = key;
	return n + 1;
}

/* Whether the row has neighbours that cannot be told from others. */
static bool is_blurred(const struct vsx_coded *c, uint32_t row)
{
	uint32_t stride = c->space.stride, n_all = c->rows.n;
	uint32_t least[NEAREST], keys[PIECE], n_least = 0;
	const uint8_t *code = c->codes + (size_t)row * stride;

	for (uint32_t first = 0; first < n_all; first += PIECE) {
		uint32_t n = n_all - first < PIECE ? n_all - first : PIECE;

		vsx_kernels()->l2_int[VSX_U8](
			code, c->codes + (size_t)first * stride, stride, NULL,
			n, c->space.dim, keys);
		for (uint32_t i = 0; i < n; i++)
			if (first + i != row)
				n_least = keep_least(least, n_least, keys[i]);
	}
	return n_least > 0 &&
	       vsx_codes_blur((uint64_t)least[vsx_telling(n_least)] << 32);
}

bool vsx_coded_are_coarse(const struct vsx_coded *c)
{
	uint32_t n = c->rows.n, some = n < LOOKED_AT ? n : LOOKED_AT,
		 blurred = 0;

	for (uint32_t i = 0; i < some; i++)
		blurred += is_blurred(c, (uint32_t)((uint64_t)i * n / some));
	return vsx_codes_are_coarse(blurred, some);
}
