#include "files.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input/input.h"

static char folder[] = "/tmp/vsx-input-XXXXXX";

struct vsx_error files_error;

void files_begin(void)
{
	cr_assert(mkdtemp(folder) != NULL);
	cr_assert(chdir(folder) == 0);
}

static int drop(const char *path, const struct stat *st, int kind,
		struct FTW *where)
{
	(void)st;
	(void)kind;
	(void)where;
	return remove(path);
}

void files_end(void)
{
	if (chdir("/") == 0)
		nftw(folder, drop, 8, FTW_DEPTH | FTW_PHYS);
}

void files_put(const char *name, const void *bytes, size_t len)
{
	FILE *f = fopen(name, "wb");

	cr_assert(f != NULL, "%s", name);
	cr_assert(len == 0 || fwrite(bytes, 1, len, f) == len);
	cr_assert(fclose(f) == 0);
}

void files_put_text(const char *name, const char *text)
{
	files_put(name, text, strlen(text));
}

void files_put_npy(const char *name, const char *dict, const void *data,
		   size_t len)
{
	size_t used = 10 + strlen(dict) + 1;
	size_t pad = (64 - used % 64) % 64;
	size_t dict_bytes = used - 10 + pad;
	FILE *f = fopen(name, "wb");

	cr_assert(f != NULL);
	cr_assert(dict_bytes < 65536);
	fwrite("\x93NUMPY\x01\x00", 1, 8, f);
	fputc((int)(dict_bytes & 0xff), f);
	fputc((int)(dict_bytes >> 8), f);
	fprintf(f, "%s%*s\n", dict, (int)pad, "");
	fwrite(data, 1, len, f);
	cr_assert(fclose(f) == 0);
}

void files_as_stdin(const char *name)
{
	int fd = open(name, O_RDONLY);

	cr_assert(fd >= 0);
	cr_assert(dup2(fd, STDIN_FILENO) == STDIN_FILENO);
	close(fd);
}

enum vsx_status files_read_all(const char *name)
{
	enum vsx_status status;
	struct input *in;
	size_t n = 1;
	void *rows;

	memset(&files_error, 0, sizeof(files_error));
	status = input_open(&in, name, NULL, &files_error);
	if (status != VSX_OK) {
		cr_assert_null(in);
		return status;
	}
	rows = malloc(3 * input_row_bytes(in));
	cr_assert(rows != NULL);
	while (status == VSX_OK && n > 0)
		status = input_read(in, rows, 3, &n, &files_error);
	free(rows);
	input_close(in);
	return status;
}

void files_refused(const char *name, const char *text)
{
	cr_assert_eq(files_read_all(name), VSX_EINVAL, "%s", name);
	cr_assert_eq(files_error.status, VSX_EINVAL);
	cr_assert_str_eq(files_error.text, text);
}
