#include "cli/progress.h"

#include "cli/format_num.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define FIRST_AFTER 0.5 /* seconds */
#define NEXT_AFTER  0.2
#define STEPS	    1000 /* totals up to here are steps, not rows */

static struct {
	bool on;
	bool drawn;
	enum progress_unit unit;
	const char *dot;
	char phase[64];
	double begun, phase_begun, drawn_at;
	uint64_t phase_first; /* done at phase_begun: not to be timed */
} line;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Cut UTF-8 text, one column a character, without halving one. */
static void cut(char *text, size_t columns)
{
	for (; *text; text++) {
		if (((unsigned char)*text & 0xc0) == 0x80)
			continue;
		if (columns-- == 0) {
			*text = '\0';
			return;
		}
	}
}

static void add(char *to, size_t bytes, const char *dot, const char *text)
{
	size_t len = strlen(to);

	snprintf(to + len, bytes - len, " %s %s", dot, text);
}

static void add_rate(char *to, size_t bytes, const char *dot,
		     enum progress_unit unit, double rate)
{
	char number[NUM_BYTES];
	char text[NUM_BYTES + 8];

	if (unit == PROGRESS_BYTES)
		snprintf(text, sizeof(text), "%s/s",
			 num_bytes(number, (uint64_t)rate));
	else
		snprintf(text, sizeof(text), "%s rows/s",
			 num_short(number, rate));
	add(to, bytes, dot, text);
}

static void add_amount(char *to, size_t bytes, const char *dot,
		       enum progress_unit unit, uint64_t done)
{
	char number[NUM_BYTES];
	char text[NUM_BYTES + 8];

	if (unit == PROGRESS_BYTES)
		snprintf(text, sizeof(text), "%s", num_bytes(number, done));
	else
		snprintf(text, sizeof(text), "%s rows",
			 num_short(number, (double)done));
	add(to, bytes, dot, text);
}

void progress_text(char *to, size_t bytes, size_t columns, const char *dot,
		   enum progress_unit unit, const char *phase, uint64_t done,
		   uint64_t total, double rate)
{
	char text[NUM_BYTES + 8];
	char clock[NUM_BYTES];

	if (total > 0 && done > total)
		done = total;

	snprintf(to, bytes, "%s", phase);
	if (total == 0) {
		add_amount(to, bytes, dot, unit, done);
	} else {
		size_t len = strlen(to);

		if (total <= STEPS)
			snprintf(to + len, bytes - len, " %u/%u",
				 (unsigned)done, (unsigned)total);
		/* Rounded down: 100% is for what is done. */
		snprintf(text, sizeof(text), "%u%%",
			 (unsigned)(100 * ((double)done / (double)total)));
		add(to, bytes, dot, text);
	}
	if (rate > 0 && (total == 0 || total > STEPS))
		add_rate(to, bytes, dot, unit, rate);
	if (rate > 0 && total > 0) {
		snprintf(text, sizeof(text), "%s left",
			 num_clock(clock, (double)(total - done) / rate));
		add(to, bytes, dot, text);
	}
	cut(to, columns);
}

void progress_begin(bool quiet, enum progress_unit unit)
{
	const char *term = getenv("TERM");

	memset(&line, 0, sizeof(line));
	line.on = !quiet && isatty(STDERR_FILENO) &&
		  !(term && strcmp(term, "dumb") == 0);
	line.unit = unit;
	line.dot = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "·" : "-";
	line.begun = now();
}

static size_t screen_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
		return size.ws_col - 1u; /* the last column may wrap */
	return 79;
}

/* In units a second, or 0 while nothing is known. */
static double rate_at(double t, uint64_t done)
{
	if (t <= line.phase_begun || done <= line.phase_first)
		return 0;
	return (double)(done - line.phase_first) / (t - line.phase_begun);
}

void progress_update(const char *phase, uint64_t done, uint64_t total)
{
	char text[512];
	double t;

	if (!line.on)
		return;
	t = now();
	if (strncmp(line.phase, phase, sizeof(line.phase) - 1) != 0) {
		snprintf(line.phase, sizeof(line.phase), "%s", phase);
		line.phase_begun = t;
		line.phase_first = done;
	} else if (line.drawn && t - line.drawn_at < NEXT_AFTER) {
		return;
	}
	if (t - line.begun < FIRST_AFTER)
		return;

	progress_text(text, sizeof(text), screen_columns(), line.dot, line.unit,
		      line.phase, done, total, rate_at(t, done));
	fprintf(stderr, "\r%s\033[K", text);
	fflush(stderr);
	line.drawn = true;
	line.drawn_at = t;
}

void progress_clear(void)
{
	if (!line.drawn)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	line.drawn = false;
}

void progress_end(void)
{
	progress_clear();
	line.on = false;
}
