#include "query/shown.h"

#include "cli/fail.h"
#include "cli/utf8.h"

#include <stdlib.h>
#include <string.h>

static void forget(struct shown *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free((void *)(uintptr_t)s->key[i].at);
		free((void *)(uintptr_t)s->payloads[i].at);
		s->key[i] = s->payloads[i] = (struct vsx_bytes){NULL, 0};
	}
	s->n = 0;
}

static enum vsx_status make_room(struct shown *s, size_t n,
				 struct vsx_error *err)
{
	if (n <= s->cap)
		return VSX_OK;
	free(s->key);
	free(s->payloads);
	s->cap = 0;
	s->key = calloc(n, sizeof(*s->key));
	s->payloads = calloc(n, sizeof(*s->payloads));
	if (!s->key || !s->payloads)
		return tool_fail_memory(err, 2 * n * sizeof(*s->key));
	s->cap = n;
	return VSX_OK;
}

static bool keep(struct vsx_bytes *to, const void *from, size_t n)
{
	void *copy = n ? malloc(n) : NULL;

	if (n && !copy)
		return false;
	if (n)
		memcpy(copy, from, n);
	*to = (struct vsx_bytes){copy, n};
	return true;
}

static int take_payload(void *context, size_t i,
			const struct vsx_bytes *payload)
{
	struct shown *s = context;

	return !keep(&s->payloads[i], payload->at, payload->n);
}

static enum vsx_status fetch_keys(struct shown *s, const uint64_t *ids,
				  size_t n, struct vsx_error *err)
{
	char key[VSX_MAX_KEY];

	for (size_t i = 0; i < n; i++) {
		size_t bytes;
		enum vsx_status status =
			vsx_key(s->index, ids[i], key, &bytes, err);

		if (status != VSX_OK)
			return status;
		if (!keep(&s->key[i], key, bytes))
			return tool_fail_memory(err, bytes);
	}
	return VSX_OK;
}

enum vsx_status shown_fetch(struct shown *s, const struct vsx_hit *hits,
			    size_t n, struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	uint64_t *ids;

	if (!s->keys && !s->payload)
		return VSX_OK;
	forget(s);
	status = make_room(s, n, err);
	if (status != VSX_OK || n == 0)
		return status;
	ids = calloc(n, sizeof(*ids));
	if (!ids)
		return tool_fail_memory(err, n * sizeof(*ids));
	s->n = n;
	for (size_t i = 0; i < n; i++)
		ids[i] = hits[i].id;
	if (s->keys)
		status = fetch_keys(s, ids, n, err);
	if (status == VSX_OK && s->payload)
		status = vsx_payloads(s->index, ids, n, take_payload, s, err);
	free(ids);
	return status;
}

char *shown_text(const struct vsx_bytes *bytes, size_t most)
{
	bool cut = most && bytes->n > most;
	size_t n = cut ? most : bytes->n;
	char *text = malloc(n + 4);

	if (!text)
		return NULL;
	if (n)
		memcpy(text, bytes->at, n);
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = '?';
	/* Not in the middle of a character. */
	while (cut && n > 0 && (((const uint8_t *)bytes->at)[n] & 0xc0) == 0x80)
		n--;
	strcpy(text + n, cut ? "..." : "");
	utf8_clean(text);
	return text;
}

void shown_release(struct shown *s)
{
	forget(s);
	free(s->key);
	free(s->payloads);
}
