#include "export/text.h"

#include "cli/fail.h"
#include "cli/interrupt.h"

#include <string.h>

struct handing_over {
	struct export *e;
	const uint64_t *ids;
	export_put *put;
	struct vsx_error *err;
	enum vsx_status status; /* why it stopped */
};

/* Payloads are decoded once for rows that lie beside each other. */
static int take(void *context, size_t i, const struct vsx_bytes *payload)
{
	struct handing_over *h = context;
	struct export *e = h->e;
	char key[VSX_MAX_KEY];
	struct export_row row = {.id = h->ids[i],
				 .key = key,
				 .vector = e->vector,
				 .payload = payload};

	h->status = vsx_get(e->index, row.id, e->vector, h->err);
	if (h->status == VSX_OK && e->facts.has_keys)
		h->status = vsx_key(e->index, row.id, key, &row.n_key, h->err);
	if (h->status == VSX_OK)
		h->status = h->put(e, &row, h->err);
	return h->status != VSX_OK || interrupted();
}

enum vsx_status export_each(struct export *e, const uint64_t *ids, size_t n,
			    export_put *put, struct vsx_error *err)
{
	struct handing_over h = {e, ids, put, err, VSX_OK};
	struct vsx_error why;
	enum vsx_status status = vsx_payloads(e->index, ids, n, take, &h, &why);

	if (h.status != VSX_OK)
		return h.status;
	if (status == VSX_ESTOPPED)
		return tool_fail(err, VSX_ESTOPPED, "interrupted");
	if (status != VSX_OK && err)
		*err = why;
	return status;
}

bool export_is_taken(const char *name)
{
	static const char *const taken[] = {
		"id",	   "key",     "vector",	  "embedding",	  "text",
		"payload", "content", "document", "page_content", "metadata"};

	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		if (strcmp(taken[i], name) == 0)
			return true;
	return false;
}
