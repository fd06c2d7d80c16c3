/* A folder for the files of one test, and what is in it. */
#ifndef SCRATCH_FOLDER_H
#define SCRATCH_FOLDER_H

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char scratch_folder[] = "/tmp/vsx-test-XXXXXX";

static inline void scratch_make(void)
{
	if (!mkdtemp(scratch_folder))
		abort();
}

/* The path of a file in it; the last few results stay valid. */
static inline const char *scratch_path(const char *name)
{
	static char paths[8][512];
	static unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", scratch_folder, name);
	return path;
}

/* How many files it holds; with `drop` they are removed. */
static inline unsigned int scratch_count(int drop)
{
	DIR *d = opendir(scratch_folder);
	unsigned int n = 0;
	struct dirent *e;

	if (!d)
		abort();
	while ((e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		n++;
		if (drop && unlink(scratch_path(e->d_name)) < 0)
			rmdir(scratch_path(e->d_name));
	}
	closedir(d);
	return n;
}

static inline void scratch_drop(void)
{
	scratch_count(1);
	rmdir(scratch_folder);
}

/* A whole file, to be freed; NULL when there is none. */
static inline uint8_t *scratch_read(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;
	long end;

	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	end = ftell(f);
	rewind(f);
	bytes = malloc((size_t)end + 1);
	*n = fread(bytes, 1, (size_t)end, f);
	fclose(f);
	return bytes;
}

static inline void scratch_write(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(p, 1, n, f) != n)
		abort();
	fclose(f);
}

/* Do two files hold the same bytes? */
static inline int scratch_same(const char *a, const char *b)
{
	size_t na = 0, nb = 0;
	uint8_t *pa = scratch_read(a, &na), *pb = scratch_read(b, &nb);
	int same = pa && pb && na == nb && memcmp(pa, pb, na) == 0;

	free(pa);
	free(pb);
	return same;
}

/* Open descriptors of this process. */
static inline unsigned int scratch_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

#endif
