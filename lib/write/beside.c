#include "write/beside.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checksum.h"
#include "io/fd.h"
#include "write/lock.h"

/* Longer names would make hidden ones that no file system takes. */
#define LONGEST_NAME 200
#define KEPT_OF_LONG 180
#define STEM_BYTES   (LONGEST_NAME + 2)
#define MAX_TRIES    10000

const char *vsx_beside_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ".NAME"; of a long one the beginning, then '~' and its XXH3-64. */
static void stem_of(char stem[STEM_BYTES], const char *path)
{
	const char *name = vsx_beside_name(path);
	size_t n = strlen(name);

	if (n <= LONGEST_NAME)
		snprintf(stem, STEM_BYTES, ".%s", name);
	else
		snprintf(stem, STEM_BYTES, ".%.*s~%016llx", KEPT_OF_LONG, name,
			 (unsigned long long)vsx_sum64(name, n));
}

char *vsx_beside_lock(const char *folder, const char *path)
{
	char stem[STEM_BYTES], *lock;

	stem_of(stem, path);
	return asprintf(&lock, "%s/%s.lock", folder, stem) < 0 ? NULL : lock;
}

/*
 * Lock a new file. false: it was taken for debris meanwhile. Where the file
 * system knows no locks nobody can take it for that.
 */
static bool keep(const struct vsx_file *file)
{
	if (!vsx_lock_try(file) && errno == EWOULDBLOCK)
		return false;
	return vsx_lock_named(file);
}

char *vsx_beside_temp(const struct vsx_file_ops *ops, const char *folder,
		      const char *path, unsigned int mode, int *fd)
{
	char stem[STEM_BYTES], *temp;

	stem_of(stem, path);
	for (int n = 0; n < MAX_TRIES; n++) {
		struct vsx_file file = {ops, -1, NULL};

		*fd = -1;
		if (asprintf(&temp, "%s/%s.tmp.%ld.%d", folder, stem,
			     (long)getpid(), n) < 0) {
			errno = ENOMEM;
			return NULL;
		}
		file.name = temp;
		file.fd = *fd = vsx_file_open(ops, temp,
					      O_RDWR | O_CREAT | O_EXCL, mode);
		if (file.fd >= 0 && keep(&file))
			return temp;
		if (file.fd >= 0) {
			ops->unlink(ops->context, temp);
			vsx_file_close(&file, NULL);
			errno = EEXIST;
		}
		free(temp);
		if (errno != EEXIST)
			break;
	}
	*fd = -1;
	return NULL;
}

/* Behind the stem: ".tmp.", digits, a dot, digits, and nothing more. */
static bool is_temp(const char *name, const char *stem)
{
	size_t n = strlen(stem);

	if (strncmp(name, stem, n) != 0 || strncmp(name + n, ".tmp.", 5) != 0)
		return false;
	name += n + 5;
	if (!isdigit((unsigned char)*name))
		return false;
	name += strspn(name, "0123456789");
	return *name == '.' && isdigit((unsigned char)name[1]) &&
	       name[1 + strspn(name + 1, "0123456789")] == '\0';
}

/* What nobody has locked has no writer any more. */
static void sweep_one(const struct vsx_file_ops *ops, const char *temp)
{
	struct vsx_file file = {ops, -1, temp};
	struct stat st;

	file.fd =
		vsx_file_open(ops, temp, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	if (file.fd >= 0 && fstat(file.fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    vsx_lock_try(&file) && vsx_lock_named(&file))
		ops->unlink(ops->context, temp);
	vsx_file_close(&file, NULL);
}

/* To leave some is no harm: whatever fails is left for the next writer. */
void vsx_beside_sweep(const struct vsx_file_ops *ops, const char *folder,
		      const char *path)
{
	char stem[STEM_BYTES], *temp;
	DIR *d = vsx_fd_folder(folder);
	struct dirent *e;

	stem_of(stem, path);
	while (d && (e = readdir(d))) {
		if (!is_temp(e->d_name, stem) ||
		    asprintf(&temp, "%s/%s", folder, e->d_name) < 0)
			continue;
		sweep_one(ops, temp);
		free(temp);
	}
	if (d)
		closedir(d);
}
