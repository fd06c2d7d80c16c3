/*
 * The half of hdf5.c that calls libhdf5, in a process of its own: a file that
 * is made to crash the library ends that one.
 */
#ifndef VSX_BENCH_HDF5_SEND_H
#define VSX_BENCH_HDF5_SEND_H

#include "vsx_status.h"

#include <stdbool.h>
#include <stdint.h>

/* What both processes see: that one writes it, and sets the status last. */
struct hdf5_shared {
	uint32_t status;	   /* how it has ended */
	char text[VSX_ERROR_TEXT]; /* if not VSX_OK */
	char distance[32];	   /* the attribute, or "" */
};

/* On the pipe; elem[n][width] follows. */
struct hdf5_table {
	uint64_t n, width;
	uint32_t elem;
};

/*
 * Write train to a pipe, and with `queries` test and at most max_k neighbours
 * of each as u64, which have n 0 where the file has none.
 */
void hdf5_send(int fd, struct hdf5_shared *shared, const char *path,
	       bool queries, uint32_t max_k);

#endif
