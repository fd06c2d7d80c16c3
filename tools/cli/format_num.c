#include "cli/format_num.h"

#include <inttypes.h>
#include <math.h>
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

char *num_exact_float(char to[NUM_BYTES], float n)
{
	int digits = 6;

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
