#include "crash/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/build.h"

static void die(const char *what)
{
	perror(what);
	abort();
}

const char *tree_path(const char *folder, const char *name)
{
	static char paths[16][512];
	static unsigned int next;
	char *path = paths[next++ % 16];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

char *tree_folder(void)
{
	const char *parent =
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	char *folder = strdup(tree_path(parent, "vsx-test-XXXXXX"));

	if (!folder || !mkdtemp(folder))
		die("mkdtemp");
	return folder;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Remove what is in a folder. */
static void clear(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	if (!d)
		die(folder);
	while ((e = readdir(d))) {
		char path[512];

		if (is_dots(e->d_name))
			continue;
		snprintf(path, sizeof(path), "%s",
			 tree_path(folder, e->d_name));
		if (e->d_type == DT_DIR)
			tree_remove(path);
		else if (unlink(path) < 0)
			die(path);
	}
	closedir(d);
}

void tree_remove(const char *folder)
{
	clear(folder);
	if (rmdir(folder) < 0)
		die(folder);
}

static void take(struct tree *t, const char *folder, const char *below)
{
	const char *path = *below ? tree_path(folder, below) : folder;
	DIR *d = opendir(path);
	struct dirent *e;

	if (!d)
		die(path);
	while ((e = readdir(d))) {
		struct tree_entry *x;

		if (is_dots(e->d_name))
			continue;
		t->entries = realloc(t->entries, (t->n + 1) * sizeof(*x));
		x = &t->entries[t->n++];
		*x = (struct tree_entry){.is_folder = e->d_type == DT_DIR};
		x->name = strdup(*below ? tree_path(below, e->d_name)
					: e->d_name);
		if (x->is_folder)
			take(t, folder, x->name);
		else
			x->bytes =
				support_read(tree_path(folder, x->name), &x->n);
	}
	closedir(d);
}

static int compare(const void *pa, const void *pb)
{
	const struct tree_entry *a = pa, *b = pb;

	return strcmp(a->name, b->name);
}

void tree_take(struct tree *t, const char *folder)
{
	*t = (struct tree){0};
	take(t, folder, "");
	if (t->n)
		qsort(t->entries, t->n, sizeof(*t->entries), compare);
}

void tree_write(const char *path, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || close(fd) < 0)
		die(path);
}

void tree_put(const struct tree *t, const char *folder)
{
	clear(folder);
	for (size_t i = 0; i < t->n; i++) {
		const struct tree_entry *e = &t->entries[i];
		const char *path = tree_path(folder, e->name);

		if (!e->is_folder)
			tree_write(path, e->bytes, e->n);
		else if (mkdir(path, 0700) < 0)
			die(path);
	}
}

void tree_release(struct tree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->entries[i].name);
		free(t->entries[i].bytes);
	}
	free(t->entries);
	*t = (struct tree){0};
}

const struct tree_entry *tree_find(const struct tree *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->entries[i].name, name) == 0)
			return &t->entries[i];
	return NULL;
}

static bool same(const struct tree_entry *a, const struct tree_entry *b)
{
	return strcmp(a->name, b->name) == 0 && a->is_folder == b->is_folder &&
	       a->n == b->n && (!a->n || memcmp(a->bytes, b->bytes, a->n) == 0);
}

const char *tree_differs(const struct tree *t, const char *folder)
{
	static char name[512];
	struct tree found;
	size_t i = 0;

	tree_take(&found, folder);
	while (i < t->n && i < found.n &&
	       same(&t->entries[i], &found.entries[i]))
		i++;
	name[0] = '\0';
	if (i < t->n || i < found.n)
		snprintf(name, sizeof(name), "%s",
			 i < found.n ? found.entries[i].name
				     : t->entries[i].name);
	tree_release(&found);
	return name[0] ? name : NULL;
}

size_t tree_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	if (!d)
		die("/proc/self/fd");
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

size_t tree_mappings(const char *folder)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[1024];
	size_t n = 0;

	if (!f)
		die("/proc/self/maps");
	while (fgets(line, sizeof(line), f))
		n += strstr(line, folder) != NULL;
	fclose(f);
	return n;
}
