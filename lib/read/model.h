/*
 * Which embedding model vectors are of, by what an index says of itself: a
 * name, other names of the same one, and a fingerprint, each of which may be
 * missing.
 */
#ifndef VSX_MODEL_H
#define VSX_MODEL_H

#include <stdbool.h>

#include "read/handle.h"

/* Members are NULL where nothing is known. */
struct vsx_model {
	const char *name;
	const char *hash;
	const char *aliases; /* with commas between them */
};

enum vsx_model_relation {
	VSX_MODEL_SAME,
	VSX_MODEL_RENAMED, /* the same by its hash, under another name */
	VSX_MODEL_UNKNOWN, /* there is nothing that both of them say */
	VSX_MODEL_OTHER_NAME,
	VSX_MODEL_OTHER_HASH,
};

/* What an index says; lives as long as the index. */
struct vsx_model vsx_model_of(const struct vsx *index);

/* Hashes decide where both have one, else names and aliases. */
enum vsx_model_relation vsx_model_compare(const struct vsx_model *a,
					  const struct vsx_model *b);

/* Whether `word` of that length is the name or one of the aliases. */
bool vsx_model_has_name(const struct vsx_model *m, const char *word,
			size_t length);

#endif
