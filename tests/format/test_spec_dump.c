/*
 * The example of SPEC.md 10.2 against the file that the writer writes: every
 * byte of the dump, and zeros where it shows none. After a change of the format
 * that is meant, the failures say what each line should be.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "vsx_write.h"
#include "write/scratch_folder.h"

#define SPEC   VSX_TEST_SOURCE "/SPEC.md"
#define GOLDEN VSX_TEST_SOURCE "/tests/golden/flat-5.vsx"
#define LINE   16
#define BEGIN  "\n```dump\n"

TestSuite(spec_dump, .init = scratch_make, .fini = scratch_drop);

/* The file of tests/write/test_golden.c. */
static uint8_t *build(size_t *n)
{
	static const float rows[5][4] = {
		{1.0f, 0.0f, 0.0f, 0.0f},   {0.0f, 1.0f, 0.0f, 0.0f},
		{0.0f, 0.0f, 1.0f, 0.0f},   {0.5f, 0.5f, 0.0f, -1.0f},
		{2.0f, -3.0f, 0.25f, 8.0f},
	};
	static const uint64_t ids[5] = {10, 20, 30, 40, 50};
	struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
	const char *path = scratch_path("x");
	struct vsx_error err = {0};
	struct vsx_builder *b;
	uint8_t *bytes;

	opts.dim = 4;
	opts.spec = "Flat";
	opts.model = "golden";
	cr_assert_eq(vsx_builder_new(&b, path, &opts, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, 5, ids), &err),
		     VSX_OK);
	cr_assert_eq(vsx_builder_finish(b, NULL, &err), VSX_OK, "%s", err.text);
	vsx_builder_free(b);
	bytes = scratch_read(path, n);
	cr_assert(bytes && *n % LINE == 0);
	return bytes;
}

/* SPEC.md from the first line of the dump on. */
static char *read_dump(void)
{
	size_t n = 0;
	char *text = (char *)scratch_read(SPEC, &n), *at;

	cr_assert(text, "there is no " SPEC);
	text[n] = '\0';
	at = strstr(text, BEGIN);
	cr_assert(at, "SPEC.md has no block that begins with ```dump");
	cr_assert_null(strstr(at + 1, BEGIN), "SPEC.md has two dumps");
	memmove(text, at + strlen(BEGIN), strlen(at + strlen(BEGIN)) + 1);
	return text;
}

/* A line as the dump should have it, without what is said beside. */
static void print_line(char *out, size_t room, size_t at, const uint8_t *bytes)
{
	int n = snprintf(out, room, "%08zx ", at);

	for (int i = 0; i < LINE; i++)
		n += snprintf(out + n, room - (size_t)n, "%s%02x",
			      i == 8 ? "  " : " ", bytes[i]);
}

static bool is_zero(const uint8_t *bytes)
{
	static const uint8_t zeros[LINE];

	return memcmp(bytes, zeros, LINE) == 0;
}

Test(spec_dump, is_what_the_writer_writes)
{
	size_t n = 0, at = 0, n_lines = 0;
	uint8_t *bytes = build(&n);
	char *dump = read_dump(), *line = dump;

	for (; strncmp(line, "```", 3) != 0; line = strchr(line, '\n') + 1) {
		char *end, due[80];
		size_t place = strtoul(line, &end, 16);

		cr_assert(strchr(line, '\n'), "the dump has no end");
		cr_assert(end == line + 8 && place % LINE == 0 && place >= at &&
				  place < n,
			  "not the next line of a dump: %.60s", line);
		for (; at < place; at += LINE)
			cr_expect(is_zero(bytes + at),
				  "bytes at %08zx are not zero and not shown",
				  at);
		print_line(due, sizeof(due), place, bytes + place);
		cr_expect(strncmp(line, due, strlen(due)) == 0,
			  "expected: %s\nSPEC.md:  %.*s", due, (int)strlen(due),
			  line);
		cr_expect(line[strlen(due)] == '\n' ||
				  strncmp(line + strlen(due), "  ", 2) == 0,
			  "bytes at %08zx: more than 16", place);
		cr_expect_not(is_zero(bytes + place), "%08zx is zero", place);
		at = place + LINE;
		n_lines++;
	}
	for (; at < n; at += LINE)
		cr_expect(is_zero(bytes + at),
			  "bytes at %08zx are not zero and not shown", at);
	cr_expect_gt(n_lines, 20);
	free(dump);
	free(bytes);
}

/* The file that the text names is the same. */
Test(spec_dump, is_the_golden_file)
{
	size_t n = 0, n_golden = 0;
	uint8_t *bytes = build(&n), *golden = scratch_read(GOLDEN, &n_golden);

	cr_assert(golden, "there is no " GOLDEN);
	cr_assert_eq(n, n_golden);
	cr_expect_arr_eq(bytes, golden, n);
	free(golden);
	free(bytes);
}
