#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "files.h"
#include "input/labels.h"

TestSuite(labels, .init = files_begin, .fini = files_end);

Test(labels, are_the_lines_counted_from_zero)
{
	struct vsx_error err = {.text = ""};
	struct labels l;

	files_put_text("a.txt", "king\nqueen\r\n\nK\xc3\xb6nig, Emil\n");
	cr_assert_eq(input_labels("a.txt", &l, &err), VSX_OK, "%s", err.text);
	cr_assert_eq(l.n, 4);
	cr_assert_str_eq(labels_get(&l, 0), "king");
	cr_assert_str_eq(labels_get(&l, 1), "queen");
	cr_assert_str_eq(labels_get(&l, 2), "");
	cr_assert_str_eq(labels_get(&l, 3), "K\xc3\xb6nig, Emil");
	cr_assert_null(labels_get(&l, 4));
	cr_assert_null(labels_get(&l, UINT64_MAX));
	labels_release(&l);
}

Test(labels, may_lack_the_last_line_feed)
{
	struct vsx_error err;
	struct labels l;

	files_put_text("a.txt", "a\nb");
	cr_assert_eq(input_labels("a.txt", &l, &err), VSX_OK);
	cr_assert_eq(l.n, 2);
	cr_assert_str_eq(labels_get(&l, 1), "b");
	labels_release(&l);

	files_put_text("a.txt", "\n");
	cr_assert_eq(input_labels("a.txt", &l, &err), VSX_OK);
	cr_assert_eq(l.n, 1);
	cr_assert_str_eq(labels_get(&l, 0), "");
	labels_release(&l);
}

Test(labels, may_begin_like_something_else)
{
	struct vsx_error err;
	struct labels l;

	files_put_text("a.txt", "BZh\n<html>\n");
	cr_assert_eq(input_labels("a.txt", &l, &err), VSX_OK);
	cr_assert_str_eq(labels_get(&l, 0), "BZh");
	labels_release(&l);
}

Test(labels, refuse_what_is_no_text)
{
	struct vsx_error err;
	struct labels l;

	files_put("a.txt", "ab\0c\n", 5);
	cr_assert_eq(input_labels("a.txt", &l, &err), VSX_EINVAL);
	cr_assert_str_eq(err.text, "a.txt: byte 2 is NUL, expected text");
	cr_assert_null(labels_get(&l, 0));
	files_put("a.txt", "\x1f\x8b\x08\0\0", 5);
	cr_assert_eq(input_labels("a.txt", &l, &err), VSX_EINVAL);
	cr_assert_str_eq(err.text, "a.txt: gzip data end early, at byte 5");
	files_put_text("a.txt", "version https://git-lfs.github.com/spec/v1\n");
	cr_assert_eq(input_labels("a.txt", &l, &err), VSX_EINVAL);
	files_put_text("a.txt", "");
	cr_assert_eq(input_labels("a.txt", &l, &err), VSX_EINVAL);
	cr_assert_str_eq(err.text, "a.txt: is empty");
	cr_assert_eq(input_labels("-", &l, &err), VSX_EINVAL);
}
