/* The superblock and the choice between its two slots. SPEC.md section 4.1. */
#ifndef VSX_SUPER_H
#define VSX_SUPER_H

#include "checksum.h"
#include "disk.h"
#include "vsx_status.h"

struct vsx_super {
	uint32_t page_shift;
	uint64_t feature_compat;
	uint64_t feature_write;
	uint64_t generation;
	uint64_t committed_bytes;
	uint64_t manifest_offset;
	uint64_t manifest_bytes;
	struct vsx_hash manifest_hash;
	uint8_t uuid[16];
};

/* The feature bits of feature_incompat that this code understands: none yet. */
#define VSX_KNOWN_INCOMPAT UINT64_C(0)
/* And of feature_write, without which a file may be read but not changed. */
#define VSX_KNOWN_WRITE UINT64_C(0)

/* Where the first section may lie: behind both slots. */
static inline uint64_t vsx_data_start(uint32_t page_shift)
{
	uint64_t page = UINT64_C(1) << page_shift;

	return page > 2 * VSX_SLOT_BYTES ? page : 2 * VSX_SLOT_BYTES;
}

void vsx_super_encode(uint8_t out[VSX_SUPER_BYTES], const struct vsx_super *sb);

/* Recompute the checksum of an encoded superblock (tests alter bytes). */
void vsx_super_seal(uint8_t raw[VSX_SUPER_BYTES]);

/*
 * Decode one slot from its first n bytes. VSX_EFORMAT: no magic (an empty slot
 * among them); VSX_EVERSION: from a newer writer; VSX_ECORRUPT: damaged.
 * Order: magic, checksum, version, features, fields.
 */
enum vsx_status vsx_super_decode(struct vsx_super *sb, const uint8_t *raw,
				 size_t n, struct vsx_error *err);

/* What a slot holds. */
enum vsx_slot_state { VSX_SLOT_VALID, VSX_SLOT_EMPTY, VSX_SLOT_BAD };

struct vsx_slot {
	enum vsx_slot_state state;
	enum vsx_status status; /* why it is bad */
	struct vsx_super super;
	struct vsx_error error;
};

/*
 * Read both slots from the first n bytes of a file and choose: the valid one
 * with the higher generation, slot 0 on a tie. `chosen` gets 0 or 1.
 * Fails when neither is valid, with what slot 0 has to say first.
 */
enum vsx_status vsx_super_choose(struct vsx_slot slots[2], int *chosen,
				 const uint8_t *raw, size_t n,
				 struct vsx_error *err);

/*
 * What two valid slots have in common, since a commit follows another: SPEC.md
 * 4.1. VSX_ECORRUPT: one of them is not of this file. raw is what they were
 * read from, both slots of it.
 */
enum vsx_status vsx_super_agree(const struct vsx_slot slots[2], int chosen,
				const uint8_t *raw, struct vsx_error *err);

#endif
