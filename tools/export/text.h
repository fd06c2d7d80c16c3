/* A row with all that it has, for formats that have a place for it. */
#ifndef VSX_TOOLS_EXPORT_TEXT_H
#define VSX_TOOLS_EXPORT_TEXT_H

#include "export/export.h"

struct export_row {
	uint64_t id;
	const char *key; /* VSX_MAX_KEY bytes; n_key 0: none */
	size_t n_key;
	const float *vector;
	const struct vsx_bytes *payload; /* n 0: none */
};

/*
 * Hand over rows one after the other, each with its vector, key and payload; of
 * the values of its fields `put` asks itself.
 */
typedef enum vsx_status export_put(struct export *e,
				   const struct export_row *row,
				   struct vsx_error *err);
enum vsx_status export_each(struct export *e, const uint64_t *ids, size_t n,
			    export_put *put, struct vsx_error *err);

/* Whether vsx-build takes a member or column of that name for something else
 * than a field. */
bool export_is_taken(const char *name);

#endif
