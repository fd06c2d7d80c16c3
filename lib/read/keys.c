/* Rows by key, and what they have beside their vectors. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "plural.h"
#include "read/handle.h"
#include "segment/ids.h"
#include "segment/keys.h"

bool vsx_index_has(const struct vsx *index, enum vsx_attachment a)
{
	for (uint32_t i = 0; i < index->manifest.n_segments; i++)
		if (vsx_attached_present(&index->segments[i], a))
			return true;
	return false;
}

static enum vsx_status end(const struct vsx *index, enum vsx_status status,
			   const struct vsx_error *why, struct vsx_error *err)
{
	if (status != VSX_OK)
		vsx_with_path(index, status, why, err);
	return vsx_settle(index, status, err);
}

/* Newest segment first. */
static enum vsx_status find(const struct vsx *index,
			    const struct vsx_bytes *key, uint64_t *id,
			    struct vsx_error *err)
{
	char text[VSX_KEY_TEXT];

	if (!key->at || key->n == 0 || key->n > VSX_MAX_KEY)
		return vsx_fail(err, VSX_EINVAL,
				"a key of %zu byte%s, expected 1 to %u", key->n,
				vsx_s(key->n), VSX_MAX_KEY);
	for (uint32_t i = index->manifest.n_segments; i-- > 0;) {
		const struct vsx_segment *seg = &index->segments[i];
		enum vsx_status status;
		uint32_t row;

		status = vsx_keys_find_live(seg, key, &row, err);
		if (status == VSX_OK)
			return vsx_ids_of(seg, row, id, err);
		if (status != VSX_ENOTFOUND)
			return status;
	}
	if (!vsx_index_has(index, VSX_ATT_KEY))
		return vsx_fail(err, VSX_ENOTFOUND, "no row has a key");
	vsx_key_text(text, key);
	return vsx_fail(err, VSX_ENOTFOUND, "no row has the key '%s'", text);
}

enum vsx_status vsx_find(const struct vsx *index, const void *key, size_t n,
			 uint64_t *id, struct vsx_error *err)
{
	struct vsx_bytes bytes = {key, n};
	struct vsx_error why = {0};
	uint64_t found;
	enum vsx_status status = find(index, &bytes, &found, &why);

	status = end(index, status, &why, err);
	if (status == VSX_OK)
		*id = found;
	return status;
}

/* What of one attachment the row with an id has. */
struct wanted {
	enum vsx_attachment which;
	struct vsx_attached_reader reader; /* of the segment that it is in */
	struct vsx_bytes bytes;
};

/* The reader stays as long as the segment does, with the block at hand. */
static enum vsx_status get(const struct vsx *index, uint64_t id,
			   struct wanted *w, struct vsx_error *err)
{
	const struct vsx_segment *seg;
	uint32_t row;

	VSX_TRY(vsx_find_row(index, id, &seg, &row, err));
	if (w->reader.seg != seg) {
		vsx_attached_release(&w->reader);
		vsx_attached_begin(&w->reader, seg);
	}
	return vsx_attached_get(&w->reader, w->which, row, &w->bytes, err);
}

/* Into room that a caller has, if it is enough. */
static enum vsx_status get_one(const struct vsx *index, uint64_t id,
			       enum vsx_attachment which, void *to, size_t room,
			       size_t *n, struct vsx_error *err)
{
	struct wanted w = {.which = which};
	struct vsx_error why = {0};
	enum vsx_status status = get(index, id, &w, &why);

	/* Before anything is written: bytes may have been lost. */
	status = end(index, status, &why, err);
	if (status == VSX_OK && w.bytes.n && w.bytes.n <= room)
		memcpy(to, w.bytes.at, w.bytes.n);
	if (status == VSX_OK)
		*n = w.bytes.n;
	vsx_attached_release(&w.reader);
	return status;
}

enum vsx_status vsx_key(const struct vsx *index, uint64_t id, void *key,
			size_t *n, struct vsx_error *err)
{
	return get_one(index, id, VSX_ATT_KEY, key, VSX_MAX_KEY, n, err);
}

enum vsx_status vsx_payload(const struct vsx *index, uint64_t id, void *payload,
			    size_t room, size_t *n, struct vsx_error *err)
{
	return get_one(index, id, VSX_ATT_PAYLOAD, payload, room, n, err);
}

static enum vsx_status report_all(const struct vsx *index, const uint64_t *ids,
				  size_t n, struct wanted *w,
				  vsx_payload_report *report, void *context,
				  struct vsx_error *err)
{
	for (size_t i = 0; i < n; i++) {
		VSX_TRY(get(index, ids[i], w, err));
		VSX_TRY(vsx_settle(index, VSX_OK, err));
		if (report(context, i, &w->bytes))
			return vsx_fail(err, VSX_ESTOPPED,
					"payload %zu of %zu: stopped", i, n);
	}
	return VSX_OK;
}

enum vsx_status vsx_payloads(const struct vsx *index, const uint64_t *ids,
			     size_t n, vsx_payload_report *report,
			     void *context, struct vsx_error *err)
{
	struct wanted w = {.which = VSX_ATT_PAYLOAD};
	struct vsx_error why = {0};
	enum vsx_status status = VSX_OK;

	for (size_t i = 0; status == VSX_OK && i < n; i++) {
		const struct vsx_segment *seg;
		uint32_t row;

		status = vsx_find_row(index, ids[i], &seg, &row, &why);
	}
	if (status == VSX_OK)
		status = report_all(index, ids, n, &w, report, context, &why);
	vsx_attached_release(&w.reader);
	return end(index, status, &why, err);
}
