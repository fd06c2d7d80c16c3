/* Superblock and manifest: which generation a file holds. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "bytes.h"
#include "read/open.h"
#include "read/sniff.h"
#include "plural.h"

/* A slot is written in far less than this. */
#define HEAD_NAP_NS 200000L
#define HEAD_TRIES  100

typedef unsigned long long ull;

enum vsx_status vsx_not_ours(const uint8_t *head, size_t n,
			     const struct vsx_origin *from,
			     struct vsx_error *err)
{
	size_t magic = n < VSX_MAGIC_BYTES ? n : VSX_MAGIC_BYTES;
	char seems[VSX_SNIFF_TEXT];

	if (n < VSX_SUPER_BYTES && memcmp(head, VSX_MAGIC, magic) == 0)
		return vsx_fail(err, VSX_ETRUNCATED,
				"has %llu byte%s, expected %d or more",
				(ull)from->bytes, vsx_s(from->bytes),
				2 * VSX_SLOT_BYTES);
	if (vsx_sniff(seems, head, n, from))
		return vsx_fail(err, VSX_EFORMAT, "is %s, not a VSX index",
				seems);
	return vsx_fail(err, VSX_EFORMAT,
			"is not a VSX index: begins with %02x%02x%02x%02x, "
			"expected 8e565358",
			head[0], n > 1 ? head[1] : 0, n > 2 ? head[2] : 0,
			n > 3 ? head[3] : 0);
}

enum vsx_status vsx_slots_read(struct vsx_slot slots[2], int *chosen,
			       const uint8_t *head, size_t n,
			       const struct vsx_origin *from,
			       struct vsx_error *err)
{
	enum vsx_status status = vsx_super_choose(slots, chosen, head, n, err);

	if (status == VSX_EFORMAT)
		return vsx_not_ours(head, n, from, err);
	/* A newer writer has been here: what the older slot says is gone by. */
	for (int i = 0; i < 2; i++)
		if (slots[i].status == VSX_EVERSION)
			return vsx_retell(err, VSX_EVERSION, &slots[i].error,
					  "%s", slots[i].error.text);
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
		struct vsx_origin from = {.fd = fd};
		int reason;

		VSX_TRY(vsx_file_bytes(file_bytes, fd, err));
		from.bytes = *file_bytes;
		*n = *file_bytes < sizeof(before) ? (size_t)*file_bytes
						  : sizeof(before);
		reason = vsx_read_at(fd, head, *n, 0);
		if (reason) {
			errno = reason;
			return vsx_fail_errno(err, "cannot read");
		}
		status = vsx_slots_read(slots, chosen, head, *n, &from, err);
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
enum vsx_status vsx_index_head(struct vsx *index, const struct vsx_origin *from,
			       struct vsx_error *err)
{
	uint8_t head[2 * VSX_SLOT_BYTES];
	size_t n =
		from->bytes < sizeof(head) ? (size_t)from->bytes : sizeof(head);
	struct vsx_slot slots[2];
	int chosen, reason = vsx_origin_read(from, head, n, 0);

	if (reason) {
		errno = reason;
		return vsx_fail_errno(err, "cannot read");
	}
	VSX_TRY(vsx_slots_read(slots, &chosen, head, n, from, err));
	index->super = slots[chosen].super;
	index->file_bytes = from->bytes;
	/* A writer may have committed since the length was asked for. */
	if (index->file_bytes < index->super.committed_bytes && !from->memory)
		VSX_TRY(vsx_file_bytes(&index->file_bytes, from->fd, err));
	if (index->file_bytes < index->super.committed_bytes)
		return vsx_fail(
			err, VSX_ETRUNCATED, "has %llu byte%s, expected %llu",
			(ull)index->file_bytes, vsx_s(index->file_bytes),
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
	return vsx_at_page(
		err,
		vsx_fail(err, VSX_ECORRUPT,
			 "page %llu%s: checksum %016llx, expected %016llx "
			 "(manifest)",
			 (ull)first, to, (ull)a, (ull)b),
		first);
}

/* A copy, since the tables in it are decoded again whenever they are needed. */
enum vsx_status vsx_index_manifest(struct vsx *index, struct vsx_error *err)
{
	const struct vsx_super *sb = &index->super;

	VSX_TRY(vsx_alloc_to(&index->raw, sb->manifest_bytes, 1, err));
	index->heap_bytes += sb->manifest_bytes;
	memcpy(index->raw, index->map.base + sb->manifest_offset,
	       sb->manifest_bytes);
	return vsx_manifest_read(&index->manifest, index->raw, sb, err);
}
