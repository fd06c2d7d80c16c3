/* What searches of a segment find of known neighbours, by one look at its rows
 * for all of them. */
#include "kind/rungs.h"
#include "segment/sieve.h"

/* A search that is exact finds all, by a look at every row. */
static void climb_exact(const struct vsx_segment *seg, uint32_t n_truth,
			struct vsx_rung *rungs, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		rungs[i].found[0] = 1;
		rungs[i].found[1] = n_truth < 10 ? n_truth : 10;
		rungs[i].found[2] = n_truth;
		rungs[i].n_distances = seg->n_rows;
	}
}

/* Rows that a search for k looks at. */
static size_t want_of(const struct vsx_rung *rung, const struct vsx_ranks *r,
		      const struct vsx_find *find, uint32_t k)
{
	struct vsx_find asked = {
		.k = k, .refine = rung->refine, .skip_self = find->skip_self};

	return vsx_sieve_want(r->seg, &asked, true);
}

void vsx_rung_10(struct vsx_rung *rung, const struct vsx_ranks *r,
		 const struct vsx_find *find, uint32_t n_truth)
{
	size_t want = want_of(rung, r, find, n_truth < 10 ? n_truth : 10);

	rung->found[0] = vsx_ranks_found(r, want, 1);
	rung->found[1] = vsx_ranks_found(r, want, 10);
	rung->n_distances = r->n_passed;
	rung->n_distances += want < r->n_passed ? want : r->n_passed;
}

void vsx_rung_100(struct vsx_rung *rung, const struct vsx_ranks *r,
		  const struct vsx_find *find, uint32_t n_truth)
{
	rung->found[2] =
		vsx_ranks_found(r, want_of(rung, r, find, n_truth), 100);
}

/* A look at every code, then at the rows with the best. */
static enum vsx_status climb_scan(const struct vsx_segment *seg,
				  struct vsx_find *find, const uint32_t *truth,
				  uint32_t n_truth, struct vsx_rung *rungs,
				  uint32_t n, struct vsx_error *err)
{
	struct vsx_ranks r;
	struct vsx_run run;

	VSX_TRY(vsx_ranks_begin(&r, seg, find, err));
	/* Those of a scan lie one after the other. */
	VSX_TRY(vsx_segment_run(seg, 0, &run, err));
	for (uint32_t i = 0; i < n_truth; i++)
		VSX_TRY(vsx_ranks_know(&r, &run, truth[i], truth[i], i, err));
	VSX_TRY(vsx_ranks_pass(&r, &run, err));
	for (uint32_t i = 0; i < n; i++) {
		vsx_rung_10(&rungs[i], &r, find, n_truth);
		vsx_rung_100(&rungs[i], &r, find, n_truth);
	}
	return VSX_OK;
}

enum vsx_status vsx_segment_climb(const struct vsx_segment *seg,
				  struct vsx_find *find, const uint32_t *truth,
				  uint32_t n_truth, struct vsx_rung *rungs,
				  uint32_t n, struct vsx_error *err)
{
	if (seg->kind->climb)
		return seg->kind->climb(seg, find, truth, n_truth, rungs, n,
					err);
	if (!vsx_segment_is_exact(seg))
		return climb_scan(seg, find, truth, n_truth, rungs, n, err);
	climb_exact(seg, n_truth, rungs, n);
	return VSX_OK;
}
