#include "io/limit.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io/fd.h"

#define FRESH_SECONDS 1

/* No process that searches gets along with less: not worth a look. */
#define LEAST_LIMIT (UINT64_C(4) << 20)

uint64_t vsx_limit_of(const char *text)
{
	unsigned long long n;
	char *end;

	if (*text < '0' || *text > '9') /* strtoull() takes signs */
		return UINT64_MAX;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || (*end && *end != '\n'))
		return UINT64_MAX;
	return n;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t read_limit(const char *folder, const char *name)
{
	char path[PATH_MAX], text[64] = "";
	uint64_t limit = UINT64_MAX;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >=
	    (int)sizeof(path))
		return limit;
	f = vsx_fd_stream(path);
	if (!f)
		return limit;
	if (fgets(text, sizeof(text), f))
		limit = vsx_limit_of(text);
	fclose(f);
	return limit;
}

/* Whether a list of words between commas, or NULL, holds the word. */
static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (strncmp(list, word, n) == 0 &&
		    (list[n] == '\0' || list[n] == ','))
			return true;
	}
	return false;
}

/* Undo \040 and its like, in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' &&
		    s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
				       (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* A hierarchy of groups: which part of it is mounted, and where. */
struct mount {
	char *root, *point; /* in the line that they were read from */
	bool v2;
};

/*
 * "36 35 98:0 /root /point options [more]... - type source super-options", of a
 * hierarchy that limits memory.
 */
static bool parse_mount(struct mount *m, char *line)
{
	char *rest = strstr(line, " - "), *save = NULL, *field = NULL;
	char *type, *super;

	if (!rest)
		return false;
	*rest = '\0';
	type = strtok_r(rest + 3, " \n", &save);
	if (!type || !strtok_r(NULL, " \n", &save))
		return false;
	super = strtok_r(NULL, " \n", &save);
	m->v2 = strcmp(type, "cgroup2") == 0;
	if (!m->v2 &&
	    (strcmp(type, "cgroup") != 0 || !has_word(super, "memory")))
		return false;
	for (int i = 0; i < 5; i++) {
		field = strtok_r(i ? NULL : line, " ", &save);
		if (!field)
			return false;
		if (i == 3)
			m->root = field;
	}
	m->point = field;
	unescape(m->root);
	unescape(m->point);
	return true;
}

/* The path in "N:controllers:path" if the line is of that hierarchy. */
static char *parse_group(char *line, bool v2)
{
	char *controllers = strchr(line, ':'), *path;

	if (!controllers)
		return NULL;
	*controllers++ = '\0';
	path = strchr(controllers, ':');
	if (!path)
		return NULL;
	*path++ = '\0';
	path[strcspn(path, "\n")] = '\0';
	if (v2 ? strcmp(line, "0") != 0 || *controllers
	       : !has_word(controllers, "memory"))
		return NULL;
	return path;
}

/*
 * A group's path below the mount point. Inside of a container the mount may
 * show a part of the hierarchy, and the group may lie outside of what is shown:
 * then the top of what is shown is the nearest.
 */
static const char *below(const char *group, const char *root)
{
	size_t n = strlen(root);

	if (n && root[n - 1] == '/')
		n--;
	if (strncmp(group, root, n) != 0 || (group[n] && group[n] != '/') ||
	    strstr(group, "/.."))
		return "";
	return group + n;
}

/* From the group up to the mount point. */
static uint64_t climb(const char *prefix, const struct mount *m,
		      const char *group)
{
	char path[PATH_MAX];
	int top = snprintf(path, sizeof(path), "%s%s", prefix, m->point);
	uint64_t limit = UINT64_MAX;
	int n = top;

	if (n >= (int)sizeof(path))
		return limit;
	n += snprintf(path + n, sizeof(path) - (size_t)n, "%s",
		      below(group, m->root));
	if (n >= (int)sizeof(path))
		return limit;
	for (;;) {
		if (m->v2) {
			limit = least(limit, read_limit(path, "memory.max"));
			limit = least(limit, read_limit(path, "memory.high"));
		} else {
			limit = least(
				limit,
				read_limit(path, "memory.limit_in_bytes"));
		}
		while (n > top && path[n - 1] != '/')
			n--;
		if (n <= top)
			return limit;
		path[--n] = '\0';
	}
}

static FILE *open_below(const char *root, const char *path)
{
	char full[PATH_MAX];

	if (snprintf(full, sizeof(full), "%s%s", root, path) >=
	    (int)sizeof(full))
		return NULL;
	return vsx_fd_stream(full);
}

static uint64_t limit_in(const char *root, const struct mount *m)
{
	FILE *groups = open_below(root, "/proc/self/cgroup");
	uint64_t limit = UINT64_MAX;
	char *line = NULL;
	size_t cap = 0;

	if (!groups)
		return limit;
	while (getline(&line, &cap, groups) > 0) {
		const char *group = parse_group(line, m->v2);

		if (group)
			limit = least(limit, climb(root, m, group));
	}
	free(line);
	fclose(groups);
	return limit;
}

uint64_t vsx_group_limit(const char *root)
{
	FILE *mounts = open_below(root, "/proc/self/mountinfo");
	uint64_t limit = UINT64_MAX;
	struct mount m;
	char *line = NULL;
	size_t cap = 0;

	if (!mounts)
		return limit;
	/* A machine may have both versions mounted, one of them limiting. */
	while (getline(&line, &cap, mounts) > 0)
		if (parse_mount(&m, line))
			limit = least(limit, limit_in(root, &m));
	free(line);
	fclose(mounts);
	return limit;
}

static uint64_t machine_memory(void)
{
	/* -1 pages, should it not be known, are no limit either. */
	return (uint64_t)sysconf(_SC_PHYS_PAGES) *
	       (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t vsx_memory_limit(void)
{
	static _Atomic uint64_t limit;
	static _Atomic int64_t asked; /* second, from 1 on */
	struct timespec t;
	uint64_t found;

	clock_gettime(CLOCK_MONOTONIC, &t);
	/* Who sees the second sees the limit of it, or a later one. */
	if (atomic_load(&asked) &&
	    t.tv_sec + 1 - atomic_load(&asked) < FRESH_SECONDS)
		return atomic_load(&limit);
	found = least(machine_memory(), vsx_group_limit(""));
	atomic_store(&limit, found);
	atomic_store(&asked, (int64_t)t.tv_sec + 1);
	return found;
}

bool vsx_fits_memory(uint64_t bytes, uint64_t memory)
{
	if (memory)
		return bytes <= memory;
	return bytes <= LEAST_LIMIT || bytes <= vsx_memory_limit();
}

enum vsx_status vsx_may_hold(uint64_t bytes, const char *what,
			     struct vsx_error *err)
{
	if (vsx_fits_memory(bytes, 0))
		return VSX_OK;
	return vsx_fail(err, VSX_ENOMEM,
			"no memory for %s of %llu bytes: this process may use "
			"%llu",
			what, (unsigned long long)bytes,
			(unsigned long long)vsx_memory_limit());
}
