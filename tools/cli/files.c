#include "cli/files.h"

#include "cli/array.h"
#include "cli/fail.h"
#include "cli/leftover.h"
#include "cli/standard.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define MAX_LINKS  40
#define PROC_MAGIC 0x9fa0 /* of statfs(2) */

struct use {
	char *path;
	bool written;
};

static struct {
	struct use *items;
	size_t n;
	bool failed; /* no memory */
} list;

static void add(const char *path, bool written)
{
	struct use *items;
	char *copy;

	if (!path)
		return;
	items = array_one_more(list.items, list.n, sizeof(*items));
	if (items)
		list.items = items;
	copy = items ? strdup(path) : NULL;
	if (copy)
		list.items[list.n++] = (struct use){copy, written};
	else
		list.failed = true;
}

void files_read(const char *path)
{
	add(path, false);
}

void files_read_all(char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add(paths[i], false);
}

void files_write(const char *path)
{
	add(path, true);
}

/* ---- following links -------------------------------------------------- */

/* The folder of a path, to be freed. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static bool is_of_proc(const char *path)
{
	char *folder = folder_of(path);
	struct statfs fs;
	bool is = folder && statfs(folder, &fs) == 0 && fs.f_type == PROC_MAGIC;

	free(folder);
	return is;
}

/* Where the link leads, from where it is; NULL: it cannot be told. */
static char *step(const char *path)
{
	char to[PATH_MAX], *folder, *next;
	ssize_t n = readlink(path, to, sizeof(to) - 1);

	if (n < 0)
		return NULL;
	to[n] = '\0';
	if (*to == '/')
		return strdup(to);
	folder = folder_of(path);
	if (!folder || asprintf(&next, "%s/%s", folder, to) < 0)
		next = NULL;
	free(folder);
	return next;
}

char *files_follow(const char *path)
{
	char *at = strdup(path);

	for (int i = 0; at && i < MAX_LINKS; i++) {
		struct stat st;
		char *next;

		if (lstat(at, &st) < 0 || !S_ISLNK(st.st_mode) ||
		    is_of_proc(at))
			return at;
		next = step(at);
		free(at);
		at = next;
	}
	if (at)
		errno = ELOOP;
	free(at);
	return NULL;
}

/* ---- which file ------------------------------------------------------- */

/* A file, or the place of one that is to be made. */
struct place {
	bool known;
	bool by_number; /* a descriptor, or a path to one */
	bool is_folder; /* dev, ino are of the folder, and `name` is in it */
	dev_t dev;
	ino_t ino;
	const char *name;
	char *path; /* that owns it */
};

/* Only of regular files: reading and writing one terminal is no harm. */
static void take(struct place *p, const struct stat *st)
{
	p->known = S_ISREG(st->st_mode);
	p->dev = st->st_dev;
	p->ino = st->st_ino;
}

static struct place place_of(const struct use *use)
{
	struct place p = {.known = false};
	struct stat st;
	char *folder;

	if (strcmp(use->path, "-") == 0) {
		p.by_number = true;
		if (fstat(use->written ? STDOUT_FILENO : STDIN_FILENO, &st) ==
		    0)
			take(&p, &st);
		return p;
	}
	if (!use->written) {
		if (stat(use->path, &st) == 0)
			take(&p, &st);
		return p;
	}
	p.path = files_follow(use->path);
	if (!p.path)
		return p;
	p.by_number = is_of_proc(p.path);
	if (stat(p.path, &st) == 0) {
		take(&p, &st);
		return p;
	}
	folder = folder_of(p.path);
	if (folder && stat(folder, &st) == 0) {
		const char *slash = strrchr(p.path, '/');

		p.known = p.is_folder = true;
		p.dev = st.st_dev;
		p.ino = st.st_ino;
		p.name = slash ? slash + 1 : p.path;
	}
	free(folder);
	return p;
}

static bool same(const struct place *a, const struct place *b)
{
	return a->known && b->known && a->dev == b->dev && a->ino == b->ino &&
	       a->is_folder == b->is_folder &&
	       (!a->is_folder || strcmp(a->name, b->name) == 0);
}

/* ---- checking --------------------------------------------------------- */

#define SHOWN_BYTES (TOOL_NAME_BYTES + 2)

/* The path in quotes, or what it stands for. */
static char *show(char to[SHOWN_BYTES], const char *path, const char *standard)
{
	char name[TOOL_NAME_BYTES];

	if (!path || strcmp(path, "-") == 0)
		snprintf(to, SHOWN_BYTES, "%s", standard);
	else
		snprintf(to, SHOWN_BYTES, "'%s'", tool_name(name, path));
	return to;
}

/* output: NULL is what `standard` says. */
static enum vsx_status refuse(const char *output, const char *standard,
			      const struct use *other, struct vsx_error *err)
{
	char a[SHOWN_BYTES], b[SHOWN_BYTES];

	if (other->written)
		return tool_fail(err, VSX_EINVAL,
				 "%s and %s are the same file, and both "
				 "would be written",
				 show(a, output, standard),
				 show(b, other->path, "standard output"));
	return tool_fail(err, VSX_EINVAL,
			 "%s would be written, but is the same file as the "
			 "input %s",
			 show(a, output, standard),
			 show(b, other->path, "standard input"));
}

/* What the shell has opened for us. */
static enum vsx_status check_standard(const struct place *places,
				      struct vsx_error *err)
{
	static const char *const names[] = {NULL, "standard output",
					    "standard error"};
	enum vsx_status status = VSX_OK;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		struct place here = {.known = false};
		struct stat st;

		if (fstat(fd, &st) == 0)
			take(&here, &st);
		for (size_t i = 0; i < list.n; i++) {
			/* "-o /dev/stdout" means this very file. */
			if ((list.items[i].written && places[i].by_number) ||
			    !same(&here, &places[i]))
				continue;
			status = refuse(NULL, names[fd], &list.items[i], err);
			if (fd == STDERR_FILENO)
				standard_drop(fd);
			break;
		}
	}
	return status;
}

static enum vsx_status check_outputs(const struct place *places,
				     struct vsx_error *err)
{
	for (size_t o = 0; o < list.n; o++) {
		if (!list.items[o].written)
			continue;
		for (size_t i = 0; i < list.n; i++)
			if ((!list.items[i].written || i < o) &&
			    same(&places[o], &places[i]))
				return refuse(list.items[o].path,
					      "standard output", &list.items[i],
					      err);
	}
	return VSX_OK;
}

void files_write_index(const char *path)
{
	char *at = path ? files_follow(path) : NULL;

	files_write(path);
	if (at)
		leftover_add_beside(at);
	free(at);
}

enum vsx_status files_check(struct vsx_error *err)
{
	struct place *places = calloc(list.n + 1, sizeof(*places));
	enum vsx_status status;

	if (list.failed || !places) {
		free(places);
		return tool_fail_memory(err, list.n * sizeof(*places));
	}
	for (size_t i = 0; i < list.n; i++)
		places[i] = place_of(&list.items[i]);
	status = check_outputs(places, err);
	if (status == VSX_OK)
		status = check_standard(places, err);
	for (size_t i = 0; i < list.n; i++)
		free(places[i].path);
	free(places);
	return status;
}
