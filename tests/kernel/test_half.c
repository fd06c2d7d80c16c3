/*
 * f16 and bf16: every value there is, and what lies between.
 */
#include <criterion/criterion.h>

#include <math.h>
#include <stdint.h>

#include "kernel/half.h"

/* The value that the bits of an f16 stand for, by the book. */
static double f16_value(uint16_t h)
{
	int exponent = h >> 10 & 31;
	int fraction = h & 1023;
	double size = exponent == 0 ? ldexp(fraction, -24)
				    : ldexp(1024 + fraction, exponent - 25);

	return h & 0x8000 ? -size : size;
}

Test(half, f16_has_the_values_of_the_standard)
{
	for (uint32_t h = 0; h < 65536; h++) {
		float x = vsx_f16_to_f32((uint16_t)h);

		if ((h & 0x7fff) > 0x7c00)
			cr_assert(isnan(x));
		else if ((h & 0x7fff) == 0x7c00)
			cr_assert(isinf(x) && (x < 0) == (h >= 0x8000));
		else
			cr_assert_eq((double)x, f16_value((uint16_t)h));
		cr_assert_eq(!!signbit(x), h >= 0x8000);
	}
}

Test(half, f16_comes_back_unchanged)
{
	for (uint32_t h = 0; h < 65536; h++) {
		uint16_t back = vsx_f32_to_f16(vsx_f16_to_f32((uint16_t)h));

		if ((h & 0x7fff) > 0x7c00) /* a NaN comes back quiet */
			cr_assert_eq(back, h | 0x0200);
		else
			cr_assert_eq(back, h);
	}
}

/* Midway between neighbours the even one wins, else the nearer one. */
Test(half, f16_rounds_to_nearest_even)
{
	for (uint32_t h = 0; h < 0x7bff; h++) {
		float low = vsx_f16_to_f32((uint16_t)h);
		float high = vsx_f16_to_f32((uint16_t)(h + 1));
		float middle = (low + high) / 2; /* exact: 12 bits */
		uint32_t even = h & 1 ? h + 1 : h;

		cr_assert_eq(vsx_f32_to_f16(middle), even, "%#x", h);
		cr_assert_eq(vsx_f32_to_f16(nextafterf(middle, 0)), h);
		cr_assert_eq(vsx_f32_to_f16(nextafterf(middle, 1e9f)), h + 1);
		cr_assert_eq(vsx_f32_to_f16(-middle), even | 0x8000);
	}
}

Test(half, f16_overflows_to_infinity)
{
	cr_assert_eq(vsx_f32_to_f16(65504.0f), 0x7bff);
	cr_assert_eq(vsx_f32_to_f16(nextafterf(65520.0f, 0)), 0x7bff);
	cr_assert_eq(vsx_f32_to_f16(65520.0f), 0x7c00);
	cr_assert_eq(vsx_f32_to_f16(65536.0f), 0x7c00);
	cr_assert_eq(vsx_f32_to_f16(-3e38f), 0xfc00);
	cr_assert_eq(vsx_f32_to_f16(INFINITY), 0x7c00);
	cr_assert_eq(vsx_f32_to_f16(-INFINITY), 0xfc00);
}

Test(half, f16_underflows_to_zero_of_the_same_sign)
{
	cr_assert_eq(vsx_f32_to_f16(ldexpf(1, -25)), 0); /* a tie */
	cr_assert_eq(vsx_f32_to_f16(nextafterf(ldexpf(1, -25), 1)), 1);
	cr_assert_eq(vsx_f32_to_f16(ldexpf(-1, -26)), 0x8000);
	cr_assert_eq(vsx_f32_to_f16(ldexpf(1, -149)), 0);
	cr_assert_eq(vsx_f32_to_f16(-0.0f), 0x8000);
}

Test(half, nan_keeps_its_sign_and_upper_payload)
{
	cr_assert_eq(vsx_f32_to_f16(vsx_f32_from_bits(0x7f800001)), 0x7e00);
	cr_assert_eq(vsx_f32_to_f16(vsx_f32_from_bits(0xffffffff)), 0xffff);
	cr_assert_eq(vsx_f32_to_bf16(vsx_f32_from_bits(0x7f800001)), 0x7fc0);
	cr_assert_eq(vsx_f32_to_bf16(vsx_f32_from_bits(0xffffffff)), 0xffff);
}

Test(half, bf16_is_the_upper_half_and_comes_back)
{
	for (uint32_t h = 0; h < 65536; h++) {
		float x = vsx_bf16_to_f32((uint16_t)h);
		uint32_t quiet = (h & 0x7fff) > 0x7f80 ? 0x0040 : 0;

		cr_assert_eq(vsx_f32_bits(x), (h | quiet) << 16);
		cr_assert_eq(vsx_f32_to_bf16(x), h | quiet);
	}
}

Test(half, bf16_rounds_to_nearest_even)
{
	for (uint32_t h = 0; h < 0x7f80; h++) {
		uint32_t middle = h << 16 | 0x8000;
		uint32_t even = h & 1 ? h + 1 : h; /* 0x7f80 is infinity */

		cr_assert_eq(vsx_f32_to_bf16(vsx_f32_from_bits(middle)), even);
		cr_assert_eq(vsx_f32_to_bf16(vsx_f32_from_bits(middle - 1)), h);
		cr_assert_eq(vsx_f32_to_bf16(vsx_f32_from_bits(middle + 1)),
			     h + 1);
	}
}
