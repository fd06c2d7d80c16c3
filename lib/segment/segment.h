/*
 * What an index kind is: a small table of functions over checked views. A kind
 * knows nothing of files or pages.
 *
 * Reading side. The builders are in lib/train and lib/write, so that a program
 * which only searches does not carry them.
 */
#ifndef VSX_KIND_H
#define VSX_KIND_H

#include "base/topk.h"
#include "disk.h"
#include "segment/eligible.h"
#include "kernel/space.h"
#include "io/view.h"
#include "names.h"

#define VSX_MAX_LEVELS 32

/*
 * One segment of an open index. Immutable after vsx_segment_open(); shared by
 * all threads.
 */
struct vsx_segment {
	const struct vsx_kind *kind;
	struct vsx_space space;
	uint32_t number;
	uint32_t n_rows;
	uint32_t n_dead;    /* of them are deleted */
	uint64_t mark_base; /* rows of the segments before this one */
	uint32_t params[VSX_N_PARAMS];
	struct vsx_view view[VSX_N_SECTION_SLOTS];
	bool scarce; /* memory is, see scarce.h */

	const uint8_t *dead; /* a bit a row, see dead.h; NULL: none is */
	uint8_t *dead_bits;  /* they, where the file has a list; owned */

	/* Ids, see ids.h */
	uint32_t id_bytes; /* 0: the id is the row number; 4 or 8 in ROID */

	/* HNSW: rows of each level, level 0 first; level l has rows
	   0 .. level_rows[l]-1, and its links begin at level_links[l] u32s
	   in LNKU. */
	uint32_t n_levels;
	uint32_t level_rows[VSX_MAX_LEVELS];
	uint64_t level_links[VSX_MAX_LEVELS];

	/* IVF */
	uint32_t nlist;
	uint32_t centroid_stride;
};

/* Scratch of one searching thread; grows, never shrinks. See scratch.h. */
struct vsx_scratch;

/* One query's wish. */
struct vsx_find {
	const struct vsx_query *query;
	size_t k;
	uint32_t effort;     /* ef or nprobe; 0: what the kind thinks best */
	struct vsx_topk top; /* collects across segments; holds external ids */
	bool skip_self;	     /* leave out the row with id self */
	bool held_out;	     /* and search as if it had not been indexed */
	uint64_t self;
	struct vsx_scratch *scratch;
	struct vsx_eligible eligible; /* rows of the segment at hand */
	/* IVF: the lists that lie ranked in the scratch's pool. */
	const uint8_t *ranked_of; /* their centroids; NULL: none do */
	uint32_t n_ranked;
	bool asks; /* ahead, for what it will read; see scarce.h */
	uint64_t n_distances, n_hops; /* counted up */
};

/* What searches of one effort find of a query's exact neighbours. */
struct vsx_rung {
	uint32_t effort;
	uint32_t found[3];    /* of the nearest 1 and 10, by a search for 10,
				 and of the nearest 100 by one for 100 */
	uint64_t n_distances; /* that the search for 10 computes */
};

/* Receives findings of a check; returns nonzero to stop. */
typedef int vsx_finding(void *context, enum vsx_status status,
			const char *text);

struct vsx_kind {
	uint32_t code;
	const char *name;
	const char *effort_name; /* "ef", "nprobe" or "" */
	uint32_t n_params;	 /* of vsx_segment.params; the rest is 0 */

	/* The effort of a search that names none, where none was measured. */
	uint32_t (*default_effort)(const struct vsx_segment *seg);

	/* Trained state that a segment may share with an earlier one: params
	   [shared_param] is that one's number plus 1, or 0 when the segment
	   has section shared_slot itself. shared_param 0: nothing is. */
	uint32_t shared_param;
	enum vsx_section_slot shared_slot;

	/*
	 * Check parameters and the lengths of the views against n_rows, and set
	 * the fields of the segment that belong to the kind. O(1) but for small
	 * headers; touches what it reads.
	 */
	enum vsx_status (*open)(struct vsx_segment *seg, struct vsx_error *err);

	/* Offer the best rows that `effort` finds to find->top. */
	enum vsx_status (*search)(const struct vsx_segment *seg,
				  struct vsx_find *find, struct vsx_error *err);

	/*
	 * Set `found` and n_distances of n rungs, by rising effort, to what
	 * search() would give, for little more than the last of these searches.
	 * truth: the rows of the up to 100 exact neighbours, nearest first. No
	 * row of the segment is deleted, and find->k is n_truth. NULL: search()
	 * is exact.
	 */
	enum vsx_status (*climb)(const struct vsx_segment *seg,
				 struct vsx_find *find, const uint32_t *truth,
				 uint32_t n_truth, struct vsx_rung *rungs,
				 uint32_t n, struct vsx_error *err);

	/*
	 * Report every broken rule of SPEC.md that lies in the views of this
	 * kind (pages are checked already); NULL: it has no rules of its own.
	 * VSX_ESTOPPED when the receiver says so, VSX_ENOMEM.
	 */
	enum vsx_status (*check)(const struct vsx_segment *seg,
				 vsx_finding *report, void *context,
				 struct vsx_error *err);

	/*
	 * The address of a row, after touching it. NULL means that VECS is
	 * plain: row r at r * stride.
	 */
	enum vsx_status (*locate)(const struct vsx_segment *seg, uint32_t row,
				  uint64_t *offset, struct vsx_error *err);
};

extern const struct vsx_kind vsx_kind_flat;
extern const struct vsx_kind vsx_kind_ivf;
extern const struct vsx_kind vsx_kind_hnsw;

/* NULL for a code that is not known. */
const struct vsx_kind *vsx_kind_find(uint32_t code);

/*
 * Open a segment: number, n_rows, params, space and view are set by the caller;
 * checks what all kinds share, then asks the kind.
 */
enum vsx_status vsx_segment_open(struct vsx_segment *seg,
				 struct vsx_error *err);

/* Free what opening allocated, of n segments, and the array. Accepts NULL. */
void vsx_segments_close(struct vsx_segment *segments, uint32_t n);

/*
 * Give the segments that share a section with an earlier one a view of it.
 * Before any is opened.
 */
enum vsx_status vsx_segments_share(struct vsx_segment *segments, uint32_t n,
				   struct vsx_error *err);

/* Report every broken rule of an opened segment: its ids and its kind's. */
enum vsx_status vsx_segment_check(const struct vsx_segment *seg,
				  vsx_finding *report, void *context,
				  struct vsx_error *err);

/* Byte offset of a row in VECS, its pages touched. */
enum vsx_status vsx_segment_locate(const struct vsx_segment *seg, uint32_t row,
				   uint64_t *offset, struct vsx_error *err);

/* Rows that lie one after the other: what scans walk over. */
struct vsx_run {
	uint32_t first_row;
	uint32_t n_rows;
	uint64_t offset; /* of the first in VECS */
};

/*
 * Run number i of the segment, of vsx_segment_runs(). It may be empty. Its
 * bounds are checked, its pages not touched.
 */
static inline uint32_t vsx_segment_runs(const struct vsx_segment *seg)
{
	return seg->nlist ? seg->nlist : 1;
}
enum vsx_status vsx_segment_run(const struct vsx_segment *seg, uint32_t i,
				struct vsx_run *run, struct vsx_error *err);

/*
 * Lists that share rows would make a search take them again and again, for a
 * time that the size of the file does not bound: what a walk over lists says
 * when it has met more rows than there are.
 */
enum vsx_status vsx_too_many_rows(const struct vsx_segment *seg,
				  struct vsx_error *err);

/*
 * Exact search of any segment: every row, values in f64, whatever the kind.
 * Uses the 8-bit codes where the segment has them.
 */
enum vsx_status vsx_exact_search(const struct vsx_segment *seg,
				 struct vsx_find *find, struct vsx_error *err);

#endif
