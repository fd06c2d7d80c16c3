#include "input/labels.h"

#include "input/sniff.h"
#include "input/source.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)1 << 20)

/* A file's length is known; of a pipe nobody knows how much is to come. */
static enum vsx_status load_stream(struct source *source, struct labels *labels,
				   size_t *len, struct vsx_error *err)
{
	size_t room = 0, got;
	enum vsx_status status;

	*len = 0;
	do {
		char *more = labels->text;

		if (room - *len <= CHUNK_BYTES) {
			room = 2 * room + 2 * CHUNK_BYTES;
			more = realloc(labels->text, room);
		}
		if (!more)
			return tool_fail_memory(err, room);
		labels->text = more;
		status = source_read(source, labels->text + *len, CHUNK_BYTES,
				     &got, err);
		*len += got;
	} while (status == VSX_OK && got == CHUNK_BYTES);
	return status;
}

/* Every byte of the text, and a NUL behind them. */
static enum vsx_status load(struct source *source, struct labels *labels,
			    size_t *len, struct vsx_error *err)
{
	enum vsx_status status;
	size_t skipped;

	status = source_skip_bom(source, &skipped, err);
	if (status != VSX_OK)
		return status;
	if (source->stream) {
		status = load_stream(source, labels, len, err);
	} else {
		*len = (size_t)source->size - skipped;
		labels->text = malloc(*len + 1);
		if (!labels->text)
			return tool_fail_memory(err, source->size + 1);
		status = source_need(source, labels->text, *len, err);
	}
	if (status != VSX_OK)
		return status;
	if (*len == 0)
		return tool_fail(err, VSX_EINVAL, "%s: is empty", source->name);
	labels->text[*len] = '\0';
	return VSX_OK;
}

static enum vsx_status check_text(const struct source *source, const char *text,
				  size_t len, struct vsx_error *err)
{
	const char *nul = memchr(text, '\0', len);
	const char *is = NULL;

	/* A label may well begin like some magic; only real ones go on so. */
	if (nul || strncmp(text, "version https://git-lfs", 23) == 0)
		is = sniff((const uint8_t *)text, len);
	if (is)
		return tool_fail(err, VSX_EINVAL, "%s: is %s", source->name,
				 is);
	if (nul)
		return tool_fail(err, VSX_EINVAL,
				 "%s: byte %zu is NUL, expected text",
				 source->name, (size_t)(nul - text));
	return VSX_OK;
}

/* Cut the text into lines and note where each starts. */
static enum vsx_status split(struct labels *labels, size_t len,
			     struct vsx_error *err)
{
	char *at = labels->text, *end = labels->text + len;
	size_t n = 0;

	for (char *lf = at;
	     lf < end && (lf = memchr(lf, '\n', (size_t)(end - lf))); lf++)
		n++;
	n += end[-1] != '\n';
	labels->start = reallocarray(NULL, n, sizeof(*labels->start));
	if (!labels->start)
		return tool_fail_memory(err, n * sizeof(*labels->start));
	while (at < end) {
		char *lf = memchr(at, '\n', (size_t)(end - at));

		if (!lf)
			lf = end;
		labels->start[labels->n++] = (size_t)(at - labels->text);
		*lf = '\0';
		if (lf > at && lf[-1] == '\r')
			lf[-1] = '\0';
		at = lf + 1;
	}
	return VSX_OK;
}

enum vsx_status input_lines(const char *path, struct labels *labels,
			    struct vsx_error *err)
{
	struct source source;
	enum vsx_status status;
	size_t len;

	memset(labels, 0, sizeof(*labels));
	status = source_open_text(&source, path, err);
	if (status != VSX_OK)
		return status;
	status = load(&source, labels, &len, err);
	if (status == VSX_OK)
		status = check_text(&source, labels->text, len, err);
	if (status == VSX_OK)
		status = split(labels, len, err);
	source_close(&source);
	if (status != VSX_OK)
		labels_release(labels);
	return status;
}

enum vsx_status input_labels(const char *path, struct labels *labels,
			     struct vsx_error *err)
{
	if (strcmp(path, "-") != 0)
		return input_lines(path, labels, err);
	memset(labels, 0, sizeof(*labels));
	return tool_fail(err, VSX_EINVAL,
			 "standard input: cannot be used for labels; name a "
			 "file");
}

const char *labels_get(const struct labels *labels, uint64_t id)
{
	return id < labels->n ? labels->text + labels->start[id] : NULL;
}

void labels_release(struct labels *labels)
{
	free(labels->text);
	free(labels->start);
	memset(labels, 0, sizeof(*labels));
}
