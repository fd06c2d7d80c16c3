/*
 * The half of hdf5.c that calls libhdf5, in a process of its own: a file that
 * is made to crash the library ends that one.
 */
#ifndef VSX_BENCH_HDF5_SEND_H
#define VSX_BENCH_HDF5_SEND_H

#include "vsx_status.h"

#include <stdbool.h>
#include <stdint.h>

enum hdf5_kind {
	HDF5_DISTANCE,	/* text is the attribute, or "" */
	HDF5_TRAIN,	/* elem[n][width] follows in blocks */
	HDF5_TEST,	/* the same */
	HDF5_NEIGHBORS, /* u64[n][width] does */
	HDF5_BLOCK,	/* n bytes follow */
	HDF5_END,	/* status, and text if it is not VSX_OK */
};

struct hdf5_record {
	uint32_t kind, status, elem;
	uint64_t n, width;
	char text[VSX_ERROR_TEXT];
};

/* Write records to a pipe, the last of them HDF5_END. */
void hdf5_send(int fd, const char *path, bool queries, uint32_t max_k);

#endif
