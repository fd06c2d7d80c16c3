#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "input/ids.h"

TestSuite(ids, .init = files_begin, .fini = files_end);

#define DICT(descr, shape)                                                     \
	"{'descr': '" descr "', 'fortran_order': False, 'shape': " shape ", }"

static void gives(const char *name, const uint64_t *due, uint64_t n)
{
	struct vsx_error err = {.text = ""};
	uint64_t *ids, got;

	cr_assert_eq(input_ids(name, &ids, &got, &err), VSX_OK, "%s", err.text);
	cr_assert_eq(got, n);
	cr_assert(memcmp(ids, due, n * sizeof(*due)) == 0, "%s", name);
	free(ids);
}

static void refused(const char *name, const char *text)
{
	struct vsx_error err = {.text = ""};
	uint64_t *ids, n;

	cr_assert_eq(input_ids(name, &ids, &n, &err), VSX_EINVAL, "%s", name);
	cr_assert_null(ids);
	cr_assert_eq(n, 0);
	cr_assert_str_eq(err.text, text);
}

Test(ids, come_from_npy_of_each_integer)
{
	static const uint64_t due[3] = {7, 0, 2147483647};
	static const int32_t i4[3] = {7, 0, 2147483647};
	static const int64_t i8[3] = {7, 0, 2147483647};
	static const uint64_t u8[3] = {7, UINT64_MAX, 1ull << 53 | 1};
	static const uint8_t big[8] = {0, 0, 0, 0, 0, 0, 1, 2};
	static const uint64_t big_due[1] = {258};

	files_put_npy("a.npy", DICT("<i4", "(3,)"), i4, 12);
	gives("a.npy", due, 3);
	files_put_npy("a.npy", DICT("<u4", "(3, 1)"), i4, 12);
	gives("a.npy", due, 3);
	files_put_npy("a.npy", DICT("<i8", "(3,)"), i8, 24);
	gives("a.npy", due, 3);
	files_put_npy("a.npy", DICT("<u8", "(1, 3)"), u8, 24);
	gives("a.npy", u8, 3);
	files_put_npy("a.npy", DICT(">i8", "(1,)"), big, 8);
	gives("a.npy", big_due, 1);
}

Test(ids, come_in_any_number_from_npy)
{
	enum { N = 300000 }; /* more than a row may have, and than a block */
	uint64_t *ids = malloc(N * sizeof(*ids));

	for (uint64_t i = 0; i < N; i++)
		ids[i] = i * i;
	files_put_npy("a.npy", DICT("<u8", "(300000,)"), ids, N * sizeof(*ids));
	gives("a.npy", ids, N);
	free(ids);
}

Test(ids, come_from_ivecs_either_way)
{
	static const uint64_t due[2] = {5, 6};
	static const int32_t rows[4] = {1, 5, 1, 6};
	static const int32_t row[3] = {2, 5, 6};

	files_put("a.ivecs", rows, sizeof(rows));
	gives("a.ivecs", due, 2);
	files_put("a.ivecs", row, sizeof(row));
	gives("a.ivecs", due, 2);
}

Test(ids, come_from_text)
{
	static const uint64_t due[3] = {12, 0, UINT64_MAX};

	files_put_text("a.txt", "12\n0\n18446744073709551615\n");
	gives("a.txt", due, 3);
	files_put_text("a.txt", "12\r\n0\r\n18446744073709551615");
	gives("a.txt", due, 3);
	files_put_text("a", "12\n000\n0018446744073709551615\r");
	gives("a", due, 3);
}

Test(ids, come_from_long_texts)
{
	enum { N = 50000 }; /* lines lie across the pieces that are read */
	char *text = malloc(N * 8);
	uint64_t *due = malloc(N * sizeof(*due));
	size_t len = 0;

	for (uint64_t i = 0; i < N; i++) {
		due[i] = i * 37 % 100003;
		len += (size_t)sprintf(text + len, "%u\n", (unsigned)due[i]);
	}
	files_put("a.txt", text, len);
	gives("a.txt", due, N);
	files_as_stdin("a.txt");
	gives("-", due, N);
	free(text);
	free(due);
}

Test(ids, refuse_what_is_no_number_and_name_the_line)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{"1\nabc\n", "line 2: 'abc'"},
		{"1\n2\n-3\n", "line 3: '-3'"},
		{"+1\n", "line 1: '+1'"},
		{" 1\n", "line 1: ' 1'"},
		{"1 \n", "line 1: '1 '"},
		{"1,2\n", "line 1: '1,2'"},
		{"1.0\n", "line 1: '1.0'"},
		{"18446744073709551616\n", "line 1: '18446744073709551616'"},
		{"1\r\r\n", "line 1: '1?'"},
		{"1234567890123456789012345678901234567890X\n",
		 "line 1: '1234567890123456789012345678901234567890...'"},
	};
	char due[200];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		files_put_text("a.txt", cases[i].text);
		snprintf(due, sizeof(due),
			 "a.txt: %s is not an id, a number from 0 to "
			 "18446744073709551615",
			 cases[i].why);
		refused("a.txt", due);
	}
}

Test(ids, refuse_an_empty_line)
{
	files_put_text("a.txt", "1\n\n2\n");
	refused("a.txt", "a.txt: line 2 is empty, expected an id");
	files_put_text("a.txt", "1\n\r\n2\n");
	refused("a.txt", "a.txt: line 2 is empty, expected an id");
	files_put_text("a.txt", "\n");
	refused("a.txt", "a.txt: line 1 is empty, expected an id");
}

Test(ids, refuse_a_negative_one_and_name_its_row)
{
	static const int64_t i8[3] = {1, 2, -3};
	static const int32_t rows[4] = {1, 5, 1, -1};

	files_put_npy("a.npy", DICT("<i8", "(3,)"), i8, 24);
	refused("a.npy", "a.npy: row 2, column 0: the id -3 is negative");
	files_put("a.ivecs", rows, sizeof(rows));
	refused("a.ivecs", "a.ivecs: row 1, column 0: the id -1 is negative");
}

Test(ids, refuse_more_than_one_a_row)
{
	static const int32_t i4[4] = {1, 2, 3, 4};

	files_put_npy("a.npy", DICT("<i4", "(2, 2)"), i4, 16);
	refused("a.npy", "a.npy: 2 rows of 2 ids, expected one id per row");
}

Test(ids, refuse_numbers_that_are_no_ids)
{
	static const float f4[2] = {1, 2};

	files_put_npy("a.npy", DICT("<f4", "(2,)"), f4, 8);
	refused("a.npy", "a.npy: holds no ids, which are integers of 32 or 64 "
			 "bits");
	files_put_npy("a.npy", DICT("<u4", "(0,)"), f4, 0);
	refused("a.npy", "a.npy: holds no rows");
}

Test(ids, refuse_files_that_are_something_else)
{
	files_put_text("a.txt", "version https://git-lfs.github.com/spec/v1\n");
	refused("a.txt", "a.txt: is a git-LFS pointer, not vectors (run 'git "
			 "lfs pull')");
	files_put_text("a.npy", "1\n2\n");
	refused("a.npy", "a.npy: is not a .npy file: the first 6 bytes are "
			 "not 93 4e 55 4d 50 59");
	files_put_text("a.txt", "");
	refused("a.txt", "a.txt: is empty");
	refused("none", "none: No such file or directory");
}
