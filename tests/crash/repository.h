/* Repositories of backups: which snapshots they hold, and that they are sound.
 */
#ifndef CRASH_REPOSITORY_H
#define CRASH_REPOSITORY_H

#include <stdbool.h>

/* Up to 8 names, sorted. */
struct repository {
	char names[8][104];
	int n; /* -1: it cannot be read */
};

void repository_look(struct repository *r, const char *path);

/*
 * What is wrong with folder/repo, NULL if nothing is: it holds what both `old`
 * and `new` hold, and nothing that neither does; if `reported`, just what `new`
 * holds; every snapshot NAME gives the bytes of folder/NAME.vsx again.
 */
const char *repository_problem(const char *folder, const struct repository *old,
			       const struct repository *new, bool reported);

/* Make a further snapshot, and see whether it is one. */
const char *repository_goes_on(const char *folder);

#endif
