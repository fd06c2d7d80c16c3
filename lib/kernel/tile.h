/*
 * Many queries against many rows of bytes: exact integer keys, a tile of
 * queries and rows at a time, so that each byte that is loaded serves several
 * products.
 *
 * Write u for a byte that counts from 0 and s for u - 128. Rows are packed as
 * u, queries are s. The key of query q and row x is
 *
 *	row_add[x] + query_add[q] - (sum of xu * qs) << shift	modulo 2^32
 *
 * which with the right addends is a squared distance or a product, as
 * vsx_space_keys() has it. All instruction sets give the same keys.
 */
#ifndef VSX_TILE_H
#define VSX_TILE_H

#include <stddef.h>
#include <stdint.h>

/* Rows of a panel, and the most queries of a call. */
#define VSX_PANEL	 16u
#define VSX_TILE_QUERIES 16u

/* Strides of queries are multiples of this; so are their addresses. */
#define VSX_TILE_ALIGN 64u

/*
 * Packed rows: panels of 16 rows. A panel has, for every four components, those
 * of row 0, of row 1, ... and of row 15; components past the last, and rows,
 * are 0.
 */
struct vsx_tile {
	const uint8_t *panels;
	size_t panel_stride; /* bytes from one panel to the next */
	const uint32_t *add; /* [VSX_PANEL] of each panel */
	size_t add_stride;   /* and words from those to the next */
	uint32_t n_panels;
	uint32_t n_fours; /* components / 4, rounded up */
	unsigned int shift;
};

struct vsx_tile_queries {
	const int8_t *s; /* [n][stride], 64-byte aligned */
	size_t stride;	 /* what is past the components is 0 */
	const uint32_t *add;
	uint32_t n; /* 1 to VSX_TILE_QUERIES; one is a scan of the rows */
};

/* Panels that vsx_panel_pack() has made, one after the other. */
static inline struct vsx_tile vsx_tile_packed(const uint8_t *panels,
					      const uint32_t *add,
					      uint32_t n_panels, uint32_t dim)
{
	struct vsx_tile t = {
		.panels = panels,
		.panel_stride = ((size_t)dim + 3) / 4 * 4 * VSX_PANEL,
		.add = add,
		.add_stride = VSX_PANEL,
		.n_panels = n_panels,
		.n_fours = (dim + 3) / 4,
	};

	return t;
}

static inline size_t vsx_panel_bytes(uint32_t dim)
{
	return ((size_t)dim + 3) / 4 * 4 * VSX_PANEL;
}

static inline size_t vsx_tile_stride(uint32_t dim)
{
	return ((size_t)dim + VSX_TILE_ALIGN - 1) / VSX_TILE_ALIGN *
	       VSX_TILE_ALIGN;
}

/*
 * Pack a panel of n rows (up to VSX_PANEL), u8[dim] each at any alignment.
 * `turn` is what each byte is XORed with: 0x80 makes u of rows of s, else 0.
 */
void vsx_panel_pack(uint8_t *panel, const uint8_t *const *rows, uint32_t n,
		    uint32_t dim, uint8_t turn);

/* s of a query: out is int8_t[vsx_tile_stride(dim)], its end becomes 0. */
void vsx_tile_query(int8_t *out, const uint8_t *q, uint32_t dim, uint8_t turn);

struct vsx_tiles {
	const char *name; /* "scalar", "avx2", "avxvnni", "avx512", "amx",
			     "neon", "neondot" */

	/* out[q * room + row] = key, for all rows of the panels; room is at
	   least n_panels * VSX_PANEL. */
	void (*keys)(const struct vsx_tile *rows,
		     const struct vsx_tile_queries *queries, uint32_t *out,
		     size_t room);

	/* The places of keys up to `cut`, rising; at has room for n. Returns
	   how many there are. */
	uint32_t (*up_to)(const uint32_t *keys, uint32_t n, uint32_t cut,
			  uint32_t *at);

	/* The least of `best` and of key << 32 | first + place of n keys. */
	uint64_t (*least)(const uint32_t *keys, uint32_t n, uint32_t first,
			  uint64_t best);
};

/*
 * The table for this machine; VSX_ISA chooses as it does in kernel.h, and takes
 * the names above. Any thread may call it. The first call asks the system for
 * the tile registers of AMX where the processor has them.
 */
const struct vsx_tiles *vsx_tiles(void);

/* Every table that this machine can run, for tests; NULL past the last. */
const struct vsx_tiles *vsx_tiles_at(unsigned int i);

#endif
