#include "code/pq.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "kernel/codes.h"

/* ---- what lies where --------------------------------------------------- */

static uint32_t block_bytes_8(const struct vsx_code_form *f)
{
	return f->size;
}

static uint32_t block_bytes_4(const struct vsx_code_form *f)
{
	return (f->size + 1) / 2;
}

static uint64_t params_bytes_8(const struct vsx_code_form *f)
{
	return vsx_code_parts(f).own + (uint64_t)f->coded * 256 * sizeof(float);
}

static uint64_t params_bytes_4(const struct vsx_code_form *f)
{
	return vsx_code_parts(f).own + (uint64_t)f->coded * 16 * sizeof(float);
}

static bool suits(enum vsx_elem elem)
{
	(void)elem;
	return true;
}

static bool fits(const struct vsx_code_form *f)
{
	return f->size >= 1 && f->size <= f->coded;
}

/* ---- the query --------------------------------------------------------- */

/* One byte of a code: one part, or two. */
struct byte {
	float low[2]; /* the least entry of each part's table */
	float span;   /* from the least to the greatest sum */
};

struct pq_query {
	float bias, unit;   /* a row's value is bias + unit * sum of entries */
	float whole;	    /* bias without what the list has to do with it */
	float *y;	    /* [coded] what the query comes to */
	float *tables;	    /* [m][ksub] */
	struct byte *reach; /* [bytes of a code] of these */
	uint16_t *words;    /* [bytes of a code][256] the same, in units */
};

static size_t round_64(size_t x)
{
	return (x + 63) & ~(size_t)63;
}

static struct pq_query *pq_query_of(const struct vsx_code_query *q)
{
	return q->room;
}

static enum vsx_status make_room(const struct vsx_codes *c,
				 struct vsx_code_query *q,
				 struct vsx_error *err)
{
	struct vsx_pq pq = vsx_pq_of(&c->form, vsx_pq_bits(c->codec));
	size_t head = round_64(sizeof(struct pq_query));
	size_t y = round_64(pq.dim * sizeof(float));
	size_t tables = round_64((size_t)pq.m * pq.ksub * sizeof(float));
	size_t reach = round_64(c->block_bytes * sizeof(struct byte));
	size_t words = (size_t)c->block_bytes * 256 * sizeof(uint16_t);
	uint8_t *room;

	VSX_TRY(vsx_code_query_room(q, head + y + tables + reach + words, err));
	room = q->room;
	pq_query_of(q)->y = (float *)(void *)(room + head);
	pq_query_of(q)->tables = (float *)(void *)(room + head + y);
	room += head + y + tables;
	pq_query_of(q)->reach = (struct byte *)(void *)room;
	pq_query_of(q)->words = (uint16_t *)(void *)(room + reach);
	return VSX_OK;
}

/* ---- tables ------------------------------------------------------------ */

/* The entries of both halves of a byte are added to those of all its values. */
static void pair_up(const uint16_t *low, const uint16_t *high, uint16_t *out)
{
	for (uint32_t h = 0; h < 16; h++)
		for (uint32_t l = 0; l < 16; l++)
			out[h * 16 + l] = (uint16_t)(low[l] + high[h]);
}

static struct byte byte_at(const struct vsx_pq *pq, const float *tables,
			   uint32_t parts, uint32_t i)
{
	struct byte b = {{0.0f, 0.0f}, 0.0f};

	for (uint32_t j = 0; j < parts && i * parts + j < pq->m; j++) {
		float high;

		vsx_code_kernels()->range(tables + (size_t)(i * parts + j) *
							   pq->ksub,
					  pq->ksub, &b.low[j], &high);
		b.span += high - b.low[j];
	}
	return b;
}

static void put_words(const struct vsx_pq *pq, const struct pq_query *t,
		      uint32_t parts, uint32_t i, float inverse, uint16_t *out)
{
	const struct vsx_code_kernels *k = vsx_code_kernels();
	const float *table = t->tables + (size_t)i * parts * pq->ksub;
	const float *low = t->reach[i].low;
	uint16_t half[2][16] = {{0}};

	if (parts == 1) {
		k->quantise(table, pq->ksub, low[0], inverse, out);
		return;
	}
	for (uint32_t j = 0; j < 2 && i * 2 + j < pq->m; j++)
		k->quantise(table + (size_t)j * pq->ksub, pq->ksub, low[j],
			    inverse, half[j]);
	pair_up(half[0], half[1], out);
}

/* The tables in whole numbers, at most 65,535 for a byte of a code. */
static void quantise_tables(const struct vsx_codes *c, struct pq_query *t)
{
	struct vsx_pq pq = vsx_pq_of(&c->form, vsx_pq_bits(c->codec));
	uint32_t n = c->block_bytes, parts = pq.ksub == 256 ? 1 : 2;
	float bias = 0.0f, span = 0.0f, inverse;

	for (uint32_t i = 0; i < n; i++) {
		struct byte b = byte_at(&pq, t->tables, parts, i);

		t->reach[i] = b;
		bias += b.low[0];
		bias += b.low[1];
		span = b.span > span ? b.span : span;
	}
	/* One less for what two halves may be rounded up by. */
	t->unit = span / 65534.0f;
	t->whole = bias;
	inverse = 1.0f / t->unit;
	/* All entries are alike, or no numbers: those of a hostile file. */
	if (!(span > 0.0f && span <= FLT_MAX && inverse <= FLT_MAX)) {
		t->unit = 0.0f;
		memset(t->words, 0, (size_t)n * 256 * sizeof(*t->words));
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		put_words(&pq, t, parts, i, inverse,
			  t->words + (size_t)i * 256);
}

/* What y has of all codewords. */
static void fill_tables(const struct vsx_codes *c, struct pq_query *t,
			const float *y)
{
	const struct vsx_code_kernels *k = vsx_code_kernels();
	struct vsx_pq pq = vsx_pq_of(&c->form, vsx_pq_bits(c->codec));
	const float *book = vsx_pq_words(&c->form, c->params);

	for (uint32_t j = 0; j < pq.m; j++)
		(vsx_codes_product(c) ? k->products : k->squares)(
			y + vsx_pq_first(&pq, j), book + vsx_pq_book(&pq, j),
			vsx_pq_components(&pq, j), pq.ksub,
			t->tables + (size_t)j * pq.ksub);
	quantise_tables(c, t);
	t->bias = t->whole;
}

static enum vsx_status prepare(const struct vsx_codes *c,
			       struct vsx_code_query *q, struct vsx_error *err)
{
	struct pq_query *t;

	VSX_TRY(make_room(c, q, err));
	t = pq_query_of(q);
	vsx_code_query_take(c, q, t->y);
	/* Distances to what centroids leave of rows wait for their list. */
	if (vsx_codes_product(c) || !(c->form.flags & VSX_CODES_RESIDUAL))
		fill_tables(c, t, t->y);
	return VSX_OK;
}

static void prepare_list(const struct vsx_codes *c, struct vsx_code_query *q,
			 const float *centroid)
{
	struct pq_query *t = pq_query_of(q);
	float *left = q->query.f32_buffer, product;

	if (vsx_codes_product(c)) {
		vsx_kernels()->ip[VSX_F32](t->y, (const uint8_t *)centroid, 0,
					   NULL, 1, c->form.coded, &product);
		t->bias = t->whole + product;
		return;
	}
	for (uint32_t i = 0; i < c->form.coded; i++)
		left[i] = t->y[i] - centroid[i];
	fill_tables(c, t, left);
}

/* ---- keys -------------------------------------------------------------- */

/* Of n rows: number rows[i] of those that begin at `base`, or row i. */
static void take_keys(const struct vsx_codes *c, const struct vsx_code_query *q,
		      const uint8_t *base, const uint32_t *rows, size_t n,
		      uint32_t *keys)
{
	const struct pq_query *t = pq_query_of(q);

	/* The sums first, in the place of the keys. */
	vsx_code_kernels()->sums(t->words, base, c->block_bytes, rows, n,
				 c->block_bytes, keys);
	for (size_t i = 0; i < n; i++) {
		float value = t->unit * (float)keys[i] + t->bias;

		if (vsx_codes_product(c)) {
			keys[i] = vsx_key_of_product(value);
		} else {
			/* A hostile book may have made it no number. */
			value = value > 0.0f ? value : 0.0f;
			memcpy(&keys[i], &value, 4);
		}
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

/* ---- rows and their codes ----------------------------------------------- */

static uint8_t code_of(const struct vsx_pq *pq, const float *book, uint32_t j,
		       const float *y)
{
	return (uint8_t)vsx_code_kernels()->nearest(
		y + vsx_pq_first(pq, j), book + vsx_pq_book(pq, j),
		vsx_pq_components(pq, j), pq->ksub, NULL);
}

static void encode_8(const struct vsx_code_form *f, const uint8_t *params,
		     const float *y, const float *const *centroids, uint32_t n,
		     uint8_t *block)
{
	struct vsx_pq pq = vsx_pq_of(f, 8);
	const float *book = vsx_pq_words(f, params);

	(void)centroids;
	(void)n; /* a record a block */
	for (uint32_t j = 0; j < pq.m; j++)
		block[j] = code_of(&pq, book, j, y);
}

static void encode_4(const struct vsx_code_form *f, const uint8_t *params,
		     const float *y, const float *const *centroids, uint32_t n,
		     uint8_t *block)
{
	struct vsx_pq pq = vsx_pq_of(f, 4);
	const float *book = vsx_pq_words(f, params);

	(void)centroids;
	(void)n;
	for (uint32_t j = 0; j < pq.m; j++)
		block[j / 2] |=
			(uint8_t)(code_of(&pq, book, j, y) << j % 2 * 4);
}

void vsx_pq_put_codeword(const struct vsx_pq *pq, const float *book, uint32_t j,
			 uint32_t code, float *y)
{
	const float *words = book + vsx_pq_book(pq, j);

	for (uint32_t i = 0; i < vsx_pq_components(pq, j); i++)
		y[vsx_pq_first(pq, j) + i] = words[(size_t)i * pq->ksub + code];
}

static void decode_8(const struct vsx_code_form *f, const uint8_t *params,
		     const uint8_t *block, uint32_t row, float *y)
{
	struct vsx_pq pq = vsx_pq_of(f, 8);

	(void)row;
	for (uint32_t j = 0; j < pq.m; j++)
		vsx_pq_put_codeword(&pq, vsx_pq_words(f, params), j, block[j],
				    y);
}

static void decode_4(const struct vsx_code_form *f, const uint8_t *params,
		     const uint8_t *block, uint32_t row, float *y)
{
	struct vsx_pq pq = vsx_pq_of(f, 4);

	(void)row;
	for (uint32_t j = 0; j < pq.m; j++)
		vsx_pq_put_codeword(&pq, vsx_pq_words(f, params), j,
				    block[j / 2] >> j % 2 * 4 & 15, y);
}

enum vsx_status vsx_pq_check_book(const struct vsx_pq *pq, const float *book,
				  struct vsx_error *err)
{
	for (uint32_t i = 0; i < pq->dim; i++)
		for (uint32_t w = 0; w < pq->ksub; w++) {
			float x = book[(size_t)i * pq->ksub + w];

			if (!isfinite(x))
				return vsx_fail(
					err, VSX_ECORRUPT,
					"component %u of codeword %u is %g, "
					"expected a finite number",
					i, w, (double)x);
		}
	return VSX_OK;
}

static enum vsx_status check(const struct vsx_codes *c, struct vsx_error *err)
{
	struct vsx_pq pq = vsx_pq_of(&c->form, vsx_pq_bits(c->codec));

	return vsx_pq_check_book(&pq, vsx_pq_words(&c->form, c->params), err);
}

/* Of 4 bits: the half that no part has. */
static enum vsx_status check_code(const struct vsx_codes *c,
				  const uint8_t *code, struct vsx_error *err)
{
	uint32_t m = c->form.size;

	if (vsx_pq_bits(c->codec) == 4 && m % 2 && code[m / 2] >> 4)
		return vsx_fail(err, VSX_ECORRUPT,
				"the half byte after its code is %u, expected "
				"0",
				code[m / 2] >> 4);
	return VSX_OK;
}

const struct vsx_codec vsx_codec_pq8 = {
	.id = VSX_CODEC_PQ8,
	.name = "PQ",
	.estimates = true,
	.refine = 4.0,
	.block_bytes = block_bytes_8,
	.params_bytes = params_bytes_8,
	.suits = suits,
	.fits = fits,
	.prepare = prepare,
	.prepare_list = prepare_list,
	.keys_of_run = keys_of_run,
	.keys_of_rows = keys_of_rows,
	.check = check,
	.check_code = check_code,
	.encode = encode_8,
	.decode = decode_8,
};

const struct vsx_codec vsx_codec_pq4 = {
	.id = VSX_CODEC_PQ4,
	.name = "PQ of 4 bits",
	.estimates = true,
	.refine = 8.0,
	.block_bytes = block_bytes_4,
	.params_bytes = params_bytes_4,
	.suits = suits,
	.fits = fits,
	.prepare = prepare,
	.prepare_list = prepare_list,
	.keys_of_run = keys_of_run,
	.keys_of_rows = keys_of_rows,
	.check = check,
	.check_code = check_code,
	.encode = encode_4,
	.decode = decode_4,
};
