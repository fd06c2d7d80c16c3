#include "scene.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/vsx-test-XXXXXX";

struct vsx_backup_opts scene_opts = {
	.struct_size = sizeof(struct vsx_backup_opts),
	.chunk_bytes = 64 << 10,
};

void scene_make(void)
{
	if (!mkdtemp(folder))
		abort();
}

static int drop(const char *path, const struct stat *st, int type,
		struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void scene_remove(const char *path)
{
	nftw(path, drop, 16, FTW_DEPTH | FTW_PHYS);
}

void scene_drop(void)
{
	scene_remove(folder);
}

const char *scene_path(const char *name)
{
	enum { MOST = 512 };
	static char names[MOST][80], paths[MOST][128];
	size_t i = 0;

	while (i < MOST && names[i][0] && strcmp(names[i], name) != 0)
		i++;
	if (i == MOST || strlen(name) >= sizeof(names[0]))
		abort();
	strcpy(names[i], name);
	snprintf(paths[i], sizeof(paths[0]), "%s/%s", folder, name);
	return paths[i];
}

const char *scene_index(const char *name, const char *spec)
{
	struct support_index what = {
		.spec = spec,
		.dim = SCENE_DIM,
		.n = SCENE_ROWS,
		.n_test_queries = 4,
	};
	const char *path = scene_path(name);

	support_build(path, what);
	return path;
}

void scene_add(const char *path, size_t n)
{
	struct vsx_update_opts opts = VSX_UPDATE_OPTS_INIT;
	float *rows = malloc(n * SCENE_DIM * sizeof(*rows));
	struct vsx_error err = {.text = ""};
	struct vsx_update *u = NULL;

	opts.flat_below = 1;
	/* As little of it can be compressed as of real vectors. */
	srandom((unsigned int)n);
	for (size_t i = 0; i < n * SCENE_DIM; i++)
		rows[i] = (float)random() / 3.0f;
	opts.n_threads = 1;
	opts.keep_segments = 1;
	cr_assert_eq(vsx_update_begin(&u, path, &opts, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(vsx_update_add(u, VSX_BATCH(rows, VSX_F32, n, NULL), &err),
		     VSX_OK, "%s", err.text);
	cr_assert_eq(vsx_update_commit(u, NULL, &err), VSX_OK, "%s", err.text);
	vsx_update_free(u);
	free(rows);
}

void scene_delete(const char *path, uint64_t id)
{
	struct vsx_error err = {.text = ""};
	struct vsx_update *u = NULL;

	cr_assert_eq(vsx_update_begin(&u, path, NULL, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(vsx_update_delete(u, &id, 1, &err), VSX_OK);
	cr_assert_eq(vsx_update_commit(u, NULL, &err), VSX_OK, "%s", err.text);
	vsx_update_free(u);
}

/* ---- files ------------------------------------------------------------ */

uint8_t *scene_read(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;
	struct stat st;

	if (!f || fstat(fileno(f), &st) < 0)
		cr_assert_fail("cannot read %s", path);
	bytes = malloc((size_t)st.st_size + 1);
	*n = fread(bytes, 1, (size_t)st.st_size, f);
	fclose(f);
	return bytes;
}

void scene_write(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(p, 1, n, f) != n || fclose(f) != 0)
		cr_assert_fail("cannot write %s", path);
}

bool scene_same(const char *a, const char *b)
{
	size_t na, nb;
	uint8_t *pa = scene_read(a, &na), *pb = scene_read(b, &nb);
	bool same = na == nb && memcmp(pa, pb, na) == 0;

	free(pa);
	free(pb);
	return same;
}

void scene_copy(const char *from, const char *to)
{
	size_t n;
	uint8_t *bytes = scene_read(from, &n);

	scene_write(to, bytes, n);
	free(bytes);
}

void scene_flip(const char *path, long at)
{
	int fd = open(path, O_RDWR);
	struct stat st;
	uint8_t byte;

	if (fd < 0 || fstat(fd, &st) < 0)
		cr_assert_fail("cannot open %s", path);
	if (at < 0)
		at += st.st_size;
	if (pread(fd, &byte, 1, at) != 1)
		cr_assert_fail("no byte %ld in %s", at, path);
	byte ^= 4;
	if (pwrite(fd, &byte, 1, at) != 1)
		cr_assert_fail("cannot write %s", path);
	close(fd);
}

static size_t n_files;
static uint64_t n_bytes;

static int count(const char *path, const struct stat *st, int type,
		 struct FTW *at)
{
	(void)path;
	(void)at;
	n_files += type == FTW_F;
	n_bytes += type == FTW_F ? (uint64_t)st->st_size : 0;
	return 0;
}

size_t scene_count(const char *in)
{
	n_files = 0;
	n_bytes = 0;
	nftw(in, count, 16, FTW_PHYS);
	return n_files;
}

uint64_t scene_bytes(const char *in)
{
	scene_count(in);
	return n_bytes;
}

unsigned int scene_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* ---- operations ------------------------------------------------------- */

static bool hit(struct shaky *s, const char *what, bool cleans)
{
	long i = s->n++;

	if (i < (long)sizeof(s->log) - 1)
		s->log[i] = *what;
	if (s->at < 0 || i < s->at || (i > s->at && s->how == SHAKY_ONCE) ||
	    (i > s->at && s->how == SHAKY_FROM && cleans))
		return false;
	if (!s->hit)
		s->hit = what;
	errno = s->reason;
	return true;
}

static int shaky_open(void *c, const char *path, int flags, unsigned int mode)
{
	if (hit(c, "open", false))
		return -1;
	return vsx_system_files.open(NULL, path, flags, mode);
}

static int shaky_close(void *c, int fd)
{
	bool fails = hit(c, "close", false);
	int reason = errno, r = vsx_system_files.close(NULL, fd);

	errno = reason;
	return fails ? -1 : r;
}

static ssize_t shaky_write(void *c, int fd, const void *p, size_t n,
			   uint64_t at)
{
	struct shaky *s = c;
	bool first = s->n == s->at;

	if (!hit(c, "write", false))
		return vsx_system_files.write(NULL, fd, p, n, at);
	if (first && s->how == SHAKY_KILL &&
	    vsx_system_files.write(NULL, fd, p, n / 2, at) < 0)
		abort();
	errno = s->reason;
	return -1;
}

static int shaky_reserve(void *c, int fd, uint64_t bytes)
{
	if (hit(c, "reserve", false))
		return -1;
	return vsx_system_files.reserve(NULL, fd, bytes);
}

static int shaky_resize(void *c, int fd, uint64_t bytes)
{
	if (hit(c, "resize", false))
		return -1;
	return vsx_system_files.resize(NULL, fd, bytes);
}

static int shaky_sync(void *c, int fd)
{
	struct shaky *s = c;

	(void)fd;
	s->after_sync += s->sync_failed;
	if (!hit(c, "sync", false))
		return 0;
	s->sync_failed = true;
	return -1;
}

static int shaky_set_mode(void *c, int fd, unsigned int mode)
{
	if (hit(c, "set_mode", false))
		return -1;
	return vsx_system_files.set_mode(NULL, fd, mode);
}

static int shaky_set_owner(void *c, int fd, uid_t owner, gid_t group)
{
	if (hit(c, "set_owner", false))
		return -1;
	return vsx_system_files.set_owner(NULL, fd, owner, group);
}

static int shaky_set_acl(void *c, int fd, const void *acl, size_t n)
{
	if (hit(c, "set_acl", false))
		return -1;
	return vsx_system_files.set_acl(NULL, fd, acl, n);
}

static int shaky_rename(void *c, const char *from, const char *to)
{
	if (hit(c, "rename", false))
		return -1;
	return vsx_system_files.rename(NULL, from, to);
}

static int shaky_rename_new(void *c, const char *from, const char *to)
{
	if (hit(c, "rename_new", false))
		return -1;
	return vsx_system_files.rename_new(NULL, from, to);
}

static int shaky_link(void *c, const char *from, const char *to)
{
	if (hit(c, "link", false))
		return -1;
	return vsx_system_files.link(NULL, from, to);
}

static int shaky_unlink(void *c, const char *path)
{
	if (hit(c, "unlink", true))
		return -1;
	return vsx_system_files.unlink(NULL, path);
}

static int shaky_lock(void *c, int fd)
{
	if (hit(c, "lock", false))
		return -1;
	return vsx_system_files.lock(NULL, fd);
}

static int shaky_mkdir(void *c, const char *path, unsigned int mode)
{
	if (hit(c, "mkdir", false))
		return -1;
	return vsx_system_files.mkdir(NULL, path, mode);
}

static int shaky_lock_shared(void *c, int fd)
{
	if (hit(c, "lock_shared", false))
		return -1;
	return vsx_system_files.lock_shared(NULL, fd);
}

static ssize_t shaky_put(void *c, int fd, const void *p, size_t n)
{
	if (hit(c, "put", false))
		return -1;
	return vsx_system_files.put(NULL, fd, p, n);
}

struct vsx_file_ops shaky_ops(struct shaky *s)
{
	return (struct vsx_file_ops){
		.context = s,
		.open = shaky_open,
		.close = shaky_close,
		.write = shaky_write,
		.reserve = shaky_reserve,
		.resize = shaky_resize,
		.sync = shaky_sync,
		.set_mode = shaky_set_mode,
		.set_owner = shaky_set_owner,
		.set_acl = shaky_set_acl,
		.rename = shaky_rename,
		.rename_new = shaky_rename_new,
		.link = shaky_link,
		.unlink = shaky_unlink,
		.lock = shaky_lock,
		.mkdir = shaky_mkdir,
		.lock_shared = shaky_lock_shared,
		.put = shaky_put,
	};
}

/* ---- repositories -----------------------------------------------------------
 */

struct vsx_backup_result scene_create(const char *index, const char *repo,
				      const char *name)
{
	struct vsx_backup_opts opts = scene_opts;
	struct vsx_backup_result result = {0};
	struct vsx_error err = {.text = ""};
	struct shaky steady = {.at = -1};
	struct vsx_file_ops ops = shaky_ops(&steady);

	opts.name = name;
	cr_assert_eq(
		vsx_backup_create_on(index, repo, &opts, &ops, &result, &err),
		VSX_OK, "%s", err.text);
	return result;
}

static int note(void *context, const struct vsx_verify_event *event)
{
	char *all = context;
	size_t n = strlen(all);

	cr_assert(event->text && *event->text);
	cr_assert_null(strchr(event->text, '\n'));
	if (event->what == VSX_FINDING)
		snprintf(all + n, 8192 - n, "%s\n", event->text);
	return 0;
}

uint64_t scene_verify(const char *repo, const char *name, char all[8192])
{
	struct vsx_backup_check result = {0};
	struct vsx_error err = {.text = ""};
	static char unwanted[8192];
	char *to = all ? all : unwanted;

	*to = '\0';
	cr_assert_eq(
		vsx_backup_verify(repo, name, NULL, note, to, &result, &err),
		VSX_OK, "%s", err.text);
	cr_assert_eq(result.n_findings == 0, *to == '\0');
	return result.n_findings;
}

void scene_check_restore(const char *repo, const char *name, const char *due)
{
	struct vsx_backup_opts opts = scene_opts;
	struct vsx_error err = {.text = ""};
	struct shaky steady = {.at = -1};
	struct vsx_file_ops ops = shaky_ops(&steady);
	const char *out = scene_path("restored.vsx");

	opts.force = 1;
	cr_assert_eq(
		vsx_backup_restore_on(repo, name, out, &opts, &ops, NULL, &err),
		VSX_OK, "%s", err.text);
	cr_assert(scene_same(out, due), "%s", name);
	unlink(out);
}

void scene_check(const char *repo, const char *name, const char *due)
{
	char all[8192];

	cr_assert_eq(scene_verify(repo, NULL, all), 0, "%s", all);
	scene_check_restore(repo, name, due);
}

static int add_one(void *context, const struct vsx_snapshot *s)
{
	cr_assert_null(s->damage, "%s", s->damage);
	++*(size_t *)context;
	return 0;
}

size_t scene_snapshots(const char *repo)
{
	struct vsx_error err = {.text = ""};
	size_t n = 0;

	cr_assert_eq(vsx_backup_list(repo, NULL, add_one, &n, &err), VSX_OK,
		     "%s", err.text);
	return n;
}

/* ---- chunks ----------------------------------------------------------- */

struct vsx_snapshot_record scene_load(const char *name)
{
	struct vsx_error err = {.text = ""};
	struct vsx_snapshot_record s;
	char inside[64];
	uint8_t *bytes;
	size_t n;

	snprintf(inside, sizeof(inside), "repo/snapshots/%s", name);
	bytes = scene_read(scene_path(inside), &n);
	cr_assert_eq(vsx_snapshot_decode(&s, bytes, n, &err), VSX_OK, "%s",
		     err.text);
	free(bytes);
	return s;
}

void scene_store(const char *name, const struct vsx_snapshot_record *s)
{
	struct vsx_error err = {.text = ""};
	char inside[64];
	uint8_t *bytes;
	uint64_t n;

	snprintf(inside, sizeof(inside), "repo/snapshots/%s", name);
	cr_assert_eq(vsx_snapshot_encode(&bytes, &n, s, &err), VSX_OK, "%s",
		     err.text);
	scene_write(scene_path(inside), bytes, n);
	free(bytes);
}

const char *scene_chunk(const struct vsx_snapshot_record *s, uint64_t i)
{
	char hex[VSX_HEX_BYTES], name[64];

	vsx_hash_hex(hex, s->chunks[i].hash);
	snprintf(name, sizeof(name), "repo/chunks/%.2s/%s", hex, hex);
	return scene_path(name);
}

const char *const scene_ways[SCENE_WAYS] = {
	"head",	  "first", "last",   "cut",  "empty",  "gone",
	"longer", "other", "folder", "link", "renamed"};

void scene_break(const struct vsx_snapshot_record *s, uint64_t i,
		 const char *way)
{
	const char *path = scene_chunk(s, i);
	struct vsx_chunk_head head;
	struct vsx_error err;
	struct stat st;
	uint8_t *bytes;
	size_t n;

	cr_assert_eq(stat(path, &st), 0, "%s", path);
	if (strcmp(way, "head") == 0) {
		scene_flip(path, 40);
	} else if (strcmp(way, "first") == 0) {
		scene_flip(path, VSX_HEAD_BYTES);
	} else if (strcmp(way, "last") == 0) {
		scene_flip(path, -1);
	} else if (strcmp(way, "cut") == 0) {
		cr_assert_eq(truncate(path, st.st_size - 1), 0);
	} else if (strcmp(way, "longer") == 0) {
		cr_assert_eq(truncate(path, st.st_size + 1), 0);
	} else if (strcmp(way, "empty") == 0) {
		cr_assert_eq(truncate(path, 0), 0);
	} else if (strcmp(way, "other") == 0) {
		scene_copy(scene_chunk(s, i ? 0 : 1), path);
	} else if (strcmp(way, "renamed") == 0) {
		/* The bytes of another one, with the name of this in a head
		 * that is right. */
		bytes = scene_read(scene_chunk(s, i ? 0 : 1), &n);
		cr_assert_eq(vsx_chunk_head_decode(&head, bytes, &err), VSX_OK);
		head.hash = s->chunks[i].hash;
		vsx_chunk_head_encode(bytes, &head);
		scene_write(path, bytes, n);
		free(bytes);
	} else {
		unlink(path);
	}
	if (strcmp(way, "folder") == 0)
		cr_assert_eq(mkdir(path, 0777), 0);
	if (strcmp(way, "link") == 0)
		cr_assert_eq(symlink("nowhere", path), 0);
}
