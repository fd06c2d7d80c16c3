/*
 * Rows to measure with: clusters in 12 dimensions, seen through a random
 * matrix, as whole numbers from 0 to 255, which every element type holds.
 */
#ifndef BENCH_MADE_H
#define BENCH_MADE_H

#include "vsx_write.h"

#define MADE_ROWS    20000u
#define MADE_DIM     64u
#define MADE_QUERIES 500u

/* [n][MADE_DIM], never freed. Queries are other rows of the same clusters. */
const float *made_rows(size_t n);
const float *made_queries(void);

/*
 * Build spec over n of the rows, by one thread and without an acceptance test;
 * replaces the file.
 */
void made_build(const char *path, const char *spec, enum vsx_elem elem,
		size_t n);

/* The path of such an index of all rows in rows_folder(), built if it is not
   there. */
void made_index(char path[1024], const char *spec, enum vsx_elem elem);

#endif
