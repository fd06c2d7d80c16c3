/* Where numbers lie along an axis, and which of them are written beside it. */
#ifndef VSX_BENCH_PLOT_AXIS_H
#define VSX_BENCH_PLOT_AXIS_H

#include <stdbool.h>

enum plot_scale {
	PLOT_LINEAR,
	PLOT_LOG,
	/* Shares from 0 to 1 by how little is missing to 1: 0.9, 0.99 and 0.999
	   are as far from one another, 1 stands a little beyond the last. */
	PLOT_MISSING,
	PLOT_NAMES, /* 0, 1, 2 ... are the places of names */
};

#define AXIS_TICKS 24
#define AXIS_TEXT  16

struct axis {
	enum plot_scale scale;
	bool upright;	    /* the y axis: labels need height, not width */
	double least, most; /* at its ends, on its scale */
	double floor;	    /* of PLOT_MISSING: what 1 is drawn as missing */
	bool has_one;	    /* of PLOT_MISSING: there are values of 1 */
	double from, to;    /* where the ends lie in the drawing */
	struct {
		double value;
		char text[AXIS_TEXT];
	} ticks[AXIS_TICKS];
	unsigned n_ticks;
};

/*
 * An axis that holds least to most. `missing` is the least share missing that
 * is not 0, for PLOT_MISSING; `names` are the n_names of PLOT_NAMES.
 */
struct axis_range {
	double least, most;
	double missing;
	bool from_zero; /* a linear axis begins at 0 */
	const char (*names)[AXIS_TEXT];
	unsigned n_names;
};
void axis_make(struct axis *a, enum plot_scale scale,
	       const struct axis_range *range);

/* Stretch it over the drawing, then choose ticks whose labels have room. */
void axis_place(struct axis *a, const struct axis_range *range, double from,
		double to);

double axis_at(const struct axis *a, double value);

/* 0.05, 12, 2.5k, 10M */
void axis_number(char to[AXIS_TEXT], double value);

#endif
