#include "input/truth.h"

#include "cli/fail.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Whether a list has an id twice; `room` is [n]. */
static bool has_twice(const uint64_t *list, uint32_t n, uint64_t *room,
		      uint64_t *id)
{
	memcpy(room, list, n * sizeof(*room));
	qsort(room, n, sizeof(*room), by_number);
	for (uint32_t i = 1; i < n; i++) {
		*id = room[i];
		if (room[i] == room[i - 1])
			return true;
	}
	return false;
}

static enum vsx_status check_list(const uint64_t *list, uint32_t k,
				  uint64_t row, const char *name,
				  uint64_t *room, struct vsx_error *err)
{
	uint32_t n = truth_length(list, k);
	uint64_t id;

	for (uint32_t i = n; i < k; i++)
		if (list[i] != TRUTH_END)
			return tool_fail(err, VSX_EINVAL,
					 "%s: row %" PRIu64 ", column %" PRIu32
					 ": the id %" PRIu64
					 " follows -1, which ends a list",
					 name, row, i, list[i]);
	if (n > 1 && has_twice(list, n, room, &id))
		return tool_fail(err, VSX_EINVAL,
				 "%s: row %" PRIu64 ": the id %" PRIu64
				 " appears twice",
				 name, row, id);
	return VSX_OK;
}

enum vsx_status truth_check_lists(const uint64_t *ids, uint64_t n, uint32_t k,
				  const char *name, struct vsx_error *err)
{
	uint64_t *room = calloc(k, sizeof(*room));
	enum vsx_status status = VSX_OK;

	if (!room)
		return tool_fail_memory(err, k * sizeof(*room));
	for (uint64_t i = 0; i < n && status == VSX_OK; i++)
		status = check_list(ids + i * k, k, i, name, room, err);
	free(room);
	return status;
}

enum vsx_status truth_check_ids(const uint64_t *ids, uint64_t n, uint32_t k,
				const char *name, truth_has *has, void *context,
				const char *where, struct vsx_error *err)
{
	for (uint64_t i = 0; i < n * k; i++)
		if (ids[i] != TRUTH_END && !has(context, ids[i]))
			return tool_fail(err, VSX_EINVAL,
					 "%s: row %" PRIu64 ", column %" PRIu64
					 ": id %" PRIu64 " is not in %s",
					 name, i / k, i % k, ids[i], where);
	return VSX_OK;
}

struct looking {
	const struct vsx *index;
	float *room;
};

/* Damage counts as present: it is not the truth that is wrong then. */
static bool is_live(void *context, uint64_t id)
{
	struct looking *l = context;

	return vsx_get(l->index, id, l->room, NULL) != VSX_ENOTFOUND;
}

enum vsx_status truth_check_index(const uint64_t *ids, uint64_t n, uint32_t k,
				  const char *name, const struct vsx *index,
				  const char *where, struct vsx_error *err)
{
	struct looking l = {.index = index};
	enum vsx_status status;
	struct vsx_facts facts;

	vsx_get_facts(index, &facts);
	l.room = calloc(facts.dim, sizeof(*l.room));
	if (!l.room)
		return tool_fail_memory(err, facts.dim * sizeof(*l.room));
	status = truth_check_ids(ids, n, k, name, is_live, &l, where, err);
	free(l.room);
	return status;
}
