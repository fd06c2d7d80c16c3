/*
 * Tiles for AMX: 16 queries by 4 panels. A panel is what the right side of
 * tdpbsud wants: 16 groups of four components, of 16 rows each.
 */
#include <immintrin.h>
#include <string.h>

#include "kernel/tile_tables.h"
#include "kernel/tile_zmm.h"

#define PANELS 4

/* Of the 8 tile registers: sums, queries and rows by 64 components, and both
 * by those that are left over. */
#define SUM0	  0
#define QUERIES	  4
#define ROWS	  5
#define QUERY_END 6
#define ROW_END	  7

/* The operand of ldtilecfg. */
struct config {
	uint8_t palette, start_row, zero[14];
	uint16_t row_bytes[16];
	uint8_t rows[16];
};

static void shape(struct config *c, int tile, uint32_t rows, uint32_t row_bytes)
{
	c->rows[tile] = (uint8_t)rows;
	c->row_bytes[tile] = (uint16_t)row_bytes;
}

static void configure(uint32_t n_queries, uint32_t fours_left)
{
	struct config c;

	memset(&c, 0, sizeof(c));
	c.palette = 1;
	for (int i = 0; i < PANELS; i++)
		shape(&c, SUM0 + i, n_queries, 64);
	shape(&c, QUERIES, n_queries, 64);
	shape(&c, ROWS, 16, 64);
	if (fours_left) {
		shape(&c, QUERY_END, n_queries, fours_left * 4);
		shape(&c, ROW_END, fours_left, 64);
	}
	_tile_loadconfig(&c);
}

/* The numbers of tile registers are part of the instructions. */
#define STEP(sum, panel)                                                       \
	do {                                                                   \
		_tile_loadd(ROWS, rows + (panel)*t->panel_stride, 64);         \
		_tile_dpbsud(sum, QUERIES, ROWS);                              \
	} while (0)
#define STEP_END(sum, panel)                                                   \
	do {                                                                   \
		_tile_loadd(ROW_END, rows + (panel)*t->panel_stride, 64);      \
		_tile_dpbsud(sum, QUERY_END, ROW_END);                         \
	} while (0)

/* The sums of n panels from this one on: int32[n][16 queries][16 rows]. */
INLINE void sums_of(const struct vsx_tile *t, const struct vsx_tile_queries *q,
		    uint32_t panel, int32_t sums[][16][16], const int n)
{
	const uint8_t *rows = t->panels + panel * t->panel_stride;
	const int8_t *s = q->s;
	uint32_t fours = t->n_fours;

	_tile_zero(0);
	_tile_zero(1);
	_tile_zero(2);
	_tile_zero(3);
	for (; fours >= 16; fours -= 16, s += 64, rows += 16 * 64) {
		_tile_loadd(QUERIES, s, q->stride);
		STEP(0, 0);
		if (n == 1)
			continue;
		STEP(1, 1);
		STEP(2, 2);
		STEP(3, 3);
	}
	if (fours) {
		_tile_loadd(QUERY_END, s, q->stride);
		STEP_END(0, 0);
		if (n > 1) {
			STEP_END(1, 1);
			STEP_END(2, 2);
			STEP_END(3, 3);
		}
	}
	_tile_stored(0, sums[0], 64);
	if (n == 1)
		return;
	_tile_stored(1, sums[1], 64);
	_tile_stored(2, sums[2], 64);
	_tile_stored(3, sums[3], 64);
}

static void keys(const struct vsx_tile *t, const struct vsx_tile_queries *q,
		 uint32_t *out, size_t room)
{
	_Alignas(64) int32_t sums[PANELS][16][16];

	if (q->n == 1) {
		vsx_zmm_scan(t, q->s, q->add[0], out);
		return;
	}
	configure(q->n, t->n_fours % 16);
	for (uint32_t p = 0, n; p < t->n_panels; p += n) {
		n = t->n_panels - p >= PANELS ? PANELS : 1;
		if (n == PANELS)
			sums_of(t, q, p, sums, PANELS);
		else
			sums_of(t, q, p, sums, 1);
		for (uint32_t j = 0; j < n; j++)
			for (uint32_t i = 0; i < q->n; i++)
				vsx_zmm_key(t, q->add[i], p + j,
					    _mm512_load_si512(sums[j][i]),
					    out + i * room);
	}
	_tile_release();
}

const struct vsx_tiles vsx_tiles_amx = {
	.name = "amx",
	.keys = keys,
	.up_to = vsx_zmm_up_to,
	.least = vsx_zmm_least,
};
