/* gzip and zstd data, unpacked as they are read. Private to input/. */
#ifndef VSX_INPUT_UNPACK_H
#define VSX_INPUT_UNPACK_H

#include "vsx_status.h"

#include <stddef.h>
#include <stdint.h>

struct unpack;

/* Gives the next packed bytes; fewer than asked for only at the end. */
typedef enum vsx_status unpack_from(void *context, uint8_t *to, size_t bytes,
				    size_t *got, struct vsx_error *err);

/* "gzip" or "zstd" where the first bytes are such data, or NULL. */
const char *unpack_kind(const uint8_t *head, size_t len);

/*
 * name  of the file, for messages; outlives it
 *
 * VSX_EINVAL where this program was built without the library for the kind.
 */
enum vsx_status unpack_new(struct unpack **out, const char *kind,
			   const char *name, unpack_from *from, void *context,
			   struct vsx_error *err);
void unpack_free(struct unpack *u); /* accepts NULL */

/*
 * The next bytes; fewer than asked for only at the end. Members and frames that
 * follow each other are read as one. VSX_EINVAL for data that end early or are
 * damaged. Memory does not depend on the data: a zstd window is at most 128
 * MiB.
 */
enum vsx_status unpack_read(struct unpack *u, uint8_t *to, size_t bytes,
			    size_t *got, struct vsx_error *err);

#endif
