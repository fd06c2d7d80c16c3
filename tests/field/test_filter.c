/* What the filter language says, and what it says of what it is not. */
#include <criterion/criterion.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "field/filter.h"
#include "field/time.h"

static struct vsx_error err;

static void expect_refused(const char *text, const char *why)
{
	struct vsx_filter *f = NULL;

	cr_expect_eq(vsx_filter_make(&f, text, &err), VSX_EINVAL, "%s", text);
	cr_expect_null(f);
	cr_expect_str_eq(err.text, why, "%s: %s", text, err.text);
}

static void write_node(const struct vsx_filter *f, uint32_t i, FILE *to)
{
	static const char *const what[] = {
		"and", "or", "in", "<", "<=", ">", ">=", "has", "empty", "null",
	};
	const struct vsx_filter_node *n = &f->nodes[i];

	fprintf(to, "(%s%s", n->negated ? "not-" : "", what[n->what]);
	if (n->what >= VSX_FILTER_IN)
		fprintf(to, " %s", f->names[n->field]);
	for (uint32_t v = 0; v < n->n_values; v++) {
		const struct vsx_token *t = &f->values[n->first_value + v];

		if (t->what == VSX_TOKEN_INT)
			fprintf(to, " %lld", (long long)t->i);
		else if (t->what == VSX_TOKEN_FLOAT)
			fprintf(to, " %g", t->f);
		else if (t->what == VSX_TOKEN_STRING)
			fprintf(to, " '%.*s'", (int)t->bytes, t->string);
		else
			fprintf(to, t->what == VSX_TOKEN_TRUE ? " yes" : " no");
	}
	for (uint32_t c = n->child; c; c = f->nodes[c].next) {
		fputc(' ', to);
		write_node(f, c, to);
	}
	fputc(')', to);
}

/* What a text means, without the root. */
static void expect_means(const char *text, const char *due)
{
	char found[1000] = "";
	struct vsx_filter *f;
	FILE *to = fmemopen(found, sizeof(found), "w");

	cr_assert_eq(vsx_filter_make(&f, text, &err), VSX_OK, "%s: %s", text,
		     err.text);
	write_node(f, f->nodes[0].child, to);
	fclose(to);
	cr_expect_str_eq(found, due, "%s: %s", text, found);
	vsx_filter_drop(f);
}

Test(filter, binds_and_closer_than_or)
{
	expect_means("a = 1", "(in a 1)");
	expect_means("a = 1 or b = 2 and c = 3",
		     "(or (in a 1) (and (in b 2) (in c 3)))");
	expect_means("(a = 1 or b = 2) and c = 3",
		     "(and (or (in a 1) (in b 2)) (in c 3))");
	expect_means("a=1 AND\nb=2\tAnd c=3",
		     "(and (in a 1) (in b 2) (in c 3))");
}

Test(filter, brings_negation_to_the_tests)
{
	expect_means("not a = 1", "(not-in a 1)");
	expect_means("a != 1", "(not-in a 1)");
	expect_means("a <> 1", "(not-in a 1)");
	expect_means("not a != 1", "(in a 1)");
	expect_means("not (a = 1 and (b < 2 or not c))",
		     "(or (not-in a 1) (and (not-< b 2) (in c yes)))");
	expect_means("not tags contains all (1, 2)",
		     "(or (not-has tags 1) (not-has tags 2))");
	expect_means("not a is not null", "(null a)");
	expect_means("not a not in (1)", "(in a 1)");
}

Test(filter, knows_all_operators)
{
	expect_means("a == 1 and a < 2 and a <= 3 and a > 4 and a >= 5",
		     "(and (in a 1) (< a 2) (<= a 3) (> a 4) (>= a 5))");
	expect_means("a in (1, -2.5, 'x', true, false)",
		     "(in a 1 -2.5 'x' yes no)");
	expect_means("a not in (1)", "(not-in a 1)");
	expect_means("t contains \"a\"", "(has t 'a')");
	expect_means("t not contains 'a'", "(not-has t 'a')");
	expect_means("t contains any ('a', 'b')", "(has t 'a' 'b')");
	expect_means("t contains all ('a', 'b')",
		     "(and (has t 'a') (has t 'b'))");
	expect_means("t is empty or t is not empty",
		     "(or (empty t) (not-empty t))");
	expect_means("a is null", "(null a)");
	expect_means("draft and not old",
		     "(and (in draft yes) (not-in old yes))");
	expect_means("_a.b2 = +1e3", "(in _a.b2 1000)");
	expect_means("a = -9223372036854775808", "(in a -9223372036854775808)");
	expect_means("a = 'it\\'s \\\\ \\n'", "(in a 'it's \\ \n')");
	expect_means("a = \"\xc3\xa9\" or a = ''",
		     "(or (in a '\xc3\xa9') (in a ''))");
}

Test(filter, says_what_is_expected_where)
{
	expect_refused("", "filter, character 1: expected a field, not or (, "
			   "found the end");
	expect_refused("a =", "filter, character 4: expected a number, a "
			      "string, true or false, found the end");
	expect_refused("a = b", "filter, character 5: expected a number, a "
				"string, true or false, found b");
	expect_refused("\"\xc3\xa9\" = a",
		       "filter, character 1: expected a field, not or (, "
		       "found \"\xc3\xa9\"");
	expect_refused("a = '\xc3\xa9' and and",
		       "filter, character 13: expected a field, not or (, "
		       "found and");
	expect_refused("a = null", "filter, character 5: expected a value "
				   "(\"is null\" asks for none), found null");
	expect_refused("a in 1", "filter, character 6: expected ( and a list "
				 "of values, found 1");
	expect_refused("a in ()", "filter, character 7: expected a number, a "
				  "string, true or false, found )");
	expect_refused("a in (1", "filter, character 8: expected , or ), found "
				  "the end");
	expect_refused("(a = 1", "filter, character 7: expected and, or or ), "
				 "found the end");
	expect_refused("a = 1)", "filter, character 6: expected and, or or the "
				 "end, found )");
	expect_refused("a not 1", "filter, character 7: expected in or "
				  "contains, found 1");
	expect_refused("a is 1", "filter, character 6: expected null, empty or "
				 "not, found 1");
	expect_refused("a = 1 && b = 1",
		       "filter, character 7: expected and, found &");
	expect_refused("a = 1 || b = 1",
		       "filter, character 7: expected or, found |");
	expect_refused("!a", "filter, character 1: expected not, found !");
	expect_refused("a in [1]",
		       "filter, character 6: expected a list in ( ), found [");
	expect_refused("a ~ 1",
		       "filter, character 3: expected a field, a value "
		       "or an operator, found ~");
	expect_refused("a = 12abc", "filter, character 5: expected a number, "
				    "found 12abc");
	expect_refused("a = 1.2.3", "filter, character 5: expected a number, "
				    "found 1.2.3");
	expect_refused("a = -",
		       "filter, character 5: expected a number, found -");
	expect_refused("a = 1e999", "filter, character 5: expected a finite "
				    "number, found 1e999");
	expect_refused("a = 'x",
		       "filter, character 5: the string does not end");
	expect_refused("a = 'x\\q'", "filter, character 7: expected \\n, \\t, "
				     "\\r, \\b, \\f, \\uXXXX, \\\" or \\\\");
	expect_refused("a = 'x\\u00g1'",
		       "filter, character 7: expected \\u and four hexadecimal "
		       "digits of a character");
	expect_refused("a = '\\u0000'",
		       "filter, character 6: expected \\u and four hexadecimal "
		       "digits of a character");
	expect_refused("a = '\\udc00'",
		       "filter, character 6: expected \\u and four hexadecimal "
		       "digits of a character");
	expect_refused("a = '\\ud83d\\u0041'",
		       "filter, character 12: expected the second half of a "
		       "character, \\udc00 to \\udfff");
	expect_refused("a = '\\u004",
		       "filter, character 6: expected \\u and four hexadecimal "
		       "digits of a character");
	expect_refused("a = 'x\n'",
		       "filter, character 7: a line feed or tab in "
		       "a string, expected \\n, \\r or \\t");
	expect_refused("a\x01", "filter, character 2: a control character");
	expect_refused("a = '\xff'", "the filter is not UTF-8");
}

/* Whatever a field may hold can be written: all of JSON's escapes are. */
Test(filter, strings_are_those_of_json)
{
	static const char *const cases[][2] = {
		{"a = \"\\u0001\\u007F\\u0085\"", "\x01\x7f\xc2\x85"},
		{"a = '\\b\\f\\n\\r\\t\\/\\\\\\'\\\"'", "\b\f\n\r\t/\\'\""},
		{"a = '\\u00e9\\u65E5\\uFFFF'",
		 "\xc3\xa9\xe6\x97\xa5\xef\xbf\xbf"},
		{"a = 'x\\ud83d\\ude00y'", "x\xf0\x9f\x98\x80y"},
		{"a = '\\uDBFF\\uDFFF'", "\xf4\x8f\xbf\xbf"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *due = cases[i][1];
		struct vsx_filter *f;

		cr_assert_eq(vsx_filter_make(&f, cases[i][0], &err), VSX_OK,
			     "%s: %s", cases[i][0], err.text);
		cr_expect_eq(f->values[0].bytes, strlen(due));
		cr_expect_arr_eq(f->values[0].string, due, strlen(due), "%s",
				 cases[i][0]);
		vsx_filter_drop(f);
	}
}

Test(filter, is_bounded_in_depth_and_size)
{
	size_t n = VSX_MAX_FILTER_BYTES + 1;
	char *text = malloc(n + 1);
	struct vsx_filter *f;

	memset(text, '(', n);
	text[n] = '\0';
	cr_expect_eq(vsx_filter_make(&f, text, &err), VSX_EINVAL);
	cr_expect_str_eq(err.text, "a filter of 65537 bytes, expected at most "
				   "65536");
	text[n - 1] = '\0';
	cr_expect_eq(vsx_filter_make(&f, text, &err), VSX_EINVAL);
	cr_expect_str_eq(err.text,
			 "filter, character 65: more than 64 of ( and "
			 "not within each other");
	/* Long chains are not deep. */
	strcpy(text, "a");
	for (size_t at = 1; at + 6 < n; at += 6)
		memcpy(text + at, at % 12 == 1 ? " and a" : " or  a", 7);
	cr_expect_eq(vsx_filter_make(&f, text, &err), VSX_OK, "%s", err.text);
	vsx_filter_drop(f);
	/* Nor may there be more fields than an index can have. */
	text[0] = '\0';
	for (unsigned int i = 0, at = 0; i <= VSX_MAX_FIELDS; i++)
		at += (unsigned int)sprintf(text + at, "%sf%u", i ? " or " : "",
					    i);
	cr_expect_eq(vsx_filter_make(&f, text, &err), VSX_EINVAL);
	free(text);
}

Test(filter, does_not_go_by_the_locale)
{
	struct vsx_filter *f;

	if (!setlocale(LC_NUMERIC, "de_DE.UTF-8"))
		setlocale(LC_NUMERIC, "fr_FR.UTF-8"); /* where there is one */
	cr_assert_eq(vsx_filter_make(&f, "a = 2.5", &err), VSX_OK);
	cr_expect_eq(f->values[0].f, 2.5);
	vsx_filter_drop(f);
}

Test(filter, names_of_fields_are_no_words_of_it)
{
	char name[65] = "";

	cr_expect(vsx_field_name_ok("a") && vsx_field_name_ok("_a.b9"));
	cr_expect(vsx_field_name_ok("android") && vsx_field_name_ok("nulls"));
	cr_expect(!vsx_field_name_ok("") && !vsx_field_name_ok("9a"));
	cr_expect(!vsx_field_name_ok("And") && !vsx_field_name_ok("null"));
	cr_expect(!vsx_field_name_ok("a-b") && !vsx_field_name_ok("\xc3\xa9"));
	memset(name, 'a', 64);
	cr_expect(!vsx_field_name_ok(name));
	name[63] = '\0';
	cr_expect(vsx_field_name_ok(name));
}

static void expect_time(const char *text, const char *due)
{
	char found[VSX_TIME_BYTES] = "none";
	int64_t time;

	if (vsx_time_parse(&time, text, strlen(text)))
		vsx_time_print(found, time);
	cr_expect_str_eq(found, due, "%s: %s", text, found);
}

Test(filter, reads_times)
{
	int64_t time;

	cr_assert(vsx_time_parse(&time, "1970-01-01", 10));
	cr_expect_eq(time, 0);
	cr_assert(vsx_time_parse(&time, "2026-11-30T06:00:00.000001Z", 27));
	cr_expect_eq(time, INT64_C(1796018400000001));
	expect_time("2024-02-29", "2024-02-29");
	expect_time("2024-02-29T00:00Z", "2024-02-29");
	expect_time("2024-02-29 23:59", "2024-02-29T23:59:00Z");
	expect_time("2024-02-29T23:59:59.5+02:00", "2024-02-29T21:59:59.5Z");
	expect_time("1969-12-31T23:59:59.999999-00:30",
		    "1970-01-01T00:29:59.999999Z");
	expect_time("2024-02-29T00:00:00.25Z", "2024-02-29T00:00:00.25Z");
	expect_time("0001-01-01", "0001-01-01");
	expect_time("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z");
	expect_time("1900-03-01", "1900-03-01");
	expect_time("1900-02-29", "none");
	expect_time("2023-02-29", "none");
	expect_time("2024-13-01", "none");
	expect_time("2024-00-01", "none");
	expect_time("2024-1-1", "none");
	expect_time("2024-01-01T", "none");
	expect_time("2024-01-01T24:00", "none");
	expect_time("2024-01-01T10:00:60", "none");
	expect_time("2024-01-01T10:00:00.", "none");
	expect_time("2024-01-01T10:00:00.0000001", "none");
	expect_time("2024-01-01T10:00X", "none");
	expect_time("2024-01-01T10:00+1", "none");
	expect_time("", "none");
	for (int64_t day = -700000; day < 2900000; day += 997) {
		char text[VSX_TIME_BYTES];

		vsx_time_print(text, day * INT64_C(86400000000) + 1000001);
		if (!vsx_time_parse(&time, text, strlen(text)))
			continue; /* a year that has no four digits */
		cr_expect_eq(time, day * INT64_C(86400000000) + 1000001, "%s",
			     text);
	}
}
