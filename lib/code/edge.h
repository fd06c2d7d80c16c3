/*
 * Codes of edges: of a link from v to u, which way u lies and how far, so that
 * a walk that stands at v can tell whether u may be near its query before it
 * reads anything of u. With r = u - v and y the codeword that is nearest to the
 * direction r / |r|, part by part as in product quantisation,
 *
 *     b = 2 |r|^2 / (r, y)     a = |r|^2 + b (v - mean, y)
 *
 *     |q - u|^2  ~  |q - v|^2 + a - b (q - mean, y)
 *
 * since (q - v, y) times |r|^2 / (r, y) is (q - v, r) on the average (Gao,
 * Long, "RaBitQ", SIGMOD 2024, say it of codes of one bit). Tables of bytes
 * hold what a query has of all codewords; a, b are 16 bits each, in units of
 * all edges; and what is compared are whole numbers (kernel/codes.h, struct
 * vsx_gate). So the same links pass on every machine.
 *
 * An edge of which too little can be said has a = b = 0: it passes always.
 *
 * With v = mean the same says how far a row is from q, whatever it is linked to
 * (struct vsx_edges.shift): so a search finds rows to begin at.
 */
#ifndef VSX_CODE_EDGE_H
#define VSX_CODE_EDGE_H

#include <stdbool.h>

#include "disk.h"
#include "kernel/codes.h"
#include "vsx_types.h"
#include "train/pq.h"

#define VSX_EDGE_WORDS	     16u  /* codewords of a part */
#define VSX_EDGE_LEAST_PARTS 4u	  /* and so many more, each time */
#define VSX_EDGE_MAX_PARTS   128u /* sums of a table's bytes fit 15 bits */

static inline bool vsx_edges_parts_ok(uint64_t parts)
{
	return parts >= VSX_EDGE_LEAST_PARTS && parts <= VSX_EDGE_MAX_PARTS &&
	       parts % VSX_EDGE_LEAST_PARTS == 0;
}

/* Whether keys are squared distances: of codes that estimate, or of rows. */
static inline bool vsx_edges_suit(enum vsx_metric metric, bool estimates)
{
	return metric == VSX_L2 || (metric == VSX_COSINE && estimates);
}

/* What was learned of the edges of a graph; borrows the arrays. */
struct vsx_edges {
	uint32_t dim;
	uint32_t parts;	   /* a multiple of 4, from 4 to the lesser of dim and
			      VSX_EDGE_MAX_PARTS */
	float unit_a;	   /* above 0 */
	float unit_b;	   /* likewise */
	float spread;	   /* how far y is off the direction, at right angles:
			      root mean square */
	uint32_t shift;	   /* of edges from the mean, which may be longer than
			      others: a and b are in units 2^shift times as
			      great; up to VSX_EDGE_MAX_SHIFT */
	const float *mean; /* [dim] of the rows */
	const float *book; /* as train/pq.h says, of unit vectors */
};

static inline struct vsx_pq vsx_edges_pq(const struct vsx_edges *e)
{
	return (struct vsx_pq){e->dim, e->parts, VSX_EDGE_WORDS};
}

/*
 * As section LNKP has it: a head, mean and book, each from a multiple of 64 on.
 * dim <= VSX_MAX_DIM.
 */
uint64_t vsx_edges_bytes(uint32_t dim);
/* Where mean and book are in it. */
uint64_t vsx_edges_mean_at(void);
uint64_t vsx_edges_book_at(uint32_t dim);

/* Take bytes of that length over, aligned to 64. */
struct vsx_edges vsx_edges_of(const uint8_t *bytes, uint32_t dim,
			      uint32_t parts);
/* Set the head of such bytes, which hold mean and book. */
void vsx_edges_close(const struct vsx_edges *e, uint8_t *bytes);

/* What is said of one edge. */
struct vsx_edge {
	uint8_t code[VSX_EDGE_MAX_PARTS];
	double a, b; /* both 0: it says too little */
	double off;  /* |y|^2 less the square of its part along r */
};

/*
 * Coding edges: what is the same for all of them, and for all of one row. The
 * same bits on every machine. Of edges only what is learned first is looked
 * at, parts, mean and book; they are borrowed.
 */
struct vsx_edge_coder {
	const struct vsx_edges *edges;
	uint32_t first[VSX_EDGE_MAX_PARTS + 1]; /* component of each part */
	float half[VSX_EDGE_MAX_PARTS * VSX_EDGE_WORDS];
};

struct vsx_edge_start {
	const float *v;
	float along[VSX_EDGE_MAX_PARTS * VSX_EDGE_WORDS]; /* (v - mean, .) of
							     all codewords */
};

void vsx_edge_coder_init(struct vsx_edge_coder *k, const struct vsx_edges *e);

/* Edges from v, f32[dim], which is borrowed. work: f32[dim]. */
void vsx_edge_coder_start(const struct vsx_edge_coder *k, const float *v,
			  float *work, struct vsx_edge_start *out);

/* The edges to n rows, up to VSX_EDGES_AT_ONCE, u: f32[n][dim], which become
 * differences. */
#define VSX_EDGES_AT_ONCE 4u
void vsx_edge_coder_edges(const struct vsx_edge_coder *k,
			  const struct vsx_edge_start *from, float *u,
			  uint32_t n, struct vsx_edge *out);

/* Put an edge into a block, which held zeros, as its link number i. */
void vsx_edge_put(const struct vsx_edges *e, const struct vsx_edge *edge,
		  uint32_t i, uint8_t *block);

/* The shift with which n edges from the mean fit. */
#define VSX_EDGE_MAX_SHIFT 31u
uint32_t vsx_edges_shift(const struct vsx_edges *e, const struct vsx_edge *edge,
			 size_t n);

/* The same as vsx_edge_put() of an edge from the mean. One that says too little
 * looks far. */
void vsx_edge_put_far(const struct vsx_edges *e, const struct vsx_edge *edge,
		      uint32_t i, uint8_t *block);

/* ---- searching ---------------------------------------------------------- */

/* A query made ready. */
struct vsx_edge_query {
	uint8_t tables[VSX_EDGE_MAX_PARTS * VSX_EDGE_WORDS];
	uint32_t parts;
	int16_t scale;	/* 0: tables say nothing, all links pass */
	double base;	/* what sums of bytes are less by */
	double inverse; /* units of the gate in a squared distance */
	double slack;	/* units of sums for a distance of 1 */
};

/*
 * q: f32[dim]; work: f32[dim]. slack: by how many standard deviations the
 * estimate of a link must be beyond the bound for it to be refused; from 0, and
 * infinite: none is.
 */
#define VSX_EDGE_SLACK 0.5 /* does as well as less and as more */

void vsx_edge_prepare(const struct vsx_edges *e, const float *q, double slack,
		      float *work, struct vsx_edge_query *out);

/*
 * The gate of a row whose squared distance from the query is `at`, for links
 * that may be at `bound` or nearer; infinite: all may. False: all links pass.
 */
bool vsx_edge_gate(const struct vsx_edge_query *q, double at, double bound,
		   struct vsx_gate *out);

/*
 * By blocks of edges from the mean: the n that look nearest, nearest first, of
 * those that are the nearest ones of their places in the blocks. Returns how
 * many these are, 0 where tables say nothing. out gets their numbers, 32 a
 * block.
 */
uint32_t vsx_edge_nearest(const struct vsx_edge_query *q, const uint8_t *blocks,
			  size_t n_blocks, uint32_t n, uint32_t *out);

#endif
