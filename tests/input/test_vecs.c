#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "input/input.h"

TestSuite(vecs, .init = files_begin, .fini = files_end);

static struct input *good(const char *name, uint64_t n, uint32_t dim,
			  enum vsx_elem elem)
{
	struct vsx_error err = {.text = ""};
	struct input *in;

	cr_assert_eq(input_open(&in, name, NULL, &err), VSX_OK, "%s", err.text);
	cr_assert_eq(input_n_rows(in), n);
	cr_assert_eq(input_dim(in), dim);
	cr_assert_eq(input_elem(in), elem);
	return in;
}

/* Two rows of three: 1 2 3, 4 5 6. */
static const uint8_t fvecs[32] = {
	3, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0,	  0x40, 0, 0, 0x40, 0x40,
	3, 0, 0, 0, 0, 0, 0x80, 0x40, 0, 0, 0xa0, 0x40, 0, 0, 0xc0, 0x40,
};

Test(vecs, reads_fvecs)
{
	struct vsx_error err;
	struct input *in;
	float rows[4][3];
	size_t got;

	files_put("a.fvecs", fvecs, sizeof(fvecs));
	in = good("a.fvecs", 2, 3, VSX_F32);
	cr_assert_eq(input_row_bytes(in), 12);
	cr_assert_eq(input_read(in, rows, 4, &got, &err), VSX_OK);
	cr_assert_eq(got, 2);
	for (int i = 0; i < 6; i++)
		cr_assert(rows[i / 3][i % 3] == (float)(i + 1));
	cr_assert_eq(input_read(in, rows, 4, &got, &err), VSX_OK);
	cr_assert_eq(got, 0);
	input_close(in);
}

Test(vecs, reads_bvecs)
{
	static const uint8_t file[12] = {2, 0, 0, 0, 9, 255, 2, 0, 0, 0, 7, 8};
	struct vsx_error err;
	struct input *in;
	uint8_t rows[4];
	size_t got;

	files_put("a.BVECS", file, sizeof(file));
	in = good("a.BVECS", 2, 2, VSX_U8);
	cr_assert_eq(input_read(in, rows, 2, &got, &err), VSX_OK);
	cr_assert_eq(got, 2);
	cr_assert(memcmp(rows, "\x09\xff\x07\x08", 4) == 0);
	input_close(in);
}

Test(vecs, converts_ivecs)
{
	static const int32_t file[4] = {1, -5, 1, 16777216};
	struct vsx_error err;
	struct input *in;
	float rows[2];
	size_t got;

	files_put("a.ivecs", file, sizeof(file));
	in = good("a.ivecs", 2, 1, VSX_F32);
	cr_assert_eq(input_read(in, rows, 2, &got, &err), VSX_OK);
	cr_assert_eq(got, 2);
	cr_assert(rows[0] == -5 && rows[1] == 16777216);
	input_close(in);
}

Test(vecs, refuses_an_integer_that_f32_cannot_hold)
{
	static const int32_t file[4] = {1, -5, 1, 16777217};

	files_put("a.ivecs", file, sizeof(file));
	cr_assert_eq(files_read_all("a.ivecs"), VSX_ENUMERIC);
	cr_assert_str_eq(files_error.text,
			 "a.ivecs: row 1, component 0: 16777217 is an integer "
			 "that f32 does not hold exactly");
}

Test(vecs, gives_the_same_rows_in_any_portion)
{
	enum { N = 5000, DIM = 77 }; /* 1.5 MB: more than the buffer */
	int32_t *file = malloc(4 * N * (DIM + 1));
	float *rows = malloc(4 * N * DIM);

	for (int32_t i = 0; i < N; i++) {
		file[i * (DIM + 1)] = DIM;
		for (int32_t j = 0; j < DIM; j++)
			file[i * (DIM + 1) + 1 + j] = i * DIM + j;
	}
	files_put("a.ivecs", file, 4 * N * (DIM + 1));
	for (size_t portion = 1; portion <= 2 * N; portion = portion * 3 + 1) {
		struct input *in = good("a.ivecs", N, DIM, VSX_F32);
		struct vsx_error err;
		size_t got, n = 0;

		do {
			size_t room = N - n < portion ? N - n : portion;

			cr_assert_eq(input_read(in, rows + n * DIM, room, &got,
						&err),
				     VSX_OK);
			n += got;
		} while (got > 0);
		cr_assert_eq(n, N);
		for (int32_t i = 0; i < N * DIM; i++)
			cr_assert(rows[i] == (float)i);
		input_close(in);
	}
	free(file);
	free(rows);
}

Test(vecs, starts_over_when_rewound)
{
	struct vsx_error err;
	struct input *in;
	float rows[6];
	size_t got;

	files_put("a.fvecs", fvecs, sizeof(fvecs));
	in = good("a.fvecs", 2, 3, VSX_F32);
	cr_assert_eq(input_read(in, rows, 2, &got, &err), VSX_OK);
	cr_assert_eq(input_rewind(in, &err), VSX_OK);
	rows[0] = 0;
	cr_assert_eq(input_read(in, rows, 1, &got, &err), VSX_OK);
	cr_assert_eq(got, 1);
	cr_assert(rows[0] == 1);
	input_close(in);
}

Test(vecs, rejects_a_row_of_another_dimension)
{
	uint8_t file[32];

	memcpy(file, fvecs, sizeof(file));
	file[16] = 2;
	files_put("a.fvecs", file, sizeof(file));
	files_refused("a.fvecs", "a.fvecs: row 1 has dimension 2, expected 3");
	file[19] = 0xff;
	files_put("a.fvecs", file, sizeof(file));
	files_refused("a.fvecs",
		      "a.fvecs: row 1 has dimension -16777214, expected 3");
}

Test(vecs, rejects_a_part_of_a_row)
{
	for (size_t len = 17; len < 32; len++) {
		files_put("a.fvecs", fvecs, len);
		cr_assert_eq(files_read_all("a.fvecs"), VSX_EINVAL);
	}
	files_put("a.fvecs", fvecs, 30);
	files_refused("a.fvecs",
		      "a.fvecs: 30 bytes, not a whole number of rows of "
		      "16 bytes (dimension 3)");
	files_put("a.fvecs", fvecs, 3);
	files_refused("a.fvecs", "a.fvecs: 3 bytes, too few for the "
				 "dimension of a first row, expected 4");
}

Test(vecs, rejects_dimensions_out_of_range)
{
	static const int32_t dims[] = {0, -1, INT32_MIN, 65537, INT32_MAX};
	int32_t file[2] = {0, 0};

	for (size_t i = 0; i < sizeof(dims) / sizeof(*dims); i++) {
		file[0] = dims[i];
		files_put("a.fvecs", file, sizeof(file));
		cr_assert_eq(files_read_all("a.fvecs"), VSX_EINVAL);
	}
	files_refused("a.fvecs", "a.fvecs: row 0 has dimension 2147483647, "
				 "expected 1 to 65536");
}

Test(vecs, reads_the_longest_rows)
{
	enum { DIM = 65536 };
	uint8_t *file = calloc(1, 4 + DIM);

	file[2] = 1; /* 65536 */
	file[4 + DIM - 1] = 7;
	files_put("a.bvecs", file, 4 + DIM);
	cr_assert_eq(files_read_all("a.bvecs"), VSX_OK);
	free(file);
}
