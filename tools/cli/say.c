#include "cli/say.h"

#include "cli/colour.h"
#include "cli/exit.h"
#include "cli/fail.h"
#include "cli/interrupt.h"
#include "cli/progress.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *command_name = "vsx";
static bool after_work;

/* Since somebody asked to stop; and what the process ends in by then. */
static volatile sig_atomic_t said;
static volatile sig_atomic_t code_by_signal = EXIT_STOPPED;

void say_name(const char *command)
{
	command_name = command;
}

static void print(bool wrong, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));

static void print(bool wrong, const char *fmt, va_list args)
{
	char text[2048];

	vsnprintf(text, sizeof(text), fmt, args);
	/* A hostile file name must not reach the terminal's interpreter. */
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';

	progress_clear();
	fprintf(stderr, "%s: %s%s%s%s\n", command_name,
		wrong ? colour(stderr, COLOUR_BAD) : "", wrong ? "error: " : "",
		wrong ? colour_off(stderr) : "", text);
	said = 1;
}

void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print(false, fmt, args);
	va_end(args);
}

void say_wrong(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print(true, fmt, args);
	va_end(args);
}

void say_again(void)
{
	said = 0;
}

static size_t append(char *to, size_t at, size_t bytes, const char *text)
{
	while (*text && at < bytes)
		to[at++] = *text++;
	return at;
}

int say_stopped(void)
{
	char line[128];
	size_t n = 0;

	if (said)
		return code_by_signal;
	said = 1;
	if (progress_is_drawn())
		n = append(line, n, sizeof(line), "\r\033[K");
	n = append(line, n, sizeof(line), command_name);
	n = append(line, n, sizeof(line), ": stopped\n");
	(void)!write(STDERR_FILENO, line, n);
	return code_by_signal;
}

int say_error(const struct vsx_error *err)
{
	/* A call that the wish to stop has ended, not a failure. */
	if (err->sys_errno == EINTR && interrupted()) {
		say("stopped");
		return EXIT_STOPPED;
	}
	say_wrong("%s", err->text);
	/* To the library that is the system's failure, to us a wrong word. */
	if (err->status == VSX_EIO && tool_is_wrong_path(err->sys_errno))
		return EXIT_USAGE;
	return exit_code(err->status);
}

void say_after_work(void)
{
	after_work = true;
	signal(SIGPIPE, SIG_IGN);
}

int say_end(int code)
{
	const char *and_yet =
		after_work ? "; the exit status is that of the work" : "";

	code_by_signal = code;
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	if (errno == EINTR && interrupted() && !after_work) {
		if (!said)
			say("stopped");
		return EXIT_STOPPED;
	}
	if (errno)
		say_wrong("cannot write standard output: %s%s", strerror(errno),
			  and_yet);
	else
		say_wrong("cannot write standard output%s", and_yet);
	return after_work ? code : EXIT_SYSTEM;
}
