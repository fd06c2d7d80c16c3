#include "read/model.h"

#include <string.h>

/* An empty text says nothing. */
static const char *text_or_null(const char *text)
{
	return text && *text ? text : NULL;
}

struct vsx_model vsx_model_of(const struct vsx *index)
{
	return (struct vsx_model){
		.name = text_or_null(vsx_property(index, "model")),
		.hash = text_or_null(vsx_property(index, "model_hash")),
		.aliases = text_or_null(vsx_property(index, "model_alias")),
	};
}

static bool is_word(const char *text, const char *word, size_t length)
{
	return strncmp(text, word, length) == 0 && text[length] == '\0';
}

bool vsx_model_has_name(const struct vsx_model *m, const char *word,
			size_t length)
{
	const char *at = m->aliases;

	if (m->name && is_word(m->name, word, length))
		return true;
	while (at && *at) {
		size_t n = strcspn(at, ",");

		if (n == length && memcmp(at, word, n) == 0)
			return true;
		at += n + (at[n] == ',');
	}
	return false;
}

/* Whether the two have any name in common. */
static bool names_meet(const struct vsx_model *a, const struct vsx_model *b)
{
	const char *at = a->aliases;

	if (vsx_model_has_name(b, a->name, strlen(a->name)))
		return true;
	while (at && *at) {
		size_t n = strcspn(at, ",");

		if (n > 0 && vsx_model_has_name(b, at, n))
			return true;
		at += n + (at[n] == ',');
	}
	return false;
}

enum vsx_model_relation vsx_model_compare(const struct vsx_model *a,
					  const struct vsx_model *b)
{
	bool named = a->name && b->name;
	bool meet = named && names_meet(a, b);

	if (a->hash && b->hash) {
		if (strcmp(a->hash, b->hash) != 0)
			return VSX_MODEL_OTHER_HASH;
		return named && !meet ? VSX_MODEL_RENAMED : VSX_MODEL_SAME;
	}
	if (!named)
		return VSX_MODEL_UNKNOWN;
	return meet ? VSX_MODEL_SAME : VSX_MODEL_OTHER_NAME;
}

enum vsx_status vsx_check_model(const struct vsx *index, const char *model,
				const char *hash, struct vsx_error *note,
				struct vsx_error *err)
{
	struct vsx_model given = {.name = text_or_null(model),
				  .hash = text_or_null(hash)};
	struct vsx_model own = vsx_model_of(index);

	if (!given.name && !given.hash) {
		vsx_fail(note, VSX_OK, "%s", "");
		return VSX_OK;
	}
	switch (vsx_model_compare(&own, &given)) {
	case VSX_MODEL_SAME:
		vsx_fail(note, VSX_OK, "%s", "");
		return VSX_OK;
	case VSX_MODEL_RENAMED:
		vsx_fail(note, VSX_OK,
			 "%s: model is '%.80s', here it is '%.80s', with the "
			 "same hash",
			 index->name, own.name, given.name);
		return VSX_OK;
	case VSX_MODEL_OTHER_HASH:
		return vsx_fail(err, VSX_EINVAL,
				"%s: hash of the model is '%.80s', the "
				"vectors are of '%.80s'",
				index->name, own.hash, given.hash);
	case VSX_MODEL_OTHER_NAME:
		return vsx_fail(err, VSX_EINVAL,
				"%s: model is '%.80s', the vectors are of "
				"'%.80s'",
				index->name, own.name, given.name);
	case VSX_MODEL_UNKNOWN:
		break;
	}
	return vsx_fail(err, VSX_EINVAL,
			"%s: names no %s, the vectors are of '%.80s'",
			index->name, given.name ? "model" : "hash of its model",
			given.name ? given.name : given.hash);
}
