/*
 * The kernels for AVX2 (with F16C). Only this file is compiled for that
 * instruction set; FMA is allowed by its flags but never used, see kernel.h.
 *
 * Two rows at a time: with four registers of lanes for each row, more would
 * not fit. The lines of later rows are asked for while earlier ones are
 * summed, as rows.h explains.
 */
#include <immintrin.h>
#include <string.h>

#include "kernel/rows.h"
#include "kernel/exact_loops.h"
#include "kernel/grid_query.h"
#include "kernel/tables.h"

#define PAIR 2

/* Rows to be summed, and rows to be fetched meanwhile if there are `more`. */
struct pair {
	const uint8_t *row[PAIR];
	const uint8_t *next[PAIR];
	bool more, is_long;
};

INLINE void fetch_pair(const uint8_t *const row[PAIR], size_t at, bool is_long)
{
	fetch_line(row[0] + at, is_long);
	fetch_line(row[1] + at, is_long);
}

INLINE struct pair pair_at(const struct rows *s, size_t i)
{
	struct pair p;

	p.row[0] = row_or_last(s, i);
	p.row[1] = row_or_last(s, i + 1);
	p.more = i + s->ahead < s->n;
	p.is_long = s->bytes >= LONG_BYTES;
	p.next[0] = p.more ? row_or_last(s, i + s->ahead) : NULL;
	p.next[1] = p.more ? row_or_last(s, i + s->ahead + 1) : NULL;
	if (s->number && i + FIRST < s->n) {
		fetch_line(row_or_last(s, i + FIRST), p.is_long);
		fetch_line(row_or_last(s, i + FIRST + 1), p.is_long);
	}
	return p;
}

/* Settle the distance, and ask at once for what comes before it. */
INLINE void rows_begin(struct rows *s)
{
	size_t ahead = AHEAD_BYTES / (s->bytes + 1) / PAIR * PAIR;
	bool is_long = s->bytes >= LONG_BYTES;

	if (ahead < 2 * PAIR)
		ahead = 2 * PAIR;
	s->ahead = ahead < AHEAD_MAX ? ahead : AHEAD_MAX;
	if (!asks_first(s))
		return;
	for (size_t i = 0; s->number && i < FIRST && i < s->n; i++)
		fetch_line(row_or_last(s, i), is_long);
	for (size_t i = 0; i < s->ahead && i < s->n; i += PAIR) {
		const uint8_t *row[PAIR] = {row_or_last(s, i),
					    row_or_last(s, i + 1)};

		for (size_t at = 0; at < s->bytes; at += LINE)
			fetch_pair(row, at, is_long);
		fetch_pair(row, s->bytes - 1, is_long);
	}
}

INLINE size_t elem_bytes(enum vsx_elem elem)
{
	return elem == VSX_F32 ? 4 : elem == VSX_I8 || elem == VSX_U8 ? 1 : 2;
}

/* Eight components as f32. */
INLINE __m256 load(const uint8_t *p, enum vsx_elem elem)
{
	__m128i x;

	if (elem == VSX_F32)
		return _mm256_loadu_ps((const float *)(const void *)p);
	if (elem == VSX_F16 || elem == VSX_BF16) {
		x = _mm_loadu_si128((const __m128i *)(const void *)p);
		return elem == VSX_F16 ? _mm256_cvtph_ps(x)
				       : _mm256_castsi256_ps(_mm256_slli_epi32(
						 _mm256_cvtepu16_epi32(x), 16));
	}
	x = _mm_loadl_epi64((const __m128i *)(const void *)p);
	return _mm256_cvtepi32_ps(elem == VSX_I8 ? _mm256_cvtepi8_epi32(x)
						 : _mm256_cvtepu8_epi32(x));
}

/* The first n of eight components, zeros behind them. */
INLINE __m256 load_part(const uint8_t *p, size_t n, enum vsx_elem elem)
{
	uint8_t whole[8 * sizeof(float)] = {0};

	memcpy(whole, p, n * elem_bytes(elem));
	return load(whole, elem);
}

INLINE void to_f32s(float *out, const uint8_t *x, size_t n, enum vsx_elem elem)
{
	size_t each = elem_bytes(elem), i = 0;
	float last[8];

	for (; i + 8 <= n; i += 8)
		_mm256_storeu_ps(out + i, load(x + i * each, elem));
	if (i < n) {
		_mm256_storeu_ps(last, load_part(x + i * each, n - i, elem));
		memcpy(out + i, last, (n - i) * sizeof(*out));
	}
}

/* The sums of one row: lanes 0 to 7, 8 to 15, 16 to 23, 24 to 31. */
struct lanes {
	__m256 a, b, c, d;
};

INLINE __m256 add(__m256 sum, __m256 q, __m256 x, enum vsx_metric metric)
{
	__m256 d;

	if (metric == VSX_IP)
		return _mm256_add_ps(sum, _mm256_mul_ps(q, x));
	d = _mm256_sub_ps(q, x);
	return _mm256_add_ps(sum, _mm256_mul_ps(d, d));
}

INLINE void add_both(__m256 *sum0, __m256 *sum1, const float *q,
		     const uint8_t *p0, const uint8_t *p1, enum vsx_elem elem,
		     enum vsx_metric metric)
{
	__m256 v = _mm256_loadu_ps(q);

	*sum0 = add(*sum0, v, load(p0, elem), metric);
	*sum1 = add(*sum1, v, load(p1, elem), metric);
}

/* Components i .. i+31 of both rows. */
INLINE void add_slice(struct lanes sum[PAIR], const float *q,
		      const struct pair *p, size_t i, enum vsx_elem elem,
		      enum vsx_metric metric)
{
	const size_t each = elem_bytes(elem);
	const uint8_t *p0 = p->row[0] + i * each;
	const uint8_t *p1 = p->row[1] + i * each;

	q += i;
	add_both(&sum[0].a, &sum[1].a, q, p0, p1, elem, metric);
	add_both(&sum[0].b, &sum[1].b, q + 8, p0 + 8 * each, p1 + 8 * each,
		 elem, metric);
	add_both(&sum[0].c, &sum[1].c, q + 16, p0 + 16 * each, p1 + 16 * each,
		 elem, metric);
	add_both(&sum[0].d, &sum[1].d, q + 24, p0 + 24 * each, p1 + 24 * each,
		 elem, metric);
}

INLINE void fetch_slice(const struct pair *p, size_t at, size_t bytes)
{
	if (!p->more)
		return;
	if (bytes >= LINE || at % LINE == 0)
		fetch_pair(p->next, at, p->is_long);
	if (bytes > LINE)
		fetch_pair(p->next, at + LINE, p->is_long);
}

/* The last n < 32 components of one row; lanes without one stay. */
INLINE void add_rest(struct lanes *sum, const float *q, const uint8_t *p,
		     size_t n, enum vsx_elem elem, enum vsx_metric metric)
{
	__m256 *const lane[] = {&sum->a, &sum->b, &sum->c, &sum->d};
	const size_t step = 8 * elem_bytes(elem);
	size_t j = 0;

	for (; n >= 8; n -= 8, q += 8, p += step, j++)
		*lane[j] = add(*lane[j], _mm256_loadu_ps(q), load(p, elem),
			       metric);
	if (n > 0)
		*lane[j] =
			add(*lane[j], load_part((const uint8_t *)q, n, VSX_F32),
			    load_part(p, n, elem), metric);
}

/* Lanes i and i+16, then i and i+8, +4, +2, +1. */
INLINE float fold(const struct lanes *sum)
{
	__m256 half = _mm256_add_ps(_mm256_add_ps(sum->a, sum->c),
				    _mm256_add_ps(sum->b, sum->d));
	__m128 v = _mm_add_ps(_mm256_castps256_ps128(half),
			      _mm256_extractf128_ps(half, 1));

	v = _mm_add_ps(v, _mm_movehl_ps(v, v));
	v = _mm_add_ss(v, _mm_movehdup_ps(v));
	return _mm_cvtss_f32(v);
}

INLINE void floats(const float *q, const uint8_t *base, size_t stride,
		   const uint32_t *rows, size_t n, uint32_t dim, float *out,
		   enum vsx_elem elem, enum vsx_metric metric)
{
	const size_t each = elem_bytes(elem);
	struct rows s = {base, stride, rows, n, dim * each, 0};

	rows_begin(&s);
	for (size_t r = 0; r < n; r += PAIR) {
		const __m256 none = _mm256_setzero_ps();
		const struct lanes zero = {none, none, none, none};
		struct lanes sum[PAIR] = {zero, zero};
		struct pair p = pair_at(&s, r);
		size_t i = 0;

		for (; i + LANES <= dim; i += LANES) {
			add_slice(sum, q, &p, i, elem, metric);
			fetch_slice(&p, i * each, LANES * each);
		}
		if (i < dim) {
			add_rest(&sum[0], q + i, p.row[0] + i * each, dim - i,
				 elem, metric);
			add_rest(&sum[1], q + i, p.row[1] + i * each, dim - i,
				 elem, metric);
			fetch_slice(&p, i * each, LANES * each);
		}
		if (p.more)
			fetch_pair(p.next, s.bytes - 1, p.is_long);
		out[r] = fold(&sum[0]);
		if (r + 1 < n)
			out[r + 1] = fold(&sum[1]);
	}
}

/* Sixteen bytes as 16-bit integers. */
INLINE __m256i widen(const uint8_t *p, enum vsx_elem elem)
{
	__m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);

	return elem == VSX_I8 ? _mm256_cvtepi8_epi16(x)
			      : _mm256_cvtepu8_epi16(x);
}

/*
 * vpmaddwd multiplies 16-bit integers and adds neighbours in 32 bits: exact
 * for what bytes and their differences can give. (vpmaddubsw on bytes would
 * saturate.)
 */
INLINE __m256i add_words(__m256i sum, __m256i q, __m256i x,
			 enum vsx_metric metric)
{
	__m256i d;

	if (metric == VSX_IP)
		return _mm256_add_epi32(sum, _mm256_madd_epi16(q, x));
	d = _mm256_sub_epi16(q, x);
	return _mm256_add_epi32(sum, _mm256_madd_epi16(d, d));
}

INLINE void add_bytes(__m256i sum[PAIR], const uint8_t *q, const uint8_t *p0,
		      const uint8_t *p1, enum vsx_elem elem,
		      enum vsx_metric metric)
{
	__m256i v = widen(q, elem);

	sum[0] = add_words(sum[0], v, widen(p0, elem), metric);
	sum[1] = add_words(sum[1], v, widen(p1, elem), metric);
}

/* The last n < 32 bytes of both rows. */
INLINE void add_bytes_rest(__m256i sum[PAIR], const uint8_t *q,
			   const uint8_t *p0, const uint8_t *p1, size_t n,
			   enum vsx_elem elem, enum vsx_metric metric)
{
	uint8_t part[3][16] = {{0}};

	if (n >= 16) {
		add_bytes(sum, q, p0, p1, elem, metric);
		q += 16;
		p0 += 16;
		p1 += 16;
		n -= 16;
	}
	if (n == 0)
		return;
	memcpy(part[0], q, n);
	memcpy(part[1], p0, n);
	memcpy(part[2], p1, n);
	add_bytes(sum, part[0], part[1], part[2], elem, metric);
}

INLINE uint32_t fold_words(__m256i sum)
{
	__m128i v = _mm_add_epi32(_mm256_castsi256_si128(sum),
				  _mm256_extracti128_si256(sum, 1));

	v = _mm_add_epi32(v, _mm_shuffle_epi32(v, 0x4e));
	v = _mm_add_epi32(v, _mm_shuffle_epi32(v, 0xb1));
	return (uint32_t)_mm_cvtsi128_si32(v);
}

INLINE void ints(const uint8_t *q, const uint8_t *base, size_t stride,
		 const uint32_t *rows, size_t n, uint32_t dim, uint32_t *out,
		 enum vsx_elem elem, enum vsx_metric metric)
{
	struct rows s = {base, stride, rows, n, dim, 0};

	rows_begin(&s);
	for (size_t r = 0; r < n; r += PAIR) {
		/* Two sums a row, for shorter chains of additions. */
		__m256i even[PAIR] = {_mm256_setzero_si256(),
				      _mm256_setzero_si256()};
		__m256i odd[PAIR] = {even[0], even[1]};
		struct pair p = pair_at(&s, r);
		const uint8_t *p0 = p.row[0], *p1 = p.row[1];
		size_t i = 0;

		for (; i + 32 <= dim; i += 32) {
			add_bytes(even, q + i, p0 + i, p1 + i, elem, metric);
			add_bytes(odd, q + i + 16, p0 + i + 16, p1 + i + 16,
				  elem, metric);
			fetch_slice(&p, i, 32);
		}
		add_bytes_rest(even, q + i, p0 + i, p1 + i, dim - i, elem,
			       metric);
		if (p.more)
			fetch_pair(p.next, s.bytes - 1, p.is_long);
		out[r] = fold_words(_mm256_add_epi32(even[0], odd[0]));
		if (r + 1 < n)
			out[r + 1] =
				fold_words(_mm256_add_epi32(even[1], odd[1]));
	}
}

VSX_KERNEL_TABLE(vsx_kernels_avx2, "avx2", floats, ints)
