#include "bench/measure/cold.h"

#include "bench/base/crew.h"
#include "bench/engine/engine_vsx.h"
#include "cli/clock.h"
#include "cli/fail.h"
#include "cli/format_num.h"
#include "cli/progress.h"
#include "cli/say.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define REPEATS	 3
#define DROPS	 10 /* tries: pages under writeback stay for a moment */
#define PAUSE_NS 10000000

/* What has been used so far by this process. */
struct usage {
	uint64_t ns;
	double faults, bytes;
};

static enum vsx_status count_resident(int fd, const char *path, uint64_t *left,
				      uint64_t *pages, struct vsx_error *err)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	enum vsx_status status = VSX_OK;
	unsigned char *in = NULL;
	struct stat st;
	void *base;

	if (fstat(fd, &st) != 0)
		return tool_fail_errno(err, "cannot stat '%s'", path);
	*pages = ((uint64_t)st.st_size + page - 1) / page;
	*left = 0;
	if (*pages == 0)
		return VSX_OK;
	base = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return tool_fail_errno(err, "cannot map '%s'", path);
	in = malloc(*pages);
	if (!in)
		status = tool_fail_memory(err, *pages);
	else if (mincore(base, (size_t)st.st_size, in) != 0)
		status = tool_fail_errno(err,
					 "cannot find out which pages of "
					 "'%s' are in memory",
					 path);
	for (uint64_t i = 0; i < *pages && status == VSX_OK; i++)
		*left += in[i] & 1;
	free(in);
	munmap(base, (size_t)st.st_size);
	return status;
}

/*
 * Out of the page cache. *left is how many of its *pages are still there,
 * because another process maps them or memory is their only place.
 */
static enum vsx_status drop(const char *path, uint64_t *left, uint64_t *pages,
			    struct vsx_error *err)
{
	const struct timespec pause = {0, PAUSE_NS};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum vsx_status status = VSX_OK;

	if (fd < 0)
		return tool_fail_errno(err, "cannot open '%s'", path);
	/* Pages that wait to be written cannot be dropped. */
	fdatasync(fd);
	for (int i = 0; i < DROPS; i++) {
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		status = count_resident(fd, path, left, pages, err);
		if (status != VSX_OK || *left == 0)
			break;
		nanosleep(&pause, NULL);
	}
	close(fd);
	return status;
}

static double bytes_read(void)
{
	FILE *io = fopen("/proc/self/io", "re");
	double bytes = NAN;
	char line[128];
	uint64_t n;

	if (!io)
		return NAN;
	while (fgets(line, sizeof(line), io))
		if (sscanf(line, "read_bytes: %" SCNu64, &n) == 1)
			bytes = (double)n;
	fclose(io);
	return bytes;
}

static struct usage used(void)
{
	struct usage u = {.bytes = bytes_read()};
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	u.faults = (double)r.ru_majflt;
	u.ns = clock_ns();
	return u;
}

static enum vsx_status ask(const struct cell *c, struct engine_session *session,
			   uint64_t n, uint64_t *ids, struct vsx_error *err)
{
	const struct workload *w = c->subject->work;
	uint64_t at = 0;
	size_t found;

	for (uint64_t i = 0; i < n; i++) {
		enum vsx_status status = c->subject->ops->search(
			session, workload_query(w, at), w->k, c->point.effort,
			ids, &found, err);

		if (status != VSX_OK)
			return status;
		if (interrupted())
			return crew_interrupted(err);
		at = workload_next(w, at);
	}
	return VSX_OK;
}

static enum vsx_status ask_anew(struct cell *c, struct vsx_error *err)
{
	const struct subject *s = c->subject;
	uint64_t n = s->work->n < COLD_QUERIES ? s->work->n : COLD_QUERIES;
	uint64_t *ids = calloc(s->work->k, sizeof(*ids));
	struct engine_session *session = NULL;
	struct engine *engine = NULL;
	struct usage before, after;
	enum vsx_status status;

	if (!ids)
		return tool_fail_memory(err, s->work->k * sizeof(*ids));
	before = used();
	status = subject_open_again(s, &engine, err);
	if (status == VSX_OK)
		status = s->ops->session(&session, engine, err);
	if (status == VSX_OK)
		status = ask(c, session, n, ids, err);
	after = used();
	c->point.cold_ms +=
		clock_seconds(before.ns, after.ns) * 1e3 / (double)n;
	c->point.cold_faults += (after.faults - before.faults) / (double)n;
	c->point.cold_bytes += (after.bytes - before.bytes) / (double)n;
	s->ops->session_free(session);
	s->ops->close(engine);
	free(ids);
	return status;
}

static void say_warm(const struct cell *c, uint64_t left, uint64_t pages)
{
	char a[NUM_BYTES], b[NUM_BYTES], name[TOOL_NAME_BYTES];

	say("%s: %s of %s pages stay in memory, so nothing cold can be "
	    "measured: another program maps the file, or it exists only in memory",
	    tool_name(name, c->subject->path), num_count(a, left),
	    num_count(b, pages));
}

static void set_cold(struct point *p, double value)
{
	p->cold_ms = p->cold_faults = p->cold_bytes = value;
}

/* Once; *c stays NaN when the file is not out of memory. */
static enum vsx_status repeat(struct cell *c, bool quiet, struct vsx_error *err)
{
	uint64_t left = 0, pages = 0;
	enum vsx_status status = drop(c->subject->path, &left, &pages, err);

	if (status != VSX_OK)
		return status;
	if (left > 0) {
		if (!quiet && !isnan(c->point.cold_ms))
			say_warm(c, left, pages);
		set_cold(&c->point, NAN);
	}
	return isnan(c->point.cold_ms) ? VSX_OK : ask_anew(c, err);
}

static bool is_wanted(const struct cell *c)
{
	return c->main && subject_is_vsx(c->subject);
}

static enum vsx_status repeat_all(struct cells *cells, bool quiet,
				  struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;

	for (size_t i = 0; i < cells->n; i++)
		if (is_wanted(&cells->items[i]))
			set_cold(&cells->items[i].point, 0);
	for (uint64_t r = 0; r < REPEATS; r++) {
		for (size_t i = 0; i < cells->n && status == VSX_OK; i++) {
			progress_update("searching cold files", "",
					r * cells->n + i, REPEATS * cells->n);
			if (is_wanted(&cells->items[i]))
				status = repeat(&cells->items[i], quiet, err);
		}
	}
	for (size_t i = 0; i < cells->n; i++) {
		cells->items[i].point.cold_ms /= REPEATS;
		cells->items[i].point.cold_faults /= REPEATS;
		cells->items[i].point.cold_bytes /= REPEATS;
	}
	return status;
}

enum vsx_status cold_run(struct cells *cells, bool quiet, struct vsx_error *err)
{
	enum vsx_status status;

	for (size_t i = 0; i < cells->n; i++)
		if (subject_is_vsx(cells->items[i].subject))
			subject_set_aside(cells->items[i].subject);
	status = repeat_all(cells, quiet, err);
	for (size_t i = 0; i < cells->n && status == VSX_OK; i++)
		if (!cells->items[i].subject->engine)
			status = subject_take_up(cells->items[i].subject, err);
	return status;
}
