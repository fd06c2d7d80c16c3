#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "input/ids.h"
#include "input/truth.h"

TestSuite(truth, .init = files_begin, .fini = files_end);

#define DICT(descr, shape)                                                     \
	"{'descr': '" descr "', 'fortran_order': False, 'shape': " shape ", }"

static const uint64_t six[6] = {1, 2, 3, 4, 5, 6};

static void gives_six(const char *name)
{
	struct vsx_error err = {.text = ""};
	uint64_t *ids, n;
	uint32_t k;

	cr_assert_eq(input_truth(name, &ids, &n, &k, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(n, 2);
	cr_assert_eq(k, 3);
	cr_assert(memcmp(ids, six, sizeof(six)) == 0);
	free(ids);
}

static void refused(const char *name, const char *text)
{
	struct vsx_error err = {.text = ""};
	uint64_t *ids, n;
	uint32_t k;

	cr_assert_eq(input_truth(name, &ids, &n, &k, &err), VSX_EINVAL);
	cr_assert_null(ids);
	cr_assert_str_eq(err.text, text);
}

Test(truth, comes_from_ivecs)
{
	static const int32_t file[8] = {3, 1, 2, 3, 3, 4, 5, 6};

	files_put("a.ivecs", file, sizeof(file));
	gives_six("a.ivecs");
}

Test(truth, comes_from_npy)
{
	static const int32_t i4[6] = {1, 2, 3, 4, 5, 6};

	files_put_npy("a.npy", DICT("<i4", "(2, 3)"), i4, sizeof(i4));
	gives_six("a.npy");
	files_put_npy("a.npy", DICT("<u4", "(2, 3)"), i4, sizeof(i4));
	gives_six("a.npy");
	files_put_npy("a.npy", DICT("<i8", "(2, 3)"), six, sizeof(six));
	gives_six("a.npy");
	files_put_npy("a.npy", DICT("<u8", "(2, 3)"), six, sizeof(six));
	gives_six("a.npy");
}

Test(truth, comes_from_ibin_with_and_without_distances)
{
	static const uint32_t file[14] = {2, 3, 1, 2, 3, 4, 5, 6};

	files_put("a.ibin", file, 32);
	gives_six("a.ibin");
	files_put("a.ibin", file, 56);
	gives_six("a.ibin");
	files_put("a.ibin", file, 52);
	refused("a.ibin", "a.ibin: 52 bytes, but the header declares 2 rows of "
			  "12 bytes, which makes 32");
}

Test(truth, refuses_a_negative_id)
{
	static const int32_t file[8] = {3, 1, 2, 3, 3, 4, -2, 6};

	files_put("a.ivecs", file, sizeof(file));
	refused("a.ivecs", "a.ivecs: row 1, column 1: the id -2 is negative");
}

Test(truth, ends_a_list_with_minus_one)
{
	static const int32_t file[8] = {3, 1, 2, -1, 3, -1, -1, -1};
	static const int32_t behind[8] = {3, 1, 2, 3, 3, 4, -1, 6};
	static const int32_t twice[8] = {3, 1, 2, 3, 3, 4, 5, 4};
	struct vsx_error err = {0};
	uint64_t *ids, n;
	uint32_t k;

	files_put("a.ivecs", file, sizeof(file));
	cr_assert_eq(input_truth("a.ivecs", &ids, &n, &k, &err), VSX_OK, "%s",
		     err.text);
	cr_assert(n == 2 && k == 3);
	cr_expect(ids[0] == 1 && ids[1] == 2 && ids[2] == TRUTH_END);
	cr_expect_eq(truth_length(ids, k), 2);
	cr_expect_eq(truth_length(ids + 3, k), 0);
	free(ids);
	files_put("a.ivecs", behind, sizeof(behind));
	refused("a.ivecs",
		"a.ivecs: row 1, column 2: the id 6 follows -1, which ends a "
		"list");
	files_put("a.ivecs", twice, sizeof(twice));
	refused("a.ivecs", "a.ivecs: row 1: the id 4 appears twice");
}

Test(truth, refuses_distances_alone)
{
	static const float f4[2] = {1, 2};

	files_put_npy("a.npy", DICT("<f4", "(1, 2)"), f4, 8);
	refused("a.npy", "a.npy: holds no ids, which are integers of 32 or 64 "
			 "bits");
}

Test(truth, refuses_standard_input)
{
	refused("-",
		"standard input: cannot be used for a ground truth; name a "
		"file");
}
