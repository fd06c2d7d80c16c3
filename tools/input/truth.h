/*
 * Ground truth: of each query the ids of its nearest rows, nearest first. One
 * rule for all commands:
 *
 *   -1, or 2^64 - 1 where ids are unsigned, ends a list that is shorter than
 *   its row, and nothing else stands behind it. No id is twice in a list. An id
 *   that the index has no live row with is an error, for then it is the truth
 * of other rows. Recall@k is over the first k of each list, or all of them.
 */
#ifndef VSX_INPUT_TRUTH_H
#define VSX_INPUT_TRUTH_H

#include "vsx.h"

#include <stdbool.h>

#define TRUTH_END UINT64_MAX

/* How many of the k entries of a row are ids. */
static inline uint32_t truth_length(const uint64_t *row, uint32_t k)
{
	uint32_t n = 0;

	while (n < k && row[n] != TRUTH_END)
		n++;
	return n;
}

/*
 * That ids [n][k] are lists as above. VSX_EINVAL names the file, row, column
 * and id, here and below.
 */
enum vsx_status truth_check_lists(const uint64_t *ids, uint64_t n, uint32_t k,
				  const char *name, struct vsx_error *err);

typedef bool truth_has(void *context, uint64_t id);

/* That all of them are ids of `where`, which is a name. */
enum vsx_status truth_check_ids(const uint64_t *ids, uint64_t n, uint32_t k,
				const char *name, truth_has *has, void *context,
				const char *where, struct vsx_error *err);

/* The same where they are those of the live rows of an index. */
enum vsx_status truth_check_index(const uint64_t *ids, uint64_t n, uint32_t k,
				  const char *name, const struct vsx *index,
				  const char *where, struct vsx_error *err);

#endif
