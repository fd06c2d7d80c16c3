/*
 * What a command tells a person: one line on standard error, led by the
 * command's name. Data goes to standard output and never through here.
 */
#ifndef VSX_CLI_SAY_H
#define VSX_CLI_SAY_H

#include "vsx_status.h"

/* The name that leads every line; borrowed. cli_parse() sets it. */
void say_name(const char *command);

/* "vsx-build: ..." and a line feed; takes a progress line off first. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same, marked as an error. */
void say_wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * For a signal that ends the process, and safe in its handler: the one that a
 * command was stopped is said unless something was said since say_again(). The
 * answer is the exit code: that of the work when it has ended, by say_end().
 */
void say_again(void);
int say_stopped(void);

/* Say the error and return the exit code it ends in (cli/exit.h). */
int say_error(const struct vsx_error *err);

/*
 * The product of this run is what it changes on the disk, not what it prints:
 * whoever runs it again because a report was lost would do the work twice. From
 * here on a report that cannot be printed, or a pipe that nobody reads any
 * more, does not alter the exit code.
 */
void say_after_work(void);

/*
 * Flush standard output. A result that did not reach its disk is no result:
 * returns `code`, or says why and returns EXIT_SYSTEM; after say_after_work()
 * says why and returns `code`. Last call of a main().
 */
int say_end(int code);

#endif
