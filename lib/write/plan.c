/*
 * What a build would take: the arithmetic of the writer without its work. Only
 * what chance decides is estimated: the levels of a graph and the lengths of
 * lists.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "code/build.h"
#include "kind/build_spec.h"
#include "manifest.h"
#include "read/opts.h"
#include "write/candidates.h"
#include "write/layout.h"
#include "write/measure.h"
#include "write/options.h"
#include "write/plan.h"
#include "write/plan_time.h"
#include "write/properties.h"
#include "plural.h"

typedef unsigned long long ull;

/* Of a thread: the query as f32, as f64 and as codes, twice. */
#define QUERY_BYTES 26

/* Heap entries, pool and buffers of a search with a few hundred results. */
#define SEARCH_BYTES 65536

struct sizes {
	const struct vsx_build_opts *opts;
	const struct vsx_kind_build *kind;
	const struct vsx_spec *spec;
	struct vsx_space space;
	uint64_t n;
	struct vsx_plan of_kind;
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

static struct vsx_code_form form_of(const struct sizes *s,
				    const struct vsx_code_wish *wish)
{
	bool lists = vsx_kind_find(s->kind->code)->n_centroids != NULL;

	return vsx_code_form_of(wish, s->opts->dim, lists ? s->spec->size : 0);
}

/* The codec of CODE and its form; NULL: there is none. */
static const struct vsx_codec *codec_of(const struct sizes *s,
					struct vsx_code_form *form)
{
	struct vsx_code_wish wish = s->spec->codes;

	if (s->kind->scans && !wish.build)
		wish.build = vsx_codec_for(s->opts->elem, s->opts->dim);
	if (!wish.build || !vsx_spec_codes_beside(s->spec))
		return NULL;
	*form = form_of(s, &wish);
	return wish.build->codec;
}

/* Bytes of section VPAR; 0: there is none. */
static uint64_t kept_params_bytes(const struct sizes *s)
{
	struct vsx_code_wish wish = vsx_spec_kept(s->spec);
	struct vsx_code_form form;

	if (!wish.build)
		return 0;
	form = form_of(s, &wish);
	return wish.build->codec->params_bytes(&form);
}

static uint64_t code_bytes(const struct sizes *s)
{
	struct vsx_code_form form;
	const struct vsx_codec *codec = codec_of(s, &form);

	return codec ? vsx_codec_bytes(codec, &form, s->n) : 0;
}

static void ask_kind(struct sizes *s, uint32_t size)
{
	struct vsx_job job = {
		.n_threads = s->opts->n_threads,
		.ef_construction = s->opts->ef_construction,
		.by_insertion = s->opts->builder == VSX_GRAPH_INSERT,
		.by_partition = s->opts->builder == VSX_GRAPH_PARTITION,
		.nlist_sample = s->opts->nlist_sample,
		.page_bytes = s->opts->page_bytes,
	};
	struct vsx_plan_need need = {
		.job = &job,
		.space = &s->space,
		.n_rows = s->n,
		.size = size,
		.gates = s->spec->gates,
		.coded = s->opts->dim,
	};

	vsx_spec_lay(s->spec, s->opts->dim, &job);
	if (s->spec->codes.build) {
		struct vsx_code_form form = form_of(s, &s->spec->codes);

		need.coded = form.coded;
		need.code_bytes =
			s->spec->codes.build->codec->block_bytes(&form);
	}

	s->of_kind.vecs_bytes = s->n * vsx_job_stride(&job, &s->space);
	if (s->kind->plan && s->n)
		s->kind->plan(&need, &s->of_kind);
}

/* The rows themselves are hot where there is nothing to be read in their place.
 */
static void add_segment(struct sizes *s)
{
	struct vsx_code_form form;
	const struct vsx_codec *codec = codec_of(s, &form);
	const struct vsx_plan *k = &s->of_kind;

	add(s, k->vecs_bytes,
	    (!k->n_sections || s->spec->keep == VSX_KEEP_NONE) && !codec);
	if (kept_params_bytes(s))
		add(s, kept_params_bytes(s), true);
	if (codec) {
		add(s, codec->params_bytes(&form), true);
		add(s, code_bytes(s), true);
	}
	if (k->renumbers) {
		add(s, s->n * 4, true);	 /* ROID */
		add(s, s->n * 4, false); /* IDRO */
	}
	for (uint32_t i = 0; i < k->n_sections; i++)
		add(s, k->section[i], true);
}

static void add_test(struct sizes *s)
{
	uint32_t n =
		vsx_measure_count(s->opts->n_test_queries, s->n, s->opts->dim);
	uint64_t k = s->n - 1 < VSX_TRUTH_K ? s->n - 1 : VSX_TRUTH_K;

	vsx_measure_layout(n, s->n, s->opts->dim, (uint32_t)k, true,
			   vsx_spec_kept(s->spec).build != NULL, &s->layout);
}

static uint64_t train_bytes(const struct sizes *s,
			    const struct vsx_code_wish *wish)
{
	struct vsx_code_form form;

	if (!wish->build)
		return 0;
	form = form_of(s, wish);
	return vsx_codes_train_bytes(wish, &form, s->n, s->opts->n_threads);
}

/* Of the codes that are kept and those beside them, one after the other. */
static uint64_t learning_bytes(const struct sizes *s)
{
	struct vsx_code_wish kept = vsx_spec_kept(s->spec);
	uint64_t a = train_bytes(s, &kept);
	uint64_t b = train_bytes(s, &s->spec->codes);

	return a > b ? a : b;
}

static struct vsx_work_room work_room(const struct sizes *s)
{
	return (struct vsx_work_room){
		.memory = s->of_kind.build_bytes + learning_bytes(s) +
			  VSX_FIXED_BYTES,
		.arrays = s->of_kind.arrays_bytes,
	};
}

static void begin(struct sizes *s, const struct vsx_build_opts *opts,
		  const struct vsx_spec *spec, uint64_t n)
{
	*s = (struct sizes){.opts = opts, .n = n, .spec = spec};
	vsx_options_space(&s->space, opts);
	s->kind = vsx_kind_build_find(spec->kind);
	ask_kind(s, spec->size);
}

struct vsx_work_room vsx_plan_work(const struct vsx_build_opts *opts,
				   const struct vsx_spec *spec, uint64_t n)
{
	struct sizes s;

	begin(&s, opts, spec, n);
	return work_room(&s);
}

/* Of all sections, when properties take so much. */
static uint64_t lay_out(struct sizes *s, uint32_t properties_bytes)
{
	vsx_layout_init(&s->layout, vsx_options_page_shift(s->opts));
	if (s->n > 0) {
		add_segment(s);
		add_test(s);
	}
	return vsx_layout_file_bytes(&s->layout, properties_bytes);
}

/* About what properties take. */
#define USUAL_PROPERTIES 256

uint64_t vsx_plan_file_bytes(const struct vsx_build_opts *opts,
			     const struct vsx_spec *spec, uint64_t n)
{
	struct sizes s;

	begin(&s, opts, spec, n);
	return lay_out(&s, USUAL_PROPERTIES);
}

double vsx_plan_kind_seconds(const struct vsx_build_opts *opts,
			     const struct vsx_spec *spec, uint64_t n)
{
	struct sizes s;

	begin(&s, opts, spec, n);
	return s.of_kind.seconds;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

struct vsx_room_split vsx_plan_split(uint64_t memory, uint64_t rows_bytes,
				     const struct vsx_work_room *work)
{
	uint64_t rest = vsx_plan_for_rows(memory, work->memory);
	struct vsx_room_split s = {
		.arrays_held = less(work->arrays, rest),
		.rows_held =
			less(rows_bytes, vsx_plan_for_rows(rest, work->arrays)),
	};

	s.in_files = work->arrays - s.arrays_held + rows_bytes - s.rows_held;
	return s;
}

static uint64_t searcher_bytes(const struct sizes *s)
{
	return s->of_kind.searcher_bytes +
	       (uint64_t)s->opts->dim * QUERY_BYTES + SEARCH_BYTES;
}

/* Where a trial will choose: what it chooses from, of which the largest is
   planned. */
static void plan_trial(struct vsx_build_plan *plan,
		       const struct vsx_build_opts *opts, uint64_t n_rows,
		       struct vsx_choice *choice)
{
	struct vsx_candidates c;
	uint32_t most = 0;
	size_t at = 0;
	bool walks;

	if (!vsx_candidates_tried(&c, opts, n_rows, true))
		return;
	for (uint32_t i = 0; i < c.n; i++) {
		char text[64];
		int more;

		vsx_spec_text(&c.of[i].spec, text, sizeof(text));
		more = snprintf(plan->tried + at, sizeof(plan->tried) - at,
				"%s%s", i ? " " : "", text);
		if (more > 0 && (size_t)more < sizeof(plan->tried) - at)
			at += (size_t)more;
		else
			plan->tried[at] = '\0';
		if (c.of[i].file_bytes > c.of[most].file_bytes)
			most = i;
	}
	walks = vsx_kind_build_find(choice->spec.kind)->walks;
	choice->spec = c.of[most].spec;
	if (walks) /* else it says why no graph is tried */
		snprintf(
			choice->reason, sizeof(choice->reason),
			"it is the largest of %u layouts that a trial chooses from",
			c.n);
	plan->trial_rows = vsx_trial_rows(&c, opts, n_rows);
	plan->trial_seconds =
		vsx_trial_seconds(&c, opts, n_rows) / opts->n_threads;
}

enum vsx_status vsx_build_plan_sized(const struct vsx_build_opts *opts,
				     uint64_t n_rows,
				     struct vsx_build_plan *out, size_t size,
				     struct vsx_error *err)
{
	struct vsx_build_opts checked;
	struct vsx_choice choice;
	struct sizes s;
	uint32_t properties_bytes;
	char *properties = NULL;
	enum vsx_status status;
	struct vsx_build_plan local = {0}, *plan = &local;
	struct vsx_room_split split;
	struct vsx_work_room work;

	VSX_TRY(vsx_options_check(&checked, opts, err));
	if (n_rows > VSX_MAX_SEGMENT_ROWS)
		return vsx_fail(err, VSX_EINVAL,
				"%llu row%s, but one build holds 0 to %llu",
				(ull)n_rows, vsx_s(n_rows),
				(ull)VSX_MAX_SEGMENT_ROWS);
	VSX_TRY(vsx_options_choose(&choice, &checked, n_rows, true, err));
	plan_trial(plan, &checked, n_rows, &choice);
	checked.elem = vsx_spec_elem(&choice.spec, checked.elem);
	begin(&s, &checked, &choice.spec, n_rows);

	vsx_spec_text(&choice.spec, plan->spec, sizeof(plan->spec));
	snprintf(plan->reason, sizeof(plan->reason), "%s",
		 *choice.reason ? choice.reason : choice.note);
	status = vsx_properties_new(&properties, &properties_bytes, &checked,
				    plan->spec, 0, NULL, err);
	free(properties);
	VSX_TRY(status);

	plan->file_bytes = lay_out(&s, properties_bytes);
	work = work_room(&s);
	split = vsx_plan_split(checked.memory, n_rows * s.space.stride, &work);
	plan->build_bytes = work.memory + split.arrays_held + split.rows_held;
	plan->scratch_bytes = split.in_files;
	plan->query_hot_bytes = s.hot;
	plan->searcher_bytes = searcher_bytes(&s);
	plan->build_seconds = vsx_plan_seconds(
		&checked, n_rows, s.of_kind.seconds, plan->file_bytes);
	plan->build_seconds += plan->trial_seconds;
	vsx_give(out, size, &local, sizeof(local));
	return VSX_OK;
}
