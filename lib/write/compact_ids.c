#include "write/compact_ids.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "segment/keys.h"
#include "train/by_id.h"
#include "write/intake/key_set.h"

typedef unsigned long long ull;

/* Ids that a message names. */
#define MAX_NAMED 5

enum vsx_status vsx_compact_ids_opts(const struct vsx_compact_opts *o,
				     size_t n_inputs, struct vsx_error *err)
{
	if (o->renumber && o->id_offsets)
		return vsx_fail(err, VSX_EINVAL,
				"renumber and id_offsets cannot be combined");
	if (o->id_offsets && o->n_id_offsets != n_inputs)
		return vsx_fail(err, VSX_EINVAL,
				"%zu id offsets for %zu indexes",
				o->n_id_offsets, n_inputs);
	return VSX_OK;
}

enum vsx_status vsx_compact_ids_move(uint64_t *out,
				     const struct vsx_batch *rows,
				     uint64_t offset, const char *path,
				     struct vsx_error *err)
{
	const uint64_t *ids = rows->ids;

	for (size_t i = 0; i < rows->n; i++)
		if (__builtin_add_overflow(ids[i], offset, &out[i]))
			return vsx_fail(err, VSX_EINVAL,
					"%.300s: id %llu and an offset of %llu "
					"are more than %llu",
					path, (ull)ids[i], (ull)offset,
					(ull)UINT64_MAX);
	return VSX_OK;
}

enum vsx_status vsx_compact_ids_renumber(struct vsx_spool *s, uint64_t first,
					 struct vsx_error *err)
{
	uint64_t *ids = vsx_spool_ids(s) + first;
	struct vsx_rows rows = {.n = (uint32_t)(s->n - first), .ids = ids};
	uint32_t *order;

	if (rows.n == 0)
		return VSX_OK;
	VSX_TRY(vsx_rows_by_id(NULL, &rows, &order, err));
	for (uint32_t i = 0; i < rows.n; i++)
		ids[order[i]] = first + i;
	free(order);
	return VSX_OK;
}

static size_t input_of(const uint64_t *ends, uint64_t row)
{
	size_t i = 0;

	while (ends[i] <= row)
		i++;
	return i;
}

/* Two inputs and the ids that they have in common. */
struct common {
	size_t a, b;
	uint64_t n;
	char named[MAX_NAMED * 22];
};

static void count(struct common *c, size_t a, size_t b, uint64_t id)
{
	size_t at = strlen(c->named);

	if (a == b || (c->n && (a != c->a || b != c->b)))
		return;
	c->a = a;
	c->b = b;
	if (c->n++ < MAX_NAMED)
		snprintf(c->named + at, sizeof(c->named) - at, "%s%llu",
			 at ? ", " : "", (ull)id);
}

static enum vsx_status say_common(const struct common *c,
				  const char *const *paths,
				  struct vsx_error *err)
{
	char more[48] = "";

	if (c->n == 0)
		return VSX_OK;
	if (c->n > MAX_NAMED)
		snprintf(more, sizeof(more), " and %llu more",
			 (ull)(c->n - MAX_NAMED));
	return vsx_fail(err, VSX_EINVAL,
			"'%.120s' and '%.120s' both have id %s%s: --renumber "
			"or --id-offset of vsx-compact makes them differ",
			paths[c->a], paths[c->b], c->named, more);
}

enum vsx_status vsx_compact_ids_check(const struct vsx_spool *s,
				      const char *const *paths,
				      const uint64_t *ends, size_t n_inputs,
				      struct vsx_error *err)
{
	struct vsx_rows rows = vsx_spool_view(s);
	struct common c = {.n = 0};
	uint32_t *order;

	if (n_inputs < 2 || vsx_ids_strictly_rise(&rows))
		return VSX_OK;
	VSX_TRY(vsx_rows_by_id(NULL, &rows, &order, err));
	/* Rows of one id follow each other by number, and so by input. */
	for (uint32_t i = 1; i < rows.n; i++)
		if (rows.ids[order[i]] == rows.ids[order[i - 1]])
			count(&c, input_of(ends, order[i - 1]),
			      input_of(ends, order[i]), rows.ids[order[i]]);
	free(order);
	return say_common(&c, paths, err);
}

enum vsx_status vsx_compact_keys_check(const struct vsx_spool *s,
				       const char *const *paths,
				       const uint64_t *ends, size_t n_inputs,
				       struct vsx_error *err)
{
	struct vsx_rows rows = vsx_spool_view(s);
	uint32_t first = VSX_NO_ROW, second = 0;
	char text[VSX_KEY_TEXT];
	struct vsx_key_set set;
	struct vsx_bytes key;

	if (n_inputs < 2 || !rows.attached[VSX_ATT_KEY].at)
		return VSX_OK;
	VSX_TRY(vsx_key_set_init(&set, &rows, err));
	for (; first == VSX_NO_ROW && second < rows.n; second++) {
		key = vsx_row_attached(&rows, VSX_ATT_KEY, second);
		if (key.n)
			first = vsx_key_set_put(&set, second);
	}
	vsx_key_set_release(&set);
	if (first == VSX_NO_ROW)
		return VSX_OK;
	vsx_key_text(text, &key);
	return vsx_fail(err, VSX_EINVAL,
			"'%.120s' and '%.120s' both have key '%s'",
			paths[input_of(ends, first)],
			paths[input_of(ends, second - 1)], text);
}
