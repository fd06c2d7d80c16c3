/*
 * What a build would take: the arithmetic of the writer without its work. Only
 * what chance decides is estimated: the levels of a graph and the lengths of
 * lists.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "segment/codes.h"
#include "kind/ivf/ivf.h"
#include "manifest.h"
#include "read/opts.h"
#include "write/layout.h"
#include "write/measure.h"
#include "write/options.h"
#include "write/plan_time.h"
#include "write/properties.h"
#include "write/segment_out.h"
#include "write/spec.h"

typedef unsigned long long ull;

/* Of a thread: the query as f32, as f64 and as codes, twice. */
#define QUERY_BYTES 26

/* Heap entries, pool and buffers of a search with a few hundred results. */
#define SEARCH_BYTES 65536

/* Buffers of the sink and the libraries. */
#define FIXED_BYTES (UINT64_C(4) << 20)

/* As train/codes_train.c has it. */
#define LEAST_CODED_DIM 16

struct sizes {
	const struct vsx_build_opts *opts;
	const struct vsx_spec *spec;
	const struct vsx_space *space;
	uint64_t n;
	struct vsx_layout layout;
	uint64_t hot;
};

/* A section; hot when every search needs it. */
static void add(struct sizes *s, uint64_t bytes, bool hot)
{
	vsx_layout_add(&s->layout, bytes);
	if (hot)
		s->hot += bytes;
}

static uint64_t code_bytes(const struct sizes *s)
{
	if (s->spec->kind == VSX_HNSW || vsx_elem_is_int(s->opts->elem) ||
	    s->opts->dim < LEAST_CODED_DIM)
		return 0;
	return s->n * vsx_codes_stride(s->opts->dim);
}

/* Rows of lists of even length, each list at a page if it is long. */
static uint64_t vecs_bytes(const struct sizes *s)
{
	uint64_t bytes = s->n * s->space->stride, page = s->opts->page_bytes;

	if (s->spec->kind != VSX_IVF ||
	    bytes / s->spec->nlist <= VSX_ALIGNED_PAGES * page)
		return bytes;
	return bytes + s->spec->nlist * (page / 2);
}

/* Links of the upper levels: n/M rows reach level 1, of which 1/M level 2. */
static uint64_t upper_bytes(const struct sizes *s)
{
	uint64_t m = s->spec->m, bytes = 0;

	for (uint64_t rows = s->n / m; rows > 0; rows /= m)
		bytes += rows * m * 4;
	return bytes;
}

static void add_segment(struct sizes *s)
{
	const struct vsx_spec *spec = s->spec;
	bool flat = spec->kind == VSX_FLAT;

	add(s, vecs_bytes(s), flat && !code_bytes(s));
	if (code_bytes(s)) {
		add(s, vsx_codes_params_bytes(s->opts->dim), true);
		add(s, code_bytes(s), true);
	}
	if (flat)
		return;
	add(s, s->n * 4, true);	 /* ROID */
	add(s, s->n * 4, false); /* IDRO */
	if (spec->kind == VSX_IVF) {
		add(s, spec->nlist * sizeof(struct vsx_disk_list), true);
		add(s,
		    vsx_ivf_layout(s->opts->dim, spec->nlist,
				   vsx_row_stride(s->opts->dim * 4))
			    .end,
		    true);
		return;
	}
	add(s, 16, true); /* LEVL */
	add(s, s->n * 2 * spec->m * 4, true);
	add(s, upper_bytes(s), true);
}

static void add_test(struct sizes *s)
{
	uint32_t n =
		vsx_measure_count(s->opts->n_test_queries, s->n, s->opts->dim);
	uint64_t k = s->n - 1 < VSX_TRUTH_K ? s->n - 1 : VSX_TRUTH_K;

	vsx_measure_layout(n, s->n, s->opts->dim, (uint32_t)k, true,
			   &s->layout);
}

/* Peak memory of the builder of the kind, beside the rows. */
static uint64_t kind_bytes(const struct sizes *s)
{
	const struct vsx_spec *spec = s->spec;
	uint64_t n = s->n, sample, level0;

	if (spec->kind == VSX_FLAT)
		return code_bytes(s);
	if (spec->kind == VSX_IVF) {
		sample = s->opts->nlist_sample ? s->opts->nlist_sample
					       : (uint64_t)spec->nlist * 256;
		if (sample > n)
			sample = n;
		return sample * s->opts->dim * 4 +
		       (uint64_t)spec->nlist * s->opts->dim * 12 + n * 16 +
		       code_bytes(s);
	}
	level0 = n * 2 * spec->m;
	/* Links with their keys, then a second copy in the new order. */
	return level0 * 8 + upper_bytes(s) * 2 + n * 16 + level0 * 4 +
	       upper_bytes(s) + s->opts->n_threads * n;
}

static uint64_t searcher_bytes(const struct sizes *s)
{
	uint64_t marks = s->spec->kind == VSX_HNSW ? s->n : 0;

	return marks + (uint64_t)s->opts->dim * QUERY_BYTES + SEARCH_BYTES;
}

enum vsx_status vsx_build_plan_sized(const struct vsx_build_opts *opts,
				     uint64_t n_rows,
				     struct vsx_build_plan *out, size_t size,
				     struct vsx_error *err)
{
	struct vsx_build_opts checked;
	struct vsx_choice choice;
	struct vsx_space space;
	struct sizes s = {.opts = &checked,
			  .spec = &choice.spec,
			  .space = &space,
			  .n = n_rows};
	uint32_t properties_bytes;
	char *properties;
	uint64_t rows;

	struct vsx_build_plan local = {0}, *plan = &local;

	VSX_TRY(vsx_options_check(&checked, opts, err));
	if (n_rows > VSX_MAX_SEGMENT_ROWS)
		return vsx_fail(err, VSX_EINVAL,
				"%llu rows, and one build holds 0 to %llu",
				(ull)n_rows, (ull)VSX_MAX_SEGMENT_ROWS);
	VSX_TRY(vsx_options_choose(&choice, &checked, n_rows, err));
	vsx_options_space(&space, &checked);

	vsx_spec_text(&choice.spec, plan->spec, sizeof(plan->spec));
	snprintf(plan->reason, sizeof(plan->reason), "%s",
		 *choice.reason ? choice.reason : choice.note);
	VSX_TRY(vsx_properties_new(&properties, &properties_bytes, &checked,
				   plan->spec, 0, err));
	free(properties);

	vsx_layout_init(&s.layout, vsx_options_page_shift(&checked));
	if (n_rows > 0) {
		add_segment(&s);
		add_test(&s);
	}
	rows = n_rows * space.stride;
	plan->file_bytes = vsx_layout_file_bytes(&s.layout, properties_bytes);
	plan->build_bytes = (rows < checked.memory ? rows : checked.memory) +
			    kind_bytes(&s) + FIXED_BYTES;
	plan->query_hot_bytes = s.hot;
	plan->searcher_bytes = searcher_bytes(&s);
	plan->build_seconds = vsx_plan_seconds(&checked, &choice.spec, n_rows,
					       space.stride, plan->file_bytes);
	vsx_give(out, size, &local, sizeof(local));
	return VSX_OK;
}
