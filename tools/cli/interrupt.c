#include "cli/interrupt.h"

#include "cli/leftover.h"
#include "cli/say.h"
#include "vsx.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

/* Of a second that it may take, the rest is for the end. */
#define GRACE_NS 500000000L

static atomic_int asked;
static struct vsx_stop stop;
static timer_t timer;
static bool has_timer;

static void start_timer(void)
{
	const struct itimerspec grace = {.it_value = {0, GRACE_NS}};

	if (!has_timer || timer_settime(timer, 0, &grace, NULL) != 0)
		alarm(1);
}

/* By the signal itself, so that a shell knows that it was one. */
static void die_by(int number)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t set;

	sigaction(number, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, number);
	kill(getpid(), number);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	_exit(128 + number);
}

static void ask(int number)
{
	int reason = errno;

	vsx_stop_set(&stop);
	if (atomic_fetch_add(&asked, 1) > 0) {
		leftover_remove_all();
		die_by(number);
	}
	say_again();
	start_timer();
	errno = reason;
}

static void end(int number)
{
	(void)number;
	leftover_remove_all();
	_exit(say_stopped());
}

void interrupt_install(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
				 .sigev_signo = SIGALRM};
	/* SA_RESTART is left out: a read that waits for somebody's pipe has to
	   return and look. */
	struct sigaction action = {.sa_handler = end}, was;

	has_timer = timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
	sigfillset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	action.sa_handler = ask;
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
	return atomic_load_explicit(&asked, memory_order_relaxed) != 0;
}

const struct vsx_stop *interrupt_stop(void)
{
	return &stop;
}
