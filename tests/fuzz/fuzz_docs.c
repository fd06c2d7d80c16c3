/*
 * Documents of whatever bytes: JSON lines and CSV, plain and packed. Nothing
 * may crash, leak, read past an end or allocate out of proportion to the text;
 * rows are of one dimension, and bad lines that are left out are told once
 * each.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/must.h"
#include "input/docs.h"
#include "input/numbers.h"

/*
 * Numbers are those that strtof() reads of the same characters, bit for bit: it
 * would go on where a number of JSON ends, as in 0x8.
 */
static void read_number(char *text)
{
	const char *at = text;
	float got;
	enum number_wrong wrong = number_scan(&at, text + strlen(text), &got);
	float due;

	if (wrong == NUMBER_NONE)
		return;
	must(at > text, "a number has digits");
	text[at - text] = '\0';
	due = strtof(text, NULL);
	must(wrong == NUMBER_BIG ? isinf(due)
				 : memcmp(&got, &due, sizeof(got)) == 0,
	     "a number is the nearest");
}

static void read_all(struct docs *docs, const struct odd_rows *odds)
{
	uint64_t n = 0;
	uint64_t before = 0;
	struct vsx_batch batch;
	struct vsx_error err = {.text = ""};
	enum vsx_status status;

	do {
		const float *rows;
		size_t cells;

		status = docs_read(docs, &batch, &err);
		if (status != VSX_OK) {
			must_tell(&err, status);
			return;
		}
		rows = batch.vectors;
		cells = batch.n * docs_dim(docs);
		for (size_t i = 0; i < cells; i++)
			must(isfinite(rows[i]) ||
				     odd_rows_find(odds,
						   n + i / docs_dim(docs)),
			     "a row is finite, or bad");
		for (size_t i = 0; batch.keys && i < batch.n; i++)
			must(batch.keys[i].n <= VSX_MAX_KEY, "a key is one");
		for (size_t i = 0; i < batch.n; i++) {
			must(docs_line(docs, n + i) > before,
			     "lines of rows rise");
			before = docs_line(docs, n + i);
		}
		n += batch.n;
	} while (batch.n);
}

static void read_docs(const char *path, const char *fields, bool skips)
{
	struct odd_rows odds = {.n = 0};
	struct docs_opts opts = {
		.fields = fields,
		.odds = skips ? &odds : NULL,
		.keep_line = fields && docs_format_of(path) == DOCS_JSONL,
	};
	struct vsx_error err = {.text = ""};
	struct docs *docs;
	enum vsx_status status = docs_open(&docs, path, &opts, &err);

	must((status == VSX_OK) == (docs != NULL), "a failed open gives none");
	if (status == VSX_OK)
		read_all(docs, &odds);
	else
		must_tell(&err, status);
	docs_close(docs);
	free(odds.items);
}

static const char *const names[] = {"x.jsonl", "x.csv"};
static char folder[] = "/tmp/vsx-fuzz-XXXXXX";

static void drop_links(void)
{
	for (size_t i = 0; i < 2; i++)
		unlink(names[i]);
	rmdir(folder);
}

/* As fuzz_input has it: the format goes by the suffix. */
static int make_links(void)
{
	int fd = memfd_create("docs", MFD_CLOEXEC);
	char target[64];

	if (fd < 0 || !mkdtemp(folder) || chdir(folder) < 0)
		abort();
	snprintf(target, sizeof(target), "/proc/%d/fd/%d", (int)getpid(), fd);
	for (size_t i = 0; i < 2; i++)
		if (symlink(target, names[i]) < 0)
			abort();
	atexit(drop_links);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char number[64] = "";

	if (fd < 0)
		fd = make_links();
	memcpy(number, data, size < 63 ? size : 63);
	read_number(number);
	must_write(fd, data, size);
	for (size_t i = 0; i < 2; i++) {
		read_docs(names[i], NULL, false);
		read_docs(names[i], "auto", true);
	}
	return 0;
}
