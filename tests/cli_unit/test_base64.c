#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "cli/base64.h"

static void is(const char *text, const char *due, size_t n)
{
	uint8_t to[64];
	size_t got;

	cr_assert(base64_decode(to, &got, text, strlen(text)), "%s", text);
	cr_assert_eq(got, n, "%s: %zu", text, got);
	cr_assert(memcmp(to, due, n) == 0, "%s", text);
}

Test(base64, is_decoded_with_padding_and_without)
{
	is("", "", 0);
	is("Zg==", "f", 1);
	is("Zg", "f", 1);
	is("Zm8=", "fo", 2);
	is("Zm8", "fo", 2);
	is("Zm9vYmFy", "foobar", 6);
	is("+/+/", "\xfb\xff\xbf", 3);
	is("+\\/+\\/", "\xfb\xff\xbf", 3);
}

Test(base64, of_other_forms_is_none)
{
	static const char *const none[] = {
		"A", "Zg=",   "Zh==",  "Zm9=", "Zg==Zg==", "Z=g=",  "====",
		"=", "Zm9v=", "Zm9\n", "Zm-_", "Z g=",	   "Zm9vY",
	};

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		uint8_t to[64];
		size_t got;

		cr_assert_not(base64_decode(to, &got, none[i], strlen(none[i])),
			      "%s", none[i]);
	}
}

Test(base64, that_is_written_is_decoded)
{
	uint8_t bytes[200], to[sizeof(bytes) + 3];

	for (size_t n = 0; n < sizeof(bytes); n++) {
		char *text;
		size_t len, got;
		FILE *f = open_memstream(&text, &len);

		bytes[n] = (uint8_t)(n * 37);
		base64_write(f, bytes, n);
		fclose(f);
		cr_assert(base64_room(len) <= sizeof(to) + 3);
		cr_assert(base64_decode(to, &got, text, len));
		cr_assert_eq(got, n);
		cr_assert(memcmp(to, bytes, n) == 0);
		free(text);
	}
}
