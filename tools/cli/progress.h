/*
 * The status line of long work, on standard error:
 *
 *	2/9 linking ████████░░░░░░░  52 % · 1.20 of 2.30 M rows · 00:33 · 00:31
 *left
 *
 * Step, phase, how much of it is done, how long the phase has taken and what is
 * left of it, which never climbs. Drawn only if standard error is a terminal,
 * by a thread of its own, so that it also moves while a call takes long; a
 * phase that is over within half a second is not shown. Cleared at the end.
 * There is one line on a screen, so there is one such object in a program.
 */
#ifndef VSX_CLI_PROGRESS_H
#define VSX_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * steps: the phases to come, in order, ends with NULL; those that exclude each
 * other, or take turns, are one entry: "training|linking". Borrowed. NULL: the
 * work has no steps. A phase that is not among them has no number.
 */
void progress_begin(bool quiet, const char *const *steps);

/*
 * How far the phase is. Cheap enough to be called for every block of rows. A
 * new phase, or less done than before, starts a new clock. total 0 = unknown.
 * unit: what is counted, in the plural ("rows"); "bytes" are shown as such, of
 * "" only the share. Borrowed until the next call.
 */
void progress_update(const char *phase, const char *unit, uint64_t done,
		     uint64_t total);

/* Take the line off the screen; it comes back with the next update. */
void progress_clear(void);

/* Whether it is on the screen. Safe in a handler of a signal. */
bool progress_is_drawn(void);

/* Take it off for good. Harmless without progress_begin(). */
void progress_end(void);

/* What is on the line; apart from the drawing, for the tests. */
struct progress {
	size_t step, n_steps; /* step 0: not shown */
	const char *phase, *unit;
	uint64_t done, total; /* total 0: unknown */
	double rate;	      /* units a second; 0: unknown */
	double elapsed, left; /* seconds; left < 0: unknown */
};

/*
 * The text of the line, without control codes: at most `columns` columns and
 * `bytes` bytes. Where room is short the least important part goes first.
 */
void progress_text(char *to, size_t bytes, size_t columns, bool utf8,
		   const struct progress *p);

#endif
