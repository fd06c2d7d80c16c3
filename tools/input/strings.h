/* A text file whose line i, from 0, is what row i has: its key, its payload. */
#ifndef VSX_INPUT_STRINGS_H
#define VSX_INPUT_STRINGS_H

#include "input/labels.h"
#include "vsx_types.h"

struct strings {
	struct labels lines;
	struct vsx_bytes *items; /* borrowed from these; NULL: none were read */
	uint64_t n;
};

/*
 * "-" is standard input. Line ends as for labels. VSX_EINVAL names a line that
 * is no key, or longer than a payload may be. `strings` is zeroed before; free
 * it also after a failure.
 */
enum vsx_status input_keys(const char *path, struct strings *strings,
			   struct vsx_error *err);
enum vsx_status input_payload(const char *path, struct strings *strings,
			      struct vsx_error *err);

void strings_release(struct strings *strings);

#endif
