#include "bench/engine/writer.h"

#include "cli/fail.h"
#include "cli/interrupt.h"
#include "vsx_write.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Rows of one commit: so that several are seen in a few seconds. */
#define MOST_ROWS 1000

struct writer_shared {
	atomic_bool stop;
	_Atomic uint64_t writes;
	enum vsx_status status;
	struct vsx_error err;
};

static int report(void *context, const struct vsx_build_event *event)
{
	const struct writer_shared *shared = context;

	(void)event;
	return atomic_load(&shared->stop) || interrupted();
}

/*
 * One commit, number `commit`: some of the rows once more, under new ids, and
 * those of the commit before deleted.
 */
static enum vsx_status write_once(const struct engine_plan *plan,
				  uint64_t commit, struct writer_shared *shared,
				  struct vsx_error *err)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	uint64_t n = plan->n_rows < MOST_ROWS ? plan->n_rows : MOST_ROWS;
	uint64_t most =
		plan->ids ? plan->ids[plan->n_rows - 1] : plan->n_rows - 1;
	uint64_t first = most + 1 + commit * n;
	enum vsx_status status;
	struct vsx_update *u;

	opts.n_threads = 1;
	opts.report = report;
	opts.context = shared;
	status = vsx_update_begin(&u, plan->path, &opts, err);
	for (uint64_t id = first - n; commit && status == VSX_OK && id < first;
	     id++)
		status = vsx_update_delete(u, &id, 1, err);
	if (status == VSX_OK)
		status = vsx_update_add(
			u, VSX_BATCH(plan->rows, plan->elem, n, NULL), err);
	if (status == VSX_OK)
		status = vsx_update_commit(u, NULL, err);
	vsx_update_free(u);
	return status;
}

static void write_on(const struct engine_plan *plan,
		     struct writer_shared *shared)
{
	while (shared->status == VSX_OK && !atomic_load(&shared->stop)) {
		shared->status = write_once(plan, atomic_load(&shared->writes),
					    shared, &shared->err);
		if (shared->status == VSX_OK)
			atomic_fetch_add(&shared->writes, 1);
	}
}

enum vsx_status writer_start(struct writer *w, const struct subject *s,
			     struct vsx_error *err)
{
	w->shared = mmap(NULL, sizeof(*w->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->shared == MAP_FAILED)
		return tool_fail_memory(err, sizeof(*w->shared));
	w->pid = fork();
	if (w->pid < 0) {
		munmap(w->shared, sizeof(*w->shared));
		return tool_fail_errno(err, "cannot start a writing process");
	}
	if (w->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		write_on(&s->plan, w->shared);
		_exit(0);
	}
	return VSX_OK;
}

enum vsx_status writer_stop(struct writer *w, uint64_t *writes,
			    struct vsx_error *err)
{
	enum vsx_status status;
	int ended = 0;

	atomic_store(&w->shared->stop, true);
	while (waitpid(w->pid, &ended, 0) < 0 && errno == EINTR)
		;
	*writes = atomic_load(&w->shared->writes);
	status = w->shared->status;
	if (WIFSIGNALED(ended))
		status = tool_fail(err, VSX_EIO,
				   "the writing process ended by signal %d",
				   WTERMSIG(ended));
	else if (status != VSX_OK && status != VSX_ESTOPPED && err)
		*err = w->shared->err;
	munmap(w->shared, sizeof(*w->shared));
	return status == VSX_ESTOPPED ? VSX_OK : status;
}
