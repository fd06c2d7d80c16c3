/*
 * The kernels for codes for AVX2. Codes are widened to 16 bits; vpmaddwd makes
 * sums of 32 bits of pairs of products, which fit.
 */
#include <immintrin.h>

#define WIDTH 8

#include "kernel/codes_direction.h"
#include "kernel/codes_rows.h"
#include "kernel/codes_tables.h"

#define BYTES 16 /* a step */

/* The bytes of a step, and their weights: those of the low halves, or of the
 * whole, and those of the high halves. */
struct step {
	size_t at;
	uint32_t n;
	__m256i low, high;
};

INLINE __m256i words_at(const int16_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/* The first n of BYTES words, zeros behind them. */
INLINE __m256i some_words_at(const int16_t *p, uint32_t n)
{
	int16_t x[BYTES] = {0};

	memcpy(x, p, n * sizeof(*p));
	return words_at(x);
}

/* From byte `at` on, n of them; n_high, which may be one less, have a code in
 * the high half. */
INLINE struct step step_at(const int16_t *w, const int16_t *high, size_t at,
			   uint32_t n, uint32_t n_high, int bits)
{
	struct step s = {.at = at, .n = n};

	s.low = n < BYTES ? some_words_at(w + at, n) : words_at(w + at);
	s.high = s.low;
	if (bits == 4)
		s.high = n_high < BYTES ? some_words_at(high + at, n_high)
					: words_at(high + at);
	return s;
}

INLINE __m128i codes_at(const uint8_t *p, uint32_t n)
{
	uint8_t x[BYTES] = {0};

	if (n < BYTES) {
		memcpy(x, p, n);
		p = x;
	}
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

INLINE __m256i add_row(__m256i sum, const struct step *s, const uint8_t *row,
		       int bits)
{
	__m256i x = _mm256_cvtepu8_epi16(codes_at(row + s->at, s->n));
	__m256i low =
		bits == 8 ? x : _mm256_and_si256(x, _mm256_set1_epi16(15));

	sum = _mm256_add_epi32(sum, _mm256_madd_epi16(s->low, low));
	if (bits == 8)
		return sum;
	return _mm256_add_epi32(
		sum, _mm256_madd_epi16(s->high, _mm256_srli_epi16(x, 4)));
}

INLINE void add_step(__m256i sum[GROUP], const struct step *s,
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

INLINE __m128i fold(const __m256i sum[GROUP])
{
	__m256i a = _mm256_hadd_epi32(sum[0], sum[1]);
	__m256i b = _mm256_hadd_epi32(sum[2], sum[3]);

	a = _mm256_hadd_epi32(a, b);
	return _mm_add_epi32(_mm256_castsi256_si128(a),
			     _mm256_extracti128_si256(a, 1));
}

INLINE void dots(const int16_t *w, const struct group *g, uint32_t dim,
		 int bits, int width, int32_t out[GROUP])
{
	uint32_t bytes = bits == 8 ? dim : (dim + 1) / 2, at = 0;
	const int16_t *high = w + bytes;
	__m256i sum[GROUP] = {_mm256_setzero_si256(), _mm256_setzero_si256(),
			      _mm256_setzero_si256(), _mm256_setzero_si256()};
	struct step s;

	for (; at + BYTES < bytes; at += BYTES) {
		s = step_at(w, high, at, BYTES, BYTES, bits);
		add_step(sum, &s, g, bits, width);
	}
	s = step_at(w, high, at, bytes - at, dim - bytes - at, bits);
	add_step(sum, &s, g, bits, width);
	_mm_storeu_si128((__m128i *)(void *)out, fold(sum));
}

INLINE __m256i add_whole(const int16_t *w, const uint8_t *row, uint32_t dim,
			 int bits)
{
	uint32_t bytes = bits == 8 ? dim : (dim + 1) / 2, at = 0;
	const int16_t *high = w + bytes;
	__m256i sum = _mm256_setzero_si256();
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
	__m256i sum[GROUP];

	sum[0] = add_whole(w, row[0], dim, bits);
	sum[1] = add_whole(w, row[1], dim, bits);
	sum[2] = add_whole(w, row[2], dim, bits);
	sum[3] = add_whole(w, row[3], dim, bits);
	_mm_storeu_si128((__m128i *)(void *)out, fold(sum));
}

VSX_DOT_KERNEL(dot8, dots, dots_in_order, 8)
VSX_DOT_KERNEL(dot4, dots, dots_in_order, 4)

/* ---- blocks of 32 rows -------------------------------------------------- */

/* Sums of bytes: those of all, as words, and those of the odd ones. */
struct byte_sum {
	__m256i all, odd;
};

INLINE __m256i bytes_at(const uint8_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

INLINE void add_bytes(struct byte_sum *s, __m256i x)
{
	s->all = _mm256_add_epi16(s->all, x);
	s->odd = _mm256_add_epi16(s->odd, _mm256_srli_epi16(x, 8));
}

/* Of the two parts of a step. */
INLINE __m128i fold_parts(__m256i x)
{
	return _mm_add_epi16(_mm256_castsi256_si128(x),
			     _mm256_extracti128_si256(x, 1));
}

/* Of 8 rows and the next 8, as words. */
INLINE __m256i words_of(const struct byte_sum *s)
{
	__m128i odd = fold_parts(s->odd);
	__m128i even =
		_mm_sub_epi16(fold_parts(s->all), _mm_slli_epi16(odd, 8));

	return _mm256_set_m128i(_mm_unpackhi_epi16(even, odd),
				_mm_unpacklo_epi16(even, odd));
}

/* Of the first 16 rows and of the others. */
struct block_sum {
	__m256i first, second;
};

INLINE struct block_sum sum_block(const uint8_t *tables, uint32_t parts,
				  const uint8_t *block)
{
	const __m256i low = _mm256_set1_epi8(15);
	struct byte_sum first = {_mm256_setzero_si256(),
				 _mm256_setzero_si256()},
			second = first;

	for (uint32_t p = 0; p < parts; p += 2) {
		__m256i codes = bytes_at(block + (size_t)p * 16);
		__m256i table = bytes_at(tables + (size_t)p * 16);

		add_bytes(&first, _mm256_shuffle_epi8(
					  table, _mm256_and_si256(codes, low)));
		codes = _mm256_and_si256(_mm256_srli_epi16(codes, 4), low);
		add_bytes(&second, _mm256_shuffle_epi8(table, codes));
	}
	return (struct block_sum){words_of(&first), words_of(&second)};
}

static void scan(const uint8_t *tables, uint32_t parts, const uint8_t *blocks,
		 size_t stride, size_t n, uint16_t *out)
{
	for (size_t j = 0; j < n; j++, out += VSX_SCAN_ROWS) {
		struct block_sum sum =
			sum_block(tables, parts, blocks + j * stride);

		_mm256_storeu_si256((__m256i *)(void *)out, sum.first);
		_mm256_storeu_si256((__m256i *)(void *)(out + 16), sum.second);
	}
}

/* What gates compare, of 8 links. */
INLINE __m256i values(const struct vsx_gate *g, __m128i sum,
		      const uint8_t *factors)
{
	__m256i pairs = _mm256_slli_epi32(_mm256_cvtepu16_epi32(sum), 16);

	pairs = _mm256_or_si256(pairs, _mm256_set1_epi32((uint16_t)g->scale));
	return _mm256_madd_epi16(pairs, bytes_at(factors));
}

/* Which of them pass. */
INLINE uint32_t pass_8(const struct vsx_gate *g, __m128i sum,
		       const uint8_t *factors)
{
	__m256i pairs = values(g, sum, factors);

	pairs = _mm256_cmpgt_epi32(pairs, _mm256_set1_epi32(g->bound));
	return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(pairs)) ^ 0xff;
}

/* And of 16. */
INLINE uint32_t pass(const struct vsx_gate *g, __m256i sum,
		     const uint8_t *factors)
{
	sum = _mm256_add_epi16(sum, _mm256_set1_epi16(g->base));
	return pass_8(g, _mm256_castsi256_si128(sum), factors) |
	       pass_8(g, _mm256_extracti128_si256(sum, 1), factors + 32) << 8;
}

INLINE uint32_t gate_block(const struct vsx_gate *g, const uint8_t *block)
{
	struct block_sum sum = sum_block(g->tables, g->parts, block);

	block += vsx_scan_codes_bytes(g->parts);
	return pass(g, sum.first, block) | pass(g, sum.second, block + 64)
						   << 16;
}

static void gate(const struct vsx_gate *g, const uint8_t *blocks, size_t n,
		 uint32_t *out)
{
	for (size_t j = 0; j < n; j++)
		out[j] = gate_block(
			g, blocks + j * vsx_gate_block_bytes(g->parts));
}

/* The least so far in each of 8 places. */
struct lows {
	__m256i least, which;
};

INLINE void lower(struct lows *l, __m256i values, __m256i j)
{
	__m256i less = _mm256_cmpgt_epi32(l->least, values);

	l->least = _mm256_blendv_epi8(l->least, values, less);
	l->which = _mm256_blendv_epi8(l->which, j, less);
}

/* Of 16 places. */
INLINE void lower_16(const struct vsx_gate *g, struct lows l[2], __m256i sum,
		     const uint8_t *factors, __m256i j)
{
	sum = _mm256_add_epi16(sum, _mm256_set1_epi16(g->base));
	lower(&l[0], values(g, _mm256_castsi256_si128(sum), factors), j);
	lower(&l[1], values(g, _mm256_extracti128_si256(sum, 1), factors + 32),
	      j);
}

static void least(const struct vsx_gate *g, const uint8_t *blocks, size_t n,
		  int32_t least[VSX_GATE_LINKS], uint32_t which[VSX_GATE_LINKS])
{
	struct lows l[4];

	for (size_t i = 0; i < 4; i++)
		l[i] = (struct lows){_mm256_set1_epi32(INT32_MAX),
				     _mm256_setzero_si256()};
	for (size_t j = 0; j < n; j++) {
		const uint8_t *block =
			blocks + j * vsx_gate_block_bytes(g->parts);
		struct block_sum sum = sum_block(g->tables, g->parts, block);
		__m256i at = _mm256_set1_epi32((int)j);

		block += vsx_scan_codes_bytes(g->parts);
		lower_16(g, l, sum.first, block, at);
		lower_16(g, l + 2, sum.second, block + 64, at);
	}
	for (size_t i = 0; i < 4; i++) {
		_mm256_storeu_si256((__m256i *)(void *)(least + 8 * i),
				    l[i].least);
		_mm256_storeu_si256((__m256i *)(void *)(which + 8 * i),
				    l[i].which);
	}
}

/* ---- directions --------------------------------------------------------- */

INLINE uint32_t first_greatest(const lanes score[SCORES], float *greatest)
{
	__m256 low = (__m256)score[0], high = (__m256)score[1], greatest_of_all;
	__m256 most = _mm256_max_ps(low, high);
	uint32_t are;

	most = _mm256_max_ps(most, _mm256_permute2f128_ps(most, most, 1));
	most = _mm256_max_ps(most, _mm256_permute_ps(most, 0x4e));
	greatest_of_all = _mm256_max_ps(most, _mm256_permute_ps(most, 0xb1));
	are = (uint32_t)_mm256_movemask_ps(
		_mm256_cmp_ps(low, greatest_of_all, _CMP_EQ_OQ));
	are |= (uint32_t)_mm256_movemask_ps(
		       _mm256_cmp_ps(high, greatest_of_all, _CMP_EQ_OQ))
	       << 8;
	*greatest = _mm256_cvtss_f32(greatest_of_all);
	return (uint32_t)__builtin_ctz(are);
}

const struct vsx_code_kernels vsx_code_kernels_avx2 = {
	.name = "avx2",
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
