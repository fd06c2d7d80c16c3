#include "io/map.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/fd.h"
#include "io/limit.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

static enum vsx_status check_type(const struct stat *st, struct vsx_error *err)
{
	const char *what = S_ISDIR(st->st_mode)	   ? "a folder"
			   : S_ISFIFO(st->st_mode) ? "a pipe"
			   : S_ISSOCK(st->st_mode) ? "a socket"
			   : !S_ISREG(st->st_mode) ? "a device"
						   : NULL;

	if (what)
		return vsx_fail(err, VSX_EFORMAT, "is %s, not a VSX index",
				what);
	if (st->st_size == 0)
		return vsx_fail(err, VSX_EFORMAT, "is empty, not a VSX index");
	return VSX_OK;
}

enum vsx_status vsx_file_regular(uint64_t *bytes, int fd, struct vsx_error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return vsx_fail_errno(err, "cannot stat");
	VSX_TRY(check_type(&st, err));
	*bytes = (uint64_t)st.st_size;
	return VSX_OK;
}

enum vsx_status vsx_open_file(int *out, uint64_t *bytes, const char *path,
			      struct vsx_error *err)
{
	enum vsx_status status;
	int fd;

	*out = -1;
	/* Without O_NONBLOCK a pipe would wait for its writer. */
	do
		fd = vsx_fd_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return vsx_fail_errno(err, "cannot open");
	status = vsx_file_regular(bytes, fd, err);
	if (status == VSX_OK)
		*out = fd;
	else
		close(fd);
	return status;
}

enum vsx_status vsx_file_bytes(uint64_t *bytes, int fd, struct vsx_error *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return vsx_fail_errno(err, "cannot stat");
	*bytes = (uint64_t)st.st_size;
	return VSX_OK;
}

int vsx_read_at(int fd, void *to, uint64_t n, uint64_t at)
{
	uint8_t *p = to;

	while (n > 0) {
		ssize_t got = pread(fd, p, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (got == 0)
			return ENODATA;
		p += got;
		at += (uint64_t)got;
		n -= (uint64_t)got;
	}
	return 0;
}

int vsx_origin_read(const struct vsx_origin *from, void *to, uint64_t n,
		    uint64_t at)
{
	if (!from->memory)
		return vsx_read_at(from->fd, to, n, at);
	if (at > from->bytes || n > from->bytes - at)
		return ENODATA;
	memcpy(to, from->memory + at, n);
	return 0;
}

static enum vsx_status copy_origin(struct vsx_map *map,
				   const struct vsx_origin *from,
				   uint64_t bytes, struct vsx_error *err)
{
	enum vsx_status status = vsx_may_hold(bytes, "a copy", err);
	int reason;
	void *p;

	if (status != VSX_OK)
		return status;
	p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return vsx_fail_errno(err, "no memory for a copy of %llu bytes",
				      (unsigned long long)bytes);
	madvise(p, bytes, MADV_HUGEPAGE); /* a wish */
	reason = vsx_origin_read(from, p, bytes, 0);
	if (reason == ENODATA) {
		status = vsx_fail(err, VSX_ETRUNCATED,
				  "was cut below %llu bytes while it was read",
				  (unsigned long long)bytes);
	} else if (reason) {
		errno = reason;
		status = vsx_fail_errno(err, "cannot read");
	} else if (mprotect(p, bytes, PROT_READ) != 0) {
		status = vsx_fail_errno(err, "cannot protect the copy");
	}
	if (status != VSX_OK) {
		munmap(p, bytes);
		return status;
	}
	map->base = p;
	map->bytes = bytes;
	map->copied = true;
	return VSX_OK;
}

enum vsx_status vsx_map_file(struct vsx_map *map, int fd, uint64_t bytes,
			     bool copy, struct vsx_error *err)
{
	const struct vsx_origin from = {.fd = fd, .bytes = bytes};
	struct vsx_error why;
	enum vsx_status status;

	memset(map, 0, sizeof(*map));
	if (copy)
		return copy_origin(map, &from, bytes, err);
	status = vsx_room_open(&map->room, fd, bytes, &why);
	/* Shared folders of some virtual machines, FUSE with direct I/O. */
	if (status == VSX_EIO && why.sys_errno == ENODEV)
		return copy_origin(map, &from, bytes, err);
	if (status != VSX_OK) {
		if (err)
			*err = why;
		return status;
	}
	map->base = vsx_room_base(map->room);
	map->region = vsx_room_region(map->room);
	map->bytes = bytes;
	return VSX_OK;
}

enum vsx_status vsx_map_origin(struct vsx_map *map,
			       const struct vsx_origin *from, uint64_t bytes,
			       bool copy, struct vsx_error *err)
{
	if (!from->memory)
		return vsx_map_file(map, from->fd, bytes, copy, err);
	memset(map, 0, sizeof(*map));
	if (copy)
		return copy_origin(map, from, bytes, err);
	map->base = from->memory;
	map->bytes = bytes;
	map->copied = map->lent = true;
	return VSX_OK;
}

bool vsx_map_share(struct vsx_map *map, const struct vsx_map *of, int fd,
		   uint64_t bytes)
{
	memset(map, 0, sizeof(*map));
	if (!of->room || !vsx_room_is_of(of->room, fd) ||
	    !vsx_room_grow(of->room, fd, bytes))
		return false;
	vsx_room_hold(of->room);
	*map = *of;
	map->bytes = bytes;
	return true;
}

enum vsx_status vsx_map_torn(struct vsx_map *map, int fd, uint64_t found,
			     uint64_t bytes, struct vsx_error *err)
{
	void *p;

	if (found >= bytes)
		return vsx_map_file(map, fd, bytes, false, err);
	memset(map, 0, sizeof(*map));
	p = mmap(NULL, bytes, PROT_READ,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return vsx_fail_errno(err, "cannot map %llu bytes",
				      (unsigned long long)bytes);
	map->base = p;
	map->bytes = bytes;
	map->region = vsx_region_add(p, bytes, false);
	/* The rest of its last page reads as zeros, too. */
	if (found && mmap(p, found, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) ==
			     MAP_FAILED) {
		vsx_map_close(map);
		return vsx_fail_errno(err, "cannot map %llu bytes",
				      (unsigned long long)found);
	}
	return VSX_OK;
}

enum vsx_status vsx_map_written(struct vsx_map *map, const struct vsx_file *f,
				uint64_t bytes, struct vsx_error *err)
{
	void *p = f->ops->map(f->ops->context, f->fd, bytes, false);

	memset(map, 0, sizeof(*map));
	if (!p)
		return vsx_fail_errno(err, "cannot map '%s'", f->name);
	map->base = p;
	map->bytes = bytes;
	map->region = vsx_region_add(p, bytes, false);
	return VSX_OK;
}

enum vsx_status vsx_map_written_close(struct vsx_map *map,
				      const struct vsx_file *f,
				      enum vsx_status status,
				      struct vsx_error *err)
{
	struct vsx_error why;

	if (vsx_map_whole(map, &why) != VSX_OK)
		status = vsx_retell(err, VSX_EIO, &why, "%s: %.300s", f->name,
				    why.text);
	vsx_map_close(map);
	return status;
}

void vsx_map_close(struct vsx_map *map)
{
	if (map->room) {
		vsx_room_drop(map->room);
	} else if (map->base && !map->lent) {
		vsx_region_drop(map->region);
		munmap((void *)(uintptr_t)map->base, map->bytes);
	}
	memset(map, 0, sizeof(*map));
}

enum vsx_status vsx_map_whole(const struct vsx_map *map, struct vsx_error *err)
{
	uint64_t at;

	/* Behind a cut inside of a page there are zeros and no signal, up to
	 * the page's end: the last byte is gone with any cut. */
	if (map->region && vsx_bus_installed())
		(void)*(const volatile uint8_t *)(map->base + map->bytes - 1);
	if (!vsx_region_broken(map->region, &at))
		return VSX_OK;
	return vsx_fail(err, VSX_EIO,
			"byte %llu can no longer be read: the file was cut "
			"short, or its disk is failing",
			(unsigned long long)at);
}

bool vsx_populate(const void *p, uint64_t bytes)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = (uintptr_t)p & ~(page - 1);

	return madvise((void *)start, (uintptr_t)p + bytes - start,
		       MADV_POPULATE_READ) == 0;
}

void vsx_path_text(char out[VSX_PATH_TEXT], const char *path)
{
	size_t n = strlen(path), skip = 0;

	if (n >= VSX_PATH_TEXT) {
		skip = n - (VSX_PATH_TEXT - 4);
		/* Not in the middle of a UTF-8 sequence. */
		while (((uint8_t)path[skip] & 0xc0) == 0x80)
			skip++;
		memcpy(out, "...", 3);
		out += 3;
	}
	for (path += skip; *path; path++)
		*out++ = (uint8_t)*path < 0x20 || *path == 0x7f ? '?' : *path;
	*out = '\0';
}
