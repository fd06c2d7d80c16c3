/* Opening: superblock, manifest, views of the sections. O(1) in the rows. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "bytes.h"
#include "kind/scarce.h"
#include "io/advice.h"
#include "io/limit.h"
#include "read/handle.h"
#include "read/opts.h"
#include "read/sniff.h"
#include "read/verify.h"

/* A slot is written in far less than this. */
#define HEAD_NAP_NS 200000L
#define HEAD_TRIES  100

typedef unsigned long long ull;

enum vsx_status vsx_named(const char *name, enum vsx_status status,
			  const struct vsx_error *why, struct vsx_error *err)
{
	vsx_fail(err, status, "%s: %.*s", name, VSX_ERROR_TEXT / 2, why->text);
	if (err)
		err->sys_errno = why->sys_errno;
	return status;
}

enum vsx_status vsx_with_path(const struct vsx *index, enum vsx_status status,
			      const struct vsx_error *why,
			      struct vsx_error *err)
{
	return vsx_named(index->name, status, why, err);
}

enum vsx_status vsx_settle(const struct vsx *index, enum vsx_status status,
			   struct vsx_error *err)
{
	struct vsx_error why;
	enum vsx_status whole = vsx_map_whole(&index->map, &why);

	return whole == VSX_OK ? status
			       : vsx_with_path(index, whole, &why, err);
}

enum vsx_status vsx_not_ours(const uint8_t *head, size_t n, uint64_t bytes,
			     int fd, struct vsx_error *err)
{
	size_t magic = n < VSX_MAGIC_BYTES ? n : VSX_MAGIC_BYTES;
	char seems[VSX_SNIFF_TEXT];

	if (n < VSX_SUPER_BYTES && memcmp(head, VSX_MAGIC, magic) == 0)
		return vsx_fail(err, VSX_ETRUNCATED,
				"has %llu bytes, expected %d or more",
				(ull)bytes, 2 * VSX_SLOT_BYTES);
	if (vsx_sniff(seems, head, n, bytes, fd))
		return vsx_fail(err, VSX_EFORMAT, "is %s, not a VSX index",
				seems);
	return vsx_fail(err, VSX_EFORMAT,
			"is not a VSX index: begins with %02x%02x%02x%02x, "
			"expected 8e565358",
			head[0], n > 1 ? head[1] : 0, n > 2 ? head[2] : 0,
			n > 3 ? head[3] : 0);
}

enum vsx_status vsx_slots_read(struct vsx_slot slots[2], int *chosen,
			       const uint8_t *head, size_t n, uint64_t bytes,
			       int fd, struct vsx_error *err)
{
	enum vsx_status status = vsx_super_choose(slots, chosen, head, n, err);

	if (status == VSX_EFORMAT)
		return vsx_not_ours(head, n, bytes, fd, err);
	/* A newer writer has been here: what the older slot says is gone by. */
	for (int i = 0; i < 2; i++)
		if (slots[i].status == VSX_EVERSION)
			return vsx_fail(err, VSX_EVERSION, "%s",
					slots[i].error.text);
	return status;
}

/* As a file that nobody changes has them, if it is sound. */
static bool is_settled(const struct vsx_slot slots[2], int chosen,
		       const uint8_t *head, uint64_t file_bytes)
{
	return slots[0].state == VSX_SLOT_VALID &&
	       slots[1].state == VSX_SLOT_VALID &&
	       file_bytes >= slots[chosen].super.committed_bytes &&
	       vsx_super_agree(slots, chosen, head, NULL) == VSX_OK;
}

enum vsx_status vsx_head_read(uint8_t head[2 * VSX_SLOT_BYTES], size_t *n,
			      struct vsx_slot slots[2], int *chosen,
			      uint64_t *file_bytes, int fd,
			      struct vsx_error *err)
{
	struct timespec nap = {0, HEAD_NAP_NS};
	uint8_t before[2 * VSX_SLOT_BYTES];
	uint64_t bytes_before = UINT64_MAX;
	enum vsx_status status;

	for (int i = 0;; i++) {
		int reason;

		VSX_TRY(vsx_file_bytes(file_bytes, fd, err));
		*n = *file_bytes < sizeof(before) ? (size_t)*file_bytes
						  : sizeof(before);
		reason = vsx_read_at(fd, head, *n, 0);
		if (reason) {
			errno = reason;
			return vsx_fail_errno(err, "cannot read");
		}
		status = vsx_slots_read(slots, chosen, head, *n, *file_bytes,
					fd, err);
		if (status == VSX_OK &&
		    is_settled(slots, *chosen, head, *file_bytes))
			return VSX_OK;
		/* Nobody is at it: so it is. */
		if (i == HEAD_TRIES || (*file_bytes == bytes_before &&
					memcmp(head, before, *n) == 0))
			return status;
		bytes_before = *file_bytes;
		memcpy(before, head, *n);
		nanosleep(&nap, NULL);
	}
}

/* From the file, not from the mapping: what was checked cannot change. */
static enum vsx_status read_super(struct vsx *index, int fd,
				  struct vsx_error *err)
{
	uint8_t head[2 * VSX_SLOT_BYTES];
	size_t n = index->file_bytes < sizeof(head) ? (size_t)index->file_bytes
						    : sizeof(head);
	struct vsx_slot slots[2];
	int chosen, reason = vsx_read_at(fd, head, n, 0);

	if (reason) {
		errno = reason;
		return vsx_fail_errno(err, "cannot read");
	}
	VSX_TRY(vsx_slots_read(slots, &chosen, head, n, index->file_bytes, fd,
			       err));
	index->super = slots[chosen].super;
	/* A writer may have committed since the length was asked for. */
	if (index->file_bytes < index->super.committed_bytes)
		VSX_TRY(vsx_file_bytes(&index->file_bytes, fd, err));
	if (index->file_bytes < index->super.committed_bytes)
		return vsx_fail(err, VSX_ETRUNCATED,
				"has %llu bytes, expected %llu",
				(ull)index->file_bytes,
				(ull)index->super.committed_bytes);
	return VSX_OK;
}

enum vsx_status vsx_manifest_read(struct vsx_manifest *m, const uint8_t *raw,
				  const struct vsx_super *sb,
				  struct vsx_error *err)
{
	struct vsx_hash found = vsx_hash128(raw, sb->manifest_bytes);
	uint64_t first = sb->manifest_offset >> sb->page_shift, last, a, b;
	char to[32] = "";

	if (vsx_hash_equal(found, sb->manifest_hash))
		return vsx_manifest_decode(m, raw, sb->manifest_bytes, sb, err);
	memcpy(&a, found.b, 8);
	memcpy(&b, sb->manifest_hash.b, 8);
	last = (sb->manifest_offset + sb->manifest_bytes - 1) >> sb->page_shift;
	if (first < last)
		snprintf(to, sizeof(to), " to %llu", (ull)last);
	return vsx_fail(err, VSX_ECORRUPT,
			"page %llu%s: checksum %016llx, expected %016llx "
			"(manifest)",
			(ull)first, to, (ull)a, (ull)b);
}

/* A copy, since the tables in it are decoded again whenever they are needed. */
static enum vsx_status read_manifest(struct vsx *index, struct vsx_error *err)
{
	const struct vsx_super *sb = &index->super;

	VSX_TRY(vsx_alloc_to(&index->raw, sb->manifest_bytes, 1, err));
	index->heap_bytes += sb->manifest_bytes;
	memcpy(index->raw, index->map.base + sb->manifest_offset,
	       sb->manifest_bytes);
	return vsx_manifest_read(&index->manifest, index->raw, sb, err);
}

/* Bitmaps of all guards in one mapping of zeros, which costs what is used. */
enum vsx_status vsx_index_guard(struct vsx *index, struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;
	uint64_t words = 0;
	_Atomic uint64_t *at;
	void *p;

	VSX_TRY(vsx_alloc_to(&index->guards, m->n_sections,
			     sizeof(*index->guards), err));
	index->heap_bytes += m->n_sections * sizeof(*index->guards);
	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);
		struct vsx_guard *g = &index->guards[i];

		vsx_sums_shape(&g->shape, e.bytes, m->page_shift);
		g->data = index->map.base + e.offset;
		g->sums = index->map.base + e.sums_offset;
		memcpy(g->root, e.root.b, 16);
		g->first_page = e.offset >> m->page_shift;
		g->sums_offset = e.sums_offset;
		vsx_section_letters(g->name, e.id);
		g->n_checked = &index->n_checked;
		words += vsx_guard_words(&g->shape);
	}
	if (!words)
		return VSX_OK;
	index->bits_bytes = words * 8;
	p = mmap(NULL, index->bits_bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return vsx_fail_errno(err, "no memory for %llu bytes of marks",
				      (ull)index->bits_bytes);
	index->bits = p;
	at = p;
	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_guard *g = &index->guards[i];

		g->seen = at;
		g->seen_sums = at + g->shape.count[0] / 64 + 1;
		at += vsx_guard_words(&g->shape);
	}
	return VSX_OK;
}

void vsx_index_unguard(struct vsx *index)
{
	if (index->bits)
		munmap(index->bits, index->bits_bytes);
	free(index->guards);
}

static enum vsx_status place_section(struct vsx *index, uint32_t i,
				     const struct vsx_section_entry *e,
				     struct vsx_error *err)
{
	enum vsx_section_slot slot = vsx_section_slot(e->id);
	bool whole = e->segment == VSX_WHOLE_INDEX;
	struct vsx_view *view;
	char name[5];

	if (slot == VSX_N_SECTION_SLOTS)
		return VSX_OK; /* a newer writer's; it said it can be ignored */
	vsx_section_letters(name, e->id);
	view = whole ? &index->whole[slot]
		     : &index->segments[e->segment].view[slot];
	if (view->base)
		return vsx_fail(err, VSX_ECORRUPT, "section %s appears twice",
				name);
	view->base = index->map.base + e->offset;
	view->bytes = e->bytes;
	view->guard = index->guards ? &index->guards[i] : NULL;
	if (whole)
		index->whole_section[slot] = i;
	return VSX_OK;
}

static enum vsx_status make_views(struct vsx *index, struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;

	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);

		VSX_TRY(place_section(index, i, &e, err));
	}
	return VSX_OK;
}

enum vsx_status vsx_index_bind(struct vsx *index, struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;
	uint64_t rows = 0;

	VSX_TRY(vsx_alloc_to(&index->segments, m->n_segments,
			     sizeof(*index->segments), err));
	index->heap_bytes += m->n_segments * sizeof(*index->segments);
	vsx_space_init(&index->space, m->metric, m->elem, m->dim,
		       m->n_segments ? vsx_manifest_segment(m, 0).row_stride
				     : 0);
	for (uint32_t i = 0; i < m->n_segments; i++) {
		struct vsx_segment_entry e = vsx_manifest_segment(m, i);
		struct vsx_segment *seg = &index->segments[i];

		seg->kind = vsx_kind_find(e.kind);
		seg->number = i;
		seg->n_rows = (uint32_t)e.n_rows;
		seg->n_dead = (uint32_t)e.n_dead;
		seg->mark_base = rows;
		rows += e.n_rows;
		memcpy(seg->params, e.params, sizeof(seg->params));
		vsx_space_init(&seg->space, m->metric, m->elem, m->dim,
			       e.row_stride);
	}
	VSX_TRY(make_views(index, err));
	return vsx_segments_share(index->segments, m->n_segments, err);
}

static enum vsx_status open_segments(struct vsx *index, struct vsx_error *err)
{
	VSX_TRY(vsx_index_bind(index, err));
	for (uint32_t i = 0; i < index->manifest.n_segments; i++) {
		struct vsx_segment *seg = &index->segments[i];

		VSX_TRY(vsx_segment_open(seg, err));
		index->heap_bytes += vsx_segment_heap_bytes(seg);
	}
	return VSX_OK;
}

/* What a search needs beside the rows themselves. */
static bool is_hot(const struct vsx_section_entry *e)
{
	return e->segment != VSX_WHOLE_INDEX &&
	       vsx_section_slot(e->id) != VSX_SEC_VECS;
}

static void populate(const struct vsx *index, uint64_t offset, uint64_t bytes)
{
	const uint8_t *at = index->map.base + offset;

	if (!vsx_populate(at, bytes))
		vsx_ask(at, bytes);
}

static enum vsx_status lock(const struct vsx *index, uint64_t offset,
			    uint64_t bytes, struct vsx_error *err)
{
	if (mlock(index->map.base + offset, bytes) == 0)
		return VSX_OK;
	return vsx_fail_errno(err, "cannot lock %llu bytes in memory",
			      (ull)bytes);
}

static uint64_t hot_bytes(const struct vsx_manifest *m)
{
	uint64_t bytes = 0; /* sections do not overlap: no more than the file */

	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);

		if (is_hot(&e))
			bytes += e.bytes;
	}
	return bytes;
}

/* Short sections share pages: such a page is brought, and locked, twice. */
static enum vsx_status bring_hot(const struct vsx *index, bool locked,
				 struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;

	if (locked)
		VSX_TRY(vsx_may_hold(hot_bytes(m), "locked sections", err));
	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);

		if (!is_hot(&e))
			continue;
		populate(index, e.offset, e.bytes);
		if (locked)
			VSX_TRY(lock(index, e.offset, e.bytes, err));
	}
	return VSX_OK;
}

/*
 * To lock the hot part alone is to leave the rows on the disk. What does not
 * fit would push itself out.
 */
static enum vsx_status bring(const struct vsx *index,
			     const struct vsx_open_opts *o, bool scarce,
			     struct vsx_error *err)
{
	if (o->preload == VSX_PRELOAD_HOT ||
	    (o->preload == VSX_PRELOAD_ALL && scarce && !o->lock_memory))
		return bring_hot(index, o->lock_memory, err);
	if (o->lock_memory)
		VSX_TRY(vsx_may_hold(index->map.bytes, "a locked file", err));
	if (o->preload == VSX_PRELOAD_ALL)
		populate(index, 0, index->map.bytes);
	if (o->lock_memory)
		return lock(index, 0, index->map.bytes, err);
	return VSX_OK;
}

/*
 * A file that fits into memory is left to the kernel's read-ahead, which brings
 * it there soonest. Of one that does not, whatever is no part of a segment is
 * read here and there: sums of pages above all.
 */
static void advise(struct vsx *index)
{
	vsx_advise_random(index->map.base, index->map.bytes);
	for (uint32_t i = 0; i < index->manifest.n_segments; i++)
		vsx_segment_make_scarce(&index->segments[i]);
}

/* A section of an earlier generation: what was checked need not be again. */
static void inherit_marks(struct vsx *index, uint32_t i,
			  const struct vsx *before, uint32_t j)
{
	struct vsx_section_entry now =
		vsx_manifest_section(&index->manifest, i);
	struct vsx_section_entry then =
		vsx_manifest_section(&before->manifest, j);
	struct vsx_guard *g = &index->guards[i];
	const struct vsx_guard *old = &before->guards[j];

	if (now.bytes != then.bytes || now.sums_offset != then.sums_offset ||
	    !vsx_hash_equal(now.root, then.root))
		return;
	for (uint64_t w = 0; w < vsx_guard_words(&g->shape); w++)
		atomic_store_explicit(
			&g->seen[w],
			atomic_load_explicit(&old->seen[w],
					     memory_order_relaxed),
			memory_order_relaxed);
}

/* Both tables are by rising offset. */
static void inherit_guards(struct vsx *index, const struct vsx *before)
{
	uint32_t j = 0;

	if (!before->guards || !index->guards)
		return;
	for (uint32_t i = 0; i < index->manifest.n_sections; i++) {
		uint64_t at = vsx_manifest_section(&index->manifest, i).offset;

		while (j < before->manifest.n_sections &&
		       vsx_manifest_section(&before->manifest, j).offset < at)
			j++;
		if (j < before->manifest.n_sections &&
		    vsx_manifest_section(&before->manifest, j).offset == at)
			inherit_marks(index, i, before, j);
	}
}

/* *shared: the bytes of `before` are those of this file, and in one place. */
static enum vsx_status map_index(struct vsx *index, int fd, bool copy,
				 const struct vsx *before, bool *shared,
				 struct vsx_error *err)
{
	uint64_t bytes = index->super.committed_bytes;

	*shared = before && !copy &&
		  memcmp(before->super.uuid, index->super.uuid, 16) == 0 &&
		  before->super.page_shift == index->super.page_shift &&
		  vsx_map_share(&index->map, &before->map, fd, bytes);
	if (*shared)
		return VSX_OK;
	return vsx_map_file(&index->map, fd, bytes, copy, err);
}

/* before: an earlier generation, to share with; NULL: there is none. */
static enum vsx_status open_index(struct vsx *index, int fd,
				  const struct vsx_open_opts *o,
				  const struct vsx *before,
				  struct vsx_error *err)
{
	enum vsx_check check = o->untrusted ? VSX_CHECK_ALL : o->check;
	bool copy = o->load == VSX_LOAD_COPY || o->untrusted;
	bool shared, scarce;

	VSX_TRY(map_index(index, fd, copy, before, &shared, err));
	VSX_TRY(read_manifest(index, err));
	if (check == VSX_CHECK_ALL)
		VSX_TRY(vsx_verify_index(index, err));
	if (check == VSX_CHECK_TOUCH)
		VSX_TRY(vsx_index_guard(index, err));
	if (shared)
		inherit_guards(index, before);
	VSX_TRY(open_segments(index, err));
	scarce = !index->map.copied &&
		 !vsx_fits_memory(index->map.bytes, o->memory);
	/* Where nothing is read ahead, bringing it in would take minutes. */
	if (shared)
		vsx_advise_normal(index->map.base, index->map.bytes);
	VSX_TRY(bring(index, o, scarce, err));
	if (scarce)
		advise(index);
	return VSX_OK;
}

static enum vsx_status check_opts(const struct vsx_open_opts *o,
				  struct vsx_error *err)
{
	if (o->check > VSX_CHECK_ALL || o->preload > VSX_PRELOAD_ALL ||
	    o->load > VSX_LOAD_COPY)
		return vsx_fail(err, VSX_EINVAL,
				"check %d, preload %d, load %d: one is not "
				"known",
				(int)o->check, (int)o->preload, (int)o->load);
	if (o->lock_memory > 1 || o->untrusted > 1)
		return vsx_fail(err, VSX_EINVAL,
				"lock_memory %u, untrusted %u, expected 0 or 1",
				o->lock_memory, o->untrusted);
	return VSX_OK;
}

/*
 * Whether the file holds nothing newer than `before`: it is the same file. Of a
 * copy it is only known what it was made of.
 */
static bool is_current(const struct vsx *index, int fd,
		       const struct vsx *before)
{
	if (!before || memcmp(index->super.uuid, before->super.uuid, 16) != 0 ||
	    vsx_settle(before, VSX_OK, NULL) != VSX_OK)
		return false;
	if (before->map.room)
		return vsx_room_is_of(before->map.room, fd) &&
		       index->super.generation <= before->super.generation;
	return index->super.generation == before->super.generation &&
	       vsx_hash_equal(index->super.manifest_hash,
			      before->super.manifest_hash);
}

static enum vsx_status new_handle(struct vsx **out, const char *path,
				  const struct vsx_open_opts *opts,
				  struct vsx_error *err)
{
	struct vsx *index;

	VSX_TRY(vsx_alloc_to(&index, 1, sizeof(*index), err));
	*out = index;
	index->opts = *opts;
	index->path = strdup(path);
	if (!index->path)
		return vsx_fail_memory(err, strlen(path) + 1);
	index->heap_bytes = sizeof(*index) + strlen(path) + 1;
	vsx_path_text(index->name, path);
	return VSX_OK;
}

/* *out stays NULL when `before` is current. */
static enum vsx_status open_path(struct vsx **out, const char *path,
				 const struct vsx_open_opts *opts,
				 const struct vsx *before,
				 struct vsx_error *err)
{
	struct vsx_error why = {0};
	struct vsx *index = NULL;
	enum vsx_status status;
	bool current = false;
	int fd = -1;

	status = new_handle(&index, path, opts, err);
	if (status != VSX_OK)
		goto done;
	status = vsx_open_file(&fd, &index->file_bytes, path, &why);
	if (status == VSX_OK)
		status = read_super(index, fd, &why);
	if (status == VSX_OK)
		current = is_current(index, fd, before);
	if (status == VSX_OK && !current)
		status = open_index(index, fd, opts, before, &why);
	if (status != VSX_OK)
		vsx_with_path(index, status, &why, err);
	status = vsx_settle(index, status, err);
	if (status != VSX_OK)
		goto done;
	if (!current) {
		*out = index;
		index = NULL;
	}
done:
	if (fd >= 0)
		close(fd); /* the mapping outlives it */
	vsx_close(index);
	return status;
}

enum vsx_status vsx_open(struct vsx **out, const char *path,
			 const struct vsx_open_opts *opts,
			 struct vsx_error *err)
{
	struct vsx_open_opts o = VSX_OPEN_OPTS_INIT;

	*out = NULL;
	VSX_TRY(vsx_take_opts(&o, sizeof(o), opts, "vsx_open_opts", err));
	VSX_TRY(check_opts(&o, err));
	return open_path(out, path, &o, NULL, err);
}

enum vsx_status vsx_guard_install(struct vsx_error *err)
{
	return vsx_bus_install(err);
}

enum vsx_status vsx_refresh(struct vsx **out, const struct vsx *index,
			    struct vsx_error *err)
{
	*out = NULL;
	return open_path(out, index->path, &index->opts, index, err);
}

void vsx_close(struct vsx *index)
{
	if (!index)
		return;
	vsx_index_unguard(index);
	vsx_map_close(&index->map);
	vsx_segments_close(index->segments, index->manifest.n_segments);
	free(index->raw);
	free(index->path);
	free(index);
}
