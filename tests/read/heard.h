/* What a verification told, kept for a look. */
#ifndef HEARD_H
#define HEARD_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/where.h"
#include "vsx.h"

struct heard {
	char *findings; /* one line each */
	char *notices;
	size_t n_findings, n_notices, n_progress;
	size_t stop_after; /* events; 0: never */
	size_t n_events;
};

static inline void heard_append(char **to, const char *line)
{
	size_t n = *to ? strlen(*to) : 0;

	*to = realloc(*to, n + strlen(line) + 2);
	sprintf(*to + n, "%s\n", line);
}

static inline int hear(void *context, const struct vsx_verify_event *event)
{
	struct heard *h = context;

	switch (event->what) {
	case VSX_FINDING:
		h->n_findings++;
		heard_append(&h->findings, event->text);
		if (!support_where_agrees(event->text, &event->at))
			abort();
		break;
	case VSX_NOTICE:
		h->n_notices++;
		heard_append(&h->notices, event->text);
		break;
	case VSX_PROGRESS:
		h->n_progress++;
		break;
	}
	return h->stop_after && ++h->n_events >= h->stop_after;
}

static inline bool heard_has(const struct heard *h, const char *text)
{
	return (h->findings && strstr(h->findings, text)) ||
	       (h->notices && strstr(h->notices, text));
}

static inline void heard_reset(struct heard *h)
{
	free(h->findings);
	free(h->notices);
	memset(h, 0, sizeof(*h));
}

#endif
