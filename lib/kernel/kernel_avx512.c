/*
 * The kernels for AVX-512 (F, BW, DQ, VL) with VNNI. Processors that have the
 * former without the latter (Skylake-X) are served by the AVX2 table. Only this
 * file is compiled for that instruction set.
 *
 * Four rows at a time: they share the loads of the query and one fold, and
 * their chains of additions keep the processor busy, while the lines of later
 * rows are asked for (see rows.h).
 */
#include <immintrin.h>

#include "kernel/fold512.h"
#include "kernel/rows.h"
#include "kernel/exact_loops.h"
#include "kernel/grid_query.h"
#include "kernel/tables.h"

#define GROUP 4

/* Rows to be summed, and rows to be fetched meanwhile if there are `more`. */
struct group {
	const uint8_t *row[GROUP];
	const uint8_t *next[GROUP];
	bool more, is_long;
};

INLINE void quad_at(const uint8_t *row[GROUP], const struct rows *s, size_t i)
{
	row[0] = row_or_last(s, i);
	row[1] = row_or_last(s, i + 1);
	row[2] = row_or_last(s, i + 2);
	row[3] = row_or_last(s, i + 3);
}

INLINE void fetch_quad(const uint8_t *const row[GROUP], size_t at, bool is_long)
{
	fetch_line(row[0] + at, is_long);
	fetch_line(row[1] + at, is_long);
	fetch_line(row[2] + at, is_long);
	fetch_line(row[3] + at, is_long);
}

INLINE struct group group_at(const struct rows *s, size_t i)
{
	const uint8_t *first[GROUP];
	struct group g;

	quad_at(g.row, s, i);
	g.more = i + s->ahead < s->n;
	g.is_long = s->bytes >= LONG_BYTES;
	if (g.more)
		quad_at(g.next, s, i + s->ahead);
	if (s->number && i + FIRST < s->n) {
		quad_at(first, s, i + FIRST);
		fetch_quad(first, 0, g.is_long);
	}
	return g;
}

/* Settle the distance, and ask at once for what comes before it. */
INLINE void rows_begin(struct rows *s)
{
	size_t ahead = AHEAD_BYTES / (s->bytes + 1) / GROUP * GROUP;
	bool is_long = s->bytes >= LONG_BYTES;

	if (ahead < GROUP)
		ahead = GROUP;
	s->ahead = ahead < AHEAD_MAX ? ahead : AHEAD_MAX;
	if (!asks_first(s))
		return;
	for (size_t i = 0; s->number && i < FIRST && i < s->n; i++)
		fetch_line(row_at(s, i), is_long);
	for (size_t i = 0; i < s->ahead && i < s->n; i += GROUP) {
		const uint8_t *row[GROUP];

		quad_at(row, s, i);
		for (size_t at = 0; at < s->bytes; at += LINE)
			fetch_quad(row, at, is_long);
		fetch_quad(row, s->bytes - 1, is_long);
	}
}

INLINE size_t elem_bytes(enum vsx_elem elem)
{
	return elem == VSX_F32 ? 4 : elem == VSX_I8 || elem == VSX_U8 ? 1 : 2;
}

/* Sixteen components of a row as f32; those masked out are +0. */
INLINE __m512 load(const uint8_t *p, __mmask16 mask, enum vsx_elem elem)
{
	__m256i half;

	switch (elem) {
	case VSX_F32:
		return _mm512_maskz_loadu_ps(mask, p);
	case VSX_F16:
		return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, p));
	case VSX_BF16:
		half = _mm256_maskz_loadu_epi16(mask, p);
		return _mm512_castsi512_ps(
			_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
	case VSX_I8:
		return _mm512_cvtepi32_ps(
			_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(mask, p)));
	case VSX_U8:
		break;
	}
	return _mm512_cvtepi32_ps(
		_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(mask, p)));
}

INLINE void to_f32s(float *out, const uint8_t *x, size_t n, enum vsx_elem elem)
{
	size_t each = elem_bytes(elem), i = 0;

	for (; i + 16 <= n; i += 16)
		_mm512_storeu_ps(out + i, load(x + i * each, 0xffff, elem));
	if (i < n) {
		__mmask16 mask = (__mmask16)((1u << (n - i)) - 1);

		_mm512_mask_storeu_ps(out + i, mask,
				      load(x + i * each, mask, elem));
	}
}

/* The sums of one row, lanes 0 to 15 and 16 to 31. */
struct lanes {
	__m512 low, high;
};

/* 32 components of the query, and which of them there are. */
struct slice {
	__m512 low, high;
	__mmask16 low_mask, high_mask;
};

INLINE struct slice slice_at(const float *q, uint32_t mask)
{
	struct slice s;

	s.low_mask = (__mmask16)mask;
	s.high_mask = (__mmask16)(mask >> 16);
	s.low = _mm512_maskz_loadu_ps(s.low_mask, q);
	s.high = _mm512_maskz_loadu_ps(s.high_mask, q + 16);
	return s;
}

INLINE __m512 term(__m512 q, __m512 x, enum vsx_metric metric)
{
	__m512 d;

	if (metric == VSX_IP)
		return _mm512_mul_ps(q, x);
	d = _mm512_sub_ps(q, x);
	return _mm512_mul_ps(d, d);
}

INLINE void add_row(struct lanes *sum, const struct slice *q, const uint8_t *p,
		    enum vsx_elem elem, enum vsx_metric metric)
{
	__m512 low = load(p, q->low_mask, elem);
	__m512 high = load(p + 16 * elem_bytes(elem), q->high_mask, elem);

	sum->low = _mm512_add_ps(sum->low, term(q->low, low, metric));
	sum->high = _mm512_add_ps(sum->high, term(q->high, high, metric));
}

/*
 * The slice that starts `at` bytes into each row; width is GROUP, or 1 when
 * only the first row is wanted.
 */
INLINE void add_slice(struct lanes sum[GROUP], const struct slice *q,
		      const struct group *g, size_t at, enum vsx_elem elem,
		      enum vsx_metric metric, int width)
{
	const size_t bytes = LANES * elem_bytes(elem);

	add_row(&sum[0], q, g->row[0] + at, elem, metric);
	if (width == 1)
		return;
	add_row(&sum[1], q, g->row[1] + at, elem, metric);
	add_row(&sum[2], q, g->row[2] + at, elem, metric);
	add_row(&sum[3], q, g->row[3] + at, elem, metric);
	if (!g->more)
		return;
	if (bytes >= LINE || at % LINE == 0)
		fetch_quad(g->next, at, g->is_long);
	if (bytes > LINE)
		fetch_quad(g->next, at + LINE, g->is_long);
}

/*
 * The fold of four rows at once. Each step adds, for every row, the pairs of
 * kernel.h: lanes i and i+16, i and i+8, +4, +2, +1; the rows only share
 * registers.
 */
INLINE __m128 fold(const struct lanes sum[GROUP])
{
	__m512 a = _mm512_add_ps(sum[0].low, sum[0].high);
	__m512 b = _mm512_add_ps(sum[1].low, sum[1].high);
	__m512 c = _mm512_add_ps(sum[2].low, sum[2].high);
	__m512 d = _mm512_add_ps(sum[3].low, sum[3].high);

	/* 0x44 takes the lower halves of two rows, 0xee the upper ones; */
	a = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44),
			  _mm512_shuffle_f32x4(a, b, 0xee));
	c = _mm512_add_ps(_mm512_shuffle_f32x4(c, d, 0x44),
			  _mm512_shuffle_f32x4(c, d, 0xee));
	/* 0x88 and 0xdd the lower and upper halves of what is left of four. */
	a = _mm512_add_ps(_mm512_shuffle_f32x4(a, c, 0x88),
			  _mm512_shuffle_f32x4(a, c, 0xdd));
	a = _mm512_add_ps(a, _mm512_permute_ps(a, 0x4e));
	a = _mm512_add_ps(a, _mm512_permute_ps(a, 0xb1));
	return _mm512_castps512_ps128(_mm512_maskz_compress_ps(0x1111, a));
}

/* Which of the four sums of the group at row r are wanted. */
INLINE __mmask8 wanted(size_t r, size_t n)
{
	return (__mmask8)((1u << (n - r < GROUP ? n - r : GROUP)) - 1);
}

INLINE __m128 float_group(const float *q, const struct group *g, uint32_t dim,
			  enum vsx_elem elem, enum vsx_metric metric, int width)
{
	const size_t each = elem_bytes(elem);
	const struct lanes zero = {_mm512_setzero_ps(), _mm512_setzero_ps()};
	struct lanes sum[GROUP] = {zero, zero, zero, zero};
	struct slice s;
	uint32_t i = 0;

	for (; i + LANES <= dim; i += LANES) {
		s = slice_at(q + i, ~0u);
		add_slice(sum, &s, g, i * each, elem, metric, width);
	}
	if (i < dim) {
		s = slice_at(q + i, (1u << (dim - i)) - 1);
		add_slice(sum, &s, g, i * each, elem, metric, width);
	}
	if (g->more)
		fetch_quad(g->next, dim * each - 1, g->is_long);
	return fold(sum);
}

INLINE void floats(const float *q, const uint8_t *base, size_t stride,
		   const uint32_t *rows, size_t n, uint32_t dim, float *out,
		   enum vsx_elem elem, enum vsx_metric metric)
{
	struct rows s = {base, stride, rows, n, dim * elem_bytes(elem), 0};
	size_t r = 0;

	rows_begin(&s);
	for (; r + 1 < n; r += GROUP) {
		struct group g = group_at(&s, r);

		_mm_mask_storeu_ps(
			out + r, wanted(r, n),
			float_group(q, &g, dim, elem, metric, GROUP));
	}
	if (r < n) {
		struct group g = group_at(&s, r);

		out[r] =
			_mm_cvtss_f32(float_group(q, &g, dim, elem, metric, 1));
	}
}

/*
 * Exact integer sums by vpdpbusd, which multiplies unsigned by signed bytes.
 *
 * Write u for a byte that counts from 0 and s for u - 128: one is the other
 * with the top bit turned. u8 rows store u, i8 rows store s, and l2 is the same
 * in both. Summed over all components,
 *
 *	l2     (qu - xu)^2 = qu^2 + xu*xs - 2*xu*qs - 128*xu
 *	ip u8  qu*xu       = qu*xs + 128*qu
 *	ip i8  qs*xs       = xu*qs - 128*qs
 *
 * Each product on the right is one vpdpbusd (128*xu: by ones), and what is of
 * q alone is summed once a call. A byte past the end counts as u = 0, for
 * which all these products are 0. Sums are modulo 2^32; the outcome fits (see
 * kernel.h). Squaring |q - x| instead takes a fifth to a third longer.
 */
#define TOP_BIT ((char)0x80)

INLINE __m512i load_bytes(const uint8_t *p, __mmask64 mask, enum vsx_elem elem)
{
	/* Both cases hold u = 0 where masked. */
	return elem == VSX_U8 ? _mm512_maskz_loadu_epi8(mask, p)
			      : _mm512_mask_loadu_epi8(
					_mm512_set1_epi8(TOP_BIT), mask, p);
}

/* The same 64 bytes both ways. */
struct bytes {
	__m512i u, s;
};

INLINE struct bytes bytes_at(const uint8_t *p, __mmask64 mask,
			     enum vsx_elem elem)
{
	__m512i x = load_bytes(p, mask, elem);
	__m512i turned = _mm512_xor_si512(x, _mm512_set1_epi8(TOP_BIT));
	struct bytes b;

	b.u = elem == VSX_U8 ? x : turned;
	b.s = elem == VSX_U8 ? turned : x;
	return b;
}

/* The sums of one row; ip has only the first. */
struct products {
	__m512i main;  /* l2: xu*xs; ip: as above */
	__m512i cross; /* xu*qs */
	__m512i plain; /* xu */
};

INLINE void add_row_bytes(struct products *sum, const struct bytes *q,
			  const uint8_t *p, __mmask64 mask, enum vsx_elem elem,
			  enum vsx_metric metric)
{
	struct bytes x = bytes_at(p, mask, elem);

	if (metric == VSX_L2) {
		sum->main = _mm512_dpbusd_epi32(sum->main, x.u, x.s);
		sum->cross = _mm512_dpbusd_epi32(sum->cross, x.u, q->s);
		sum->plain = _mm512_dpbusd_epi32(sum->plain, x.u,
						 _mm512_set1_epi8(1));
	} else if (elem == VSX_U8) {
		sum->main = _mm512_dpbusd_epi32(sum->main, q->u, x.s);
	} else {
		sum->main = _mm512_dpbusd_epi32(sum->main, x.u, q->s);
	}
}

INLINE void add_bytes(struct products sum[GROUP], const uint8_t *q,
		      const struct group *g, size_t at, __mmask64 mask,
		      enum vsx_elem elem, enum vsx_metric metric, int width)
{
	struct bytes qb = bytes_at(q + at, mask, elem);

	add_row_bytes(&sum[0], &qb, g->row[0] + at, mask, elem, metric);
	if (width == 1)
		return;
	add_row_bytes(&sum[1], &qb, g->row[1] + at, mask, elem, metric);
	add_row_bytes(&sum[2], &qb, g->row[2] + at, mask, elem, metric);
	add_row_bytes(&sum[3], &qb, g->row[3] + at, mask, elem, metric);
	if (g->more)
		fetch_quad(g->next, at, g->is_long);
}

INLINE __m512i total(const struct products *sum, enum vsx_metric metric)
{
	__m512i cross = _mm512_slli_epi32(sum->cross, 1);
	__m512i plain = _mm512_slli_epi32(sum->plain, 7);

	if (metric == VSX_IP)
		return sum->main;
	return _mm512_sub_epi32(_mm512_sub_epi32(sum->main, cross), plain);
}

/* As fold(); here the order is of no consequence. */
INLINE __m128i fold_bytes(const struct products sum[GROUP],
			  enum vsx_metric metric)
{
	return fold_ints(total(&sum[0], metric), total(&sum[1], metric),
			 total(&sum[2], metric), total(&sum[3], metric));
}

INLINE __mmask64 low_bytes(uint32_t n)
{
	return n >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1;
}

/* What the query adds to each sum of the call. */
INLINE uint32_t query_share(const uint8_t *q, uint32_t dim, enum vsx_elem elem,
			    enum vsx_metric metric)
{
	__m512i squares = _mm512_setzero_si512(), plain = squares;
	uint32_t sum;

	for (uint32_t i = 0; i < dim; i += 64) {
		struct bytes b = bytes_at(q + i, low_bytes(dim - i), elem);

		plain = _mm512_dpbusd_epi32(plain, b.u, _mm512_set1_epi8(1));
		if (metric == VSX_L2)
			squares = _mm512_dpbusd_epi32(squares, b.u, b.s);
	}
	sum = (uint32_t)_mm512_reduce_add_epi32(plain);
	if (metric == VSX_L2) /* qu^2 = qu*qs + 128*qu */
		return (uint32_t)_mm512_reduce_add_epi32(squares) + 128 * sum;
	return elem == VSX_U8 ? 128 * sum : 128 * (128 * dim - sum);
}

INLINE __m128i int_group(const uint8_t *q, const struct group *g, uint32_t dim,
			 enum vsx_elem elem, enum vsx_metric metric, int width)
{
	const __m512i none = _mm512_setzero_si512();
	const struct products zero = {none, none, none};
	struct products sum[GROUP] = {zero, zero, zero, zero};
	uint32_t i = 0;

	for (; i + 64 <= dim; i += 64)
		add_bytes(sum, q, g, i, low_bytes(64), elem, metric, width);
	if (i < dim)
		add_bytes(sum, q, g, i, low_bytes(dim - i), elem, metric,
			  width);
	if (g->more)
		fetch_quad(g->next, dim - 1, g->is_long);
	return fold_bytes(sum, metric);
}

INLINE void ints(const uint8_t *q, const uint8_t *base, size_t stride,
		 const uint32_t *rows, size_t n, uint32_t dim, uint32_t *out,
		 enum vsx_elem elem, enum vsx_metric metric)
{
	struct rows s = {base, stride, rows, n, dim, 0};
	__m128i share;
	size_t r = 0;

	rows_begin(&s); /* first: the query is summed while memory answers */
	share = _mm_set1_epi32((int)query_share(q, dim, elem, metric));
	for (; r + 1 < n; r += GROUP) {
		struct group g = group_at(&s, r);
		__m128i sums = int_group(q, &g, dim, elem, metric, GROUP);

		_mm_mask_storeu_epi32(out + r, wanted(r, n),
				      _mm_add_epi32(sums, share));
	}
	if (r < n) {
		struct group g = group_at(&s, r);
		__m128i sums = int_group(q, &g, dim, elem, metric, 1);

		out[r] =
			(uint32_t)_mm_cvtsi128_si32(_mm_add_epi32(sums, share));
	}
}

VSX_KERNEL_TABLE(vsx_kernels_avx512, "avx512", floats, ints)
