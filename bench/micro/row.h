/*
 * What the micro programs have in common. Each prints a line for each figure,
 *
 *	name <TAB> unit <TAB> value
 *
 * or, with --pretty, columns with a remark. In a unit with '/s', and in
 * "share", more is better; in all others less is. Times are CPU times of the
 * process, and the best of several runs: other work on the machine only adds.
 */
#ifndef BENCH_ROW_H
#define BENCH_ROW_H

#include <stdbool.h>
#include <stddef.h>

struct vsx_error;

/*
 * Options: --pretty; --folder DIR, where index files are kept for the next
 * run. Without it they are made in a folder that rows_end() removes.
 */
void rows_begin(int argc, char **argv);
bool rows_are_pretty(void);
const char *rows_folder(void);
int rows_end(void); /* for main() to return */

/* remark may be NULL. */
void row(const char *unit, double value, const char *remark, const char *name,
	 ...) __attribute__((format(printf, 4, 5)));

double cpu_ns(void);

/* Least of what one() returns in n calls. */
double least_of(int n, double (*one)(void *context), void *context);

/* Say what went wrong and leave. */
void die(const char *what) __attribute__((noreturn));

#endif
