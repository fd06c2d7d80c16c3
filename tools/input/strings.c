#include "input/strings.h"

#include "cli/fail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static enum vsx_status load(const char *path, struct strings *strings,
			    struct vsx_error *err)
{
	enum vsx_status status = input_lines(path, &strings->lines, err);

	if (status != VSX_OK)
		return status;
	strings->n = strings->lines.n;
	strings->items = calloc(strings->n + 1, sizeof(*strings->items));
	if (!strings->items)
		return tool_fail_memory(err,
					strings->n * sizeof(*strings->items));
	for (uint64_t i = 0; i < strings->n; i++) {
		const char *line = labels_get(&strings->lines, i);

		strings->items[i] = (struct vsx_bytes){line, strlen(line)};
	}
	return VSX_OK;
}

static enum vsx_status check(const char *path, const struct strings *strings,
			     size_t least, size_t most, const char *what,
			     struct vsx_error *err)
{
	char name[TOOL_NAME_BYTES];

	for (uint64_t i = 0; i < strings->n; i++) {
		size_t n = strings->items[i].n;

		if (n < least)
			return tool_fail(err, VSX_EINVAL,
					 "%s: line %" PRIu64 " is empty, "
					 "expected a %s",
					 tool_name(name, path), i + 1, what);
		if (n > most)
			return tool_fail(err, VSX_EINVAL,
					 "%s: line %" PRIu64 " has %zu bytes, "
					 "expected a %s of at most %zu",
					 tool_name(name, path), i + 1, n, what,
					 most);
	}
	return VSX_OK;
}

enum vsx_status input_keys(const char *path, struct strings *strings,
			   struct vsx_error *err)
{
	enum vsx_status status = load(path, strings, err);

	return status == VSX_OK
		       ? check(path, strings, 1, VSX_MAX_KEY, "key", err)
		       : status;
}

enum vsx_status input_payload(const char *path, struct strings *strings,
			      struct vsx_error *err)
{
	enum vsx_status status = load(path, strings, err);

	return status == VSX_OK ? check(path, strings, 0, VSX_MAX_PAYLOAD,
					"payload", err)
				: status;
}

void strings_release(struct strings *strings)
{
	labels_release(&strings->lines);
	free(strings->items);
	memset(strings, 0, sizeof(*strings));
}
