#include "verify/junit.h"

#include "cli/fail.h"
#include "cli/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* There is one report in a program. */
static FILE *to;
static char name[TOOL_NAME_BYTES];

enum vsx_status junit_open(const char *path, struct vsx_error *err)
{
	tool_name(name, path);
	to = fopen(path, "we");
	if (!to)
		return tool_fail_errno(err, "%s: cannot write", name);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", to);
	return VSX_OK;
}

/* U+FFFE and U+FFFF are well-formed UTF-8, but no characters of XML. */
static bool is_no_character(const char *s, size_t len)
{
	return len == 3 && memcmp(s, "\xef\xbf", 2) == 0 &&
	       ((unsigned char)s[2] & 0xfe) == 0xbe;
}

/* As the value of an attribute; control characters are left out. */
static void put(const char *s)
{
	size_t left = strlen(s), len;

	for (; left > 0; s += len, left -= len) {
		unsigned char c = (unsigned char)*s;

		len = utf8_len(s, left);
		if (len == 0 || is_no_character(s, len)) {
			fputs("&#xFFFD;", to);
			len = len ? len : 1;
		} else if (c == '&' || c == '<' || c == '>' || c == '"' ||
			   c == '\'') {
			fprintf(to, "&#%d;", c);
		} else if (c >= 0x20 && c != 0x7f) {
			fwrite(s, 1, len, to);
		}
	}
}

static void put_message(const char *element, const char *text)
{
	fprintf(to, "<%s message=\"", element);
	put(text);
	fputs("\"/>", to);
}

static void put_case(const char *index, const struct check *check)
{
	fputs("    <testcase classname=\"", to);
	put(index);
	fprintf(to, "\" name=\"%s\">", check->name);
	if (check->verdict == CHECK_FAILS)
		put_message("failure", check->reason);
	else if (check->verdict == CHECK_NOT_RUN ||
		 check->verdict == CHECK_ALLOWED)
		put_message("skipped", check->reason);
	fputs("</testcase>\n", to);
}

static void put_error(const char *index, const char *error)
{
	fputs("    <testcase classname=\"", to);
	put(index);
	fputs("\" name=\"check\">", to);
	put_message("error", error);
	fputs("</testcase>\n", to);
}

void junit_suite(const char *index, const struct checks *c, double seconds,
		 const char *error)
{
	size_t skipped = 0;

	if (!to)
		return;
	for (size_t i = 0; i < c->n; i++)
		skipped += c->items[i].verdict == CHECK_NOT_RUN ||
			   c->items[i].verdict == CHECK_ALLOWED;
	fputs("  <testsuite name=\"", to);
	put(index);
	fprintf(to,
		"\" tests=\"%zu\" failures=\"%zu\" errors=\"%d\" "
		"skipped=\"%zu\" time=\"%.3f\">\n",
		c->n + (error != NULL), checks_failed(c), error != NULL,
		skipped, seconds);
	for (size_t i = 0; i < c->n; i++)
		put_case(index, &c->items[i]);
	if (error)
		put_error(index, error);
	fputs("  </testsuite>\n", to);
}

enum vsx_status junit_close(struct vsx_error *err)
{
	bool failed;

	if (!to)
		return VSX_OK;
	fputs("</testsuites>\n", to);
	failed = ferror(to) != 0;
	if (fclose(to) != 0)
		failed = true;
	to = NULL;
	return failed ? tool_fail_errno(err, "%s: cannot write", name) : VSX_OK;
}
