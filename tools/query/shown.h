/* What answers show of rows beside their ids: keys and payload. */
#ifndef VSX_TOOLS_QUERY_SHOWN_H
#define VSX_TOOLS_QUERY_SHOWN_H

#include "vsx.h"

#include <stdbool.h>

struct shown {
	const struct vsx *index;
	bool keys, payload;
	/* Of the rows that were fetched last; n 0: a row has none. */
	struct vsx_bytes *key, *payloads; /* [cap]; bytes are owned */
	size_t n, cap;
};

/* What these n rows have. */
enum vsx_status shown_fetch(struct shown *s, const struct vsx_hit *hits,
			    size_t n, struct vsx_error *err);

/*
 * As one line of at most 200 bytes for people, or (most 0) of any length: '?'
 * stands for control characters, and for what is no UTF-8. To be freed; NULL:
 * no memory.
 */
char *shown_text(const struct vsx_bytes *bytes, size_t most);

/* Accepts a zeroed one. */
void shown_release(struct shown *s);

#endif
