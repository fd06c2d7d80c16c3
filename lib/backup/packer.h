/*
 * A chunk as it is stored: its head and its bytes, compressed where a sample
 * says that it pays. Vectors mostly do not compress, and then next to nothing
 * is spent on finding that out. The same bytes give the same record.
 */
#ifndef VSX_BACKUP_PACKER_H
#define VSX_BACKUP_PACKER_H

#include "backup/record.h"

struct vsx_packer {
	uint32_t room;	 /* the longest chunk that it takes */
	uint8_t *raw;	 /* room for a head and a chunk */
	uint8_t *packed; /* for a head and a compressed chunk */
	uint8_t *planes;
	uint32_t packed_room;
};

enum vsx_status vsx_packer_init(struct vsx_packer *c, uint32_t room,
				struct vsx_error *err);
void vsx_packer_release(struct vsx_packer *c);

/* Make room for a chunk of n bytes; what it holds may be lost. */
enum vsx_status vsx_packer_fit(struct vsx_packer *c, uint32_t n,
			       struct vsx_error *err);

/* Where the caller puts the bytes of a chunk, and finds decoded ones. */
static inline uint8_t *vsx_packer_bytes(const struct vsx_packer *c)
{
	return c->raw + VSX_HEAD_BYTES;
}

/*
 * The record of the n bytes that are in vsx_packer_bytes(), whose hash is this
 * one; *record is valid until the next call.
 */
void vsx_packer_pack(struct vsx_packer *c, uint32_t n, struct vsx_hash hash,
		     const uint8_t **record, size_t *bytes);

/* Where the stored bytes go before they are unpacked. */
uint8_t *vsx_packer_stored(const struct vsx_packer *c,
			   const struct vsx_chunk_head *head);

/*
 * From stored bytes to those of vsx_packer_bytes(), which are then the ones
 * that the head's hash is of.
 */
enum vsx_status vsx_packer_unpack(struct vsx_packer *c,
				  const struct vsx_chunk_head *head,
				  struct vsx_error *err);

#endif
