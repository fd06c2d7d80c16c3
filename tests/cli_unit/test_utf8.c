#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "cli/utf8.h"

static void utf8(void)
{
	cr_assert(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
}

static void is_cut(const char *text, size_t columns, const char *due)
{
	char *cut = utf8_cut(text, columns);

	cr_expect_str_eq(cut, due);
	cr_expect_leq(utf8_width(cut), columns);
	free(cut);
}

Test(utf8, knows_the_columns_of_characters, .init = utf8)
{
	cr_expect_eq(utf8_width(""), 0);
	cr_expect_eq(utf8_width("abc"), 3);
	cr_expect_eq(utf8_width("König"), 5);
	cr_expect_eq(utf8_width("東京"), 4);
	cr_expect_eq(utf8_width("e\314\201"), 1); /* a mark above the e */
	cr_expect_eq(utf8_width("\377"), 4);	  /* \xff */
	cr_expect_eq(utf8_width("\a"), 4);
}

Test(utf8, cuts_between_characters, .init = utf8)
{
	is_cut("abcdef", 6, "abcdef");
	is_cut("abcdef", 5, "abcd…");
	is_cut("", 3, "");
	/* A wide one that is half in does not stay. */
	is_cut("東京東", 6, "東京東");
	is_cut("東京東", 5, "東京…");
	is_cut("東京東", 4, "東…");
	/* A mark goes with the character that it is on. */
	is_cut("abe\314\201cd", 4, "abe\314\201…");
}

Test(utf8, goes_by_bytes_in_a_locale_without_it)
{
	cr_expect_eq(utf8_width("ö"), 8);
	is_cut("abcdef", 5, "ab...");
}
