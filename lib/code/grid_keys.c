/*
 * Queries on the grid, and their keys.
 *
 * With u for a byte and s for u - 128, as kernel/tile.h has them, a squared
 * distance of codes is
 *
 *	sum of (qu - xu)^2 = term[x] + sum of qs^2 + 256 * qs - 2 * (xu * qs)
 *
 * so that a query of whole numbers takes one product. A query whose components
 * lie off the grid, and one that is multiplied with rows, has them in units of
 * its own in 16 bits, 256 * high + low: two products, which are joined in f64
 * and rounded to f32 once. All instruction sets give the same keys.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "bytes.h"
#include "code/grid.h"

/* The digits of a query of two, in query.native_buffer. */
static int8_t *high_of(const struct vsx_code_query *q)
{
	return q->query.native_buffer;
}

static int8_t *low_of(const struct vsx_codes *c, const struct vsx_code_query *q)
{
	return high_of(q) + vsx_tile_stride(c->rows.dim);
}

/* ---- the query ------------------------------------------------------ */

static const uint8_t *lo_of(const struct vsx_codes *c)
{
	return c->rows.metric == VSX_IP ? NULL : vsx_grid_lo(c->params);
}

/* Sets the query's digits, and zeros behind them. */
static struct vsx_grid_query to_steps(const struct vsx_codes *c,
				      struct vsx_code_query *q, double inverse)
{
	uint32_t dim = c->rows.dim;
	struct vsx_grid_query sums;
	int8_t *out = high_of(q);

	c->rows.kernels->grid_steps(q->asked->f64_buffer, lo_of(c), dim,
				    inverse, out, &sums);
	memset(out + dim, 0, vsx_tile_stride(dim) - dim);
	q->s = out;
	q->add = (uint32_t)sums.squares + 256 * (uint32_t)sums.low;
	return sums;
}

static struct vsx_grid_query to_digits(const struct vsx_codes *c,
				       struct vsx_code_query *q, double inverse)
{
	int8_t *high = high_of(q), *low = low_of(c, q);
	uint32_t dim = c->rows.dim;
	size_t pad = vsx_tile_stride(dim) - dim;
	struct vsx_grid_query sums;

	c->rows.kernels->grid_digits(q->asked->f64_buffer, lo_of(c), dim,
				     inverse, high, low, &sums);
	memset(high + dim, 0, pad);
	memset(low + dim, 0, pad);
	q->s = NULL;
	return sums;
}

static enum vsx_status no_number(struct vsx_error *err)
{
	return vsx_at_section(
		err,
		vsx_fail(err, VSX_ECORRUPT,
			 "section CPAR has an offset that is not a number"),
		"CPAR");
}

/* A square from the products of both digits, and what it may be off. */
static double join_squares(const struct vsx_codes *c, struct vsx_code_query *q,
			   double inverse)
{
	uint32_t dim = c->rows.dim;
	struct vsx_grid_query d = to_digits(c, q, inverse);
	double twice = 2.0 * d.unit;

	q->base = d.length +
		  twice * 128.0 * (256.0 * (double)d.high + (double)d.low);
	q->high = -256.0 * twice;
	q->low = -twice;
	q->bounds.relative = 0x1p-23;
	q->bounds.absolute =
		(d.length + 16384.0 * dim) * 8.0 * vsx_exact_error(dim) +
		(double)FLT_MIN;
	return d.lost;
}

static enum vsx_status prepare_distances(const struct vsx_codes *c,
					 struct vsx_code_query *q,
					 struct vsx_error *err)
{
	struct vsx_grid_header h = vsx_grid_header(c->params);
	struct vsx_bounds *b = &q->bounds;
	bool cosine = c->rows.metric == VSX_COSINE;
	double delta = h.delta, inverse = 1.0 / delta, lost;
	struct vsx_grid_query sum = to_steps(c, q, inverse);

	if (!(sum.length <= DBL_MAX))
		return no_number(err);
	/* Rounding loses half a step in each dimension at most; what is above
	 * comes from components outside of the grid. */
	b->form = VSX_KEY_WHOLE;
	lost = sum.lost;
	if (sum.lost > 0.36 * c->rows.dim) {
		b->form = VSX_KEY_F32;
		lost = join_squares(c, q, inverse);
	}
	b->shape = cosine ? VSX_BOUNDS_ANGLE : VSX_BOUNDS_SQUARE;
	b->unit = delta;
	b->error = sqrt(lost) * delta * (1.0 + VSX_HAIR) + (double)h.eps_cap +
		   sqrt(sum.length) * delta * 1e-14 + (cosine ? 1e-14 : 0.0);
	b->slack = vsx_exact_error(c->rows.dim);
	return VSX_OK;
}

static enum vsx_status prepare_products(const struct vsx_codes *c,
					struct vsx_code_query *q,
					struct vsx_error *err)
{
	struct vsx_grid_header h = vsx_grid_header(c->params);
	struct vsx_bounds *b = &q->bounds;
	uint32_t dim = c->rows.dim;
	double length = vsx_query_length(q->asked, dim), delta = h.delta;
	double lo_length, code_length = 255.0 * sqrt(dim), lost;
	double eps_cap = h.eps_cap;
	struct vsx_grid_query d;

	b->shift = -c->rows.kernels->grid_offset(
		q->asked->f64_buffer, vsx_grid_lo(c->params), dim, &lo_length);
	if (!(lo_length <= DBL_MAX))
		return no_number(err);
	d = to_digits(c, q, 1.0);
	q->high = 256.0;
	q->low = 1.0;
	lost = sqrt(d.lost) * (1.0 + VSX_HAIR);
	b->form = VSX_KEY_PRODUCT;
	b->shape = VSX_BOUNDS_LINEAR;
	b->unit = delta * d.unit;
	b->error = length * eps_cap +
		   delta * code_length * (lost + (length + lost) * 0x1p-23) +
		   length * (sqrt(lo_length) + delta * code_length + eps_cap) *
			   (vsx_exact_error(dim) + VSX_HAIR * 0x1p-4);
	return VSX_OK;
}

enum vsx_status vsx_grid_prepare(const struct vsx_codes *c,
				 struct vsx_code_query *q,
				 struct vsx_error *err)
{
	q->longest = 0.0;
	q->compared = NULL;
	q->input = NULL;
	q->bounds = (struct vsx_bounds){0};
	q->base = 0.0;
	return c->rows.metric == VSX_IP ? prepare_products(c, q, err)
					: prepare_distances(c, q, err);
}

/* ---- keys ----------------------------------------------------------- */

static const uint8_t *block_of(const struct vsx_codes *c, uint32_t block)
{
	return c->base + (size_t)block * c->block_bytes;
}

struct vsx_tile vsx_grid_tile(const struct vsx_codes *c, uint32_t first_block,
			      uint32_t n)
{
	const uint8_t *block = block_of(c, first_block);

	return (struct vsx_tile){
		.panels = block,
		.panel_stride = c->block_bytes,
		.add = (const uint32_t *)(const void *)(block +
							vsx_grid_term_at(
								c->rows.dim)),
		.add_stride = c->block_bytes / 4,
		.n_panels = n,
		.n_fours = (c->rows.dim + 3) / 4,
		.shift = 1,
	};
}

/* The key of a row from its products with both digits. */
static uint32_t join(const struct vsx_codes *c, const struct vsx_code_query *q,
		     int32_t high, int32_t low, uint32_t term)
{
	double sum = q->high * high + q->low * low;
	uint32_t key;
	float f;

	if (c->rows.metric == VSX_IP)
		return vsx_key_of_product((float)sum);
	sum += q->base + term;
	f = sum > 0.0 ? (float)sum : 0.0f;
	memcpy(&key, &f, sizeof(key));
	return key;
}

#define SOME_BLOCKS 16u

/* The keys of whole blocks by both digits, which tiles give negated. */
static void joined_keys(const struct vsx_codes *c,
			const struct vsx_code_query *q, uint32_t block,
			uint32_t n, uint32_t *keys)
{
	static const uint32_t none[VSX_PANEL];
	uint32_t high[SOME_BLOCKS * VSX_PANEL], low[SOME_BLOCKS * VSX_PANEL];
	struct vsx_tile_queries of = {high_of(q), 0, none, 1};

	for (uint32_t some; n > 0; n -= some, block += some) {
		struct vsx_tile t;

		some = n < SOME_BLOCKS ? n : SOME_BLOCKS;
		t = vsx_grid_tile(c, block, some);
		const uint32_t *term = t.add;

		t.add = none;
		t.add_stride = 0;
		t.shift = 0;
		of.s = high_of(q);
		vsx_tiles()->keys(&t, &of, high, some * VSX_PANEL);
		of.s = low_of(c, q);
		vsx_tiles()->keys(&t, &of, low, some * VSX_PANEL);
		for (uint32_t i = 0; i < some * VSX_PANEL; i++)
			*keys++ =
				join(c, q, (int32_t)(0 - high[i]),
				     (int32_t)(0 - low[i]),
				     term[i / VSX_PANEL * (c->block_bytes / 4) +
					  i % VSX_PANEL]);
	}
}

static void keys_of_blocks(const struct vsx_codes *c,
			   const struct vsx_code_query *q, uint32_t block,
			   uint32_t n, uint32_t *keys)
{
	struct vsx_tile_queries of = {q->s, 0, &q->add, 1};
	struct vsx_tile t;

	if (!q->s) {
		joined_keys(c, q, block, n, keys);
		return;
	}
	t = vsx_grid_tile(c, block, n);
	vsx_tiles()->keys(&t, &of, keys, (size_t)n * VSX_PANEL);
}

void vsx_grid_keys_of_run(const struct vsx_codes *c, struct vsx_code_query *q,
			  const struct vsx_run *run, uint32_t *keys)
{
	uint32_t row = run->first_row, left = run->n_rows, n;
	uint32_t some[VSX_PANEL];

	for (; left > 0; row += n, left -= n, keys += n) {
		uint32_t place = row % VSX_PANEL;

		if (place == 0 && left >= VSX_PANEL) {
			n = left / VSX_PANEL * VSX_PANEL;
			keys_of_blocks(c, q, row / VSX_PANEL, n / VSX_PANEL,
				       keys);
			continue;
		}
		n = VSX_PANEL - place < left ? VSX_PANEL - place : left;
		keys_of_blocks(c, q, row / VSX_PANEL, 1, some);
		memcpy(keys, some + place, n * sizeof(*keys));
	}
}

static int32_t product(const uint8_t *code, const int8_t *s, uint32_t dim)
{
	int32_t sum = 0;

	for (uint32_t i = 0; i < dim; i++)
		sum += code[(size_t)(i / 4) * VSX_GRID_LINE + i % 4] * s[i];
	return sum;
}

void vsx_grid_keys_of_rows(const struct vsx_codes *c, struct vsx_code_query *q,
			   const uint32_t *rows, size_t n, uint32_t *keys)
{
	uint32_t dim = c->rows.dim;

	for (size_t i = 0; i < n; i++) {
		const uint8_t *code = block_of(c, rows[i] / VSX_PANEL) +
				      (size_t)(rows[i] % VSX_PANEL) * 4;
		uint32_t term = vsx_load32(code + vsx_grid_term_at(dim));

		if (q->s)
			keys[i] = term + q->add -
				  2 * (uint32_t)product(code, q->s, dim);
		else
			keys[i] = join(c, q, product(code, high_of(q), dim),
				       product(code, low_of(c, q), dim), term);
	}
}
