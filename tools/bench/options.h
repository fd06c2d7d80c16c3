/* The command line of vsx-bench. */
#ifndef VSX_BENCH_OPTIONS_H
#define VSX_BENCH_OPTIONS_H

#include "bench/data/dataset.h"
#include "bench/measure/measure.h"
#include "cli/options.h"

#define FILTERS_MOST 16

struct bench_options {
	const char *data;
	const char *synthetic, *queries, *ground_truth, *work_dir;
	const char *html, *svg, *golden, *rejects;
	struct cli_list specs, indexes;
	struct cli_counts sizes; /* rising, without doubles */
	uint64_t intrinsic, n_queries, k, seed, threads, ef_construction;
	uint64_t ef, nprobe, effort, clients, golden_queries;
	double recall, refine, seconds, rate, duration;
	const char *filter;
	double filters[FILTERS_MOST]; /* percent */
	size_t n_filters;
	int metric, elem;
	bool skip_bad, curve, cold, concurrency, json, csv, markdown, quiet;
};

/*
 * Parse and check. CLI_GO_ON, or the code to leave with. What it has
 * allocated, options_release() frees.
 */
int options_parse(struct bench_options *o, int argc, char **argv);
void options_release(struct bench_options *o);

/* The two structures of the work, without their folder. */
void options_of_data(struct dataset_opts *to, const struct bench_options *o);
void options_of_measuring(struct measure_opts *to,
			  const struct bench_options *o);

/* Whether anything is to be measured, or only a golden file written. */
bool options_measure(const struct bench_options *o);

#endif
