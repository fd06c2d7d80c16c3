/*
 * The tiles of AMX with its tile registers modelled: few machines that this is
 * tested on have them. What the instructions do is taken from Intel's Software
 * Developer's Manual, volume 2 (LDTILECFG, TILELOADD, TDPBSUD, TILESTORED). The
 * model refuses what a processor would refuse. Where the processor has AMX,
 * test_tile.c runs the real ones as well.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "kernel/tile.h"

#if defined(__x86_64__)

#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
#include <immintrin.h>

static struct {
	uint32_t rows[8], row_bytes[8];
	uint8_t data[8][16][64];
	bool configured;
} model;

static void model_config(const void *operand)
{
	const uint8_t *c = operand;

	memset(&model, 0, sizeof(model));
	cr_assert_eq(c[0], 1, "palette");
	for (int i = 1; i < 16; i++)
		cr_assert_eq(c[i], 0);
	for (int t = 0; t < 8; t++) {
		model.row_bytes[t] = c[16 + 2 * t] + 256u * c[17 + 2 * t];
		model.rows[t] = c[48 + t];
		cr_assert_leq(model.rows[t], 16);
		cr_assert_leq(model.row_bytes[t], 64);
		/* both or neither, else it faults */
		cr_assert_eq(model.rows[t] == 0, model.row_bytes[t] == 0);
	}
	for (int i = 32; i < 48; i++)
		cr_assert_eq(c[i], 0, "no tiles 8 to 15");
	for (int i = 56; i < 64; i++)
		cr_assert_eq(c[i], 0, "no tiles 8 to 15");
	model.configured = true;
}

static void check_tile(int t)
{
	cr_assert(model.configured && model.rows[t] > 0, "tile %d", t);
}

static void model_zero(int t)
{
	check_tile(t);
	memset(model.data[t], 0, sizeof(model.data[t]));
}

static void model_load(int t, const void *base, size_t stride)
{
	check_tile(t);
	memset(model.data[t], 0, sizeof(model.data[t]));
	for (uint32_t r = 0; r < model.rows[t]; r++)
		memcpy(model.data[t][r], (const uint8_t *)base + r * stride,
		       model.row_bytes[t]);
}

static void model_store(int t, void *base, size_t stride)
{
	check_tile(t);
	for (uint32_t r = 0; r < model.rows[t]; r++)
		memcpy((uint8_t *)base + r * stride, model.data[t][r],
		       model.row_bytes[t]);
}

static void model_dpbsud(int c, int a, int b)
{
	check_tile(c);
	check_tile(a);
	check_tile(b);
	cr_assert_eq(model.rows[c], model.rows[a]);
	cr_assert_eq(model.row_bytes[c], model.row_bytes[b]);
	cr_assert_eq(model.row_bytes[a], 4 * model.rows[b]);
	for (uint32_t m = 0; m < model.rows[c]; m++)
		for (uint32_t k = 0; k < model.rows[b]; k++)
			for (uint32_t n = 0; n < model.row_bytes[c] / 4; n++) {
				int32_t sum;

				memcpy(&sum, &model.data[c][m][4 * n], 4);
				for (uint32_t i = 0; i < 4; i++)
					sum += (int8_t)model
						       .data[a][m][4 * k + i] *
					       model.data[b][k][4 * n + i];
				memcpy(&model.data[c][m][4 * n], &sum, 4);
			}
}

#undef _tile_loadconfig
#undef _tile_zero
#undef _tile_loadd
#undef _tile_stored
#undef _tile_dpbsud
#undef _tile_release
#define _tile_loadconfig model_config
#define _tile_zero	 model_zero
#define _tile_loadd	 model_load
#define _tile_stored	 model_store
#define _tile_dpbsud	 model_dpbsud
#define _tile_release()	 (model.configured = false)
#define vsx_tiles_amx	 tiles_amx_modelled
const struct vsx_tiles tiles_amx_modelled;
#include "kernel/tile_amx.c"
#pragma GCC pop_options

static void check(uint32_t dim, uint32_t n_panels, uint32_t n_queries)
{
	const struct vsx_tiles *plain = vsx_tiles_at(0);
	size_t panel_bytes = vsx_panel_bytes(dim);
	size_t stride = vsx_tile_stride(dim), room = n_panels * VSX_PANEL;
	uint8_t *panels = vsx_alloc(n_panels, panel_bytes);
	int8_t *s = vsx_alloc(n_queries, stride);
	uint32_t *add = vsx_alloc(room, 4);
	uint32_t *due = vsx_alloc(n_queries * room, 4);
	uint32_t *got = vsx_alloc(n_queries * room, 4);
	struct vsx_tile rows = vsx_tile_packed(panels, add, n_panels, dim);
	struct vsx_tile_queries q = {s, stride, add, n_queries};
	struct vsx_rng rng = {dim};

	rows.shift = 1;
	for (size_t i = 0; i < n_panels * panel_bytes; i++)
		panels[i] = (uint8_t)vsx_rng_next(&rng);
	for (uint32_t i = 0; i < n_queries; i++)
		for (uint32_t d = 0; d < dim; d++)
			s[i * stride + d] = (int8_t)vsx_rng_next(&rng);
	for (size_t i = 0; i < room; i++)
		add[i] = (uint32_t)vsx_rng_next(&rng);
	plain->keys(&rows, &q, due, room);
	tiles_amx_modelled.keys(&rows, &q, got, room);
	cr_assert_arr_eq(got, due, n_queries * room * 4,
			 "dim %u, %u panels, %u queries", dim, n_panels,
			 n_queries);
	cr_assert(!model.configured, "the tiles are released");
	free(panels);
	free(s);
	free(add);
	free(due);
	free(got);
}

Test(tile_amx, gives_the_keys_of_the_plain_ones)
{
	if (!__builtin_cpu_supports("avx512vnni"))
		cr_skip_test("the rest of it needs AVX-512 with VNNI");
	for (uint32_t dim = 1; dim <= 140; dim++)
		check(dim, dim % 9 + 1, dim % VSX_TILE_QUERIES + 1);
	check(784, 12, 16);
}

#endif
