/*
 * Hierarchical navigable small world graphs: Malkov, Yashunin, "Efficient and
 * Robust Approximate Nearest Neighbor Search Using Hierarchical Navigable Small
 * World Graphs", IEEE TPAMI 42(4), 2020. SPEC.md 5.5.
 *
 * Rows are numbered by falling level, so that level l holds rows 0 to
 * level_rows[l]-1, and a node's links are found by its row number on every
 * level. The entry point is on all levels; what is built here has row 0 there.
 *
 * This header is the walk over one level, which searches and builders share.
 */
#ifndef VSX_HNSW_H
#define VSX_HNSW_H

#include "code/edge.h"
#include "kind/kind.h"
#include "segment/scratch.h"

/* Parameters of the segment. */
enum {
	VSX_HNSW_M,
	VSX_HNSW_EF_CONSTRUCTION,
	VSX_HNSW_LEVELS,
	VSX_HNSW_ENTRY, /* a row */
	VSX_HNSW_GATES, /* parts of the codes of links; 0: there are none */
};

/* vsx_segment.state: level l has rows 0 to level_rows[l]-1, level 0 first, and
 * its links begin at level_links[l] u32s in LNKU. */
#define VSX_MAX_LEVELS 32

struct vsx_hnsw {
	uint32_t n_levels;
	uint32_t level_rows[VSX_MAX_LEVELS];
	uint64_t level_links[VSX_MAX_LEVELS];
	bool broad; /* the way down is, where it leads to nothing near */
};

/*
 * The way down from level to level is that of one row. The more regions there
 * are the more often it ends in a wrong one, where a walk over the base level
 * stays: so in graphs of so many rows as many of the nearest are expanded on
 * each of the two lowest upper levels, unless one was found that is near beside
 * the entry point.
 */
#define VSX_HNSW_BROAD_ROWS   (UINT32_C(1) << 19)
#define VSX_HNSW_BROAD_LEVELS 2u
#define VSX_HNSW_BROAD_PLACES 32u
#define VSX_HNSW_NEAR_SHARE   0.4 /* of the squared distance */

static inline const struct vsx_hnsw *vsx_hnsw_of(const struct vsx_segment *seg)
{
	return seg->state;
}

#define VSX_HNSW_MIN_M	 2
#define VSX_HNSW_MAX_M	 512
#define VSX_HNSW_NO_LINK UINT32_MAX

#define VSX_HNSW_MAX_EF_CONSTRUCTION ((int)VSX_MAX_EF_CONSTRUCTION)

/*
 * Codes of the links of a level, code/edge.h: the walk looks only at rows that
 * may be near enough to come into its pool. One that is refused is not marked:
 * from another row it may look nearer. Keys are squared distances as f32.
 */
struct vsx_gates {
	const uint8_t *blocks;	     /* [slots][row_bytes], blocks of 32 links
					each; unused links are zeros */
	const struct vsx_view *view; /* NULL: needs no touching */
	uint64_t at;		     /* byte of `blocks` in its view */
	uint32_t row_bytes;
	const struct vsx_edge_query *query;
	const uint8_t *entries; /* blocks of 32 rows to begin at, touched */
	uint32_t n_entries;	/* of these blocks */
	uint32_t entry_step;	/* number i in them is row i * entry_step */
};

/* One level of a graph. */
struct vsx_level {
	struct vsx_codes codes;		   /* that rows are compared by */
	const uint32_t *links;		   /* [slots][degree] */
	const struct vsx_view *links_view; /* NULL: needs no touching */
	uint64_t links_at;		   /* byte of `links` in its view */
	const uint32_t *slot_of;	   /* row -> slot; NULL: the same */
	uint32_t degree;
	uint32_t n_rows; /* links must be below */
	bool asks;	 /* for the rows of a list before they are touched */
	struct vsx_gates gates; /* blocks NULL: all links are looked at */
};

/* What the walks of one search share. */
struct vsx_walk {
	struct vsx_code_query *query; /* made ready for the levels' codes */
	struct vsx_scratch *scratch;
	uint8_t *marks;	       /* of this segment's rows */
	uint32_t avoid;	       /* a row to walk around, or VSX_HNSW_NO_LINK */
	struct vsx_halt *halt; /* NULL: nothing stops it */
	size_t n;	       /* entries in scratch->pool */
	uint32_t near;	       /* rows with keys up to this may count, however
				  many are nearer */
	const struct vsx_eligible *eligible; /* other rows only guide; NULL:
						all rows are */
	size_t n_barred;	      /* entries that are of other rows */
	size_t max_barred;	      /* more have no room in it */
	size_t n_guided, most_guided; /* expanded rows around which rows that do
					 not count guide */
	uint64_t n_links, n_counting; /* links of expanded rows among some, and
					 of them those to rows that count */
	bool compares;		      /* see vsx_walk_compares() */
	bool may_scan; /* rather than go on beyond most_guided of these */
	uint64_t n_distances, n_hops;
	uint64_t n_refused; /* links, by gates */
};

/* Of what size a walk makes its pool where rows guide it; at most 16 times. */
#define VSX_WALK_GROWTH 8u

static inline size_t vsx_walk_grown(const struct vsx_walk *w, size_t ef)
{
	return ef + VSX_WALK_GROWTH * w->n_guided;
}

/*
 * Whether a walk compares rows that do not count as well, where those that do
 * are not few and lie anywhere: short rows, whose lists are short, too, and
 * have too few that count to fill a hop. Less of the pool finds as much then.
 */
bool vsx_walk_compares(const struct vsx_level *l, const struct vsx_eligible *e);

/* It is cheaper to look at all rows that count. */
static inline bool vsx_walk_is_lost(const struct vsx_walk *w)
{
	return w->may_scan && w->n_guided == w->most_guided;
}

/*
 * Begin a search over a graph of n_rows rows whose marks begin at mark_base of
 * the scratch: grows the buffers for pools of ef and lists of `degree`, and
 * makes all rows unvisited.
 */
enum vsx_status vsx_walk_begin(struct vsx_walk *w, struct vsx_scratch *s,
			       struct vsx_code_query *q, uint64_t mark_base,
			       uint32_t n_rows, size_t ef, uint32_t degree,
			       struct vsx_error *err);

/* Make all rows unvisited again, for the next level. */
void vsx_walk_next_level(struct vsx_walk *w);

/* Put a first row, not yet in it, into the pool; *key gets its key. */
enum vsx_status vsx_walk_enter(struct vsx_walk *w, const struct vsx_level *l,
			       uint32_t row, size_t ef, uint32_t *key,
			       struct vsx_error *err);

/*
 * Rows that are looked at of those that a walk may begin at: so many, or up to
 * the most, the nearest of each place in blocks of codes.
 */
#define VSX_WALK_ENTERED      8u
#define VSX_WALK_MOST_ENTERED VSX_GATE_LINKS

/* Put the n rows into the pool that look nearest by their codes; *some: there
 * are such, so that no way down is needed. */
enum vsx_status vsx_walk_enter_nearest(struct vsx_walk *w,
				       const struct vsx_level *l, size_t ef,
				       uint32_t n, bool *some,
				       struct vsx_error *err);

/*
 * From row *at with key *key step to the nearest neighbour for as long as that
 * comes nearer (the paper's algorithm 2 with ef 1). Leaves pool and marks
 * alone.
 */
enum vsx_status vsx_walk_greedy(struct vsx_walk *w, const struct vsx_level *l,
				uint32_t *at, uint32_t *key,
				struct vsx_error *err);

/*
 * The same of a search, whose rows of upper levels are met once for all: they
 * are marked, and go into the pool.
 */
enum vsx_status vsx_walk_descend(struct vsx_walk *w, const struct vsx_level *l,
				 size_t ef, uint32_t *at, uint32_t *key,
				 struct vsx_error *err);

/* Then expand the first `places` of the pool on this level: below it they are
 * to be expanded again. */
enum vsx_status vsx_walk_broaden(struct vsx_walk *w, const struct vsx_level *l,
				 size_t ef, size_t places, uint32_t *at,
				 uint32_t *key, struct vsx_error *err);

/*
 * Expand the nearest entry of the pool that was not expanded, until there is
 * none: the pool then holds the ef nearest rows that were met (algorithm 2).
 */
enum vsx_status vsx_walk_beam(struct vsx_walk *w, const struct vsx_level *l,
			      size_t ef, struct vsx_error *err);

/*
 * The same, but until none is left among the first `until` entries. These are
 * then what a walk with ef = `until` ends with, since to that point both expand
 * the same rows; and so are the counts. Gates refuse what comes after these and
 * is behind w->near. May be called again, to go on.
 */
enum vsx_status vsx_walk_beam_until(struct vsx_walk *w,
				    const struct vsx_level *l, size_t ef,
				    size_t until, struct vsx_error *err);

/*
 * The same with w->eligible set: the pool holds the ef nearest rows of these
 * that were met, more where others guide the walk, and beside them such others
 * that are nearer than the last one. Not to its end where it is lost. The
 * buffers of w->scratch have room for two lists.
 */
enum vsx_status vsx_walk_beam_eligible(struct vsx_walk *w,
				       const struct vsx_level *l, size_t ef,
				       size_t until, struct vsx_error *err);

/* ---- parts of a search of a segment ---------------------------------- */

/* Level `level` of an opened segment, but for its codes. */
void vsx_hnsw_level(const struct vsx_segment *seg, uint32_t level,
		    struct vsx_level *out);

/*
 * A graph of n rows with codes of links has blocks of rows that a search may
 * begin at: of every 128 rows 32 that lie as far from each other as they can,
 * up to so many that looking at all of them costs less than a way down from
 * level to level.
 */
#define VSX_HNSW_MAX_ENTRY_BLOCKS 32u

static inline uint32_t vsx_hnsw_entry_blocks(uint32_t n)
{
	return n / 128 < VSX_HNSW_MAX_ENTRY_BLOCKS ? n / 128
						   : VSX_HNSW_MAX_ENTRY_BLOCKS;
}

static inline uint32_t vsx_hnsw_entry_step(uint32_t n)
{
	uint32_t blocks = vsx_hnsw_entry_blocks(n);

	return blocks ? n / (blocks * VSX_GATE_LINKS) : 0;
}

/* Of LNKP: what was learned of edges, and these blocks behind it. */
static inline uint64_t vsx_hnsw_learned_bytes(uint32_t n, uint32_t dim,
					      uint32_t parts)
{
	return vsx_edges_bytes(dim) +
	       vsx_hnsw_entry_blocks(n) * vsx_gate_block_bytes(parts);
}

/* Bytes that the codes of a row's links take, in whole blocks. */
static inline uint32_t vsx_hnsw_gates_row_bytes(uint32_t m, uint32_t parts)
{
	uint32_t blocks = (2 * m + VSX_GATE_LINKS - 1) / VSX_GATE_LINKS;

	return blocks * (uint32_t)vsx_gate_block_bytes(parts);
}

/* Check what there is of them; once codes are open. */
enum vsx_status vsx_hnsw_open_gates(const struct vsx_segment *seg,
				    struct vsx_error *err);

/*
 * Those of an opened segment, but for the query, and what was learned of them,
 * touched: edges->dim components of what rows are compared as, the codes where
 * these estimate. blocks NULL: there are none.
 */
enum vsx_status vsx_hnsw_gates(const struct vsx_segment *seg,
			       struct vsx_gates *gates, struct vsx_edges *edges,
			       struct vsx_error *err);

/*
 * The ef of a search for k rows, and how many of them are expanded: fewer where
 * k are asked for with less effort; find->eligible is made out.
 */
size_t vsx_hnsw_ef(const struct vsx_find *find, size_t k, uint32_t effort);
size_t vsx_hnsw_places(const struct vsx_find *find, size_t k, uint32_t effort);

/* To where a walk goes on that has expanded so many places, and has not come by
 * the rows that are due. */
static inline size_t vsx_walk_further(size_t places)
{
	return places + places / 4 + 1;
}

/*
 * Begin a search with ef among find->eligible: the pool, which has room for all
 * that such a walk may hold, gets the rows that the walk over the base level,
 * *base, starts from.
 */
enum vsx_status vsx_hnsw_enter(struct vsx_walk *w,
			       const struct vsx_segment *seg,
			       struct vsx_find *find, size_t ef,
			       struct vsx_level *base, struct vsx_error *err);

/* Whether the best k of a pool have keys that say too little of their rows, as
   estimates never do: these are looked at again. */
bool vsx_hnsw_keys_lost(const struct vsx_segment *seg,
			const struct vsx_find *find, const uint64_t *pool,
			size_t n, size_t k);

/* Of a graph that no search was measured on. */
#define VSX_HNSW_UNMEASURED_EF 64

/* vsx_kind.search, .climb */
enum vsx_status vsx_hnsw_search(const struct vsx_segment *seg,
				struct vsx_find *find, struct vsx_error *err);
enum vsx_status vsx_hnsw_climb(const struct vsx_segment *seg,
			       struct vsx_find *find, const uint32_t *truth,
			       uint32_t n_truth, struct vsx_rung *rungs,
			       uint32_t n, struct vsx_error *err);

#endif
