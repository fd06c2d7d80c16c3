/*
 * What a folder holds, in memory: to put it back, and to see what has changed.
 * Whatever fails here is a fault of the test: it says so and aborts.
 */
#ifndef CRASH_TREE_H
#define CRASH_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree_entry {
	char *name; /* below the folder: "x", "sub/x" */
	bool is_folder;
	uint8_t *bytes;
	size_t n;
};

/* Entries by rising name, a folder before what is in it. */
struct tree {
	struct tree_entry *entries;
	size_t n;
};

/* A new folder, in memory where there is some; to be freed. */
char *tree_folder(void);
/* Remove a folder and all that it holds. */
void tree_remove(const char *folder);

void tree_take(struct tree *t, const char *folder);
/* Let the folder hold just that. */
void tree_put(const struct tree *t, const char *folder);
void tree_release(struct tree *t);

/* NULL when there is none of that name. */
const struct tree_entry *tree_find(const struct tree *t, const char *name);
/* The first name that differs, NULL when the folder holds just that. */
const char *tree_differs(const struct tree *t, const char *folder);

/* "folder/name"; the last few results stay valid. */
const char *tree_path(const char *folder, const char *name);

/* Descriptors of this process, and what it has mapped of a folder's files. */
size_t tree_descriptors(void);
size_t tree_mappings(const char *folder);

void tree_write(const char *path, const void *bytes, size_t n);

#endif
