#include "bench/plot/axis.h"

#include "bench/plot/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LABEL_SIZE   12.0
#define LABEL_GAP    14.0 /* between labels in a row */
#define LABEL_HEIGHT 22.0 /* from line to line */

/* 1, 2 and 5 times the powers of ten are numbered: 10^n is number 3 n. */
static double step_value(int number)
{
	static const double mantissa[] = {1, 2, 5};
	int power = (number >= 0 ? number : number - 2) / 3;

	return mantissa[number - 3 * power] * pow(10, power);
}

/* The greatest step that is at most the value; values lie above 0. */
static int step_below(double value)
{
	int number = 3 * (int)floor(log10(value)) + 3;

	while (step_value(number) > value * (1 + 1e-9))
		number--;
	return number;
}

static int step_above(double value)
{
	int number = step_below(value);

	return step_value(number) < value * (1 - 1e-9) ? number + 1 : number;
}

void axis_number(char to[AXIS_TEXT], double value)
{
	static const char *const units[] = {"", "k", "M", "G", "T"};
	unsigned unit = 0;

	for (; fabs(value) >= 999.5 && unit < 4; unit++)
		value /= 1000;
	snprintf(to, AXIS_TEXT, "%.4g%s", value, units[unit]);
}

/* Where a value lies on the scale itself. */
static double on_scale(const struct axis *a, double value)
{
	switch (a->scale) {
	case PLOT_LOG:
		return log10(value > 1e-300 ? value : 1e-300);
	case PLOT_MISSING:
		return -log10(fmax(1 - value, a->floor));
	case PLOT_LINEAR:
	case PLOT_NAMES:
		break;
	}
	return value;
}

double axis_at(const struct axis *a, double value)
{
	double share = (on_scale(a, value) - a->least) / (a->most - a->least);

	return a->from + share * (a->to - a->from);
}

static void make_linear(struct axis *a, const struct axis_range *range)
{
	double least = range->from_zero ? 0 : range->least;
	double most = range->most > least ? range->most : least + 1;
	double step = step_value(step_above((most - least) / 8));

	a->least = floor(least / step + 1e-9) * step;
	a->most = ceil(most / step - 1e-9) * step;
}

static void make_log(struct axis *a, const struct axis_range *range)
{
	/* No mark lies on the edge, and one alone has room on both sides. */
	int first = step_below(range->least * 0.95);
	int last = step_above(range->most * 1.05);

	a->least = log10(step_value(first));
	a->most = log10(step_value(last));
}

static void make_missing(struct axis *a, const struct axis_range *range)
{
	double all = fmin(fmax(1 - range->least, 0.1), 1);
	double least = range->missing > 0 ? range->missing : 0.01;

	a->has_one = range->most >= 1;
	a->floor = fmin(least, all / 5) / (a->has_one ? 2.5 : 1.1);
	a->least = -log10(fmin(step_value(step_above(all)), 1));
	a->most = -log10(a->floor);
}

void axis_make(struct axis *a, enum plot_scale scale,
	       const struct axis_range *range)
{
	memset(a, 0, sizeof(*a));
	a->scale = scale;
	a->to = 1;
	switch (scale) {
	case PLOT_LINEAR:
		make_linear(a, range);
		break;
	case PLOT_LOG:
		make_log(a, range);
		break;
	case PLOT_MISSING:
		make_missing(a, range);
		break;
	case PLOT_NAMES:
		a->least = -0.5;
		a->most = (double)range->n_names - 0.5;
		break;
	}
}

static bool holds(const struct axis *a, double value)
{
	double at = on_scale(a, value), play = (a->most - a->least) * 1e-6;

	return at >= a->least - play && at <= a->most + play;
}

static void add_tick(struct axis *a, double value, const char *text)
{
	if (a->n_ticks == AXIS_TICKS || !holds(a, value))
		return;
	a->ticks[a->n_ticks].value = value;
	snprintf(a->ticks[a->n_ticks].text, AXIS_TEXT, "%s", text);
	a->n_ticks++;
}

/*
 * Ticks grow fewer with the level. Steps: all of 1, 2, 5; then 1 and 5; then
 * powers of ten; then each second power, each third.
 */
static bool is_step_of(int level, int number)
{
	int rest = ((number % 3) + 3) % 3;

	if (level == 0)
		return true;
	if (level == 1)
		return rest != 1;
	return rest == 0 && (number / 3) % (level - 1) == 0;
}

static void log_ticks(struct axis *a, int level)
{
	int first = step_below(pow(10, a->least));
	int last = step_above(pow(10, a->most));
	char text[AXIS_TEXT];

	for (int number = first; number <= last; number++) {
		double value = step_value(number);

		if (!is_step_of(level, number))
			continue;
		axis_number(text, value);
		add_tick(a, value, text);
	}
}

static void missing_ticks(struct axis *a, int level)
{
	int first = step_above(pow(10, -a->least));
	int last = step_above(a->floor);
	char text[AXIS_TEXT];

	for (int number = first; number >= last; number--) {
		double missing = step_value(number);

		/* 0 and 1 have no part in the thinning. */
		if (missing < 1 && !is_step_of(level, number))
			continue;
		snprintf(text, sizeof(text), "%.9g", 1 - missing);
		add_tick(a, 1 - missing, text);
	}
	if (a->has_one)
		add_tick(a, 1, "1");
}

static void linear_ticks(struct axis *a, int level)
{
	double range = a->most - a->least;
	double step = step_value(step_above(range / 8) + level);
	char text[AXIS_TEXT];

	/* + 0.0: no label says -0 */
	for (double n = ceil(a->least / step - 1e-9) + 0.0;
	     n * step <= a->most + range * 1e-9 && a->n_ticks < AXIS_TICKS;
	     n++) {
		axis_number(text, n * step);
		add_tick(a, n * step, text);
	}
}

static void name_ticks(struct axis *a, const struct axis_range *range,
		       int level)
{
	for (unsigned i = 0; i < range->n_names; i += 1 + (unsigned)level)
		add_tick(a, i, range->names[i]);
}

/* Whether the label of tick i leaves no room to the next. */
static bool collides(const struct axis *a, unsigned i)
{
	double apart = fabs(axis_at(a, a->ticks[i + 1].value) -
			    axis_at(a, a->ticks[i].value));
	double half = text_width(a->ticks[i].text, LABEL_SIZE / 2) +
		      text_width(a->ticks[i + 1].text, LABEL_SIZE / 2);

	return apart < (a->upright ? LABEL_HEIGHT : half + LABEL_GAP);
}

/* The 1 of PLOT_MISSING stands where it stands: it pushes others away. */
static void clear_before_last(struct axis *a)
{
	while (a->n_ticks >= 2 && collides(a, a->n_ticks - 2)) {
		a->ticks[a->n_ticks - 2] = a->ticks[a->n_ticks - 1];
		a->n_ticks--;
	}
}

static bool any_collides(const struct axis *a)
{
	for (unsigned i = 0; i + 1 < a->n_ticks; i++) {
		if (collides(a, i))
			return true;
	}
	return false;
}

void axis_place(struct axis *a, const struct axis_range *range, double from,
		double to)
{
	a->from = from;
	a->to = to;
	for (int level = 0; level < AXIS_TICKS; level++) {
		a->n_ticks = 0;
		switch (a->scale) {
		case PLOT_LINEAR:
			linear_ticks(a, level);
			break;
		case PLOT_LOG:
			log_ticks(a, level);
			break;
		case PLOT_MISSING:
			missing_ticks(a, level);
			clear_before_last(a);
			break;
		case PLOT_NAMES:
			name_ticks(a, range, level);
			break;
		}
		if (!any_collides(a))
			return;
	}
}
