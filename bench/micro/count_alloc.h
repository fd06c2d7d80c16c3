/* Calls of malloc() and its kind by this program, its libraries included. */
#ifndef BENCH_COUNT_ALLOC_H
#define BENCH_COUNT_ALLOC_H

#include <stddef.h>

size_t count_alloc(void); /* so far */

#endif
