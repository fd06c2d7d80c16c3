#include "io/sink.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "io/advice.h"
#include "io/map.h"
#include "sums.h"
#include "plural.h"

/* A multiple of every page size. It is written up to multiples of it in the
 * file: see VSX_LARGE_PAGE. */
#define BUFFER_BYTES VSX_LARGE_PAGE

enum vsx_status vsx_sink_init(struct vsx_sink *s, struct vsx_file *file,
			      uint32_t page_shift, uint64_t start,
			      struct vsx_error *err)
{
	memset(s, 0, sizeof(*s));
	s->file = file;
	s->page_shift = page_shift;
	s->at = start;
	VSX_TRY(vsx_file_bytes(&s->length, file->fd, err));
	/* Behind a multiple there may be what could not be written yet. */
	return vsx_alloc_to(&s->buffer,
			    BUFFER_BYTES + 3 * ((size_t)1 << page_shift), 1,
			    err);
}

void vsx_sink_release(struct vsx_sink *s)
{
	for (size_t i = 0; i < s->n_sections; i++)
		free(s->sections[i].sums);
	free(s->sections);
	free(s->buffer);
	memset(s, 0, sizeof(*s));
}

static struct vsx_sink_section *current(const struct vsx_sink *s)
{
	return &s->sections[s->n_sections - 1];
}

/* Sums of the pages of the open section that end at or before byte `to`. */
static enum vsx_status sum_pages(struct vsx_sink *s, uint64_t to,
				 struct vsx_error *err)
{
	struct vsx_sink_section *sec = current(s);
	uint64_t page = UINT64_C(1) << s->page_shift, at;

	for (;;) {
		at = sec->entry.offset +
		     ((uint64_t)sec->n_sums << s->page_shift);
		if (at >= to)
			return VSX_OK;
		VSX_TRY(vsx_grow(&sec->sums, &sec->sums_cap, sec->n_sums + 1,
				 sizeof(*sec->sums), err));
		sec->sums[sec->n_sums++] =
			vsx_sum64(s->buffer + (at - s->at),
				  to - at < page ? to - at : page);
	}
}

/* Else what is written next would put zeros in the place of what is lost. */
static enum vsx_status check_length(const struct vsx_sink *s,
				    struct vsx_error *err)
{
	uint64_t bytes;

	VSX_TRY(vsx_file_bytes(&bytes, s->file->fd, err));
	if (bytes >= s->length)
		return VSX_OK;
	return vsx_fail(err, VSX_EIO,
			"'%s' was cut to %llu byte%s while it was written, it "
			"had %llu",
			s->file->name, (unsigned long long)bytes, vsx_s(bytes),
			(unsigned long long)s->length);
}

/* Write the pages that are complete and keep the rest. */
static enum vsx_status flush(struct vsx_sink *s, struct vsx_error *err)
{
	size_t whole = s->used >> s->page_shift << s->page_shift;

	if (whole == 0)
		return VSX_OK;
	VSX_TRY(check_length(s, err));
	if (s->open)
		VSX_TRY(sum_pages(s, s->at + whole, err));
	VSX_TRY(vsx_file_write(s->file, s->buffer, whole, s->at, err));
	s->at += whole;
	s->used -= whole;
	memmove(s->buffer, s->buffer + whole, s->used);
	if (s->length < s->at)
		s->length = s->at;
	return VSX_OK;
}

/* Whether what there is of the open section may have to move in the buffer. */
static bool may_move(const struct vsx_sink *s)
{
	return s->open && current(s)->entry.bytes >> s->page_shift == 0;
}

/* Append n bytes from p, or zeros when p is NULL. */
static enum vsx_status put(struct vsx_sink *s, const void *p, uint64_t n,
			   struct vsx_error *err)
{
	const uint8_t *from = p;

	while (n > 0) {
		size_t room = BUFFER_BYTES - (s->at + s->used) % BUFFER_BYTES;
		size_t part = n < room ? (size_t)n : room;

		if (from) {
			memcpy(s->buffer + s->used, from, part);
			from += part;
		} else {
			memset(s->buffer + s->used, 0, part);
		}
		s->used += part;
		n -= part;
		if (part == room && !may_move(s))
			VSX_TRY(flush(s, err));
	}
	return VSX_OK;
}

/* Zeros up to byte `to` of the file. */
static enum vsx_status pad_to(struct vsx_sink *s, uint64_t to,
			      struct vsx_error *err)
{
	return put(s, NULL, to - (s->at + s->used), err);
}

static enum vsx_status pad_to_multiple(struct vsx_sink *s, uint64_t of,
				       struct vsx_error *err)
{
	uint64_t used = (s->at + s->used) % of;

	return used ? put(s, NULL, of - used, err) : VSX_OK;
}

static enum vsx_status pad_page(struct vsx_sink *s, struct vsx_error *err)
{
	return pad_to_multiple(s, UINT64_C(1) << s->page_shift, err);
}

static enum vsx_status new_section(struct vsx_sink *s,
				   const struct vsx_section_entry *entry,
				   struct vsx_error *err)
{
	VSX_TRY(vsx_grow(&s->sections, &s->sections_cap, s->n_sections + 1,
			 sizeof(*s->sections), err));
	s->sections[s->n_sections++] =
		(struct vsx_sink_section){.entry = *entry};
	return VSX_OK;
}

enum vsx_status vsx_sink_keep(struct vsx_sink *s,
			      const struct vsx_section_entry *entry,
			      struct vsx_error *err)
{
	VSX_TRY(new_section(s, entry, err));
	current(s)->kept = true;
	return VSX_OK;
}

/* As if it were a short one: where it has to move, it does so in the buffer. */
enum vsx_status vsx_sink_begin(struct vsx_sink *s, enum vsx_section_slot slot,
			       uint32_t segment, struct vsx_error *err)
{
	return vsx_sink_begin_id(s, vsx_section_id(slot), segment, err);
}

enum vsx_status vsx_sink_begin_id(struct vsx_sink *s, uint32_t id,
				  uint32_t segment, struct vsx_error *err)
{
	struct vsx_section_entry entry = {.id = id, .segment = segment};

	VSX_TRY(pad_to_multiple(s, VSX_SECTION_ALIGN, err));
	VSX_TRY(flush(s, err)); /* less than a page is left */
	entry.offset = s->at + s->used;
	VSX_TRY(new_section(s, &entry, err));
	s->open = true;
	return VSX_OK;
}

/* Move what there is of the open section, less than a page, to a new page. */
static void move_to_page(struct vsx_sink *s)
{
	struct vsx_section_entry *e = &current(s)->entry;
	size_t page = (size_t)1 << s->page_shift;
	size_t from = (size_t)(e->offset - s->at);
	size_t to = (from + page - 1) & ~(page - 1);

	memmove(s->buffer + to, s->buffer + from, (size_t)e->bytes);
	memset(s->buffer + from, 0, to - from);
	s->used += to - from;
	e->offset = s->at + to;
}

static enum vsx_status add(struct vsx_sink *s, const void *p, uint64_t n,
			   struct vsx_error *err)
{
	struct vsx_section_entry *e = &current(s)->entry;
	uint64_t page = UINT64_C(1) << s->page_shift;

	if (n == 0)
		return VSX_OK;
	if (e->bytes < page && (n >= page || e->bytes + n >= page))
		move_to_page(s);
	e->bytes += n;
	return put(s, p, n, err);
}

enum vsx_status vsx_sink_write(struct vsx_sink *s, const void *p, uint64_t n,
			       struct vsx_error *err)
{
	return add(s, p, n, err);
}

enum vsx_status vsx_sink_zeros(struct vsx_sink *s, uint64_t n,
			       struct vsx_error *err)
{
	return add(s, NULL, n, err);
}

enum vsx_status vsx_sink_end(struct vsx_sink *s, struct vsx_error *err)
{
	struct vsx_section_entry *e = &current(s)->entry;

	if (!vsx_section_fits(e->offset, e->bytes, s->page_shift))
		move_to_page(s);
	VSX_TRY(sum_pages(s, e->offset + e->bytes, err));
	s->open = false;
	e->raw_bytes = e->bytes;
	if (e->bytes == 0)
		s->n_sections--;
	return VSX_OK;
}

enum vsx_status vsx_sink_show(struct vsx_sink *s, uint64_t *bytes,
			      struct vsx_error *err)
{
	VSX_TRY(flush(s, err));
	*bytes = s->at + s->used;
	VSX_TRY(check_length(s, err));
	if (s->used == 0)
		return VSX_OK;
	VSX_TRY(vsx_file_write(s->file, s->buffer, s->used, s->at, err));
	if (s->length < *bytes)
		s->length = *bytes;
	return VSX_OK;
}

uint64_t vsx_sink_bytes(const struct vsx_sink *s)
{
	return current(s)->entry.bytes;
}

/* All levels of a section's sums, as they lie in the file, and its root. */
static void fill_tables(uint8_t *out, const struct vsx_sums *shape,
			struct vsx_sink_section *sec)
{
	uint32_t top = shape->n_levels - 1;

	for (size_t i = 0; i < sec->n_sums; i++) {
		vsx_le64 v;

		vsx_put64(&v, sec->sums[i]);
		memcpy(out + i * 8, &v, 8);
	}
	for (uint32_t l = 0; l < top; l++) {
		const uint8_t *below = out + shape->start[l];
		uint8_t *above = out + shape->start[l + 1];

		for (uint64_t i = 0; i < shape->count[l + 1]; i++) {
			vsx_le64 v;

			vsx_put64(&v,
				  vsx_sum64(below + (i << shape->page_shift),
					    vsx_sums_chunk_bytes(shape, l, i)));
			memcpy(above + i * 8, &v, 8);
		}
	}
	sec->entry.root =
		vsx_hash128(out + shape->start[top], shape->count[top] * 8);
}

static enum vsx_status write_tables(struct vsx_sink *s,
				    struct vsx_sink_section *sec,
				    struct vsx_error *err)
{
	struct vsx_sums shape;
	uint64_t at;
	uint8_t *tables;
	enum vsx_status status;

	if (!vsx_sums_shape(&shape, sec->entry.bytes, s->page_shift) ||
	    !vsx_sums_place(&at, &shape, s->at + s->used))
		return vsx_fail(err, VSX_EINVAL,
				"'%s': a section of %llu byte%s is too long",
				s->file->name,
				(unsigned long long)sec->entry.bytes,
				vsx_s(sec->entry.bytes));
	VSX_TRY(vsx_alloc_to(&tables, shape.bytes, 1, err));
	fill_tables(tables, &shape, sec);
	sec->entry.sums_offset = at;
	sec->entry.sums_bytes = shape.bytes;
	status = pad_to(s, at, err);
	if (status == VSX_OK)
		status = put(s, tables, shape.bytes, err);
	free(tables);
	return status;
}

static enum vsx_status check_manifest(struct vsx_sink *s, const uint8_t *raw,
				      uint64_t n, const struct vsx_super *sb,
				      struct vsx_error *err)
{
	struct vsx_manifest decoded;
	struct vsx_error why;
	enum vsx_status status =
		vsx_manifest_decode(&decoded, raw, n, sb, &why);

	if (status != VSX_OK)
		return vsx_retell(err, VSX_EINVAL, &why,
				  "'%s' would not open: %.300s", s->file->name,
				  why.text);
	vsx_manifest_usage(&s->usage, &decoded, sb);
	return VSX_OK;
}

static enum vsx_status write_manifest(struct vsx_sink *s,
				      const struct vsx_manifest *m,
				      const struct vsx_segment_entry *segments,
				      const char *properties,
				      struct vsx_super *sb,
				      struct vsx_error *err)
{
	uint64_t page = UINT64_C(1) << s->page_shift;
	struct vsx_section_entry *entries = NULL;
	uint8_t *raw = NULL;
	uint64_t n = vsx_manifest_bytes(m->n_segments, m->n_sections,
					m->properties_bytes);
	enum vsx_status status;

	if (n > VSX_MAX_MANIFEST_BYTES)
		return vsx_fail(err, VSX_EINVAL,
				"the manifest has %llu byte%s, at most %u "
				"are possible",
				(unsigned long long)n, vsx_s(n),
				VSX_MAX_MANIFEST_BYTES);
	status = vsx_alloc_to(&raw, n, 1, err);
	if (status == VSX_OK)
		status = vsx_alloc_to(&entries, m->n_sections, sizeof(*entries),
				      err);
	if (status != VSX_OK)
		goto done;
	for (uint32_t i = 0; i < m->n_sections; i++)
		entries[i] = s->sections[i].entry;
	vsx_manifest_encode(raw, m, segments, entries, properties);
	sb->manifest_offset = s->at + s->used;
	sb->manifest_bytes = n;
	sb->committed_bytes = sb->manifest_offset + n + page - 1;
	sb->committed_bytes &= ~(page - 1);
	sb->manifest_hash = vsx_hash128(raw, n);
	/* Rather no generation than one that no reader takes. */
	status = check_manifest(s, raw, n, sb, err);
	if (status == VSX_OK)
		status = put(s, raw, n, err);
done:
	free(entries);
	free(raw);
	return status;
}

enum vsx_status vsx_sink_commit(struct vsx_sink *s, struct vsx_manifest *m,
				const struct vsx_segment_entry *segments,
				const char *properties, struct vsx_super *sb,
				struct vsx_error *err)
{
	memset(sb, 0, sizeof(*sb));
	for (size_t i = 0; i < s->n_sections; i++)
		if (!s->sections[i].kept)
			VSX_TRY(write_tables(s, &s->sections[i], err));
	VSX_TRY(pad_page(s, err));
	m->n_sections = (uint32_t)s->n_sections;
	m->page_shift = s->page_shift;
	sb->page_shift = s->page_shift;
	sb->generation = m->generation;
	VSX_TRY(write_manifest(s, m, segments, properties, sb, err));
	VSX_TRY(pad_page(s, err));
	VSX_TRY(flush(s, err));
	VSX_TRY(check_length(s, err));
	VSX_TRY(vsx_file_resize(s->file, sb->committed_bytes, err));
	s->length = sb->committed_bytes;
	VSX_TRY(vsx_file_sync(s->file, err));
	return check_length(s, err);
}

enum vsx_status vsx_sink_first_super(const struct vsx_file *file,
				     struct vsx_super *sb,
				     struct vsx_error *err)
{
	size_t n = (size_t)vsx_data_start(sb->page_shift);
	enum vsx_status status;
	uint8_t *head;

	memcpy(sb->uuid, sb->manifest_hash.b, 16);
	sb->uuid[6] = (uint8_t)((sb->uuid[6] & 0x0f) | 0x80);
	sb->uuid[8] = (uint8_t)((sb->uuid[8] & 0x3f) | 0x80);
	VSX_TRY(vsx_alloc_to(&head, n, 1, err));
	vsx_super_encode(head, sb);
	vsx_super_encode(head + VSX_SLOT_BYTES, sb);
	status = vsx_file_write(file, head, n, 0, err);
	free(head);
	return status == VSX_OK ? vsx_file_sync(file, err) : status;
}

enum vsx_status vsx_sink_next_super(const struct vsx_file *file,
				    const struct vsx_super *sb,
				    struct vsx_error *err)
{
	uint8_t raw[VSX_SUPER_BYTES];

	vsx_super_encode(raw, sb);
	VSX_TRY(vsx_file_write(file, raw, sizeof(raw),
			       (sb->generation & 1) * VSX_SLOT_BYTES, err));
	return vsx_file_sync(file, err);
}
