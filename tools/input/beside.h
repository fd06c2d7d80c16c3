/*
 * A text file beside vectors whose line i, counted from 0, is what row i has:
 * its key, its payload, its fields. Lines are read as the rows are.
 */
#ifndef VSX_INPUT_BESIDE_H
#define VSX_INPUT_BESIDE_H

#include "vsx.h"

#include <stdbool.h>
#include <stddef.h>

enum beside_what {
	BESIDE_KEYS,
	BESIDE_PAYLOAD,
	BESIDE_FIELDS, /* JSON lines */
};

struct beside;

/*
 * fields  the list of input/fields.h
 * index   whose fields rows have, too; or NULL
 */
enum vsx_status beside_open(struct beside **out, const char *path,
			    enum beside_what what, const char *fields,
			    const struct vsx *index, struct vsx_error *err);
void beside_close(struct beside *beside); /* accepts NULL */

const char *beside_name(const struct beside *beside);

/*
 * The lines of the next n rows; *got is fewer at the end of the file alone.
 * *items [*got] live until the next call. VSX_EINVAL names a line that is no
 * key, too long, or no fields.
 */
enum vsx_status beside_read(struct beside *beside, size_t n, size_t *got,
			    const struct vsx_bytes **items,
			    struct vsx_error *err);

/* How many lines there are behind those that were read; reads on. */
enum vsx_status beside_count(struct beside *beside, uint64_t *more,
			     struct vsx_error *err);

/* Mean bytes of a line of the first ones, as they are kept, about; nothing is
   read by it. */
enum vsx_status beside_mean(struct beside *beside, double *bytes,
			    struct vsx_error *err);

/* Say on standard error what was left out of all rows. */
void beside_say(const struct beside *beside);

#endif
