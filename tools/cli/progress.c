#include "cli/clock.h"
#include "cli/progress.h"

#include <langinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define SHOWN_AFTER  0.5 /* seconds: a shorter phase would only flicker */
#define JUDGED_AFTER 1.0 /* what is left is not known from less */
#define NEXT_AFTER   0.2

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended;
static pthread_t drawer;

static struct {
	bool on;
	bool utf8;
	bool hidden; /* until the next update */
	bool drawn;
	const char *const *steps;
	size_t step, n_steps; /* step 0: not one of them */
	char phase[160], unit[16];
	uint64_t done, total;
	double begun;	/* of the phase */
	uint64_t first; /* done at its begin: not to be timed */
	double left;	/* as shown last; < 0: not yet */
} line;

static size_t screen_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1)
		return size.ws_col - 1u; /* the last column may wrap */
	return 79;
}

/* Whether a step, "training|linking", is of that phase. */
static bool is_step(const char *step, const char *phase)
{
	size_t len = strlen(phase);

	for (; step; step = strchr(step, '|') ? strchr(step, '|') + 1 : NULL)
		if (strncmp(step, phase, len) == 0 &&
		    (step[len] == '|' || step[len] == '\0'))
			return true;
	return false;
}

/* The next one of that name, as some come twice, or the first. */
static size_t find_step(const char *phase)
{
	size_t first = 0, n;

	for (n = 0; line.steps && line.steps[n]; n++) {
		if (!is_step(line.steps[n], phase))
			continue;
		if (n + 1 >= line.step)
			return n + 1;
		if (first == 0)
			first = n + 1;
	}
	return first;
}

/* An estimate that grew was wrong before: the one shown stays until it fits. */
static double left_at(double elapsed, double rate)
{
	double left;

	if (line.total == 0 || rate <= 0 || elapsed < JUDGED_AFTER)
		return -1;
	left = line.done < line.total ? (double)(line.total - line.done) / rate
				      : 0;
	if (line.left < 0 || left < line.left)
		line.left = left;
	return line.left;
}

static void draw(void)
{
	struct progress p = {
		.step = line.step,
		.n_steps = line.n_steps,
		.phase = line.phase,
		.unit = line.unit,
		.done = line.done,
		.total = line.total,
		.elapsed = clock_now() - line.begun,
	};
	char text[1024];

	if (!*line.phase || line.hidden || p.elapsed < SHOWN_AFTER)
		return;
	if (line.done > line.first)
		p.rate = (double)(line.done - line.first) / p.elapsed;
	p.left = left_at(p.elapsed, p.rate);
	progress_text(text, sizeof(text), screen_columns(), line.utf8, &p);
	fprintf(stderr, "\r%s\033[K", text);
	fflush(stderr);
	line.drawn = true;
}

static void clear(void)
{
	line.hidden = true;
	if (!line.drawn)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	line.drawn = false;
}

static void *keep_drawing(void *unused)
{
	pthread_mutex_lock(&lock);
	while (line.on) {
		double at = clock_now() + NEXT_AFTER;
		struct timespec until = {
			.tv_sec = (time_t)at,
			.tv_nsec = (long)((at - (double)(time_t)at) * 1e9),
		};

		if (pthread_cond_timedwait(&ended, &lock, &until) != 0)
			draw();
	}
	pthread_mutex_unlock(&lock);
	return unused;
}

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void in_parent(void)
{
	pthread_mutex_unlock(&lock);
}

/* The screen is the parent's, and so is the thread. */
static void in_child(void)
{
	line.on = line.drawn = false;
	pthread_mutex_unlock(&lock);
}

/* Signals are for the thread of main(), whose calls they are to end. */
static bool start_drawer(void)
{
	static bool forks_are_known;
	pthread_condattr_t monotonic;
	sigset_t all, before;
	bool ok;

	if (!forks_are_known &&
	    pthread_atfork(before_fork, in_parent, in_child) != 0)
		return false;
	forks_are_known = true;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&ended, &monotonic);
	pthread_condattr_destroy(&monotonic);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ok = pthread_create(&drawer, NULL, keep_drawing, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}

void progress_begin(bool quiet, const char *const *steps)
{
	const char *term = getenv("TERM");

	memset(&line, 0, sizeof(line));
	if (quiet || !isatty(STDERR_FILENO) ||
	    (term && strcmp(term, "dumb") == 0))
		return;
	line.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	line.steps = steps;
	while (steps && steps[line.n_steps])
		line.n_steps++;
	line.on = true;
	line.on = start_drawer();
}

void progress_update(const char *phase, const char *unit, uint64_t done,
		     uint64_t total)
{
	pthread_mutex_lock(&lock);
	if (line.on) {
		if (strncmp(line.phase, phase, sizeof(line.phase) - 1) != 0 ||
		    done < line.done) {
			snprintf(line.phase, sizeof(line.phase), "%s", phase);
			line.step = find_step(phase);
			line.begun = clock_now();
			line.first = done;
			line.left = -1;
		}
		snprintf(line.unit, sizeof(line.unit), "%s", unit);
		line.done = done;
		line.total = total;
		line.hidden = false;
	}
	pthread_mutex_unlock(&lock);
}

void progress_clear(void)
{
	pthread_mutex_lock(&lock);
	if (line.on)
		clear();
	pthread_mutex_unlock(&lock);
}

bool progress_is_drawn(void)
{
	return line.drawn;
}

void progress_end(void)
{
	pthread_mutex_lock(&lock);
	if (!line.on) {
		pthread_mutex_unlock(&lock);
		return;
	}
	clear();
	line.on = false;
	pthread_cond_signal(&ended);
	pthread_mutex_unlock(&lock);
	pthread_join(drawer, NULL);
	pthread_cond_destroy(&ended);
}
