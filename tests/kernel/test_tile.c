/*
 * Every table of tiles gives the keys that tile.h promises, those of plain
 * integers written out here once more, for all numbers of queries, rows and
 * components, and for the bytes that are worst for registers of 16 bits.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "kernel/tile.h"
#include "vsx_types.h"

enum fill { RANDOM, GREATEST, MIXED, N_FILLS };

struct field {
	uint32_t dim, n_rows, n_queries, n_panels;
	uint8_t *rows; /* [n_rows][dim], u */
	uint8_t *panels;
	int8_t *s;
	size_t stride;
	uint32_t *add, query_add[VSX_TILE_QUERIES];
};

static uint8_t byte(struct vsx_rng *rng, enum fill fill)
{
	uint64_t r = vsx_rng_next(rng);

	return fill == RANDOM	  ? (uint8_t)r
	       : fill == GREATEST ? 255
	       : r & 1		  ? 255
				  : 0;
}

static void field_init(struct field *f, uint32_t dim, uint32_t n_rows,
		       uint32_t n_queries, enum fill fill, uint8_t turn)
{
	struct vsx_rng rng = {dim * 1000 + n_rows};
	uint8_t *q = vsx_alloc(dim, 1), *stored = vsx_alloc(n_rows, dim);

	f->dim = dim;
	f->n_rows = n_rows;
	f->n_queries = n_queries;
	f->n_panels = (n_rows + VSX_PANEL - 1) / VSX_PANEL;
	f->stride = vsx_tile_stride(dim);
	f->rows = vsx_alloc(n_rows, dim);
	f->panels = vsx_alloc(f->n_panels, vsx_panel_bytes(dim));
	f->s = vsx_alloc(n_queries, f->stride);
	f->add = vsx_alloc((size_t)f->n_panels * VSX_PANEL, 4);
	memset(f->panels, 0xee, f->n_panels * vsx_panel_bytes(dim));
	for (size_t i = 0; i < (size_t)n_rows * dim; i++) {
		f->rows[i] = byte(&rng, fill);
		stored[i] = f->rows[i] ^ turn;
	}
	for (uint32_t p = 0; p < f->n_panels; p++) {
		const uint8_t *row[VSX_PANEL];
		uint32_t n = n_rows - p * VSX_PANEL;

		n = n < VSX_PANEL ? n : VSX_PANEL;
		for (uint32_t i = 0; i < n; i++)
			row[i] = stored + ((size_t)p * VSX_PANEL + i) * dim;
		vsx_panel_pack(f->panels + p * vsx_panel_bytes(dim), row, n,
			       dim, turn);
	}
	for (uint32_t i = 0; i < f->n_panels * VSX_PANEL; i++)
		f->add[i] = (uint32_t)vsx_rng_next(&rng);
	for (uint32_t i = 0; i < n_queries; i++) {
		f->query_add[i] = (uint32_t)vsx_rng_next(&rng);
		for (uint32_t d = 0; d < dim; d++)
			q[d] = byte(&rng, fill);
		memset(f->s + i * f->stride, 0xee, f->stride);
		vsx_tile_query(f->s + i * f->stride, q, dim, 0x80);
	}
	free(q);
	free(stored);
}

static void field_release(struct field *f)
{
	free(f->rows);
	free(f->panels);
	free(f->s);
	free(f->add);
}

static uint32_t due(const struct field *f, uint32_t q, uint32_t r,
		    unsigned int shift)
{
	int64_t sum = 0;

	for (uint32_t d = 0; d < f->dim; d++)
		sum += (int64_t)f->rows[(size_t)r * f->dim + d] *
		       f->s[q * f->stride + d];
	return f->add[r] + f->query_add[q] - ((uint32_t)sum << shift);
}

static void check_keys(const struct vsx_tiles *t, const struct field *f,
		       const struct vsx_tile *tile)
{
	size_t room = (size_t)f->n_panels * VSX_PANEL + VSX_PANEL;
	uint32_t *all = vsx_alloc(VSX_TILE_QUERIES * room + 1, 4);
	uint32_t *out = all + 1; /* anywhere */
	struct vsx_tile_queries q = {f->s, f->stride, f->query_add,
				     f->n_queries};

	memset(out, 0x5a, VSX_TILE_QUERIES * room * 4);
	t->keys(tile, &q, out, room);
	for (uint32_t i = 0; i < f->n_queries; i++)
		for (uint32_t r = 0; r < f->n_rows; r++)
			cr_assert_eq(
				out[i * room + r], due(f, i, r, tile->shift),
				"%s dim %u: query %u of %u, row %u of %u",
				t->name, f->dim, i, f->n_queries, r, f->n_rows);
	/* and nothing is written where there is no query or no panel */
	for (size_t i = 0; i < VSX_TILE_QUERIES; i++)
		for (size_t r = 0; r < room; r++)
			if (i >= f->n_queries || r >= room - VSX_PANEL)
				cr_assert_eq(out[i * room + r], 0x5a5a5a5au);
	free(all);
}

/* Panels one after the other, and with their addends between them. */
static void check_with(const struct vsx_tiles *t, const struct field *f,
		       unsigned int shift)
{
	size_t panel = vsx_panel_bytes(f->dim), stride = panel + 128;
	uint8_t *blocks = vsx_alloc(f->n_panels, stride);
	struct vsx_tile tile =
		vsx_tile_packed(f->panels, f->add, f->n_panels, f->dim);

	tile.shift = shift;
	check_keys(t, f, &tile);
	for (uint32_t p = 0; p < f->n_panels; p++) {
		memcpy(blocks + p * stride, f->panels + p * panel, panel);
		memcpy(blocks + p * stride + panel, f->add + p * VSX_PANEL,
		       4 * VSX_PANEL);
	}
	tile.panels = blocks;
	tile.panel_stride = stride;
	tile.add = (const uint32_t *)(const void *)(blocks + panel);
	tile.add_stride = stride / 4;
	check_keys(t, f, &tile);
	free(blocks);
}

static void check(uint32_t dim, uint32_t n_rows, uint32_t n_queries,
		  enum fill fill, uint8_t turn)
{
	const struct vsx_tiles *t;
	struct field f;

	field_init(&f, dim, n_rows, n_queries, fill, turn);
	for (unsigned int i = 0; (t = vsx_tiles_at(i)) != NULL; i++)
		for (unsigned int shift = 0; shift < 2; shift++)
			check_with(t, &f, shift);
	field_release(&f);
}

Test(tile, gives_the_same_keys_in_all_dimensions)
{
	for (uint32_t dim = 1; dim <= 140; dim++)
		check(dim, 33, 9, RANDOM, (uint8_t)(dim << 7));
	check(784, 40, 16, RANDOM, 0);
	check(960, 17, 3, RANDOM, 0x80);
}

Test(tile, gives_the_same_keys_for_all_numbers_of_rows_and_queries)
{
	for (uint32_t rows = 1; rows <= 100; rows++)
		check(67, rows, rows % VSX_TILE_QUERIES + 1, RANDOM, 0);
	for (uint32_t n = 1; n <= VSX_TILE_QUERIES; n++)
		check(64, 80, n, MIXED, 0);
}

Test(tile, is_exact_for_the_greatest_bytes)
{
	for (int fill = GREATEST; fill < N_FILLS; fill++) {
		check(128, 32, 16, (enum fill)fill, 0);
		check(VSX_MAX_DIM, 2, 2, (enum fill)fill, 0);
	}
}

static void check_picks(const struct vsx_tiles *t, struct vsx_rng *rng,
			uint32_t n)
{
	uint32_t keys[200], at[200], found = 0, got;
	uint32_t few = (uint32_t)vsx_rng_below(rng, 8) + 1;
	uint32_t cut = (uint32_t)vsx_rng_below(rng, few), first = 1000;
	uint64_t best = UINT64_MAX, given = UINT64_MAX;

	/* Few values, at either end of the range: many are equal. */
	for (uint32_t i = 0; i < n; i++) {
		keys[i] = (uint32_t)vsx_rng_below(rng, few);
		if (few % 2)
			keys[i] = UINT32_MAX - keys[i];
	}
	if (few % 2)
		cut = UINT32_MAX - cut;
	if (few > 4)
		given = (uint64_t)keys[n / 2] << 32 | (first + n / 2);
	got = t->up_to(keys, n, cut, at);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t b = (uint64_t)keys[i] << 32 | (first + i);

		best = b < best ? b : best;
		if (keys[i] <= cut)
			cr_assert_eq(at[found++], i, "%s", t->name);
	}
	cr_assert_eq(got, found, "%s: %u up to %u, expected %u", t->name, got,
		     cut, found);
	cr_assert_eq(t->least(keys, n, first, given), best, "%s", t->name);
}

Test(tile, picks_the_same_places)
{
	const struct vsx_tiles *t;
	struct vsx_rng rng = {3};

	for (unsigned int i = 0; (t = vsx_tiles_at(i)) != NULL; i++) {
		for (uint32_t n = 1; n <= 200; n++)
			for (int times = 0; times < 10; times++)
				check_picks(t, &rng, n);
		cr_assert_eq(t->up_to(NULL, 0, UINT32_MAX, NULL), 0);
		cr_assert_eq(t->least(NULL, 0, 0, 7), 7);
	}
}

Test(tile, has_tables_from_scalar_on)
{
	unsigned int n = 0;

	cr_assert_str_eq(vsx_tiles_at(0)->name, "scalar");
	while (vsx_tiles_at(n))
		printf("# %s can be run here\n", vsx_tiles_at(n++)->name);
	cr_assert_null(vsx_tiles_at(n + 100));
}

Test(tile, can_be_forced)
{
	setenv("VSX_ISA", "scalar", 1);
	cr_assert_str_eq(vsx_tiles()->name, "scalar");
}

Test(tile, ignores_a_name_that_cannot_be_had)
{
	unsigned int n = 0;

	setenv("VSX_ISA", "vax", 1);
	while (vsx_tiles_at(n))
		n++;
	cr_assert_eq(vsx_tiles(), vsx_tiles_at(n - 1));
}
