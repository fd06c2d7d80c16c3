#include "input/ids_text.h"

#include "cli/array.h"
#include "input/sniff.h"

#include <inttypes.h>
#include <stdlib.h>

#define CHUNK_BYTES ((size_t)64 << 10)
#define LINE_BYTES  40 /* of a line are kept: 20 digits and then some */

struct list {
	uint64_t *ids;
	size_t n;
	char line[LINE_BYTES];
	size_t len; /* of the whole line, also past what is kept */
};

static bool to_number(const char *text, size_t len, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned)(text[i] - '0');

		if (digit > 9 || *value > (UINT64_MAX - digit) / 10)
			return false;
		*value = *value * 10 + digit;
	}
	return len > 0;
}

static enum vsx_status add(struct list *list, uint64_t id,
			   struct vsx_error *err)
{
	uint64_t *more = array_one_more(list->ids, list->n, sizeof(*more));

	if (!more)
		return tool_fail_memory(err, (list->n + 1) * sizeof(*more));
	list->ids = more;
	list->ids[list->n++] = id;
	return VSX_OK;
}

static enum vsx_status end_line(struct list *list, const struct source *source,
				struct vsx_error *err)
{
	size_t len = list->len < LINE_BYTES ? list->len : LINE_BYTES;
	uint64_t id;

	if (list->len <= LINE_BYTES && len > 0 && list->line[len - 1] == '\r')
		len--;
	if (list->len <= LINE_BYTES && to_number(list->line, len, &id)) {
		list->len = 0;
		return add(list, id, err);
	}
	if (len == 0)
		return tool_fail(err, VSX_EINVAL,
				 "%s: line %zu is empty, expected an id",
				 source->name, list->n + 1);
	return tool_fail(err, VSX_EINVAL,
			 "%s: line %zu: '%.*s%s' is not an id, a number from 0 "
			 "to %" PRIu64,
			 source->name, list->n + 1, (int)len, list->line,
			 list->len > LINE_BYTES ? "..." : "", UINT64_MAX);
}

static enum vsx_status read_lines(struct list *list, struct source *source,
				  char *chunk, struct vsx_error *err)
{
	enum vsx_status status;
	size_t got;

	do {
		status = source_read(source, chunk, CHUNK_BYTES, &got, err);
		for (size_t i = 0; i < got && status == VSX_OK; i++) {
			if (chunk[i] == '\n') {
				status = end_line(list, source, err);
				continue;
			}
			if (list->len < LINE_BYTES)
				list->line[list->len] = chunk[i];
			list->len++;
		}
	} while (status == VSX_OK && got == CHUNK_BYTES);
	if (status == VSX_OK && list->len > 0)
		status = end_line(list, source, err);
	return status;
}

enum vsx_status ids_text(struct source *source, const uint8_t *head, size_t len,
			 uint64_t **ids, uint64_t *n, struct vsx_error *err)
{
	struct list list = {0};
	enum vsx_status status;
	const char *is;
	size_t skipped;
	char *chunk;

	status = source_skip_bom(source, &skipped, err);
	if (status != VSX_OK)
		return status;
	/* Nothing that sniff() knows starts with a digit. */
	is = sniff(head + skipped, len - skipped);
	if (is)
		return tool_fail(err, VSX_EINVAL, "%s: is %s", source->name,
				 is);
	chunk = malloc(CHUNK_BYTES);
	if (!chunk)
		return tool_fail_memory(err, CHUNK_BYTES);
	status = read_lines(&list, source, chunk, err);
	free(chunk);
	if (status == VSX_OK && list.n == 0)
		status = tool_fail(err, VSX_EINVAL, "%s: is empty",
				   source->name);
	if (status != VSX_OK) {
		free(list.ids);
		return status;
	}
	*ids = list.ids;
	*n = list.n;
	return VSX_OK;
}
