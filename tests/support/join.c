/* Files of several segments, which no call of the library writes yet. */
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
	for (uint32_t i = 0; i < m.n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(&m, i);

		if (e.segment == VSX_WHOLE_INDEX)
			continue;
		must(j, vsx_sink_begin(&j->sink, vsx_section_slot(e.id), number,
				       e.encoding, 0, &j->err));
		must(j, vsx_sink_write(&j->sink, bytes + e.offset, e.bytes,
				       &j->err));
		must(j, vsx_sink_end(&j->sink, &j->err));
	}
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
