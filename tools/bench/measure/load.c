#include "bench/measure/load.h"

#include "bench/base/crew.h"
#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/say.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

/* A sleep ends so much before the arrival, the rest is waited for awake. */
#define AWAKE_NS 20000u
#define NAP_NS	 100000000u

/* Time for all clients to be there before the first arrival. */
#define START_NS 20000000u

struct client {
	struct engine_session *session;
	uint64_t *ids;
	struct histogram *latencies;
	uint64_t n_sent, n_failed;
	uint64_t ended_ns;
	struct vsx_error failure; /* the first */
};

struct loading {
	const struct subject *subject;
	const struct load_plan *plan;
	struct client *clients;
	uint64_t start_ns;
	uint64_t n_arrivals; /* of an open loop */
};

/* In naps, so that a Ctrl-C is seen soon. */
static void wait_until(uint64_t ns)
{
	uint64_t now = clock_ns();

	while (now + AWAKE_NS < ns && !interrupted()) {
		uint64_t nap = ns - now < NAP_NS ? ns - AWAKE_NS : now + NAP_NS;
		struct timespec t = clock_timespec(nap);

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
		now = clock_ns();
	}
	while (clock_ns() < ns && !interrupted())
		;
}

static void ask(const struct loading *l, struct client *c, uint64_t query,
		uint64_t from_ns)
{
	const struct workload *w = l->subject->work;
	struct vsx_error err;
	size_t n;

	c->n_sent++;
	if (l->subject->ops->search(c->session, workload_query(w, query), w->k,
				    l->plan->effort, c->ids, &n,
				    &err) == VSX_OK) {
		c->ended_ns = clock_ns();
		histogram_add(c->latencies, c->ended_ns - from_ns);
		return;
	}
	c->ended_ns = clock_ns();
	if (c->n_failed++ == 0)
		c->failure = err;
}

/* Arrivals i, i + clients, ... of the one schedule. */
static void open_loop(struct crew *crew, const struct loading *l,
		      struct client *c, unsigned int i)
{
	const struct workload *w = l->subject->work;
	uint64_t query = w->n * i / l->plan->clients;

	for (uint64_t a = i; a < l->n_arrivals; a += l->plan->clients) {
		uint64_t due =
			l->start_ns +
			(uint64_t)((double)a / l->plan->rate * NS_PER_SECOND);

		wait_until(due);
		if (crew_stops(crew))
			return;
		ask(l, c, query, due);
		query = workload_next(w, query);
		atomic_fetch_add_explicit(&crew->done, 1, memory_order_relaxed);
	}
}

static void closed_loop(struct crew *crew, const struct loading *l,
			struct client *c, unsigned int i)
{
	const struct workload *w = l->subject->work;
	uint64_t end =
		l->start_ns + (uint64_t)(l->plan->seconds * NS_PER_SECOND);
	uint64_t query = w->n * i / l->plan->clients, from;

	wait_until(l->start_ns);
	from = clock_ns();
	while (from < end && !crew_stops(crew)) {
		ask(l, c, query, from);
		from = c->ended_ns;
		query = workload_next(w, query);
	}
}

static enum vsx_status work(struct crew *crew, void *context, unsigned int i,
			    struct vsx_error *err)
{
	const struct loading *l = context;
	struct client *c = &l->clients[i];

	(void)err;
	/* The kernel may be 50 us late by default. */
	prctl(PR_SET_TIMERSLACK, 1ul);
	c->ended_ns = l->start_ns;
	if (isnan(l->plan->rate))
		closed_loop(crew, l, c, i);
	else
		open_loop(crew, l, c, i);
	return VSX_OK;
}

static enum vsx_status hire(struct client *c, const struct subject *s,
			    struct vsx_error *err)
{
	c->ids = calloc(s->work->k, sizeof(*c->ids));
	c->latencies = histogram_new();
	if (!c->ids || !c->latencies)
		return tool_fail_memory(err, s->work->k * sizeof(*c->ids));
	return s->ops->session(&c->session, s->engine, err);
}

/* A session's first search makes its scratch. */
static enum vsx_status warm(struct client *c, const struct subject *s,
			    uint32_t effort, struct vsx_error *err)
{
	size_t n;

	return s->ops->search(c->session, workload_query(s->work, 0),
			      s->work->k, effort, c->ids, &n, err);
}

static void dismiss(struct client *c, const struct subject *s)
{
	s->ops->session_free(c->session);
	histogram_free(c->latencies);
	free(c->ids);
}

void load_percentiles(struct load *out, const struct histogram *h)
{
	if (histogram_count(h) == 0)
		return;
	out->p50_ms = (double)histogram_at(h, 0.5) / 1e6;
	out->p95_ms = (double)histogram_at(h, 0.95) / 1e6;
	out->p99_ms = (double)histogram_at(h, 0.99) / 1e6;
	out->p999_ms = (double)histogram_at(h, 0.999) / 1e6;
	out->max_ms = (double)histogram_max(h) / 1e6;
}

/* Everything into the first client's histogram. */
static void add_up(struct load *out, const struct loading *l)
{
	struct histogram *all = l->clients[0].latencies;
	const struct client *failed = NULL;
	uint64_t ended = l->start_ns;

	for (uint32_t i = 0; i < l->plan->clients; i++) {
		const struct client *c = &l->clients[i];

		out->n_sent += c->n_sent;
		out->n_failed += c->n_failed;
		if (c->ended_ns > ended)
			ended = c->ended_ns;
		if (i > 0)
			histogram_merge(all, c->latencies);
		if (c->n_failed && !failed)
			failed = c;
	}
	out->n_done = histogram_count(all);
	out->seconds = clock_seconds(l->start_ns, ended);
	/* The last arrival has its share of the time as all others. */
	if (l->n_arrivals)
		out->seconds = fmax(out->seconds,
				    (double)l->n_arrivals / l->plan->rate);
	if (out->seconds > 0)
		out->qps = (double)out->n_done / out->seconds;
	load_percentiles(out, all);
	if (failed)
		say("a search under load failed: %s", failed->failure.text);
}

static enum vsx_status run(struct load *out, struct loading *l,
			   struct vsx_error *err)
{
	const struct load_plan *plan = l->plan;
	struct crew_job job = {work, l, plan->clients, plan->phase, 0, NULL};
	enum vsx_status status;

	if (!isnan(plan->rate))
		l->n_arrivals = (uint64_t)fmax(1, plan->rate * plan->seconds);
	job.total = l->n_arrivals;
	l->start_ns = clock_ns() + START_NS;
	status = crew_run(&job, err);
	if (status == VSX_OK)
		add_up(out, l);
	return status;
}

enum vsx_status load_run(struct load *out, const struct subject *s,
			 const struct load_plan *plan, struct vsx_error *err)
{
	struct loading l = {.subject = s, .plan = plan};
	enum vsx_status status = VSX_OK;

	out->effort = plan->effort;
	out->n = plan->clients;
	out->rate = plan->rate;
	l.clients = calloc(plan->clients, sizeof(*l.clients));
	if (!l.clients)
		return tool_fail_memory(err,
					plan->clients * sizeof(*l.clients));
	for (uint32_t i = 0; i < plan->clients && status == VSX_OK; i++)
		status = hire(&l.clients[i], s, err);
	for (uint32_t i = 0; i < plan->clients && status == VSX_OK; i++)
		status = warm(&l.clients[i], s, plan->effort, err);
	if (status == VSX_OK)
		status = run(out, &l, err);
	for (uint32_t i = 0; i < plan->clients; i++)
		dismiss(&l.clients[i], s);
	free(l.clients);
	return status;
}

enum vsx_status load_closed(const struct subject *s,
			    struct engine_session *session, uint32_t effort,
			    uint64_t first, uint64_t end_ns,
			    struct histogram *latencies, struct vsx_error *err)
{
	uint64_t *ids = calloc(s->work->k, sizeof(*ids));
	uint64_t from = clock_ns(), now, query = first;
	enum vsx_status status = VSX_OK;
	size_t n;

	if (!ids)
		return tool_fail_memory(err, s->work->k * sizeof(*ids));
	while (status == VSX_OK && from < end_ns && !interrupted()) {
		status = s->ops->search(session, workload_query(s->work, query),
					s->work->k, effort, ids, &n, err);
		now = clock_ns();
		if (status == VSX_OK)
			histogram_add(latencies, now - from);
		from = now;
		query = workload_next(s->work, query);
	}
	free(ids);
	return status;
}
