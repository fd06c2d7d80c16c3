#include "cli/leftover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_PLACES 16

/* Of a file, that is kept whole in those of its hidden ones. */
#define LONGEST_NAME 200

/* Other threads go on while a folder is removed, and may put files there. */
#define MAX_TRIES 100

/*
 * A handler may come at any moment, and in any thread. So a path is changed
 * only by who has made its place BUSY, and a place that the handler has taken
 * is never given again.
 */
enum { FREE, BUSY, SET, TAKEN };

static struct {
	_Atomic int state;
	char path[PATH_MAX];
	char prefix[256]; /* of the names in the folder `path` that go; "":
			     all of it */
} places[MAX_PLACES];

static int move(int i, int from, int to)
{
	return atomic_compare_exchange_strong(&places[i].state, &from, to);
}

static int add(const char *path, size_t n, const char *prefix)
{
	if (n >= PATH_MAX)
		return -1;
	for (int i = 0; i < MAX_PLACES; i++)
		if (move(i, FREE, BUSY)) {
			memcpy(places[i].path, path, n);
			places[i].path[n] = '\0';
			strcpy(places[i].prefix, prefix);
			atomic_store(&places[i].state, SET);
			return i;
		}
	return -1;
}

int leftover_add(const char *path)
{
	return add(path, strlen(path), "");
}

void leftover_add_beside(const char *index)
{
	const char *slash = strrchr(index, '/');
	const char *name = slash ? slash + 1 : index;
	char prefix[sizeof(places[0].prefix)];

	if (strlen(name) > LONGEST_NAME)
		return;
	snprintf(prefix, sizeof(prefix), ".%s.tmp.%ld.", name, (long)getpid());
	add(slash ? index : ".", slash ? (size_t)(name - index) : 1, prefix);
}

void leftover_forget(int place)
{
	if (place >= 0)
		move(place, SET, FREE);
}

/* readdir() may wait for a lock that the interrupted code holds. */
static void empty(int folder, const char *prefix)
{
	_Alignas(struct dirent64) char entries[4096];
	size_t n_prefix = strlen(prefix);
	ssize_t n;

	while ((n = getdents64(folder, entries, sizeof(entries))) > 0)
		for (ssize_t at = 0; at < n;) {
			struct dirent64 *e = (void *)(entries + at);

			/* It does nothing to "." and "..". */
			if (strncmp(e->d_name, prefix, n_prefix) == 0)
				unlinkat(folder, e->d_name, 0);
			at += e->d_reclen;
		}
}

static void remove_folder(const char *path, const char *prefix)
{
	for (int i = 0; i < MAX_TRIES; i++) {
		int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (folder < 0)
			return;
		empty(folder, prefix);
		close(folder);
		if (*prefix || rmdir(path) == 0 || errno != ENOTEMPTY)
			return;
	}
}

void leftover_remove_all(void)
{
	for (int i = 0; i < MAX_PLACES; i++)
		if (move(i, SET, TAKEN) &&
		    (*places[i].prefix ||
		     (unlink(places[i].path) != 0 && errno == EISDIR)))
			remove_folder(places[i].path, places[i].prefix);
}
