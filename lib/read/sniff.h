/* What a file seems to be that is not a VSX index. */
#ifndef VSX_SNIFF_H
#define VSX_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VSX_SNIFF_TEXT 96

/*
 * Look at the first n bytes of a file of `bytes` bytes (512 are enough) and
 * name it, as "a .npy file". fd: the same file, to look further. false: it is
 * nothing that is known here.
 */
bool vsx_sniff(char out[VSX_SNIFF_TEXT], const uint8_t *p, size_t n,
	       uint64_t bytes, int fd);

#endif
