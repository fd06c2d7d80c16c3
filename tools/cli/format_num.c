#include "cli/format_num.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Three digits, whatever the size: 4.17, 41.7, 417. */
static int decimals(double n)
{
	return n < 9.995 ? 2 : n < 99.95 ? 1 : 0;
}

char *num_bytes(char to[NUM_BYTES], uint64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB",
					    "TiB", "PiB", "EiB"};
	double n = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(to, NUM_BYTES, "%" PRIu64 " B", bytes);
		return to;
	}
	/* 1023.5 would be printed as 1024. */
	for (; n >= 1023.5 && unit + 1 < sizeof(units) / sizeof(*units); unit++)
		n /= 1024;
	snprintf(to, NUM_BYTES, "%.*f %s", decimals(n), n, units[unit]);
	return to;
}

char *num_count(char to[NUM_BYTES], uint64_t n)
{
	char digits[NUM_BYTES];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	size_t at = 0;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			to[at++] = ',';
		to[at++] = digits[i];
	}
	to[at] = '\0';
	return to;
}

char *num_of(char to[NUM_OF_BYTES], uint64_t n, const char *thing)
{
	char count[NUM_BYTES];
	size_t len = strlen(thing);

	num_count(count, n);
	if (n == 1)
		snprintf(to, NUM_OF_BYTES, "%s %s", count, thing);
	else if (len && thing[len - 1] == 'y')
		snprintf(to, NUM_OF_BYTES, "%s %.*sies", count, (int)len - 1,
			 thing);
	else
		snprintf(to, NUM_OF_BYTES, "%s %ss", count, thing);
	return to;
}

char *num_mean(char to[NUM_BYTES], double n)
{
	if (!(n > 0)) /* also NaN */
		n = 0;
	if (n >= 99.95 || n == floor(n))
		return num_count(to,
				 n < 1e19 ? (uint64_t)(n + 0.5) : UINT64_MAX);
	snprintf(to, NUM_BYTES, "%.1f", n);
	return to;
}

char *num_short(char to[NUM_BYTES], double n)
{
	static const char *const units[] = {"", " k", " M", " G", " T"};
	size_t unit = 0;

	if (!(n > 0)) /* also NaN */
		n = 0;
	for (; n >= 999.5 && unit + 1 < sizeof(units) / sizeof(*units); unit++)
		n /= 1000;
	if (unit == 0 && (n >= 9.95 || n == floor(n)))
		snprintf(to, NUM_BYTES, "%.0f", n);
	else if (n < 1e9)
		snprintf(to, NUM_BYTES, "%.*f%s", decimals(n), n, units[unit]);
	else
		snprintf(to, NUM_BYTES, "%.3g", n);
	return to;
}

char *num_duration(char to[NUM_BYTES], double seconds)
{
	double milli = seconds * 1e3;

	if (!(seconds > 0))
		snprintf(to, NUM_BYTES, "0 s");
	else if (seconds < 0.9995e-3)
		snprintf(to, NUM_BYTES, "%.3g µs", seconds * 1e6);
	else if (seconds < 0.9995)
		snprintf(to, NUM_BYTES, "%.*f ms", decimals(milli), milli);
	else if (seconds < 59.95)
		snprintf(to, NUM_BYTES, "%.*f s", decimals(seconds), seconds);
	else if (seconds < 3599.5)
		snprintf(to, NUM_BYTES, "%um %02us",
			 (unsigned)(seconds + 0.5) / 60,
			 (unsigned)(seconds + 0.5) % 60);
	else if (seconds < 1e9)
		snprintf(to, NUM_BYTES, "%uh %02um",
			 (unsigned)(seconds / 60 + 0.5) / 60,
			 (unsigned)(seconds / 60 + 0.5) % 60);
	else
		snprintf(to, NUM_BYTES, "%.3g s", seconds);
	return to;
}

char *num_exact(char to[NUM_BYTES], double n)
{
	int digits = 15;

	do
		snprintf(to, NUM_BYTES, "%.*g", digits, n);
	while (strtod(to, NULL) != n && digits++ < 17);
	return to;
}

/* ---- f32 ----------------------------------------------------------------- */

/* Powers of ten that f64 holds without rounding. */
static const double tens[] = {1e0,  1e1,  1e2,	1e3,  1e4,  1e5,  1e6,	1e7,
			      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
			      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/*
 * Whether digits * 10^-scale reads back as n. One operation on two exact
 * numbers: the f64 next to the decimal, from which the f32 next to it follows
 * unless it lies in the middle between two.
 */
static bool reads_back(float n, uint32_t digits, int scale)
{
	double near = scale >= 0 ? digits / tens[scale] : digits * tens[-scale];
	uint64_t bits;

	memcpy(&bits, &near, sizeof(bits));
	return (float)near == n && (bits & 0x1fffffff) != 0x10000000;
}

/* Without an exponent, as %g does for numbers of that size. */
static void put_digits(char *to, uint32_t digits, int scale)
{
	char text[16];
	int n, point;

	while (scale > 0 && digits % 10 == 0) {
		digits /= 10;
		scale--;
	}
	n = snprintf(text, sizeof(text), "%" PRIu32, digits);
	point = n - scale; /* digits before it */
	if (point <= 0) {
		*to++ = '0';
		*to++ = '.';
		while (point++ < 0)
			*to++ = '0';
		memcpy(to, text, (size_t)n + 1);
		return;
	}
	memcpy(to, text, (size_t)point);
	to[point] = '.';
	memcpy(to + point + 1, text + point, (size_t)(n - point) + 1);
	if (scale == 0)
		to[point] = '\0';
}

/* Most numbers by a few operations of f64; false: it takes more. */
static bool exact_soon(char *to, float n)
{
	float size = fabsf(n);
	int power = 0; /* of ten, of the first digit */

	if (!(size >= 1e-4f && size < 1e6f))
		return false;
	while (power < 6 && (double)size >= tens[power + 1])
		power++;
	while ((double)size * tens[-power < 0 ? 0 : -power] < 1.0)
		power--;
	for (int digits = 6; digits <= 9; digits++) {
		int scale = digits - 1 - power;
		uint32_t whole = (uint32_t)llrint((double)size * tens[scale]);

		if (!reads_back(size, whole, scale))
			continue;
		if (n < 0)
			*to++ = '-';
		put_digits(to, whole, scale);
		return true;
	}
	return false;
}

char *num_exact_float(char to[NUM_BYTES], float n)
{
	int digits = 6;

	if (exact_soon(to, n))
		return to;
	do
		snprintf(to, NUM_BYTES, "%.*g", digits, (double)n);
	while (strtof(to, NULL) != n && digits++ < 9);
	return to;
}

char *num_clock(char to[NUM_BYTES], double seconds)
{
	unsigned whole;

	if (!(seconds > 0))
		seconds = 0;
	if (seconds > 359999) /* a guess of that size says nothing */
		seconds = 359999;
	whole = (unsigned)(seconds + 0.5);
	if (whole < 3600)
		snprintf(to, NUM_BYTES, "%02u:%02u", whole / 60, whole % 60);
	else
		snprintf(to, NUM_BYTES, "%u:%02u:%02u", whole / 3600,
			 whole / 60 % 60, whole % 60);
	return to;
}
