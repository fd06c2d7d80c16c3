/*
 * The status line of long work, on standard error:
 *
 *	training 3/10 · 30% · 00:31 left
 *	adding · 41% · 1.2 M rows/s · 00:31 left
 *
 * Drawn only if standard error is a terminal and the work takes longer than
 * half a second, at most five times a second, and cleared at the end. There is
 * one line on a screen, so there is one such object in a program; it belongs
 * to the thread of main().
 */
#ifndef VSX_CLI_PROGRESS_H
#define VSX_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum progress_unit {
	PROGRESS_ROWS,
	PROGRESS_BYTES,
};

void progress_begin(bool quiet, enum progress_unit unit);

/*
 * How far the phase is. Cheap enough to be called for every block of rows. A
 * new phase name starts a new clock. total 0 = unknown. Up to 1000 in total,
 * the line counts steps instead of giving a rate.
 */
void progress_update(const char *phase, uint64_t done, uint64_t total);

/* Take the line off the screen; the next update draws it again. */
void progress_clear(void);

/* Take it off for good. Harmless without progress_begin(). */
void progress_end(void);

/*
 * The text of the line, without control codes: at most `columns` columns and
 * `bytes` bytes. rate is in units a second, 0 = not known yet. Apart from the
 * drawing, for the tests.
 */
void progress_text(char *to, size_t bytes, size_t columns, const char *dot,
		   enum progress_unit unit, const char *phase, uint64_t done,
		   uint64_t total, double rate);

#endif
