/* Rows of a segment by their keys. SPEC.md 5.12. */
#ifndef VSX_KEYS_H
#define VSX_KEYS_H

#include "base/rng.h"
#include "segment/strings.h"

/* Where a key belongs among n buckets, n at least 1. */
static inline uint64_t vsx_key_home(uint64_t hash, uint64_t n)
{
	return (uint64_t)((vsx_u128)hash * n >> 64);
}

static inline uint8_t vsx_key_tag(uint64_t hash)
{
	return (uint8_t)hash;
}

static inline bool vsx_keys_present(const struct vsx_segment *seg)
{
	return seg->view[VSX_SEC_KEYS].base != NULL;
}

/* The lengths of KEYS, KDIR and KTAB. */
enum vsx_status vsx_keys_open(const struct vsx_segment *seg,
			      struct vsx_error *err);

/*
 * The row with a key, deleted or not: there is at most one in a segment.
 * VSX_ENOTFOUND (without a text) if none has it.
 */
enum vsx_status vsx_keys_find(const struct vsx_segment *seg,
			      const struct vsx_bytes *key, uint32_t *row,
			      struct vsx_error *err);

/* The same of live rows. */
enum vsx_status vsx_keys_find_live(const struct vsx_segment *seg,
				   const struct vsx_bytes *key, uint32_t *row,
				   struct vsx_error *err);

/* A key as messages show it: one line, of a long one the beginning. */
#define VSX_KEY_TEXT 72
void vsx_key_text(char out[VSX_KEY_TEXT], const struct vsx_bytes *key);

/* Everything that SPEC.md says of them. */
enum vsx_status vsx_keys_check(const struct vsx_segment *seg,
			       vsx_finding *report, void *context,
			       struct vsx_error *err);

#endif
