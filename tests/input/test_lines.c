#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"
#include "input/lines.h"

TestSuite(lines, .init = files_begin, .fini = files_end);

static struct lines open_text(const char *text, size_t len, bool quotes)
{
	struct lines l = {.quotes = quotes};
	struct vsx_error err;

	files_put("a.txt", text, len);
	cr_assert_eq(lines_open(&l, "a.txt", &err), VSX_OK, "%s", err.text);
	return l;
}

static void next_is(struct lines *l, uint64_t number, const char *due)
{
	struct vsx_error err;
	struct line line;
	bool is_one;

	cr_assert_eq(lines_next(l, &line, &is_one, &err), VSX_OK);
	cr_assert(is_one, "expected %s", due);
	cr_assert_null(line.bad, "%s", line.bad);
	cr_assert_eq(line.number, number);
	cr_assert_eq(line.len, strlen(due), "%.*s", (int)line.len, line.text);
	cr_assert(memcmp(line.text, due, line.len) == 0, "%.*s, not %s",
		  (int)line.len, line.text, due);
}

static void next_is_bad(struct lines *l, uint64_t number, const char *why)
{
	struct vsx_error err;
	struct line line;
	bool is_one;

	cr_assert_eq(lines_next(l, &line, &is_one, &err), VSX_OK);
	cr_assert(is_one);
	cr_assert_str_eq(line.bad, why);
	cr_assert_eq(line.number, number);
}

static void ends(struct lines *l)
{
	struct vsx_error err;
	struct line line;
	bool is_one;

	cr_assert_eq(lines_next(l, &line, &is_one, &err), VSX_OK);
	cr_assert_not(is_one);
	lines_close(l);
}

#define TEXT(text) text, sizeof(text) - 1

Test(lines, end_with_lf_or_cr_lf_or_the_file)
{
	struct lines l = open_text(TEXT("\xef\xbb\xbf"
					"one\ntwo\r\n\n\r\nlast"),
				   false);

	next_is(&l, 1, "one");
	next_is(&l, 2, "two");
	next_is(&l, 3, "");
	next_is(&l, 4, "");
	next_is(&l, 5, "last");
	ends(&l);
}

Test(lines, come_again_where_they_were_held)
{
	struct lines l = open_text(TEXT("one\ntwo\nthree\n"), false);

	next_is(&l, 1, "one");
	lines_hold(&l);
	next_is(&l, 2, "two");
	next_is(&l, 3, "three");
	lines_again(&l);
	next_is(&l, 2, "two");
	next_is(&l, 3, "three");
	ends(&l);
}

Test(lines, of_csv_go_on_within_quotes)
{
	struct lines l = open_text(TEXT("a,\"b\nc\",d\n"
					"\"\"\"x\"\"\ny\",1\r\n"
					"5\" tall,\"\"\n"),
				   true);

	next_is(&l, 1, "a,\"b\nc\",d");
	next_is(&l, 3, "\"\"\"x\"\"\ny\",1");
	next_is(&l, 5, "5\" tall,\"\"");
	ends(&l);
}

Test(lines, whose_quotes_do_not_end_are_bad_and_the_next_ones_are_not)
{
	struct lines l = open_text(TEXT("a\n\"b\nc\nd"), true);

	next_is(&l, 1, "a");
	next_is_bad(&l, 2, "the quote of a cell does not end");
	next_is(&l, 3, "c");
	next_is(&l, 4, "d");
	ends(&l);
}

/* Longer than what is read at a time, and held as a whole. */
Test(lines, may_be_long)
{
	size_t n = (5 << 20) + 3;
	char *text = malloc(2 * n + 3);
	struct lines l;

	memset(text, 'x', 2 * n + 2);
	text[n] = '\n';
	text[2 * n + 1] = '\0';
	l = open_text(text, 2 * n + 1, false);
	text[n] = '\0';
	lines_hold(&l);
	next_is(&l, 1, text);
	next_is(&l, 2, text + n + 1);
	lines_again(&l);
	next_is(&l, 1, text);
	next_is(&l, 2, text + n + 1);
	ends(&l);
	free(text);
}

Test(lines, that_are_too_long_are_bad_and_the_next_one_is_not)
{
	size_t n = LINES_MAX_BYTES + ((size_t)2 << 20);
	FILE *f = fopen("a.txt", "wb");
	struct vsx_error err;
	struct lines l = {.quotes = false};

	cr_assert(f && fseek(f, (long)n, SEEK_SET) == 0 &&
		  fputs("\nnext\n", f) >= 0 && fclose(f) == 0);
	cr_assert_eq(lines_open(&l, "a.txt", &err), VSX_OK);
	next_is_bad(&l, 1, "is longer than 128 MiB");
	next_is(&l, 2, "next");
	ends(&l);
}

/* ---- packed ------------------------------------------------------------- */

static bool pack(const char *command)
{
	return system(command) == 0;
}

static void read_packed(const char *name)
{
	struct lines l = {.quotes = false};
	struct vsx_error err;

	cr_assert_eq(lines_open(&l, name, &err), VSX_OK, "%s", err.text);
	next_is(&l, 1, "one");
	next_is(&l, 2, "two");
	next_is(&l, 3, "one");
	next_is(&l, 4, "two");
	ends(&l);
}

static enum vsx_status read_to_end(const char *name, struct vsx_error *err)
{
	struct lines l = {.quotes = false};
	enum vsx_status status = lines_open(&l, name, err);
	bool is_one = true;

	while (status == VSX_OK && is_one) {
		struct line line;

		status = lines_next(&l, &line, &is_one, err);
	}
	lines_close(&l);
	return status;
}

/* Two members or frames, one behind the other; damaged; cut off. */
static void packed_by(const char *program, const char *kind, const char *name)
{
	char command[256], text[64];
	struct vsx_error err;

	files_put_text("t", "one\ntwo\n");
	snprintf(command, sizeof(command),
		 "%s -c t >p 2>/dev/null && cat p p >%s && head -c 12 p >cut",
		 program, name);
	if (!pack(command))
		cr_skip_test("%s is not there", program);
	if (read_to_end(name, &err) != VSX_OK &&
	    strstr(err.text, "which this build of VSX cannot read"))
		cr_skip_test("%s", err.text);
	read_packed(name);
	files_as_stdin(name);
	read_packed("-");
	cr_assert_eq(read_to_end("cut", &err), VSX_EINVAL);
	snprintf(text, sizeof(text), "cut: %s data end early, at byte 12",
		 kind);
	cr_assert_str_eq(err.text, text);
	cr_assert(pack("cat p t >damaged"));
	cr_assert_eq(read_to_end("damaged", &err), VSX_EINVAL);
	snprintf(text, sizeof(text), "damaged: %s data are damaged before ",
		 kind);
	cr_assert(strncmp(err.text, text, strlen(text)) == 0, "%s", err.text);
}

Test(lines, are_unpacked_from_gzip)
{
	packed_by("gzip", "gzip", "a.gz");
}

Test(lines, are_unpacked_from_zstd)
{
	packed_by("zstd", "zstd", "a.zst");
}

/* Looks at its own bytes alone: else a text of blank lines is gone through from
 * each of them. */
Test(lines, is_blank_by_its_own_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct line line = {.text = p + page - 4, .len = 4};

	cr_assert_neq((void *)p, MAP_FAILED);
	cr_assert_eq(mprotect(p + page, page, PROT_NONE), 0);
	memcpy(p + page - 4, " \t\n\r", 4);
	cr_expect(line_is_blank(&line, 0));
	cr_expect(line_is_blank(&line, 4));
	p[page - 4] = 'x';
	cr_expect_not(line_is_blank(&line, 0));
	cr_expect(line_is_blank(&line, 1));
	p[page - 1] = '\0';
	cr_expect_not(line_is_blank(&line, 1));
	munmap(p, 2 * page);
}
