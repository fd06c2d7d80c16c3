/* The tables of a report as text, before terminal, Markdown or HTML. */
#ifndef VSX_BENCH_SHEET_H
#define VSX_BENCH_SHEET_H

#include "bench/report/words.h"

#define SHEET_COLUMNS 16

enum sheet_kind {
	SHEET_SPEED,	/* recall, queries/s, build time */
	SHEET_COST,	/* latency, bytes, time to open */
	SHEET_COLD,	/* with nothing in memory */
	SHEET_GROWTH,	/* the same index over more and more rows */
	SHEET_FILTERED, /* where only some rows may be hits */
	SHEET_LOADS,	/* under load */
	SHEET_POINTS,	/* all that was measured, where that is more */
	SHEET_KINDS,
};

struct sheet_column {
	char heading[24];
	bool right; /* numbers */
	bool any;   /* a cell holds something; else it is not printed */
};

struct sheet {
	const char *title;
	struct sheet_column columns[SHEET_COLUMNS];
	uint32_t n_columns;
	char (*rows)[SHEET_COLUMNS][WORDS_CELL]; /* "" where not measured */
	uint32_t n_rows;
	bool failed; /* no memory */
};

/* Without rows where the report has nothing of the kind. */
enum vsx_status sheet_make(struct sheet *s, const struct report *r,
			   enum sheet_kind kind, struct vsx_error *err);
void sheet_release(struct sheet *s);

#endif
