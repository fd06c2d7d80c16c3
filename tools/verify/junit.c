#include "verify/junit.h"

#include "cli/outfile.h"
#include "cli/xml.h"

#include <stdio.h>

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

static void put_message(const char *element, const char *text)
{
	fprintf(file.to, "<%s message=\"", element);
	xml_put(file.to, text);
	fputs("\"/>", file.to);
}

static void put_case(const char *index, const struct check *check)
{
	fputs("    <testcase classname=\"", file.to);
	xml_put(file.to, index);
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
	xml_put(file.to, index);
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
	xml_put(file.to, index);
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
