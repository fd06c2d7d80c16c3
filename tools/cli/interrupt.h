/*
 * Ctrl-C, SIGTERM and SIGHUP ask; the work polls and leaves in good order. A
 * second one kills. And a file that is cut while it is mapped is an error, not
 * the end.
 */
#ifndef VSX_CLI_INTERRUPT_H
#define VSX_CLI_INTERRUPT_H

#include <stdbool.h>

void interrupt_install(void);

/* Somebody has asked to stop. Safe and cheap from any thread. */
bool interrupted(void);

#endif
