/* What a file seems to be that is not a VSX index. */
#ifndef VSX_SNIFF_H
#define VSX_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/map.h"

#define VSX_SNIFF_TEXT 96

/*
 * Look at the first n bytes of a file (512 are enough) and name it, as "a .npy
 * file". from: all of it, to look further. false: it is nothing that is known
 * here.
 */
bool vsx_sniff(char out[VSX_SNIFF_TEXT], const uint8_t *p, size_t n,
	       const struct vsx_origin *from);

#endif
