#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "input/input.h"

TestSuite(npy, .init = files_begin, .fini = files_end);

#define DICT(descr, order, shape)                                              \
	"{'descr': '" descr "', 'fortran_order': " order ", 'shape': " shape   \
	", }"

static struct input *good(const char *name, uint64_t n, uint32_t dim,
			  enum vsx_elem elem)
{
	struct vsx_error err = {.text = ""};
	struct input *in;

	cr_assert_eq(input_open(&in, name, NULL, &err), VSX_OK, "%s", err.text);
	cr_assert_eq(input_n_rows(in), n);
	cr_assert_eq(input_dim(in), dim);
	cr_assert_eq(input_elem(in), elem);
	cr_assert_str_eq(input_name(in), name);
	return in;
}

/* All rows in one read, and the end behind them. */
static void holds(struct input *in, const void *due, size_t n)
{
	size_t bytes = n * input_row_bytes(in);
	struct vsx_error err = {.text = ""};
	void *rows = malloc(bytes + 1);
	size_t got;

	cr_assert_eq(input_read(in, rows, n, &got, &err), VSX_OK, "%s",
		     err.text);
	cr_assert_eq(got, n);
	cr_assert(memcmp(rows, due, bytes) == 0);
	cr_assert_eq(input_read(in, rows, 1, &got, &err), VSX_OK);
	cr_assert_eq(got, 0);
	free(rows);
	input_close(in);
}

static const float six[6] = {1, 2, 3, -4, 5.5f, 6e-20f};

Test(npy, reads_rows)
{
	files_put_npy("a.npy", DICT("<f4", "False", "(2, 3)"), six, 24);
	holds(good("a.npy", 2, 3, VSX_F32), six, 2);
}

Test(npy, is_known_by_content_whatever_its_suffix)
{
	files_put_npy("a.fvecs", DICT("<f4", "False", "(2, 3)"), six, 24);
	holds(good("a.fvecs", 2, 3, VSX_F32), six, 2);
	files_put_npy("a", DICT("<f4", "False", "(2, 3)"), six, 24);
	holds(good("a", 2, 3, VSX_F32), six, 2);
}

Test(npy, reads_small_types_as_they_are)
{
	static const uint8_t cells[12] = {0,	1,    127, 128, 255, 6,
					  0x3c, 0x00, 9,   10,	11,  12};

	files_put_npy("u1.npy", DICT("|u1", "False", "(3, 4)"), cells, 12);
	holds(good("u1.npy", 3, 4, VSX_U8), cells, 3);
	files_put_npy("i1.npy", DICT("|i1", "False", "(3, 4)"), cells, 12);
	holds(good("i1.npy", 3, 4, VSX_I8), cells, 3);
	files_put_npy("f2.npy", DICT("<f2", "False", "(3, 2)"), cells, 12);
	holds(good("f2.npy", 3, 2, VSX_F16), cells, 3);
}

Test(npy, turns_the_other_byte_order)
{
	static const uint8_t f4[8] = {0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0};
	static const float f4_due[2] = {1, -2};
	static const uint8_t f2[4] = {0x3c, 0x00, 0xc0, 0x01};
	static const uint16_t f2_due[2] = {0x3c00, 0xc001};
	static const uint8_t f8[8] = {0x3f, 0xf8};
	static const float f8_due[1] = {1.5f};
	static const uint8_t i4[4] = {0xff, 0xff, 0xff, 0xfe};
	static const float i4_due[1] = {-2};

	files_put_npy("f4.npy", DICT(">f4", "False", "(1, 2)"), f4, 8);
	holds(good("f4.npy", 1, 2, VSX_F32), f4_due, 1);
	files_put_npy("f2.npy", DICT(">f2", "False", "(2, 1)"), f2, 4);
	holds(good("f2.npy", 2, 1, VSX_F16), f2_due, 2);
	files_put_npy("f8.npy", DICT(">f8", "False", "(1, 1)"), f8, 8);
	holds(good("f8.npy", 1, 1, VSX_F32), f8_due, 1);
	files_put_npy("i4.npy", DICT(">i4", "False", "(1, 1)"), i4, 4);
	holds(good("i4.npy", 1, 1, VSX_F32), i4_due, 1);
}

Test(npy, transposes_fortran_order)
{
	/* Columns (1, -4), (2, 5.5), (3, 6e-20). */
	static const float columns[6] = {1, -4, 2, 5.5f, 3, 6e-20f};
	static const uint8_t u1[6] = {1, 2, 3, 4, 5, 6};
	static const uint8_t u1_due[6] = {1, 4, 2, 5, 3, 6};

	files_put_npy("a.npy", DICT("<f4", "True", "(2, 3)"), columns, 24);
	holds(good("a.npy", 2, 3, VSX_F32), six, 2);
	files_put_npy("b.npy", DICT("|u1", "True", "(3, 2)"), u1, 6);
	holds(good("b.npy", 3, 2, VSX_U8), u1_due, 3);
}

Test(npy, transposes_more_than_a_block_holds)
{
	enum { N = 90001, DIM = 103 }; /* 37 MB; a block is 32 MiB */
	float *data = malloc(sizeof(float) * N * DIM);
	float rows[1000][DIM];
	struct vsx_error err = {.text = ""};
	struct input *in;
	size_t got, row = 0;

	for (size_t j = 0; j < DIM; j++)
		for (size_t i = 0; i < N; i++)
			data[j * N + i] = (float)(i * DIM + j);
	files_put_npy("a.npy", DICT("<f4", "True", "(90001, 103)"), data,
		      sizeof(float) * N * DIM);
	in = good("a.npy", N, DIM, VSX_F32);
	for (int pass = 0; pass < 2; pass++) {
		for (row = 0;; row += got) {
			cr_assert_eq(input_read(in, rows, 1000, &got, &err),
				     VSX_OK);
			if (got == 0)
				break;
			for (size_t i = 0; i < got; i++)
				for (size_t j = 0; j < DIM; j++)
					cr_assert(rows[i][j] ==
						  (float)((row + i) * DIM + j));
		}
		cr_assert_eq(row, N);
		cr_assert_eq(input_rewind(in, &err), VSX_OK);
	}
	input_close(in);
	free(data);
}

Test(npy, reads_longer_length_fields)
{
	static const char dict[] = DICT("<f4", "False", "(1, 1)") "\n";
	uint8_t file[12 + sizeof(dict) - 1 + 4];

	for (uint8_t version = 2; version <= 3; version++) {
		memcpy(file, "\x93NUMPY", 6);
		file[6] = version;
		file[7] = 0;
		file[8] = sizeof(dict) - 1;
		file[9] = file[10] = file[11] = 0;
		memcpy(file + 12, dict, sizeof(dict) - 1);
		memcpy(file + 12 + sizeof(dict) - 1, six, 4);
		files_put("a.npy", file, sizeof(file));
		holds(good("a.npy", 1, 1, VSX_F32), six, 1);
	}
}

Test(npy, takes_one_dimension_for_one_row)
{
	files_put_npy("a.npy", DICT("<f4", "False", "(6,)"), six, 24);
	holds(good("a.npy", 1, 6, VSX_F32), six, 1);
}

Test(npy, reads_what_python_may_write)
{
	static const char python2[] =
		"{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L)}";
	static const char dense[] =
		"{\"shape\":(2,3,),\"fortran_order\":False,\"descr\":\"<f4\"}";
	static const char loose[] =
		" { 'descr' : 'f4' ,\t'shape' : ( 2 , 3 ) ,\n"
		"'fortran_order' : False , } ";
	const char *const dicts[] = {python2, dense, loose};

	for (size_t i = 0; i < sizeof(dicts) / sizeof(*dicts); i++) {
		files_put_npy("a.npy", dicts[i], six, 24);
		holds(good("a.npy", 2, 3, VSX_F32), six, 2);
	}
}

Test(npy, rounds_f64)
{
	static const double cells[4] = {0.1, 3.4028235e38, -1e-50, 16777217};
	float due[4] = {0.1f, 3.4028235e38f, -0.0f, 16777216};

	files_put_npy("a.npy", DICT("<f8", "False", "(2, 2)"), cells, 32);
	holds(good("a.npy", 2, 2, VSX_F32), due, 2);
}

Test(npy, leaves_nan_and_infinity_to_the_library)
{
	static const double cells[2] = {NAN, -INFINITY};
	struct vsx_error err;
	struct input *in;
	float rows[2];
	size_t got;

	files_put_npy("a.npy", DICT("<f8", "False", "(1, 2)"), cells, 16);
	in = good("a.npy", 1, 2, VSX_F32);
	cr_assert_eq(input_read(in, rows, 1, &got, &err), VSX_OK);
	cr_assert(isnan(rows[0]) && isinf(rows[1]) && rows[1] < 0);
	input_close(in);
}

Test(npy, names_the_f64_beyond_f32)
{
	static const double cells[6] = {1, 2, 3, 4, 1e39, 6};

	files_put_npy("a.npy", DICT("<f8", "False", "(3, 2)"), cells, 48);
	cr_assert_eq(files_read_all("a.npy"), VSX_ENUMERIC);
	cr_assert_str_eq(files_error.text,
			 "a.npy: row 2, component 0: 9.9999999999999994e+38 is "
			 "beyond the range of f32");
}

Test(npy, converts_integers_that_f32_holds)
{
	static const int64_t i8[4] = {-16777216, INT64_MIN, 1LL << 40, 0};
	static const float i8_due[4] = {-16777216, -0x1p63f, 0x1p40f, 0};
	static const uint32_t u4[2] = {16777215, 0xffffff00};
	static const float u4_due[2] = {16777215, 4294967040.0f};
	static const int16_t i2[2] = {-32768, 32767};
	static const float i2_due[2] = {-32768, 32767};

	files_put_npy("i8.npy", DICT("<i8", "False", "(2, 2)"), i8, 32);
	holds(good("i8.npy", 2, 2, VSX_F32), i8_due, 2);
	files_put_npy("u4.npy", DICT("<u4", "False", "(1, 2)"), u4, 8);
	holds(good("u4.npy", 1, 2, VSX_F32), u4_due, 1);
	files_put_npy("i2.npy", DICT("<i2", "False", "(1, 2)"), i2, 4);
	holds(good("i2.npy", 1, 2, VSX_F32), i2_due, 1);
}

Test(npy, names_the_integer_that_f32_cannot_hold)
{
	static const int64_t i8[3] = {1, 2, INT64_MAX};
	static const int32_t i4[3] = {1, -16777217, 3};

	files_put_npy("i8.npy", DICT("<i8", "False", "(3, 1)"), i8, 24);
	cr_assert_eq(files_read_all("i8.npy"), VSX_ENUMERIC);
	cr_assert_str_eq(files_error.text,
			 "i8.npy: row 2, component 0: 9223372036854775807 is "
			 "an integer that f32 does not hold exactly");
	files_put_npy("i4.npy", DICT("<i4", "False", "(1, 3)"), i4, 12);
	cr_assert_eq(files_read_all("i4.npy"), VSX_ENUMERIC);
	cr_assert_str_eq(files_error.text,
			 "i4.npy: row 0, component 1: -16777217 is an integer "
			 "that f32 does not hold exactly");
}

Test(npy, ends_after_an_error)
{
	static const int32_t cells[3] = {1, 16777217, 3};
	struct vsx_error err;
	struct input *in;
	float rows[3];
	size_t got;

	files_put_npy("a.npy", DICT("<i4", "False", "(3, 1)"), cells, 12);
	in = good("a.npy", 3, 1, VSX_F32);
	cr_assert_eq(input_read(in, rows, 3, &got, &err), VSX_ENUMERIC);
	cr_assert_eq(got, 0);
	cr_assert_eq(input_read(in, rows, 3, &got, &err), VSX_EINVAL);
	cr_assert_eq(got, 0);
	input_close(in);
}

Test(npy, takes_two_bytes_of_anything_for_bf16_only_when_told)
{
	static const uint16_t cells[2] = {0x3f80, 0xc000};
	struct input_opts opts = {.elem = VSX_BF16};
	struct vsx_error err;
	struct input *in;

	files_put_npy("a.npy", DICT("<V2", "False", "(1, 2)"), cells, 4);
	files_refused("a.npy", "a.npy: elements of type '<V2', expected f2 f4 "
			       "f8 i1 i2 i4 i8 u1 u2 u4 or u8");
	cr_assert_eq(input_open(&in, "a.npy", &opts, &err), VSX_OK);
	cr_assert_eq(input_elem(in), VSX_BF16);
	holds(in, cells, 1);
}

Test(npy, refuses_pickled_objects)
{
	files_put_npy("a.npy", DICT("|O", "False", "(2, 3)"), six, 24);
	files_refused("a.npy",
		      "a.npy: holds pickled Python objects ('|O'), which are "
		      "not read; save it as float32");
}

Test(npy, refuses_other_element_types)
{
	static const char *const types[] = {
		"<c8", "|b1", "<M8[ns]", "<U4", "<f16", "", "<", "<f4x", "f"};
	char dict[128];

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		snprintf(dict, sizeof(dict),
			 "{'descr': '%s', 'fortran_order': False, "
			 "'shape': (2, 3)}",
			 types[i]);
		files_put_npy("a.npy", dict, six, 24);
		cr_assert_eq(files_read_all("a.npy"), VSX_EINVAL, "%s",
			     types[i]);
	}
}

Test(npy, names_the_broken_rule_of_the_dict)
{
	static const struct {
		const char *dict;
		const char *text;
	} cases[] = {
		{"['descr']", "byte 10: expected '{'"},
		{"{'descr': [('x', '<f4')], 'shape': (2,)}",
		 "byte 20: the elements are records, not numbers"},
		{"{'descr': '<f4', 'fortran_order': False}",
		 "descr, fortran_order or shape is missing"},
		{"{}", "descr, fortran_order or shape is missing"},
		{"{'descr': '<f4', 'descr': '<f4'}", "a key occurs twice"},
		{"{'order': 'C'}", "a key is not descr"},
		{"{'descr' '<f4'}", "expected ':' after a key"},
		{"{'descr': '<f4' 'shape': (1,)}", "expected ',' or '}'"},
		{"{'descr': '<f\\x34'}", "is not a short string"},
		{"{'descr': '<f4", "is not a short string"},
		{"{'fortran_order': 0}", "neither True nor False"},
		{"{'shape': [2, 3]}", "expected '(' and the shape"},
		{"{'shape': (2, -3)}", "not made of whole numbers"},
		{"{'shape': (18446744073709551616,)}",
		 "not made of whole numbers"},
		{"{'shape': (2 3)}", "expected ',' or ')' in the shape"},
		{"{'shape': (6)}", "the shape is not a tuple"},
		{"{'shape': (,)}", "not made of whole numbers"},
		{"{'descr': 'f4', 'fortran_order': False, 'shape': (2, 3)} x",
		 "there is something after the closing '}'"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		files_put_npy("a.npy", cases[i].dict, six, 24);
		cr_assert_eq(files_read_all("a.npy"), VSX_EINVAL, "%s",
			     cases[i].dict);
		cr_expect(strstr(files_error.text, cases[i].text), "%s",
			  files_error.text);
	}
}

Test(npy, refuses_shapes_that_are_no_rows)
{
	files_put_npy("a.npy", DICT("<f4", "False", "()"), six, 4);
	files_refused("a.npy", "a.npy: an array of 0 dimensions, expected 2 "
			       "(rows and their components)");
	files_put_npy("a.npy", DICT("<f4", "False", "(1, 2, 3)"), six, 24);
	files_refused("a.npy", "a.npy: an array of 3 dimensions, expected 2 "
			       "(rows and their components)");
	files_put_npy("a.npy", DICT("<f4", "False", "(0, 3)"), six, 0);
	files_refused("a.npy", "a.npy: holds no rows");
	files_put_npy("a.npy", DICT("<f4", "False", "(3, 0)"), six, 0);
	files_refused("a.npy",
		      "a.npy: rows of dimension 0, expected 1 to 65536");
	files_put_npy("a.npy", DICT("<f4", "False", "(1, 65537)"), six, 24);
	files_refused("a.npy",
		      "a.npy: rows of dimension 65537, expected 1 to 65536");
}

Test(npy, holds_the_shape_against_the_size)
{
	files_put_npy("a.npy", DICT("<f4", "False", "(2, 3)"), six, 23);
	files_refused("a.npy", "a.npy: 23 bytes after the header, which "
			       "declares 2 rows of 3 x 4 bytes");
	files_put_npy("a.npy", DICT("<f4", "False", "(1, 3)"), six, 24);
	files_refused("a.npy", "a.npy: 24 bytes after the header, which "
			       "declares 1 row of 3 x 4 bytes");
	/* 2^62 x 4 x 1 is 2^64, which is 0 in 64 bits. */
	files_put_npy("a.npy", DICT("<f4", "False", "(4611686018427387904, 1)"),
		      six, 0);
	files_refused("a.npy",
		      "a.npy: 0 bytes after the header, which declares "
		      "4611686018427387904 rows of 1 x 4 bytes");
}

Test(npy, refuses_a_header_too_long)
{
	char *dict = malloc(10001);

	memset(dict, ' ', 10000);
	dict[10000] = '\0';
	memcpy(dict, "{}", 2);
	files_put_npy("a.npy", dict, six, 24);
	files_refused("a.npy", "a.npy: the header is longer than 10000 bytes");
	free(dict);
}

Test(npy, refuses_an_unknown_version)
{
	files_put("a.npy", "\x93NUMPY\x04\x00\x10\x00{}          ", 22);
	files_refused("a.npy", "a.npy: the version is not 1.0, 2.0 or 3.0");
	files_put("a.npy", "\x93NUMPY\x01\x01\x10\x00{}          ", 22);
	files_refused("a.npy", "a.npy: the version is not 1.0, 2.0 or 3.0");
}

Test(npy, refuses_a_dimension_other_than_expected)
{
	struct input_opts opts = {.dim = 4};
	struct vsx_error err;
	struct input *in;

	files_put_npy("a.npy", DICT("<f4", "False", "(2, 3)"), six, 24);
	cr_assert_eq(input_open(&in, "a.npy", &opts, &err), VSX_EINVAL);
	cr_assert_str_eq(err.text, "a.npy: dimension 3, expected 4");
	opts.dim = 3;
	cr_assert_eq(input_open(&in, "a.npy", &opts, &err), VSX_OK);
	input_close(in);
}

static size_t slurp(const char *name, uint8_t *to, size_t max)
{
	FILE *f = fopen(name, "rb");
	size_t n = fread(to, 1, max, f);

	fclose(f);
	return n;
}

Test(npy, refuses_every_truncation)
{
	uint8_t file[256];
	size_t len;

	files_put_npy("a.npy", DICT("<f4", "False", "(2, 3)"), six, 24);
	len = slurp("a.npy", file, sizeof(file));
	for (size_t n = 0; n < len; n++) {
		files_put("b.npy", file, n);
		cr_assert_eq(files_read_all("b.npy"), VSX_EINVAL, "%zu", n);
	}
	files_put("b.npy", file, len);
	cr_assert_eq(files_read_all("b.npy"), VSX_OK);
}

/* Whatever a damaged header says, it is read or refused: never a crash. */
Test(npy, survives_every_flipped_bit)
{
	uint8_t file[256];
	size_t len;

	files_put_npy("a.npy", DICT("<f4", "True", "(2, 3)"), six, 24);
	len = slurp("a.npy", file, sizeof(file));
	for (size_t bit = 0; bit < 8 * len; bit++) {
		enum vsx_status status;

		file[bit / 8] ^= (uint8_t)(1u << bit % 8);
		files_put("b.npy", file, len);
		status = files_read_all("b.npy");
		cr_assert(status == VSX_OK || status == VSX_EINVAL ||
				  status == VSX_ENUMERIC,
			  "bit %zu", bit);
		file[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}
