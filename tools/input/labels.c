#include "input/labels.h"

#include "input/sniff.h"
#include "input/source.h"

#include <stdlib.h>
#include <string.h>

/* Every byte of the file, and a NUL behind them. */
static enum vsx_status load(struct source *source, struct labels *labels,
			    size_t *len, struct vsx_error *err)
{
	*len = (size_t)source->size;
	labels->text = malloc(*len + 1);
	if (!labels->text)
		return tool_fail_memory(err, source->size + 1);
	labels->text[*len] = '\0';
	return source_need(source, labels->text, *len, err);
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

enum vsx_status input_labels(const char *path, struct labels *labels,
			     struct vsx_error *err)
{
	struct source source;
	enum vsx_status status;
	size_t len;

	memset(labels, 0, sizeof(*labels));
	if (strcmp(path, "-") == 0)
		return tool_fail(err, VSX_EINVAL,
				 "standard input: is no place for labels; name "
				 "a file");
	status = source_open(&source, path, err);
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
