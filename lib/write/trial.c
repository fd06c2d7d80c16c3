#include "write/trial.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "io/map.h"
#include "kind/build_spec.h"
#include "plural.h"
#include "write/narrow.h"
#include "write/plan.h"
#include "write/trial_sample.h"

/* One that costs so many times what the best does is not followed further. */
#define FAR_BEHIND 2.0

/* Of those that cost no more than this times the least the largest file is
 * taken: what has fewer links and shorter codes of them falls behind on more
 * rows than were tried. */
#define AS_GOOD 1.02

struct trial {
	struct vsx_builder *b;
	struct vsx_build_opts opts; /* with the type of the rows as they are */
	struct vsx_candidates all;
	struct vsx_trial_sample sample;
	struct vsx_job job; /* tells how many are done, and nothing else */
	uint32_t n_done;
	double wanted; /* recall of the sample that stands for that of all */
	struct vsx_tried tried[VSX_MAX_CANDIDATES]; /* as all.of */
	bool is_tried[VSX_MAX_CANDIDATES];
	double least; /* cost of those that reach the recall; INFINITY: none
			 does yet */
};

/* ---- searching --------------------------------------------------------- */

/*
 * Among fewer rows the same effort misses fewer, by the square root of how
 * many times fewer there are or more: so much more is asked of a sample, where
 * all reach with the least effort what costs them more or less among all rows.
 */
static double wanted_of(double recall, uint32_t n_sample, uint64_t n)
{
	return 1.0 - (1.0 - recall) * sqrt((double)n_sample / (double)n);
}

static bool reaches(const struct trial *t, const struct vsx_tried *of)
{
	return of->recall_at_10 >= t->wanted;
}

static uint32_t effort_at(const struct vsx_segment *seg, uint32_t i)
{
	const struct vsx_kind_build *kind =
		vsx_kind_build_find(seg->kind->code);

	return kind->effort_at ? kind->effort_at(seg, i) : 0;
}

/* What searches with the effort of *out find and cost. */
static enum vsx_status search(const struct trial *t,
			      const struct vsx_segment *seg,
			      struct vsx_tried *out, struct vsx_error *err)
{
	const struct vsx_kind_build *kind =
		vsx_kind_build_find(seg->kind->code);
	struct vsx_accept test = t->sample.measure.test;
	struct vsx_work work;

	test.progress = NULL;
	VSX_TRY(vsx_accept_recall_10(seg, 1, &test, out->effort, 0,
				     t->job.n_threads, &out->recall_at_10,
				     &work, err));
	out->cost = kind->cost(seg, &work, t->b->intake.spool.n);
	return VSX_OK;
}

/* Between two efforts, of which the second reaches the recall: efforts come in
   steps, and recall on a sample is not that on all rows. */
static double cost_between(double recall, const struct vsx_tried *below,
			   const struct vsx_tried *above)
{
	double part = (recall - below->recall_at_10) /
		      (above->recall_at_10 - below->recall_at_10);

	return below->cost + part * (above->cost - below->cost);
}

/* The effort that reaches the recall, or comes nearest. */
static enum vsx_status climb(struct trial *t, const struct vsx_segment *seg,
			     struct vsx_tried *out, struct vsx_error *err)
{
	struct vsx_tried before;

	for (uint32_t i = 0; i == 0 || effort_at(seg, i); i++) {
		before = *out;
		out->effort = effort_at(seg, i);
		VSX_TRY(search(t, seg, out, err));
		if (reaches(t, out)) {
			if (i > 0)
				out->cost =
					cost_between(t->wanted, &before, out);
			break;
		}
		if (out->cost > FAR_BEHIND * t->least)
			break;
	}
	if (reaches(t, out))
		t->least = fmin(t->least, out->cost);
	return VSX_OK;
}

/* Of this thread, which others may hold up. */
static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static enum vsx_status take_time(const struct trial *t,
				 const struct vsx_segment *seg,
				 struct vsx_tried *out, struct vsx_error *err)
{
	struct vsx_accept test = t->sample.measure.test;
	double since = cpu_seconds(), recall;

	test.progress = NULL;
	VSX_TRY(vsx_accept_recall_10(seg, 1, &test, out->effort, 0, 1, &recall,
				     NULL, err));
	out->seconds = (cpu_seconds() - since) / test.n_queries;
	return VSX_OK;
}

/* ---- building ---------------------------------------------------------- */

static enum vsx_status measure(struct trial *t, struct vsx_new_segment *n,
			       struct vsx_sink *sink, struct vsx_file *file,
			       struct vsx_tried *out, struct vsx_error *err)
{
	struct vsx_segment seg;
	enum vsx_status status;
	struct vsx_map map;
	uint64_t bytes;

	VSX_TRY(vsx_new_segment_write(n, sink, 1, err));
	VSX_TRY(vsx_sink_show(sink, &bytes, err));
	VSX_TRY(vsx_map_written(&map, file, bytes, err));
	status = vsx_new_segment_open(n, sink, map.base, NULL, &seg, err);
	if (status == VSX_OK)
		status = climb(t, &seg, out, err);
	if (status == VSX_OK)
		status = take_time(t, &seg, out, err);
	out->effort_name =
		n->entry.kind ? vsx_kind_find(n->entry.kind)->effort_name : "";
	vsx_segment_close(&seg);
	return vsx_map_written_close(&map, file, status, err);
}

/* In an unnamed file, as it would be in that of an index. */
static enum vsx_status write_and_measure(struct trial *t,
					 struct vsx_new_segment *n,
					 struct vsx_tried *out,
					 struct vsx_error *err)
{
	uint32_t page_shift = vsx_options_page_shift(&t->opts);
	struct vsx_layout layout;
	enum vsx_status status;
	struct vsx_sink sink = {0};
	struct vsx_file file;

	vsx_layout_init(&layout, page_shift);
	vsx_new_segment_place(n, &layout);
	VSX_TRY(vsx_output_scratch(&t->b->output, &file, err));
	status = vsx_sink_init(&sink, &file, page_shift,
			       vsx_data_start(page_shift), err);
	if (status == VSX_OK)
		status = measure(t, n, &sink, &file, out, err);
	vsx_sink_release(&sink);
	vsx_file_close(&file, NULL);
	return status;
}

/* Take off what codes and gates have added to what was built. */
static void take_off(struct vsx_new_segment *n, uint32_t n_sections)
{
	struct vsx_built more = {.arrays = n->built.arrays};

	while (n->built.n_sections > n_sections)
		more.section[more.n_sections++] =
			n->built.section[--n->built.n_sections];
	vsx_built_release(&more);
	vsx_code_params_release(&n->kept);
	vsx_code_params_release(&n->codes);
	memset(&n->kept, 0, sizeof(n->kept));
	memset(&n->codes, 0, sizeof(n->codes));
}

static enum vsx_status try_one(struct trial *t, struct vsx_new_segment *n,
			       uint32_t i, struct vsx_error *err)
{
	const struct vsx_contender *c = &t->all.of[i];
	uint32_t n_sections = n->built.n_sections;
	struct vsx_tried *out = &t->tried[i];
	enum vsx_status status;

	vsx_spec_text(&c->spec, out->spec, sizeof(out->spec));
	out->row_bytes = vsx_contender_row_bytes(c, t->b->intake.spool.n);
	t->is_tried[i] = true;
	status = vsx_new_segment_codes(n, &c->spec, NULL, err);
	if (status == VSX_OK)
		status = write_and_measure(t, n, out, err);
	take_off(n, n_sections);
	t->n_done++;
	return status;
}

/* The size that it would have were the sample all. */
static void resize(const struct trial *t, struct vsx_spec *spec, uint64_t n)
{
	struct vsx_spec_need need = vsx_options_need(&t->opts, n);
	const struct vsx_kind_build *k = vsx_kind_build_find(spec->kind);
	char text[160];

	if (k->size_grows)
		spec->size = k->size(&need, text, sizeof(text));
	vsx_spec_adjust(spec, n, text, sizeof(text));
}

/* One that has to be built, and those that share it. */
static enum vsx_status try_some(struct trial *t, uint32_t first,
				struct vsx_error *err)
{
	const struct vsx_contender *c = &t->all.of[first];
	struct vsx_new_segment n = {.job = &t->job};
	struct vsx_spec spec = c->spec;
	uint32_t dim = t->opts.dim;
	enum vsx_status status;

	VSX_TRY(vsx_trial_sample_as(&t->sample,
				    vsx_spec_elem(&spec, t->opts.elem), err));
	n.rows = vsx_trial_sample_rows(&t->sample);
	vsx_spec_lay(&spec, dim, &t->job);
	resize(t, &spec, n.rows.n);
	status = vsx_kind_build_find(spec.kind)->build(&t->job, &n.rows, &spec,
						       &n.built, err);
	for (uint32_t i = first; i < t->all.n && status == VSX_OK; i++)
		if (!t->is_tried[i] &&
		    vsx_contenders_share(c, &t->all.of[i], dim))
			status = try_one(t, &n, i, err);
	vsx_new_segment_release(&n);
	return status;
}

static enum vsx_status try_all(struct trial *t, uint32_t n_rows,
			       struct vsx_error *err)
{
	VSX_TRY(vsx_trial_sample_open(&t->sample, t->b, n_rows, &t->job, err));
	for (uint32_t i = 0; i < t->all.n; i++)
		if (!t->is_tried[i])
			VSX_TRY(try_some(t, i, err));
	return VSX_OK;
}

/* ---- choosing ---------------------------------------------------------- */

/* By what is counted; where none reaches the recall, by what is found. */
static bool is_better(const struct trial *t, uint32_t a, uint32_t b)
{
	const struct vsx_tried *x = &t->tried[a], *y = &t->tried[b];

	if (reaches(t, x) != reaches(t, y))
		return reaches(t, x);
	if (!reaches(t, x) && x->recall_at_10 != y->recall_at_10)
		return x->recall_at_10 > y->recall_at_10;
	return x->cost < y->cost;
}

static uint32_t choose(const struct trial *t)
{
	uint32_t best = 0, large;

	for (uint32_t i = 1; i < t->all.n; i++)
		if (is_better(t, i, best))
			best = i;
	large = best;
	for (uint32_t i = 0; i < t->all.n; i++)
		if (reaches(t, &t->tried[i]) &&
		    t->tried[i].cost <= AS_GOOD * t->tried[best].cost &&
		    t->tried[i].row_bytes > t->tried[large].row_bytes)
			large = i;
	return large;
}

/* The chosen one first, then by rising cost. */
static void sort(const struct trial *t, uint32_t chosen,
		 struct vsx_tried out[VSX_MAX_CANDIDATES])
{
	uint32_t order[VSX_MAX_CANDIDATES];

	for (uint32_t i = 0; i < t->all.n; i++) {
		uint32_t at = i;

		for (; at > 0 && order[at - 1] != chosen &&
		       (i == chosen || is_better(t, i, order[at - 1]));
		     at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
	for (uint32_t i = 0; i < t->all.n; i++)
		out[i] = t->tried[order[i]];
}

/* Why it was chosen; where memory has no room for graphs, that first. */
static void say_why(const struct trial *t, bool reached,
		    struct vsx_choice *choice)
{
	char tried[64];
	char before[sizeof(choice->reason) / 2 + 16] = "";

	if (!vsx_kind_build_find(choice->spec.kind)->walks)
		snprintf(before, sizeof(before), "%.*s; ",
			 (int)sizeof(before) - 3, choice->reason);
	snprintf(tried, sizeof(tried), "%u layout%s tried on %u row%s",
		 t->all.n, vsx_s(t->all.n), t->sample.n, vsx_s(t->sample.n));
	if (reached)
		snprintf(choice->reason, sizeof(choice->reason),
			 "%sof %s its searches cost least", before, tried);
	else
		snprintf(choice->reason, sizeof(choice->reason),
			 "%sof %s none reached recall %.4f there, and it found "
			 "most",
			 before, tried, t->wanted);
}

static void conclude(struct trial *t, struct vsx_choice *choice)
{
	struct vsx_tried sorted[VSX_MAX_CANDIDATES];
	uint64_t n = t->b->intake.spool.n;
	uint32_t chosen = choose(t);

	t->tried[chosen].is_chosen = 1;
	say_why(t, reaches(t, &t->tried[chosen]), choice);
	choice->spec = t->all.of[chosen].spec;
	sort(t, chosen, sorted);
	vsx_report_tried(&t->b->report, sorted, t->all.n,
			 "%u layout%s tried on %u of %" PRIu64
			 " row%s, for a recall@10 of %g, %.4f on so few",
			 t->all.n, vsx_s(t->all.n), t->sample.n, n, vsx_s(n),
			 t->opts.target_recall, t->wanted);
}

/* ---- the whole --------------------------------------------------------- */

static enum vsx_status tell(struct vsx_job *job, const struct vsx_phase *phase,
			    uint64_t done, uint64_t total,
			    struct vsx_error *err)
{
	struct trial *t = job->context;

	(void)phase;
	(void)done;
	(void)total;
	return t->b->job.progress(&t->b->job, &vsx_phase_trying, t->n_done,
				  t->all.n, err);
}

static void say_nothing(struct vsx_job *job, const char *fmt, ...)
{
	(void)job;
	(void)fmt;
}

/* What the sample and the work on it take is within the builder's memory. */
static enum vsx_status make_room(struct trial *t, uint32_t n_rows,
				 struct vsx_error *err)
{
	struct vsx_builder *b = t->b;
	uint64_t most = 0;

	for (uint32_t i = 0; i < t->all.n; i++) {
		struct vsx_work_room w =
			vsx_plan_work(&t->opts, &t->all.of[i].spec, n_rows);

		if (most < w.memory + w.arrays)
			most = w.memory + w.arrays;
	}
	most += (uint64_t)n_rows * b->intake.spool.space->stride;
	b->intake.spool.memory = vsx_plan_for_rows(b->opts.memory, most);
	VSX_TRY(vsx_spool_room(&b->intake.spool, 0, err));
	b->areas.memory = vsx_plan_for_rows(
		b->opts.memory, vsx_spool_in_memory(&b->intake.spool));
	return VSX_OK;
}

bool vsx_trial_fits_f16(const struct vsx_builder *b)
{
	const struct vsx_spool *s = &b->intake.spool;
	const float most = 65504.0f;

	if (!b->opts.max_bytes_per_row || b->opts.elem != VSX_F32)
		return false;
	for (uint64_t i = 0; i < s->n; i++) {
		const float *x =
			(const float *)(const void *)vsx_spool_row(s, i);

		for (uint32_t d = 0; d < b->opts.dim; d++)
			if (fabsf(x[d]) > most)
				return false;
	}
	return true;
}

/* What is tried are rows as they will be kept. */
static enum vsx_status narrow(struct trial *t, struct vsx_new_segment *rows,
			      const struct vsx_choice *choice,
			      struct vsx_error *err)
{
	struct vsx_spec wish = {
		.kind = choice->spec.kind,
		.codes.build = &vsx_codec_sq8_build,
	};

	VSX_TRY(vsx_narrow(rows, &t->b->intake.spool, &wish, err));
	t->opts.elem = t->b->intake.spool.space->elem;
	return VSX_OK;
}

enum vsx_status vsx_trial_choose(struct vsx_builder *b,
				 struct vsx_new_segment *rows,
				 struct vsx_choice *choice, bool f16,
				 struct vsx_error *err)
{
	struct trial t = {
		.b = b,
		.opts = b->opts,
		.job = b->job,
		.least = (double)INFINITY,
	};
	uint64_t n = b->intake.spool.n;
	enum vsx_status status;
	uint32_t n_rows;

	if (b->trained || !vsx_candidates_tried(&t.all, &t.opts, n, f16))
		return VSX_OK;
	VSX_TRY(narrow(&t, rows, choice, err));
	if (!vsx_candidates_tried(&t.all, &t.opts, n, f16))
		return VSX_OK;
	n_rows = vsx_trial_rows(&t.all, &t.opts, n);
	t.job.context = &t;
	t.job.progress = tell;
	t.job.note = say_nothing;
	t.job.by_partition = !t.job.by_insertion;
	t.wanted = wanted_of(t.opts.target_recall, n_rows, n);
	status = make_room(&t, n_rows, err);
	if (status == VSX_OK)
		status = try_all(&t, n_rows, err);
	if (status == VSX_OK)
		conclude(&t, choice);
	vsx_trial_sample_close(&t.sample);
	return status;
}
