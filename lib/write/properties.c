#include "write/properties.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "segment/ids.h"

#define GREATEST_ID "greatest_id"
/* It, its value and its NUL. */
#define GREATEST_ROOM 40

static void append(char *area, size_t *at, const char *key, const char *value)
{
	if (!value)
		return;
	*at += (size_t)sprintf(area + *at, "%s=%s", key, value) + 1;
}

static void append_id(char *area, size_t *at, uint64_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, id);
	append(area, at, GREATEST_ID, text);
}

enum vsx_status vsx_properties_new(char **out, uint32_t *bytes,
				   const struct vsx_build_opts *opts,
				   const char *spec, uint64_t greatest_id,
				   struct vsx_error *err)
{
	const struct {
		const char *key, *value;
	} texts[] = {
		/* Keys rise. */
		{"library", "vsx " VSX_VERSION},
		{"model", opts->model},
		{"model_alias", opts->model_aliases},
		{"model_hash", opts->model_hash},
		{"source", opts->source},
		{"spec", spec},
	};
	size_t room = GREATEST_ROOM, at = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].value)
			room += strlen(texts[i].key) + strlen(texts[i].value) +
				2;
	VSX_TRY(vsx_alloc_to(out, room, 1, err));
	if (greatest_id)
		append_id(*out, &at, greatest_id);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		append(*out, &at, texts[i].key, texts[i].value);
	*bytes = (uint32_t)at;
	return VSX_OK;
}

enum vsx_status vsx_properties_renew(char **out, uint32_t *bytes,
				     const struct vsx_manifest *old,
				     uint64_t greatest_id,
				     struct vsx_error *err)
{
	const char *entry = NULL;
	bool is_there = false;
	size_t at = 0;

	VSX_TRY(vsx_alloc_to(out, (size_t)old->properties_bytes + GREATEST_ROOM,
			     1, err));
	while ((entry = vsx_manifest_property_next(old, entry))) {
		size_t n = strlen(entry) + 1;
		int order = vsx_property_compare(entry, GREATEST_ID "=");

		if (order >= 0 && !is_there) {
			append_id(*out, &at, greatest_id);
			is_there = true;
		}
		if (order == 0)
			continue;
		memcpy(*out + at, entry, n);
		at += n;
	}
	if (!is_there)
		append_id(*out, &at, greatest_id);
	*bytes = (uint32_t)at;
	return VSX_OK;
}

/* What others may have written is no number, or a smaller one. */
uint64_t vsx_remembered_id(const struct vsx_manifest *m)
{
	const char *text = vsx_manifest_property(m, GREATEST_ID);
	unsigned long long id;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return 0;
	errno = 0;
	id = strtoull(text, &end, 10);
	return *end || errno ? 0 : id;
}

enum vsx_status vsx_greatest_id(const struct vsx *index, uint64_t *id,
				struct vsx_error *err)
{
	*id = vsx_remembered_id(&index->manifest);
	for (uint32_t i = 0; i < index->manifest.n_segments; i++) {
		uint64_t other;

		VSX_TRY(vsx_ids_greatest(&index->segments[i], &other, err));
		if (other > *id)
			*id = other;
	}
	return VSX_OK;
}
