#include "io/muted.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

static const int both[] = {SIGPIPE, SIGXFSZ};

void vsx_mute(struct vsx_muted *m)
{
	sigset_t set, pending;

	sigemptyset(&set);
	sigemptyset(&m->ours);
	sigemptyset(&pending);
	for (int i = 0; i < 2; i++)
		sigaddset(&set, both[i]);
	pthread_sigmask(SIG_BLOCK, &set, &m->mask);
	sigpending(&pending);
	for (int i = 0; i < 2; i++)
		if (!sigismember(&pending, both[i]))
			sigaddset(&m->ours, both[i]);
}

void vsx_unmute(const struct vsx_muted *m, bool failed)
{
	const struct timespec now = {0, 0};
	int reason = errno;

	if (failed && (reason == EPIPE || reason == EFBIG))
		while (sigtimedwait(&m->ours, NULL, &now) > 0 || errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &m->mask, NULL);
	errno = reason;
}
