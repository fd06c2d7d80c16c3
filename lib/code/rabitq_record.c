/* One record a row: codes that are kept in place of rows. SPEC.md 5.9.7. */
#include <float.h>
#include <string.h>

#include "code/rabitq_query.h"

static enum vsx_status prepare(const struct vsx_codes *c,
			       struct vsx_code_query *q, struct vsx_error *err)
{
	return vsx_rabitq_prepare(c, q, false, c->form.size, err);
}

/* ---- keys -------------------------------------------------------------- */

static void take_keys(const struct vsx_codes *c, const struct vsx_code_query *q,
		      const uint8_t *base, const uint32_t *rows, size_t n,
		      uint32_t *keys)
{
	const struct vsx_rabitq_query *t = vsx_rabitq_query_of(q);

	/* The sums first, in the place of the keys. */
	vsx_rabitq_sums(t, &c->form, base, c->block_bytes, c->form.size, rows,
			n, (int32_t *)keys);
	for (size_t i = 0; i < n; i++) {
		size_t row = rows ? rows[i] : i;
		struct vsx_rabitq_numbers at = vsx_rabitq_numbers_of(
			&c->form, base + row * c->block_bytes);

		keys[i] =
			vsx_rabitq_key(c, t, at.add, at.scale,
				       vsx_rabitq_product(t, (int32_t)keys[i]));
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

/* ---- checks ------------------------------------------------------------- */

static enum vsx_status check_code(const struct vsx_codes *c,
				  const uint8_t *code, struct vsx_error *err)
{
	struct vsx_rabitq_numbers at = vsx_rabitq_numbers_of(&c->form, code);

	if (!(at.add >= -FLT_MAX && at.add <= FLT_MAX))
		return vsx_fail(err, VSX_ECORRUPT,
				"`add` of its code is %g, expected a finite "
				"number",
				(double)at.add);
	if (!(at.scale >= 0.0f && at.scale <= FLT_MAX))
		return vsx_fail(err, VSX_ECORRUPT,
				"the scale of its code is %g, expected a "
				"finite number, 0 or more",
				(double)at.scale);
	if (!(at.error >= 0.0f && at.error <= FLT_MAX))
		return vsx_fail(err, VSX_ECORRUPT,
				"the error of its code is %g, expected a "
				"finite number, 0 or more",
				(double)at.error);
	return VSX_OK;
}

const struct vsx_codec vsx_codec_rabitq_record = {
	.id = VSX_CODEC_RABITQ_RECORD,
	.name = "RaBitQ",
	.estimates = true,
	.refine = 2.0,
	.block_bytes = vsx_rabitq_record_bytes,
	.params_bytes = vsx_rabitq_params_bytes,
	.suits = vsx_rabitq_suits,
	.fits = vsx_rabitq_fits,
	.most_dim = VSX_RABITQ_MOST_DIM,
	.prepare = prepare,
	.prepare_list = vsx_rabitq_prepare_list,
	.keys_of_run = keys_of_run,
	.keys_of_rows = keys_of_rows,
	.check = vsx_rabitq_check,
	.check_code = check_code,
	.encode = vsx_rabitq_encode_record,
	.decode = vsx_rabitq_decode_record,
};
