/*
 * Product quantisation of 4 bits in blocks of 32 rows: SPEC.md 5.9.5. Sums are
 * taken of all rows of a block at once (vsx_scan_kernel), from tables that are
 * made once for a query: what they do not say, that rows lie about a centroid,
 * is in a number that each row has, its term.
 *
 *     |q - x|^2  ~  |q - c|^2 + term - 2 * (sum of (q - mean) * codewords)
 */
#include <math.h>
#include <string.h>

#include "code/pq.h"
#include "code/scan.h"
#include "kernel/codes.h"

/* ---- what lies where --------------------------------------------------- */

static uint32_t parts_of(const struct vsx_code_form *f)
{
	return vsx_scan_parts(f->size);
}

/* Where the terms begin in a block. */
static size_t terms_at(const struct vsx_code_form *f)
{
	return vsx_scan_codes_bytes(parts_of(f));
}

static uint32_t block_bytes(const struct vsx_code_form *f)
{
	return (uint32_t)(terms_at(f) + VSX_SCAN_ROWS * sizeof(float));
}

static uint64_t params_bytes(const struct vsx_code_form *f)
{
	return vsx_code_parts(f).own +
	       (uint64_t)f->coded * (1 + 16) * sizeof(float);
}

static bool suits(enum vsx_elem elem)
{
	(void)elem;
	return true;
}

static bool fits(const struct vsx_code_form *f)
{
	return f->size >= 1 && f->size <= f->coded &&
	       f->size <= VSX_SCAN_MAX_PARTS;
}

/* ---- the query --------------------------------------------------------- */

struct query {
	/* What a row's key stands for, that is less where it is nearer: base
	   + scale * its sum, and for squared distances its term besides. */
	float base, scale;
	float bias;	 /* of base, without what the list has to do with it */
	float *y;	 /* [coded] what the query comes to */
	float *left;	 /* [coded] the same less the mean */
	float *tables;	 /* [parts][16] */
	uint8_t *scaled; /* [parts][16] the same, in units */
};

static size_t round_64(size_t x)
{
	return (x + 63) & ~(size_t)63;
}

static struct query *query_of(const struct vsx_code_query *q)
{
	return q->room;
}

static enum vsx_status make_room(const struct vsx_codes *c,
				 struct vsx_code_query *q,
				 struct vsx_error *err)
{
	size_t head = round_64(sizeof(struct query));
	size_t y = round_64(c->form.coded * sizeof(float));
	size_t entries = (size_t)parts_of(&c->form) * 16;
	struct query *t;
	uint8_t *room;

	VSX_TRY(vsx_code_query_room(
		q, head + 2 * y + entries * (sizeof(float) + 1), err));
	room = q->room;
	t = query_of(q);
	t->y = (float *)(void *)(room + head);
	t->left = (float *)(void *)(room + head + y);
	t->tables = (float *)(void *)(room + head + 2 * y);
	t->scaled = room + head + 2 * y + entries * sizeof(float);
	return VSX_OK;
}

/* The products of x with all codewords; what they sum up to for a row is
 * scale.bias + scale.unit * its sum. */
static struct vsx_scan_scale fill_tables(const struct vsx_codes *c,
					 struct query *t, const float *x)
{
	struct vsx_pq pq = vsx_pq_of(&c->form, 4);
	const float *book = vsx_pq_block_words(&c->form, c->params);
	uint32_t parts = parts_of(&c->form);

	memset(t->tables, 0, (size_t)parts * 16 * sizeof(*t->tables));
	vsx_code_kernels()->part_products(x, book, pq.dim, pq.m, t->tables);
	return vsx_scan_quantise(t->tables, parts, t->scaled);
}

static float product_of(const struct vsx_codes *c, const float *a,
			const float *b)
{
	float out;

	vsx_kernels()->ip[VSX_F32](a, (const uint8_t *)b, 0, NULL, 1,
				   c->form.coded, &out);
	return out;
}

static float square_of(const struct vsx_codes *c, const float *a,
		       const float *b)
{
	float out;

	vsx_kernels()->l2[VSX_F32](a, (const uint8_t *)b, 0, NULL, 1,
				   c->form.coded, &out);
	return out;
}

static void prepare_product(const struct vsx_codes *c, struct query *t)
{
	struct vsx_scan_scale s = fill_tables(c, t, t->y);

	t->scale = -s.unit;
	t->bias = -s.bias;
	t->base = t->bias;
}

static void prepare_distance(const struct vsx_codes *c, struct query *t)
{
	const float *mean = vsx_pq_mean(&c->form, c->params);
	struct vsx_scan_scale s;

	for (uint32_t i = 0; i < c->form.coded; i++)
		t->left[i] = t->y[i] - mean[i];
	s = fill_tables(c, t, t->left);
	t->scale = -2.0f * s.unit;
	t->bias = -2.0f * s.bias;
	/* Where there are no lists rows lie about the mean, and the codewords
	   have it in them. */
	t->base = square_of(c, t->y, mean) -
		  2.0f * (s.bias - product_of(c, t->left, mean));
}

static enum vsx_status prepare(const struct vsx_codes *c,
			       struct vsx_code_query *q, struct vsx_error *err)
{
	struct query *t;

	VSX_TRY(make_room(c, q, err));
	t = query_of(q);
	vsx_code_query_take(c, q, t->y);
	/* An estimate of a short distance may be below 0. */
	q->bounds.form = VSX_KEY_PRODUCT;
	if (vsx_codes_product(c))
		prepare_product(c, t);
	else
		prepare_distance(c, t);
	return VSX_OK;
}

static void prepare_list(const struct vsx_codes *c, struct vsx_code_query *q,
			 const float *centroid)
{
	struct query *t = query_of(q);

	t->base =
		t->bias + (vsx_codes_product(c) ? -product_of(c, t->y, centroid)
						: square_of(c, t->y, centroid));
}

/* ---- keys -------------------------------------------------------------- */

/* Of all rows of a block, from their sums. */
static void keys_of_block(const struct vsx_codes *c, const struct query *t,
			  const uint8_t *block, const uint16_t *sums,
			  uint32_t keys[VSX_SCAN_ROWS])
{
	float values[VSX_SCAN_ROWS], terms[VSX_SCAN_ROWS] = {0};
	float base = t->base, scale = t->scale;

	if (!vsx_codes_product(c))
		memcpy(terms, block + terms_at(&c->form), sizeof(terms));
	for (uint32_t i = 0; i < VSX_SCAN_ROWS; i++) {
		float value = (scale * (float)sums[i] + base) + terms[i];

		/* A hostile term may have made it no number. */
		values[i] = value < INFINITY ? value : INFINITY;
	}
	memcpy(keys, values, sizeof(values));
	/* As vsx_key_of_product() has them, of the same with the other sign. */
	for (uint32_t i = 0; i < VSX_SCAN_ROWS; i++)
		keys[i] ^= (uint32_t)((int32_t)keys[i] >> 31) | 0x80000000u;
}

/* Blocks whose sums are taken at once. */
#define BLOCKS 8u

static void keys_of_run(const struct vsx_codes *c, struct vsx_code_query *q,
			const struct vsx_run *run, uint32_t *keys)
{
	const struct query *t = query_of(q);
	uint64_t bytes, at = vsx_codes_extent(c, run, &bytes) - c->at;
	uint32_t n = (uint32_t)(bytes / c->block_bytes);
	uint32_t skip = run->first_row % VSX_SCAN_ROWS, left = run->n_rows;
	uint16_t sums[BLOCKS][VSX_SCAN_ROWS];
	uint32_t some[VSX_SCAN_ROWS];

	for (uint32_t j = 0; j < n; j++) {
		const uint8_t *block =
			c->base + at + (size_t)j * c->block_bytes;
		uint32_t rows = VSX_SCAN_ROWS - skip;

		if (j % BLOCKS == 0)
			vsx_code_kernels()->scan(
				t->scaled, parts_of(&c->form), block,
				c->block_bytes, n - j < BLOCKS ? n - j : BLOCKS,
				sums[0]);
		if (rows > left)
			rows = left;
		keys_of_block(c, t, block, sums[j % BLOCKS],
			      rows == VSX_SCAN_ROWS ? keys : some);
		if (rows < VSX_SCAN_ROWS)
			memcpy(keys, some + skip, rows * sizeof(*keys));
		keys += rows;
		left -= rows;
		skip = 0;
	}
}

static void keys_of_rows(const struct vsx_codes *c, struct vsx_code_query *q,
			 const uint32_t *rows, size_t n, uint32_t *keys)
{
	const struct query *t = query_of(q);
	uint32_t some[VSX_SCAN_ROWS], of = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		uint32_t number = rows[i] / VSX_SCAN_ROWS;

		if (number != of) {
			const uint8_t *block =
				c->base + (size_t)number * c->block_bytes;
			uint16_t sums[VSX_SCAN_ROWS];

			vsx_code_kernels()->scan(t->scaled, parts_of(&c->form),
						 block, c->block_bytes, 1,
						 sums);
			keys_of_block(c, t, block, sums, some);
			of = number;
		}
		keys[i] = some[rows[i] % VSX_SCAN_ROWS];
	}
}

/* ---- rows and their codes ----------------------------------------------- */

/* A row: y, and the centroid that it is less by, or NULL. */
struct row {
	const float *y, *centroid, *mean;
};

/* What component i, which the code takes for `word`, gives to the term. */
static double share(const struct row *r, uint32_t i, double word)
{
	double y = r->y[i], mean = r->mean[i];

	if (r->centroid)
		return 2.0 * word * ((double)r->centroid[i] - mean + y) - y * y;
	return (2.0 * (word - mean) - (y - mean)) * (y - mean);
}

static void encode_row(const struct vsx_code_form *f, const uint8_t *params,
		       const struct row *r, uint32_t i, uint8_t *block)
{
	struct vsx_pq pq = vsx_pq_of(f, 4);
	const float *book = vsx_pq_block_words(f, params);
	double term = 0.0;
	float rounded;

	for (uint32_t j = 0; j < pq.m; j++) {
		const float *words = book + vsx_pq_book(&pq, j);
		uint32_t first = vsx_pq_first(&pq, j);
		uint32_t n = vsx_pq_components(&pq, j);
		uint32_t code = vsx_code_kernels()->nearest(r->y + first, words,
							    n, 16, NULL);

		block[(size_t)j * 16 + i % 16] |= (uint8_t)(code << i / 16 * 4);
		for (uint32_t k = 0; k < n; k++)
			term += share(r, first + k, words[k * 16 + code]);
	}
	rounded = (float)term;
	memcpy(block + terms_at(f) + i * sizeof(rounded), &rounded,
	       sizeof(rounded));
}

static void encode(const struct vsx_code_form *f, const uint8_t *params,
		   const float *y, const float *const *centroids, uint32_t n,
		   uint8_t *block)
{
	for (uint32_t i = 0; i < n; i++) {
		struct row r = {
			.y = y + (size_t)i * f->coded,
			.centroid = centroids ? centroids[i] : NULL,
			.mean = vsx_pq_mean(f, params),
		};

		encode_row(f, params, &r, i, block);
	}
}

static void decode(const struct vsx_code_form *f, const uint8_t *params,
		   const uint8_t *block, uint32_t row, float *y)
{
	struct vsx_pq pq = vsx_pq_of(f, 4);
	const float *book = vsx_pq_block_words(f, params);

	for (uint32_t j = 0; j < pq.m; j++) {
		uint32_t both = block[(size_t)j * 16 + row % 16];

		vsx_pq_put_codeword(&pq, book, j, both >> row / 16 * 4 & 15, y);
	}
}

static enum vsx_status check(const struct vsx_codes *c, struct vsx_error *err)
{
	struct vsx_pq pq = vsx_pq_of(&c->form, 4);
	const float *mean = vsx_pq_mean(&c->form, c->params);

	for (uint32_t i = 0; i < c->form.coded; i++)
		if (!isfinite(mean[i]))
			return vsx_fail(err, VSX_ECORRUPT,
					"component %u of the mean is %g, "
					"expected a finite number",
					i, (double)mean[i]);
	return vsx_pq_check_book(&pq, vsx_pq_block_words(&c->form, c->params),
				 err);
}

const struct vsx_codec vsx_codec_pq4fs = {
	.id = VSX_CODEC_PQ4FS,
	.name = "PQ of 4 bits in blocks",
	.estimates = true,
	.refine = 8.0,
	.block_shift = 5,
	.block_bytes = block_bytes,
	.params_bytes = params_bytes,
	.suits = suits,
	.fits = fits,
	.prepare = prepare,
	.prepare_list = prepare_list,
	.keys_of_run = keys_of_run,
	.keys_of_rows = keys_of_rows,
	.check = check,
	.encode = encode,
	.decode = decode,
};
