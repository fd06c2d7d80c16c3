/* JSON lines whose line i, from 0, has the fields of row i. */
#ifndef VSX_INPUT_FIELDS_H
#define VSX_INPUT_FIELDS_H

#include "vsx.h"

struct field_rows {
	uint8_t *bytes;		 /* what the items are in */
	struct vsx_bytes *items; /* NULL: none were read */
	uint64_t n;
};

/*
 * spec  "lang:string,year:int,tags:[string]": which members of each line are
 *       fields, and of which type; others are left out. A member that is null,
 *       or is not there, is null
 * path  "-" is standard input
 *
 * VSX_EINVAL names the line and the member. `rows` is zeroed before; free it
 * also after a failure.
 */
enum vsx_status input_fields(const char *path, const char *spec,
			     struct field_rows *rows, struct vsx_error *err);
void field_rows_release(struct field_rows *rows);

#endif
