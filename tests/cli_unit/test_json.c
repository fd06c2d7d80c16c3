#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"

static char *text;
static size_t len;
static FILE *to;

static void open_text(void)
{
	to = open_memstream(&text, &len);
	cr_assert(to != NULL);
}

static void is(const char *due)
{
	fclose(to);
	cr_assert_str_eq(text, due);
	free(text);
}

TestSuite(json, .init = open_text);

static void sample(bool pretty)
{
	struct json j;

	json_begin(&j, to, pretty);
	json_put_object(&j, NULL);
	json_put_u64(&j, "rows", 3);
	json_put_row(&j, "ids");
	json_put_u64(&j, NULL, 1);
	json_put_u64(&j, NULL, 2);
	json_close(&j);
	json_put_array(&j, "all");
	json_put_object(&j, NULL);
	json_put_bool(&j, "yes", true);
	json_put_null(&j, "none");
	json_close(&j);
	json_close(&j);
	json_put_array(&j, "empty");
	json_close(&j);
	json_close(&j);
	json_end(&j);
}

Test(json, writes_one_line)
{
	sample(false);
	is("{\"rows\":3,\"ids\":[1,2],\"all\":[{\"yes\":true,\"none\":null}],"
	   "\"empty\":[]}\n");
}

Test(json, writes_a_member_a_line)
{
	sample(true);
	is("{\n"
	   "  \"rows\": 3,\n"
	   "  \"ids\": [1, 2],\n"
	   "  \"all\": [\n"
	   "    {\n"
	   "      \"yes\": true,\n"
	   "      \"none\": null\n"
	   "    }\n"
	   "  ],\n"
	   "  \"empty\": []\n"
	   "}\n");
}

Test(json, keeps_all_bits_of_integers)
{
	struct json j;

	json_begin(&j, to, false);
	json_put_array(&j, NULL);
	json_put_u64(&j, NULL, UINT64_MAX);
	json_put_u64(&j, NULL, (1ull << 53) + 1);
	json_close(&j);
	json_end(&j);
	is("[18446744073709551615,9007199254740993]\n");
}

Test(json, writes_the_shortest_number_that_reads_back)
{
	struct json j;

	json_begin(&j, to, false);
	json_put_array(&j, NULL);
	json_put_float(&j, NULL, 0.1f);
	json_put_float(&j, NULL, FLT_MAX);
	json_put_float(&j, NULL, 16777216);
	json_put_float(&j, NULL, -0.0f);
	json_put_double(&j, NULL, 0.1);
	json_put_double(&j, NULL, 1.0 / 3);
	json_put_double(&j, NULL, DBL_MIN);
	json_close(&j);
	json_end(&j);
	is("[0.1,3.4028235e+38,16777216,-0,0.1,0.3333333333333333,"
	   "2.2250738585072014e-308]\n");
}

Test(json, reads_back_every_kind_of_float)
{
	uint32_t bits = 1;

	fclose(to);
	free(text);
	for (int i = 0; i < 20000; i++) {
		struct json j;
		float value;

		bits = bits * 1664525 + 1013904223;
		memcpy(&value, &bits, 4);
		if (!isfinite(value))
			continue;
		open_text();
		json_begin(&j, to, false);
		json_put_float(&j, NULL, value);
		fclose(to);
		cr_assert(strtof(text, NULL) == value, "%s", text);
		free(text);
	}
}

Test(json, writes_null_for_what_is_no_number)
{
	struct json j;

	json_begin(&j, to, false);
	json_put_array(&j, NULL);
	json_put_float(&j, NULL, NAN);
	json_put_double(&j, NULL, INFINITY);
	json_put_string(&j, NULL, NULL);
	json_close(&j);
	json_end(&j);
	is("[null,null,null]\n");
}

Test(json, escapes_text)
{
	struct json j;

	json_begin(&j, to, false);
	json_put_object(&j, NULL);
	json_put_string(&j, "a\"b\\c", "\b\t\n\v\f\r\x01\x1f\x7f/");
	json_put_bytes(&j, "nul", "a\0b", 3);
	json_put_string(&j, "utf8", "K\xc3\xb6 \xe2\x82\xac \xf0\x9f\x98\x80");
	json_close(&j);
	json_end(&j);
	is("{\"a\\\"b\\\\c\":\"\\b\\t\\n\\u000b\\f\\r\\u0001\\u001f\\u007f/\","
	   "\"nul\":\"a\\u0000b\","
	   "\"utf8\":\"K\xc3\xb6 \xe2\x82\xac \xf0\x9f\x98\x80\"}\n");
}

Test(json, replaces_what_is_no_utf8)
{
	/* Stray, cut, overlong, surrogate, past the end. */
	static const char *const bad[] = {
		"\x80",		"\xc3",		"\xc0\xaf",
		"\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
		"\xf8",		"\xe2\x82",	"\xff",
	};
	static const char replacement[] = "\xef\xbf\xbd";
	struct json j;

	fclose(to);
	free(text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char due[64] = "\"";
		char value[16];

		for (size_t n = 0; n < strlen(bad[i]); n++)
			strcat(due, replacement);
		strcat(due, "x\"");
		open_text();
		json_begin(&j, to, false);
		snprintf(value, sizeof(value), "%sx", bad[i]);
		json_put_string(&j, NULL, value);
		is(due);
	}
}

Test(json, has_bytes_of_any_kind)
{
	struct json j;

	json_begin(&j, to, false);
	json_put_object(&j, NULL);
	json_put_data(&j, "a", "K\303\266\0", 4);
	json_put_data(&j, "b", "", 0);
	json_put_data(&j, "c", "\377", 1);
	json_put_data(&j, "d", "\303", 1); /* half a character */
	json_put_data(&j, "e", "\377\376", 2);
	json_put_data(&j, "f", "\377\376\0", 3);
	json_put_data(&j, "g", "\355\240\200>?", 5); /* a surrogate */
	json_close(&j);
	is("{\"a\":\"K\303\266\\u0000\",\"b\":\"\",\"c_base64\":\"/w==\","
	   "\"d_base64\":\"ww==\",\"e_base64\":\"//4=\","
	   "\"f_base64\":\"//4A\",\"g_base64\":\"7aCAPj8=\"}");
}

Test(json, tells_reals_from_whole_numbers)
{
	struct json j;

	json_begin(&j, to, false);
	json_put_row(&j, NULL);
	json_put_real(&j, NULL, 2);
	json_put_real(&j, NULL, -0.0);
	json_put_real(&j, NULL, 1e300);
	json_put_real(&j, NULL, 0.1);
	json_put_real(&j, NULL, NAN);
	json_put_i64(&j, NULL, INT64_MIN);
	json_close(&j);
	is("[2.0,-0.0,1e+300,0.1,null,-9223372036854775808]");
}
