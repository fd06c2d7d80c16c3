/* The header of a .npy file. Works on bytes in memory; private to input/. */
#ifndef VSX_INPUT_NPY_HEADER_H
#define VSX_INPUT_NPY_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NPY_MAGIC_BYTES 6
#define NPY_FRAME_BYTES 12    /* magic, version and the longer length field */
#define NPY_MAX_HEADER	10000 /* what NumPy itself accepts */
#define NPY_MAX_NDIM	32

struct npy_header {
	char descr[16];
	bool fortran;
	size_t ndim;
	uint64_t shape[NPY_MAX_NDIM];
};

bool npy_magic(const uint8_t *head, size_t len);

/*
 * The frame in front of the dict: sets where the dict starts and its length.
 * Returns NULL, or what is wrong with it.
 */
const char *npy_frame(const uint8_t frame[NPY_FRAME_BYTES], size_t *dict_at,
		      uint32_t *dict_bytes);

/*
 * The dict: a Python literal with the keys descr, fortran_order and shape,
 * each once, and no other. Returns NULL, or what is wrong with it and, in *at,
 * at which byte of the dict.
 */
const char *npy_parse(struct npy_header *header, const char *dict, size_t len,
		      size_t *at);

#endif
