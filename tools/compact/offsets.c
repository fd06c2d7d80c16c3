#include "compact/offsets.h"

#include "cli/fail.h"
#include "cli/plural.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The number at *at, which is moved behind it and a comma. */
static bool next_number(const char **at, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*number = strtoull(*at, &end, 10);
	if (errno || (*end && *end != ',') || (*end && !end[1]))
		return false;
	*at = *end ? end + 1 : end;
	return true;
}

static size_t count_numbers(const char *text)
{
	size_t n = 1;

	for (; *text; text++)
		n += *text == ',';
	return n;
}

static enum vsx_status spread(uint64_t *offsets, size_t n,
			      struct vsx_error *err)
{
	uint64_t step = offsets[0];

	for (size_t i = 0; i < n; i++)
		if (__builtin_mul_overflow(step, (uint64_t)i, &offsets[i]))
			return tool_fail(err, VSX_EINVAL,
					 "--id-offset %" PRIu64
					 " is too large for %zu indexes",
					 step, n);
	return VSX_OK;
}

enum vsx_status offsets_read(uint64_t **out, const char *text, size_t n,
			     struct vsx_error *err)
{
	size_t given = text ? count_numbers(text) : 0;
	enum vsx_status status = VSX_OK;
	const char *at = text;
	uint64_t *offsets;

	*out = NULL;
	if (!text)
		return VSX_OK;
	if (given != n && given != 1)
		return tool_fail(err, VSX_EINVAL,
				 "--id-offset has %zu number%s for %zu index%s",
				 given, plural_s(given), n, n == 1 ? "" : "es");
	offsets = calloc(n, sizeof(*offsets));
	if (!offsets)
		return tool_fail_memory(err, n * sizeof(*offsets));
	for (size_t i = 0; i < given && status == VSX_OK; i++)
		if (!next_number(&at, &offsets[i]))
			status = tool_fail(err, VSX_EINVAL,
					   "--id-offset '%.200s': expected "
					   "numbers, with commas between them",
					   text);
	if (status == VSX_OK && given < n)
		status = spread(offsets, n, err);
	if (status != VSX_OK) {
		free(offsets);
		return status;
	}
	*out = offsets;
	return VSX_OK;
}
