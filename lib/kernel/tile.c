/* Which table of tiles serves this process, and how rows are packed for it. */
#include "kernel/tile.h"

#include <pthread.h>
#include <string.h>

#include "kernel/cpu.h"
#include "kernel/kernel.h"
#include "kernel/tile_tables.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static const struct vsx_isa_table built[] = {
	{&vsx_tiles_scalar, 0},
#if defined(__x86_64__)
	{&vsx_tiles_avx2, VSX_CPU_AVX2},
	{&vsx_tiles_avxvnni, VSX_CPU_AVX2 | VSX_CPU_AVXVNNI},
	{&vsx_tiles_avx512, VSX_CPU_AVX512},
	{&vsx_tiles_amx, VSX_CPU_AVX512 | VSX_CPU_AMX},
#elif defined(__aarch64__)
	{&vsx_tiles_neon, VSX_CPU_NEON},
	{&vsx_tiles_neondot, VSX_CPU_NEON | VSX_CPU_DOTPROD},
#endif
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct vsx_isa_choice choice;

static void choose(void)
{
	vsx_isa_choose(&choice, built, sizeof(built) / sizeof(built[0]));
}

const struct vsx_tiles *vsx_tiles(void)
{
	pthread_once(&once, choose);
	return choice.chosen;
}

const struct vsx_tiles *vsx_tiles_at(unsigned int i)
{
	pthread_once(&once, choose);
	return vsx_isa_usable(&choice, i);
}

/* ---- packing -------------------------------------------------------- */

#define LINE (4 * VSX_PANEL) /* bytes of four components of all rows */

/* Four components of a row; n of them are there. */
static void put_four(uint8_t *out, const uint8_t *row, uint32_t n, uint8_t turn)
{
	for (uint32_t i = 0; i < 4; i++)
		out[i] = i < n ? row[i] ^ turn : 0;
}

#if defined(__SSE2__)

/* Sixteen components of four rows, to four lines. */
static void put_square(uint8_t *out, const uint8_t *const *rows, size_t at,
		       uint8_t turn)
{
	const __m128i mask = _mm_set1_epi8((char)turn);
	__m128i x[4], low[2], high[2];

	for (int i = 0; i < 4; i++)
		x[i] = _mm_xor_si128(
			mask, _mm_loadu_si128((const __m128i *)(rows[i] + at)));
	low[0] = _mm_unpacklo_epi32(x[0], x[1]);
	low[1] = _mm_unpacklo_epi32(x[2], x[3]);
	high[0] = _mm_unpackhi_epi32(x[0], x[1]);
	high[1] = _mm_unpackhi_epi32(x[2], x[3]);
	_mm_store_si128((__m128i *)out, _mm_unpacklo_epi64(low[0], low[1]));
	_mm_store_si128((__m128i *)(out + LINE),
			_mm_unpackhi_epi64(low[0], low[1]));
	_mm_store_si128((__m128i *)(out + 2 * LINE),
			_mm_unpacklo_epi64(high[0], high[1]));
	_mm_store_si128((__m128i *)(out + 3 * LINE),
			_mm_unpackhi_epi64(high[0], high[1]));
}

#else

static void put_square(uint8_t *out, const uint8_t *const *rows, size_t at,
		       uint8_t turn)
{
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++)
			put_four(out + j * (int)LINE + 4 * i,
				 rows[i] + at + 4 * j, 4, turn);
}

#endif

/* Four rows of a panel, which has them at `out`. */
static void put_rows(uint8_t *out, const uint8_t *const *rows, uint32_t dim,
		     uint8_t turn)
{
	uint32_t d = 0;

	for (; d + 16 <= dim; d += 16, out += 4 * LINE)
		put_square(out, rows, d, turn);
	for (; d < dim; d += 4, out += LINE)
		for (int i = 0; i < 4; i++)
			put_four(out + 4 * i, rows[i] + d, dim - d, turn);
}

void vsx_panel_pack(uint8_t *panel, const uint8_t *const *rows, uint32_t n,
		    uint32_t dim, uint8_t turn)
{
	uint32_t r = 0;

	if (n < VSX_PANEL)
		memset(panel, 0, vsx_panel_bytes(dim));
	for (; r + 4 <= n; r += 4)
		put_rows(panel + (size_t)4 * r, rows + r, dim, turn);
	for (; r < n; r++)
		for (uint32_t d = 0; d < dim; d += 4)
			put_four(panel + (size_t)d * VSX_PANEL + (size_t)4 * r,
				 rows[r] + d, dim - d, turn);
}

void vsx_tile_query(int8_t *out, const uint8_t *q, uint32_t dim, uint8_t turn)
{
	const uint64_t turns = UINT64_C(0x0101010101010101) * turn;
	uint32_t i = 0;
	uint64_t eight;

	for (; i + 8 <= dim; i += 8) {
		memcpy(&eight, q + i, 8);
		eight ^= turns;
		memcpy(out + i, &eight, 8);
	}
	for (; i < dim; i++)
		out[i] = (int8_t)(q[i] ^ turn);
	memset(out + dim, 0, vsx_tile_stride(dim) - dim);
}
