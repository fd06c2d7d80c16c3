#include "io/room.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "io/advice.h"

/* Set aside for growth: as much again, and no less than this. */
#define LEAST_GROWTH (UINT64_C(1) << 30)

struct vsx_room {
	atomic_uint holders;
	void *space; /* set aside; NULL: none was */
	uint64_t space_bytes;
	uint8_t *base;	   /* in it */
	uint64_t reserved; /* bytes from there on */
	dev_t dev;
	ino_t ino;
	struct vsx_region *region;
	_Atomic uint64_t mapped; /* bytes of the file */
};

/* Place the file over the reserved bytes [from, to). */
static bool place(struct vsx_room *room, int fd, uint64_t from, uint64_t to)
{
	/* The last page of before may have been cut by the end of the file. */
	from &= ~((uint64_t)sysconf(_SC_PAGESIZE) - 1);
	return mmap(room->base + from, to - from, PROT_READ,
		    MAP_SHARED | MAP_FIXED, fd, (off_t)from) != MAP_FAILED;
}

/*
 * Address space in which `bytes` begin where a large page may. Of whole large
 * pages: Linux 6.7 and later let such begin there by themselves, and then
 * nothing is left over in front, which would be a mapping of its own.
 */
static bool set_aside(struct vsx_room *room, uint64_t bytes)
{
	uint64_t all;
	uint8_t *p;

	if (bytes > SIZE_MAX - 2 * VSX_LARGE_PAGE)
		return false;
	all = (bytes + 2 * VSX_LARGE_PAGE - 1) & ~(VSX_LARGE_PAGE - 1);
	p = mmap(NULL, all, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return false;
	room->space = p;
	room->space_bytes = all;
	room->base = p + -(uintptr_t)p % VSX_LARGE_PAGE;
	room->reserved = bytes;
	return true;
}

/* As much as the system gives, but `bytes` at least. */
static bool reserve(struct vsx_room *room, uint64_t bytes)
{
	uint64_t more = bytes > LEAST_GROWTH ? bytes : LEAST_GROWTH;

	return (bytes <= SIZE_MAX - more && set_aside(room, bytes + more)) ||
	       set_aside(room, bytes);
}

static enum vsx_status attach(struct vsx_room *room, int fd, uint64_t bytes,
			      struct vsx_error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return vsx_fail_errno(err, "cannot stat");
	room->dev = st.st_dev;
	room->ino = st.st_ino;
	if (!reserve(room, bytes))
		return vsx_fail_errno(err, "cannot map %llu bytes",
				      (unsigned long long)bytes);
	room->region = vsx_region_add(room->base, room->reserved, false);
	if (!place(room, fd, 0, bytes))
		return vsx_fail_errno(err, "cannot map %llu bytes",
				      (unsigned long long)bytes);
	atomic_store(&room->mapped, bytes);
	return VSX_OK;
}

enum vsx_status vsx_room_open(struct vsx_room **out, int fd, uint64_t bytes,
			      struct vsx_error *err)
{
	struct vsx_room *room;
	enum vsx_status status;

	*out = NULL;
	VSX_TRY(vsx_alloc_to(&room, 1, sizeof(*room), err));
	atomic_init(&room->holders, 1);
	status = attach(room, fd, bytes, err);
	if (status != VSX_OK) {
		vsx_room_drop(room);
		return status;
	}
	*out = room;
	return VSX_OK;
}

const uint8_t *vsx_room_base(const struct vsx_room *room)
{
	return room->base;
}

struct vsx_region *vsx_room_region(const struct vsx_room *room)
{
	return room->region;
}

bool vsx_room_is_of(const struct vsx_room *room, int fd)
{
	struct stat st;

	/* A mapped file keeps its number, even when it has lost its name. */
	return fstat(fd, &st) == 0 && st.st_dev == room->dev &&
	       st.st_ino == room->ino;
}

/*
 * Without a lock, which a fork might leave taken: to place the same bytes once
 * more over themselves disturbs nobody who reads them.
 */
bool vsx_room_grow(struct vsx_room *room, int fd, uint64_t bytes)
{
	uint64_t mapped = atomic_load(&room->mapped), at;

	if (bytes > room->reserved || vsx_region_broken(room->region, &at))
		return false;
	if (bytes > mapped && !place(room, fd, mapped, bytes))
		return false;
	while (mapped < bytes &&
	       !atomic_compare_exchange_weak(&room->mapped, &mapped, bytes))
		;
	return true;
}

void vsx_room_hold(struct vsx_room *room)
{
	atomic_fetch_add(&room->holders, 1);
}

void vsx_room_drop(struct vsx_room *room)
{
	if (atomic_fetch_sub(&room->holders, 1) != 1)
		return;
	vsx_region_drop(room->region);
	if (room->space)
		munmap(room->space, room->space_bytes);
	free(room);
}
