/*
 * Most numbers take the short way: up to 19 digits as an integer, times a power
 * of ten in f64. Three roundings, of the integer, of the power and of the
 * product, and the digits that are left out, put that at most 4 units of the
 * last place of f64 away from the number. Rounding it to f32 is right unless
 * the middle between two f32 lies that near: then strtof() decides.
 */
#include "input/numbers.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DIGITS 19 /* of a uint64_t, whatever they are */
#define LEAST_TEN  (-64)
#define MOST_TEN   38

static const double tens[MOST_TEN - LEAST_TEN + 1] = {
	1e-64, 1e-63, 1e-62, 1e-61, 1e-60, 1e-59, 1e-58, 1e-57, 1e-56, 1e-55,
	1e-54, 1e-53, 1e-52, 1e-51, 1e-50, 1e-49, 1e-48, 1e-47, 1e-46, 1e-45,
	1e-44, 1e-43, 1e-42, 1e-41, 1e-40, 1e-39, 1e-38, 1e-37, 1e-36, 1e-35,
	1e-34, 1e-33, 1e-32, 1e-31, 1e-30, 1e-29, 1e-28, 1e-27, 1e-26, 1e-25,
	1e-24, 1e-23, 1e-22, 1e-21, 1e-20, 1e-19, 1e-18, 1e-17, 1e-16, 1e-15,
	1e-14, 1e-13, 1e-12, 1e-11, 1e-10, 1e-9,  1e-8,	 1e-7,	1e-6,  1e-5,
	1e-4,  1e-3,  1e-2,  1e-1,  1e0,   1e1,	  1e2,	 1e3,	1e4,   1e5,
	1e6,   1e7,   1e8,   1e9,   1e10,  1e11,  1e12,	 1e13,	1e14,  1e15,
	1e16,  1e17,  1e18,  1e19,  1e20,  1e21,  1e22,	 1e23,	1e24,  1e25,
	1e26,  1e27,  1e28,  1e29,  1e30,  1e31,  1e32,	 1e33,	1e34,  1e35,
	1e36,  1e37,  1e38,
};

/* strtof() of the C locale, whatever that of the process is. */
static float exactly(const char *text)
{
	static locale_t c;
	locale_t before;
	float value;

	if (!c)
		c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	before = c ? uselocale(c) : (locale_t)0;
	value = strtof(text, NULL);
	if (before)
		uselocale(before);
	return value;
}

/* Whether rounding d, 4 units of the last place or less from a number, gives
   the f32 nearest to that number. */
static bool rounds_safely(double d)
{
	const uint64_t middle = UINT64_C(1) << 28, near = 4;
	uint64_t bits, below;

	/* Those below are not as far apart as the bits say; beyond, infinity.
	 */
	if (d < (double)FLT_MIN * 2 || d >= (double)FLT_MAX)
		return false;
	memcpy(&bits, &d, sizeof(bits));
	below = bits & ((UINT64_C(1) << 29) - 1);
	return below + near < middle || below > middle + near;
}

/* The digits of a number: value and power of ten. */
struct digits {
	uint64_t value;
	int n; /* that count, without zeros in front */
	int64_t ten;
};

static inline bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* A run of them; false if there is none. `end` holds none. */
static bool take_digits(const char **at, const char *end, struct digits *d,
			bool behind_point)
{
	const char *s = *at;

	for (; s < end && is_digit(*s); s++) {
		if (d->n < MAX_DIGITS) {
			d->value = d->value * 10 + (uint64_t)(*s - '0');
			d->n += d->value != 0;
			d->ten -= behind_point;
		} else {
			d->ten += !behind_point;
		}
	}
	if (s == *at)
		return false;
	*at = s;
	return true;
}

static bool take_exponent(const char **at, const char *end, struct digits *d)
{
	const char *s = *at + 1;
	bool minus = s < end && *s == '-';
	int64_t x = 0;

	if (s < end && (*s == '-' || *s == '+'))
		s++;
	if (s >= end || !is_digit(*s))
		return false;
	for (; s < end && is_digit(*s); s++)
		if (x < 1000000000)
			x = x * 10 + (*s - '0');
	d->ten += minus ? -x : x;
	*at = s;
	return true;
}

enum number_wrong number_scan(const char **at, const char *end, float *to)
{
	const char *s = *at;
	struct digits d = {.value = 0};
	bool minus = s < end && *s == '-';
	double x;

	s += minus;
	if (s + 1 < end && *s == '0' && is_digit(s[1]))
		return NUMBER_NONE;
	if (!take_digits(&s, end, &d, false))
		return NUMBER_NONE;
	if (s < end && *s == '.') {
		s++;
		if (!take_digits(&s, end, &d, true))
			return NUMBER_NONE;
	}
	if (s < end && (*s == 'e' || *s == 'E') && !take_exponent(&s, end, &d))
		return NUMBER_NONE;
	x = 0;
	if (d.value && d.ten >= LEAST_TEN && d.ten <= MOST_TEN)
		x = (double)d.value * tens[d.ten - LEAST_TEN];
	if (d.value == 0)
		*to = minus ? -0.0f : 0.0f;
	else if (rounds_safely(x))
		*to = minus ? -(float)x : (float)x;
	else
		*to = exactly(*at);
	*at = s;
	return isinf(*to) ? NUMBER_BIG : NUMBER_OK;
}

static const char *skip_blanks(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t' || *s == '\r' || *s == '\n'))
		s++;
	return s;
}

static bool fail(struct numbers *numbers, const char *at,
		 enum number_wrong wrong, bool punctuation)
{
	numbers->at = at;
	numbers->wrong = wrong;
	numbers->punctuation = punctuation;
	return false;
}

bool numbers_scan(struct numbers *numbers, const char **at, const char *end)
{
	const char *s = *at;

	numbers->n = 0;
	if (s >= end || *s != '[')
		return fail(numbers, s, NUMBER_NONE, true);
	s = skip_blanks(s + 1, end);
	if (s < end && *s == ']') {
		*at = s + 1;
		return true;
	}
	for (;;) {
		const char *begin = s;
		float value;
		enum number_wrong wrong = number_scan(&s, end, &value);

		if (wrong)
			return fail(numbers, begin, wrong, false);
		if (numbers->n < numbers->room)
			numbers->to[numbers->n] = value;
		numbers->n++;
		s = skip_blanks(s, end);
		if (s < end && *s == ']') {
			*at = s + 1;
			return true;
		}
		if (s >= end || *s != ',')
			return fail(numbers, s, NUMBER_NONE, true);
		s = skip_blanks(s + 1, end);
	}
}
