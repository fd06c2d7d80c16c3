/* Rows in blocks of 32: what their signs say is taken of all at once, and what
 * the other bits say of those that may still be near. */
#include <string.h>

#include "code/rabitq_query.h"

/* What signs have of a query is known in 8 bits a table, which is as near as so
 * many bits of a row want it. Of more bits all are summed up anew. */
#define NEAR_BITS 6u

static bool signs_are_near(const struct vsx_code_form *f)
{
	return f->size <= NEAR_BITS;
}

static enum vsx_status prepare(const struct vsx_codes *c,
			       struct vsx_code_query *q, struct vsx_error *err)
{
	return vsx_rabitq_prepare(c, q, true,
				  c->form.size - signs_are_near(&c->form), err);
}

/* ---- signs -------------------------------------------------------------- */

/* So far may a row's value be below its estimate: 0, or by its error. */
static void take_products(const struct vsx_rabitq_query *t,
			  const struct vsx_rabitq_factors *f, float reach,
			  const uint16_t *restrict sums, float *restrict out)
{
	float bias = t->signs.bias, unit = t->signs.unit, base = t->base;

	for (uint32_t i = 0; i < VSX_SCAN_ROWS; i++)
		out[i] = (base + f->scale[i] * (bias + unit * (float)sums[i])) +
			 reach * f->error[i];
}

static void take_squares(const struct vsx_rabitq_query *t,
			 const struct vsx_rabitq_factors *f, float reach,
			 const uint16_t *restrict sums, float *restrict out)
{
	float bias = t->signs.bias, unit = t->signs.unit, base = t->base;

	for (uint32_t i = 0; i < VSX_SCAN_ROWS; i++) {
		float product = f->scale[i] * (bias + unit * (float)sums[i]);
		float value = ((base + f->add[i]) - 2.0f * product) -
			      reach * f->error[i];

		/* A hostile file may have made it no number. */
		out[i] = value > 0.0f ? value : 0.0f;
	}
}

/* Keys of the rows of a block by the sums of their entries: with one bit
 * estimates, otherwise the least that they may be. */
static void keys_of_block(const struct vsx_codes *c,
			  const struct vsx_rabitq_query *t,
			  const uint8_t *block, const uint16_t *sums,
			  uint32_t keys[VSX_SCAN_ROWS])
{
	const struct vsx_rabitq_factors *f =
		vsx_rabitq_of_signs(&c->form, block);
	float reach = c->form.size > 1 ? t->reach : 0.0f;
	float values[VSX_SCAN_ROWS];

	if (!vsx_codes_product(c)) {
		take_squares(t, f, reach, sums, values);
		memcpy(keys, values, sizeof(values));
		return;
	}
	take_products(t, f, reach, sums, values);
	for (uint32_t i = 0; i < VSX_SCAN_ROWS; i++)
		keys[i] = vsx_key_of_product(values[i]);
}

/* ---- all bits ----------------------------------------------------------- */

/* Sums of some rows of a block: of what is not their signs, or of all. */
static void take_sums(const struct vsx_codes *c,
		      const struct vsx_rabitq_query *t, const uint8_t *block,
		      const uint32_t *rows, uint32_t n, int32_t *out)
{
	const struct vsx_code_form *f = &c->form;
	uint8_t codes[VSX_RABITQ_MOST_DIM];

	if (signs_are_near(f)) {
		vsx_rabitq_sums(t, f, vsx_rabitq_rest(f, block),
				vsx_rabitq_rest_bytes(f), f->size - 1, rows, n,
				out);
		return;
	}
	for (uint32_t r = 0; r < n; r++) {
		vsx_rabitq_gather(f, block, rows[r], codes);
		vsx_code_kernels()->dot8(t->weights, codes, 0, NULL, 1,
					 vsx_rabitq_dim(f), &out[r]);
	}
}

/* Of some rows of a block all bits are looked at: their keys, no less than what
 * the signs allow. Those that are above the cut by these are so in any case. */
static void look_at(const struct vsx_codes *c, const struct vsx_rabitq_query *t,
		    const uint8_t *block, const uint16_t *sums,
		    const uint32_t *rows, uint32_t n, uint32_t *keys)
{
	const struct vsx_rabitq_factors *f = vsx_rabitq_of_all(&c->form, block);
	float of_signs = signs_are_near(&c->form)
				 ? (float)(1u << (c->form.size - 1))
				 : 0.0f;
	int32_t rest[VSX_SCAN_ROWS];

	take_sums(c, t, block, rows, n, rest);
	for (uint32_t r = 0; r < n; r++) {
		uint32_t i = rows[r], key;
		float product = t->signs.bias + t->signs.unit * (float)sums[i];

		product = of_signs * product + vsx_rabitq_product(t, rest[r]);
		key = vsx_rabitq_key(c, t, f->add[i], f->scale[i], product);
		keys[i] = key > keys[i] ? key : keys[i];
	}
}

/* Of the rows first .. first + n - 1 of a block, of those that are not above
 * the cut. */
static void refine(const struct vsx_codes *c, const struct vsx_code_query *q,
		   const uint8_t *block, const uint16_t *sums, uint32_t first,
		   uint32_t n, uint32_t *keys)
{
	uint32_t rows[VSX_SCAN_ROWS], some = 0;

	if (c->form.size == 1)
		return;
	for (uint32_t i = first; i < first + n; i++) {
		rows[some] = i;
		some += keys[i] <= q->cut;
	}
	if (some)
		look_at(c, vsx_rabitq_query_of(q), block, sums, rows, some,
			keys);
}

/* ---- keys -------------------------------------------------------------- */

#define BLOCKS 16u /* whose sums are taken together */

static void keys_of_run(const struct vsx_codes *c, struct vsx_code_query *q,
			const struct vsx_run *run, uint32_t *keys)
{
	uint32_t row = run->first_row, end = row + run->n_rows;
	uint32_t parts = vsx_rabitq_parts(&c->form);
	const struct vsx_rabitq_query *t = vsx_rabitq_query_of(q);
	uint32_t of_block[VSX_SCAN_ROWS];
	uint16_t sums[BLOCKS][VSX_SCAN_ROWS];

	while (row < end) {
		uint32_t first = row >> VSX_RABITQ_SHIFT;
		uint32_t n = ((end - 1) >> VSX_RABITQ_SHIFT) - first + 1;
		const uint8_t *block = c->base + (size_t)first * c->block_bytes;

		n = n < BLOCKS ? n : BLOCKS;
		vsx_code_kernels()->scan(t->entries, parts, block,
					 c->block_bytes, n, sums[0]);
		for (uint32_t b = 0; b < n; b++, block += c->block_bytes) {
			uint32_t i = row % VSX_SCAN_ROWS;
			uint32_t some = VSX_SCAN_ROWS - i;

			some = some < end - row ? some : end - row;
			keys_of_block(c, t, block, sums[b], of_block);
			refine(c, q, block, sums[b], i, some, of_block);
			memcpy(keys, of_block + i, some * sizeof(*keys));
			keys += some;
			row += some;
		}
	}
}

static uint16_t sum_of(const uint8_t *entries, uint32_t parts,
		       const uint8_t *block, uint32_t i)
{
	uint32_t sum = 0, shift = i / 16 * 4;

	block += i % 16;
	for (uint32_t p = 0; p < parts; p++)
		sum += entries[p * 16 + (block[p * 16] >> shift & 15)];
	return (uint16_t)sum;
}

static void keys_of_rows(const struct vsx_codes *c, struct vsx_code_query *q,
			 const uint32_t *rows, size_t n, uint32_t *keys)
{
	uint32_t parts = vsx_rabitq_parts(&c->form);
	const struct vsx_rabitq_query *t = vsx_rabitq_query_of(q);

	for (size_t r = 0; r < n; r++) {
		uint32_t i = rows[r] % VSX_SCAN_ROWS;
		const uint8_t *block =
			c->base +
			(size_t)(rows[r] >> VSX_RABITQ_SHIFT) * c->block_bytes;
		uint16_t sums[VSX_SCAN_ROWS] = {0};
		uint32_t of_block[VSX_SCAN_ROWS];

		sums[i] = sum_of(t->entries, parts, block, i);
		keys_of_block(c, t, block, sums, of_block);
		refine(c, q, block, sums, i, 1, of_block);
		keys[r] = of_block[i];
	}
}

const struct vsx_codec vsx_codec_rabitq = {
	.id = VSX_CODEC_RABITQ,
	.name = "RaBitQ",
	.estimates = true,
	.refine = 10.0,
	.block_shift = VSX_RABITQ_SHIFT,
	.block_bytes = vsx_rabitq_block_bytes,
	.params_bytes = vsx_rabitq_params_bytes,
	.suits = vsx_rabitq_suits,
	.fits = vsx_rabitq_fits,
	.most_dim = VSX_RABITQ_MOST_DIM,
	.prepare = prepare,
	.prepare_list = vsx_rabitq_prepare_list,
	.keys_of_run = keys_of_run,
	.keys_of_rows = keys_of_rows,
	.check = vsx_rabitq_check,
	.encode = vsx_rabitq_encode,
	.decode = vsx_rabitq_decode,
};
