/* Pages against their sums, sums against theirs, the rest against zero. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backup/source.h"
#include "base/alloc.h"
#include "names.h"

typedef unsigned long long ull;

static uint64_t page_bytes(const struct vsx_backup_source *s)
{
	return UINT64_C(1) << s->super.page_shift;
}

/* ---- where zeros must be ---------------------------------------------- */

static enum vsx_status add_zeros(struct vsx_backup_source *s, uint64_t start,
				 uint64_t end, const char *what,
				 uint32_t section, struct vsx_error *err)
{
	if (start >= end)
		return VSX_OK;
	VSX_TRY(vsx_grow(&s->zeros, &s->zeros_cap, s->n_zeros + 1,
			 sizeof(*s->zeros), err));
	s->zeros[s->n_zeros++] = (struct vsx_zeros){start, end, what, section};
	return VSX_OK;
}

static enum vsx_status zeros_of_section(struct vsx_backup_source *s, uint32_t i,
					struct vsx_error *err)
{
	struct vsx_section_entry e = vsx_manifest_section(&s->manifest, i);
	struct vsx_sums shape;

	vsx_sums_shape(&shape, e.bytes, s->super.page_shift);
	for (uint32_t l = 0; l + 1 < shape.n_levels; l++)
		VSX_TRY(add_zeros(
			s, e.sums_offset + shape.start[l] + shape.count[l] * 8,
			e.sums_offset + shape.start[l + 1],
			"between the sums of section ", i, err));
	return VSX_OK;
}

struct place {
	uint64_t start, end;
};

static int by_start(const void *pa, const void *pb)
{
	const struct place *a = pa, *b = pb;

	return a->start < b->start ? -1 : a->start > b->start;
}

static int zeros_by_start(const void *pa, const void *pb)
{
	const struct vsx_zeros *a = pa, *b = pb;

	return a->start < b->start ? -1 : a->start > b->start;
}

static int tables_by_start(const void *pa, const void *pb)
{
	const struct vsx_tables *a = pa, *b = pb;

	return a->start < b->start ? -1 : a->start > b->start;
}

static enum vsx_status list_tables(struct vsx_backup_source *s,
				   struct vsx_error *err)
{
	uint32_t n = s->manifest.n_sections;

	VSX_TRY(vsx_alloc_to(&s->tables, n, sizeof(*s->tables), err));
	for (uint32_t i = 0; i < n; i++) {
		struct vsx_section_entry e =
			vsx_manifest_section(&s->manifest, i);

		s->tables[i] = (struct vsx_tables){
			e.sums_offset, e.sums_offset + e.sums_bytes, i};
	}
	qsort(s->tables, n, sizeof(*s->tables), tables_by_start);
	return VSX_OK;
}

/* Between the places there is zero, unless older generations were there. */
static enum vsx_status walk_places(struct vsx_backup_source *s,
				   const struct place *places, size_t n,
				   struct vsx_error *err)
{
	uint64_t at = vsx_data_start(s->super.page_shift);

	for (size_t i = 0; i < n; i++) {
		const struct place *p = &places[i];

		if (p->start < at)
			return vsx_at_page(
				err,
				vsx_fail(err, VSX_ECORRUPT,
					 "page %llu: bytes %llu to %llu are "
					 "used twice",
					 (ull)(p->start >> s->super.page_shift),
					 (ull)p->start, (ull)p->end),
				p->start >> s->super.page_shift);
		if (s->super.generation == 1)
			VSX_TRY(add_zeros(s, at, p->start, "in no section",
					  UINT32_MAX, err));
		at = p->end;
	}
	return VSX_OK;
}

static enum vsx_status lay_places(struct vsx_backup_source *s,
				  struct vsx_error *err)
{
	const struct vsx_super *sb = &s->super;
	enum vsx_status status;
	struct place *places;
	size_t n = 0;

	VSX_TRY(vsx_alloc_to(&places, 2 * (size_t)s->manifest.n_sections + 1,
			     sizeof(*places), err));
	for (uint32_t i = 0; i < s->manifest.n_sections; i++) {
		struct vsx_section_entry e =
			vsx_manifest_section(&s->manifest, i);

		places[n++] = (struct place){e.offset, e.offset + e.bytes};
		places[n++] = (struct place){e.sums_offset,
					     e.sums_offset + e.sums_bytes};
	}
	places[n++] = (struct place){sb->manifest_offset, sb->committed_bytes};
	qsort(places, n, sizeof(*places), by_start);
	status = walk_places(s, places, n, err);
	free(places);
	return status;
}

enum vsx_status vsx_source_lay_out(struct vsx_backup_source *s,
				   struct vsx_error *err)
{
	const struct vsx_super *sb = &s->super;

	VSX_TRY(add_zeros(s, VSX_SUPER_BYTES, VSX_SLOT_BYTES,
			  "after superblock slot 0", UINT32_MAX, err));
	VSX_TRY(add_zeros(s, VSX_SLOT_BYTES + VSX_SUPER_BYTES,
			  vsx_data_start(sb->page_shift),
			  "after superblock slot 1", UINT32_MAX, err));
	VSX_TRY(add_zeros(s, sb->manifest_offset + sb->manifest_bytes,
			  sb->committed_bytes, "after the manifest", UINT32_MAX,
			  err));
	for (uint32_t i = 0; i < s->manifest.n_sections; i++)
		VSX_TRY(zeros_of_section(s, i, err));
	VSX_TRY(lay_places(s, err));
	VSX_TRY(list_tables(s, err));
	qsort(s->zeros, s->n_zeros, sizeof(*s->zeros), zeros_by_start);
	return VSX_OK;
}

static enum vsx_status not_zero(const struct vsx_backup_source *s,
				const struct vsx_zeros *z, uint8_t byte,
				uint64_t at, struct vsx_error *err)
{
	char name[5] = "";

	if (z->section != UINT32_MAX)
		vsx_section_letters(
			name,
			vsx_manifest_section(&s->manifest, z->section).id);
	vsx_fail(err, VSX_ECORRUPT,
		 "page %llu: byte %llu is 0x%02x, expected 0 (%s%s)",
		 (ull)(at >> s->super.page_shift), (ull)at, byte, z->what,
		 name);
	vsx_at_page(err, VSX_ECORRUPT, at >> s->super.page_shift);
	return vsx_at_section(err, VSX_ECORRUPT, name);
}

static enum vsx_status check_zeros(struct vsx_backup_source *s,
				   const uint8_t *bytes, uint64_t at,
				   uint64_t n, struct vsx_error *err)
{
	while (s->zeros_at < s->n_zeros) {
		const struct vsx_zeros *z = &s->zeros[s->zeros_at];
		uint64_t from = z->start > at ? z->start : at;
		uint64_t to = z->end < at + n ? z->end : at + n;

		if (from < to)
			from += vsx_zeros_before(bytes + (from - at),
						 to - from);
		if (from < to)
			return not_zero(s, z, bytes[from - at], from, err);
		if (z->end > at + n)
			break; /* it goes on behind these bytes */
		s->zeros_at++;
	}
	return VSX_OK;
}

/* ---- sums ------------------------------------------------------------- */

static enum vsx_status hold(struct vsx_backup_source *s, uint32_t level,
			    uint64_t piece, struct vsx_error *err);

/* Compare a piece of a table with the table above it, or with the root. */
static enum vsx_status check_piece(struct vsx_backup_source *s, uint32_t level,
				   uint64_t piece, uint64_t n, uint64_t page,
				   struct vsx_error *err)
{
	struct vsx_sum_path *p = &s->path;
	const uint8_t *above = p->entry.root.b;
	uint64_t found, due;

	if (level + 1 < p->shape.n_levels) {
		VSX_TRY(hold(s, level + 1, piece * 8 >> p->shape.page_shift,
			     err));
		above = p->piece[level + 1] + (piece * 8 & (page_bytes(s) - 1));
	}
	if (vsx_sums_chunk_holds(&p->shape, level, p->piece[level], n, above,
				 &found, &due))
		return VSX_OK;
	return vsx_sums_differ(page, found, due, "sums of ", p->name, err);
}

/* Have piece number `piece` of a table at hand, checked. */
static enum vsx_status hold(struct vsx_backup_source *s, uint32_t level,
			    uint64_t piece, struct vsx_error *err)
{
	struct vsx_sum_path *p = &s->path;
	uint64_t n = vsx_sums_chunk_bytes(&p->shape, level, piece);
	uint64_t at = vsx_sums_chunk_at(&p->shape, p->entry.sums_offset, level,
					piece);
	uint64_t page = at >> p->shape.page_shift;
	int reason;

	if (p->held[level] == piece)
		return VSX_OK;
	p->held[level] = UINT64_MAX;
	if (!p->piece[level])
		VSX_TRY(vsx_alloc_to(&p->piece[level], page_bytes(s), 1, err));
	reason = vsx_read_at(s->fd, p->piece[level], n, at);
	if (reason) {
		errno = reason;
		return vsx_at_section(
			err,
			vsx_at_page(
				err,
				vsx_fail_errno(
					err,
					"page %llu: cannot be read (sums of section %s)",
					(ull)page, p->name),
				page),
			p->name);
	}
	VSX_TRY(check_piece(s, level, piece, n, page, err));
	p->held[level] = piece;
	return VSX_OK;
}

static void begin_section(struct vsx_backup_source *s, uint32_t section)
{
	struct vsx_sum_path *p = &s->path;

	if (s->path_of == section)
		return;
	s->path_of = section;
	p->entry = vsx_manifest_section(&s->manifest, section);
	vsx_sums_shape(&p->shape, p->entry.bytes, s->super.page_shift);
	vsx_section_letters(p->name, p->entry.id);
	for (int l = 0; l < VSX_MAX_SUM_LEVELS; l++)
		p->held[l] = UINT64_MAX;
}

static enum vsx_status check_page(struct vsx_backup_source *s,
				  const uint8_t *bytes, uint64_t at,
				  struct vsx_error *err)
{
	struct vsx_sum_path *p = &s->path;
	uint64_t i = (at - p->entry.offset) >> s->super.page_shift;
	uint64_t found = vsx_sum64(bytes, vsx_sums_page_bytes(&p->shape, i)),
		 due;

	VSX_TRY(hold(s, 0, i * 8 >> s->super.page_shift, err));
	due = vsx_load64(p->piece[0] + (i * 8 & (page_bytes(s) - 1)));
	if (found == due)
		return VSX_OK;
	return vsx_sums_differ(at >> s->super.page_shift, found, due, "",
			       p->name, err);
}

/*
 * What lies in both runs of bytes is the same: what was checked must be what is
 * backed up, and it was read before.
 */
static bool agree(const uint8_t *bytes, uint64_t at, uint64_t n,
		  const uint8_t *checked, uint64_t checked_at,
		  uint64_t n_checked)
{
	uint64_t from = checked_at > at ? checked_at : at;
	uint64_t to = checked_at + n_checked < at + n ? checked_at + n_checked
						      : at + n;

	return from >= to ||
	       memcmp(bytes + (from - at), checked + (from - checked_at),
		      to - from) == 0;
}

static enum vsx_status changed(const struct vsx_backup_source *s, uint64_t at,
			       const char *what, const char *name,
			       struct vsx_error *err)
{
	vsx_fail(err, VSX_ECORRUPT,
		 "page %llu: reads differently from a moment ago (%s%s)",
		 (ull)(at >> s->super.page_shift), what, name);
	vsx_at_page(err, VSX_ECORRUPT, at >> s->super.page_shift);
	return vsx_at_section(err, VSX_ECORRUPT, name);
}

static enum vsx_status check_tables_of(struct vsx_backup_source *s,
				       const uint8_t *bytes, uint64_t at,
				       uint64_t n, struct vsx_error *err)
{
	struct vsx_sum_path *p = &s->path;

	for (uint32_t l = 0; l < p->shape.n_levels; l++) {
		uint64_t start = p->entry.sums_offset + p->shape.start[l];
		uint64_t end = start + p->shape.count[l] * 8;
		uint64_t piece = 0;

		if (at > start)
			piece = (at - start) >> p->shape.page_shift;
		for (;; piece++) {
			uint64_t from = start + (piece << p->shape.page_shift);

			if (from >= end || from >= at + n)
				break;
			VSX_TRY(hold(s, l, piece, err));
			if (!agree(bytes, at, n, p->piece[l], from,
				   vsx_sums_chunk_bytes(&p->shape, l, piece)))
				return changed(s, from, "sums of section ",
					       p->name, err);
		}
	}
	return VSX_OK;
}

static enum vsx_status check_tables(struct vsx_backup_source *s,
				    const uint8_t *bytes, uint64_t at,
				    uint64_t n, struct vsx_error *err)
{
	const struct vsx_super *sb = &s->super;

	for (; s->tables_at < s->manifest.n_sections; s->tables_at++) {
		const struct vsx_tables *t = &s->tables[s->tables_at];

		if (t->start >= at + n)
			break;
		begin_section(s, t->section);
		VSX_TRY(check_tables_of(s, bytes, at, n, err));
		if (t->end > at + n)
			break; /* they go on behind these bytes */
	}
	if (!agree(bytes, at, n, s->raw, sb->manifest_offset,
		   sb->manifest_bytes))
		return changed(s, sb->manifest_offset, "manifest", "", err);
	return VSX_OK;
}

enum vsx_status vsx_source_check(struct vsx_backup_source *s,
				 const uint8_t *bytes, uint64_t at, uint64_t n,
				 struct vsx_error *err)
{
	uint64_t page = page_bytes(s);

	for (; s->section < s->manifest.n_sections; s->section++) {
		uint64_t from, to, end;

		begin_section(s, s->section);
		from = s->path.entry.offset > at ? s->path.entry.offset : at;
		end = s->path.entry.offset + s->path.entry.bytes;
		to = end < at + n ? end : at + n;
		for (; from < to; from += page)
			VSX_TRY(check_page(s, bytes + (from - at), from, err));
		if (end > at + n)
			break; /* it goes on behind these bytes */
	}
	VSX_TRY(check_tables(s, bytes, at, n, err));
	return check_zeros(s, bytes, at, n, err);
}
