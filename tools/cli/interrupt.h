/*
 * Ctrl-C, SIGTERM and SIGHUP ask; the work polls and leaves in good order. Work
 * that has not left soon, in the middle of a long step or of a slow disk, is
 * ended: what it would have left behind (cli/leftover.h) is removed first. A
 * second signal ends it at once in the same way. And a file that is cut while
 * it is mapped is an error, not the end.
 */
#ifndef VSX_CLI_INTERRUPT_H
#define VSX_CLI_INTERRUPT_H

#include <stdbool.h>

#include "vsx.h"

void interrupt_install(void);

/* Somebody has asked to stop. Safe and cheap from any thread. */
bool interrupted(void);

/* The same for searches: they end with VSX_ESTOPPED then. */
const struct vsx_stop *interrupt_stop(void);

#endif
