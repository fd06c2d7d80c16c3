#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/format_num.h"

Test(format_num, counts_bytes_by_1024)
{
	char to[NUM_BYTES];

	cr_assert_str_eq(num_bytes(to, 0), "0 B");
	cr_assert_str_eq(num_bytes(to, 1023), "1023 B");
	cr_assert_str_eq(num_bytes(to, 1024), "1.00 KiB");
	cr_assert_str_eq(num_bytes(to, 4096), "4.00 KiB");
	cr_assert_str_eq(num_bytes(to, 1048575), "1.00 MiB");
	cr_assert_str_eq(num_bytes(to, 44774983270ull), "41.7 GiB");
	cr_assert_str_eq(num_bytes(to, UINT64_MAX), "16.0 EiB");
}

Test(format_num, separates_thousands)
{
	char to[NUM_BYTES];

	cr_assert_str_eq(num_count(to, 0), "0");
	cr_assert_str_eq(num_count(to, 999), "999");
	cr_assert_str_eq(num_count(to, 1000), "1,000");
	cr_assert_str_eq(num_count(to, 1234567), "1,234,567");
	cr_assert_str_eq(num_count(to, UINT64_MAX),
			 "18,446,744,073,709,551,615");
}

Test(format_num, shortens_rates)
{
	char to[NUM_BYTES];

	cr_assert_str_eq(num_short(to, 0), "0");
	cr_assert_str_eq(num_short(to, -1), "0");
	cr_assert_str_eq(num_short(to, (double)NAN), "0");
	cr_assert_str_eq(num_short(to, 0.25), "0.25");
	cr_assert_str_eq(num_short(to, 3), "3");
	cr_assert_str_eq(num_short(to, 999.4), "999");
	cr_assert_str_eq(num_short(to, 999.6), "1.00 k");
	cr_assert_str_eq(num_short(to, 1234567), "1.23 M");
	cr_assert_str_eq(num_short(to, 123456789), "123 M");
	cr_assert_str_eq(num_short(to, (double)INFINITY), "inf");
}

Test(format_num, writes_durations)
{
	char to[NUM_BYTES];

	cr_assert_str_eq(num_duration(to, 0), "0 s");
	cr_assert_str_eq(num_duration(to, 12.5e-6), "12.5 µs");
	cr_assert_str_eq(num_duration(to, 0.0125), "12.5 ms");
	cr_assert_str_eq(num_duration(to, 0.99951), "1.00 s");
	cr_assert_str_eq(num_duration(to, 59.94), "59.9 s");
	cr_assert_str_eq(num_duration(to, 59.96), "1m 00s");
	cr_assert_str_eq(num_duration(to, 65), "1m 05s");
	cr_assert_str_eq(num_duration(to, 3599.6), "1h 00m");
	cr_assert_str_eq(num_duration(to, 7260), "2h 01m");
}

Test(format_num, writes_a_clock)
{
	char to[NUM_BYTES];

	cr_assert_str_eq(num_clock(to, 31), "00:31");
	cr_assert_str_eq(num_clock(to, 59.6), "01:00");
	cr_assert_str_eq(num_clock(to, 7231), "2:00:31");
	cr_assert_str_eq(num_clock(to, (double)INFINITY), "99:59:59");
	cr_assert_str_eq(num_clock(to, (double)NAN), "00:00");
}

Test(format_num, names_what_is_counted)
{
	char to[NUM_OF_BYTES];

	cr_assert_str_eq(num_of(to, 0, "row"), "0 rows");
	cr_assert_str_eq(num_of(to, 1, "row"), "1 row");
	cr_assert_str_eq(num_of(to, 60000, "row"), "60,000 rows");
	cr_assert_str_eq(num_of(to, 1, "query"), "1 query");
	cr_assert_str_eq(num_of(to, 2, "query"), "2 queries");
	cr_assert_str_eq(num_of(to, UINT64_MAX, "query"),
			 "18,446,744,073,709,551,615 queries");
}

Test(format_num, says_a_mean_as_exactly_as_it_matters)
{
	char to[NUM_BYTES];

	cr_assert_str_eq(num_mean(to, 60000), "60,000");
	cr_assert_str_eq(num_mean(to, 60000.4), "60,000");
	cr_assert_str_eq(num_mean(to, 3), "3");
	cr_assert_str_eq(num_mean(to, 12.34), "12.3");
	cr_assert_str_eq(num_mean(to, 99.96), "100");
	cr_assert_str_eq(num_mean(to, (double)NAN), "0");
	cr_assert_str_eq(num_mean(to, 1e300), "18,446,744,073,709,551,615");
}

/* As printf has it, with as few digits as read back, but 6 at least. */
static void check_float(float n)
{
	char due[NUM_BYTES], text[NUM_BYTES];
	int digits = 6;

	do
		snprintf(due, sizeof(due), "%.*g", digits, (double)n);
	while (strtof(due, NULL) != n && digits++ < 9);
	cr_assert_str_eq(num_exact_float(text, n), due);
	cr_assert_eq(strtof(text, NULL), n);
}

Test(format_num, writes_a_float_that_reads_back)
{
	static const float odd[] = {0.0f,      1.0f,	  0.1f,	     1e-4f,
				    9.9e-5f,   1e6f,	  999999.9f, 0.5f,
				    16777216,  8388609,	  1e-45f,    3.4e38f,
				    123456.7f, 99999.99f, 9.999999f, 0.001f};
	uint32_t x = 1;

	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		check_float(odd[i]);
		check_float(-odd[i]);
	}
	for (int i = 0; i < 200000; i++) {
		float n;

		x = x * 1664525u + 1013904223u;
		/* All signs and digits, of sizes from 2^-24 to 2^24. */
		uint32_t bits = (x & 0x807fffffu) | (103 + (uint32_t)i % 48)
							    << 23;

		memcpy(&n, &bits, sizeof(n));
		check_float(n);
		check_float((float)(x >> 16) / 1000.0f);
	}
}
