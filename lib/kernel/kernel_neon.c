/*
 * The kernels for NEON, as every AArch64 has it. The 32 lanes of a row are
 * eight registers of four; vmulq and vaddq only, as vmlaq may fuse.
 */
#include <arm_neon.h>
#include <string.h>

#include "kernel/rows.h"
#include "kernel/exact_loops.h"
#include "kernel/grid_query.h"
#include "kernel/tables.h"

#define N_REGS 8 /* registers of lanes */

/* One row at a time, so not fewer than this ahead. */
#define AHEAD_MIN 4

/* The row to be fetched while row i is summed; NULL when there is none. */
INLINE const uint8_t *row_after(const struct rows *s, size_t i)
{
	return i + s->ahead < s->n ? row_at(s, i + s->ahead) : NULL;
}

INLINE void rows_begin(struct rows *s)
{
	size_t ahead = AHEAD_BYTES / (s->bytes + 1);

	if (ahead < AHEAD_MIN)
		ahead = AHEAD_MIN;
	s->ahead = ahead < AHEAD_MAX ? ahead : AHEAD_MAX;
	if (!asks_first(s))
		return;
	for (size_t i = 0; i < s->ahead && i < s->n; i++)
		for (size_t at = 0; at < s->bytes; at += LINE)
			__builtin_prefetch(row_at(s, i) + at);
}

/* The lines that begin in the `bytes` from `at` on. */
INLINE void fetch(const uint8_t *row, size_t at, size_t bytes)
{
	if (!row)
		return;
	if (bytes >= LINE || at % LINE == 0)
		__builtin_prefetch(row + at);
	if (bytes > LINE)
		__builtin_prefetch(row + at + LINE);
}

INLINE size_t elem_bytes(enum vsx_elem elem)
{
	return elem == VSX_F32 ? 4 : elem == VSX_I8 || elem == VSX_U8 ? 1 : 2;
}

/* Four components as f32; memcpy, as rows may lie at any address. */
INLINE float32x4_t load(const uint8_t *p, enum vsx_elem elem)
{
	uint8_t raw[8] = {0};
	uint16x4_t half;
	float32x4_t full;
	uint32x4_t wide;

	if (elem == VSX_F32) {
		memcpy(&full, p, sizeof(full));
		return full;
	}
	if (elem == VSX_F16 || elem == VSX_BF16) {
		memcpy(&half, p, sizeof(half));
		if (elem == VSX_F16)
			return vcvt_f32_f16(vreinterpret_f16_u16(half));
		wide = vshlq_n_u32(vmovl_u16(half), 16);
		return vreinterpretq_f32_u32(wide);
	}
	memcpy(raw, p, 4);
	if (elem == VSX_U8)
		return vcvtq_f32_u32(
			vmovl_u16(vget_low_u16(vmovl_u8(vld1_u8(raw)))));
	return vcvtq_f32_s32(vmovl_s16(
		vget_low_s16(vmovl_s8(vreinterpret_s8_u8(vld1_u8(raw))))));
}

/* The first n of four components, zeros behind them. */
INLINE float32x4_t load_part(const uint8_t *p, size_t n, enum vsx_elem elem)
{
	uint8_t whole[4 * sizeof(float)] = {0};

	memcpy(whole, p, n * elem_bytes(elem));
	return load(whole, elem);
}

INLINE void to_f32s(float *out, const uint8_t *x, size_t n, enum vsx_elem elem)
{
	size_t each = elem_bytes(elem), i = 0;
	float last[4];

	for (; i + 4 <= n; i += 4)
		vst1q_f32(out + i, load(x + i * each, elem));
	if (i < n) {
		vst1q_f32(last, load_part(x + i * each, n - i, elem));
		memcpy(out + i, last, (n - i) * sizeof(*out));
	}
}

INLINE float32x4_t add(float32x4_t sum, float32x4_t q, float32x4_t x,
		       enum vsx_metric metric)
{
	float32x4_t d;

	if (metric == VSX_IP)
		return vaddq_f32(sum, vmulq_f32(q, x));
	d = vsubq_f32(q, x);
	return vaddq_f32(sum, vmulq_f32(d, d));
}

INLINE void add_four(float32x4_t *sum, const float *q, const uint8_t *p,
		     enum vsx_elem elem, enum vsx_metric metric)
{
	*sum = add(*sum, vld1q_f32(q), load(p, elem), metric);
}

/* The last n < 32 components; lanes without one stay. */
INLINE void add_rest(float32x4_t sum[N_REGS], const float *q, const uint8_t *p,
		     size_t n, enum vsx_elem elem, enum vsx_metric metric)
{
	const size_t step = 4 * elem_bytes(elem);
	size_t j = 0;

	for (; n >= 4; n -= 4, q += 4, p += step, j++)
		add_four(&sum[j], q, p, elem, metric);
	if (n > 0)
		sum[j] = add(sum[j], load_part((const uint8_t *)q, n, VSX_F32),
			     load_part(p, n, elem), metric);
}

/* Lanes i and i+16, then i and i+8, +4, +2, +1. */
INLINE float fold(const float32x4_t sum[N_REGS])
{
	float32x4_t a =
		vaddq_f32(vaddq_f32(sum[0], sum[4]), vaddq_f32(sum[2], sum[6]));
	float32x4_t b =
		vaddq_f32(vaddq_f32(sum[1], sum[5]), vaddq_f32(sum[3], sum[7]));
	float32x4_t c = vaddq_f32(a, b);
	float32x2_t d = vadd_f32(vget_low_f32(c), vget_high_f32(c));

	return vget_lane_f32(d, 0) + vget_lane_f32(d, 1);
}

INLINE void floats(const float *q, const uint8_t *base, size_t stride,
		   const uint32_t *rows, size_t n, uint32_t dim, float *out,
		   enum vsx_elem elem, enum vsx_metric metric)
{
	const size_t each = elem_bytes(elem), step = 4 * each;
	struct rows s = {base, stride, rows, n, dim * each, 0};

	rows_begin(&s);
	for (size_t r = 0; r < n; r++) {
		const uint8_t *row = row_at(&s, r), *next = row_after(&s, r);
		const float32x4_t zero = vdupq_n_f32(0);
		float32x4_t sum[N_REGS] = {zero, zero, zero, zero,
					   zero, zero, zero, zero};
		size_t i = 0;

		for (; i + LANES <= dim; i += LANES) {
			const uint8_t *p = row + i * each;
			const float *v = q + i;

			add_four(&sum[0], v, p, elem, metric);
			add_four(&sum[1], v + 4, p + 1 * step, elem, metric);
			add_four(&sum[2], v + 8, p + 2 * step, elem, metric);
			add_four(&sum[3], v + 12, p + 3 * step, elem, metric);
			add_four(&sum[4], v + 16, p + 4 * step, elem, metric);
			add_four(&sum[5], v + 20, p + 5 * step, elem, metric);
			add_four(&sum[6], v + 24, p + 6 * step, elem, metric);
			add_four(&sum[7], v + 28, p + 7 * step, elem, metric);
			fetch(next, i * each, LANES * each);
		}
		if (i < dim) {
			add_rest(sum, q + i, row + i * each, dim - i, elem,
				 metric);
			fetch(next, i * each, LANES * each);
		}
		out[r] = fold(sum);
	}
}

/*
 * Sixteen bytes: products of 8 bits with 8 fit 16 bits (|q - x| is at most 255
 * for i8 too, as an unsigned byte), and are added by twos into 32 bits. Signed
 * sums are kept in the same unsigned registers, modulo 2^32.
 */
INLINE uint32x4_t add_bytes(uint32x4_t sum, uint8x16_t q, uint8x16_t x,
			    enum vsx_elem elem, enum vsx_metric metric)
{
	int8x16_t qs = vreinterpretq_s8_u8(q), xs = vreinterpretq_s8_u8(x);
	int32x4_t total;

	if (metric == VSX_IP && elem == VSX_I8) {
		total = vreinterpretq_s32_u32(sum);
		total = vpadalq_s16(total,
				    vmull_s8(vget_low_s8(qs), vget_low_s8(xs)));
		total = vpadalq_s16(
			total, vmull_s8(vget_high_s8(qs), vget_high_s8(xs)));
		return vreinterpretq_u32_s32(total);
	}
	if (metric == VSX_L2)
		q = x = elem == VSX_I8 ? vreinterpretq_u8_s8(vabdq_s8(qs, xs))
				       : vabdq_u8(q, x);
	sum = vpadalq_u16(sum, vmull_u8(vget_low_u8(q), vget_low_u8(x)));
	return vpadalq_u16(sum, vmull_u8(vget_high_u8(q), vget_high_u8(x)));
}

INLINE uint8x16_t load_bytes(const uint8_t *p, size_t n)
{
	uint8_t whole[16] = {0};

	memcpy(whole, p, n);
	return vld1q_u8(whole);
}

INLINE void ints(const uint8_t *q, const uint8_t *base, size_t stride,
		 const uint32_t *rows, size_t n, uint32_t dim, uint32_t *out,
		 enum vsx_elem elem, enum vsx_metric metric)
{
	struct rows s = {base, stride, rows, n, dim, 0};

	rows_begin(&s);
	for (size_t r = 0; r < n; r++) {
		const uint8_t *row = row_at(&s, r), *next = row_after(&s, r);
		uint32x4_t even = vdupq_n_u32(0), odd = even;
		size_t i = 0;

		for (; i + 32 <= dim; i += 32) {
			even = add_bytes(even, vld1q_u8(q + i),
					 vld1q_u8(row + i), elem, metric);
			odd = add_bytes(odd, vld1q_u8(q + i + 16),
					vld1q_u8(row + i + 16), elem, metric);
			fetch(next, i, 32);
		}
		for (; i < dim; i += 16) {
			size_t rest = dim - i < 16 ? dim - i : 16;

			even = add_bytes(even, load_bytes(q + i, rest),
					 load_bytes(row + i, rest), elem,
					 metric);
		}
		out[r] = vaddvq_u32(vaddq_u32(even, odd));
	}
}

VSX_KERNEL_TABLE(vsx_kernels_neon, "neon", floats, ints)
