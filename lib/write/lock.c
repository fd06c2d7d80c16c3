#include "write/lock.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Between two tries. */
#define NAP_MS 20

/* Of the line that a holder signs with. */
#define PROGRAM_BYTES 32
#define LINE_BYTES    (PROGRAM_BYTES + 24)

/* ---- who has it ------------------------------------------------------- */

void vsx_lock_sign(const struct vsx_file *file)
{
	char line[LINE_BYTES];
	int n = snprintf(line, sizeof(line), "%ld %.*s\n", (long)getpid(),
			 PROGRAM_BYTES, program_invocation_short_name);

	vsx_file_write(file, line, (size_t)n, 0, NULL);
}

void vsx_lock_drop(struct vsx_file *file)
{
	if (file->fd >= 0)
		vsx_file_resize(file, 0, NULL);
	vsx_file_close(file, NULL);
}

/* "NAME (process PID)" of the signature; whoever wrote it is not trusted. */
static void holder_of(const struct vsx_file *file, char holder[80])
{
	char line[LINE_BYTES], *program;
	ssize_t n = pread(file->fd, line, sizeof(line) - 1, 0);
	long pid = 0;
	int at = 0;

	snprintf(holder, 80, "another writer");
	if (n <= 0)
		return;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (!isdigit((unsigned char)line[0]) ||
	    sscanf(line, "%9ld %n", &pid, &at) != 1 || at == 0 || !line[at])
		return;
	program = line + at;
	for (char *c = program; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	snprintf(holder, 80, "%s (process %ld)", program, pid);
}

static enum vsx_status busy(const struct vsx_file *file, const char *subject,
			    struct vsx_error *err)
{
	char holder[80];

	holder_of(file, holder);
	return vsx_fail(err, VSX_EBUSY, "'%s' is being changed by %s", subject,
			holder);
}

/* ---- taking it -------------------------------------------------------- */

bool vsx_lock_named(const struct vsx_file *file)
{
	struct stat by_path, by_fd;

	return stat(file->name, &by_path) == 0 &&
	       fstat(file->fd, &by_fd) == 0 && by_path.st_dev == by_fd.st_dev &&
	       by_path.st_ino == by_fd.st_ino;
}

bool vsx_lock_try(const struct vsx_file *file)
{
	int r;

	do
		r = file->ops->lock(file->ops->context, file->fd);
	while (r < 0 && errno == EINTR);
	return r == 0;
}

/* *taken: the lock is there, and the file has its name still. */
static enum vsx_status try_once(struct vsx_file *file,
				const struct vsx_lock_how *how, bool *taken,
				struct vsx_error *err)
{
	*taken = false;
	for (;;) {
		if (file->fd < 0)
			VSX_TRY(how->open(file, how->open_context, err));
		if (!vsx_lock_try(file))
			return errno == EWOULDBLOCK
				       ? VSX_OK
				       : vsx_fail_errno(err, "cannot lock '%s'",
							file->name);
		if (vsx_lock_named(file)) {
			*taken = true;
			return VSX_OK;
		}
		/* Whoever had it took its name away: there is a new one. */
		vsx_file_close(file, NULL);
	}
}

static enum vsx_status wait_for(struct vsx_file *file,
				const struct vsx_lock_how *how,
				struct vsx_error *err)
{
	struct timespec nap = {0, NAP_MS * 1000000L};
	uint32_t waited = 0;
	bool taken;

	for (;;) {
		VSX_TRY(try_once(file, how, &taken, err));
		if (taken)
			return VSX_OK;
		if (waited >= how->wait_ms && how->wait_ms != UINT32_MAX)
			return busy(file, how->subject, err);
		VSX_TRY(how->waiting(how->context, err));
		nanosleep(&nap, NULL);
		if (waited < UINT32_MAX - NAP_MS)
			waited += NAP_MS;
	}
}

enum vsx_status vsx_lock_take(struct vsx_file *file,
			      const struct vsx_lock_how *how,
			      struct vsx_error *err)
{
	enum vsx_status status;

	file->fd = -1;
	status = wait_for(file, how, err);
	if (status != VSX_OK)
		vsx_file_close(file, NULL);
	return status;
}

static enum vsx_status open_there(struct vsx_file *file, void *context,
				  struct vsx_error *err)
{
	(void)context;
	return vsx_file_open_regular(file, err);
}

enum vsx_status vsx_lock_open(struct vsx_file *file, const char *path,
			      const struct vsx_file_ops *ops, uint32_t wait_ms,
			      vsx_lock_waiting *waiting, void *context,
			      struct vsx_error *err)
{
	struct vsx_lock_how how = {
		.open = open_there,
		.subject = path,
		.wait_ms = wait_ms,
		.waiting = waiting,
		.context = context,
	};

	*file = (struct vsx_file){ops, -1, path};
	return vsx_lock_take(file, &how, err);
}
