#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "files.h"
#include "input/input.h"

TestSuite(bin, .init = files_begin, .fini = files_end);

static void reads(const char *name, const void *file, size_t len, uint64_t n,
		  uint32_t dim, enum vsx_elem elem, const void *due)
{
	struct vsx_error err = {.text = ""};
	struct input *in;
	uint8_t rows[64];
	size_t got;

	files_put(name, file, len);
	cr_assert_eq(input_open(&in, name, NULL, &err), VSX_OK, "%s", err.text);
	cr_assert_eq(input_n_rows(in), n);
	cr_assert_eq(input_dim(in), dim);
	cr_assert_eq(input_elem(in), elem);
	cr_assert_eq(input_read(in, rows, n + 1, &got, &err), VSX_OK);
	cr_assert_eq(got, n);
	cr_assert(memcmp(rows, due, n * input_row_bytes(in)) == 0);
	input_close(in);
}

Test(bin, reads_each_type)
{
	static const uint8_t small[14] = {3, 0, 0, 0, 2, 0, 0,
					  0, 1, 2, 3, 4, 5, 255};
	static const uint8_t half[12] = {1, 0, 0, 0,	2, 0,
					 0, 0, 0, 0x3c, 1, 0xc0};
	uint32_t word[4] = {2, 1, 0x3f800000, 0x40000000};
	static const float ints[2] = {7, -1};

	reads("a.u8bin", small, 14, 3, 2, VSX_U8, small + 8);
	reads("a.i8bin", small, 14, 3, 2, VSX_I8, small + 8);
	reads("a.f16bin", half, 12, 1, 2, VSX_F16, half + 8);
	reads("a.fbin", word, 16, 2, 1, VSX_F32, word + 2);
	word[2] = 7;
	word[3] = UINT32_MAX;
	reads("a.ibin", word, 16, 2, 1, VSX_F32, ints);
}

Test(bin, holds_the_header_against_the_size)
{
	static const uint32_t file[5] = {2, 1, 0, 0, 0};
	static const uint32_t huge[2] = {UINT32_MAX, 65536};

	files_put("a.fbin", file, 15);
	files_refused("a.fbin", "a.fbin: 15 bytes, but the header declares 2 "
				"rows of 4 bytes, which makes 16");
	files_put("a.fbin", file, 17);
	files_refused("a.fbin", "a.fbin: 17 bytes, but the header declares 2 "
				"rows of 4 bytes, which makes 16");
	files_put("a.fbin", huge, 8);
	files_refused("a.fbin",
		      "a.fbin: 8 bytes, but the header declares 4294967295 "
		      "rows of 262144 bytes, which makes 1125899906580488");
}

Test(bin, refuses_distances_behind_vectors)
{
	static const uint32_t file[4] = {1, 1, 7, 0x3f800000};

	files_put("a.ibin", file, sizeof(file));
	cr_assert_eq(files_read_all("a.ibin"), VSX_EINVAL);
}

Test(bin, refuses_a_header_that_is_cut)
{
	files_put("a.fbin", "\1\0\0\0\1\0\0", 7);
	files_refused("a.fbin", "a.fbin: 7 bytes, too few for the header, "
				"expected 8");
}

Test(bin, refuses_dimensions_out_of_range)
{
	static const uint32_t none[2] = {1, 0};
	static const uint32_t many[2] = {0, 65537};

	files_put("a.fbin", none, 8);
	files_refused("a.fbin",
		      "a.fbin: dimension 0 in the header, expected 1 to 65536");
	files_put("a.fbin", many, 8);
	files_refused("a.fbin", "a.fbin: dimension 65537 in the header, "
				"expected 1 to 65536");
}

Test(bin, refuses_no_rows)
{
	static const uint32_t file[2] = {0, 4};

	files_put("a.u8bin", file, 8);
	files_refused("a.u8bin", "a.u8bin: holds no rows");
}
