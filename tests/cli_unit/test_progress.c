#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <string.h>

#include "cli/progress.h"

static const struct progress adding = {
	.step = 2,
	.n_steps = 9,
	.phase = "linking",
	.unit = "rows",
	.done = 1200000,
	.total = 2300000,
	.rate = 36000,
	.elapsed = 33,
	.left = 31,
};

static const char *text_of(struct progress p, size_t columns)
{
	static char text[512];

	progress_text(text, sizeof(text), columns, true, &p);
	return text;
}

static size_t width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void is(const char *due, struct progress p, size_t columns)
{
	cr_expect_str_eq(text_of(p, columns), due);
}

Test(progress, shows_all_it_knows)
{
	is("2/9 linking ███████████████░░░░░░░░░░░░░░░  52 % · 1.20 of 2.30 M "
	   "rows · 36.0 k rows/s · 00:33 · 00:31 left",
	   adding, 119);
}

Test(progress, has_a_bar_an_amount_and_both_times_on_80_columns)
{
	struct progress p = adding;

	is("2/9 linking █████████░░░░░░░░░  52 % · 1.20 of 2.30 M rows · 00:33 · "
	   "00:31 left",
	   p, 79);
	p.phase = "finding neighbours"; /* the longest of a build */
	p.unit = "queries";
	p.done = 12800;
	p.total = 65500;
	is("2/9 finding neighbours  19 % · 12.8 of 65.5 k queries · 00:33 · "
	   "00:31 left",
	   p, 75);
	cr_expect(strstr(text_of(p, 79), "░"));
}

Test(progress, says_bytes_of_bytes)
{
	is("writing ████████████░░░░░░░░░░░░░  50 % · 10.0 of 20.0 GiB · 00:02 "
	   "· 00:02 left",
	   (struct progress){.phase = "writing",
			     .unit = "bytes",
			     .done = 10ull << 30,
			     .total = 20ull << 30,
			     .elapsed = 2,
			     .left = 2},
	   79);
	cr_expect(strstr(text_of((struct progress){.phase = "writing",
						   .unit = "bytes",
						   .done = 1,
						   .total = 2,
						   .rate = 5.0 * (1 << 30),
						   .left = -1},
				 150),
			 " · 5.00 GiB/s · "));
}

Test(progress, says_one_of_a_thing_without_an_s)
{
	struct progress p = {.phase = "searching",
			     .unit = "queries",
			     .total = 1,
			     .elapsed = 3,
			     .left = -1};

	is("searching ░░░░   0 % · 0 of 1 query · 00:03", p, 43);
	p.done = 720;
	p.total = 1000;
	is("searching █████░░░  72 % · 720 of 1,000 queries · 00:03", p, 55);
	p.done = 0;
	p.total = 1;
	p.unit = "rows";
	is("searching ░░░░   0 % · 0 of 1 row · 00:03", p, 41);
}

Test(progress, shows_the_amount_where_the_total_is_unknown)
{
	is("reading · 3.00 M rows · 1.50 M rows/s · 00:02",
	   (struct progress){.phase = "reading",
			     .unit = "rows",
			     .done = 3000000,
			     .rate = 1.5e6,
			     .elapsed = 2,
			     .left = -1},
	   79);
}

Test(progress, shows_no_amount_of_nothing)
{
	is("8/9 syncing · 00:12",
	   (struct progress){.step = 8,
			     .n_steps = 9,
			     .phase = "syncing",
			     .unit = "",
			     .elapsed = 12,
			     .left = -1},
	   79);
	is("2/9 training ██░░  52 % · 00:33 · 00:31 left",
	   (struct progress){.step = 2,
			     .n_steps = 9,
			     .phase = "training",
			     .unit = "",
			     .done = 52,
			     .total = 100,
			     .elapsed = 33,
			     .left = 31},
	   44);
}

Test(progress, says_100_percent_only_at_the_end)
{
	struct progress p = adding;

	p.done = p.total - 1;
	cr_expect(strstr(text_of(p, 79), "  99 % "));
	p.done = p.total;
	cr_expect(strstr(text_of(p, 79), " 100 % "));
	p.done = p.total + 1;
	cr_expect(strstr(text_of(p, 79), " 100 % "));
}

Test(progress, fits_every_screen_and_says_what_is_cut)
{
	for (size_t columns = 0; columns < 140; columns++) {
		const char *text = text_of(adding, columns);

		cr_expect(width(text) <= columns, "%zu: %s", columns, text);
		cr_expect(columns < 11 || strstr(text, "2/9 linking"),
			  "%zu: %s", columns, text);
		cr_expect(columns >= 11 || columns < 3 || strstr(text, "..."),
			  "%zu: %s", columns, text);
		/* What is shown is shown whole. */
		cr_expect(!strstr(text, "left") || strstr(text, "00:31 left"));
	}
}

Test(progress, is_plain_where_the_terminal_is)
{
	char text[512];

	progress_text(text, sizeof(text), 79, false, &adding);
	cr_expect_str_eq(text, "2/9 linking #########.........  52 % - 1.20 of "
			       "2.30 M rows - 00:33 - 00:31 left");
}

Test(progress, is_silent_where_there_is_no_terminal, .init = cr_redirect_stderr)
{
	progress_begin(false, NULL);
	for (uint64_t i = 0; i < 1000; i++)
		progress_update("adding", "rows", i, 1000);
	progress_clear();
	progress_end();
	cr_assert_stderr_eq_str("");
}
