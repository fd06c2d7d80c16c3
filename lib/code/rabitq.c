#include "code/rabitq.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "code/scan.h"

/* ---- what lies where --------------------------------------------------- */

static uint64_t params_bytes(const struct vsx_code_form *f)
{
	return vsx_code_parts(f).own + (uint64_t)f->coded * sizeof(float);
}

static bool suits(enum vsx_elem elem)
{
	(void)elem;
	return true;
}

static bool fits(const struct vsx_code_form *f)
{
	return f->size == 1;
}

/* ---- the query --------------------------------------------------------- */

struct rabitq_query {
	struct vsx_scan_scale signs; /* of sums of table entries */
	float base;		     /* what all rows of a list have */
	float *y;		     /* [coded] what the query comes to */
	float *turned;		     /* [padded] rotated, less the mean */
	float *tables;		     /* [parts][16] of what signs say */
	uint8_t *entries;	     /* [parts][16] the same, in units */
};

static size_t round_64(size_t x)
{
	return (x + 63) & ~(size_t)63;
}

static struct rabitq_query *query_of(const struct vsx_code_query *q)
{
	return q->room;
}

static enum vsx_status make_room(const struct vsx_codes *c,
				 struct vsx_code_query *q,
				 struct vsx_error *err)
{
	size_t head = round_64(sizeof(struct rabitq_query));
	size_t parts = vsx_rabitq_parts(&c->form);
	size_t turned = parts * 4 * sizeof(float);
	size_t tables = parts * 16 * sizeof(float);
	size_t y = round_64(c->form.coded * sizeof(float));
	struct rabitq_query *t;
	uint8_t *room;

	VSX_TRY(vsx_code_query_room(q, head + turned + tables + y + parts * 16,
				    err));
	room = q->room;
	t = query_of(q);
	t->turned = (float *)(void *)(room + head);
	t->tables = (float *)(void *)(room + head + turned);
	t->y = (float *)(void *)(room + head + turned + tables);
	t->entries = room + head + turned + tables + y;
	return VSX_OK;
}

/* What each choice of four signs has of q, f32[4]. */
static void fill_table(const float *q, float out[16])
{
	out[0] = -0.5f * ((q[0] + q[1]) + (q[2] + q[3]));
	for (uint32_t i = 0; i < 4; i++)
		for (uint32_t j = 0; j < 1u << i; j++)
			out[(1u << i) + j] = out[j] + q[i];
}

static void fill_tables(const struct vsx_codes *c, struct rabitq_query *t)
{
	const float *mean = vsx_rabitq_mean(&c->form, c->params);
	uint32_t parts = vsx_rabitq_parts(&c->form), n = c->form.coded;

	for (uint32_t i = 0; i < n; i++)
		t->turned[i] =
			vsx_codes_product(c) ? t->y[i] : t->y[i] - mean[i];
	memset(t->turned + n, 0, (parts * 4 - n) * sizeof(*t->turned));
	vsx_rotate(t->turned, parts * 4);
	for (uint32_t p = 0; p < parts; p++)
		fill_table(t->turned + p * 4, t->tables + p * 16);
	t->signs = vsx_scan_quantise(t->tables, parts, t->entries);
}

/* The value of a row that is where this is. */
static float value_at(const struct vsx_codes *c, const struct rabitq_query *t,
		      const float *centre)
{
	const struct vsx_kernels *k = c->rows.kernels;
	float value;

	(vsx_codes_product(c) ? k->ip : k->l2)[VSX_F32](
		t->y, (const uint8_t *)centre, 0, NULL, 1, c->form.coded,
		&value);
	return value;
}

static enum vsx_status prepare(const struct vsx_codes *c,
			       struct vsx_code_query *q, struct vsx_error *err)
{
	struct rabitq_query *t;

	VSX_TRY(make_room(c, q, err));
	t = query_of(q);
	vsx_code_query_take(c, q, t->y);
	fill_tables(c, t);
	t->base = value_at(c, t, vsx_rabitq_mean(&c->form, c->params));
	return VSX_OK;
}

static void prepare_list(const struct vsx_codes *c, struct vsx_code_query *q,
			 const float *centroid)
{
	struct rabitq_query *t = query_of(q);

	t->base = value_at(c, t, centroid);
}

/* ---- keys -------------------------------------------------------------- */

/* Rows of one block: what stands behind its signs. */
static const struct vsx_rabitq_factors *factors_of(const struct vsx_codes *c,
						   const uint8_t *block)
{
	return (const void *)(block + vsx_rabitq_parts(&c->form) * 16);
}

static void take_products(const struct rabitq_query *t,
			  const struct vsx_rabitq_factors *f,
			  const uint16_t *restrict sums, float *restrict out)
{
	float bias = t->signs.bias, unit = t->signs.unit, base = t->base;

	for (uint32_t i = 0; i < VSX_SCAN_ROWS; i++)
		out[i] = base + f->scale[i] * (bias + unit * (float)sums[i]);
}

static void take_squares(const struct rabitq_query *t,
			 const struct vsx_rabitq_factors *f,
			 const uint16_t *restrict sums, float *restrict out)
{
	float bias = t->signs.bias, unit = t->signs.unit, base = t->base;

	for (uint32_t i = 0; i < VSX_SCAN_ROWS; i++) {
		float product = f->scale[i] * (bias + unit * (float)sums[i]);
		float value = (base + f->add[i]) - 2.0f * product;

		/* A hostile file may have made it no number. */
		out[i] = value > 0.0f ? value : 0.0f;
	}
}

/* Keys of the rows of a block by the sums of their entries. */
static void keys_of_block(const struct vsx_codes *c,
			  const struct rabitq_query *t, const uint8_t *block,
			  const uint16_t *sums, uint32_t keys[VSX_SCAN_ROWS])
{
	const struct vsx_rabitq_factors *f = factors_of(c, block);
	float values[VSX_SCAN_ROWS];

	if (!vsx_codes_product(c)) {
		take_squares(t, f, sums, values);
		memcpy(keys, values, sizeof(values));
		return;
	}
	take_products(t, f, sums, values);
	for (uint32_t i = 0; i < VSX_SCAN_ROWS; i++)
		keys[i] = vsx_key_of_product(values[i]);
}

#define BLOCKS 16u /* whose sums are taken together */

static void keys_of_run(const struct vsx_codes *c, struct vsx_code_query *q,
			const struct vsx_run *run, uint32_t *keys)
{
	uint32_t row = run->first_row, end = row + run->n_rows;
	uint32_t parts = vsx_rabitq_parts(&c->form);
	const struct rabitq_query *t = query_of(q);
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
	const struct rabitq_query *t = query_of(q);

	for (size_t r = 0; r < n; r++) {
		uint32_t i = rows[r] % VSX_SCAN_ROWS;
		const uint8_t *block =
			c->base +
			(size_t)(rows[r] >> VSX_RABITQ_SHIFT) * c->block_bytes;
		uint16_t sums[VSX_SCAN_ROWS] = {0};
		uint32_t of_block[VSX_SCAN_ROWS];

		sums[i] = sum_of(t->entries, parts, block, i);
		keys_of_block(c, t, block, sums, of_block);
		keys[r] = of_block[i];
	}
}

/* ---- checks ------------------------------------------------------------- */

static enum vsx_status check(const struct vsx_codes *c, struct vsx_error *err)
{
	const float *mean = vsx_rabitq_mean(&c->form, c->params);

	for (uint32_t i = 0; i < c->form.coded; i++)
		if (!isfinite(mean[i]))
			return vsx_fail(err, VSX_ECORRUPT,
					"mean[%u] of the codes is %g, expected "
					"a finite number",
					i, (double)mean[i]);
	return VSX_OK;
}

const struct vsx_codec vsx_codec_rabitq = {
	.id = VSX_CODEC_RABITQ,
	.name = "RaBitQ",
	.estimates = true,
	.refine = 10.0,
	.block_shift = VSX_RABITQ_SHIFT,
	.block_bytes = vsx_rabitq_block_bytes,
	.params_bytes = params_bytes,
	.suits = suits,
	.fits = fits,
	.most_dim = VSX_RABITQ_MOST_DIM,
	.prepare = prepare,
	.prepare_list = prepare_list,
	.keys_of_run = keys_of_run,
	.keys_of_rows = keys_of_rows,
	.check = check,
	.encode = vsx_rabitq_encode,
	.decode = vsx_rabitq_decode,
};
