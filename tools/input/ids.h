/*
 * Reading row ids, and the ground truth of queries. The arrays belong to the
 * caller, who frees them.
 */
#ifndef VSX_INPUT_IDS_H
#define VSX_INPUT_IDS_H

#include "vsx_status.h"

#include <stdint.h>

/*
 * One id for each row, from .npy (1-D or n x 1, of i32 u32 i64 u64), .ivecs
 * (rows of one, or a single row of n), or text with one decimal number a line.
 * That they are unique is the builder's to check.
 */
enum vsx_status input_ids(const char *path, uint64_t **ids, uint64_t *n,
			  struct vsx_error *err);

/*
 * The k nearest ids of each query, nearest first, row-major [n_queries][k],
 * from .ivecs, .ibin or a 2-D .npy of i32 u32 i64 u64. Lists may be shorter:
 * see input/truth.h.
 */
enum vsx_status input_truth(const char *path, uint64_t **ids,
			    uint64_t *n_queries, uint32_t *k,
			    struct vsx_error *err);

#endif
