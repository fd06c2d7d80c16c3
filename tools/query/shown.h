/* What answers show of rows beside their ids: keys, payload, fields. */
#ifndef VSX_TOOLS_QUERY_SHOWN_H
#define VSX_TOOLS_QUERY_SHOWN_H

#include "cli/values.h"
#include "vsx.h"

#include <stdbool.h>

/* What one row has of one field. */
struct shown_values {
	struct vsx_value *values; /* [n], owned; NULL: null */
	size_t n;
};

struct shown {
	const struct vsx *index;
	bool keys, payload;
	const struct value_field *fields; /* [n_fields], of the index */
	size_t n_fields;
	/* Of the rows that were fetched last; n 0: a row has none. */
	struct vsx_bytes *key, *payloads; /* [cap]; bytes are owned */
	struct shown_values *values;	  /* [cap][n_fields] */
	size_t n, cap;
};

/* What these n rows have. */
enum vsx_status shown_fetch(struct shown *s, const struct vsx_hit *hits,
			    size_t n, struct vsx_error *err);

/*
 * As one line of at most 200 bytes for people, or (most 0) of any length: a
 * blank stands for each line feed and tab, '?' for other control characters and
 * for what is no UTF-8. To be freed; NULL: no memory.
 */
char *shown_text(const struct vsx_bytes *bytes, size_t most);

/* The same of field f of row i. */
char *shown_value(const struct shown *s, size_t i, size_t f, size_t most);

/* Accepts a zeroed one. */
void shown_release(struct shown *s);

#endif
