#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "write/repair.h"
#include "plural.h"

typedef unsigned long long ull;

/* Write the range of ids at hand behind the others, if there is room. */
static void end_range(struct vsx_lost *l)
{
	char text[48];
	int n;

	if (!l->has_range)
		return;
	l->has_range = false;
	if (l->id_first == l->id_last)
		n = snprintf(text, sizeof(text), "%s%llu", l->used ? ", " : "",
			     (ull)l->id_first);
	else
		n = snprintf(text, sizeof(text), "%s%llu to %llu",
			     l->used ? ", " : "", (ull)l->id_first,
			     (ull)l->id_last);
	memcpy(l->ids + l->used, text, (size_t)n + 1);
	l->used += (size_t)n;
	/* The range that begins now must fit as well. */
	l->cut = l->used + 2 * sizeof(text) > sizeof(l->ids);
}

void vsx_lost_flush(struct vsx_lost *l)
{
	char text[VSX_ERROR_TEXT];
	uint64_t n = l->next - l->first;

	end_range(l);
	if (n == 0)
		return;
	snprintf(text, sizeof(text), "%s%llu row%s%s%s, id%s %s: %.200s",
		 l->without ? "" : "lost ", (ull)n, vsx_s(n),
		 l->without ? " without " : "", l->without ? l->without : "",
		 vsx_s(n), l->used ? l->ids : "not known", l->reason);
	l->note(l->context, text);
	l->first = l->next = 0;
	l->used = 0;
	l->cut = false;
}

static void take_id(struct vsx_lost *l, uint64_t id)
{
	if (l->has_range && id == l->id_last + 1) {
		l->id_last = id;
		return;
	}
	end_range(l);
	l->id_first = l->id_last = id;
	l->has_range = true;
}

void vsx_lost_row(struct vsx_lost *l, uint64_t row, const uint64_t *id,
		  const char *reason)
{
	bool had_ids = l->used || l->has_range;

	/* All of a run have ids or none, and no id is left out. */
	if (l->next != l->first && (row != l->next || had_ids != (id != NULL) ||
				    l->cut || strcmp(reason, l->reason) != 0))
		vsx_lost_flush(l);
	if (l->next == l->first) {
		l->first = row;
		snprintf(l->reason, sizeof(l->reason), "%s", reason);
	}
	l->next = row + 1;
	l->n++;
	if (id)
		take_id(l, *id);
}
