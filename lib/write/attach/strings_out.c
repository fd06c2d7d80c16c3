#include "write/attach/strings_out.h"

#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "disk.h"

/* Of a length at most. */
#define LENGTH_BYTES 4

/* One attachment on its way into its two sections. */
struct writing {
	const struct vsx_attached_out *out;
	enum vsx_attachment which;
	enum vsx_section_slot blocks, directory;
	uint32_t target; /* raw bytes after which a block ends */
	bool packs;
	struct vsx_bytes string[VSX_STRINGS_ROWS]; /* of the block at hand */
	uint32_t first, n;
	size_t raw_bytes;
	uint8_t *raw, *packed;
	size_t raw_cap, packed_cap;
	struct vsx_disk_strings *entry;
	size_t n_entries, entries_cap;
};

static const struct {
	enum vsx_section_slot blocks, directory;
	uint32_t target;
	bool packs;
} forms[VSX_N_ATT] = {
	[VSX_ATT_KEY] = {VSX_SEC_KEYS, VSX_SEC_KDIR, 4096, true},
	[VSX_ATT_PAYLOAD] = {VSX_SEC_PAYL, VSX_SEC_PDIR, 32768, false},
};

static uint32_t length_bytes(size_t n)
{
	return n < 1u << 7 ? 1 : n < 1u << 14 ? 2 : n < 1u << 21 ? 3 : 4;
}

static uint8_t *put_length(uint8_t *to, size_t n)
{
	for (; n >= 0x80; n >>= 7)
		*to++ = (uint8_t)(n | 0x80);
	*to++ = (uint8_t)n;
	return to;
}

/* ---- packing ----------------------------------------------------------- */

static int digit(uint8_t c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

/* Pairs of digits as bytes; false: it is something else. */
static bool pack_hex(uint8_t *to, const uint8_t *from, size_t n)
{
	if (n % 2)
		return false;
	for (size_t i = 0; i < n; i += 2) {
		int high = digit(from[i]), low = digit(from[i + 1]);

		if (high < 0 || low < 0)
			return false;
		*to++ = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool pack_uuid(uint8_t *to, const uint8_t *from, size_t n)
{
	static const uint8_t parts[] = {8, 4, 4, 4, 12};

	if (n != 36)
		return false;
	for (size_t i = 0; i < sizeof(parts); i++) {
		if (!pack_hex(to, from, parts[i]))
			return false;
		to += parts[i] / 2;
		from += parts[i];
		if (i + 1 < sizeof(parts) && *from++ != '-')
			return false;
	}
	return true;
}

/* Bytes of all strings as UUIDs; 0: not all of them are. */
static size_t pack_uuids(struct writing *w)
{
	for (uint32_t i = 0; i < w->n; i++)
		if (!pack_uuid(w->packed + (size_t)i * 16, w->string[i].at,
			       w->string[i].n))
			return 0;
	return (size_t)w->n * 16;
}

/* The same as digits, of which there are some. */
static size_t pack_digits(struct writing *w)
{
	uint8_t *to = w->packed;

	for (uint32_t i = 0; i < w->n; i++)
		to = put_length(to, w->string[i].n / 2);
	for (uint32_t i = 0; i < w->n; i++) {
		if (!pack_hex(to, w->string[i].at, w->string[i].n))
			return 0;
		to += w->string[i].n / 2;
	}
	return (size_t)(to - w->packed);
}

/* ---- blocks ------------------------------------------------------------ */

static void spell_out(struct writing *w)
{
	uint8_t *to = w->raw;

	for (uint32_t i = 0; i < w->n; i++)
		to = put_length(to, w->string[i].n);
	for (uint32_t i = 0; i < w->n; i++) {
		if (w->string[i].n)
			memcpy(to, w->string[i].at, w->string[i].n);
		to += w->string[i].n;
	}
}

static enum vsx_status put_block(struct writing *w, uint32_t form,
				 const uint8_t *bytes, size_t n,
				 size_t raw_bytes, struct vsx_error *err)
{
	struct vsx_disk_strings *e;

	VSX_TRY(vsx_grow(&w->entry, &w->entries_cap, w->n_entries + 1,
			 sizeof(*w->entry), err));
	e = &w->entry[w->n_entries++];
	memset(e, 0, sizeof(*e));
	vsx_put64(&e->offset, vsx_sink_bytes(w->out->sink));
	vsx_put32(&e->first_row, w->first);
	vsx_put32(&e->raw_bytes, (uint32_t)raw_bytes);
	vsx_put32(&e->form, form);
	w->first += w->n;
	w->n = 0;
	w->raw_bytes = 0;
	return vsx_sink_write(w->out->sink, bytes, n, err);
}

/* As short as one of the forms makes it. */
static enum vsx_status end_block(struct writing *w, struct vsx_error *err)
{
	size_t n = w->raw_bytes, packed;
	int shorter;

	if (w->n == 0)
		return VSX_OK;
	VSX_TRY(vsx_grow(&w->raw, &w->raw_cap, n, 1, err));
	VSX_TRY(vsx_grow(&w->packed, &w->packed_cap, n, 1, err));
	packed = w->packs ? pack_uuids(w) : 0;
	if (packed)
		return put_block(w, VSX_STRINGS_UUID, w->packed, packed, packed,
				 err);
	packed = w->packs ? pack_digits(w) : 0;
	if (packed && packed < n)
		return put_block(w, VSX_STRINGS_HEX, w->packed, packed, packed,
				 err);
	spell_out(w);
	shorter = LZ4_compress_default((const char *)w->raw, (char *)w->packed,
				       (int)n, (int)n - 1);
	return shorter > 0 ? put_block(w, VSX_STRINGS_LZ4, w->packed,
				       (size_t)shorter, n, err)
			   : put_block(w, VSX_STRINGS_PLAIN, w->raw, n, n, err);
}

static enum vsx_status write_blocks(struct writing *w, struct vsx_error *err)
{
	struct vsx_sink *sink = w->out->sink;

	VSX_TRY(vsx_sink_begin(sink, w->blocks, w->out->number, err));
	for (uint32_t row = 0; row < w->out->rows->n; row++) {
		struct vsx_bytes s =
			vsx_attached_out_get(w->out, w->which, row);

		w->string[w->n++] = s;
		w->raw_bytes += length_bytes(s.n) + s.n;
		if (w->raw_bytes >= w->target || w->n == VSX_STRINGS_ROWS)
			VSX_TRY(end_block(w, err));
	}
	VSX_TRY(end_block(w, err));
	return vsx_sink_end(sink, err);
}

static enum vsx_status write_directory(const struct writing *w,
				       struct vsx_error *err)
{
	struct vsx_sink *sink = w->out->sink;

	VSX_TRY(vsx_sink_begin(sink, w->directory, w->out->number, err));
	VSX_TRY(vsx_sink_write(sink, w->entry, w->n_entries * sizeof(*w->entry),
			       err));
	return vsx_sink_end(sink, err);
}

static enum vsx_status write_strings(const struct vsx_attached_out *o,
				     enum vsx_attachment a,
				     struct vsx_error *err)
{
	struct writing *w;
	enum vsx_status status;

	VSX_TRY(vsx_alloc_to(&w, 1, sizeof(*w), err));
	w->out = o;
	w->which = a;
	w->blocks = forms[a].blocks;
	w->directory = forms[a].directory;
	w->target = forms[a].target;
	w->packs = forms[a].packs;
	status = write_blocks(w, err);
	if (status == VSX_OK)
		status = write_directory(w, err);
	free(w->raw);
	free(w->packed);
	free(w->entry);
	free(w);
	return status;
}

/* ---- all of them ------------------------------------------------------- */

static bool is_there(const struct vsx_rows *rows, enum vsx_attachment a)
{
	for (uint32_t i = 0; rows->attached[a].at && i < rows->n; i++)
		if (rows->attached[a].at[i].n)
			return true;
	return false;
}

void vsx_attached_out_layout(const struct vsx_attached_out *o,
			     struct vsx_layout *layout)
{
	for (int a = 0; a < VSX_N_ATT; a++) {
		uint64_t n = o->rows->n, bytes = n * LENGTH_BYTES, blocks;

		if (!is_there(o->rows, (enum vsx_attachment)a))
			continue;
		for (uint32_t i = 0; i < n; i++)
			bytes += o->rows->attached[a].at[i].n;
		if (a == VSX_ATT_FIELDS) { /* about: records are longer */
			vsx_layout_add(layout, bytes);
			continue;
		}
		blocks = bytes / forms[a].target + n / VSX_STRINGS_ROWS + 1;
		vsx_layout_add(layout, bytes);
		vsx_layout_add(layout,
			       blocks * sizeof(struct vsx_disk_strings));
		if (a == VSX_ATT_KEY)
			vsx_layout_add(layout, vsx_key_table_bytes(o->rows));
	}
}

enum vsx_status vsx_attached_out_write(const struct vsx_attached_out *o,
				       struct vsx_error *err)
{
	for (int i = 0; i < VSX_N_ATT; i++) {
		enum vsx_attachment a = (enum vsx_attachment)i;

		if (!is_there(o->rows, a))
			continue;
		if (a == VSX_ATT_FIELDS) {
			VSX_TRY(vsx_columns_out_write(o, err));
			continue;
		}
		VSX_TRY(write_strings(o, a, err));
		if (a == VSX_ATT_KEY)
			VSX_TRY(vsx_key_table_write(o, err));
	}
	return VSX_OK;
}
