/*
 * System calls that say by a signal what they say by errno as well: SIGPIPE, of
 * a pipe that nobody reads, and SIGXFSZ, of a file beyond its limit. By default
 * they end the process, which is the host's and not ours: they are held back
 * in the thread around the call, and taken away if it raised them.
 */
#ifndef VSX_MUTED_H
#define VSX_MUTED_H

#include <signal.h>
#include <stdbool.h>

struct vsx_muted {
	sigset_t mask; /* of the thread, before */
	sigset_t ours; /* of the two, what nobody else had raised by then */
};

void vsx_mute(struct vsx_muted *m);

/* Behind the call; failed: errno says how. It is kept. */
void vsx_unmute(const struct vsx_muted *m, bool failed);

#endif
