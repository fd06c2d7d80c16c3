#include "bench/engine/subject.h"

#include "bench/engine/engine_vsx.h"
#include "cli/fail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Steps of the golden ratio fill a circle evenly; one that shares no divisor
   with n meets every query. */
void workload_order(struct workload *w)
{
	w->step = (uint64_t)(0.6180339887498949 * (double)w->n);
	if (w->step == 0)
		w->step = 1;
	while (common_divisor(w->step, w->n) != 1)
		w->step++;
	if (w->n == 1)
		w->step = 0;
}

bool subject_is_vsx(const struct subject *s)
{
	return s->ops == &engine_vsx;
}

const char *subject_name(const struct subject *s, char to[96])
{
	if (subject_is_vsx(s))
		snprintf(to, 96, "%s", s->cost.spec);
	else
		snprintf(to, 96, "%s %s", s->ops->name, s->cost.spec);
	return to;
}

static void free_sessions(struct subject *s)
{
	for (unsigned int i = 0; s->sessions && i < s->threads; i++)
		s->ops->session_free(s->sessions[i]);
	free(s->sessions);
	s->sessions = NULL;
}

static enum vsx_status make_sessions(struct subject *s, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	s->sessions = calloc(s->threads, sizeof(struct engine_session *));
	if (!s->sessions)
		return tool_fail_memory(err, s->threads * sizeof(void *));
	for (unsigned int i = 0; i < s->threads && status == VSX_OK; i++)
		status = s->ops->session(&s->sessions[i], s->engine, err);
	return status;
}

/* An ef below k counts as k, but with VSX. */
static void note_efforts(struct subject *s)
{
	snprintf(s->effort_name, sizeof(s->effort_name), "%s",
		 s->ops->effort_name(s->engine));
	s->least = s->most = 0;
	if (s->effort_name[0] == '\0')
		return;
	s->least = 1;
	s->most = s->ops->max_effort(s->engine);
	if (strcmp(s->effort_name, "ef") == 0 && !subject_is_vsx(s))
		s->least = (uint32_t)s->work->k;
	if (s->most < s->least)
		s->most = s->least;
}

static enum vsx_status opened(struct subject *s, struct vsx_error *err)
{
	note_efforts(s);
	if (s->ops == &engine_vsx)
		engine_vsx_set_refine(s->engine, s->refine);
	return make_sessions(s, err);
}

enum vsx_status subject_build(struct subject *s, const struct engine_plan *plan,
			      struct vsx_error *err)
{
	enum vsx_status status;

	s->own = true;
	s->path = strdup(plan->path);
	if (!s->path)
		return tool_fail_memory(err, strlen(plan->path));
	s->plan = *plan;
	s->plan.path = s->path;
	s->plan.spec = s->cost.spec;
	status = s->ops->build(&s->engine, plan, &s->cost, err);
	if (status != VSX_OK)
		return status;
	if (s->cost.spec[0] == '\0')
		snprintf(s->cost.spec, sizeof(s->cost.spec), "%s", plan->spec);
	snprintf(s->note, sizeof(s->note), "%s", s->cost.note);
	return opened(s, err);
}

enum vsx_status subject_open(struct subject *s, const char *path,
			     struct vsx_error *err)
{
	enum vsx_status status;
	struct vsx_facts facts;

	s->own = false;
	s->path = strdup(path);
	if (!s->path)
		return tool_fail_memory(err, strlen(path));
	status = engine_vsx_open(&s->engine, path, s->elem, err);
	if (status != VSX_OK)
		return status;
	vsx_get_facts(engine_vsx_index(s->engine), &facts);
	s->cost.build_seconds = NAN;
	s->cost.disk_bytes = facts.file_bytes + facts.extra_bytes;
	snprintf(s->cost.spec, sizeof(s->cost.spec), "%s", facts.spec);
	return opened(s, err);
}

void subject_set_aside(struct subject *s)
{
	free_sessions(s);
	if (s->engine)
		s->ops->close(s->engine);
	s->engine = NULL;
}

enum vsx_status subject_open_again(const struct subject *s, struct engine **out,
				   struct vsx_error *err)
{
	enum vsx_status status = engine_vsx_open(out, s->path, s->elem, err);

	if (status == VSX_OK)
		engine_vsx_set_refine(*out, s->refine);
	return status;
}

enum vsx_status subject_take_up(struct subject *s, struct vsx_error *err)
{
	enum vsx_status status;

	status = subject_open_again(s, &s->engine, err);
	return status == VSX_OK ? make_sessions(s, err) : status;
}

void subject_release(struct subject *s)
{
	subject_set_aside(s);
	if (s->own && s->path)
		unlink(s->path);
	free(s->path);
	memset(s, 0, sizeof(*s));
}
