/* Files of several segments or generations, which no call writes yet. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/sink.h"
#include "support/build.h"

enum { MOST_PARTS = 8, PAGE_SHIFT = 12 };

struct join {
	struct vsx_file file;
	struct vsx_sink sink;
	struct vsx_manifest manifest;
	struct vsx_segment_entry segments[MOST_PARTS];
	struct vsx_error err;
};

static void must(const struct join *j, enum vsx_status status)
{
	if (status == VSX_OK)
		return;
	fprintf(stderr, "test support: join: %s\n", j->err.text);
	abort();
}

/* The manifest of a file in memory that is known to be sound. */
static void read_manifest(struct join *j, struct vsx_manifest *m,
			  const uint8_t *bytes)
{
	struct vsx_super sb;

	must(j, vsx_super_decode(&sb, bytes, VSX_SUPER_BYTES, &j->err));
	must(j, vsx_manifest_decode(m, bytes + sb.manifest_offset,
				    sb.manifest_bytes, &sb, &j->err));
}

/* The sections of a manifest; those of segments become those of `number`. */
static void add_sections(struct join *j, const struct vsx_manifest *m,
			 const uint8_t *bytes, uint32_t number, bool whole)
{
	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);
		uint32_t segment = number;

		if (e.segment == VSX_WHOLE_INDEX && !whole)
			continue;
		if (e.segment == VSX_WHOLE_INDEX)
			segment = VSX_WHOLE_INDEX;
		must(j, vsx_sink_begin(&j->sink, vsx_section_slot(e.id),
				       segment, &j->err));
		must(j, vsx_sink_write(&j->sink, bytes + e.offset, e.bytes,
				       &j->err));
		must(j, vsx_sink_end(&j->sink, &j->err));
	}
}

static void add_part(struct join *j, const char *path)
{
	uint32_t number = j->manifest.n_segments++;
	struct vsx_manifest m;
	size_t n;
	uint8_t *bytes = support_read(path, &n);

	read_manifest(j, &m, bytes);
	j->segments[number] = vsx_manifest_segment(&m, 0);
	j->manifest.dim = m.dim;
	j->manifest.metric = m.metric;
	j->manifest.elem = m.elem;
	j->manifest.n_rows += m.n_rows;
	j->manifest.n_live += m.n_live;
	j->manifest.default_effort = m.default_effort;
	j->manifest.default_refine = m.default_refine;
	memcpy(j->manifest.asked, m.asked, sizeof(m.asked));
	add_sections(j, &m, bytes, number, false);
	free(bytes);
}

void support_join(const char *path, const char *const *parts, uint32_t n)
{
	static const char properties[] = "spec=joined";
	struct join j = {.file = {&vsx_system_files, -1, path}};
	struct vsx_super sb;

	j.file.fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	must(&j, vsx_sink_init(&j.sink, &j.file, PAGE_SHIFT,
			       vsx_data_start(PAGE_SHIFT), &j.err));
	for (uint32_t i = 0; i < n && i < MOST_PARTS; i++)
		add_part(&j, parts[i]);
	j.manifest.generation = 1;
	j.manifest.properties_bytes = sizeof(properties);
	must(&j, vsx_sink_commit(&j.sink, &j.manifest, j.segments, properties,
				 &sb, &j.err));
	must(&j, vsx_sink_first_super(&j.file, &sb, &j.err));
	vsx_sink_release(&j.sink);
	must(&j, vsx_file_close(&j.file, &j.err));
}

void support_commit(const char *path)
{
	struct join j = {.file = {&vsx_system_files, -1, path}};
	struct vsx_super old, sb;
	uint8_t slot[VSX_SUPER_BYTES];
	const char *properties;
	size_t n;
	uint8_t *bytes = support_read(path, &n);
	struct vsx_super other;

	must(&j, vsx_super_decode(&old, bytes, VSX_SUPER_BYTES, &j.err));
	must(&j, vsx_super_decode(&other, bytes + VSX_SLOT_BYTES,
				  VSX_SUPER_BYTES, &j.err));
	if (other.generation > old.generation)
		old = other;
	must(&j, vsx_manifest_decode(&j.manifest, bytes + old.manifest_offset,
				     old.manifest_bytes, &old, &j.err));
	j.segments[0] = vsx_manifest_segment(&j.manifest, 0);
	properties = (const char *)bytes + old.manifest_offset +
		     old.manifest_bytes - j.manifest.properties_bytes;
	j.file.fd = open(path, O_RDWR | O_CLOEXEC);
	must(&j, vsx_sink_init(&j.sink, &j.file, old.page_shift,
			       old.committed_bytes, &j.err));
	add_sections(&j, &j.manifest, bytes, 0, true);
	j.manifest.generation++;
	must(&j, vsx_sink_commit(&j.sink, &j.manifest, j.segments, properties,
				 &sb, &j.err));
	memcpy(sb.uuid, old.uuid, sizeof(sb.uuid));
	vsx_super_encode(slot, &sb);
	must(&j, vsx_file_write(&j.file, slot, sizeof(slot),
				(sb.generation & 1) * VSX_SLOT_BYTES, &j.err));
	vsx_sink_release(&j.sink);
	must(&j, vsx_file_close(&j.file, &j.err));
	free(bytes);
}
