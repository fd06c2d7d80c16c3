/* The least of many numbers. */
#ifndef VSX_SELECT_H
#define VSX_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Put the n least of the `count` numbers first, in rising order if `sorted`.
 * They must be different.
 */
void vsx_least(uint64_t *x, size_t count, size_t n, bool sorted);

#endif
