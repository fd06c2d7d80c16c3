/*
 * Every reader of foreign files, on whatever bytes: nothing may crash, leak,
 * read past an end or allocate out of proportion to the file.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/must.h"
#include "input/ids.h"
#include "input/input.h"
#include "input/labels.h"

#define ROOM (1u << 20) /* bytes of rows in one read */

static void read_vectors(const char *path)
{
	static uint8_t rows[ROOM];
	struct vsx_error err = {.text = ""};
	enum vsx_status status;
	struct input *in;
	uint64_t n = 0;
	size_t got = 1;

	status = input_open(&in, path, NULL, &err);
	if (status != VSX_OK) {
		must(in == NULL, "a failed open gives no input");
		must_tell(&err, status);
		return;
	}
	must(input_dim(in) >= 1 && input_dim(in) <= VSX_MAX_DIM,
	     "the dimension is allowed");
	must(input_n_rows(in) >= 1, "there is a row");
	while (status == VSX_OK && got > 0) {
		status = input_read(in, rows, ROOM / input_row_bytes(in), &got,
				    &err);
		n += got;
	}
	if (status == VSX_OK)
		must(n == input_n_rows(in), "all rows come");
	else
		must_tell(&err, status);
	input_close(in);
}

static void read_ids(const char *path)
{
	struct vsx_error err = {.text = ""};
	enum vsx_status status;
	uint64_t *ids, n;
	uint32_t k;

	status = input_ids(path, &ids, &n, &err);
	must((status == VSX_OK) == (ids != NULL), "ids come with VSX_OK");
	if (status != VSX_OK)
		must_tell(&err, status);
	free(ids);

	status = input_truth(path, &ids, &n, &k, &err);
	must((status == VSX_OK) == (ids != NULL), "ids come with VSX_OK");
	if (status != VSX_OK)
		must_tell(&err, status);
	free(ids);
}

static void read_labels(const char *path)
{
	struct vsx_error err = {.text = ""};
	struct labels labels;
	enum vsx_status status;

	status = input_labels(path, &labels, &err);
	if (status != VSX_OK) {
		must_tell(&err, status);
		return;
	}
	for (uint64_t i = 0; i < labels.n; i++)
		must(strlen(labels_get(&labels, i)) < SIZE_MAX, "a label ends");
	must(!labels_get(&labels, labels.n), "no label follows the last");
	labels_release(&labels);
}

/*
 * The readers choose by suffix, and memory has none: links to one file in
 * memory, under every suffix, are made once.
 */
static const char *const names[] = {
	"x.npy",    "x.fvecs", "x.bvecs", "x.ivecs", "x.fbin",
	"x.f16bin", "x.u8bin", "x.i8bin", "x.ibin",  "x.txt",
};

static char folder[] = "/tmp/vsx-fuzz-XXXXXX";

static void drop_links(void)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(names[i]);
	rmdir(folder);
}

static int make_links(void)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	char target[64];

	if (fd < 0 || !mkdtemp(folder) || chdir(folder) < 0)
		abort();
	snprintf(target, sizeof(target), "/proc/%d/fd/%d", (int)getpid(), fd);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (symlink(target, names[i]) < 0)
			abort();
	atexit(drop_links);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = make_links();
	must_write(fd, data, size);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		read_vectors(names[i]);
		read_ids(names[i]);
	}
	read_labels("x.txt");
	return 0;
}
