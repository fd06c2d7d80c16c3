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

static bool is_own(const char *entry)
{
	return strncmp(entry, VSX_OWN_PREFIX, strlen(VSX_OWN_PREFIX)) == 0;
}

static int by_key(const void *a, const void *b)
{
	return vsx_property_compare(*(const char *const *)a,
				    *(const char *const *)b);
}

static int key_bytes(const char *entry)
{
	return (int)(strchr(entry, '=') - entry);
}

enum vsx_status vsx_own_copy(const char *const **out, const char *const *items,
			     size_t n, struct vsx_error *err)
{
	size_t bytes = n * sizeof(*items);
	const char **copy;
	char *at;

	for (size_t i = 0; i < n; i++)
		bytes += strlen(items[i]) + 1;
	VSX_TRY(vsx_alloc_to(&copy, bytes, 1, err));
	at = (char *)(copy + n);
	for (size_t i = 0; i < n; i++) {
		copy[i] = at;
		at = stpcpy(at, items[i]) + 1;
	}
	*out = copy;
	return VSX_OK;
}

/* Of a key in a message. */
static int shown_bytes(const char *entry)
{
	return key_bytes(entry) < 100 ? key_bytes(entry) : 100;
}

static enum vsx_status check_once(const char *const *items, size_t n,
				  struct vsx_error *err)
{
	enum vsx_status status = VSX_OK;
	const char **sorted;

	VSX_TRY(vsx_own_copy((const char *const **)&sorted, items, n, err));
	qsort(sorted, n, sizeof(*sorted), by_key);
	for (size_t i = 1; status == VSX_OK && i < n; i++)
		if (by_key(&sorted[i - 1], &sorted[i]) == 0)
			status = vsx_fail(err, VSX_EINVAL,
					  "property '%.*s' is given twice",
					  shown_bytes(sorted[i]), sorted[i]);
	free(sorted);
	return status;
}

enum vsx_status vsx_own_check(const char *const *items, size_t n,
			      struct vsx_error *err)
{
	if (!items && n > 0)
		return vsx_fail(err, VSX_EINVAL,
				"%zu properties, but no address", n);
	for (size_t i = 0; i < n; i++) {
		if (!items[i] || !vsx_property_ok(items[i]))
			return vsx_fail(err, VSX_EINVAL,
					"property %zu is not KEY=VALUE on one "
					"line of UTF-8, with a key of a-z, 0-9 "
					"and _ and a value of %d bytes or less",
					i, VSX_MAX_VALUE);
		if (!is_own(items[i]))
			return vsx_fail(err, VSX_EINVAL,
					"property '%.*s': expected a key that "
					"begins with " VSX_OWN_PREFIX,
					shown_bytes(items[i]), items[i]);
	}
	return n ? check_once(items, n, err) : VSX_OK;
}

/* A property of the caller's own without a value is none. */
static void append(char *area, size_t *at, const char *entry)
{
	size_t n = strlen(entry) + 1;

	if (is_own(entry) && (size_t)key_bytes(entry) + 2 == n)
		return;
	memcpy(area + *at, entry, n);
	*at += n;
}

/* Those of `old`, or NULL, with `items` in place of those of the same keys. */
static enum vsx_status merge(char **out, uint32_t *bytes,
			     const struct vsx_manifest *old, bool own_alone,
			     const char **items, size_t n,
			     struct vsx_error *err)
{
	size_t room = old ? old->properties_bytes : 0, at = 0, i = 0;
	const char *entry = NULL;

	qsort(items, n, sizeof(*items), by_key);
	for (size_t j = 0; j < n; j++)
		room += strlen(items[j]) + 1;
	VSX_TRY(vsx_alloc_to(out, room, 1, err));
	while (old && (entry = vsx_manifest_property_next(old, entry))) {
		if (own_alone && !is_own(entry))
			continue;
		while (i < n && by_key(&items[i], &entry) < 0)
			append(*out, &at, items[i++]);
		if (i == n || by_key(&items[i], &entry) > 0)
			append(*out, &at, entry);
	}
	while (i < n)
		append(*out, &at, items[i++]);
	if (at > VSX_MAX_PROPERTIES)
		return vsx_fail(err, VSX_EINVAL,
				"all properties have %zu bytes, expected at "
				"most %u",
				at, VSX_MAX_PROPERTIES);
	*bytes = (uint32_t)at;
	return VSX_OK;
}

/* Texts of the library, and room for pointers to these and the caller's. */
struct texts {
	const char **items;
	size_t n;
	char *area;
	size_t at;
};

static void texts_release(struct texts *t)
{
	free(t->items);
	free(t->area);
}

static void add_text(struct texts *t, const char *key, const char *value)
{
	t->items[t->n++] = t->area + t->at;
	t->at += (size_t)sprintf(t->area + t->at, "%s=%s", key, value) + 1;
}

static void add_id(struct texts *t, uint64_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, id);
	add_text(t, GREATEST_ID, text);
}

static enum vsx_status texts_init(struct texts *t, size_t bytes, size_t n,
				  const char *const *own, size_t n_own,
				  struct vsx_error *err)
{
	*t = (struct texts){0};
	VSX_TRY(vsx_alloc_to(&t->items, n + n_own, sizeof(*t->items), err));
	for (size_t i = 0; i < n_own; i++)
		t->items[t->n++] = own[i];
	return vsx_alloc_to(&t->area, bytes, 1, err);
}

enum vsx_status vsx_properties_new(char **out, uint32_t *bytes,
				   const struct vsx_build_opts *opts,
				   const char *spec, uint64_t greatest_id,
				   const struct vsx_manifest *from,
				   struct vsx_error *err)
{
	const struct {
		const char *key, *value;
	} fixed[] = {
		{"library", "vsx " VSX_VERSION},
		{"model", opts->model},
		{"model_alias", opts->model_aliases},
		{"model_hash", opts->model_hash},
		{"source", opts->source},
		{"spec", spec},
	};
	const size_t n = sizeof(fixed) / sizeof(*fixed);
	size_t room = GREATEST_ROOM;
	enum vsx_status status;
	struct texts t;

	for (size_t i = 0; i < n; i++)
		if (fixed[i].value)
			room += strlen(fixed[i].key) + strlen(fixed[i].value) +
				2;
	status = texts_init(&t, room, n + 1, opts->properties,
			    opts->n_properties, err);
	if (status == VSX_OK && greatest_id)
		add_id(&t, greatest_id);
	for (size_t i = 0; status == VSX_OK && i < n; i++)
		if (fixed[i].value)
			add_text(&t, fixed[i].key, fixed[i].value);
	if (status == VSX_OK)
		status = merge(out, bytes, from, true, t.items, t.n, err);
	texts_release(&t);
	return status;
}

enum vsx_status vsx_properties_renew(char **out, uint32_t *bytes,
				     const struct vsx_manifest *old,
				     uint64_t greatest_id,
				     const char *const *own, size_t n_own,
				     struct vsx_error *err)
{
	enum vsx_status status;
	struct texts t;

	status = texts_init(&t, GREATEST_ROOM, 1, own, n_own, err);
	if (status == VSX_OK) {
		add_id(&t, greatest_id);
		status = merge(out, bytes, old, false, t.items, t.n, err);
	}
	texts_release(&t);
	return status;
}

enum vsx_status vsx_properties_fit(const struct vsx_build_opts *opts,
				   const struct vsx_manifest *from,
				   struct vsx_error *err)
{
	enum vsx_status status;
	char spec[64], *area = NULL;
	uint32_t bytes;

	memset(spec, 'x', sizeof(spec) - 1);
	spec[sizeof(spec) - 1] = '\0';
	status = vsx_properties_new(&area, &bytes, opts, spec, UINT64_MAX, from,
				    err);
	free(area);
	return status;
}

/* What others may have written is not a number, or a smaller one. */
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
