/* From the parts of a build to the caller's report function. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "write/builder.h"

double vsx_builder_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void tell(struct vsx_builder *b, const struct vsx_build_event *event)
{
	if (b->opts.report && !b->stopped &&
	    b->opts.report(b->opts.context, event) != 0)
		b->stopped = true;
}

/* Phases of training have a name that begins with "training". */
static void take_time(struct vsx_builder *b, const struct vsx_phase *phase)
{
	bool training = strncmp(phase->name, "training", 8) == 0;
	double now;

	if (training == b->training)
		return;
	now = vsx_builder_clock();
	if (training)
		b->train_since = now;
	else
		b->train_seconds += now - b->train_since;
	b->training = training;
}

static enum vsx_status progress(struct vsx_job *job,
				const struct vsx_phase *phase, uint64_t done,
				uint64_t total, struct vsx_error *err)
{
	struct vsx_builder *b = job->context;
	struct vsx_build_event event = {VSX_BUILD_PROGRESS, phase->name, done,
					total, phase->unit};

	take_time(b, phase);
	tell(b, &event);
	if (b->stopped)
		return vsx_fail(err, VSX_ESTOPPED, "the build was stopped");
	return VSX_OK;
}

static void note(struct vsx_job *job, const char *fmt, ...)
{
	struct vsx_build_event event = {VSX_BUILD_NOTE, NULL, 0, 0, NULL};
	char text[VSX_ERROR_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	event.text = text;
	tell(job->context, &event);
}

static enum vsx_status waiting(void *context, struct vsx_error *err)
{
	struct vsx_job *job = context;

	return job->progress(job, &vsx_phase_waiting, 0, 0, err);
}

struct vsx_claim_wait vsx_builder_wait(struct vsx_job *job, uint32_t ms)
{
	return (struct vsx_claim_wait){ms, waiting, job};
}

void vsx_builder_job(struct vsx_builder *b)
{
	b->job = (struct vsx_job){
		.seed = b->opts.seed,
		.n_threads = b->opts.n_threads,
		.ef_construction = b->opts.ef_construction,
		.nlist_sample = b->opts.nlist_sample,
		.progress = progress,
		.note = note,
		.context = b,
	};
}
