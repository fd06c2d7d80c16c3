#include "code/sq.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "code/weights.h"
#include "kernel/codes.h"

/* ---- what lies where --------------------------------------------------- */

static uint32_t up_to_4(uint32_t n)
{
	return (n + 3) & ~3u;
}

/* Where the term begins in a record. */
static uint32_t term_at_8(uint32_t coded)
{
	return up_to_4(coded);
}

static uint32_t term_at_4(uint32_t coded)
{
	return up_to_4((coded + 1) / 2);
}

static uint32_t block_bytes_8(const struct vsx_code_form *f)
{
	return term_at_8(f->coded) + 4;
}

static uint32_t block_bytes_4(const struct vsx_code_form *f)
{
	return term_at_4(f->coded) + 4;
}

static uint64_t params_bytes(const struct vsx_code_form *f)
{
	return vsx_code_parts(f).own + (uint64_t)f->coded * 8;
}

static bool suits(enum vsx_elem elem)
{
	(void)elem;
	return true;
}

static bool fits(const struct vsx_code_form *f)
{
	return f->size == f->coded;
}

struct vsx_sq_scale vsx_sq_scale(const struct vsx_code_form *f,
				 const uint8_t *params)
{
	const float *own =
		(const float *)(const void *)(params + vsx_code_parts(f).own);

	return (struct vsx_sq_scale){own, own + f->coded};
}

/* ---- the query --------------------------------------------------------- */

/*
 * A row's value is bias + scale * (weights times code), and for squared
 * distances the term of the row besides.
 */
struct sq_query {
	float bias, scale;
	float *y;	  /* [coded] what the query comes to */
	float *off;	  /* [coded] the same off a centroid */
	int16_t *weights; /* [coded] */
};

static size_t round_64(size_t x)
{
	return (x + 63) & ~(size_t)63;
}

static struct sq_query *sq_of(const struct vsx_code_query *q)
{
	return q->room;
}

static enum vsx_status make_room(const struct vsx_codes *c,
				 struct vsx_code_query *q,
				 struct vsx_error *err)
{
	size_t head = round_64(sizeof(struct sq_query));
	size_t floats = round_64(c->form.coded * sizeof(float));
	uint8_t *room;

	VSX_TRY(vsx_code_query_room(
		q, head + 2 * floats + c->form.coded * sizeof(int16_t), err));
	room = q->room;
	sq_of(q)->y = (float *)(void *)(room + head);
	sq_of(q)->off = (float *)(void *)(room + head + floats);
	sq_of(q)->weights = (int16_t *)(void *)(room + head + 2 * floats);
	return VSX_OK;
}

/* How far a query is from the corner of the grid, in n components, times the
 * steps; the squares of how far are added to lanes. */
static void off_corner(const float *restrict y, const float *restrict lo,
		       const float *restrict step, uint32_t n,
		       float *restrict weight, float lane[VSX_LANES])
{
	uint32_t i = 0;

	for (; n - i >= VSX_LANES; i += VSX_LANES)
		for (uint32_t l = 0; l < VSX_LANES; l++) {
			float at = y[i + l] - lo[i + l];

			weight[i + l] = at * step[i + l];
			lane[l] += at * at;
		}
	for (; i < n; i++) {
		float at = y[i] - lo[i];

		weight[i] = at * step[i];
		lane[i % VSX_LANES] += at * at;
	}
}

/* Squared distances, from the corner of the grid at the centroid. */
static void weigh_distance(const struct vsx_codes *c, struct vsx_code_query *q,
			   const float *centroid)
{
	struct vsx_sq_scale s = vsx_sq_scale(&c->form, c->params);
	struct sq_query *sq = sq_of(q);
	float *weight = q->query.f32_buffer, lane[VSX_LANES] = {0};
	const float *y = sq->y;
	uint32_t n = c->form.coded;

	if (centroid) {
		for (uint32_t i = 0; i < n; i++)
			sq->off[i] = y[i] - centroid[i];
		y = sq->off;
	}
	off_corner(y, s.lo, s.step, n, weight, lane);
	sq->bias = vsx_fold_lanes(lane);
	sq->scale = -2.0f *
		    vsx_weigh(weight, n, vsx_sq_most(c->codec), sq->weights);
}

static float product_of(const float *a, const float *b, uint32_t n)
{
	float lane[VSX_LANES] = {0};
	uint32_t i = 0;

	for (; n - i >= VSX_LANES; i += VSX_LANES)
		for (uint32_t l = 0; l < VSX_LANES; l++)
			lane[l] += a[i + l] * b[i + l];
	for (; i < n; i++)
		lane[i % VSX_LANES] += a[i] * b[i];
	return vsx_fold_lanes(lane);
}

/* Products: the weights are the same for all lists. */
static void weigh_product(const struct vsx_codes *c, struct vsx_code_query *q)
{
	struct vsx_sq_scale s = vsx_sq_scale(&c->form, c->params);
	struct sq_query *sq = sq_of(q);
	float *weight = q->query.f32_buffer;
	uint32_t n = c->form.coded;

	for (uint32_t i = 0; i < n; i++)
		weight[i] = sq->y[i] * s.step[i];
	sq->scale = vsx_weigh(weight, n, vsx_sq_most(c->codec), sq->weights);
	sq->bias = product_of(sq->y, s.lo, n);
}

static enum vsx_status prepare(const struct vsx_codes *c,
			       struct vsx_code_query *q, struct vsx_error *err)
{
	VSX_TRY(make_room(c, q, err));
	vsx_code_query_take(c, q, sq_of(q)->y);
	if (vsx_codes_product(c))
		weigh_product(c, q);
	else
		weigh_distance(c, q, NULL);
	return VSX_OK;
}

static void prepare_list(const struct vsx_codes *c, struct vsx_code_query *q,
			 const float *centroid)
{
	struct vsx_sq_scale s = vsx_sq_scale(&c->form, c->params);
	struct sq_query *sq = sq_of(q);

	if (!vsx_codes_product(c))
		weigh_distance(c, q, centroid);
	else
		sq->bias = product_of(sq->y, s.lo, c->form.coded) +
			   product_of(sq->y, centroid, c->form.coded);
}

/* ---- keys -------------------------------------------------------------- */

static float load_term(const uint8_t *at)
{
	float term;

	memcpy(&term, at, 4);
	return term;
}

static float term_of(const struct vsx_codes *c, const uint8_t *record)
{
	return load_term(record + c->block_bytes - 4);
}

static uint32_t key_of(const struct vsx_codes *c, const struct sq_query *sq,
		       int32_t dot, const uint8_t *record)
{
	float value = sq->scale * (float)dot;
	uint32_t key;

	if (vsx_codes_product(c))
		return vsx_key_of_product(value + sq->bias);
	value += term_of(c, record);
	value += sq->bias;
	/* Rounding may have gone below 0. */
	value = value > 0.0f ? value : 0.0f;
	memcpy(&key, &value, 4);
	return key;
}

/* Of n rows: number rows[i] of those that begin at `base`, or row i. */
static void take_keys(const struct vsx_codes *c, const struct vsx_code_query *q,
		      const uint8_t *base, const uint32_t *rows, size_t n,
		      uint32_t *keys)
{
	const struct vsx_code_kernels *k = vsx_code_kernels();
	bool nibbles = c->codec->id == VSX_CODEC_SQ4;
	const struct sq_query *sq = sq_of(q);

	/* The products first, in the place of the keys. */
	(nibbles ? k->dot4 : k->dot8)(sq->weights, base, c->block_bytes, rows,
				      n, c->form.coded, (int32_t *)keys);
	for (size_t i = 0; i < n; i++) {
		size_t row = rows ? rows[i] : i;

		keys[i] = key_of(c, sq, (int32_t)keys[i],
				 base + row * c->block_bytes);
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

/*
 * Loops without branches over components that follow each other, which the
 * compiler makes vectors of. Some codes are n components of a row from the
 * first on, and each is in byte i of `code`: the bits from `shift` on that are
 * in `mask`.
 */
struct some {
	const float *lo, *step;
	uint32_t first, n;
	uint32_t shift, mask;
};

static struct some all_of_8(const struct vsx_code_form *f,
			    const uint8_t *params)
{
	struct vsx_sq_scale s = vsx_sq_scale(f, params);

	return (struct some){s.lo, s.step, 0, f->coded, 0, 255};
}

static struct some low_of_4(const struct vsx_code_form *f,
			    const uint8_t *params)
{
	struct vsx_sq_scale s = vsx_sq_scale(f, params);

	return (struct some){s.lo, s.step, 0, (f->coded + 1) / 2, 0, 15};
}

static struct some high_of_4(const struct vsx_code_form *f,
			     const uint8_t *params)
{
	struct vsx_sq_scale s = vsx_sq_scale(f, params);
	uint32_t half = (f->coded + 1) / 2;

	return (struct some){
		s.lo + half, s.step + half, half, f->coded - half, 4, 15};
}

static void encode(const struct some *s, const float *restrict y,
		   uint8_t *restrict code)
{
	const float *restrict lo = s->lo, *restrict step = s->step;
	uint32_t n = s->n, shift = s->shift;
	double most = s->mask;

	y += s->first;
	for (uint32_t i = 0; i < n; i++) {
		double at = ((double)y[i] - (double)lo[i]) / (double)step[i];

		/* A step of 0, of rows that are all alike there, makes no
		 * number. */
		at = at > 0.0 ? at : 0.0;
		at = step[i] > 0.0f ? at : 0.0;
		at = (at < most ? at : most) + 0.5;
		code[i] |= (uint8_t)((uint32_t)(int32_t)at << shift);
	}
}

static void decode(const struct some *s, const uint8_t *restrict code,
		   float *restrict y)
{
	const float *restrict lo = s->lo, *restrict step = s->step;
	uint32_t n = s->n, shift = s->shift, mask = s->mask;

	y += s->first;
	for (uint32_t i = 0; i < n; i++)
		y[i] = lo[i] +
		       step[i] * (float)(int32_t)(code[i] >> shift & mask);
}

/* The squared length of step * code; component i is in lane i % VSX_LANES. */
struct term {
	double lane[VSX_LANES];
};

static double length_of(const struct some *s, const uint8_t *code, uint32_t i)
{
	double length =
		(double)s->step[i] * (int32_t)(code[i] >> s->shift & s->mask);

	return length * length;
}

static void add_to(struct term *t, const struct some *s, const uint8_t *code)
{
	struct some some = *s;
	double lane[VSX_LANES];
	uint32_t i;

	for (i = 0; i < some.n && (some.first + i) % VSX_LANES; i++)
		t->lane[(some.first + i) % VSX_LANES] +=
			length_of(&some, code, i);
	memcpy(lane, t->lane, sizeof(lane));
	for (; some.n - i >= VSX_LANES; i += VSX_LANES)
		for (uint32_t j = 0; j < VSX_LANES; j++)
			lane[j] += length_of(&some, code, i + j);
	memcpy(t->lane, lane, sizeof(lane));
	for (; i < some.n; i++)
		t->lane[(some.first + i) % VSX_LANES] +=
			length_of(&some, code, i);
}

static void put_term(const struct term *t, uint8_t *out)
{
	const double *l = t->lane;
	float term = (float)(((l[0] + l[4]) + (l[2] + l[6])) +
			     ((l[1] + l[5]) + (l[3] + l[7])));

	memcpy(out, &term, 4);
}

/* The block is zeros, a record. */
static void encode_8(const struct vsx_code_form *f, const uint8_t *params,
		     const float *y, const float *const *centroids, uint32_t n,
		     uint8_t *block)
{
	struct some all = all_of_8(f, params);
	struct term t = {0};

	(void)centroids;
	(void)n;
	encode(&all, y, block);
	add_to(&t, &all, block);
	put_term(&t, block + term_at_8(f->coded));
}

static void encode_4(const struct vsx_code_form *f, const uint8_t *params,
		     const float *y, const float *const *centroids, uint32_t n,
		     uint8_t *block)
{
	struct some low = low_of_4(f, params), high = high_of_4(f, params);
	struct term t = {0};

	(void)centroids;
	(void)n;
	encode(&low, y, block);
	encode(&high, y, block);
	add_to(&t, &low, block);
	add_to(&t, &high, block);
	put_term(&t, block + term_at_4(f->coded));
}

static void decode_8(const struct vsx_code_form *f, const uint8_t *params,
		     const uint8_t *block, uint32_t row, float *y)
{
	struct some all = all_of_8(f, params);

	(void)row;
	decode(&all, block, y);
}

static void decode_4(const struct vsx_code_form *f, const uint8_t *params,
		     const uint8_t *block, uint32_t row, float *y)
{
	struct some low = low_of_4(f, params), high = high_of_4(f, params);

	(void)row;
	decode(&low, block, y);
	decode(&high, block, y);
}

/* The term is that of the codes, and what is no code is 0. */
static enum vsx_status check_code(const struct vsx_codes *c,
				  const uint8_t *code, struct vsx_error *err)
{
	uint32_t n = c->form.coded, half = (n + 1) / 2;
	bool nibbles = c->codec->id == VSX_CODEC_SQ4;
	uint32_t bytes = nibbles ? half : n, end = up_to_4(bytes);
	struct some some = nibbles ? low_of_4(&c->form, c->params)
				   : all_of_8(&c->form, c->params);
	struct term t = {0};
	uint8_t due[4];

	add_to(&t, &some, code);
	if (nibbles) {
		some = high_of_4(&c->form, c->params);
		add_to(&t, &some, code);
	}
	put_term(&t, due);
	if (memcmp(due, code + end, 4) != 0)
		return vsx_fail(err, VSX_ECORRUPT,
				"the term of its code is %g, expected %g",
				(double)load_term(code + end),
				(double)load_term(due));
	if ((nibbles && n % 2 && code[half - 1] >> 4) ||
	    !vsx_is_zero(code + bytes, end - bytes))
		return vsx_fail(err, VSX_ECORRUPT,
				"the bytes after its code are not 0");
	return VSX_OK;
}

static enum vsx_status check(const struct vsx_codes *c, struct vsx_error *err)
{
	struct vsx_sq_scale s = vsx_sq_scale(&c->form, c->params);

	for (uint32_t i = 0; i < c->form.coded; i++) {
		if (!isfinite(s.lo[i]))
			return vsx_fail(err, VSX_ECORRUPT,
					"lo[%u] of the codes is %g, expected a "
					"finite number",
					i, (double)s.lo[i]);
		if (!(s.step[i] >= 0.0f && s.step[i] <= FLT_MAX))
			return vsx_fail(err, VSX_ECORRUPT,
					"step[%u] of the codes is %g, expected "
					"a finite number, 0 or more",
					i, (double)s.step[i]);
	}
	return VSX_OK;
}

const struct vsx_codec vsx_codec_sq8 = {
	.id = VSX_CODEC_SQ8,
	.name = "SQ8",
	.estimates = true,
	.refine = 2.0,
	.block_bytes = block_bytes_8,
	.params_bytes = params_bytes,
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

const struct vsx_codec vsx_codec_sq4 = {
	.id = VSX_CODEC_SQ4,
	.name = "SQ4",
	.estimates = true,
	.refine = 4.0,
	.block_bytes = block_bytes_4,
	.params_bytes = params_bytes,
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
