/*
 * The kernels for codes for NEON, as every AArch64 has it: codes widened to 16
 * bits, products added to sums of 32.
 */
#include <arm_neon.h>

#define WIDTH 4

#include "kernel/codes_direction.h"
#include "kernel/codes_rows.h"
#include "kernel/codes_tables.h"

#define BYTES 8 /* a step */

/* The bytes of a step, and their weights: those of the low halves, or of the
 * whole, and those of the high halves. */
struct step {
	size_t at;
	uint32_t n;
	int16x8_t low, high;
};

/* The first n of BYTES words, zeros behind them. */
INLINE int16x8_t some_words_at(const int16_t *p, uint32_t n)
{
	int16_t x[BYTES] = {0};

	memcpy(x, p, n * sizeof(*p));
	return vld1q_s16(x);
}

/* From byte `at` on, n of them; n_high, which may be one less, have a code in
 * the high half. */
INLINE struct step step_at(const int16_t *w, const int16_t *high, size_t at,
			   uint32_t n, uint32_t n_high, int bits)
{
	struct step s = {.at = at, .n = n};

	s.low = n < BYTES ? some_words_at(w + at, n) : vld1q_s16(w + at);
	s.high = s.low;
	if (bits == 4)
		s.high = n_high < BYTES ? some_words_at(high + at, n_high)
					: vld1q_s16(high + at);
	return s;
}

INLINE uint8x8_t codes_at(const uint8_t *p, uint32_t n)
{
	uint8_t x[BYTES] = {0};

	if (n < BYTES) {
		memcpy(x, p, n);
		p = x;
	}
	return vld1_u8(p);
}

INLINE int32x4_t add_products(int32x4_t sum, int16x8_t w, uint8x8_t codes)
{
	int16x8_t x = vreinterpretq_s16_u16(vmovl_u8(codes));

	sum = vmlal_s16(sum, vget_low_s16(w), vget_low_s16(x));
	return vmlal_high_s16(sum, w, x);
}

INLINE int32x4_t add_row(int32x4_t sum, const struct step *s,
			 const uint8_t *row, int bits)
{
	uint8x8_t x = codes_at(row + s->at, s->n);

	if (bits == 8)
		return add_products(sum, s->low, x);
	sum = add_products(sum, s->low, vand_u8(x, vdup_n_u8(15)));
	return add_products(sum, s->high, vshr_n_u8(x, 4));
}

INLINE void add_step(int32x4_t sum[GROUP], const struct step *s,
		     const struct group *g, int bits, int width)
{
	sum[0] = add_row(sum[0], s, g->row[0], bits);
	if (width == 1)
		return;
	sum[1] = add_row(sum[1], s, g->row[1], bits);
	sum[2] = add_row(sum[2], s, g->row[2], bits);
	sum[3] = add_row(sum[3], s, g->row[3], bits);
	fetch_next(g, s->at, BYTES);
}

INLINE void dots(const int16_t *w, const struct group *g, uint32_t dim,
		 int bits, int width, int32_t out[GROUP])
{
	uint32_t bytes = bits == 8 ? dim : (dim + 1) / 2, at = 0;
	const int16_t *high = w + bytes;
	int32x4_t sum[GROUP] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0),
				vdupq_n_s32(0)};
	struct step s;

	for (; at + BYTES < bytes; at += BYTES) {
		s = step_at(w, high, at, BYTES, BYTES, bits);
		add_step(sum, &s, g, bits, width);
	}
	s = step_at(w, high, at, bytes - at, dim - bytes - at, bits);
	add_step(sum, &s, g, bits, width);
	for (int i = 0; i < GROUP; i++)
		out[i] = vaddvq_s32(sum[i]);
}

INLINE int32x4_t add_whole(const int16_t *w, const uint8_t *row, uint32_t dim,
			   int bits)
{
	uint32_t bytes = bits == 8 ? dim : (dim + 1) / 2, at = 0;
	const int16_t *high = w + bytes;
	int32x4_t sum = vdupq_n_s32(0);
	struct step s;

	for (; at + BYTES < bytes; at += BYTES) {
		s = step_at(w, high, at, BYTES, BYTES, bits);
		sum = add_row(sum, &s, row, bits);
	}
	s = step_at(w, high, at, bytes - at, dim - bytes - at, bits);
	return add_row(sum, &s, row, bits);
}

INLINE void dots_in_order(const int16_t *w, const uint8_t *const row[GROUP],
			  uint32_t dim, int bits, int32_t out[GROUP])
{
	int32x4_t sum[GROUP];

	sum[0] = add_whole(w, row[0], dim, bits);
	sum[1] = add_whole(w, row[1], dim, bits);
	sum[2] = add_whole(w, row[2], dim, bits);
	sum[3] = add_whole(w, row[3], dim, bits);
	for (int i = 0; i < GROUP; i++)
		out[i] = vaddvq_s32(sum[i]);
}

VSX_DOT_KERNEL(dot8, dots, dots_in_order, 8)
VSX_DOT_KERNEL(dot4, dots, dots_in_order, 4)

/* ---- blocks of 32 rows -------------------------------------------------- */

/* Sums of 16 bytes. */
struct byte_sum {
	uint16x8_t low, high;
};

INLINE void add_bytes(struct byte_sum *s, uint8x16_t x)
{
	s->low = vaddw_u8(s->low, vget_low_u8(x));
	s->high = vaddw_high_u8(s->high, x);
}

/* Of the first 16 rows and of the others. */
struct block_sum {
	struct byte_sum first, second;
};

INLINE struct block_sum sum_block(const uint8_t *tables, uint32_t parts,
				  const uint8_t *block)
{
	struct block_sum s = {{vdupq_n_u16(0), vdupq_n_u16(0)},
			      {vdupq_n_u16(0), vdupq_n_u16(0)}};

	for (uint32_t p = 0; p < parts; p++) {
		uint8x16_t codes = vld1q_u8(block + (size_t)p * 16);
		uint8x16_t table = vld1q_u8(tables + (size_t)p * 16);

		add_bytes(&s.first,
			  vqtbl1q_u8(table, vandq_u8(codes, vdupq_n_u8(15))));
		add_bytes(&s.second, vqtbl1q_u8(table, vshrq_n_u8(codes, 4)));
	}
	return s;
}

static void scan(const uint8_t *tables, uint32_t parts, const uint8_t *blocks,
		 size_t stride, size_t n, uint16_t *out)
{
	for (size_t j = 0; j < n; j++, out += VSX_SCAN_ROWS) {
		struct block_sum sum =
			sum_block(tables, parts, blocks + j * stride);

		vst1q_u16(out, sum.first.low);
		vst1q_u16(out + 8, sum.first.high);
		vst1q_u16(out + 16, sum.second.low);
		vst1q_u16(out + 24, sum.second.high);
	}
}

INLINE uint32_t pass_4(int32x4_t value, int32_t bound)
{
	static const uint32_t bits[4] = {1, 2, 4, 8};

	return vaddvq_u32(vandq_u32(vcleq_s32(value, vdupq_n_s32(bound)),
				    vld1q_u32(bits)));
}

/* What gates compare, of 8 links. */
INLINE int32x4x2_t values(const struct vsx_gate *g, uint16x8_t sum,
			  const uint8_t *factors)
{
	int16x8_t y =
		vaddq_s16(vreinterpretq_s16_u16(sum), vdupq_n_s16(g->base));
	int16x8_t scale = vdupq_n_s16(g->scale);
	int16x8_t even = vreinterpretq_s16_u8(vld1q_u8(factors));
	int16x8_t odd = vreinterpretq_s16_u8(vld1q_u8(factors + 16));
	int16x8_t a = vuzp1q_s16(even, odd), b = vuzp2q_s16(even, odd);
	int32x4_t low = vmull_s16(vget_low_s16(a), vget_low_s16(scale));
	int32x4_t high = vmull_high_s16(a, scale);

	low = vmlal_s16(low, vget_low_s16(b), vget_low_s16(y));
	high = vmlal_high_s16(high, b, y);
	return (int32x4x2_t){{low, high}};
}

/* Which of them pass. */
INLINE uint32_t pass_8(const struct vsx_gate *g, uint16x8_t sum,
		       const uint8_t *factors)
{
	int32x4x2_t v = values(g, sum, factors);

	return pass_4(v.val[0], g->bound) | pass_4(v.val[1], g->bound) << 4;
}

INLINE uint32_t pass(const struct vsx_gate *g, const struct byte_sum *s,
		     const uint8_t *factors)
{
	return pass_8(g, s->low, factors) | pass_8(g, s->high, factors + 32)
						    << 8;
}

INLINE uint32_t gate_block(const struct vsx_gate *g, const uint8_t *block)
{
	struct block_sum sum = sum_block(g->tables, g->parts, block);

	block += vsx_scan_codes_bytes(g->parts);
	return pass(g, &sum.first, block) | pass(g, &sum.second, block + 64)
						    << 16;
}

static void gate(const struct vsx_gate *g, const uint8_t *blocks, size_t n,
		 uint32_t *out)
{
	for (size_t j = 0; j < n; j++)
		out[j] = gate_block(
			g, blocks + j * vsx_gate_block_bytes(g->parts));
}

/* The least so far in each of 4 places. */
struct lows {
	int32x4_t least;
	uint32x4_t which;
};

INLINE void lower(struct lows *l, int32x4_t values, uint32x4_t j)
{
	uint32x4_t less = vcltq_s32(values, l->least);

	l->least = vbslq_s32(less, values, l->least);
	l->which = vbslq_u32(less, j, l->which);
}

/* Of 16 places. */
INLINE void lower_16(const struct vsx_gate *g, struct lows l[4],
		     const struct byte_sum *s, const uint8_t *factors,
		     uint32x4_t j)
{
	int32x4x2_t v = values(g, s->low, factors);

	lower(&l[0], v.val[0], j);
	lower(&l[1], v.val[1], j);
	v = values(g, s->high, factors + 32);
	lower(&l[2], v.val[0], j);
	lower(&l[3], v.val[1], j);
}

static void least(const struct vsx_gate *g, const uint8_t *blocks, size_t n,
		  int32_t least[VSX_GATE_LINKS], uint32_t which[VSX_GATE_LINKS])
{
	struct lows l[8];

	for (size_t i = 0; i < 8; i++)
		l[i] = (struct lows){vdupq_n_s32(INT32_MAX), vdupq_n_u32(0)};
	for (size_t j = 0; j < n; j++) {
		const uint8_t *block =
			blocks + j * vsx_gate_block_bytes(g->parts);
		struct block_sum sum = sum_block(g->tables, g->parts, block);
		uint32x4_t at = vdupq_n_u32((uint32_t)j);

		block += vsx_scan_codes_bytes(g->parts);
		lower_16(g, l, &sum.first, block, at);
		lower_16(g, l + 4, &sum.second, block + 64, at);
	}
	for (size_t i = 0; i < 8; i++) {
		vst1q_s32(least + 4 * i, l[i].least);
		vst1q_u32(which + 4 * i, l[i].which);
	}
}

/* ---- directions --------------------------------------------------------- */

INLINE uint32_t first_greatest(const lanes score[SCORES], float *greatest)
{
	static const uint32_t bits[4] = {1, 2, 4, 8};
	float32x4_t x[SCORES], most;
	uint32_t are = 0;

	for (uint32_t k = 0; k < SCORES; k++)
		x[k] = (float32x4_t)score[k];
	most = vmaxq_f32(vmaxq_f32(x[0], x[1]), vmaxq_f32(x[2], x[3]));
	*greatest = vmaxvq_f32(most);
	most = vdupq_n_f32(*greatest);
	for (uint32_t k = 0; k < SCORES; k++)
		are |= vaddvq_u32(vandq_u32(vceqq_f32(x[k], most),
					    vld1q_u32(bits)))
		       << 4 * k;
	return (uint32_t)__builtin_ctz(are);
}

const struct vsx_code_kernels vsx_code_kernels_neon = {
	.name = "neon",
	.dot8 = dot8,
	.dot4 = dot4,
	.sums = vsx_code_sums,
	.squares = squares,
	.products = products,
	.part_products = part_products,
	.nearest = nearest,
	.range = range,
	.quantise = quantise,
	.direction = direction,
	.scan = scan,
	.gate = gate,
	.least = least,
	.pool = vsx_pool_put,
};
