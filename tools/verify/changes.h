/* What changed most from the release before to this one. */
#ifndef VSX_VERIFY_CHANGES_H
#define VSX_VERIFY_CHANGES_H

#include "cli/json.h"
#include "vsx_status.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CHANGES_SHOWN 5

/* A query whose first answers are others. */
struct changed_query {
	char label[96];
	size_t kept, of;
};

/* An id that left the answers of some queries and new in answers of others. */
struct changed_id {
	uint64_t id;
	uint64_t gone, come;
};

/* An id whose vector is another. */
struct changed_vector {
	uint64_t id;
	double cosine; /* between the two */
};

/* The most changed of each, most first. */
struct changes {
	struct changed_query queries[CHANGES_SHOWN];
	struct changed_id ids[CHANGES_SHOWN];
	struct changed_vector vectors[CHANGES_SHOWN];
	size_t n_queries, n_ids, n_vectors;
};

/* Take it in if it is among the most changed so far. */
void changes_query(struct changes *c, const char *label, size_t kept,
		   size_t of);
void changes_id(struct changes *c, uint64_t id, uint64_t gone, uint64_t come);
void changes_vector(struct changes *c, uint64_t id, double cosine);

enum vsx_status changes_print(const struct changes *c, FILE *to,
			      struct vsx_error *err);
/* The arrays "changed_queries", "changed_ids" and "changed_vectors". */
void changes_json(const struct changes *c, struct json *j);

#endif
