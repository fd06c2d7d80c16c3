#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "input/input.h"

Test(interrupt, is_polled)
{
	interrupt_install();
	cr_assert(!interrupted());
	raise(SIGTERM);
	cr_assert(interrupted());
}

Test(interrupt, kills_the_second_time, .signal = SIGINT)
{
	interrupt_install();
	raise(SIGINT);
	raise(SIGINT);
}

/* The pipe stays open and empty: without the check this would hang. */
Test(interrupt, ends_the_wait_for_a_pipe, .timeout = 10)
{
	struct input_opts opts = {.dim = 4};
	struct vsx_error err;
	struct input *in;
	int ends[2];

	interrupt_install();
	cr_assert(pipe(ends) == 0);
	dup2(ends[0], STDIN_FILENO);
	raise(SIGINT);
	cr_assert_eq(input_open(&in, "-", &opts, &err), VSX_ESTOPPED);
	cr_assert_str_eq(err.text, "standard input: stopped");
}

/* The state letter behind the name in /proc/PID/stat: 'S' while it waits. */
static char state_of(pid_t pid)
{
	char path[64], state = 'Z';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return 'Z';
	if (fscanf(f, "%*d %*s %c", &state) != 1)
		state = 'Z';
	fclose(f);
	return state;
}

/* A signal that comes during the wait has to end it too. */
Test(interrupt, wakes_who_waits_for_a_pipe, .timeout = 10)
{
	struct input_opts opts = {.dim = 4};
	struct vsx_error err;
	struct input *in;
	int ends[2];

	interrupt_install();
	cr_assert(pipe(ends) == 0);
	dup2(ends[0], STDIN_FILENO);
	if (fork() == 0) {
		pid_t waiting = getppid();

		while (state_of(waiting) == 'R')
			;
		kill(waiting, SIGINT);
		_exit(0);
	}
	cr_assert_eq(input_open(&in, "-", &opts, &err), VSX_ESTOPPED);
}
