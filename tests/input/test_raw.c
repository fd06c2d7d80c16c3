#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "input/input.h"

TestSuite(raw, .init = files_begin, .fini = files_end);

static const float four[4] = {1, 2, 3, 4};

Test(raw, reads_rows_from_standard_input)
{
	struct input_opts opts = {.dim = 2};
	struct vsx_error err;
	struct input *in;
	float rows[6];
	size_t got;

	files_put("raw", four, sizeof(four));
	files_as_stdin("raw");
	cr_assert_eq(input_open(&in, "-", &opts, &err), VSX_OK);
	cr_assert_eq(input_n_rows(in), INPUT_UNKNOWN_ROWS);
	cr_assert_eq(input_dim(in), 2);
	cr_assert_eq(input_elem(in), VSX_F32);
	cr_assert_str_eq(input_name(in), "standard input");
	cr_assert_eq(input_read(in, rows, 3, &got, &err), VSX_OK);
	cr_assert_eq(got, 2);
	cr_assert(memcmp(rows, four, sizeof(four)) == 0);
	cr_assert_eq(input_read(in, rows, 3, &got, &err), VSX_OK);
	cr_assert_eq(got, 0);
	input_close(in);
}

Test(raw, waits_for_the_rest_of_a_row_in_a_pipe)
{
	struct input_opts opts = {.dim = 4};
	struct vsx_error err;
	struct input *in;
	float rows[4];
	size_t got;
	int ends[2];

	cr_assert(pipe(ends) == 0);
	if (fork() == 0) {
		for (size_t i = 0; i < sizeof(four); i++)
			if (write(ends[1], (const char *)four + i, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	cr_assert_eq(input_open(&in, "-", &opts, &err), VSX_OK);
	cr_assert_eq(input_read(in, rows, 1, &got, &err), VSX_OK);
	cr_assert_eq(got, 1);
	cr_assert(memcmp(rows, four, sizeof(four)) == 0);
	input_close(in);
}

Test(raw, reads_the_type_it_is_told)
{
	static const struct {
		enum vsx_elem elem;
		size_t row_bytes;
	} cases[] = {
		{VSX_F32, 8}, {VSX_F16, 4}, {VSX_BF16, 4},
		{VSX_I8, 2},  {VSX_U8, 2},
	};

	files_put("raw", four, sizeof(four));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct input_opts opts = {.dim = 2, .elem = cases[i].elem};
		struct vsx_error err;
		uint8_t rows[64];
		struct input *in;
		size_t got;

		files_as_stdin("raw");
		cr_assert_eq(input_open(&in, "-", &opts, &err), VSX_OK);
		cr_assert_eq(input_elem(in), cases[i].elem);
		cr_assert_eq(input_row_bytes(in), cases[i].row_bytes);
		cr_assert_eq(input_read(in, rows, 16, &got, &err), VSX_OK);
		cr_assert_eq(got, 16 / cases[i].row_bytes);
		cr_assert(memcmp(rows, four, 16) == 0);
		input_close(in);
	}
}

Test(raw, refuses_a_part_of_a_row)
{
	struct input_opts opts = {.dim = 3};
	struct vsx_error err;
	struct input *in;
	float rows[12];
	size_t got;

	files_put("raw", four, sizeof(four));
	files_as_stdin("raw");
	cr_assert_eq(input_open(&in, "-", &opts, &err), VSX_OK);
	cr_assert_eq(input_read(in, rows, 4, &got, &err), VSX_EINVAL);
	cr_assert_eq(got, 0);
	cr_assert_str_eq(err.text, "standard input: ends with 4 bytes of row "
				   "1, which needs 12");
	input_close(in);
}

Test(raw, needs_a_dimension)
{
	struct vsx_error err;
	struct input *in;

	files_put("raw", four, sizeof(four));
	files_as_stdin("raw");
	cr_assert_eq(input_open(&in, "-", NULL, &err), VSX_EINVAL);
	cr_assert_str_eq(err.text, "standard input: the dimension of raw rows "
				   "must be given (--dim), or for "
				   "documents --format");
}

Test(raw, refuses_a_dimension_beyond_the_limit)
{
	struct input_opts opts = {.dim = 65537};
	struct vsx_error err;
	struct input *in;

	cr_assert_eq(input_open(&in, "-", &opts, &err), VSX_EINVAL);
	cr_assert_str_eq(err.text, "dimension 65537, expected 1 to 65536");
}

Test(raw, refuses_nothing_at_all)
{
	struct input_opts opts = {.dim = 3};
	struct vsx_error err;
	struct input *in;

	files_put("raw", "", 0);
	files_as_stdin("raw");
	cr_assert_eq(input_open(&in, "-", &opts, &err), VSX_EINVAL);
	cr_assert_str_eq(err.text, "standard input: is empty");
}

Test(raw, refuses_a_file_with_a_header)
{
	struct input_opts opts = {.dim = 3};
	struct vsx_error err;
	struct input *in;

	files_put_npy("a.npy", "{}", four, sizeof(four));
	files_as_stdin("a.npy");
	cr_assert_eq(input_open(&in, "-", &opts, &err), VSX_EINVAL);
	cr_assert_str_eq(err.text, "standard input: is a .npy file, expected "
				   "raw rows; name the file instead");
}

Test(raw, refuses_to_start_over)
{
	struct input_opts opts = {.dim = 2};
	struct vsx_error err;
	struct input *in;

	files_put("raw", four, sizeof(four));
	files_as_stdin("raw");
	cr_assert_eq(input_open(&in, "-", &opts, &err), VSX_OK);
	cr_assert_eq(input_rewind(in, &err), VSX_EINVAL);
	input_close(in);
}
