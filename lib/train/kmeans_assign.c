/* All rows to their nearest centroids. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "train/kmeans.h"
#include "train/near_codes.h"
#include "train/tally.h"

#define CHUNK VSX_SEEKERS

struct assign {
	const struct vsx_kmeans *km;
	const struct vsx_rows *rows;
	uint32_t *list;
	uint8_t *codes; /* [threads][CHUNK][code_stride] */
	struct vsx_packed_codes packed;
	struct vsx_seekers *seekers; /* [threads] */
	struct vsx_tally tally;
};

static enum vsx_status assign_work(void *context, unsigned int thread,
				   uint64_t first, uint64_t last,
				   struct vsx_error *err)
{
	struct assign *a = context;
	const struct vsx_kmeans *km = a->km;
	uint8_t *codes = a->codes + (size_t)thread * CHUNK * km->code_stride;
	uint32_t n = (uint32_t)(last - first);

	for (uint32_t i = 0; i < n; i++)
		vsx_grid_encode(&km->grid, a->rows->space,
				a->rows->base +
					(first + i) * a->rows->space->stride,
				codes + (size_t)i * km->code_stride);
	vsx_seekers_find(&a->seekers[thread], &a->packed, codes,
			 km->code_stride, n, a->list + first, NULL);
	return vsx_tally_add(&a->tally, thread, n, err);
}

enum vsx_status vsx_kmeans_assign(const struct vsx_kmeans *km,
				  struct vsx_job *job,
				  const struct vsx_rows *rows, uint32_t *list,
				  struct vsx_error *err)
{
	unsigned int threads = vsx_job_threads(job);
	struct assign a = {.km = km, .rows = rows, .list = list};
	enum vsx_status status;

	status = vsx_alloc_to(&a.codes, (size_t)threads * CHUNK,
			      km->code_stride, err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&a.seekers, threads, sizeof(*a.seekers),
				      err);
	for (unsigned int i = 0; status == VSX_OK && i < threads; i++)
		status = vsx_seekers_init(&a.seekers[i], km->dim, err);
	if (status == VSX_OK)
		status = vsx_packed_codes_init(&a.packed, km->k, km->dim, err);
	if (status == VSX_OK)
		status = vsx_tally_begin(&a.tally, job, &vsx_phase_assigning,
					 rows->n, err);
	if (status == VSX_OK) {
		vsx_packed_codes_fill(&a.packed, km->codes, km->code_stride,
				      NULL, km->k);
		status = vsx_parallel(threads, rows->n, CHUNK, assign_work, &a,
				      err);
	}
	for (unsigned int i = 0; a.seekers && i < threads; i++)
		vsx_seekers_release(&a.seekers[i]);
	free(a.seekers);
	vsx_packed_codes_release(&a.packed);
	free(a.codes);
	return status;
}
