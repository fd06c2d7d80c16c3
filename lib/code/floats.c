/*
 * Transformed rows as they are, f32[coded]: a few of their principal directions
 * say which rows are worth a look at all of them. SPEC.md 5.9.3.
 */
#include <string.h>

#include "code/codec.h"

static uint32_t block_bytes(const struct vsx_code_form *f)
{
	return f->coded * (uint32_t)sizeof(float);
}

static uint64_t params_bytes(const struct vsx_code_form *f)
{
	return vsx_code_parts(f).own;
}

static bool suits(enum vsx_elem elem)
{
	(void)elem;
	return true;
}

/* Without a transform they would be the rows once more. */
static bool fits(const struct vsx_code_form *f)
{
	return f->size == f->coded && f->flags == VSX_CODES_TRANSFORMED;
}

static enum vsx_status prepare(const struct vsx_codes *c,
			       struct vsx_code_query *q, struct vsx_error *err)
{
	VSX_TRY(vsx_code_query_room(q, c->form.coded * sizeof(float), err));
	vsx_code_query_take(c, q, q->room);
	return VSX_OK;
}

static void take_keys(const struct vsx_codes *c, const struct vsx_code_query *q,
		      const uint8_t *base, const uint32_t *rows, size_t n,
		      uint32_t *keys)
{
	const struct vsx_kernels *k = c->rows.kernels;
	float value, *values = (float *)keys;

	if (!vsx_codes_product(c)) {
		k->l2[VSX_F32](q->room, base, c->block_bytes, rows, n,
			       c->form.coded, values);
		return;
	}
	k->ip[VSX_F32](q->room, base, c->block_bytes, rows, n, c->form.coded,
		       values);
	for (size_t i = 0; i < n; i++) {
		memcpy(&value, &keys[i], sizeof(value));
		keys[i] = vsx_key_of_product(value);
	}
}

static void keys_of_run(const struct vsx_codes *c, struct vsx_code_query *q,
			const struct vsx_run *run, uint32_t *keys)
{
	uint64_t bytes, at = vsx_codes_extent(c, run, &bytes) - c->at;

	take_keys(c, q, c->base + at, NULL, run->n_rows, keys);
}

static void keys_of_rows(const struct vsx_codes *c, struct vsx_code_query *q,
			 const uint32_t *rows, size_t n, uint32_t *keys)
{
	take_keys(c, q, c->base, rows, n, keys);
}

static enum vsx_status check(const struct vsx_codes *c, struct vsx_error *err)
{
	(void)c;
	(void)err;
	return VSX_OK; /* nothing but the transform, which all codecs may have
			*/
}

static void encode(const struct vsx_code_form *f, const uint8_t *params,
		   const float *y, const float *const *centroids, uint32_t n,
		   uint8_t *block)
{
	(void)params;
	(void)centroids;
	(void)n; /* a record a block */
	memcpy(block, y, f->coded * sizeof(*y));
}

static void decode(const struct vsx_code_form *f, const uint8_t *params,
		   const uint8_t *block, uint32_t row, float *y)
{
	(void)params;
	(void)row;
	memcpy(y, block, f->coded * sizeof(*y));
}

const struct vsx_codec vsx_codec_floats = {
	.id = VSX_CODEC_FLOATS,
	.name = "floats",
	.estimates = true,
	.refine = 4.0,
	.block_bytes = block_bytes,
	.params_bytes = params_bytes,
	.suits = suits,
	.fits = fits,
	.prepare = prepare,
	.keys_of_run = keys_of_run,
	.keys_of_rows = keys_of_rows,
	.check = check,
	.encode = encode,
	.decode = decode,
};
