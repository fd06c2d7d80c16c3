#include "backup/checked.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"

#define MIN_SLOTS 1024
#define MOST_NAPS 20

struct vsx_checked_slot {
	struct vsx_chunk_check check; /* at is 0: the slot is free */
	bool now;
};

/* The hash of a chunk is as good as any other; those of an attacker make it
 * slow and not wrong. */
static size_t first_slot(const struct vsx_checked *c, struct vsx_hash hash)
{
	return (size_t)vsx_load64(hash.b) & (c->n_slots - 1);
}

/* Where the chunk is, or may be put. */
static struct vsx_checked_slot *find(const struct vsx_checked *c,
				     struct vsx_hash hash)
{
	size_t i = first_slot(c, hash);

	while (c->slots[i].check.at &&
	       !vsx_hash_equal(c->slots[i].check.hash, hash))
		i = (i + 1) & (c->n_slots - 1);
	return &c->slots[i];
}

/* Room for n chunks: half of the slots stay free. */
static enum vsx_status make_room(struct vsx_checked *c, size_t n,
				 struct vsx_error *err)
{
	struct vsx_checked wide = *c;
	size_t want = MIN_SLOTS;

	while (want / 2 < n)
		want *= 2;
	if (want <= c->n_slots)
		return VSX_OK;
	wide.n_slots = want;
	VSX_TRY(vsx_alloc_to(&wide.slots, want, sizeof(*wide.slots), err));
	for (size_t i = 0; i < c->n_slots; i++)
		if (c->slots[i].check.at)
			*find(&wide, c->slots[i].check.hash) = c->slots[i];
	free(c->slots);
	*c = wide;
	return VSX_OK;
}

/* A time that is still to come was told by a clock that was wrong. */
static bool is_believed(const struct vsx_checked *c, uint64_t at)
{
	return at <= c->now && c->now - at < VSX_CHECKED_SECONDS;
}

static enum vsx_status take(struct vsx_checked *c, const uint8_t *bytes,
			    uint64_t n_bytes, struct vsx_error *err)
{
	uint64_t n;

	if (vsx_checked_count(&n, bytes, n_bytes, NULL) != VSX_OK)
		return VSX_OK;
	VSX_TRY(make_room(c, (size_t)n, err));
	for (uint64_t i = 0; i < n; i++) {
		struct vsx_chunk_check check;

		vsx_checked_get(&check, bytes, i);
		if (!is_believed(c, check.at))
			continue;
		*find(c, check.hash) =
			(struct vsx_checked_slot){.check = check};
		c->n++;
	}
	return VSX_OK;
}

enum vsx_status vsx_checked_load(struct vsx_checked *c,
				 const struct vsx_repo *repo,
				 struct vsx_error *err)
{
	char *path = vsx_repo_path(repo, "checked");
	enum vsx_status status;
	struct timespec now;
	uint8_t *bytes = NULL;
	uint64_t n = 0;

	memset(c, 0, sizeof(*c));
	clock_gettime(CLOCK_REALTIME, &now);
	c->now = now.tv_sec > 0 ? (uint64_t)now.tv_sec : 1;
	if (!path)
		return vsx_fail_memory(err, strlen(repo->path));
	status = vsx_repo_read(&bytes, &n, path, VSX_MAX_CHECKED_BYTES, err);
	if (status == VSX_OK)
		status = take(c, bytes, n, err);
	free(bytes);
	free(path);
	return status == VSX_ENOMEM ? status : VSX_OK;
}

void vsx_checked_release(struct vsx_checked *c)
{
	free(c->slots);
	memset(c, 0, sizeof(*c));
}

static const struct vsx_checked_slot *look_up(const struct vsx_checked *c,
					      struct vsx_hash hash,
					      uint64_t stamp)
{
	const struct vsx_checked_slot *s = c->n_slots ? find(c, hash) : NULL;

	return s && s->check.at && s->check.stamp == stamp ? s : NULL;
}

bool vsx_checked_now(const struct vsx_checked *c, struct vsx_hash hash,
		     uint64_t stamp)
{
	const struct vsx_checked_slot *s = look_up(c, hash, stamp);

	return s && s->now;
}

bool vsx_checked_lately(const struct vsx_checked *c, struct vsx_hash hash,
			uint64_t stamp)
{
	return look_up(c, hash, stamp) != NULL;
}

enum vsx_status vsx_checked_add(struct vsx_checked *c, struct vsx_hash hash,
				uint64_t stamp, struct vsx_error *err)
{
	struct vsx_checked_slot *s;

	VSX_TRY(make_room(c, c->n + 1, err));
	s = find(c, hash);
	c->n += s->check.at == 0;
	if (c->newest < stamp)
		c->newest = stamp;
	*s = (struct vsx_checked_slot){{hash, c->now, stamp}, true};
	c->changed = true;
	return VSX_OK;
}

/* The slot stays: what was put behind it is found by way of it. */
void vsx_checked_drop(struct vsx_checked *c, struct vsx_hash hash)
{
	struct vsx_checked_slot *s = c->n_slots ? find(c, hash) : NULL;

	if (!s || !s->check.at)
		return;
	s->check.stamp = VSX_NO_STAMP;
	c->changed = true;
}

/* ---- writing ---------------------------------------------------------- */

/* Heap, sorted; NULL when there is no memory. */
static uint8_t *encode(const struct vsx_checked *c, uint64_t *bytes)
{
	struct vsx_chunk_check *all;
	uint8_t *out;
	size_t n = 0;

	if (vsx_alloc_to(&all, c->n, sizeof(*all), NULL) != VSX_OK)
		return NULL;
	for (size_t i = 0; i < c->n_slots; i++)
		if (c->slots[i].check.at &&
		    c->slots[i].check.stamp != VSX_NO_STAMP)
			all[n++] = c->slots[i].check;
	if (n)
		qsort(all, n, sizeof(*all), vsx_hash_order);
	out = vsx_checked_encode(bytes, all, n);
	free(all);
	return out;
}

/*
 * Stamps are those of a clock that ticks slowly. A file that is changed before
 * the next tick would keep the one that it has.
 */
static void wait_for_tick(uint64_t newest)
{
	struct timespec nap = {0, 1000000}, now;

	for (int i = 0; i < MOST_NAPS; i++) {
		clock_gettime(CLOCK_REALTIME_COARSE, &now);
		if (newest < vsx_repo_time(&now))
			return;
		nanosleep(&nap, NULL);
	}
}

/*
 * It is not synced, since nothing is lost with it: what a crash leaves of it
 * has a wrong sum. Others may do the same at the same time, and one of them
 * wins.
 */
void vsx_checked_save(struct vsx_checked *c, const struct vsx_repo *repo)
{
	uint64_t n = 0;
	uint8_t *bytes = c->changed ? encode(c, &n) : NULL;

	c->changed = false;
	if (!bytes)
		return;
	wait_for_tick(c->newest);
	vsx_repo_replace(repo, "checked", bytes, n, false, NULL);
	free(bytes);
}
