#include "input/texts.h"

#include "cli/fail.h"

#include <stdlib.h>
#include <string.h>

void texts_release(struct texts *t)
{
	free(t->bytes);
	free(t->items);
	memset(t, 0, sizeof(*t));
}

void texts_clear(struct texts *t)
{
	t->used = t->n = 0;
	t->any = false;
}

enum vsx_status texts_add(struct texts *t, const void *bytes, size_t n,
			  struct vsx_error *err)
{
	if (t->n == t->items_room) {
		size_t room = 2 * t->items_room + 64;
		struct vsx_bytes *more =
			reallocarray(t->items, room, sizeof(*more));

		if (!more)
			return tool_fail_memory(err, room * sizeof(*more));
		t->items = more;
		t->items_room = room;
	}
	if (n > t->room - t->used) {
		size_t room = 2 * t->room + n;
		uint8_t *more = realloc(t->bytes, room);

		if (!more)
			return tool_fail_memory(err, room);
		t->bytes = more;
		t->room = room;
	}
	if (n)
		memcpy(t->bytes + t->used, bytes, n);
	t->items[t->n++].n = n;
	t->used += n;
	t->any |= n > 0;
	return VSX_OK;
}

const struct vsx_bytes *texts_items(struct texts *t)
{
	size_t at = 0;

	if (!t->any)
		return NULL;
	for (size_t i = 0; i < t->n; i++) {
		t->items[i].at = t->bytes + at;
		at += t->items[i].n;
	}
	return t->items;
}
