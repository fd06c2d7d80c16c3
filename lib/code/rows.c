/* Rows as codes of themselves: nothing is lost but what f32 kernels round. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "code/codec.h"

void vsx_codes_of_rows(struct vsx_codes *c, const struct vsx_space *rows,
		       const uint8_t *base, const struct vsx_view *view)
{
	*c = (struct vsx_codes){
		.codec = &vsx_codec_rows,
		.rows = *rows,
		.view = view,
		.base = base,
		.block_bytes = rows->stride,
		.by_offset = true,
		.space = *rows,
	};
}

/*
 * Products of floats: how far off a key may be goes by the length of the
 * longest row so far.
 */
static double product_error(const struct vsx_codes *c,
			    const struct vsx_query *q, double longest)
{
	uint32_t dim = c->rows.dim;
	double most = vsx_query_length(q, dim) * longest;

	if (!(most < FLT_MAX / 4))
		return INFINITY; /* a sum may have overflowed */
	return most * (vsx_sum_error(dim) + vsx_exact_error(dim)) +
	       vsx_sum_underflow(dim);
}

static enum vsx_status prepare(const struct vsx_codes *c,
			       struct vsx_code_query *q, struct vsx_error *err)
{
	const struct vsx_space *rows = &c->rows;
	uint32_t dim = rows->dim;

	(void)err;
	q->longest = 0.0;
	q->input = NULL;
	q->compared = q->asked;
	q->bounds = (struct vsx_bounds){
		.form = vsx_space_key_form(rows, q->asked),
		.shape = VSX_BOUNDS_LINEAR,
		.unit = 1.0,
	};
	if (rows->metric == VSX_COSINE) {
		q->bounds.error =
			vsx_sum_error(dim) + 8 * 0x1p-23 + vsx_exact_error(dim);
	} else if (vsx_query_native(rows, q->asked)) {
		q->bounds.shape = VSX_BOUNDS_EXACT;
	} else if (rows->metric == VSX_L2) {
		q->bounds.shape = VSX_BOUNDS_SQUARE;
		q->bounds.relative = vsx_sum_error(dim);
		q->bounds.absolute = vsx_sum_underflow(dim);
		q->bounds.slack = vsx_exact_error(dim);
	} else {
		/* The zero vector, whose distance to a row is its length. */
		memset(q->query.f32_buffer, 0, dim * sizeof(float));
		/* Components whose squares are lost in an f32 make a row look
		 * as if it had no length; their products are lost as well. */
		q->longest = 1e-18;
		q->bounds.error = product_error(c, q->asked, q->longest);
	}
	return VSX_OK;
}

static void widen(const struct vsx_codes *c, struct vsx_code_query *q,
		  const uint8_t *rows, uint32_t n, float *squares)
{
	const struct vsx_space *space = &c->rows;
	double longest = q->longest;

	space->kernels->l2[space->elem](q->query.f32_buffer, rows,
					space->stride, NULL, n, space->dim,
					squares);
	for (uint32_t i = 0; i < n; i++)
		if (!(squares[i] <= longest * longest))
			longest = sqrt((double)squares[i] * 1.01) + 1e-18;
	if (longest > q->longest) {
		q->longest = longest;
		q->bounds.error = product_error(c, q->asked, longest);
	}
}

static void keys_of_run(const struct vsx_codes *c, struct vsx_code_query *q,
			const struct vsx_run *run, uint32_t *keys)
{
	const uint8_t *rows = c->base + run->offset;

	if (q->longest > 0.0)
		widen(c, q, rows, run->n_rows, (float *)keys);
	vsx_space_keys(&c->rows, q->asked, rows, NULL, run->n_rows, keys);
}

static void keys_of_rows(const struct vsx_codes *c, struct vsx_code_query *q,
			 const uint32_t *rows, size_t n, uint32_t *keys)
{
	/* Lengths of rows here and there would cost as much as their keys. */
	if (q->longest > 0.0)
		q->bounds.error = INFINITY;
	vsx_space_keys(&c->rows, q->asked, c->base, rows, n, keys);
}

const struct vsx_codec vsx_codec_rows = {
	.name = "rows",
	.prepare = prepare,
	.keys_of_run = keys_of_run,
	.keys_of_rows = keys_of_rows,
};
