#include <criterion/criterion.h>
#include <math.h>

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
