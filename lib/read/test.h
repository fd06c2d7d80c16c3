/*
 * The acceptance test as a file holds it. SPEC.md 5.6.
 *
 * Its rows are those of segment 0, which stays while the index grows: queries
 * that are rows, and the neighbours of each query there, as row numbers. What
 * newer segments hold is found by an exact scan of them, and everything is
 * where the file has no neighbours.
 */
#ifndef VSX_TEST_H
#define VSX_TEST_H

#include "read/accept.h"
#include "read/handle.h"

struct vsx_test {
	struct vsx_accept accept; /* queries; own: their ids, or NULL; truth is
				     filled by vsx_test_truth(); progress is
				     the caller's to set */
	uint32_t *own_rows;	  /* [n_queries]; NULL: they are no rows */
	uint32_t *truth_rows;	  /* [n_queries][truth_k]; NULL: not stored */
	bool as_given; /* both are of the rows as they came, which are kept as
			  codes: they cannot be found again */
};

/*
 * Queries that a recall must be measured on to say something of an index: of
 * fewer each is more than a hundredth of it.
 */
static inline uint32_t vsx_due_queries(uint64_t n_live)
{
	return n_live < 100 ? (uint32_t)n_live : 100;
}

/*
 * Read it. Segment 0 must be open; numbers of rows are checked against it.
 * n_queries is 0 when the index has no test. Release it whatever the answer is.
 */
enum vsx_status vsx_test_load(struct vsx_test *test, const struct vsx *index,
			      struct vsx_error *err);

/*
 * Queries that were given, float[n_queries][dim], to be freed; NULL when there
 * are none or they are rows. Needs no segment.
 */
enum vsx_status vsx_test_given(float **queries, const struct vsx *index,
			       struct vsx_error *err);

/*
 * Whether vsx_test_truth() gives neighbours among the rows as they were given:
 * else, and of most indexes there is no difference, among those that are kept.
 */
bool vsx_test_is_given(const struct vsx_test *test,
		       const struct vsx_segment *segments, uint32_t n);

/*
 * Fill accept.truth and n_truth over the live rows of segments[n], of which the
 * first is that of the file: as far as the neighbours of each query are known.
 * Of rows that are kept as codes, and were added to, those that are kept.
 */
enum vsx_status vsx_test_truth(struct vsx_test *test,
			       const struct vsx_segment *segments, uint32_t n,
			       unsigned int n_threads, struct vsx_error *err);

void vsx_test_release(struct vsx_test *test);

#endif
