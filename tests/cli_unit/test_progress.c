#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

#include "cli/progress.h"

static void is(const char *due, size_t columns, enum progress_unit unit,
	       uint64_t done, uint64_t total, double rate)
{
	char text[128];

	progress_text(text, sizeof(text), columns, "·", unit, "adding", done,
		      total, rate);
	cr_assert_str_eq(text, due);
}

Test(progress, shows_part_rate_and_rest)
{
	is("adding · 41% · 1.20 M rows/s · 00:31 left", 79, PROGRESS_ROWS,
	   25852000, 63052000, 1.2e6);
}

Test(progress, counts_few_steps_one_by_one)
{
	is("adding 3/10 · 30% · 00:07 left", 79, PROGRESS_ROWS, 3, 10, 1);
	is("adding 0/10 · 0%", 79, PROGRESS_ROWS, 0, 10, 0);
}

Test(progress, shows_bytes)
{
	is("adding · 50% · 5.00 GiB/s · 00:02 left", 79, PROGRESS_BYTES,
	   10ull << 30, 20ull << 30, 5.0 * (1 << 30));
}

Test(progress, shows_the_amount_where_the_total_is_unknown)
{
	is("adding · 3.00 M rows · 1.50 M rows/s", 79, PROGRESS_ROWS, 3000000,
	   0, 1.5e6);
}

Test(progress, says_100_percent_only_at_the_end)
{
	is("adding · 99% · 100 k rows/s · 00:00 left", 79, PROGRESS_ROWS, 99999,
	   100000, 1e5);
	is("adding · 100% · 100 k rows/s · 00:00 left", 79, PROGRESS_ROWS,
	   100000, 100000, 1e5);
	is("adding · 100% · 100 k rows/s · 00:00 left", 79, PROGRESS_ROWS,
	   100001, 100000, 1e5);
}

Test(progress, fits_the_screen_and_halves_no_character)
{
	is("adding ·", 8, PROGRESS_ROWS, 1, 2000, 1);
	is("adding ", 7, PROGRESS_ROWS, 1, 2000, 1);
	is("", 0, PROGRESS_ROWS, 1, 2000, 1);
}

Test(progress, is_silent_where_there_is_no_terminal, .init = cr_redirect_stderr)
{
	progress_begin(false, PROGRESS_ROWS);
	for (uint64_t i = 0; i < 1000; i++)
		progress_update("adding", i, 1000);
	progress_clear();
	progress_end();
	cr_assert_stderr_eq_str("");
}
