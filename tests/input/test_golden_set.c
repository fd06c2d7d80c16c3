#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "input/golden.h"

TestSuite(golden_set, .init = files_begin, .fini = files_end);

static struct golden g;
static struct vsx_error err;

static void reads(const char *name)
{
	cr_assert_eq(golden_load(&g, name, &err), VSX_OK, "%s", err.text);
}

static void refused(enum vsx_status status, const char *text)
{
	cr_expect_eq(golden_load(&g, "a.jsonl", &err), status);
	cr_expect_eq(err.status, status);
	cr_expect_str_eq(err.text, text);
	golden_release(&g);
}

/* A good line, then this one. */
static void line_refused(const char *line, const char *text)
{
	char file[1024], due[512];

	snprintf(file, sizeof(file),
		 "{\"query\": [1, 2], \"expect\": [3]}\n%s\n", line);
	files_put_text("a.jsonl", file);
	snprintf(due, sizeof(due), "a.jsonl: line 2: %s", text);
	refused(VSX_EINVAL, due);
}

Test(golden_set, reads_json_lines)
{
	char place[GOLDEN_PLACE_BYTES];

	files_put_text("a.jsonl",
		       "{\"query\": [1, -2.5e0], \"expect\": [7, 3, 5], "
		       "\"note\": \"blue shoes\"}\r\n"
		       "\n \t\n"
		       "{\"id\": {}, \"expect\": [9223372036854775807], "
		       "\"query\": [0.1, 4]}");
	reads("a.jsonl");
	cr_assert_eq(g.n, 2);
	cr_assert_eq(g.dim, 2);
	cr_expect_eq(g.queries[0], 1.0f);
	cr_expect_eq(g.queries[1], -2.5f);
	cr_expect_eq(g.queries[2], 0.1f);
	cr_expect_eq(g.queries[3], 4.0f);
	cr_assert_eq(g.first[0], 0);
	cr_assert_eq(g.first[1], 3);
	cr_assert_eq(g.first[2], 4);
	cr_expect_eq(g.expect[0], 3);
	cr_expect_eq(g.expect[1], 5);
	cr_expect_eq(g.expect[2], 7);
	cr_expect_eq(g.expect[3], INT64_MAX);
	cr_expect_str_eq(g.note[0], "blue shoes");
	cr_expect_null(g.note[1]);
	cr_expect_str_eq(golden_place(place, &g, 0), "line 1");
	cr_expect_str_eq(golden_place(place, &g, 1), "line 4");
	golden_release(&g);
}

Test(golden_set, reads_many_lines_across_chunks)
{
	enum { N = 10000 };
	char *file = malloc(N * 64), *to = file;

	for (int i = 0; i < N; i++)
		to += sprintf(to,
			      "{\"query\": [%d, 0.5, 1], \"expect\": [%d]}\n",
			      i, i * 3);
	files_put("a.jsonl", file, (size_t)(to - file));
	free(file);
	reads("a.jsonl");
	cr_assert_eq(g.n, N);
	for (size_t i = 0; i < N; i++) {
		cr_assert_eq(g.queries[i * 3], (float)i);
		cr_assert_eq(g.expect[g.first[i]], i * 3);
		cr_assert_eq(g.place[i], i + 1);
	}
	golden_release(&g);
}

Test(golden_set, reads_fvecs_beside_ivecs)
{
	static const struct {
		int32_t n;
		float x[3];
	} rows[2] = {{3, {1, 2, 3}}, {3, {4, 5, 6}}};
	static const int32_t ids[6] = {2, 9, 4, 2, 8, 11};
	char place[GOLDEN_PLACE_BYTES];

	files_put("a.fvecs", rows, sizeof(rows));
	files_put("a.ivecs", ids, sizeof(ids));
	reads("a.fvecs");
	cr_assert_eq(g.n, 2);
	cr_assert_eq(g.dim, 3);
	cr_expect_eq(g.queries[5], 6.0f);
	cr_assert_eq(g.first[1], 2);
	cr_assert_eq(g.first[2], 4);
	cr_expect_eq(g.expect[0], 4);
	cr_expect_eq(g.expect[1], 9);
	cr_expect_eq(g.expect[3], 11);
	cr_expect_str_eq(golden_place(place, &g, 1), "row 1");
	golden_release(&g);
}

Test(golden_set, refuses_a_pair_that_does_not_fit)
{
	static const struct {
		int32_t n;
		float x[1];
	} rows[2] = {{1, {1}}, {1, {0.0f / 0.0f}}};
	static const int32_t one[2] = {1, 5}, two[6] = {2, 5, 6, 2, 7, 8},
			     same[3] = {2, 7, 7};

	files_put("a.fvecs", rows, sizeof(rows[0]));
	files_put("a.ivecs", two, sizeof(two));
	cr_expect_eq(golden_load(&g, "a.fvecs", &err), VSX_EINVAL);
	cr_expect_str_eq(err.text, "a.ivecs: ids of 2 queries, a.fvecs has 1");
	golden_release(&g);
	files_put("a.fvecs", rows, sizeof(rows));
	files_put("a.ivecs", one, sizeof(one));
	cr_expect_eq(golden_load(&g, "a.fvecs", &err), VSX_EINVAL);
	cr_expect_str_eq(err.text, "a.ivecs: ids of 1 query, a.fvecs has 2");
	golden_release(&g);
	files_put("a.ivecs", two, sizeof(two));
	cr_expect_eq(golden_load(&g, "a.fvecs", &err), VSX_ENUMERIC);
	cr_expect_str_eq(err.text, "a.fvecs: row 1, component 0: NaN, expected "
				   "a finite number");
	golden_release(&g);
	files_put("b.fvecs", rows, sizeof(rows[0]));
	files_put("b.ivecs", same, sizeof(same));
	cr_expect_eq(golden_load(&g, "b.fvecs", &err), VSX_EINVAL);
	cr_expect_str_eq(err.text, "b.ivecs: row 0: the id 7 appears twice");
	golden_release(&g);
}

Test(golden_set, refuses_what_is_no_json)
{
	line_refused("{\"query\": [1, 2], ",
		     "is not JSON at byte 18: string or "
		     "'}' expected near end of file");
	line_refused("{\"query\": [1, 2], \"expect\": [3]} 4",
		     "is not JSON at byte 34: end of file expected near '4'");
	line_refused("{\"query\": [1, NaN], \"expect\": [3]}",
		     "is not JSON at byte 17: invalid token near 'NaN'");
	line_refused("{\"query\": [1, 2], \"query\": [1, 2], \"expect\": [3]}",
		     "is not JSON at byte 25: duplicate object key near "
		     "'\"query\"'");
	line_refused("7", "the line is 7, expected an object");
	line_refused("[1, 2]", "the line is [1,2], expected an object");
}

Test(golden_set, refuses_members_that_are_wrong)
{
	line_refused("{\"expect\": [3]}", "has no \"query\"");
	line_refused("{\"query\": [1, 2]}", "has no \"expect\"");
	line_refused("{\"query\": \"x\", \"expect\": [3]}",
		     "query is \"x\", expected an array");
	line_refused("{\"query\": [1, 2], \"expect\": 3}",
		     "expect is 3, expected an array");
	line_refused("{\"query\": [], \"expect\": [3]}",
		     "query of 0 components, expected 1 to 65536");
	line_refused("{\"query\": [1, 2, 3], \"expect\": [3]}",
		     "query of 3 components, line 1 has 2");
	line_refused("{\"query\": [1, \"2\"], \"expect\": [3]}",
		     "component 1 of query is \"2\", expected a number");
	line_refused("{\"query\": [1, 2], \"expect\": []}",
		     "expect is [], expected ids");
	line_refused("{\"query\": [1, 2], \"expect\": [4, 3, 4]}",
		     "id 4 is expected twice");
	line_refused("{\"query\": [1, 2], \"expect\": [4, -3]}",
		     "id 1 of expect is -3, expected a whole number from 0");
	line_refused("{\"query\": [1, 2], \"expect\": [4.0]}",
		     "id 0 of expect is 4.0, expected a whole number from 0");
	line_refused("{\"query\": [1, 2], \"expect\": [3], \"note\": 1}",
		     "note is 1, expected a string");
}

Test(golden_set, says_which_number_is_too_great)
{
	line_refused(
		"{\"query\": [1, 2], \"expect\": [3, 9223372036854775808]}",
		"9223372036854775808 is beyond what is read: integers to "
		"9223372036854775807, reals to 1.8e308");
	line_refused("{\"query\": [1, -1e999], \"expect\": [3]}",
		     "-1e999 is beyond what is read: integers to "
		     "9223372036854775807, reals to 1.8e308");
	files_put_text("a.jsonl", "{\"query\": [1e39], \"expect\": [3]}");
	refused(VSX_ENUMERIC, "a.jsonl: line 1: component 0 of query is "
			      "1e39, expected a number that f32 holds");
}

Test(golden_set, refuses_a_file_without_queries)
{
	files_put_text("a.jsonl", "\n \n");
	refused(VSX_EINVAL, "a.jsonl: holds no queries");
	files_put_text("a.jsonl", "");
	refused(VSX_EINVAL, "a.jsonl: is empty");
	cr_expect_eq(golden_load(&g, "b.jsonl", &err), VSX_EINVAL);
	cr_expect_eq(golden_load(&g, "-", &err), VSX_EINVAL);
}

Test(golden_set, refuses_a_file_that_is_something_else)
{
	files_put_text("a.jsonl", "<!doctype html><html></html>");
	cr_expect_eq(golden_load(&g, "a.jsonl", &err), VSX_EINVAL);
	cr_expect(strstr(err.text, "a.jsonl: is") && strstr(err.text, "HTML"),
		  "%s", err.text);
}

Test(golden_set, refuses_a_line_without_an_end)
{
	size_t n = GOLDEN_MAX_LINE + (1 << 20);
	char *file = malloc(n);

	memset(file, ' ', n);
	files_put("a.jsonl", file, n);
	refused(VSX_EINVAL,
		"a.jsonl: line 1: more than 4194304 bytes, the maximum");
	free(file);
}

Test(golden_set, keeps_messages_on_one_printable_line)
{
	line_refused("{\"query\": [1, 2], \"expect\": "
		     "\"\\u001b[2J\\n0123456789012345678901234567890\"}",
		     "expect is \"\\u001B[2J\\n0123456789012345678901234..., "
		     "expected an array");
}
