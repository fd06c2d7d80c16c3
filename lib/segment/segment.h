/*
 * A segment: rows, their ids, which of them are deleted, and where each lies.
 * What is over them is of its kind: kind/kind.h.
 */
#ifndef VSX_SEGMENT_H
#define VSX_SEGMENT_H

#include "base/halt.h"
#include "base/topk.h"
#include "code/codec.h"
#include "disk.h"
#include "field/columns.h"
#include "segment/eligible.h"
#include "kernel/space.h"
#include "io/view.h"
#include "names.h"

struct vsx_segment;

/* Where rows lie whose kind does not put them one after the other. */
struct vsx_placing {
	uint32_t (*n_runs)(const struct vsx_segment *seg);
	/* Run number i, which may be empty. Its bounds are checked. */
	enum vsx_status (*run)(const struct vsx_segment *seg, uint32_t i,
			       struct vsx_run *run, struct vsx_error *err);
	/* The place of a row of the segment. */
	enum vsx_status (*locate)(const struct vsx_segment *seg, uint32_t row,
				  uint64_t *offset, struct vsx_error *err);
	/* And the number of its run. */
	enum vsx_status (*list_of)(const struct vsx_segment *seg, uint32_t row,
				   uint32_t *list, struct vsx_error *err);
	/* Where each of seg->n_lists ends: `ends` of vsx_row_lists. */
	enum vsx_status (*ends)(const struct vsx_segment *seg, uint32_t *ends,
				struct vsx_error *err);
};

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
	/* Where VECS has codes in place of rows: of so many bytes each, see
	   kept.h; 0: it has rows as `space` says. */
	uint32_t kept_bytes;
	const struct vsx_codec *kept_codec;
	struct vsx_code_form kept_form;
	struct vsx_view view[VSX_N_SECTION_SLOTS];
	const struct vsx_codec *codec; /* of CODE, see codes.h */
	struct vsx_code_form form;     /* of its codes */
	bool scarce;		       /* memory is, see scarce.h */

	/* Deleted rows, a bit a row each, see dead.h; NULL: no section. */
	const uint8_t *dead;
	uint8_t *gone; /* owned */
	uint32_t n_gone;

	/* Ids, see ids.h */
	uint32_t id_bytes; /* 0: the id is the row number; 4 or 8 in ROID */

	struct vsx_columns columns; /* fields of the rows; owned */

	/* Set by kinds whose rows are in lists, run i those of centroid i in
	   section CENT, f32[dim] from its beginning on. */
	uint32_t n_lists, centroid_stride;

	const struct vsx_placing *placing; /* NULL: row r at r * stride */
	void *state; /* what the kind has set up; owned, see kind.h */
};

/* Scratch of one searching thread; grows, never shrinks. See scratch.h. */
struct vsx_scratch;

/* One query's wish. */
struct vsx_find {
	const struct vsx_query *query;
	size_t k;
	uint32_t effort; /* by the kind; 0: what that thinks best */
	bool all_k; /* it was chosen for fewer rows than k: where it is a number
		       of rows, an effort of k at least */
	uint32_t refine;     /* rows looked at for each of the k where keys are
				estimates, in thousandths; 0: what the codec
				thinks best */
	double slack;	     /* as vsx_edge_prepare() takes it; 0:
				VSX_EDGE_SLACK */
	struct vsx_topk top; /* collects across segments; holds external ids */
	bool within;	     /* values above `limit` do not count, and `top`
				grows with the scratch */
	double limit;
	uint64_t n_all; /* live rows of all segments that are searched; 0:
			   there is only the one at hand */
	bool skip_self; /* leave out the row with id self */
	bool held_out;	/* and search as if it had not been indexed */
	uint64_t self;
	struct vsx_scratch *scratch;
	struct vsx_halt *halt;		   /* NULL: nothing stops it */
	const struct vsx_selection *among; /* NULL: all rows that are live */
	struct vsx_eligible eligible;	   /* rows of the segment at hand */
	/* What the segment before, of the same kind, left in the scratch for
	   this one: of what it was made, and how much. NULL: nothing. */
	const void *left_of;
	uint32_t n_left;
	bool asks;   /* ahead, for what it will read; see scarce.h */
	bool defers; /* looks at rows of the last segment when it is told to:
			see looks.h */
	uint64_t n_distances, n_hops; /* counted up */
	uint64_t n_refused; /* links that led to no distance, by gates */
	/* Likewise: eligible rows of which none is missing from `top` that
	   belongs there. */
	uint64_t n_covered;
};

/* Rows whose values are above this cannot come into the answer. */
static inline double vsx_find_bound(const struct vsx_find *find)
{
	double bound = vsx_topk_bound(&find->top);

	return find->within && find->limit < bound ? find->limit : bound;
}

/* A refine factor with which no search by estimates misses a row that it has
 * seen, but where there are tens of millions. */
#define VSX_REFINE_ALL UINT32_MAX

/* A search for fewer rows looks at as many as one for so many, by which refine
 * factors are measured. */
#define VSX_REFINE_LEAST 10u

/* Rows that are looked at for k where keys are estimates; k < 2^31. */
static inline uint64_t vsx_refine_rows(uint64_t k, uint32_t refine)
{
	if (k < VSX_REFINE_LEAST)
		k = VSX_REFINE_LEAST;
	return (k * refine + VSX_REFINE_UNIT - 1) / VSX_REFINE_UNIT;
}

/* Once `params` are set: what VECS holds by these, its rows `stride` bytes
 * apart, of an index whose rows are of type elem. */
void vsx_segment_rows_are(struct vsx_segment *seg, enum vsx_metric metric,
			  enum vsx_elem elem, uint32_t dim, uint32_t stride);

/* Receives findings of a check; returns nonzero to stop. */
typedef int vsx_finding(void *context, const struct vsx_error *what);

/* Bytes from row to row in VECS. */
static inline uint32_t vsx_vecs_stride(const struct vsx_segment *seg)
{
	return seg->kept_bytes ? seg->kept_bytes : seg->space.stride;
}

/* Byte offset of a row in VECS, not touched. Rows: segment/kept.h. */
enum vsx_status vsx_segment_locate(const struct vsx_segment *seg, uint32_t row,
				   uint64_t *offset, struct vsx_error *err);

/*
 * Run number i of the segment, of vsx_segment_runs(). It may be empty. Its
 * bounds are checked, its pages not touched.
 */
static inline uint32_t vsx_segment_runs(const struct vsx_segment *seg)
{
	return seg->placing ? seg->placing->n_runs(seg) : 1;
}
enum vsx_status vsx_segment_run(const struct vsx_segment *seg, uint32_t i,
				struct vsx_run *run, struct vsx_error *err);

/*
 * Where lists end, of a segment whose rows are in such, in an array that is
 * made; lists->n is 0 otherwise. VSX_ECORRUPT unless they are all of its rows,
 * one list after the other. Free it in any case.
 */
enum vsx_status vsx_segment_lists(const struct vsx_segment *seg,
				  uint32_t **ends, struct vsx_row_lists *lists,
				  struct vsx_error *err);

/*
 * Lists that share rows would make a search take them again and again, for a
 * time that the size of the file does not bound: what a walk over lists says
 * when it has met more rows than there are.
 */
enum vsx_status vsx_too_many_rows(const struct vsx_segment *seg,
				  struct vsx_error *err);

/*
 * Exact search of any segment: every row, values in f64, whatever the kind.
 * Looks at codes first where the segment has them and they have bounds.
 */
enum vsx_status vsx_exact_search(const struct vsx_segment *seg,
				 struct vsx_find *find, struct vsx_error *err);

/*
 * The best rows by a look at every code, where there are codes, whatever these
 * say: rows may be missed where they are estimates.
 */
enum vsx_status vsx_scan_search(const struct vsx_segment *seg,
				struct vsx_find *find, struct vsx_error *err);

/* VSX_ECORRUPT for a section that is not as long as it is due. */
enum vsx_status vsx_bad_length(const char *section, uint64_t found,
			       uint64_t due, struct vsx_error *err);

#endif
