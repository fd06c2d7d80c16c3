/*
 * The scratch of one searching thread: every buffer that a search of any kind
 * needs. Buffers only grow, so that the steady state allocates nothing.
 */
#ifndef VSX_SCRATCH_H
#define VSX_SCRATCH_H

#include "base/alloc.h"
#include "base/topk.h"
#include "code/codec.h"
#include "code/edge.h"
#include "kernel/space.h"
#include "io/advice.h"
#include "segment/kept.h"
#include "segment/passed.h"

#define VSX_GATHERED 128u

/* Rows of all lists lie at multiples of so many bytes (SPEC.md 5.4-3). */
#define VSX_PLACE_UNIT 4u

/* Rows here and there whose keys a sieve takes together. */
struct vsx_gathered {
	uint64_t at;		       /* the byte in VECS of place 0 */
	uint32_t place[VSX_GATHERED];  /* of each, in VSX_PLACE_UNIT bytes */
	uint32_t before[VSX_GATHERED]; /* so many rows passed before it */
};

/* Rows that a search by estimates has found and is to look at, in order. */
struct vsx_looks {
	const struct vsx_segment *seg;
	size_t base, n; /* entries of the pool, as a sieve has them */
	uint64_t pages; /* read for rows of this search so far */
};

struct vsx_scratch {
	struct vsx_query query;	    /* the caller's query, made ready */
	struct vsx_code_query code; /* the same, against codes */
	struct vsx_edge_query edge; /* and against those of links */
	struct vsx_best *best;	    /* heap of the results */
	size_t best_cap;
	struct vsx_best *spare; /* a second heap: candidates of a first pass,
				   or lists by distance */
	size_t spare_cap;
	struct vsx_passed passed; /* over a sieve */
	struct vsx_gathered gathered;
	struct vsx_kept kept; /* rows that are looked at */
	uint64_t *pool;	      /* HNSW: key << 32 | row << 1 | expanded */
	size_t pool_cap;
	uint32_t *rows; /* gathered row numbers */
	size_t rows_cap;
	uint32_t *keys; /* and their keys */
	size_t keys_cap;
	uint8_t *marks; /* HNSW: a byte a row; see hnsw_walk.c */
	size_t marks_cap;
	uint8_t epoch;
	struct vsx_looks looks;
	/* Of the search before: it read hardly anything from a disk, but for
	   rows that it looked at, or for these. */
	bool scans_fast, looks_fast;
};

enum vsx_status vsx_scratch_init(struct vsx_scratch *s, uint32_t dim,
				 struct vsx_error *err);
void vsx_scratch_release(struct vsx_scratch *s);
uint64_t vsx_scratch_bytes(const struct vsx_scratch *s);

#endif
