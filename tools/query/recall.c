#include "query/recall.h"

#include "cli/fail.h"
#include "input/ids.h"
#include "input/input.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum vsx_status recall_begin(struct recall *r, const char *path,
			     uint64_t n_queries, size_t k,
			     struct vsx_error *err)
{
	enum vsx_status status;
	size_t most;
	int i = 0;

	memset(r, 0, sizeof(*r));
	status = input_truth(path, &r->truth, &r->n_queries, &r->truth_k, err);
	if (status != VSX_OK)
		return status;
	if (n_queries != INPUT_UNKNOWN_ROWS && n_queries != r->n_queries)
		return tool_fail(err, VSX_EINVAL,
				 "%s: neighbours of %" PRIu64
				 " queries, there are %" PRIu64,
				 path, r->n_queries, n_queries);
	most = k < r->truth_k ? k : r->truth_k;
	r->at[i++] = 1;
	if (most > 10)
		r->at[i++] = 10;
	if (most > 1)
		r->at[i++] = most;
	return VSX_OK;
}

enum vsx_status recall_add(struct recall *r, const struct vsx_hit *hits,
			   const size_t *n_hits, size_t n, size_t k,
			   struct vsx_error *err)
{
	if (n > r->n_queries - r->n)
		return tool_fail(err, VSX_EINVAL,
				 "the ground truth has %" PRIu64
				 " queries, there are more",
				 r->n_queries);
	for (size_t q = 0; q < n; q++, r->n++) {
		const uint64_t *truth = r->truth + r->n * r->truth_k;
		const struct vsx_hit *h = hits + q * k;

		for (int i = 0; i < RECALLS; i++)
			for (size_t a = 0; a < r->at[i] && a < n_hits[q]; a++)
				for (size_t b = 0; b < r->at[i]; b++)
					if (h[a].id == truth[b]) {
						r->found[i]++;
						break;
					}
	}
	return VSX_OK;
}

double recall_of(const struct recall *r, int i)
{
	uint64_t of = r->n * r->at[i];

	return of ? (double)r->found[i] / (double)of : 0.0;
}

void recall_release(struct recall *r)
{
	free(r->truth);
	memset(r, 0, sizeof(*r));
}
