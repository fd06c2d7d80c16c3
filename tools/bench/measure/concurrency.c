#include "bench/measure/concurrency.h"

#include "bench/base/crew.h"
#include "bench/engine/engine_vsx.h"
#include "bench/engine/writer.h"
#include "bench/measure/load.h"
#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/format_num.h"
#include "cli/progress.h"
#include "cli/say.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOAD_SECONDS 10.0 /* of arrivals at a rate */
#define STEP_SECONDS 3.0  /* of each number of threads or processes */
#define PROCESSES    4
#define POLL_NS	     10000000
#define WARM_NS	     200000000u

static const uint32_t thread_counts[] = {1, 2, 4, 8, 16};
static const uint32_t process_counts[] = {1, 2, PROCESSES};

/* What a searching process shares with its parent, beside a histogram. */
struct station {
	_Atomic uint32_t ready;
	_Atomic uint64_t end_ns; /* 0: not begun */
	enum vsx_status status[PROCESSES];
	struct vsx_error err[PROCESSES];
	uint64_t ended_ns[PROCESSES];
};

static struct load *add_load(struct report *r, const struct cell *c,
			     const char *what, struct vsx_error *err)
{
	struct load *l = report_add_load(r);

	if (!l) {
		tool_fail_memory(err, sizeof(*l));
		return NULL;
	}
	snprintf(l->what, sizeof(l->what), "%s", what);
	snprintf(l->engine, sizeof(l->engine), "%s", c->subject->ops->name);
	snprintf(l->spec, sizeof(l->spec), "%s", c->subject->cost.spec);
	l->effort = c->point.effort;
	l->refine = c->point.refine;
	return l;
}

static enum vsx_status load_by(struct report *r, const struct cell *c,
			       const char *what, const struct load_plan *plan,
			       struct vsx_error *err)
{
	struct load *l = add_load(r, c, what, err);

	return l ? load_run(l, c->subject, plan, err) : VSX_ENOMEM;
}

static enum vsx_status run_threads(struct report *r, const struct cell *c,
				   double seconds, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	char name[96], phase[160];

	subject_name(c->subject, name);
	for (size_t i = 0; i < 5 && status == VSX_OK; i++) {
		struct load_plan plan = {
			.effort = c->point.effort,
			.clients = thread_counts[i],
			.rate = NAN,
			.seconds = seconds,
		};

		snprintf(phase, sizeof(phase), "searching %s by threads", name);
		progress_update(phase, "loads", i, 5);
		status = load_by(r, c, "threads", &plan, err);
	}
	return status;
}

/* In the child: its own handle, and then in step with the others. */
static enum vsx_status search_alone(const struct cell *c,
				    struct station *station, uint32_t i,
				    uint32_t n, struct histogram *latencies,
				    struct vsx_error *err)
{
	const struct subject *s = c->subject;
	const struct timespec pause = {0, POLL_NS / 10};
	struct engine_session *session = NULL;
	struct engine *engine = NULL;
	uint64_t first = s->work->n * i / n, end;
	enum vsx_status status;

	status = subject_open_again(s, &engine, err);
	if (status == VSX_OK)
		status = s->ops->session(&session, engine, err);
	/* The page tables of a new process are empty: not to be timed. */
	if (status == VSX_OK)
		status = load_closed(s, session, c->point.effort, first,
				     clock_ns() + WARM_NS, latencies, err);
	histogram_clear(latencies);
	atomic_fetch_add(&station->ready, 1);
	while ((end = atomic_load(&station->end_ns)) == 0 && !interrupted())
		nanosleep(&pause, NULL);
	if (status == VSX_OK)
		status = load_closed(s, session, c->point.effort, first, end,
				     latencies, err);
	station->ended_ns[i] = clock_ns();
	s->ops->session_free(session);
	s->ops->close(engine);
	return status;
}

/*
 * Wait for one child; true when it has ended of itself. A Ctrl-C in a terminal
 * is the child's too, a SIGTERM is not.
 */
static bool ended_well(pid_t pid)
{
	const struct timespec pause = {0, POLL_NS};
	int status = 0;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 ||
	       (got < 0 && errno == EINTR)) {
		if (interrupted())
			kill(pid, SIGTERM);
		nanosleep(&pause, NULL);
	}
	return WIFEXITED(status);
}

struct family {
	const struct cell *cell;
	struct station *station;
	struct histogram *latencies[PROCESSES];
	pid_t pids[PROCESSES];
	uint32_t n;
	double seconds;
};

static enum vsx_status beget(struct family *f, struct vsx_error *err)
{
	for (uint32_t i = 0; i < f->n; i++) {
		struct station *t = f->station;

		f->pids[i] = fork();
		if (f->pids[i] < 0)
			return tool_fail_errno(err,
					       "cannot start process %u of %u",
					       i + 1, f->n);
		if (f->pids[i] > 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		t->status[i] = search_alone(f->cell, t, i, f->n,
					    f->latencies[i], &t->err[i]);
		_exit(0);
	}
	return VSX_OK;
}

static bool any_ended(const struct family *f)
{
	for (uint32_t i = 0; i < f->n; i++) {
		siginfo_t info = {0};

		if (f->pids[i] > 0 &&
		    waitid(P_PID, (id_t)f->pids[i], &info,
			   WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    info.si_pid != 0)
			return true;
	}
	return false;
}

/* All begin at once; a child that has died is not waited for. */
static uint64_t begin(struct family *f)
{
	const struct timespec pause = {0, POLL_NS / 10};
	uint64_t start;

	while (atomic_load(&f->station->ready) < f->n && !interrupted() &&
	       !any_ended(f))
		nanosleep(&pause, NULL);
	start = clock_ns();
	atomic_store(&f->station->end_ns,
		     start + (uint64_t)(f->seconds * NS_PER_SECOND));
	return start;
}

static enum vsx_status gather(struct family *f, struct load *out,
			      uint64_t start, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	uint64_t ended = start;

	for (uint32_t i = 0; i < f->n; i++) {
		const struct station *t = f->station;

		if (!ended_well(f->pids[i]) && status == VSX_OK)
			status = tool_fail(err, VSX_EIO,
					   "searching process %u of %u died",
					   i + 1, f->n);
		if (t->status[i] != VSX_OK && status == VSX_OK) {
			status = t->status[i];
			if (err)
				*err = t->err[i];
		}
		if (t->ended_ns[i] > ended)
			ended = t->ended_ns[i];
		if (i > 0)
			histogram_merge(f->latencies[0], f->latencies[i]);
	}
	if (interrupted())
		return crew_interrupted(err);
	out->n = f->n;
	out->n_sent = out->n_done = histogram_count(f->latencies[0]);
	out->seconds = clock_seconds(start, ended);
	out->qps = (double)out->n_done / out->seconds;
	load_percentiles(out, f->latencies[0]);
	return status;
}

static void bury(struct family *f)
{
	for (uint32_t i = 0; i < f->n; i++) {
		if (f->pids[i] <= 0)
			continue;
		kill(f->pids[i], SIGKILL);
		ended_well(f->pids[i]);
	}
}

static enum vsx_status raise_family(struct family *f, struct load *out,
				    struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	uint64_t start;

	for (uint32_t i = 0; i < f->n; i++) {
		f->latencies[i] = histogram_new();
		if (!f->latencies[i])
			return tool_fail_memory(err, f->n);
	}
	status = beget(f, err);
	if (status != VSX_OK) {
		bury(f);
		return status;
	}
	start = begin(f);
	return gather(f, out, start, err);
}

static enum vsx_status run_processes(struct report *r, const struct cell *c,
				     uint32_t n, double seconds,
				     struct vsx_error *err)
{
	struct family f = {.cell = c, .n = n, .seconds = seconds};
	struct load *l = add_load(r, c, "processes", err);
	enum vsx_status status;

	if (!l)
		return VSX_ENOMEM;
	f.station = mmap(NULL, sizeof(*f.station), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (f.station == MAP_FAILED)
		return tool_fail_memory(err, sizeof(*f.station));
	status = raise_family(&f, l, err);
	for (uint32_t i = 0; i < n; i++)
		histogram_free(f.latencies[i]);
	munmap(f.station, sizeof(*f.station));
	return status;
}

static enum vsx_status run_clients(struct report *r, const struct cell *c,
				   const struct measure_opts *opts,
				   struct vsx_error *err)
{
	char name[96], phase[160];
	struct load_plan plan = {
		.phase = phase,
		.effort = c->point.effort,
		.clients = opts->clients,
		.rate = opts->rate > 0 ? opts->rate : NAN,
		.seconds = opts->duration > 0 ? opts->duration : LOAD_SECONDS,
	};

	snprintf(phase, sizeof(phase), "searching %s under load",
		 subject_name(c->subject, name));
	return load_by(r, c, "clients", &plan, err);
}

enum vsx_status concurrency_run(struct report *r, const struct cell *c,
				const struct measure_opts *opts,
				struct vsx_error *err)
{
	double seconds = opts->duration > 0 ? opts->duration : STEP_SECONDS;
	enum vsx_status status = VSX_OK;
	char name[96], phase[160];

	if (opts->clients)
		status = run_clients(r, c, opts, err);
	if (!opts->concurrency || status != VSX_OK)
		return status;
	status = run_threads(r, c, seconds, err);
	if (!subject_is_vsx(c->subject))
		return status;
	snprintf(phase, sizeof(phase), "searching %s by processes",
		 subject_name(c->subject, name));
	for (size_t i = 0; i < 3 && status == VSX_OK; i++) {
		progress_update(phase, "loads", i, 3);
		status = run_processes(r, c, process_counts[i], seconds, err);
	}
	return status;
}

enum vsx_status concurrency_beside_writer(struct report *r,
					  const struct cell *c,
					  const struct measure_opts *opts,
					  struct vsx_error *err)
{
	struct load_plan plan = {
		.effort = c->point.effort,
		.clients = 1,
		.rate = NAN,
		.seconds = opts->duration > 0 ? opts->duration : STEP_SECONDS,
	};
	enum vsx_status status, ended;
	struct vsx_error second;
	struct writer writer;
	char commits[NUM_OF_BYTES];
	uint64_t writes;

	status = writer_start(&writer, c->subject, err);
	if (status != VSX_OK)
		return status;
	status = load_by(r, c, "writer", &plan, err);
	ended = writer_stop(&writer, &writes, &second);
	if (status == VSX_OK && ended != VSX_OK) {
		if (err)
			*err = second;
		return ended;
	}
	if (status == VSX_OK && !opts->quiet)
		say("%s: %s %s made while it was being searched",
		    c->subject->cost.spec, num_of(commits, writes, "commit"),
		    writes == 1 ? "was" : "were");
	return status;
}
