#include "write/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

double vsx_report_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void tell(struct vsx_report *r, const struct vsx_build_event *event)
{
	if (r->tell && !r->stopped && r->tell(r->context, event) != 0)
		r->stopped = true;
}

static void take_time(struct vsx_report *r, const struct vsx_phase *phase)
{
	bool training = phase->is_training;
	double now;

	if (training == r->training)
		return;
	now = vsx_report_clock();
	if (training)
		r->train_since = now;
	else
		r->train_seconds += now - r->train_since;
	r->training = training;
}

enum vsx_status vsx_report_check(const struct vsx_report *r,
				 struct vsx_error *err)
{
	return r->stopped ? vsx_fail(err, VSX_ESTOPPED, "the %s was stopped",
				     r->what)
			  : VSX_OK;
}

enum vsx_status vsx_report_progress(struct vsx_report *r,
				    const struct vsx_phase *phase,
				    uint64_t done, uint64_t total,
				    struct vsx_error *err)
{
	struct vsx_build_event event = {
		.what = VSX_BUILD_PROGRESS,
		.text = phase->name,
		.done = done,
		.total = total,
		.unit = phase->unit,
	};

	take_time(r, phase);
	tell(r, &event);
	return vsx_report_check(r, err);
}

static void note(struct vsx_report *r, const char *fmt, va_list args)
{
	struct vsx_build_event event = {.what = VSX_BUILD_NOTE};
	char text[VSX_ERROR_TEXT];

	vsnprintf(text, sizeof(text), fmt, args);
	event.text = text;
	tell(r, &event);
}

void vsx_report_note(struct vsx_report *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note(r, fmt, args);
	va_end(args);
}

void vsx_report_tried(struct vsx_report *r, const struct vsx_tried *tried,
		      uint32_t n, const char *fmt, ...)
{
	struct vsx_build_event event = {
		.what = VSX_BUILD_TRIED, .tried = tried, .n_tried = n};
	char text[VSX_ERROR_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	event.text = text;
	tell(r, &event);
}

static enum vsx_status waiting(void *context, struct vsx_error *err)
{
	return vsx_report_progress(context, &vsx_phase_waiting, 0, 0, err);
}

struct vsx_claim_wait vsx_report_wait(struct vsx_report *r, uint32_t ms)
{
	return (struct vsx_claim_wait){ms, waiting, r};
}

static enum vsx_status job_progress(struct vsx_job *job,
				    const struct vsx_phase *phase,
				    uint64_t done, uint64_t total,
				    struct vsx_error *err)
{
	return vsx_report_progress(job->context, phase, done, total, err);
}

static void job_note(struct vsx_job *job, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	note(job->context, fmt, args);
	va_end(args);
}

struct vsx_job vsx_report_job(struct vsx_report *r,
			      const struct vsx_build_opts *opts)
{
	return (struct vsx_job){
		.seed = opts->seed,
		.n_threads = opts->n_threads,
		.ef_construction = opts->ef_construction,
		.by_insertion = opts->builder == VSX_GRAPH_INSERT,
		.by_partition = opts->builder == VSX_GRAPH_PARTITION,
		.nlist_sample = opts->nlist_sample,
		.page_bytes = opts->page_bytes,
		.progress = job_progress,
		.note = job_note,
		.context = r,
	};
}
