#include "cli/interrupt.h"

#include "vsx.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t asked;

static void ask(int number)
{
	(void)number;
	asked = 1;
}

void interrupt_install(void)
{
	struct sigaction action = {.sa_handler = ask}, was;

	/*
	 * SA_RESETHAND makes the second one deadly. SA_RESTART is left out:
	 * a read that waits for somebody's pipe has to return and look.
	 */
	action.sa_flags = (int)SA_RESETHAND;
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* Of a terminal that is gone; nohup(1) means not to be asked. */
	if (sigaction(SIGHUP, NULL, &was) == 0 && was.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
	/* A file beyond the limit is an error of write(), like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	vsx_guard_install(NULL);
}

bool interrupted(void)
{
	return asked != 0;
}
