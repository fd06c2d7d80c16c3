/*
 * The many queries of an exact search against a block of rows at a time. Their
 * keys are whole numbers, which tiles (kernel/tile.h) give for 16 queries at
 * once; each query has a sieve, which gets those rows that its cut lets pass.
 */
#ifndef VSX_EXACT_TILE_H
#define VSX_EXACT_TILE_H

#include "kernel/tile.h"
#include "segment/sieve.h"

/* Rows that lie in panels for all queries, with what is the same for each. */
struct vsx_row_block {
	struct vsx_tile tile;
	uint32_t n, room;
	uint32_t lead; /* rows of the first panel before the first one */
	uint8_t *panels;
	uint32_t *add;
	uint32_t *row;	    /* [room] row numbers */
	uint32_t *before;   /* [room] and how many passed before */
	const uint8_t **at; /* [room] what is packed of them */
	uint32_t *sum;	    /* [room] of the bytes of each */
	uint32_t *squares;  /* [room] and of their squares; l2 */
	float *tail;	    /* [room] cosine */
	uint32_t *wild;	    /* [room] places of rows to be looked at */
	uint64_t *own;	    /* [room] and where in VECS they lie */
	uint32_t n_wild;
};

/* Zeroed at first; the buffers stay from one use to the next. */
struct vsx_exact_tiles {
	const struct vsx_segment *seg;
	const struct vsx_space *space; /* that the keys belong to */
	bool in_place; /* codes are panels already, and none are packed */
	struct vsx_eligible live;
	struct vsx_sieve *const *sieves;
	size_t n;
	const struct vsx_tiles *kernels;
	uint8_t row_turn, query_turn; /* see vsx_panel_pack() */
	size_t stride;
	int8_t *s; /* [n][stride] the queries */
	size_t s_cap;
	uint32_t *add; /* [n] */
	size_t add_cap;
	uint32_t dim;	/* that what follows is for; 0: there is nothing */
	uint8_t *none;	/* [dim] u = 0 */
	uint8_t *ones;	/* [dim] */
	uint32_t *keys; /* [VSX_TILE_QUERIES][room] */
	uint32_t *pass; /* [room] places */
	struct vsx_row_block rows;
};

/* Whether the keys of this sieve are such numbers. */
bool vsx_exact_tiles_suit(const struct vsx_sieve *s);

/*
 * Begin for n sieves of one segment, all of which suit. They, and the array,
 * stay the caller's.
 */
enum vsx_status vsx_exact_tiles_begin(struct vsx_exact_tiles *t,
				      const struct vsx_segment *seg,
				      struct vsx_sieve *const *sieves, size_t n,
				      struct vsx_error *err);

/* Let n rows pass, as vsx_sieve_rows() does for one query. */
enum vsx_status vsx_exact_tiles_rows(struct vsx_exact_tiles *t, uint32_t first,
				     uint32_t n, uint64_t offset,
				     struct vsx_error *err);

/* Those of the last block, which is not full. */
enum vsx_status vsx_exact_tiles_end(struct vsx_exact_tiles *t,
				    struct vsx_error *err);

void vsx_exact_tiles_release(struct vsx_exact_tiles *t);

#endif
