/* Strings of the rows of a batch, one behind the other. Private to input/. */
#ifndef VSX_INPUT_TEXTS_H
#define VSX_INPUT_TEXTS_H

#include "vsx.h"

#include <stdbool.h>

struct texts {
	uint8_t *bytes;
	size_t used, room;
	struct vsx_bytes *items; /* those of texts_items() */
	size_t n, items_room;
	bool any; /* one is not empty */
};

/* Accepts a zeroed one, as all of these. */
void texts_release(struct texts *t);
void texts_clear(struct texts *t);

/* One more; n 0: the row has none. */
enum vsx_status texts_add(struct texts *t, const void *bytes, size_t n,
			  struct vsx_error *err);

/* [t->n], until it changes; NULL where none has a byte. */
const struct vsx_bytes *texts_items(struct texts *t);

#endif
