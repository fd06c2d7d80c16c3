#include "verify/junit.h"

#include "cli/outfile.h"
#include "cli/utf8.h"

#include <stdio.h>
#include <string.h>

/* There is one report in a program. */
static struct outfile file;

enum vsx_status junit_open(const char *path, struct vsx_error *err)
{
	enum vsx_status status = outfile_open(&file, path, err);

	if (status == VSX_OK)
		fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		      "<testsuites>\n",
		      file.to);
	return status;
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
			fputs("&#xFFFD;", file.to);
			len = len ? len : 1;
		} else if (c == '&' || c == '<' || c == '>' || c == '"' ||
			   c == '\'') {
			fprintf(file.to, "&#%d;", c);
		} else if (c >= 0x20 && c != 0x7f) {
			fwrite(s, 1, len, file.to);
		}
	}
}

static void put_message(const char *element, const char *text)
{
	fprintf(file.to, "<%s message=\"", element);
	put(text);
	fputs("\"/>", file.to);
}

static void put_case(const char *index, const struct check *check)
{
	fputs("    <testcase classname=\"", file.to);
	put(index);
	fprintf(file.to, "\" name=\"%s\">", check->name);
	if (check->verdict == CHECK_FAILS)
		put_message("failure", check->reason);
	else if (check->verdict == CHECK_NOT_RUN ||
		 check->verdict == CHECK_ALLOWED)
		put_message("skipped", check->reason);
	fputs("</testcase>\n", file.to);
}

static void put_error(const char *index, const char *error)
{
	fputs("    <testcase classname=\"", file.to);
	put(index);
	fputs("\" name=\"check\">", file.to);
	put_message("error", error);
	fputs("</testcase>\n", file.to);
}

void junit_suite(const char *index, const struct checks *c, double seconds,
		 const char *error)
{
	size_t skipped = 0;

	if (!file.to)
		return;
	for (size_t i = 0; i < c->n; i++)
		skipped += c->items[i].verdict == CHECK_NOT_RUN ||
			   c->items[i].verdict == CHECK_ALLOWED;
	fputs("  <testsuite name=\"", file.to);
	put(index);
	fprintf(file.to,
		"\" tests=\"%zu\" failures=\"%zu\" errors=\"%d\" "
		"skipped=\"%zu\" time=\"%.3f\">\n",
		c->n + (error != NULL), checks_failed(c), error != NULL,
		skipped, seconds);
	for (size_t i = 0; i < c->n; i++)
		put_case(index, &c->items[i]);
	if (error)
		put_error(index, error);
	fputs("  </testsuite>\n", file.to);
}

enum vsx_status junit_close(struct vsx_error *err)
{
	if (!file.to)
		return VSX_OK;
	fputs("</testsuites>\n", file.to);
	return outfile_close(&file, err);
}
