/*
 * The kernels for codes for AVX-512 (F, BW, DQ, VL) with VNNI. Codes are
 * widened to 16 bits, and vpdpwssd adds pairs of products to sums of 32 bits.
 */
#define WIDTH 16

#include "kernel/codes_direction.h"
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

INLINE __m512i add_whole(const int16_t *w, const uint8_t *row, uint32_t dim,
			 int bits)
{
	uint32_t bytes = bits == 8 ? dim : (dim + 1) / 2, at = 0;
	const int16_t *high = w + bytes;
	__m512i sum = _mm512_setzero_si512();
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
	__m512i sum[GROUP];

	sum[0] = add_whole(w, row[0], dim, bits);
	sum[1] = add_whole(w, row[1], dim, bits);
	sum[2] = add_whole(w, row[2], dim, bits);
	sum[3] = add_whole(w, row[3], dim, bits);
	_mm_storeu_si128((__m128i *)(void *)out,
			 fold_ints(sum[0], sum[1], sum[2], sum[3]));
}

VSX_DOT_KERNEL(dot8, dots, dots_in_order, 8)
VSX_DOT_KERNEL(dot4, dots, dots_in_order, 4)

/* ---- blocks of 32 rows -------------------------------------------------- */

/* Sums of bytes: those of all, as words, and those of the odd ones. */
struct byte_sum {
	__m512i all, odd;
};

INLINE void add_bytes(struct byte_sum *s, __m512i x)
{
	s->all = _mm512_add_epi16(s->all, x);
	s->odd = _mm512_add_epi16(s->odd, _mm512_srli_epi16(x, 8));
}

/* Of the four parts of a step. */
INLINE __m128i fold_parts(__m512i x)
{
	__m256i half = _mm256_add_epi16(_mm512_castsi512_si256(x),
					_mm512_extracti64x4_epi64(x, 1));

	return _mm_add_epi16(_mm256_castsi256_si128(half),
			     _mm256_extracti128_si256(half, 1));
}

/* Of 16 rows, as words. */
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
	const __m512i low = _mm512_set1_epi8(15);
	struct byte_sum first = {_mm512_setzero_si512(),
				 _mm512_setzero_si512()},
			second = first;

	for (uint32_t p = 0; p < parts; p += 4) {
		__m512i codes = _mm512_loadu_si512(block + (size_t)p * 16);
		__m512i table = _mm512_loadu_si512(tables + (size_t)p * 16);

		add_bytes(&first, _mm512_shuffle_epi8(
					  table, _mm512_and_si512(codes, low)));
		codes = _mm512_and_si512(_mm512_srli_epi16(codes, 4), low);
		add_bytes(&second, _mm512_shuffle_epi8(table, codes));
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

/* What gates compare, of 16 links. */
INLINE __m512i values(const struct vsx_gate *g, __m256i sum,
		      const uint8_t *factors)
{
	__m512i pairs;

	sum = _mm256_add_epi16(sum, _mm256_set1_epi16(g->base));
	pairs = _mm512_slli_epi32(_mm512_cvtepu16_epi32(sum), 16);
	pairs = _mm512_or_si512(pairs, _mm512_set1_epi32((uint16_t)g->scale));
	return _mm512_madd_epi16(pairs, _mm512_loadu_si512(factors));
}

/* Which of them pass. */
INLINE uint32_t pass(const struct vsx_gate *g, __m256i sum,
		     const uint8_t *factors)
{
	return _mm512_cmple_epi32_mask(values(g, sum, factors),
				       _mm512_set1_epi32(g->bound));
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

/* The least so far in each of 16 places. */
struct lows {
	__m512i least, which;
};

INLINE void lower(struct lows *l, __m512i values, uint32_t j)
{
	__mmask16 less = _mm512_cmplt_epi32_mask(values, l->least);

	l->least = _mm512_mask_mov_epi32(l->least, less, values);
	l->which = _mm512_mask_mov_epi32(l->which, less,
					 _mm512_set1_epi32((int)j));
}

static void least(const struct vsx_gate *g, const uint8_t *blocks, size_t n,
		  int32_t least[VSX_GATE_LINKS], uint32_t which[VSX_GATE_LINKS])
{
	struct lows low = {_mm512_set1_epi32(INT32_MAX),
			   _mm512_setzero_si512()},
		    high = low;

	for (size_t j = 0; j < n; j++) {
		const uint8_t *block =
			blocks + j * vsx_gate_block_bytes(g->parts);
		struct block_sum sum = sum_block(g->tables, g->parts, block);

		block += vsx_scan_codes_bytes(g->parts);
		lower(&low, values(g, sum.first, block), (uint32_t)j);
		lower(&high, values(g, sum.second, block + 64), (uint32_t)j);
	}
	_mm512_storeu_si512(least, low.least);
	_mm512_storeu_si512(least + 16, high.least);
	_mm512_storeu_si512(which, low.which);
	_mm512_storeu_si512(which + 16, high.which);
}

/* ---- pools --------------------------------------------------------------- */

/* From here on moving entries is what takes the time. */
#define MOST_MERGED 1024

INLINE __mmask8 first_8(size_t n)
{
	return (__mmask8)(n < 8 ? (1u << n) - 1 : 0xffu);
}

/* Up to 8 entries, in any order. */
struct fresh {
	__m512i entries;
	uint32_t n;
};

/* Those of 8 rows, some of them, that come before a bound. */
INLINE struct fresh fresh_of(const uint32_t *keys, const uint32_t *rows,
			     __mmask8 some, uint64_t bound)
{
	__m512i key =
		_mm512_cvtepu32_epi64(_mm256_maskz_loadu_epi32(some, keys));
	__m512i row =
		_mm512_cvtepu32_epi64(_mm256_maskz_loadu_epi32(some, rows));
	__m512i e = _mm512_or_si512(_mm512_slli_epi64(key, 32),
				    _mm512_slli_epi64(row, 1));

	some &= _mm512_cmplt_epu64_mask(e, _mm512_set1_epi64((int64_t)bound));
	return (struct fresh){_mm512_maskz_compress_epi64(some, e),
			      (uint32_t)__builtin_popcount(some)};
}

/* How many entries of a pool come before x. */
INLINE size_t place_in(const uint64_t *entries, size_t n, __m512i x,
		       uint64_t scalar)
{
	const uint64_t *at = entries;
	uint32_t before = 0;

	for (; n > 64; n -= n / 2)
		at += n / 2 & -(size_t)(at[n / 2 - 1] < scalar);
	for (size_t i = 0; i < n; i += 8) {
		__mmask8 are = first_8(n - i);

		before += (uint32_t)__builtin_popcount(
			_mm512_mask_cmplt_epu64_mask(
				are, _mm512_loadu_si512(at + i), x));
	}
	return (size_t)(at - entries) + before;
}

static size_t put_8(struct vsx_nearest *p, const struct fresh *f)
{
	uint64_t e[8];
	size_t place[8], least = SIZE_MAX, n, kept = 0;
	uint8_t taken[MOST_MERGED / 8 + 1];

	_mm512_storeu_si512(e, f->entries);
	for (uint32_t i = 0; i < f->n; i++) {
		__m512i x = _mm512_set1_epi64((int64_t)e[i]);
		__mmask8 before = _mm512_mask_cmplt_epu64_mask(first_8(f->n),
							       f->entries, x);

		place[i] = place_in(p->entries, p->n, x, e[i]) +
			   (size_t)__builtin_popcount(before);
		kept += place[i] < p->most;
		least = place[i] < least ? place[i] : least;
	}
	if (kept == 0)
		return SIZE_MAX;
	n = p->n + kept < p->most ? p->n + kept : p->most;
	for (size_t j = least / 8; j <= (n - 1) / 8; j++)
		taken[j] = 0;
	for (uint32_t i = 0; i < f->n; i++)
		if (place[i] < p->most)
			taken[place[i] / 8] |= (uint8_t)(1u << place[i] % 8);
	for (size_t j = (n - 1) / 8 + 1, before = kept; j-- > least / 8;) {
		before -= (size_t)__builtin_popcount(taken[j]);
		_mm512_storeu_si512(
			p->entries + j * 8,
			_mm512_maskz_expand_epi64(
				(__mmask8)~taken[j],
				_mm512_loadu_si512(p->entries + j * 8 -
						   before)));
	}
	for (uint32_t i = 0; i < f->n; i++)
		if (place[i] < p->most)
			p->entries[place[i]] = e[i];
	p->n = n;
	return least;
}

static size_t pool(struct vsx_nearest *p, const uint32_t *keys,
		   const uint32_t *rows, size_t n, uint64_t bound)
{
	size_t least = SIZE_MAX;

	if (p->most > MOST_MERGED)
		return vsx_pool_put(p, keys, rows, n, bound);
	for (size_t i = 0; i < n; i += 8) {
		__mmask8 some = first_8(n - i);
		struct fresh f = fresh_of(keys + i, rows + i, some, bound);
		size_t first = f.n ? put_8(p, &f) : SIZE_MAX;

		least = first < least ? first : least;
	}
	return least;
}

/* ---- directions --------------------------------------------------------- */

INLINE uint32_t first_greatest(const lanes score[SCORES], float *greatest)
{
	__m512 x = (__m512)score[0];

	*greatest = _mm512_reduce_max_ps(x);
	return (uint32_t)__builtin_ctz(
		_mm512_cmp_ps_mask(x, _mm512_set1_ps(*greatest), _CMP_EQ_OQ));
}

const struct vsx_code_kernels vsx_code_kernels_avx512 = {
	.name = "avx512",
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
	.pool = pool,
};
