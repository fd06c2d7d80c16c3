/*
 * Exact search: every row of a segment of any kind, values in f64.
 *
 * Several queries go over a block of rows while it is in the cache. Each has a
 * sieve of its own, so the answer of a query does not depend on the others.
 */
#include "segment/exact.h"

#include "segment/sieve.h"

#define QUERIES 16

/* Blocks that the disk reads while one is scanned. */
#define AHEAD 32u

static void ask_ahead(const struct vsx_sieve *s, const struct vsx_run *run,
		      uint32_t row, uint32_t step)
{
	uint32_t from = row ? row + AHEAD * step : 0;
	uint32_t to = row + (AHEAD + 1) * step;
	struct vsx_run part = *run;

	if (to > run->n_rows)
		to = run->n_rows;
	if (from >= to)
		return;
	part.first_row += from;
	part.n_rows = to - from;
	part.offset += (uint64_t)from * s->seg->space.stride;
	vsx_sieve_ask(s, &part);
}

static enum vsx_status scan(const struct vsx_segment *seg,
			    struct vsx_sieve *sieves, size_t n,
			    struct vsx_error *err)
{
	uint32_t step = vsx_sieve_step(&sieves[0]);
	struct vsx_run run;
	uint64_t seen = 0;

	for (uint32_t i = 0; i < vsx_segment_runs(seg); i++) {
		VSX_TRY(vsx_segment_run(seg, i, &run, err));
		seen += run.n_rows;
		if (seen > seg->n_rows)
			return vsx_too_many_rows(seg, err);
		for (uint32_t r = 0; r < run.n_rows; r += step) {
			uint32_t rows =
				run.n_rows - r < step ? run.n_rows - r : step;
			uint64_t offset =
				run.offset + (uint64_t)r * seg->space.stride;

			if (seg->scarce)
				ask_ahead(&sieves[0], &run, r, step);
			for (size_t q = 0; q < n; q++)
				VSX_TRY(vsx_sieve_rows(&sieves[q],
						       run.first_row + r, rows,
						       offset, err));
		}
	}
	return VSX_OK;
}

enum vsx_status vsx_exact_batch(const struct vsx_segment *seg,
				struct vsx_find *finds, size_t n,
				struct vsx_error *err)
{
	struct vsx_sieve sieves[QUERIES];

	for (size_t first = 0; first < n; first += QUERIES) {
		size_t m = n - first < QUERIES ? n - first : QUERIES;

		for (size_t q = 0; q < m; q++)
			VSX_TRY(vsx_sieve_begin(&sieves[q], seg,
						&finds[first + q], 0, err));
		VSX_TRY(scan(seg, sieves, m, err));
		for (size_t q = 0; q < m; q++)
			VSX_TRY(vsx_sieve_finish(&sieves[q], err));
	}
	return VSX_OK;
}

enum vsx_status vsx_exact_search(const struct vsx_segment *seg,
				 struct vsx_find *find, struct vsx_error *err)
{
	return vsx_exact_batch(seg, find, 1, err);
}
