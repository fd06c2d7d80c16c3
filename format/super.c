#include "super.h"

#include <string.h>

#include "error.h"
#include "plural.h"

void vsx_super_seal(uint8_t raw[VSX_SUPER_BYTES])
{
	vsx_le64 sum;
	size_t at = offsetof(struct vsx_disk_super, checksum);

	vsx_put64(&sum, vsx_sum64(raw, at));
	memcpy(raw + at, &sum, sizeof(sum));
}

void vsx_super_encode(uint8_t out[VSX_SUPER_BYTES], const struct vsx_super *sb)
{
	struct vsx_disk_super d = {0};

	memcpy(d.magic, VSX_MAGIC, VSX_MAGIC_BYTES);
	vsx_put32(&d.version, VSX_FORMAT_VERSION);
	vsx_put32(&d.page_shift, sb->page_shift);
	vsx_put64(&d.feature_compat, sb->feature_compat);
	vsx_put64(&d.feature_write, sb->feature_write);
	vsx_put64(&d.generation, sb->generation);
	vsx_put64(&d.committed_bytes, sb->committed_bytes);
	vsx_put64(&d.manifest_offset, sb->manifest_offset);
	vsx_put64(&d.manifest_bytes, sb->manifest_bytes);
	memcpy(d.manifest_hash, sb->manifest_hash.b, 16);
	memcpy(d.uuid, sb->uuid, 16);
	memcpy(out, &d, sizeof(d));
	vsx_super_seal(out);
}

static enum vsx_status check_fields(const struct vsx_super *sb,
				    struct vsx_error *err)
{
	uint64_t page;

	if (sb->page_shift < VSX_MIN_PAGE_SHIFT ||
	    sb->page_shift > VSX_MAX_PAGE_SHIFT)
		return vsx_fail(err, VSX_ECORRUPT,
				"page shift is %u, expected %d to %d",
				sb->page_shift, VSX_MIN_PAGE_SHIFT,
				VSX_MAX_PAGE_SHIFT);
	page = UINT64_C(1) << sb->page_shift;
	if (sb->generation == 0)
		return vsx_fail(err, VSX_ECORRUPT,
				"generation is 0, expected 1 or more");
	if (sb->committed_bytes % page || sb->committed_bytes > INT64_MAX)
		return vsx_fail(err, VSX_ECORRUPT,
				"committed length %llu is not a number of "
				"pages of %llu bytes",
				(unsigned long long)sb->committed_bytes,
				(unsigned long long)page);
	if (sb->manifest_bytes < sizeof(struct vsx_disk_manifest) ||
	    sb->manifest_bytes > VSX_MAX_MANIFEST_BYTES)
		return vsx_fail(err, VSX_ECORRUPT,
				"manifest has %llu byte%s, expected %zu to %u",
				(unsigned long long)sb->manifest_bytes,
				vsx_s(sb->manifest_bytes),
				sizeof(struct vsx_disk_manifest),
				VSX_MAX_MANIFEST_BYTES);
	if (sb->manifest_offset % page ||
	    sb->manifest_offset < vsx_data_start(sb->page_shift) ||
	    !vsx_within(sb->manifest_offset, sb->manifest_bytes,
			sb->committed_bytes))
		return vsx_fail(
			err, VSX_ECORRUPT,
			"manifest at byte %llu does not lie between "
			"byte %llu and the end %llu",
			(unsigned long long)sb->manifest_offset,
			(unsigned long long)vsx_data_start(sb->page_shift),
			(unsigned long long)sb->committed_bytes);
	return VSX_OK;
}

enum vsx_status vsx_super_decode(struct vsx_super *sb, const uint8_t *raw,
				 size_t n, struct vsx_error *err)
{
	struct vsx_disk_super d;
	uint64_t due, found, unknown;

	if (n < sizeof(d))
		return vsx_fail(err, VSX_EFORMAT,
				"%zu byte%s, too few for a superblock of %zu",
				n, vsx_s(n), sizeof(d));
	memcpy(&d, raw, sizeof(d));
	if (memcmp(d.magic, VSX_MAGIC, VSX_MAGIC_BYTES) != 0)
		return vsx_fail(err, VSX_EFORMAT, "no VSX magic");
	due = vsx_get64(d.checksum);
	found = vsx_sum64(raw, offsetof(struct vsx_disk_super, checksum));
	if (found != due)
		return vsx_fail(err, VSX_ECORRUPT,
				"checksum %016llx, expected %016llx "
				"(superblock)",
				(unsigned long long)found,
				(unsigned long long)due);
	if (vsx_get32(d.version) != VSX_FORMAT_VERSION)
		return vsx_fail(err, VSX_EVERSION,
				"format version %u, this library reads %d",
				vsx_get32(d.version), VSX_FORMAT_VERSION);
	unknown = vsx_get64(d.feature_incompat) & ~VSX_KNOWN_INCOMPAT;
	if (unknown)
		return vsx_fail(err, VSX_EVERSION,
				"needs features 0x%llx that this library "
				"does not know",
				(unsigned long long)unknown);
	if (!vsx_is_zero(d.zero, sizeof(d.zero)))
		return vsx_fail(err, VSX_ECORRUPT,
				"reserved bytes of the superblock are not 0");

	*sb = (struct vsx_super){
		.page_shift = vsx_get32(d.page_shift),
		.feature_compat = vsx_get64(d.feature_compat),
		.feature_write = vsx_get64(d.feature_write),
		.generation = vsx_get64(d.generation),
		.committed_bytes = vsx_get64(d.committed_bytes),
		.manifest_offset = vsx_get64(d.manifest_offset),
		.manifest_bytes = vsx_get64(d.manifest_bytes),
	};
	memcpy(sb->manifest_hash.b, d.manifest_hash, 16);
	memcpy(sb->uuid, d.uuid, 16);
	return check_fields(sb, err);
}

static void read_slot(struct vsx_slot *slot, const uint8_t *raw, size_t n)
{
	memset(slot, 0, sizeof(*slot));
	if (n >= VSX_SUPER_BYTES && vsx_is_zero(raw, VSX_SUPER_BYTES)) {
		slot->state = VSX_SLOT_EMPTY;
		slot->status = vsx_fail(&slot->error, VSX_EFORMAT,
					"the superblock slot is empty");
		return;
	}
	slot->status = vsx_super_decode(&slot->super, raw, n, &slot->error);
	slot->state = slot->status == VSX_OK ? VSX_SLOT_VALID : VSX_SLOT_BAD;
}

enum vsx_status vsx_super_agree(const struct vsx_slot slots[2], int chosen,
				const uint8_t *raw, struct vsx_error *err)
{
	const struct vsx_super *a = &slots[0].super, *b = &slots[1].super;
	uint64_t newer = slots[chosen].super.generation;

	if (a->generation == b->generation &&
	    memcmp(raw, raw + VSX_SLOT_BYTES, VSX_SUPER_BYTES) != 0)
		return vsx_fail(err, VSX_ECORRUPT,
				"superblock slot 1 has generation %llu like "
				"slot 0, but differs from it",
				(unsigned long long)newer);
	if (a->generation == b->generation)
		return VSX_OK;
	if (slots[!chosen].super.generation + 1 != newer ||
	    (newer & 1) != (uint64_t)chosen)
		return vsx_fail(err, VSX_ECORRUPT,
				"superblock slot 1 has generation %llu, "
				"slot 0 %llu",
				(unsigned long long)b->generation,
				(unsigned long long)a->generation);
	if (memcmp(a->uuid, b->uuid, sizeof(a->uuid)) != 0)
		return vsx_fail(err, VSX_ECORRUPT,
				"superblock slot 1 has a different uuid "
				"from slot 0");
	return VSX_OK;
}

enum vsx_status vsx_super_choose(struct vsx_slot slots[2], int *chosen,
				 const uint8_t *raw, size_t n,
				 struct vsx_error *err)
{
	const struct vsx_slot *a = &slots[0], *b = &slots[1];
	const struct vsx_slot *says;

	read_slot(&slots[0], raw, n < VSX_SLOT_BYTES ? n : VSX_SLOT_BYTES);
	read_slot(&slots[1], raw + (n < VSX_SLOT_BYTES ? n : VSX_SLOT_BYTES),
		  n < VSX_SLOT_BYTES ? 0 : n - VSX_SLOT_BYTES);

	if (a->state == VSX_SLOT_VALID &&
	    (b->state != VSX_SLOT_VALID ||
	     a->super.generation >= b->super.generation)) {
		*chosen = 0;
		return VSX_OK;
	}
	if (b->state == VSX_SLOT_VALID) {
		*chosen = 1;
		return VSX_OK;
	}
	/* The slot that at least begins like one of ours tells more. */
	says = a->status == VSX_EFORMAT && b->status != VSX_EFORMAT ? b : a;
	return vsx_retell(err, says->status, &says->error, "%s",
			  says->error.text);
}
