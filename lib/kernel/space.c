#include "kernel/space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kernel/half.h"
#include "kernel/tile.h"
#include "kernel/whole.h"
#include "manifest.h"
#include "names.h"

void vsx_space_init(struct vsx_space *s, enum vsx_metric metric,
		    enum vsx_elem elem, uint32_t dim, uint32_t stride)
{
	uint32_t row_bytes = vsx_row_bytes(dim, elem, metric);

	s->kernels = vsx_kernels();
	s->metric = metric;
	s->elem = elem;
	s->dim = dim;
	s->vector_bytes = dim * vsx_elem_bytes(elem);
	s->tail = metric == VSX_COSINE ? row_bytes - 4 : 0;
	s->stride = stride ? stride : vsx_row_stride(row_bytes);
}

enum vsx_status vsx_query_alloc(struct vsx_query *q, uint32_t dim,
				struct vsx_error *err)
{
	memset(q, 0, sizeof(*q));
	if (vsx_alloc_to(&q->f32_buffer, dim, sizeof(float), err) ||
	    vsx_alloc_to(&q->native_buffer, 2, vsx_tile_stride(dim), err) ||
	    vsx_alloc_to(&q->f64_buffer, dim, sizeof(double), err)) {
		vsx_query_release(q);
		return VSX_ENOMEM;
	}
	return VSX_OK;
}

void vsx_query_release(struct vsx_query *q)
{
	free(q->f32_buffer);
	free(q->native_buffer);
	free(q->f64_buffer);
	memset(q, 0, sizeof(*q));
}

/* Component i of a vector of any element type, exactly. */
static float component(const uint8_t *x, enum vsx_elem elem, uint32_t i)
{
	float f;
	uint16_t h;

	switch (elem) {
	case VSX_F32:
		memcpy(&f, x + (size_t)i * 4, 4);
		return f;
	case VSX_F16:
		memcpy(&h, x + (size_t)i * 2, 2);
		return vsx_f16_to_f32(h);
	case VSX_BF16:
		memcpy(&h, x + (size_t)i * 2, 2);
		return vsx_bf16_to_f32(h);
	case VSX_I8:
		return (float)(int8_t)x[i];
	case VSX_U8:
		break;
	}
	return (float)x[i];
}

/* n components from the first on. */
static void load(float *out, const uint8_t *x, enum vsx_elem elem,
		 uint32_t first, uint32_t n)
{
	x += (size_t)first * vsx_elem_bytes(elem);
	if (elem == VSX_F32)
		memcpy(out, x, (size_t)n * sizeof(float));
	else
		vsx_kernels()->widen[elem](out, x, n);
}

static float tail_of(const struct vsx_space *s, const uint8_t *row)
{
	float f;

	memcpy(&f, row + s->tail, 4);
	return f;
}

static enum vsx_status not_finite(uint32_t i, float x, struct vsx_error *err)
{
	return vsx_fail(err, VSX_ENUMERIC, "component %u is %s", i,
			isnan(x) ? "NaN" : "infinite");
}

/* ---- sums in f64: SPEC.md 5.8 ---------------------------------------- */

static_assert(VSX_SPACE_PIECE % VSX_EXACT_LANES == 0,
	      "pieces begin with lane 0");

/* n components from the first on as f32s: where they are, or in `room`. */
static const uint8_t *f32_at(float *room, const uint8_t *x, enum vsx_elem elem,
			     uint32_t first, uint32_t n)
{
	if (elem == VSX_F32)
		return x + (size_t)first * sizeof(float);
	load(room, x, elem, first, n);
	return (const uint8_t *)room;
}

static double sum_of_lanes(const double *lane)
{
	return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
	       ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* S of SPEC.md 5.1: no f32 squared is too much for it, or too little. */
static double sum_of_squares(const uint8_t *x, enum vsx_elem elem, uint32_t dim)
{
	double lane[VSX_EXACT_LANES] = {0};
	float c[VSX_SPACE_PIECE];

	for (uint32_t d = 0; d < dim; d += VSX_SPACE_PIECE) {
		uint32_t n = vsx_space_piece(dim, d);

		vsx_kernels()->exact_own(NULL, f32_at(c, x, elem, d, n), n,
					 lane);
	}
	return sum_of_lanes(lane);
}

/* 1 / length, or 0 for the zero vector. */
static double inverse_length(const uint8_t *x, enum vsx_elem elem, uint32_t dim)
{
	double sum = sum_of_squares(x, elem, dim);

	return sum > 0.0 ? 1.0 / sqrt(sum) : 0.0;
}

double vsx_space_inverse_length(const struct vsx_space *s, const uint8_t *row)
{
	return inverse_length(row, s->elem, s->dim);
}

/*
 * Vectors of lengths up to 2^62.5 have products up to 2^125 and squared
 * distances up to 2^127: no sum of them overflows an f32.
 */
#define MOST_SQUARED 0x1p125

/* The bits of 2^54: VSX_MAX_DIM squares of it are less than that. */
#define HARMLESS 0x5a800000u

/* `greatest`: the bits of the greatest component without its sign. */
static enum vsx_status check_sum(const struct vsx_space *s, const uint8_t *x,
				 enum vsx_elem elem, uint32_t greatest,
				 struct vsx_error *err)
{
	double sum;

	if (greatest <= HARMLESS)
		return VSX_OK;
	sum = sum_of_squares(x, elem, s->dim);
	if (sum <= MOST_SQUARED)
		return VSX_OK;
	return vsx_fail(err, VSX_ENUMERIC,
			"its squared length is %.9g, %s takes up to %.9g", sum,
			vsx_metric_name(s->metric), MOST_SQUARED);
}

static enum vsx_status check_length(const struct vsx_space *s, const uint8_t *x,
				    enum vsx_elem elem, struct vsx_error *err)
{
	float c[VSX_SPACE_PIECE];
	uint32_t greatest = 0;

	if (elem != VSX_F32 && elem != VSX_BF16)
		return VSX_OK;
	for (uint32_t d = 0; d < s->dim; d += VSX_SPACE_PIECE) {
		uint32_t n = vsx_space_piece(s->dim, d), bits;

		bits = vsx_kernels()->exact_take(f32_at(c, x, elem, d, n), n,
						 NULL);
		greatest = bits > greatest ? bits : greatest;
	}
	return check_sum(s, x, elem, greatest, err);
}

/*
 * Rows much longer or shorter than that have products that an f32 may not hold,
 * or lengths of which it does not hold the inverse: their tail is 0, and
 * products with them are computed in f64.
 */
static float tail_for(double squared)
{
	if (squared < 0x1p-80 || squared > 0x1p80)
		return 0.0f;
	return (float)(1.0 / sqrt(squared));
}

static void take_whole(struct vsx_query *q, uint32_t dim)
{
	bool signs = false; /* of 0, which distances do not see */

	q->whole_types = vsx_whole_types(q->f32_buffer, dim, &signs);
	q->whole_scale = 1.0f;
	q->whole = q->native_buffer;
	if (q->whole_types)
		vsx_whole_put(q->native_buffer, q->f32_buffer, dim);
}

enum vsx_status vsx_space_prepare(const struct vsx_space *s,
				  struct vsx_query *q, const void *x,
				  enum vsx_elem elem, struct vsx_error *err)
{
	uint32_t greatest;
	double inverse;

	load(q->f32_buffer, x, elem, 0, s->dim);
	greatest = s->kernels->exact_take((const uint8_t *)q->f32_buffer,
					  s->dim, q->f64_buffer);
	for (uint32_t i = 0; greatest >= VSX_NOT_FINITE && i < s->dim; i++)
		if (!isfinite(q->f32_buffer[i]))
			return not_finite(i, q->f32_buffer[i], err);
	q->f32 = q->f32_buffer;
	q->scale = 1.0f;
	take_whole(q, s->dim);
	if (s->metric != VSX_COSINE)
		return check_sum(s, (const uint8_t *)q->f32_buffer, VSX_F32,
				 greatest, err);

	inverse =
		inverse_length((const uint8_t *)q->f32_buffer, VSX_F32, s->dim);
	if (inverse == 0.0)
		return vsx_fail(err, VSX_ENUMERIC,
				"the vector is zero, which has no cosine");
	for (uint32_t i = 0; i < s->dim; i++) {
		q->f64_buffer[i] *= inverse;
		q->f32_buffer[i] = (float)q->f64_buffer[i];
	}
	q->whole_scale = (float)inverse;
	return VSX_OK;
}

/* The row at length 1. */
static void load_unit(const struct vsx_space *s, float *out, const uint8_t *row)
{
	double inverse = inverse_length(row, s->elem, s->dim);

	vsx_space_load(s, out, row);
	for (uint32_t i = 0; i < s->dim; i++)
		out[i] = (float)((double)out[i] * inverse);
}

void vsx_space_row_query(const struct vsx_space *s, struct vsx_query *q,
			 const uint8_t *row)
{
	float tail = s->metric == VSX_COSINE ? tail_of(s, row) : 1.0f;

	q->whole_types = 0;
	q->f32 = q->f32_buffer;
	q->scale = q->whole_scale = tail;
	if (tail == 0.0f) {
		load_unit(s, q->f32_buffer, row);
		q->scale = 1.0f;
	} else if (vsx_elem_is_int(s->elem)) {
		q->whole = row;
		q->whole_types = VSX_WHOLE_TYPE(s->elem);
	} else if (s->elem == VSX_F32) {
		q->f32 = (const float *)(const void *)row;
	} else {
		vsx_space_load(s, q->f32_buffer, row);
	}
}

/* Floats in their order as u32: the sign bit set for positive numbers, all
 * bits turned for negative ones. */
static inline uint32_t order_bits(float f)
{
	uint32_t u;

	f += 0.0f; /* -0 and +0 are one value */
	memcpy(&u, &f, 4);
	return u ^ (u >> 31 ? 0xffffffffu : 0x80000000u);
}

static inline float from_order_bits(uint32_t u)
{
	float f;

	u ^= u >> 31 ? 0x80000000u : 0xffffffffu;
	memcpy(&f, &u, 4);
	return f;
}

static inline const uint8_t *row_at(const struct vsx_space *s,
				    const uint8_t *base, const uint32_t *rows,
				    size_t i)
{
	return base + (rows ? rows[i] : i) * s->stride;
}

/* The cosine of a row without a tail. */
static float f64_product(const struct vsx_space *s, const struct vsx_query *q,
			 const uint8_t *row)
{
	double sum = 0.0;

	for (uint32_t i = 0; i < s->dim; i++)
		sum += (double)q->f32[i] * (double)component(row, s->elem, i);
	return (float)(sum * inverse_length(row, s->elem, s->dim) *
		       (double)q->scale);
}

static void float_products(const struct vsx_space *s, const struct vsx_query *q,
			   const uint8_t *base, const uint32_t *rows, size_t n,
			   uint32_t *keys)
{
	float *f = (float *)keys;

	s->kernels->ip[s->elem](q->f32, base, s->stride, rows, n, s->dim, f);
	for (size_t i = 0; s->metric == VSX_COSINE && i < n; i++) {
		const uint8_t *row = row_at(s, base, rows, i);
		float tail = tail_of(s, row);

		f[i] = tail == 0.0f ? f64_product(s, q, row)
				    : f[i] * (q->scale * tail);
	}
	for (size_t i = 0; i < n; i++)
		keys[i] = order_bits(-f[i]);
}

/* From a product of integers, which i8 has as an i32. */
static inline uint32_t cosine_key(const struct vsx_space *s,
				  const struct vsx_query *q, float tail,
				  uint32_t product)
{
	float f = s->elem == VSX_I8 ? (float)(int32_t)product : (float)product;

	return order_bits(-(f * (q->whole_scale * tail)));
}

void vsx_space_cosine_keys(const struct vsx_space *s, const struct vsx_query *q,
			   const float *tails, size_t n, uint32_t *keys)
{
	for (size_t i = 0; i < n; i++)
		keys[i] = cosine_key(s, q, tails[i], 0 - keys[i]);
}

static void int_products(const struct vsx_space *s, const struct vsx_query *q,
			 const uint8_t *base, const uint32_t *rows, size_t n,
			 uint32_t *keys)
{
	s->kernels->ip_int[s->elem](q->whole, base, s->stride, rows, n, s->dim,
				    keys);
	if (s->metric == VSX_COSINE) {
		for (size_t i = 0; i < n; i++)
			keys[i] = cosine_key(
				s, q, tail_of(s, row_at(s, base, rows, i)),
				keys[i]);
	} else if (s->elem == VSX_I8) {
		for (size_t i = 0; i < n; i++)
			keys[i] = 0x80000000u - keys[i];
	} else {
		for (size_t i = 0; i < n; i++)
			keys[i] = ~keys[i];
	}
}

void vsx_space_keys(const struct vsx_space *s, const struct vsx_query *q,
		    const uint8_t *base, const uint32_t *rows, size_t n,
		    uint32_t *keys)
{
	if (s->metric != VSX_L2) {
		if (vsx_query_native(s, q))
			int_products(s, q, base, rows, n, keys);
		else
			float_products(s, q, base, rows, n, keys);
	} else if (vsx_query_native(s, q)) {
		s->kernels->l2_int[s->elem](q->whole, base, s->stride, rows, n,
					    s->dim, keys);
	} else {
		s->kernels->l2[s->elem](q->f32, base, s->stride, rows, n,
					s->dim, (float *)keys);
	}
}

enum vsx_key_form vsx_space_key_form(const struct vsx_space *s,
				     const struct vsx_query *q)
{
	if (s->metric == VSX_L2)
		return vsx_query_native(s, q) ? VSX_KEY_WHOLE : VSX_KEY_F32;
	if (s->metric == VSX_COSINE || !vsx_query_native(s, q))
		return VSX_KEY_PRODUCT;
	return s->elem == VSX_I8 ? VSX_KEY_PRODUCT_I8 : VSX_KEY_PRODUCT_U8;
}

double vsx_key_value(enum vsx_key_form form, uint32_t key)
{
	float f;

	switch (form) {
	case VSX_KEY_F32:
		memcpy(&f, &key, 4);
		return f;
	case VSX_KEY_WHOLE:
		return (double)key;
	case VSX_KEY_PRODUCT:
		return from_order_bits(key);
	case VSX_KEY_PRODUCT_I8:
		return -(double)(int32_t)(0x80000000u - key);
	case VSX_KEY_PRODUCT_U8:
		break;
	}
	return -(double)~key;
}

uint32_t vsx_key_of_product(float product)
{
	return order_bits(-product);
}

double vsx_space_exact_value(const struct vsx_space *s,
			     const struct vsx_query *q, const uint8_t *row)
{
	double lane[VSX_EXACT_LANES] = {0}, sum;
	const double *x = q->f64_buffer;
	float c[VSX_SPACE_PIECE];

	for (uint32_t d = 0; d < s->dim; d += VSX_SPACE_PIECE) {
		uint32_t n = vsx_space_piece(s->dim, d);

		const uint8_t *f32 = f32_at(c, row, s->elem, d, n);

		if (s->metric == VSX_L2)
			s->kernels->exact_squares(x + d, f32, n, lane);
		else
			s->kernels->exact_products(x + d, f32, n, lane);
	}
	sum = sum_of_lanes(lane);
	if (s->metric == VSX_L2)
		return sum;
	if (s->metric == VSX_COSINE)
		sum *= inverse_length(row, s->elem, s->dim);
	return -sum;
}

float vsx_space_distance(const struct vsx_space *s, double value)
{
	if (s->metric == VSX_L2)
		return (float)value;
	if (s->metric == VSX_COSINE && fabs(value) > 1.0)
		value = copysign(1.0, value);
	return (float)(0.0 - value);
}

static enum vsx_status convert(const struct vsx_space *s, uint8_t *out,
			       const uint8_t *x, enum vsx_elem elem, uint32_t i,
			       double scale, struct vsx_error *err)
{
	float c = component(x, elem, i);
	uint16_t h;
	float low = s->elem == VSX_I8 ? -128.0f : 0.0f;
	float high = s->elem == VSX_I8 ? 127.0f : 255.0f;

	if (!isfinite(c))
		return not_finite(i, c, err);
	if (scale != 1.0)
		c = (float)(c * scale);
	switch (s->elem) {
	case VSX_F32:
		memcpy(out + (size_t)i * 4, &c, 4);
		return VSX_OK;
	case VSX_F16:
	case VSX_BF16:
		h = s->elem == VSX_F16 ? vsx_f32_to_f16(c) : vsx_f32_to_bf16(c);
		memcpy(out + (size_t)i * 2, &h, 2);
		if (!isfinite(component(out, s->elem, i)))
			return vsx_fail(err, VSX_ENUMERIC,
					"component %u is %g, too large for %s",
					i, (double)c, vsx_elem_name(s->elem));
		return VSX_OK;
	case VSX_I8:
	case VSX_U8:
		break;
	}
	if (!(c >= low && c <= high) || c != floorf(c))
		return vsx_fail(err, VSX_ENUMERIC,
				"component %u is %g, %s holds whole numbers "
				"from %g to %g",
				i, (double)c, vsx_elem_name(s->elem),
				(double)low, (double)high);
	out[i] = (uint8_t)(int)c;
	return VSX_OK;
}

enum vsx_status vsx_space_store(const struct vsx_space *s, uint8_t *out,
				const void *x, enum vsx_elem elem,
				bool normalize, struct vsx_error *err)
{
	double scale = 1.0, squared;
	float tail;

	memset(out + s->vector_bytes, 0, s->stride - s->vector_bytes);
	if (normalize) {
		for (uint32_t i = 0; i < s->dim; i++) {
			float c = component(x, elem, i);

			if (!isfinite(c))
				return not_finite(i, c, err);
		}
		scale = inverse_length(x, elem, s->dim);
		if (scale == 0.0)
			return vsx_fail(err, VSX_ENUMERIC,
					"the vector is zero, which has no "
					"direction");
	}
	for (uint32_t i = 0; i < s->dim; i++)
		VSX_TRY(convert(s, out, x, elem, i, scale, err));
	if (s->metric != VSX_COSINE)
		return check_length(s, out, s->elem, err);
	squared = sum_of_squares(out, s->elem, s->dim);
	if (squared == 0.0)
		return vsx_fail(err, VSX_ENUMERIC,
				"the vector is zero, which has no cosine");
	tail = tail_for(squared);
	memcpy(out + s->tail, &tail, 4);
	return VSX_OK;
}

void vsx_space_close(const struct vsx_space *s, uint8_t *out)
{
	float tail;

	memset(out + s->vector_bytes, 0, s->stride - s->vector_bytes);
	if (s->metric != VSX_COSINE)
		return;
	tail = tail_for(sum_of_squares(out, s->elem, s->dim));
	memcpy(out + s->tail, &tail, 4);
}

void vsx_space_load(const struct vsx_space *s, float *out, const uint8_t *row)
{
	load(out, row, s->elem, 0, s->dim);
}

void vsx_space_load_some(const struct vsx_space *s, float *out,
			 const uint8_t *row, uint32_t first, uint32_t n)
{
	load(out, row, s->elem, first, n);
}

const uint8_t *vsx_space_f32s(const struct vsx_space *s, float *room,
			      const uint8_t *row, uint32_t first, uint32_t n)
{
	return f32_at(room, row, s->elem, first, n);
}

double vsx_space_scale(const struct vsx_space *s, const uint8_t *row)
{
	return s->metric == VSX_COSINE ? vsx_space_inverse_length(s, row) : 1.0;
}
