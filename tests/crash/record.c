#include "crash/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what, const char *name)
{
	fprintf(stderr, "record: %s: %s\n", what, name);
	abort();
}

static char *copy_of(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	return copy;
}

const char *rec_word(enum rec_what what)
{
	static const char *const words[] = {
		[REC_CREATE] = "create",
		[REC_SCRATCH] = "scratch",
		[REC_OPEN] = "open",
		[REC_CLOSE] = "close",
		[REC_WRITE] = "write",
		[REC_RESERVE] = "reserve",
		[REC_RESIZE] = "resize",
		[REC_SYNC] = "sync",
		[REC_MODE] = "set_mode",
		[REC_OWNER] = "set_owner",
		[REC_ACL] = "set_acl",
		[REC_RENAME] = "rename",
		[REC_RENAME_NEW] = "rename_new",
		[REC_LINK] = "link",
		[REC_UNLINK] = "unlink",
		[REC_LOCK] = "lock",
		[REC_MAP] = "map",
		[REC_MKDIR] = "mkdir",
		[REC_LOCK_SHARED] = "lock_shared",
		[REC_PUT] = "put",
	};

	return words[what];
}

/* ---- names ------------------------------------------------------------ */

/* The folder itself is ""; so is "sub/..". */
static const char *below(const struct record *r, const char *path)
{
	size_t n = strlen(r->folder);
	const char *up = strstr(path, "/..");

	if (strncmp(path, r->folder, n) != 0)
		die("a file outside of the folder", path);
	path += path[n] == '/' ? n + 1 : n;
	if (!up)
		return path;
	if (strcmp(up, "/..") != 0 || strchr(path, '/') != up)
		die("a path that is not understood", path);
	return "";
}

static int find(const struct record *r, const char *name)
{
	for (size_t i = 0; i < r->n_names; i++)
		if (strcmp(r->names[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int file_of(const struct record *r, const char *name)
{
	int i = find(r, name);

	return i < 0 ? -1 : r->names[i].file;
}

static void drop_name(struct record *r, const char *name)
{
	int i = find(r, name);

	if (i < 0)
		return;
	free(r->names[i].name);
	r->names[i] = r->names[--r->n_names];
}

static void set_name(struct record *r, const char *name, int file)
{
	drop_name(r, name);
	r->names = realloc(r->names, (r->n_names + 1) * sizeof(*r->names));
	if (!r->names)
		abort();
	r->names[r->n_names].name = copy_of(name);
	r->names[r->n_names++].file = file;
}

/* ---- the log ---------------------------------------------------------- */

static struct rec_op *note(struct record *r, enum rec_what what, int file,
			   bool failed)
{
	struct rec_op *op;

	if (r->n == r->cap) {
		r->cap = 2 * r->cap + 64;
		r->ops = realloc(r->ops, r->cap * sizeof(*r->ops));
		if (!r->ops)
			abort();
	}
	op = &r->ops[r->n++];
	*op = (struct rec_op){
		.what = what, .file = file, .error = failed ? errno : 0};
	return op;
}

static int file_by_fd(const struct record *r, int fd)
{
	if (fd < 0 || fd >= 1024 || r->of_fd[fd] < 0)
		die("a descriptor that was not opened here", "");
	return r->of_fd[fd];
}

static int rec_open(void *c, const char *path, int flags, unsigned int mode)
{
	struct record *r = c;
	const char *name = below(r, path);
	bool create = flags & O_CREAT && find(r, name) < 0;
	bool scratch = (flags & O_TMPFILE) == O_TMPFILE;
	int file, fd = vsx_system_files.open(NULL, path, flags, mode);
	struct rec_op *op;

	if (fd >= 1024)
		die("too many descriptors", name);
	if (flags & O_TRUNC)
		die("opened with O_TRUNC", name);
	file = fd >= 0 && (create || scratch) ? r->n_files++ : file_of(r, name);
	op = note(r,
		  scratch  ? REC_SCRATCH
		  : create ? REC_CREATE
			   : REC_OPEN,
		  file, fd < 0);
	op->name = copy_of(name);
	op->n = (unsigned int)flags;
	if (fd < 0)
		return -1;
	if (file < 0)
		die("opened, but not known", name);
	if (create)
		set_name(r, name, file);
	r->of_fd[fd] = file;
	return fd;
}

static int rec_close(void *c, int fd)
{
	struct record *r = c;
	int file = file_by_fd(r, fd);
	int got = vsx_system_files.close(NULL, fd);

	note(r, REC_CLOSE, file, got < 0);
	r->of_fd[fd] = -1;
	return got;
}

static ssize_t rec_write(void *c, int fd, const void *p, size_t n, uint64_t at)
{
	struct record *r = c;
	ssize_t got = vsx_system_files.write(NULL, fd, p, n, at);
	struct rec_op *op = note(r, REC_WRITE, file_by_fd(r, fd), got < 0);

	op->at = at;
	op->n = got < 0 ? n : (uint64_t)got;
	op->bytes = malloc(op->n + 1);
	if (!op->bytes)
		abort();
	memcpy(op->bytes, p, op->n);
	return got;
}

static int rec_reserve(void *c, int fd, uint64_t bytes)
{
	int got = vsx_system_files.reserve(NULL, fd, bytes);

	note(c, REC_RESERVE, file_by_fd(c, fd), got < 0)->n = bytes;
	return got;
}

static int rec_resize(void *c, int fd, uint64_t bytes)
{
	int got = vsx_system_files.resize(NULL, fd, bytes);

	note(c, REC_RESIZE, file_by_fd(c, fd), got < 0)->n = bytes;
	return got;
}

static int rec_sync(void *c, int fd)
{
	note(c, REC_SYNC, file_by_fd(c, fd), false);
	return 0;
}

static int rec_set_mode(void *c, int fd, unsigned int mode)
{
	int got = vsx_system_files.set_mode(NULL, fd, mode);

	note(c, REC_MODE, file_by_fd(c, fd), got < 0)->n = mode;
	return got;
}

static int rec_set_owner(void *c, int fd, uid_t owner, gid_t group)
{
	int got = vsx_system_files.set_owner(NULL, fd, owner, group);
	struct rec_op *op = note(c, REC_OWNER, file_by_fd(c, fd), got < 0);

	op->at = owner;
	op->n = group;
	return got;
}

static int rec_set_acl(void *c, int fd, const void *acl, size_t n)
{
	int got = vsx_system_files.set_acl(NULL, fd, acl, n);

	note(c, REC_ACL, file_by_fd(c, fd), got < 0)->n = n;
	return got;
}

/* A rename or a link: two names, the first of them led to a file. */
static int moved(struct record *r, enum rec_what what, const char *from,
		 const char *to, int got)
{
	int file = file_of(r, below(r, from));
	struct rec_op *op = note(r, what, file, got < 0);

	op->name = copy_of(below(r, from));
	op->to = copy_of(below(r, to));
	if (got < 0)
		return got;
	set_name(r, op->to, file);
	if (what != REC_LINK)
		drop_name(r, op->name);
	return got;
}

static int rec_rename(void *c, const char *from, const char *to)
{
	return moved(c, REC_RENAME, from, to,
		     vsx_system_files.rename(NULL, from, to));
}

static int rec_rename_new(void *c, const char *from, const char *to)
{
	return moved(c, REC_RENAME_NEW, from, to,
		     vsx_system_files.rename_new(NULL, from, to));
}

static int rec_link(void *c, const char *from, const char *to)
{
	return moved(c, REC_LINK, from, to,
		     vsx_system_files.link(NULL, from, to));
}

static int rec_unlink(void *c, const char *path)
{
	struct record *r = c;
	int got = vsx_system_files.unlink(NULL, path);
	const char *name = below(r, path);
	struct rec_op *op = note(r, REC_UNLINK, file_of(r, name), got < 0);

	op->name = copy_of(name);
	if (got == 0)
		drop_name(r, name);
	return got;
}

static int rec_lock(void *c, int fd)
{
	int got = vsx_system_files.lock(NULL, fd);

	note(c, REC_LOCK, file_by_fd(c, fd), got < 0);
	return got;
}

static int rec_lock_shared(void *c, int fd)
{
	int got = vsx_system_files.lock_shared(NULL, fd);

	note(c, REC_LOCK_SHARED, file_by_fd(c, fd), got < 0);
	return got;
}

static ssize_t rec_put(void *c, int fd, const void *p, size_t n)
{
	ssize_t got = vsx_system_files.put(NULL, fd, p, n);

	note(c, REC_PUT, -1, got < 0)->n = n;
	return got;
}

static int rec_mkdir(void *c, const char *path, unsigned int mode)
{
	struct record *r = c;
	const char *name = below(r, path);
	int got = vsx_system_files.mkdir(NULL, path, mode);
	struct rec_op *op =
		note(r, REC_MKDIR, got < 0 ? -1 : r->n_files++, got < 0);

	op->name = copy_of(name);
	if (got == 0)
		set_name(r, name, op->file);
	return got;
}

static void *rec_map(void *c, int fd, uint64_t bytes, bool writable)
{
	struct record *r = c;
	void *p = vsx_system_files.map(NULL, fd, bytes, writable);
	int file = file_by_fd(r, fd);
	struct rec_op *op = note(r, REC_MAP, file, !p);

	op->n = bytes;
	op->at = writable;
	/* What is stored through a mapping is in no log. */
	for (size_t i = 0; writable && i < r->n_names; i++)
		if (r->names[i].file == file)
			die("mapped for writing", r->names[i].name);
	return p;
}

struct vsx_file_ops rec_table(struct record *r)
{
	return (struct vsx_file_ops){
		.context = r,
		.open = rec_open,
		.close = rec_close,
		.write = rec_write,
		.reserve = rec_reserve,
		.resize = rec_resize,
		.sync = rec_sync,
		.set_mode = rec_set_mode,
		.set_owner = rec_set_owner,
		.set_acl = rec_set_acl,
		.rename = rec_rename,
		.rename_new = rec_rename_new,
		.link = rec_link,
		.unlink = rec_unlink,
		.lock = rec_lock,
		.map = rec_map,
		.mkdir = rec_mkdir,
		.lock_shared = rec_lock_shared,
		.put = rec_put,
	};
}

void rec_init(struct record *r, const char *folder)
{
	*r = (struct record){.folder = copy_of(folder)};
	for (int fd = 0; fd < 1024; fd++)
		r->of_fd[fd] = -1;
	tree_take(&r->start, folder);
	for (size_t i = 0; i < r->start.n; i++)
		set_name(r, r->start.entries[i].name, r->n_files++);
	set_name(r, "", r->n_files++);
}

void rec_release(struct record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->ops[i].name);
		free(r->ops[i].to);
		free(r->ops[i].bytes);
	}
	for (size_t i = 0; i < r->n_names; i++)
		free(r->names[i].name);
	free(r->names);
	free(r->ops);
	free(r->folder);
	tree_release(&r->start);
}
