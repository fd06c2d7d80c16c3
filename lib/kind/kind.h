/*
 * What an index kind is: a table of functions over checked views. A kind knows
 * nothing of files or pages. format/kinds.h lists them; nothing outside of
 * lib/kind asks which one it has before it.
 *
 * This is the side of the reader. How segments are built is in kind/build.h, so
 * that a program which only searches does not carry it.
 */
#ifndef VSX_KIND_H
#define VSX_KIND_H

#include "segment/segment.h"

/* A parameter that is told to people and programs. */
struct vsx_kind_param {
	const char *name; /* "ef_construction"; NULL: it is not told */
	const char *text; /* "efConstruction #": # stands for the number */
};

/* What searches of one effort and refine factor find of a query's exact
 * neighbours. */
struct vsx_rung {
	uint32_t effort, refine; /* as in struct vsx_find */
	uint32_t found[3];	 /* of the nearest 1 and 10, by a search for 10,
				    and of the nearest 100 by one for 100 */
	uint64_t n_distances;	 /* that the search for 10 computes */
};

/* What searches came to, on the mean. */
struct vsx_work {
	double n_distances, n_hops;
};

struct vsx_kind {
	uint32_t code;		 /* in files; vsx_kind_name() has its name */
	const char *effort_name; /* "ef", "nprobe", ...; "": it has none */
	const char *hops_name;	 /* what vsx_find.n_hops counts */

	/* Of vsx_segment.params; those behind are 0. */
	uint32_t n_params;
	struct vsx_kind_param params[VSX_N_PARAMS];

	/* Sections that searches read here and there, a bit 1 << slot each;
	   the others they scan. */
	uint32_t read_at_random;

	/* Bytes of vsx_segment.state, zeroed before open(). */
	uint32_t state_bytes;

	/* Trained state that a segment may share with an earlier one: params
	   [shared_param] is that one's number plus 1, or 0 when the segment
	   has section shared_slot itself. shared_param 0: nothing is. */
	uint32_t shared_param;
	enum vsx_section_slot shared_slot;

	/* Where rows lie, once open() was there; NULL: VECS is plain. */
	const struct vsx_placing *placing;

	/* The effort of a search that names none, where none was measured, and
	   the greatest that makes a difference. NULL: it has none. */
	uint32_t (*default_effort)(const struct vsx_segment *seg);
	uint32_t (*most_effort)(const struct vsx_segment *seg);
	bool effort_is_rows; /* that a search looks around */

	/*
	 * Check parameters and the lengths of the views against n_rows, and set
	 * up the state. O(1) but for small headers; touches what it reads.
	 * NULL: there is nothing to it.
	 */
	enum vsx_status (*open)(struct vsx_segment *seg, struct vsx_error *err);

	/* Offer the best rows that `effort` finds to find->top. */
	enum vsx_status (*search)(const struct vsx_segment *seg,
				  struct vsx_find *find, struct vsx_error *err);

	/*
	 * Set `found` and n_distances of n rungs, by rising effort and, of one
	 * effort, refine factor, to what search() would give, for little more
	 * than the last of these searches. truth: the rows of the up to 100
	 * exact neighbours, nearest first. No row of the segment is deleted,
	 * and find->k is n_truth. NULL: search() is vsx_scan_search().
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
				 unsigned int n_threads, vsx_finding *report,
				 void *context, struct vsx_error *err);

	/* Centroids that the rows were grouped by; NULL: there are none. */
	uint32_t (*n_centroids)(const struct vsx_segment *seg);
	/* Number i of them, as f32[dim]; touches it. */
	enum vsx_status (*centroid)(const struct vsx_segment *seg, uint32_t i,
				    float *out, struct vsx_error *err);
};

/* NULL for a code that is not known. */
const struct vsx_kind *vsx_kind_find(uint32_t code);

/* The kind that a spec such as "IVF64,Flat", of a sound file, names; NULL: it
 * leaves the kind to the writer. */
const struct vsx_kind *vsx_kind_of_spec(const char *spec);

/* Whether searches of a segment find what a look at every row does. */
bool vsx_segment_is_exact(const struct vsx_segment *seg);

/* climb() of a segment of any kind, also of one whose searches are exact, or
 * scan codes that estimate. */
enum vsx_status vsx_segment_climb(const struct vsx_segment *seg,
				  struct vsx_find *find, const uint32_t *truth,
				  uint32_t n_truth, struct vsx_rung *rungs,
				  uint32_t n, struct vsx_error *err);

/* The segment whose trained state one with these parameters shares, plus 1; 0:
   it has its own, or needs none. */
static inline uint32_t vsx_kind_lender(const struct vsx_kind *kind,
				       const uint32_t params[VSX_N_PARAMS])
{
	return kind->shared_param ? params[kind->shared_param] : 0;
}

/*
 * Open a segment: kind, number, n_rows, params, space and view are set by the
 * caller; checks what all kinds share, then asks the kind.
 */
enum vsx_status vsx_segment_open(struct vsx_segment *seg,
				 struct vsx_error *err);

/* The same, but only as far as it takes to find rows and their ids: not what is
   over them, nor what they have besides, nor the marks of deleted ones. */
enum vsx_status vsx_segment_open_rows(struct vsx_segment *seg,
				      struct vsx_error *err);

/* Whether others may share the trained state of a segment: it has its own. */
static inline bool vsx_segment_lends(const struct vsx_segment *seg)
{
	return seg->kind->shared_param &&
	       !vsx_kind_lender(seg->kind, seg->params);
}

/* Centroids of an open segment: 0 for kinds that have none. */
static inline uint32_t vsx_segment_centroids(const struct vsx_segment *seg)
{
	return seg->kind->n_centroids ? seg->kind->n_centroids(seg) : 0;
}

/* Bytes on the heap that opening took, beside the segment itself. */
uint64_t vsx_segment_heap_bytes(const struct vsx_segment *seg);

/* Free what opening allocated, also where it failed. */
void vsx_segment_close(struct vsx_segment *seg);

/* The same of n segments, and free the array. Accepts NULL. */
void vsx_segments_close(struct vsx_segment *segments, uint32_t n);

/*
 * Give the segments that share a section with an earlier one a view of it.
 * Before any is opened.
 */
enum vsx_status vsx_segments_share(struct vsx_segment *segments, uint32_t n,
				   struct vsx_error *err);

/* The same for one whose lenders are segments[0 ..]. */
enum vsx_status vsx_segment_share(struct vsx_segment *seg,
				  const struct vsx_segment *segments,
				  struct vsx_error *err);

/* Report every broken rule of an opened segment: its ids and its kind's. The
   same findings for any number of threads. */
enum vsx_status vsx_segment_check(const struct vsx_segment *seg,
				  unsigned int n_threads, vsx_finding *report,
				  void *context, struct vsx_error *err);

#endif
