/*
 * The tiles of NEON against the plain ones. A program of its own, as the tests
 * are not cross-compiled; it ends with 1 if one differs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/tile.h"

#define N_ROWS	40
#define MAX_DIM 65536u
#define ROOM	48

static uint32_t state = 1;

static uint8_t byte(int extreme)
{
	state = state * 1664525 + 1013904223;
	return extreme ? (uint8_t)(0 - (state >> 31)) : (uint8_t)(state >> 24);
}

static void *get(size_t bytes)
{
	void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);

	if (!p) {
		perror("neon_tiles");
		exit(3);
	}
	return p;
}

static int differs(const struct vsx_tiles *t, const struct vsx_tile *rows,
		   const struct vsx_tile_queries *q, uint32_t cut)
{
	const struct vsx_tiles *plain = vsx_tiles_at(0);
	static _Alignas(64) uint32_t due[VSX_TILE_QUERIES * ROOM];
	static _Alignas(64) uint32_t got[VSX_TILE_QUERIES * ROOM];
	uint32_t due_at[ROOM], at[ROOM], n;

	memset(due, 0, sizeof(due));
	memset(got, 0, sizeof(got));
	plain->keys(rows, q, due, ROOM);
	t->keys(rows, q, got, ROOM);
	if (memcmp(due, got, sizeof(due)) != 0)
		return 1;
	for (uint32_t i = 1; i <= N_ROWS; i++) {
		n = plain->up_to(due, i, cut, due_at);
		if (t->up_to(due, i, cut, at) != n ||
		    memcmp(at, due_at, n * sizeof(*at)) != 0)
			return 1;
		if (t->least(due, i, 5, UINT64_MAX) !=
		    plain->least(due, i, 5, UINT64_MAX))
			return 1;
	}
	return 0;
}

static int check(uint32_t dim, uint32_t n_queries, int extreme)
{
	uint32_t n_panels = (N_ROWS + VSX_PANEL - 1) / VSX_PANEL, add[ROOM];
	size_t panel = vsx_panel_bytes(dim), stride = vsx_tile_stride(dim);
	uint8_t *panels = get(n_panels * panel), *row = get(N_ROWS * dim);
	int8_t *s = get(n_queries * stride);
	struct vsx_tile rows = vsx_tile_packed(panels, add, n_panels, dim);
	struct vsx_tile_queries q = {s, stride, add, n_queries};
	int bad = 0;

	rows.shift = dim % 2;
	for (size_t i = 0; i < (size_t)N_ROWS * dim; i++)
		row[i] = byte(extreme);
	for (uint32_t i = 0; i < ROOM; i++)
		add[i] = (uint32_t)byte(0) << 20;
	for (uint32_t p = 0; p < n_panels; p++) {
		const uint8_t *at[VSX_PANEL];
		uint32_t n = N_ROWS - p * VSX_PANEL;

		n = n < VSX_PANEL ? n : VSX_PANEL;
		for (uint32_t i = 0; i < n; i++)
			at[i] = row + ((size_t)p * VSX_PANEL + i) * dim;
		vsx_panel_pack(panels + p * panel, at, n, dim, 0x80);
	}
	for (uint32_t i = 0; i < n_queries; i++)
		vsx_tile_query(s + i * stride, row + (size_t)i * dim, dim, 0);
	for (unsigned int i = 1; vsx_tiles_at(i); i++)
		if (differs(vsx_tiles_at(i), &rows, &q, byte(0) * 1000u)) {
			printf("%s differs: dim %u, %u queries\n",
			       vsx_tiles_at(i)->name, dim, n_queries);
			bad = 1;
		}
	free(panels);
	free(row);
	free(s);
	return bad;
}

int main(void)
{
	int bad = 0;

	for (uint32_t dim = 1; dim <= 140; dim++)
		bad |= check(dim, dim % VSX_TILE_QUERIES + 1, dim % 3 == 0);
	bad |= check(784, VSX_TILE_QUERIES, 0);
	bad |= check(MAX_DIM, 3, 1);
	for (unsigned int i = 0; vsx_tiles_at(i); i++)
		printf("%s\n", vsx_tiles_at(i)->name);
	bad |= !vsx_tiles_at(2); /* qemu has the dot product */
	return bad;
}
