#include <criterion/criterion.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input/numbers.h"

static uint32_t bits_of(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	return bits;
}

/* The whole text is that number, bit for bit. */
static void is(const char *text, float due)
{
	const char *at = text;
	float got = NAN;

	cr_assert_eq(number_scan(&at, text + strlen(text), &got), NUMBER_OK,
		     "%s", text);
	cr_assert_eq(*at, '\0', "%s", text);
	cr_assert_eq(bits_of(got), bits_of(due), "%s: %a, expected %a", text,
		     got, due);
}

static void as_strtof(const char *text)
{
	is(text, strtof(text, NULL));
}

Test(numbers, are_those_of_json)
{
	is("0", 0.0f);
	is("-0", -0.0f);
	is("-0.0e5", -0.0f);
	is("1", 1.0f);
	is("-2.5", -2.5f);
	is("1e2", 100.0f);
	is("1E+2", 100.0f);
	is("25e-1", 2.5f);
	is("0.00000000000000000000000000000000000000000000000001e50", 1.0f);
	is("100000000000000000000000000000000000000000000000000e-50", 1.0f);
}

Test(numbers, of_other_forms_are_none)
{
	static const char *const none[] = {
		"",   "-",   "+1",  ".5",  "01",  "-01", "1.",	     "1.e1",
		"1e", "1e+", "NaN", "nan", "inf", "x",	 "Infinity", " 1",
	};

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		const char *at = none[i];
		float f;

		cr_assert_eq(number_scan(&at, at + strlen(at), &f), NUMBER_NONE,
			     "%s", none[i]);
		cr_assert_eq(at, none[i]);
	}
}

Test(numbers, beyond_f32_are_refused_and_below_it_are_zero)
{
	static const char *const big[] = {
		"1e39",
		"-1e999",
		"3.4028235677973367e38",
		"1e2147483648",
		"1e99999999999999999999",
	};

	for (size_t i = 0; i < sizeof(big) / sizeof(*big); i++) {
		const char *at = big[i];
		float f;

		cr_assert_eq(number_scan(&at, at + strlen(at), &f), NUMBER_BIG,
			     "%s", big[i]);
		cr_assert_eq(*at, '\0');
	}
	is("3.4028235677973365e38", FLT_MAX);
	is("1e-46", 0.0f);
	is("-1e-99999999999", -0.0f);
	is("1.401298464324817e-45", 0x1p-149f);
	is("7.006492321624085e-46", 0.0f); /* half of it: ties to even */
	is("7.006492321624086e-46", 0x1p-149f);
}

/* Halfway between two f32, and next to that, in many digits. */
Test(numbers, in_the_middle_are_rounded_to_even)
{
	is("16777217", 16777216.0f);
	is("16777217.0000000000000000000000000000000000001", 16777218.0f);
	is("16777219", 16777220.0f);
	is("16777218.9999999999999999999999999999999999", 16777218.0f);
	is("1.00000005960464477539062500000", 1.0f);
	is("1.00000005960464477539062500001", 0x1.000002p0f);
	is("1.00000005960464477539062499999", 1.0f);
	is("1.000000178813934326171875", 0x1.000004p0f);
}

static uint64_t next_random(uint64_t *x)
{
	*x += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = *x;

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Of every size and number of digits, and near the middle of two f32. */
Test(numbers, are_what_strtof_says)
{
	uint64_t x = 1;

	for (int i = 0; i < 200000; i++) {
		uint64_t r = next_random(&x), s = next_random(&x);
		int digits = (int)(s % 25) + 1, ten = (int)(s / 25 % 90) - 50;
		char text[128];
		float f, g;
		uint32_t bits = (uint32_t)r & 0x7fffffff;

		memcpy(&f, &bits, sizeof(f));
		if (!isfinite(f))
			continue;
		snprintf(text, sizeof(text), "%.*g", digits, (double)f);
		as_strtof(text);
		snprintf(text, sizeof(text), "%llu%02llue%d",
			 (unsigned long long)r, (unsigned long long)(s % 97),
			 ten - 30);
		if (isfinite(strtof(text, NULL)) && text[0] != '0')
			as_strtof(text);
		g = nextafterf(f, INFINITY);
		if (!isfinite(g))
			continue;
		snprintf(text, sizeof(text), "%.*e", digits + 8,
			 ((double)f + (double)g) / 2);
		as_strtof(text);
		snprintf(text, sizeof(text), "%.17g", (double)f * (1 + 1e-9));
		as_strtof(text);
	}
}

Test(numbers, do_not_go_by_the_locale)
{
	static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8",
					    "de_DE.utf8"};
	bool set = false;

	for (size_t i = 0; !set && i < 3; i++)
		set = setlocale(LC_NUMERIC, names[i]) != NULL;
	is("1.00000005960464477539062500001", 0x1.000002p0f);
	is("16777217.5", 16777218.0f);
	setlocale(LC_NUMERIC, "C");
}

static bool scan(const char *text, struct numbers *numbers)
{
	const char *at = text;
	bool done = numbers_scan(numbers, &at, text + strlen(text));

	if (done)
		cr_assert_str_eq(at, "", "%s", text);
	return done;
}

Test(numbers, come_in_arrays)
{
	float f[3] = {9, 9, 9};
	struct numbers n = {.to = f, .room = 2};

	cr_assert(scan("[]", &n));
	cr_assert_eq(n.n, 0);
	cr_assert(scan("[ 1 ,\t-2.5]", &n));
	cr_assert_eq(n.n, 2);
	cr_assert_eq(f[0], 1);
	cr_assert_eq(f[1], -2.5f);
	cr_assert(scan("[1,2,3,4]", &n));
	cr_assert_eq(n.n, 4);
	cr_assert_eq(f[2], 9); /* there was room for two */
}

Test(numbers, in_arrays_that_are_none_say_where)
{
	static const struct {
		const char *text;
		size_t n, at;
		bool punctuation;
		enum number_wrong wrong;
	} bad[] = {
		{"", 0, 0, true, NUMBER_NONE},
		{"1", 0, 0, true, NUMBER_NONE},
		{"[", 0, 1, false, NUMBER_NONE},
		{"[1", 1, 2, true, NUMBER_NONE},
		{"[1,", 1, 3, false, NUMBER_NONE},
		{"[1,]", 1, 3, false, NUMBER_NONE},
		{"[,1]", 0, 1, false, NUMBER_NONE},
		{"[1 2]", 1, 3, true, NUMBER_NONE},
		{"[1,null]", 1, 3, false, NUMBER_NONE},
		{"[1,[2]]", 1, 3, false, NUMBER_NONE},
		{"[1,1e40]", 1, 3, false, NUMBER_BIG},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		float f[4];
		struct numbers n = {.to = f, .room = 4};

		cr_assert_not(scan(bad[i].text, &n), "%s", bad[i].text);
		cr_assert_eq(n.n, bad[i].n, "%s", bad[i].text);
		cr_assert_eq(n.at - bad[i].text, (ptrdiff_t)bad[i].at, "%s",
			     bad[i].text);
		cr_assert_eq(n.punctuation, bad[i].punctuation, "%s",
			     bad[i].text);
		cr_assert_eq(n.wrong, bad[i].wrong, "%s", bad[i].text);
	}
}
