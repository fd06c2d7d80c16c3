#include "fake_engine.h"

#include "cli/clock.h"
#include "cli/fail.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct fake fake;

struct engine {
	char none;
};

struct engine_session {
	char none;
};

static struct engine the_engine;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const char *effort_name(const struct engine *e)
{
	(void)e;
	return "ef";
}

static uint32_t max_effort(const struct engine *e)
{
	(void)e;
	return 1000;
}

static enum vsx_status session_new(struct engine_session **out,
				   struct engine *e, struct vsx_error *err)
{
	(void)e;
	(void)err;
	*out = calloc(1, sizeof(**out));
	return *out ? VSX_OK : VSX_ENOMEM;
}

static void session_free(struct engine_session *s)
{
	free(s);
}

static void sleep_ns(uint64_t ns)
{
	struct timespec t = clock_timespec(ns);

	if (ns)
		nanosleep(&t, NULL);
}

/* The stall is everybody's, like a device that does not answer. */
static void take_time(uint64_t number)
{
	if (!fake.stall_ns) {
		sleep_ns(fake.cost_ns);
		return;
	}
	pthread_mutex_lock(&lock);
	if (number == fake.stall_at)
		sleep_ns(fake.stall_ns);
	pthread_mutex_unlock(&lock);
	sleep_ns(fake.cost_ns);
}

static enum vsx_status search(struct engine_session *s, const void *query,
			      size_t k, uint32_t effort, uint64_t *ids,
			      size_t *n, struct vsx_error *err)
{
	uint64_t number = atomic_fetch_add(&fake.searches, 1);
	uint64_t first = (uint64_t) * (const float *)query;

	(void)s;
	take_time(number);
	if (fake.fail_every && number % fake.fail_every == 0)
		return tool_fail(err, VSX_EIO, "search %llu failed",
				 (unsigned long long)number);
	for (size_t i = 0; i < k; i++) {
		uint64_t *id = &ids[fake.reversed ? k - 1 - i : i];

		*id = i < effort ? first + (fake.repeated ? 0 : i)
				 : 1000000 + i;
	}
	*n = k;
	return VSX_OK;
}

static void nothing(struct engine *e)
{
	(void)e;
}

const struct engine_ops fake_ops = {
	.name = "fake",
	.effort_name = effort_name,
	.max_effort = max_effort,
	.session = session_new,
	.search = search,
	.session_free = session_free,
	.close = nothing,
};

static float queries[FAKE_QUERIES];
static uint64_t truth[FAKE_QUERIES * FAKE_K];

struct subject fake_open(struct workload *w, unsigned int threads)
{
	struct subject s = {
		.ops = &fake_ops,
		.work = w,
		.elem = VSX_F32,
		.threads = threads,
		.engine = &the_engine,
		.least = 1,
		.most = 1000,
	};

	for (uint64_t q = 0; q < FAKE_QUERIES; q++) {
		queries[q] = (float)(100 * q);
		for (uint64_t i = 0; i < FAKE_K; i++)
			truth[q * FAKE_K + i] = 100 * q + i;
	}
	*w = (struct workload){
		.queries = queries,
		.query_bytes = sizeof(queries[0]),
		.n = FAKE_QUERIES,
		.truth = truth,
		.truth_k = FAKE_K,
		.k = FAKE_K,
	};
	workload_order(w);
	snprintf(s.effort_name, sizeof(s.effort_name), "ef");
	s.sessions = calloc(threads, sizeof(struct engine_session *));
	for (unsigned int i = 0; i < threads; i++)
		if (!s.sessions || session_new(&s.sessions[i], s.engine, NULL))
			abort();
	return s;
}

void fake_close(struct subject *s)
{
	subject_release(s);
}
