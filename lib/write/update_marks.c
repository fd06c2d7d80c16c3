/* Which rows the new generation deletes, and how it says so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "segment/dead.h"
#include "segment/keys.h"
#include "write/update.h"

/* Ids that a refusal names. */
#define MOST_NAMED 10

typedef unsigned long long ull;

/* A copy of the segment's bits that can be written to. */
static enum vsx_status own_gone(struct vsx_marks *marks, uint32_t i,
				struct vsx_error *err)
{
	struct vsx_segment *seg = &marks->segments[i];
	uint64_t bytes = vsx_dead_bytes(seg->n_rows);

	if (marks->gone[i])
		return VSX_OK;
	VSX_TRY(vsx_alloc_to(&marks->gone[i], bytes, 1, err));
	if (seg->gone)
		memcpy(marks->gone[i], seg->gone, bytes);
	seg->gone = marks->gone[i]; /* the index has the other */
	return VSX_OK;
}

enum vsx_status vsx_marks_set(struct vsx_marks *marks, uint64_t id,
			      struct vsx_error *err)
{
	for (uint32_t i = marks->n_segments; i-- > 0;) {
		struct vsx_segment *seg = &marks->segments[i];
		enum vsx_status status;
		uint32_t row;

		if (seg->n_dead == seg->n_rows)
			continue;
		status = vsx_live_find(seg, id, &row, err);
		if (status == VSX_ENOTFOUND)
			continue;
		if (status != VSX_OK)
			return status;
		VSX_TRY(own_gone(marks, i, err));
		seg->gone[row >> 3] |= (uint8_t)(1u << (row & 7));
		seg->n_gone++;
		seg->n_dead++;
		return VSX_OK;
	}
	return VSX_ENOTFOUND;
}

void vsx_marks_set_all(struct vsx_marks *marks, uint32_t i)
{
	struct vsx_segment *seg = &marks->segments[i];

	/* Counted, since n_dead may be wrong: a commit makes it right. */
	for (uint32_t row = 0; row < seg->n_rows; row++)
		if (!vsx_is_dead(seg, row)) {
			seg->gone[row >> 3] |= (uint8_t)(1u << (row & 7));
			seg->n_gone++;
		}
	seg->n_dead = seg->n_rows;
}

enum vsx_status vsx_marks_find_key(const struct vsx_marks *marks,
				   const struct vsx_bytes *key,
				   uint32_t *segment, uint32_t *row,
				   struct vsx_error *err)
{
	for (uint32_t i = marks->n_segments; i-- > 0;) {
		enum vsx_status status =
			vsx_keys_find_live(&marks->segments[i], key, row, err);

		*segment = i;
		if (status != VSX_ENOTFOUND)
			return status;
	}
	return VSX_ENOTFOUND;
}

static int by_value(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return a < b ? -1 : a > b;
}

enum vsx_status vsx_marks_gone(struct vsx_marks *marks, struct vsx_update *u,
			       uint64_t *n_deleted, struct vsx_error *err)
{
	if (u->n_gone)
		qsort(u->gone, u->n_gone, sizeof(*u->gone), by_value);
	for (size_t i = 0; i < u->n_gone; i++) {
		enum vsx_status status;

		if (i > 0 && u->gone[i] == u->gone[i - 1])
			continue;
		status = vsx_marks_set(marks, u->gone[i], err);
		if (status == VSX_OK) {
			++*n_deleted;
			continue;
		}
		if (status != VSX_ENOTFOUND)
			return status;
		VSX_TRY(vsx_grow(&u->unknown, &u->unknown_cap, u->n_unknown + 1,
				 sizeof(*u->unknown), err));
		u->unknown[u->n_unknown++] = u->gone[i];
	}
	return VSX_OK;
}

/* The ids that are in the way, as far as they fit into a line. */
struct clash {
	uint64_t n;
	char text[256];
	size_t used;
};

static void add_clash(struct clash *c, uint64_t id)
{
	if (c->n++ < MOST_NAMED)
		c->used += (size_t)snprintf(c->text + c->used,
					    sizeof(c->text) - c->used, "%s%llu",
					    c->n > 1 ? ", " : "", (ull)id);
}

static enum vsx_status refuse(const struct clash *c, struct vsx_error *err)
{
	if (c->n == 1)
		return vsx_fail(err, VSX_EEXIST,
				"the index has a live row with id %s already",
				c->text);
	return vsx_fail(err, VSX_EEXIST,
			"the index has live rows with %llu of the ids already: "
			"%s%s",
			(ull)c->n, c->text, c->n > MOST_NAMED ? ", ..." : "");
}

static enum vsx_status is_live(const struct vsx_marks *marks, uint64_t id,
			       struct vsx_error *err)
{
	enum vsx_status status = VSX_ENOTFOUND;
	uint32_t row;

	for (uint32_t i = marks->n_segments;
	     i-- > 0 && status == VSX_ENOTFOUND;)
		status = vsx_live_find(&marks->segments[i], id, &row, err);
	return status;
}

enum vsx_status vsx_marks_replaced(struct vsx_marks *marks,
				   const struct vsx_rows *rows, bool replace,
				   uint64_t *n_replaced, struct vsx_error *err)
{
	struct clash clash = {0};

	for (uint32_t i = 0; i < rows->n; i++) {
		enum vsx_status status;

		status = replace ? vsx_marks_set(marks, rows->ids[i], err)
				 : is_live(marks, rows->ids[i], err);
		if (status == VSX_ENOTFOUND)
			continue;
		if (status != VSX_OK)
			return status;
		++*n_replaced;
		if (!replace)
			add_clash(&clash, rows->ids[i]);
	}
	return clash.n ? refuse(&clash, err) : VSX_OK;
}

/* ---- sections ----------------------------------------------------------- */

/* Whether the rows that went are few enough to be listed beside DEAD. */
static bool is_listed(const struct vsx_segment *seg)
{
	return seg->n_gone <= vsx_most_gone(seg->n_rows);
}

bool vsx_marks_keep(const struct vsx_marks *marks,
		    const struct vsx_section_entry *e)
{
	enum vsx_section_slot slot = vsx_section_slot(e->id);

	if (!marks->gone[e->segment])
		return true;
	return slot != VSX_SEC_GONE &&
	       (slot != VSX_SEC_DEAD ||
		is_listed(&marks->segments[e->segment]));
}

/* GONE: the rows that went, as a list. */
static enum vsx_status list_gone(struct vsx_sink *sink,
				 const struct vsx_segment *seg,
				 struct vsx_error *err)
{
	for (uint32_t row = 0; row < seg->n_rows; row++) {
		uint8_t byte = seg->gone[row >> 3];
		vsx_le32 entry;

		if (row % 8 == 0 && byte == 0) {
			row += 7;
			continue;
		}
		if (!(byte >> (row & 7) & 1))
			continue;
		vsx_put32(&entry, row);
		VSX_TRY(vsx_sink_write(sink, &entry, sizeof(entry), err));
	}
	return VSX_OK;
}

/* DEAD: the bits of all. */
static enum vsx_status mark_dead(struct vsx_sink *sink,
				 const struct vsx_segment *seg,
				 struct vsx_error *err)
{
	uint64_t bytes = vsx_dead_bytes(seg->n_rows);
	uint8_t some[4096];

	VSX_TRY(vsx_dead_touch(seg, err));
	for (uint64_t at = 0; at < bytes; at += sizeof(some)) {
		size_t n = bytes - at < sizeof(some) ? (size_t)(bytes - at)
						     : sizeof(some);

		for (size_t i = 0; i < n; i++)
			some[i] = vsx_dead_byte(seg, (uint32_t)(at + i));
		VSX_TRY(vsx_sink_write(sink, some, n, err));
	}
	return VSX_OK;
}

enum vsx_status vsx_marks_write(const struct vsx_marks *marks, uint32_t n,
				struct vsx_sink *sink, struct vsx_error *err)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct vsx_segment *seg = &marks->segments[i];
		bool listed = is_listed(seg);

		if (!marks->gone[i])
			continue;
		VSX_TRY(vsx_sink_begin(
			sink, listed ? VSX_SEC_GONE : VSX_SEC_DEAD, i, err));
		VSX_TRY(listed ? list_gone(sink, seg, err)
			       : mark_dead(sink, seg, err));
		VSX_TRY(vsx_sink_end(sink, err));
	}
	return VSX_OK;
}

void vsx_marks_release(struct vsx_marks *marks)
{
	for (uint32_t i = 0; marks->gone && i < marks->n_segments; i++)
		free(marks->gone[i]);
	free(marks->gone);
}
