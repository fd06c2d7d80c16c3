/* The end of a build: train, build, write, measure, publish. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kind/scarce.h"
#include "io/limit.h"
#include "io/map.h"
#include "sums.h"
#include "write/newer.h"
#include "write/builder.h"
#include "write/narrow.h"
#include "write/options.h"
#include "write/plan.h"
#include "write/properties.h"
#include "write/shape.h"
#include "write/new_segment.h"
#include "write/trial.h"
#include "kind/build_spec.h"
#include "write/intake/key_set.h"
#include "write/intake/unique.h"
#include "plural.h"

#define GENERATION 1 /* of a new file */

/* What the steps hand on to each other. */
struct run {
	struct vsx_builder *b;
	struct vsx_choice choice;
	struct vsx_new_segment segment;
	struct vsx_sink sink;
	struct vsx_manifest manifest;
	char *properties;
	struct vsx_build_result *result;
};

static bool is_beyond(const struct vsx_rows *rows, uint64_t id)
{
	if (!rows->ids)
		return id >= rows->n;
	for (uint32_t i = 0; i < rows->n; i++)
		if (rows->ids[i] >= id)
			return false;
	return true;
}

static void take_rows(struct run *r)
{
	r->result->n_rejected = r->b->intake.n_rejected;
	r->segment.rows = vsx_spool_view(&r->b->intake.spool);
	if (!is_beyond(&r->segment.rows, r->b->greatest_id))
		r->b->greatest_id = 0; /* the rows say so themselves */
}

static enum vsx_status check_unique(struct run *r, struct vsx_error *err)
{
	struct vsx_builder *b = r->b;

	b->areas.memory = vsx_plan_beside(
		b->opts.memory, vsx_spool_in_memory(&b->intake.spool));
	VSX_TRY(vsx_check_unique(&b->areas.arrays, &r->segment.rows, err));
	return vsx_check_unique_keys(&r->segment.rows, err);
}

/* What became of rows that have codes, or would have had some. */
static void tell_kept(const struct run *r)
{
	struct vsx_builder *b = r->b;
	bool beside = r->choice.spec.codes.build != NULL;
	const char *elem = vsx_elem_name(r->segment.rows.space->elem);

	if (b->origin)
		return;
	if (r->segment.is_narrow)
		b->job.note(&b->job,
			    "rows are whole numbers, kept as %s%s: nothing is "
			    "lost",
			    elem,
			    beside ? " beside their codes"
				   : ", which are their own codes");
	else if (beside && r->choice.spec.keep == VSX_KEEP_UNSAID)
		b->job.note(&b->job,
			    "rows are kept as %s beside their codes (RFlat): "
			    "searches look at those that codes have found",
			    elem);
}

/* What is kept of rows may be of another type than what was asked for. */
static enum vsx_status keep_as_chosen(struct run *r, struct vsx_error *err)
{
	struct vsx_builder *b = r->b;
	struct vsx_spool *spool = &b->intake.spool;
	const struct vsx_spec *spec = &r->choice.spec;
	enum vsx_elem elem = vsx_spec_elem(spec, spool->space->elem);
	struct vsx_space space;

	if (elem != spool->space->elem) {
		vsx_space_init(&space, b->opts.metric, elem, b->opts.dim, 0);
		VSX_TRY(vsx_spool_convert(spool, &space, err));
		b->space = space;
		spool->space = &b->space;
		r->segment.is_narrow = false;
	}
	b->opts.elem = vsx_spec_elem(spec, b->opts.elem);
	r->segment.rows = vsx_spool_view(spool);
	return VSX_OK;
}

static enum vsx_status choose(struct run *r, struct vsx_error *err)
{
	struct vsx_builder *b = r->b;
	bool f16 = vsx_trial_fits_f16(b);
	char text[64];

	VSX_TRY(vsx_options_choose(&r->choice, &b->opts, r->segment.rows.n, f16,
				   err));
	VSX_TRY(vsx_trial_choose(b, &r->segment, &r->choice, f16, err));
	VSX_TRY(keep_as_chosen(r, err));
	VSX_TRY(vsx_narrow(&r->segment, &b->intake.spool, &r->choice.spec,
			   err));
	vsx_spec_lay(&r->choice.spec, b->opts.dim, &b->job);
	if (b->trained)
		return VSX_OK; /* nothing was chosen */
	if (r->segment.rows.from)
		b->job.note(&b->job, "learned from rows that were kept as "
				     "codes: what these had lost stays lost");
	if (r->choice.reason[0]) {
		vsx_spec_text(&r->choice.spec, text, sizeof(text));
		b->job.note(&b->job, "%s chosen: %s", text, r->choice.reason);
	}
	if (r->choice.note[0])
		b->job.note(&b->job, "%s", r->choice.note);
	tell_kept(r);
	return VSX_OK;
}

static void choose_queries(struct run *r)
{
	struct vsx_builder *b = r->b;

	if (b->opts.n_test_queries == UINT32_MAX)
		return;
	b->measure.test.memory = vsx_plan_truth(vsx_areas_rest(&b->areas));
	if (!b->queries) {
		vsx_measure_draw(&b->measure, b->opts.n_test_queries,
				 r->segment.rows.n, b->opts.dim, b->opts.seed);
		return;
	}
	vsx_measure_take(&b->measure, b->queries, b->n_queries, b->opts.dim,
			 r->segment.rows.n);
	b->queries = NULL;
}

/* By queries that the caller gives: those of an index before are what was held
   out of them, and stay that. */
static bool is_shaped(const struct run *r)
{
	const struct vsx_builder *b = r->b;

	return !b->origin && !b->rescue && b->measure.test.n_queries > 0 &&
	       !b->measure.draws;
}

static enum vsx_status build(struct run *r, struct vsx_error *err)
{
	const struct vsx_spec *spec = &r->choice.spec;
	struct vsx_new_segment *n = &r->segment;

	const struct vsx_kind_build *kind = vsx_kind_build_find(spec->kind);
	const struct vsx_segment *trained = r->b->trained;
	double shift;

	if (trained)
		n->job->sources = r->b->origin->segments;
	if (trained && kind->extend)
		VSX_TRY(kind->extend(n->job, &n->rows, trained, &n->built,
				     &shift, err));
	else
		VSX_TRY(kind->build(n->job, &n->rows, spec, &n->built, err));
	choose_queries(r);
	if (is_shaped(r))
		VSX_TRY(vsx_shape(&r->b->measure, &n->rows, &n->built,
				  r->b->opts.target_recall, n->job, err));
	return trained ? vsx_new_segment_take(n, spec, trained, err)
		       : vsx_new_segment_codes(n, spec, NULL, err);
}

/* Rows that were codes before are known as well afterwards. */
static bool loses_rows(const struct run *r)
{
	return vsx_new_segment_is_coded(&r->segment) && !r->segment.rows.from;
}

/* Rows that will be lost, but for their codes, are what the test is of. */
static enum vsx_status find_truth(struct run *r, struct vsx_error *err)
{
	return vsx_measure_given(&r->b->measure, &r->segment.rows,
				 r->segment.built.order, &r->b->job, err);
}

/* Blocks for the whole file: a full disk shows now, not after hours. */
static enum vsx_status reserve(struct run *r, struct vsx_layout *layout,
			       struct vsx_error *err)
{
	const struct vsx_accept *t = &r->b->measure.test;
	bool done;

	vsx_measure_layout(t->n_queries, r->segment.rows.n, t->dim, t->truth_k,
			   r->b->measure.draws, loses_rows(r), layout);
	return vsx_file_reserve(&r->b->output.file,
				vsx_layout_file_bytes(layout, 256), &done, err);
}

static enum vsx_status write_segment(struct run *r, struct vsx_error *err)
{
	struct vsx_builder *b = r->b;
	uint32_t page_shift = vsx_options_page_shift(&b->opts);
	struct vsx_layout layout;

	vsx_layout_init(&layout, page_shift);
	vsx_new_segment_place(&r->segment, &layout);
	VSX_TRY(vsx_output_open(&b->output, err));
	VSX_TRY(reserve(r, &layout, err));
	VSX_TRY(vsx_sink_init(&r->sink, &b->output.file, page_shift,
			      vsx_data_start(page_shift), err));
	return vsx_new_segment_write(&r->segment, &r->sink, GENERATION, err);
}

static enum vsx_status measure(struct run *r, struct vsx_error *err)
{
	struct vsx_builder *b = r->b;
	const struct vsx_file *f = &b->output.file;
	struct vsx_segment seg;
	enum vsx_status status;
	struct vsx_map map;
	uint64_t bytes;

	VSX_TRY(vsx_sink_show(&r->sink, &bytes, err));
	VSX_TRY(vsx_map_written(&map, f, bytes, err));
	status = vsx_new_segment_open(&r->segment, &r->sink, map.base, NULL,
				      &seg, err);
	if (status == VSX_OK && !vsx_fits_memory(bytes, 0))
		vsx_segment_make_scarce(&seg);
	if (status == VSX_OK)
		status = vsx_measure_run(&b->measure, &seg,
					 b->opts.target_recall, &b->job, err);
	vsx_segment_close(&seg);
	return vsx_map_written_close(&map, f, status, err);
}

/* What was asked for, so that what grows can become it. */
static void fill_asked(const struct run *r, struct vsx_manifest *m)
{
	const struct vsx_build_opts *opts = &r->b->opts;
	struct vsx_spec spec;

	/* It was parsed when the build began. The bound is not kept, but what
	   was chosen by it. */
	vsx_spec_parse(&spec, opts->spec, NULL);
	if (opts->max_bytes_per_row && !spec.kind && r->choice.spec.kind)
		spec = r->choice.spec;
	vsx_spec_text(&spec, m->asked, sizeof(m->asked));
	m->asked_ef_construction = opts->ef_construction;
	m->asked_queries = opts->n_test_queries;
}

static void fill_manifest(struct run *r)
{
	const struct vsx_builder *b = r->b;
	const struct vsx_measure *m = &b->measure;

	r->manifest.generation = GENERATION;
	r->manifest.n_rows = r->segment.rows.n;
	r->manifest.n_live = r->segment.rows.n;
	r->manifest.dim = b->opts.dim;
	r->manifest.metric = b->opts.metric;
	r->manifest.elem = b->opts.elem;
	r->manifest.flags = (b->opts.normalize ? VSX_MANIFEST_NORMALISED : 0) |
			    (m->draws ? VSX_MANIFEST_OWN_QUERIES : 0) |
			    (m->as_given ? VSX_MANIFEST_TEST_GIVEN : 0);
	r->manifest.seed = b->opts.seed;
	r->manifest.default_effort = m->default_effort;
	r->manifest.default_refine = m->default_refine;
	r->manifest.target_recall =
		(uint32_t)(b->opts.target_recall * 1e6 + 0.5);
	r->manifest.n_queries = m->test.n_queries;
	r->manifest.truth_k = m->test.n_queries ? m->test.truth_k : 0;
	r->manifest.n_recalls = m->n_recalls;
	r->manifest.n_segments = r->segment.rows.n ? 1 : 0;
	fill_asked(r, &r->manifest);
}

static void left_out(void *context, const char *name)
{
	struct run *r = context;

	r->b->job.note(&r->b->job,
		       "section %s, which this library does not know, is "
		       "damaged and was left out",
		       name);
}

static enum vsx_status write_end(struct run *r, struct vsx_error *err)
{
	struct vsx_builder *b = r->b;
	struct vsx_super super;

	VSX_TRY(vsx_measure_write(&b->measure, &r->sink, err));
	if (b->origin)
		VSX_TRY(vsx_newer_carry(b->origin, &r->sink,
					b->rescue ? left_out : NULL, r, err));
	fill_manifest(r);
	VSX_TRY(vsx_properties_new(
		&r->properties, &r->manifest.properties_bytes, &b->opts,
		r->result->spec, b->greatest_id,
		b->origin ? &b->origin->manifest : NULL, err));
	VSX_TRY(b->job.progress(&b->job, &vsx_phase_syncing, 0, 0, err));
	VSX_TRY(vsx_sink_commit(&r->sink, &r->manifest, &r->segment.entry,
				r->properties, &super, err));
	VSX_TRY(vsx_sink_first_super(&b->output.file, &super, err));
	r->result->file_bytes = super.committed_bytes;
	return VSX_OK;
}

/* The first finding of the check before the file is shown to anybody. */
struct findings {
	struct vsx_job *job;
	char first[VSX_ERROR_TEXT];
};

static int hear(void *context, const struct vsx_verify_event *event)
{
	struct findings *f = context;

	if (event->what == VSX_FINDING && !f->first[0])
		snprintf(f->first, sizeof(f->first), "%s", event->text);
	if (event->what != VSX_PROGRESS)
		return 0;
	return f->job->progress(f->job, &vsx_phase_pages, event->done,
				event->total, NULL) != VSX_OK;
}

static enum vsx_status read_back(struct run *r, struct vsx_error *err)
{
	struct vsx_verify_opts opts = VSX_VERIFY_OPTS_INIT;
	struct vsx_verify_result result;
	struct findings f = {.job = &r->b->job};
	struct vsx_error why;
	enum vsx_status status;

	opts.level = VSX_VERIFY_PAGES;
	opts.n_threads = r->b->opts.n_threads;
	VSX_TRY(f.job->progress(f.job, &vsx_phase_pages, 0,
				r->result->file_bytes, err));
	status = vsx_verify(r->b->output.temp, &opts, hear, &f, &result, &why);
	if (status == VSX_ESTOPPED)
		return vsx_fail(err, status, "the build was stopped");
	if (status != VSX_OK)
		return vsx_retell(err, status, &why,
				  "cannot check '%s': %.300s",
				  r->b->output.path, why.text);
	if (result.n_findings)
		return vsx_fail(err, VSX_EIO,
				"'%s' does not read back as it was written: "
				"%.300s",
				r->b->output.path, f.first);
	return VSX_OK;
}

static enum vsx_status publish(struct run *r, struct vsx_error *err)
{
	struct vsx_builder *b = r->b;
	const struct vsx_file *f = &b->output.file;
	uint64_t bytes;

	VSX_TRY(vsx_file_bytes(&bytes, f->fd, err));
	if (bytes != r->result->file_bytes)
		return vsx_fail(
			err, VSX_EIO, "'%s' has %llu byte%s, %llu were written",
			f->name, (unsigned long long)bytes, vsx_s(bytes),
			(unsigned long long)r->result->file_bytes);
	VSX_TRY(vsx_output_publish(&b->output, err));
	if (*b->output.note)
		b->job.note(&b->job, "%s", b->output.note);
	return VSX_OK;
}

/* A step, its time added to *seconds. */
static enum vsx_status timed(struct run *r, double *seconds,
			     enum vsx_status (*step)(struct run *,
						     struct vsx_error *),
			     struct vsx_error *err)
{
	double since = vsx_report_clock();
	enum vsx_status status = step(r, err);

	*seconds += vsx_report_clock() - since;
	return status;
}

/* An index of no rows keeps what was asked for, until there are some. */
static enum vsx_status finish_empty(struct run *r, struct vsx_error *err)
{
	struct vsx_builder *b = r->b;
	uint32_t page_shift = vsx_options_page_shift(&b->opts);
	struct vsx_spec spec;

	vsx_spec_parse(&spec, b->opts.spec, NULL);
	vsx_spec_text(&spec, r->result->spec, sizeof(r->result->spec));
	VSX_TRY(vsx_output_open(&b->output, err));
	VSX_TRY(vsx_sink_init(&r->sink, &b->output.file, page_shift,
			      vsx_data_start(page_shift), err));
	VSX_TRY(timed(r, &r->result->seconds_write, write_end, err));
	VSX_TRY(timed(r, &r->result->seconds_write, read_back, err));
	return timed(r, &r->result->seconds_write, publish, err);
}

/* Up to where the rows are in the output. */
static enum vsx_status build_segment(struct run *r, struct vsx_error *err)
{
	struct vsx_build_result *result = r->result;
	struct vsx_builder *b = r->b;

	take_rows(r);
	result->n_rows = r->segment.rows.n;
	VSX_TRY(check_unique(r, err));
	VSX_TRY(timed(r, &result->seconds_build, choose, err));
	VSX_TRY(vsx_new_segment_room(&r->segment, &b->intake.spool, &b->areas,
				     &b->opts, &r->choice.spec, err));
	VSX_TRY(timed(r, &result->seconds_build, build, err));
	/* Which also ends the clock of training. */
	VSX_TRY(b->job.progress(&b->job, &vsx_phase_writing, 0, 0, err));
	result->seconds_train = b->report.train_seconds;
	result->seconds_build =
		fmax(0.0, result->seconds_build - b->report.train_seconds);
	if (loses_rows(r))
		VSX_TRY(timed(r, &result->seconds_test, find_truth, err));
	return timed(r, &result->seconds_write, write_segment, err);
}

static enum vsx_status steps(struct run *r, struct vsx_error *err)
{
	struct vsx_build_result *result = r->result;
	struct vsx_builder *b = r->b;
	enum vsx_status status;

	result->effort_name = "";
	if (b->intake.spool.n == 0 && b->intake.n_rejected)
		return vsx_fail(err, VSX_ENUMERIC,
				"no rows remain: %llu left out",
				(unsigned long long)b->intake.n_rejected);
	if (b->intake.spool.n == 0)
		return finish_empty(r, err);
	status = build_segment(r, err);
	status = vsx_spool_settle(&b->intake.spool, status, err);
	VSX_TRY(vsx_areas_settle(&b->areas, status, err));
	vsx_spec_text(&r->choice.spec, result->spec, sizeof(result->spec));
	result->effort_name = vsx_kind_find(r->segment.built.kind)->effort_name;
	vsx_new_segment_release(&r->segment);
	vsx_intake_release(&b->intake);
	VSX_TRY(timed(r, &result->seconds_test, measure, err));
	result->default_effort = b->measure.default_effort;
	result->default_refine =
		(double)b->measure.default_refine / VSX_REFINE_UNIT;
	result->recall_at_10 = b->measure.recall_at_10;
	result->n_queries = b->measure.test.n_queries;
	VSX_TRY(timed(r, &result->seconds_write, write_end, err));
	VSX_TRY(timed(r, &result->seconds_write, read_back, err));
	return timed(r, &result->seconds_write, publish, err);
}

enum vsx_status vsx_builder_run(struct vsx_builder *b,
				struct vsx_build_result *result,
				struct vsx_error *err)
{
	struct run r = {.b = b, .result = result, .segment.job = &b->job};
	enum vsx_status status = steps(&r, err);

	vsx_new_segment_release(&r.segment);
	vsx_sink_release(&r.sink);
	free(r.properties);
	return status;
}
