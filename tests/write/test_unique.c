#include <criterion/criterion.h>

#include "write/intake/unique.h"

static struct vsx_error err;

static enum vsx_status check(const uint64_t *ids, uint32_t n)
{
	struct vsx_rows rows = {.n = n, .ids = ids};

	return vsx_check_unique(NULL, &rows, &err);
}

Test(unique, names_the_first_repeated_id)
{
	uint64_t ids[] = {9, 5, 77, 3, 77, 5, 5, 9};

	cr_assert_eq(check(ids, 8), VSX_EINVAL);
	cr_expect_str_eq(err.text, "row 4: id 77 is also that of row 2");
	ids[4] = 5;
	cr_assert_eq(check(ids, 8), VSX_EINVAL);
	cr_expect_str_eq(err.text, "row 4: id 5 is also that of row 1");
	cr_expect_eq(check(ids, 4), VSX_OK);
}

Test(unique, takes_any_ids_that_differ)
{
	uint64_t ids[] = {UINT64_MAX,	     0,
			  UINT64_C(1) << 63, UINT64_MAX - 1,
			  UINT64_C(1) << 32, 1};

	cr_expect_eq(check(ids, 6), VSX_OK);
	cr_expect_eq(check(ids, 1), VSX_OK);
	cr_expect_eq(check(NULL, 6), VSX_OK);
	ids[5] = UINT64_MAX;
	cr_assert_eq(check(ids, 6), VSX_EINVAL);
	cr_expect_str_eq(
		err.text,
		"row 5: id 18446744073709551615 is also that of row 0");
}
