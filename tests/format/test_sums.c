/*
 * Checksums, the shape of the tables of sums, and the arithmetic below them.
 * SPEC.md 6 and 10.1.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "bytes.h"
#include "checksum.h"
#include "disk.h"
#include "sums.h"

#define MAX UINT64_MAX

/* ---- bytes.h --------------------------------------------------------- */

Test(bytes, integers_are_little_endian)
{
	static const uint8_t four[4] = {0x78, 0x56, 0x34, 0x92};
	static const uint8_t eight[8] = {0xef, 0xcd, 0xab, 0x89,
					 0x67, 0x45, 0x23, 0xf1};
	vsx_le32 a;
	vsx_le64 b;

	vsx_put32(&a, 0x92345678);
	cr_expect_arr_eq(a.b, four, 4);
	cr_expect_eq(vsx_get32(a), 0x92345678);
	vsx_put64(&b, UINT64_C(0xf123456789abcdef));
	cr_expect_arr_eq(b.b, eight, 8);
	cr_expect_eq(vsx_get64(b), UINT64_C(0xf123456789abcdef));
	vsx_put64(&b, MAX);
	cr_expect_eq(vsx_get64(b), MAX);
	cr_expect_eq(_Alignof(vsx_le64), 1);
}

Test(bytes, add_refuses_to_wrap)
{
	uint64_t out = 42;

	cr_expect(vsx_add(&out, MAX, 0));
	cr_expect_eq(out, MAX);
	cr_expect(vsx_add(&out, MAX - 1, 1));
	cr_expect_eq(out, MAX);
	out = 42;
	cr_expect_not(vsx_add(&out, MAX, 1));
	cr_expect_not(vsx_add(&out, 1, MAX));
	cr_expect_not(vsx_add(&out, MAX, MAX));
	cr_expect_eq(out, 42);
}

Test(bytes, mul_refuses_to_wrap)
{
	uint64_t out = 42;

	cr_expect_not(vsx_mul(&out, MAX, 2));
	cr_expect_not(vsx_mul(&out, UINT64_C(1) << 32, UINT64_C(1) << 32));
	cr_expect_not(vsx_mul(&out, MAX, MAX));
	cr_expect_eq(out, 42);
	cr_expect(vsx_mul(&out, MAX, 1));
	cr_expect_eq(out, MAX);
	cr_expect(vsx_mul(&out, MAX, 0));
	cr_expect_eq(out, 0);
	cr_expect(vsx_mul(&out, UINT32_MAX, UINT32_MAX));
	cr_expect_eq(out, UINT64_C(0xfffffffe00000001));
}

Test(bytes, round_up_refuses_to_wrap)
{
	uint64_t out = 42;

	cr_expect_not(vsx_round_up(&out, MAX, 4096));
	cr_expect_not(vsx_round_up(&out, MAX - 4094, 4096));
	cr_expect_eq(out, 42);
	cr_expect(vsx_round_up(&out, MAX - 4095, 4096));
	cr_expect_eq(out, MAX - 4095);
	cr_expect(vsx_round_up(&out, MAX, 1));
	cr_expect_eq(out, MAX);
	cr_expect(vsx_round_up(&out, 0, 65536));
	cr_expect_eq(out, 0);
	cr_expect(vsx_round_up(&out, 1, 65536));
	cr_expect_eq(out, 65536);
}

Test(bytes, within_does_not_wrap)
{
	cr_expect(vsx_within(0, 0, 0));
	cr_expect(vsx_within(5, 0, 5));
	cr_expect(vsx_within(0, MAX, MAX));
	cr_expect(vsx_within(MAX, 0, MAX));
	cr_expect_not(vsx_within(0, 1, 0));
	cr_expect_not(vsx_within(6, 0, 5));
	cr_expect_not(vsx_within(1, MAX, MAX));
	cr_expect_not(vsx_within(MAX, 1, MAX));
	cr_expect_not(vsx_within(MAX - 1, 4, 8)); /* the sum would be 2 */
}

Test(bytes, is_zero_looks_at_every_byte)
{
	uint8_t b[67] = {0};

	cr_expect(vsx_is_zero(b, sizeof(b)));
	cr_expect(vsx_is_zero(NULL, 0));
	for (size_t i = 0; i < sizeof(b); i++) {
		b[i] = 0x80;
		cr_expect_not(vsx_is_zero(b, sizeof(b)));
		cr_expect_eq(vsx_zeros_before(b, sizeof(b)), i);
		cr_expect_eq(vsx_zeros_before(b, i), i);
		cr_expect(vsx_is_zero(b, i));
		b[i] = 0;
	}
}

/* ---- 6.1 ------------------------------------------------------------- */

/* What xxhsum 0.8 prints for no bytes and for a page of zeros: the same
 * function and seed in every version of this library. */
Test(checksum, is_xxh3_with_seed_0)
{
	static const uint8_t empty[16] = {
		/* low64 6001c324468d497f, high64 99aa06d3014798d8 */
		0x7f, 0x49, 0x8d, 0x46, 0x24, 0xc3, 0x01, 0x60,
		0xd8, 0x98, 0x47, 0x01, 0xd3, 0x06, 0xaa, 0x99,
	};
	struct vsx_hash h = vsx_hash128("", 0);

	cr_expect_eq(vsx_sum64("", 0), UINT64_C(0x2d06800538d394c2));
	cr_expect_arr_eq(h.b, empty, 16);
	cr_expect(vsx_hash_equal(h, vsx_hash128("x", 0)));
	cr_expect_not(vsx_hash_equal(h, vsx_hash128("x", 1)));
}

Test(checksum, hashes_differ_in_any_byte)
{
	struct vsx_hash a = vsx_hash128("vsx", 3), b = a;

	for (int i = 0; i < 16; i++) {
		b.b[i] ^= 1;
		cr_expect_not(vsx_hash_equal(a, b));
		b.b[i] ^= 1;
	}
	cr_expect(vsx_hash_equal(a, b));
}

/* ---- 6.2 ------------------------------------------------------------- */

static uint64_t up(uint64_t x, uint64_t to)
{
	return (x + to - 1) / to * to;
}

/* Every rule of the tables of a section of so many bytes. */
static void check_shape(uint64_t bytes, uint32_t shift)
{
	uint64_t page = UINT64_C(1) << shift, at = 0;
	struct vsx_sums s;

	cr_assert(vsx_sums_shape(&s, bytes, shift), "%llu bytes",
		  (unsigned long long)bytes);
	cr_assert(s.n_levels >= 1 && s.n_levels <= VSX_MAX_SUM_LEVELS);
	cr_expect_eq(s.page_shift, shift);
	cr_expect_eq(s.count[0], bytes / page + (bytes % page != 0));
	for (uint32_t l = 0; l < s.n_levels; l++) {
		bool top = l + 1 == s.n_levels;

		cr_expect_eq(s.start[l], at);
		cr_expect_eq(s.count[l] * 8 <= page, top);
		if (top)
			break;
		cr_expect_eq(s.count[l + 1], up(s.count[l] * 8, page) / page);
		at = up(at + s.count[l] * 8, page);
	}
	at += s.count[s.n_levels - 1] * 8;
	cr_expect_eq(s.bytes, at);
}

Test(sums, shape_of_every_length_near_a_power_of_two)
{
	for (uint32_t shift = VSX_MIN_PAGE_SHIFT; shift <= VSX_MAX_PAGE_SHIFT;
	     shift++)
		for (uint32_t p = 1; p < 63; p++)
			for (int64_t d = -2; d <= 2; d++) {
				int64_t b = (INT64_C(1) << p) + d;

				check_shape(b < 1 ? 1 : (uint64_t)b, shift);
			}
}

/* The table of SPEC.md 6.2. */
Test(sums, shape_of_the_examples)
{
	static const struct {
		uint64_t pages;
		uint32_t levels;
		uint64_t bytes;
	} due[] = {
		{1, 1, 8},
		{512, 1, 4096},
		{513, 2, 8208},
		{262144, 2, 2101248},
		{262145, 3, 2109456},
	};
	struct vsx_sums s;

	for (size_t i = 0; i < sizeof(due) / sizeof(due[0]); i++) {
		cr_assert(vsx_sums_shape(&s, due[i].pages * 4096, 12));
		cr_expect_eq(s.n_levels, due[i].levels);
		cr_expect_eq(s.bytes, due[i].bytes);
	}
}

Test(sums, shape_at_the_limits_of_64_bits)
{
	struct vsx_sums s;

	for (uint32_t shift = VSX_MIN_PAGE_SHIFT; shift <= VSX_MAX_PAGE_SHIFT;
	     shift++) {
		uint64_t page = UINT64_C(1) << shift;

		cr_expect_not(vsx_sums_shape(&s, MAX, shift));
		cr_expect_not(vsx_sums_shape(&s, MAX - page + 2, shift));
		check_shape(MAX - page + 1, shift);
		check_shape((UINT64_C(1) << 63) - 1, shift);
	}
}

Test(sums, chunks_cover_a_level)
{
	struct vsx_sums s;
	uint64_t sum = 0;

	cr_assert(vsx_sums_shape(&s, 1300 * 4096, 12));
	cr_assert_eq(s.n_levels, 2);
	for (uint64_t i = 0; i < s.count[1]; i++)
		sum += vsx_sums_chunk_bytes(&s, 0, i);
	cr_expect_eq(sum, s.count[0] * 8);
	cr_expect_eq(vsx_sums_chunk_bytes(&s, 0, 0), 4096);
	cr_expect_eq(vsx_sums_chunk_bytes(&s, 0, 2), 1300 * 8 - 8192);
	cr_expect_eq(vsx_sums_chunk_bytes(&s, 1, 0), 24);
}

/* ---- 6.3 ------------------------------------------------------------- */

static uint64_t place(uint64_t pages, uint64_t at)
{
	struct vsx_sums s;
	uint64_t out = 0;

	cr_assert(vsx_sums_shape(&s, pages * 4096, 12));
	cr_assert(vsx_sums_place(&out, &s, at));
	return out;
}

Test(sums, one_table_begins_at_a_multiple_of_8_within_a_page)
{
	cr_expect_eq(place(1, 0), 0);
	cr_expect_eq(place(1, 1), 8);
	cr_expect_eq(place(1, 8), 8);
	cr_expect_eq(place(1, 4088), 4088);
	cr_expect_eq(place(1, 4089), 4096);
	cr_expect_eq(place(2, 4080), 4080);
	cr_expect_eq(place(2, 4088), 4096);
	cr_expect_eq(place(512, 0), 0);
	cr_expect_eq(place(512, 8), 4096);
}

Test(sums, several_tables_begin_at_a_page)
{
	cr_expect_eq(place(513, 8192), 8192);
	cr_expect_eq(place(513, 8193), 12288);
	cr_expect_eq(place(513, 12280), 12288);
}

Test(sums, every_place_keeps_chunks_in_one_page)
{
	struct vsx_sums s;
	uint64_t at;

	for (uint64_t pages = 1; pages < 1200; pages += 7)
		for (uint64_t from = 0; from < 8192; from += 5) {
			vsx_sums_shape(&s, pages * 4096, 12);
			cr_assert(vsx_sums_place(&at, &s, from));
			cr_assert(at >= from && at - from < 4096 + 8);
			cr_assert_eq(at % 8, 0);
			for (uint32_t l = 0; l < s.n_levels; l++) {
				uint64_t first = at + s.start[l];
				uint64_t n = vsx_sums_chunk_bytes(&s, l, 0);

				cr_assert_eq(first / 4096,
					     (first + n - 1) / 4096);
			}
		}
}

Test(sums, no_place_at_the_end_of_64_bits)
{
	struct vsx_sums s;
	uint64_t out = 42;

	cr_assert(vsx_sums_shape(&s, 4096 * 2, 12));
	cr_expect_not(vsx_sums_place(&out, &s, MAX));
	cr_expect_not(vsx_sums_place(&out, &s, MAX - 7));
	cr_expect_eq(out, 42);
	cr_expect(vsx_sums_place(&out, &s, MAX - 15));
	cr_expect_eq(out, MAX - 15);
}

/* 6.2: below the topmost level by the sum above, there by all of the root. */
Test(sums, a_chunk_holds_by_every_bit_of_what_is_above)
{
	uint64_t due, found, sum;
	uint8_t chunk[4096];
	struct vsx_hash root;
	struct vsx_sums s;
	uint8_t above[16];

	memset(chunk, 7, sizeof(chunk));
	cr_assert(vsx_sums_shape(&s, UINT64_C(4096) * 1000, 12));
	cr_assert_eq(s.n_levels, 2);
	sum = vsx_sum64(chunk, sizeof(chunk));
	root = vsx_hash128(chunk, 16);
	for (int bit = -1; bit < 64; bit++) {
		memcpy(above, &sum, 8);
		if (bit >= 0)
			above[bit / 8] ^= (uint8_t)(1u << bit % 8);
		cr_expect_eq(vsx_sums_chunk_holds(&s, 0, chunk, sizeof(chunk),
						  above, &found, &due),
			     bit < 0, "bit %d", bit);
		cr_expect_eq(found, sum);
		cr_expect_eq(due, vsx_load64(above));
	}
	for (int bit = -1; bit < 128; bit++) {
		memcpy(above, root.b, 16);
		if (bit >= 0)
			above[bit / 8] ^= (uint8_t)(1u << bit % 8);
		cr_expect_eq(vsx_sums_chunk_holds(&s, 1, chunk, 16, above,
						  &found, &due),
			     bit < 0, "bit %d", bit);
	}
}
