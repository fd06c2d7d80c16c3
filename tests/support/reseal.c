/* Checksums of an altered file, made right from the pages up. */
#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "names.h"
#include "sums.h"
#include "support/build.h"

static uint64_t get64(const uint8_t *p)
{
	vsx_le64 v;

	memcpy(&v, p, sizeof(v));
	return vsx_get64(v);
}

static uint32_t get32(const uint8_t *p)
{
	vsx_le32 v;

	memcpy(&v, p, sizeof(v));
	return vsx_get32(v);
}

static void put64(uint8_t *p, uint64_t x)
{
	vsx_le64 v;

	vsx_put64(&v, x);
	memcpy(p, &v, sizeof(v));
}

/* The superblock in use, its fields as they are; false: there is none. */
static bool find_super(const uint8_t *bytes, size_t n,
		       struct vsx_disk_super *out)
{
	uint64_t best = 0;
	bool found = false;

	for (int i = 0; i < 2; i++) {
		struct vsx_disk_super d;

		if (n < (size_t)i * VSX_SLOT_BYTES + sizeof(d))
			break;
		memcpy(&d, bytes + i * VSX_SLOT_BYTES, sizeof(d));
		if (memcmp(d.magic, VSX_MAGIC, VSX_MAGIC_BYTES) != 0)
			continue;
		if (!found || vsx_get64(d.generation) > best) {
			best = vsx_get64(d.generation);
			*out = d;
			found = true;
		}
	}
	return found;
}

static void seal_section(uint8_t *bytes, size_t n, uint32_t shift,
			 uint8_t *entry)
{
	uint64_t offset = get64(entry + 16), length = get64(entry + 24);
	uint64_t at = get64(entry + 40), page = UINT64_C(1) << shift;
	struct vsx_hash root;
	struct vsx_sums s;

	if (length == 0 || !vsx_within(offset, length, n) ||
	    !vsx_sums_shape(&s, length, shift) || !vsx_within(at, s.bytes, n))
		return;
	for (uint64_t i = 0; i < s.count[0]; i++)
		put64(bytes + at + i * 8,
		      vsx_sum64(bytes + offset + i * page,
				vsx_sums_page_bytes(&s, i)));
	for (uint32_t l = 0; l + 1 < s.n_levels; l++)
		for (uint64_t i = 0; i < s.count[l + 1]; i++)
			put64(bytes + at + s.start[l + 1] + i * 8,
			      vsx_sum64(bytes + at + s.start[l] + i * page,
					vsx_sums_chunk_bytes(&s, l, i)));
	root = vsx_hash128(bytes + at + s.start[s.n_levels - 1],
			   s.count[s.n_levels - 1] * 8);
	memcpy(entry + 56, root.b, 16);
}

/* The rows of the table of sections: *first and how many. */
static uint64_t find_sections(const uint8_t *manifest, uint64_t length,
			      uint64_t *first)
{
	uint64_t n_sections, room;

	if (length < sizeof(struct vsx_disk_manifest))
		return 0;
	*first =
		sizeof(struct vsx_disk_manifest) +
		(uint64_t)get32(manifest + 4) * sizeof(struct vsx_disk_segment);
	n_sections = get32(manifest + 8);
	room = *first < length
		       ? (length - *first) / sizeof(struct vsx_disk_section)
		       : 0;
	return n_sections < room ? n_sections : room;
}

void support_reseal(uint8_t *bytes, size_t n)
{
	struct vsx_disk_super d;
	uint64_t at, length, first = 0, count;
	struct vsx_hash hash;
	uint32_t shift;

	if (!find_super(bytes, n, &d))
		return;
	at = vsx_get64(d.manifest_offset);
	length = vsx_get64(d.manifest_bytes);
	shift = vsx_get32(d.page_shift);
	if (shift >= VSX_MIN_PAGE_SHIFT && shift <= VSX_MAX_PAGE_SHIFT &&
	    vsx_within(at, length, n)) {
		count = find_sections(bytes + at, length, &first);
		for (uint64_t i = 0; i < count; i++)
			seal_section(
				bytes, n, shift,
				bytes + at + first +
					i * sizeof(struct vsx_disk_section));
		hash = vsx_hash128(bytes + at, length);
		memcpy(d.manifest_hash, hash.b, 16);
	}
	for (int i = 0; i < 2; i++) {
		uint8_t *slot = bytes + i * VSX_SLOT_BYTES;
		size_t room = n - (size_t)i * VSX_SLOT_BYTES;

		if (n < (size_t)i * VSX_SLOT_BYTES || room < VSX_SUPER_BYTES ||
		    memcmp(slot, VSX_MAGIC, VSX_MAGIC_BYTES) != 0)
			continue;
		if (get64(slot + 32) == vsx_get64(d.generation))
			memcpy(slot + 64, d.manifest_hash, 16);
		vsx_super_seal(slot);
	}
}

bool support_section(const uint8_t *bytes, size_t n, const char *name,
		     uint64_t *offset, uint64_t *length)
{
	struct vsx_disk_super d;
	uint64_t at, first = 0, count;

	if (!find_super(bytes, n, &d))
		return false;
	at = vsx_get64(d.manifest_offset);
	if (!vsx_within(at, vsx_get64(d.manifest_bytes), n))
		return false;
	count = find_sections(bytes + at, vsx_get64(d.manifest_bytes), &first);
	for (uint64_t i = 0; i < count; i++) {
		const uint8_t *e = bytes + at + first +
				   i * sizeof(struct vsx_disk_section);

		if (memcmp(e, name, 4) != 0)
			continue;
		*offset = get64(e + 16);
		*length = get64(e + 24);
		return true;
	}
	return false;
}
