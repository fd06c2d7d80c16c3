#include "write/newer.h"

#include "io/view.h"

static bool is_known(const struct vsx_section_entry *e)
{
	return vsx_section_slot(e->id) != VSX_N_SECTION_SLOTS;
}

static bool is_carried(const struct vsx_section_entry *e)
{
	return e->segment == VSX_WHOLE_INDEX && !is_known(e);
}

enum vsx_status vsx_newer_check(const struct vsx *index, struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;
	uint64_t unknown = index->super.feature_write & ~VSX_KNOWN_WRITE;

	if (unknown)
		return vsx_fail(err, VSX_EVERSION,
				"%s: can be read, but changing it needs "
				"features 0x%llx that this library does not "
				"know",
				index->name, (unsigned long long)unknown);
	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);
		char name[5];

		if (is_known(&e) || e.segment == VSX_WHOLE_INDEX)
			continue;
		vsx_section_letters(name, e.id);
		return vsx_fail(err, VSX_EVERSION,
				"%s: can be read, but segment %u has a "
				"section %s that this library does not "
				"know, which a change would lose",
				index->name, e.segment, name);
	}
	return VSX_OK;
}

bool vsx_newer_has_sections(const struct vsx *index)
{
	const struct vsx_manifest *m = &index->manifest;

	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);

		if (is_carried(&e))
			return true;
	}
	return false;
}

enum vsx_status vsx_newer_carry(const struct vsx *index, struct vsx_sink *sink,
				void (*damaged)(void *context,
						const char *name),
				void *context, struct vsx_error *err)
{
	const struct vsx_manifest *m = &index->manifest;

	for (uint32_t i = 0; i < m->n_sections; i++) {
		struct vsx_section_entry e = vsx_manifest_section(m, i);
		struct vsx_view view = {
			.base = index->map.base + e.offset,
			.bytes = e.bytes,
			.guard = index->guards ? &index->guards[i] : NULL,
		};
		enum vsx_status status;
		struct vsx_error why;
		char name[5];

		if (!is_carried(&e))
			continue;
		vsx_section_letters(name, e.id);
		status = vsx_touch(&view, 0, view.bytes, &why);
		if (status == VSX_ECORRUPT && damaged) {
			damaged(context, name);
			continue;
		}
		if (status != VSX_OK)
			return vsx_named(index->name, status, &why, err);
		VSX_TRY(vsx_sink_begin_id(sink, e.id, VSX_WHOLE_INDEX, err));
		VSX_TRY(vsx_sink_write(sink, view.base, view.bytes, err));
		VSX_TRY(vsx_sink_end(sink, err));
	}
	return VSX_OK;
}
