#include "fuzz/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void must(bool holds, const char *rule)
{
	if (holds)
		return;
	fprintf(stderr, "broken: %s\n", rule);
	abort();
}

void must_tell(const struct vsx_error *err, enum vsx_status status)
{
	size_t len = strnlen(err->text, sizeof(err->text));

	must(err->status == status, "the error has the status returned");
	must(len > 0 && len < sizeof(err->text), "the error has a text");
	must(!strpbrk(err->text, "\n\r\x1b"), "the text is one line");
}

void must_write(int fd, const uint8_t *data, size_t size)
{
	must(ftruncate(fd, 0) == 0 &&
		     pwrite(fd, data, size, 0) == (ssize_t)size,
	     "a file can be written");
}
