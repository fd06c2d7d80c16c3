/* Which plots a report has. */
#ifndef VSX_BENCH_PLOTS_H
#define VSX_BENCH_PLOTS_H

#include "bench/plot/plot.h"
#include "bench/report/report.h"

#define PLOTS_MAX 16

enum plots_part {
	PLOTS_RECALL, /* speed against recall: the answer */
	PLOTS_LATENCY,
	PLOTS_COST,
	PLOTS_GROWTH,
	PLOTS_LOAD,
	PLOTS_PARTS,
};

struct plots {
	struct plot plots[PLOTS_MAX]; /* in the order of their parts */
	enum plots_part parts[PLOTS_MAX];
	unsigned n;
	bool failed; /* no memory */
};

/* Those for which there is something to show. */
enum vsx_status plots_make(struct plots *all, const struct report *r,
			   struct vsx_error *err);
void plots_release(struct plots *all);

/* plots_load.c: those of the loads, added to the rest. */
void plots_add_loads(struct plots *all, const struct report *r);

/* For the two files above: the next plot; kept if plots_keep() finds marks. */
struct plot *plots_next(struct plots *all, enum plots_part part,
			const char *name);
void plots_keep(struct plots *all);
struct plot_line *plots_line(struct plots *all, struct plot *p,
			     const char *label, unsigned style);
struct plot_mark *plots_mark(struct plots *all, struct plot_line *line,
			     double x, double y);

#endif
