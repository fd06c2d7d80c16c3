/*
 * Tiles for AVX-512 with VNNI: 8 queries by 2 panels are 16 sums of 16 rows in
 * registers. Four components of a query are spread over a register, so nothing
 * is folded at the end.
 */
#include <immintrin.h>

#include "kernel/tile_tables.h"
#include "kernel/tile_zmm.h"

#define QUERIES 8
#define PANELS	2

/* Queries past the last are the last one once more; their keys are dropped. */
INLINE void some_keys(const struct vsx_tile *t,
		      const struct vsx_tile_queries *queries, uint32_t first,
		      uint32_t panel, uint32_t *out, size_t room,
		      const int n_panels)
{
	const uint8_t *rows = t->panels + panel * t->panel_stride;
	const int8_t *q[QUERIES];
	__m512i sum[QUERIES][PANELS];

	for (uint32_t i = 0; i < QUERIES; i++) {
		uint32_t n =
			first + i < queries->n ? first + i : queries->n - 1;

		q[i] = queries->s + n * queries->stride;
		sum[i][0] = sum[i][1] = _mm512_setzero_si512();
	}
	for (uint32_t g = 0; g < t->n_fours; g++) {
		__m512i x0 = _mm512_loadu_si512(rows + (size_t)g * 64);
		__m512i x1 = x0;

		if (n_panels > 1)
			x1 = _mm512_loadu_si512(rows + t->panel_stride +
						(size_t)g * 64);
#pragma GCC unroll 8
		for (int i = 0; i < QUERIES; i++) {
			__m512i four = vsx_zmm_four(q[i] + (size_t)g * 4);

			sum[i][0] = _mm512_dpbusd_epi32(sum[i][0], x0, four);
			if (n_panels > 1)
				sum[i][1] = _mm512_dpbusd_epi32(sum[i][1], x1,
								four);
		}
	}
#pragma GCC unroll 8
	for (uint32_t i = 0; i < QUERIES; i++) {
		uint32_t *key = out + (first + i) * room;

		if (first + i >= queries->n)
			break;
		for (int p = 0; p < n_panels; p++)
			vsx_zmm_key(t, queries->add[first + i],
				    panel + (uint32_t)p, sum[i][p], key);
	}
}

static void keys(const struct vsx_tile *t, const struct vsx_tile_queries *q,
		 uint32_t *out, size_t room)
{
	uint32_t p = 0;

	if (q->n == 1) {
		vsx_zmm_scan(t, q->s, q->add[0], out);
		return;
	}
	for (; p + PANELS <= t->n_panels; p += PANELS)
		for (uint32_t i = 0; i < q->n; i += QUERIES)
			some_keys(t, q, i, p, out, room, PANELS);
	for (uint32_t i = 0; p < t->n_panels && i < q->n; i += QUERIES)
		some_keys(t, q, i, p, out, room, 1);
}

const struct vsx_tiles vsx_tiles_avx512 = {
	.name = "avx512",
	.keys = keys,
	.up_to = vsx_zmm_up_to,
	.least = vsx_zmm_least,
};
