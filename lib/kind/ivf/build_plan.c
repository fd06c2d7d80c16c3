/* How many lists, what they come to, and the table of the kind. */
#include <math.h>
#include <stdio.h>

#include "kind/ivf/build_ivf.h"
#include "kind/ivf/ivf.h"
#include "kind/rates.h"
#include "manifest.h"
#include "segment/codes.h"
#include "plural.h"

typedef unsigned long long ull;

/* Fewer rows a list than this make more lists than the rows can shape. */
#define LEAST_LIST 8

/* Rows to train on, for each list. */
#define SAMPLE_EACH 256

/* Four times the square root of the rows, as a power of two. */
static uint32_t nlist_for(uint64_t n_rows)
{
	double wish = 4.0 * sqrt((double)n_rows);
	uint32_t nlist = 1;

	while (nlist < VSX_IVF_MAX_NLIST && nlist * 1.5 < wish &&
	       (uint64_t)nlist * 2 * LEAST_LIST <= n_rows)
		nlist *= 2;
	return nlist;
}

static uint32_t size(const struct vsx_spec_need *need, char *reason, size_t n)
{
	snprintf(reason, n,
		 "for %llu row%s, four times their square root as a power of "
		 "two",
		 (ull)need->n_rows, vsx_s(need->n_rows));
	return nlist_for(need->n_rows);
}

/* Where nothing else does, and that is the reason. */
static bool suits(const struct vsx_spec_need *need, struct vsx_spec *spec,
		  char *reason, size_t n)
{
	(void)reason;
	(void)n;
	spec->size = nlist_for(need->n_rows);
	return true;
}

static uint32_t fit(uint32_t nlist, uint64_t n_rows, char *note, size_t n)
{
	if (nlist > n_rows) {
		snprintf(note, n,
			 "nlist lowered from %u to %llu: there %s %llu row%s",
			 nlist, (ull)n_rows, n_rows == 1 ? "is" : "are",
			 (ull)n_rows, vsx_s(n_rows));
		return (uint32_t)n_rows;
	}
	if (nlist > 1 && (uint64_t)nlist * LEAST_LIST > n_rows)
		snprintf(note, n,
			 "%llu row%s few for %u list%s: at least %d rows per "
			 "list are recommended",
			 (ull)n_rows, n_rows == 1 ? " is" : "s are", nlist,
			 vsx_s(nlist), LEAST_LIST);
	return nlist;
}

/* Step i of 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20, 24, ...: four to an
 * octave, the last one nlist; 0 behind it. */
static uint32_t nprobe_at(const struct vsx_segment *seg, uint32_t i)
{
	uint32_t nlist = vsx_ivf_nlist(seg);
	uint64_t v = 1;

	for (; i > 0; i--) {
		if (v >= nlist)
			return 0;
		if (v < 6)
			v += 1;
		else if (v < 8)
			v = 8;
		else
			v += (UINT64_C(1) << (63 - __builtin_clzll(v))) / 4;
	}
	return v < nlist ? (uint32_t)v : nlist;
}

/* Bytes of codes compared in a second when lists are learned and filled: as the
 * rates of write/plan_time.c. */
#define LIST_RATE    1.8e10
#define LIST_SECONDS 8e-6 /* for a row, beside that */

static double seconds(const struct vsx_plan_need *need, uint64_t sample)
{
	double code = 64.0 * ceil(need->space->dim / 64.0);
	double looked_at = (double)(need->n_rows + sample);

	return looked_at * need->size * code / LIST_RATE +
	       (double)need->n_rows * LIST_SECONDS;
}

/* Lists of even length, each at a page if it is long. */
static uint64_t vecs_bytes(const struct vsx_plan_need *need, uint64_t plain)
{
	uint64_t page = need->job->page_bytes;

	if (need->job->kept_bytes ||
	    plain / need->size <= VSX_IVF_ALIGNED_PAGES * page)
		return plain;
	return plain + need->size * (page / 2);
}

static void plan(const struct vsx_plan_need *need, struct vsx_plan *out)
{
	uint64_t n = need->n_rows, nlist = need->size, sample;
	uint32_t dim = need->space->dim;

	out->vecs_bytes = vecs_bytes(need, out->vecs_bytes);
	out->renumbers = true;
	out->section[0] = nlist * sizeof(struct vsx_disk_list);
	out->section[1] =
		vsx_ivf_layout(dim, need->size, vsx_row_stride(dim * 4)).end;
	out->n_sections = 2;
	sample = need->job->nlist_sample ? need->job->nlist_sample
					 : nlist * SAMPLE_EACH;
	if (sample > n)
		sample = n;
	out->build_bytes = sample * dim * 4 + nlist * (dim * 12 + 512) + n * 16;
	out->seconds = seconds(need, sample);
}

/* ---- what "auto" tries, and what it costs ------------------------------ */

static uint32_t layouts(const struct vsx_spec_need *need,
			struct vsx_spec out[VSX_MAX_LAYOUTS])
{
	uint32_t n = 0, nlist = nlist_for(need->n_rows);

	out[n++] = (struct vsx_spec){.size = nlist};
	if (!vsx_elem_is_int(need->elem))
		out[n++] = (struct vsx_spec){
			.size = nlist, .codes.build = &vsx_codec_sq8_build};
	if (need->few_bytes)
		out[n++] = (struct vsx_spec){
			.size = nlist, .codes.build = &vsx_codec_sq4_build};
	return n;
}

/* In nanoseconds: of a search, of a list, of a row that is compared, by bounds
   or by estimates, and of each line of its code. */
#define NS_SEARCH    3000.0
#define NS_LIST	     60.0
#define NS_COMPARED  0.7
#define NS_ESTIMATED 3.0
#define NS_CODE_LINE 2.5

/* Lists, and rows in them, grow with the square root of the rows. */
static double cost(const struct vsx_segment *seg, const struct vsx_work *work,
		   uint64_t n_rows)
{
	double code = ceil(seg->space.dim / VSX_LINE);
	double lists = vsx_ivf_nlist(seg);
	double bytes = vsx_codes_present(seg)
			       ? seg->codec->block_bytes(&seg->form) >>
					 seg->codec->block_shift
			       : vsx_vecs_stride(seg);
	double compared = vsx_codes_present(seg) && seg->codec->estimates
				  ? NS_ESTIMATED
				  : NS_COMPARED;
	double growth = sqrt((double)n_rows / seg->n_rows);

	return NS_SEARCH + VSX_NS_COMPONENT * seg->space.dim +
	       vsx_ns_of_looks(vsx_vecs_stride(seg)) +
	       growth * (lists * (NS_COMPARED + NS_CODE_LINE * code) +
			 work->n_hops * NS_LIST +
			 work->n_distances *
				 (compared + NS_CODE_LINE * bytes / VSX_LINE));
}

const struct vsx_kind_build vsx_kind_build_ivf = {
	.code = VSX_IVF,
	.size_name = "nlist",
	.least_size = 1,
	.most_size = VSX_IVF_MAX_NLIST,
	.size_param = VSX_IVF_NLIST,
	.ending = ",Flat",
	.scans = true,
	.learned = "lists",
	.turn = 3,
	.suits = suits,
	.layouts = layouts,
	.cost = cost,
	.size = size,
	.size_grows = true,
	.fit = fit,
	.plan = plan,
	.effort_at = nprobe_at,
	.build = vsx_ivf_build,
	.extend = vsx_ivf_extend,
};
