/*
 * The kernels for codes for AVX-512 (F, BW, DQ, VL) with VNNI. Codes are
 * widened to 16 bits, and vpdpwssd adds pairs of products to sums of 32 bits.
 */
#define WIDTH 16

#include "kernel/codes_book.h"
#include "kernel/codes_rows.h"
#include "kernel/codes_tables.h"
#include "kernel/fold512.h"

#define BYTES 32 /* a step */

/* The bytes of a step, and their weights: those of the low halves, or of the
 * whole, and those of the high halves. */
struct step {
	size_t at;
	__mmask32 mask;
	__m512i low, high;
};

INLINE __mmask32 first_of(uint32_t n)
{
	return n >= BYTES ? ~(__mmask32)0 : ((__mmask32)1 << n) - 1;
}

/* From byte `at` on, n of them; n_high, which may be one less, have a code in
 * the high half. */
INLINE struct step step_at(const int16_t *w, const int16_t *high, size_t at,
			   uint32_t n, uint32_t n_high, int bits)
{
	struct step s = {.at = at, .mask = first_of(n)};

	s.low = _mm512_maskz_loadu_epi16(s.mask, w + at);
	s.high = s.low;
	if (bits == 4)
		s.high = _mm512_maskz_loadu_epi16(first_of(n_high), high + at);
	return s;
}

INLINE __m512i add_row(__m512i sum, const struct step *s, const uint8_t *row,
		       int bits)
{
	__m512i x = _mm512_cvtepu8_epi16(
		_mm256_maskz_loadu_epi8(s->mask, row + s->at));

	if (bits == 8)
		return _mm512_dpwssd_epi32(sum, s->low, x);
	sum = _mm512_dpwssd_epi32(sum, s->low,
				  _mm512_and_si512(x, _mm512_set1_epi16(15)));
	return _mm512_dpwssd_epi32(sum, s->high, _mm512_srli_epi16(x, 4));
}

INLINE void add_step(__m512i sum[GROUP], const struct step *s,
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
	__m512i sum[GROUP] = {_mm512_setzero_si512(), _mm512_setzero_si512(),
			      _mm512_setzero_si512(), _mm512_setzero_si512()};
	struct step s;

	for (; at + BYTES < bytes; at += BYTES) {
		s = step_at(w, high, at, BYTES, BYTES, bits);
		add_step(sum, &s, g, bits, width);
	}
	s = step_at(w, high, at, bytes - at, dim - bytes - at, bits);
	add_step(sum, &s, g, bits, width);
	_mm_storeu_si128((__m128i *)(void *)out,
			 fold_ints(sum[0], sum[1], sum[2], sum[3]));
}

VSX_DOT_KERNEL(dot8, dots, 8)
VSX_DOT_KERNEL(dot4, dots, 4)

const struct vsx_code_kernels vsx_code_kernels_avx512 = {
	.name = "avx512",
	.dot8 = dot8,
	.dot4 = dot4,
	.sums = vsx_code_sums,
	.squares = squares,
	.products = products,
	.nearest = nearest,
	.range = range,
	.quantise = quantise,
};
