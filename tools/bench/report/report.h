/*
 * All that a run has measured, between the measuring and the printing: the
 * table, JSON, CSV, Markdown, plots and the HTML page are functions of this
 * structure and of nothing else. A number that was not measured is NaN.
 */
#ifndef VSX_BENCH_REPORT_H
#define VSX_BENCH_REPORT_H

#include "vsx.h"

#include <stdbool.h>
#include <stdio.h>

/* The median of repeats and how far they lay apart; spread.h has the rule. */
struct spread {
	double median;
	double relative; /* 0.06: the next run should lie within +- 6 % */
};

/* One engine, one index, one effort. */
struct point {
	uint32_t effort;       /* 0: there is nothing to turn */
	double refine;	       /* rows looked at for each of the k; 0: none */
	double recall[3];      /* at 1, 10, 100 */
	double recall_k;       /* at k: what plots and the target use */
	double mean_ms, sd_ms; /* of a query, one thread */
	double p50_ms, p95_ms, p99_ms, p999_ms;
	struct spread qps_1; /* queries a second, one thread */
	struct spread qps_n; /* with report.threads threads */
	double distances;    /* computed, mean a query */
	uint32_t repeats;
	/* --cold */
	double cold_ms, cold_faults, cold_bytes; /* means a query */
	bool shown;  /* in the table: the one at the target, or all */
	bool pareto; /* no other point of the series is better in both */
};

/* One index. */
struct series {
	char engine[16];      /* "VSX", "FAISS", "hnswlib" */
	char spec[64];	      /* "HNSW16" */
	char effort_name[16]; /* "ef", "nprobe", "" */
	char note[256];
	uint64_t n_rows;      /* it holds: several sizes make growth curves */
	double build_seconds; /* NaN: an existing file */
	uint64_t disk_bytes;
	uint64_t resident_bytes;
	double first_answer_ms; /* from a closed file to the first answer */
	struct point *points;	/* by rising effort */
	uint32_t n_points;
};

/* Searching under load, or by many. */
struct load {
	char what[16]; /* "clients", "threads", "processes", "writer" */
	char engine[16], spec[64];
	uint32_t effort;
	double refine;
	uint32_t n;  /* clients, threads or processes */
	double rate; /* arrivals a second asked for; NaN: as fast as it
			goes */
	double seconds;
	uint64_t n_sent, n_done, n_failed;
	double qps;
	double p50_ms, p95_ms, p99_ms, p999_ms, max_ms; /* from the arrival */
};

/* An index at the effort for the target, where only some rows may be hits. */
struct filtered {
	struct series of; /* without points */
	struct point point;
	double percent;	 /* of the rows, asked for */
	uint64_t n_pass; /* rows */
};

struct report {
	/* where and how */
	char command[1024]; /* the command line, quoted for a shell */
	char version[32], commit[48], date[32];
	char cpu[128], isa[16], system[128];
	uint32_t n_processors;
	uint64_t memory_bytes;
	uint64_t seed;
	/* what */
	char name[128], origin[256];
	uint64_t n_rows, n_queries;
	uint32_t dim, k, truth_k;
	enum vsx_metric metric;
	enum vsx_elem elem;
	double target;	      /* recall@k that rows of the table are for */
	bool curve;	      /* all points are shown */
	bool cold;	      /* the cold columns are measured */
	unsigned int threads; /* of qps_n */
	struct series *series;
	uint32_t n_series;
	struct load *loads;
	uint32_t n_loads;
	struct filtered *filtered;
	uint32_t n_filtered;
};

/* Nothing measured: all numbers NaN. */
struct point point_none(void);

/* Room for one more, all numbers NaN; NULL without memory. */
struct series *report_add_series(struct report *r);
struct point *series_add_point(struct series *s);
struct load *report_add_load(struct report *r);
struct filtered *report_add_filtered(struct report *r);
/* Set shown and pareto of every point, from target and curve. */
void report_choose(struct report *r);
void report_release(struct report *r);

/* Writers. Errors stay in the stream; see say_end(). */
enum vsx_status report_table(const struct report *r, FILE *to,
			     struct vsx_error *err);
void report_json(const struct report *r, FILE *to);
void report_csv(const struct report *r, FILE *to);
enum vsx_status report_markdown(const struct report *r, FILE *to,
				struct vsx_error *err);
enum vsx_status report_html(const struct report *r, const char *path,
			    struct vsx_error *err);
/* One .svg a plot into a folder, which is made if it is not there. */
enum vsx_status report_svg(const struct report *r, const char *folder,
			   struct vsx_error *err);

#endif
