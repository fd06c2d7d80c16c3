/* Where a run took place, for its report. */
#ifndef VSX_BENCH_MACHINE_H
#define VSX_BENCH_MACHINE_H

#include "bench/report/report.h"

/* Processor, system, version, commit and date. */
void machine_facts(struct report *r);

/* The command line, quoted so that a shell reads it as it was. */
void machine_command(struct report *r, int argc, char *const *argv);

#endif
