/*
 * What writers do, each as one call: for tests that record it, let it fail or
 * end it at every point. Adding an operation is adding a line to the list.
 */
#ifndef CRASH_OPERATIONS_H
#define CRASH_OPERATIONS_H

#include <stdbool.h>

#include "io/fileops.h"
#include "vsx_write.h"

struct operation {
	const char *name;
	const char *spec; /* of the index that it makes or changes */
	/* Put the files that it starts from into an empty folder. */
	void (*prepare)(const struct operation *op, const char *folder);
	enum vsx_status (*run)(const struct operation *op, const char *folder,
			       const struct vsx_file_ops *ops,
			       struct vsx_error *err);
	const char *output; /* the file that it makes or changes */
	bool in_place;	    /* it appends to it */
	bool replaces;	    /* it makes it anew; there is one before */
	bool is_repo;	    /* `output` is a repository of backups */
};

extern const struct operation operations[];
extern const size_t n_operations;

enum { OP_DIM = 64, OP_ROWS = 120 };

/* How much less is tried where everything takes longer, unless it is asked for.
 */
#ifdef __SANITIZE_ADDRESS__
#define OP_COARSE 5
#else
#define OP_COARSE 1
#endif

/* Component d of the row with an id, in its version 0, 1, ... */
float op_component(uint64_t id, uint32_t version, uint32_t d);

/* Heard by all operations; NULL: by nobody. */
extern vsx_build_report *op_report;
extern void *op_context;

/* The same, but of VSX_SPEC if that is set. */
struct operation op_get(size_t i);

/* Add n rows from `first` on, and commit. */
enum vsx_status op_add(const char *path, uint64_t first, size_t n,
		       uint32_t version, const struct vsx_update_opts *opts,
		       const struct vsx_file_ops *ops, struct vsx_error *err);

/* A number from the environment, or `other`. */
uint64_t op_number(const char *name, uint64_t other);

#endif
