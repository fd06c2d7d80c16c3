#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "cli/exit.h"
#include "cli/fail.h"

Test(fail, fills_status_and_text)
{
	struct vsx_error err;

	cr_assert_eq(tool_fail(&err, VSX_EEXIST, "%s: exists", "a.vsx"),
		     VSX_EEXIST);
	cr_assert_eq(err.status, VSX_EEXIST);
	cr_assert_eq(err.sys_errno, 0);
	cr_assert_str_eq(err.text, "a.vsx: exists");
	cr_assert_eq(tool_fail(NULL, VSX_EIO, "nobody listens"), VSX_EIO);
}

Test(fail, makes_one_printable_line)
{
	struct vsx_error err;

	tool_fail(&err, VSX_EINVAL, "a\nb\tc\x1b[1m\x7f K\xc3\xb6nig");
	cr_assert_str_eq(err.text, "a?b?c?[1m? K\xc3\xb6nig");
}

Test(fail, tells_mistakes_from_failures_of_the_system)
{
	static const struct {
		int number;
		enum vsx_status due;
	} cases[] = {
		{ENOENT, VSX_EINVAL}, {ENOTDIR, VSX_EINVAL},
		{EACCES, VSX_EIO},    {EIO, VSX_EIO},
		{ENOSPC, VSX_EIO},    {ENOMEM, VSX_ENOMEM},
	};
	struct vsx_error err;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		errno = cases[i].number;
		cr_assert_eq(tool_fail_errno(&err, "x"), cases[i].due);
		cr_assert_eq(err.status, cases[i].due);
		cr_assert_eq(err.sys_errno, cases[i].number);
	}
	errno = EACCES;
	tool_fail_errno(&err, "%s", "a.vsx");
	cr_assert_str_eq(err.text, "a.vsx: Permission denied");
}

Test(fail, cuts_a_text_that_is_too_long)
{
	struct vsx_error err;
	char text[2 * VSX_ERROR_TEXT];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	tool_fail(&err, VSX_EINVAL, "%s", text);
	cr_assert_eq(strlen(err.text), VSX_ERROR_TEXT - 1);
	errno = EIO;
	tool_fail_errno(&err, "%s", text);
	cr_assert_eq(strlen(err.text), VSX_ERROR_TEXT - 1);
}

Test(fail, shortens_a_long_path_in_front)
{
	char name[TOOL_NAME_BYTES];
	char path[300];

	memset(path, 'x', 299);
	path[299] = '\0';
	memcpy(path + 290, "/base.npy", 9);
	path[299] = '\0';
	tool_name(name, path);
	cr_assert_eq(strlen(name), TOOL_NAME_BYTES - 1);
	cr_assert(strncmp(name, "...x", 4) == 0);
	cr_assert_str_eq(name + strlen(name) - 9, "/base.npy");
	cr_assert_str_eq(tool_name(name, "base.npy"), "base.npy");
	path[TOOL_NAME_BYTES - 1] = '\0';
	cr_assert_str_eq(tool_name(name, path), path);
}

/* What the library says, as it would fill it. */
static struct vsx_error told(const char *text)
{
	struct vsx_error err;

	tool_fail(&err, VSX_ENUMERIC, "%s", text);
	return err;
}

Test(fail, counts_rows_by_the_number_not_by_the_text)
{
	struct vsx_error err = told("row 12: component 3 is nan");

	cr_assert_eq(err.at.row, -1);
	err.at.row = 12;
	err.why = 8;
	tool_name_row(&err, "a.npy", -10);
	cr_expect_str_eq(err.text, "a.npy: row 2: component 3 is nan");
	err = told("query 12: component 3 is nan");
	err.at.query = 12;
	err.why = 10;
	tool_name_row(&err, "a.npy", 0);
	cr_expect_str_eq(err.text, "a.npy: row 12: component 3 is nan");
	err = told("component 3: is nan");
	tool_name_row(&err, "a.npy", 5);
	cr_expect_str_eq(err.text, "a.npy: component 3: is nan");
}

Test(exit, codes_are_those_of_the_manual)
{
	cr_assert_eq(exit_code(VSX_OK), 0);
	cr_assert_eq(exit_code(VSX_ECORRUPT), 1);
	cr_assert_eq(exit_code(VSX_ETRUNCATED), 1);
	cr_assert_eq(exit_code(VSX_EINVAL), 2);
	cr_assert_eq(exit_code(VSX_ENOTFOUND), 2);
	cr_assert_eq(exit_code(VSX_ENUMERIC), 2);
	cr_assert_eq(exit_code(VSX_EEXIST), 2);
	cr_assert_eq(exit_code(VSX_EIO), 3);
	cr_assert_eq(exit_code(VSX_ENOMEM), 3);
	cr_assert_eq(exit_code(VSX_EFORMAT), 4);
	cr_assert_eq(exit_code(VSX_EVERSION), 4);
	cr_assert_eq(exit_code(VSX_ESTOPPED), 130);
}
