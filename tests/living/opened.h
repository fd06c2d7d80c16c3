/*
 * A file of a later generation in memory, to be broken by hand: its newest
 * manifest and the tables in it. support_reseal() makes its sums right again.
 */
#ifndef LIVING_OPENED_H
#define LIVING_OPENED_H

#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "support/build.h"

struct opened {
	uint8_t *bytes;
	size_t n;
	struct vsx_disk_manifest *manifest;
	struct vsx_disk_segment *segments;
	struct vsx_disk_section *sections;
	uint32_t n_sections;
};

static inline struct opened opened_read(const char *path)
{
	struct vsx_disk_super a, b;
	uint32_t n_segments;
	struct opened o;
	uint8_t *at;

	o.bytes = support_read(path, &o.n);
	memcpy(&a, o.bytes, sizeof(a));
	memcpy(&b, o.bytes + VSX_SLOT_BYTES, sizeof(b));
	if (vsx_get64(b.generation) > vsx_get64(a.generation))
		a = b;
	at = o.bytes + vsx_get64(a.manifest_offset);
	o.manifest = (struct vsx_disk_manifest *)(void *)at;
	o.segments = (struct vsx_disk_segment *)(void *)(o.manifest + 1);
	n_segments = vsx_get32(o.manifest->n_segments);
	o.sections =
		(struct vsx_disk_section *)(void *)(o.segments + n_segments);
	o.n_sections = vsx_get32(o.manifest->n_sections);
	return o;
}

/* The entry of a section; NULL: the segment has none. */
static inline struct vsx_disk_section *opened_section(const struct opened *o,
						      const char *name,
						      uint32_t segment)
{
	for (uint32_t i = 0; i < o->n_sections; i++)
		if (memcmp(&o->sections[i].id, name, 4) == 0 &&
		    vsx_get32(o->sections[i].segment) == segment)
			return &o->sections[i];
	return NULL;
}

/* Its bytes; there must be one. */
static inline uint8_t *opened_data(const struct opened *o, const char *name,
				   uint32_t segment)
{
	struct vsx_disk_section *s = opened_section(o, name, segment);

	if (!s)
		abort();
	return o->bytes + vsx_get64(s->offset);
}

static inline void opened_add32(vsx_le32 *field, uint32_t x)
{
	vsx_put32(field, vsx_get32(*field) + x);
}

static inline void opened_add64(vsx_le64 *field, uint64_t x)
{
	vsx_put64(field, vsx_get64(*field) + x);
}

#endif
