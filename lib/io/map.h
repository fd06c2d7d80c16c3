/* A whole file as read-only memory. Texts do not name the file. */
#ifndef VSX_MAP_H
#define VSX_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "io/fileops.h"
#include "io/room.h"

/* Where the bytes of an index are: in a file, or in memory of the caller. */
struct vsx_origin {
	int fd;
	const uint8_t *memory; /* NULL: in the file */
	uint64_t bytes;	       /* in all */
};

/*
 * Open a regular file for reading and ask for its length. A folder, a pipe, a
 * device and an empty file are refused.
 */
enum vsx_status vsx_open_file(int *fd, uint64_t *bytes, const char *path,
			      struct vsx_error *err);

/* What it does with a file that is open already. */
enum vsx_status vsx_file_regular(uint64_t *bytes, int fd,
				 struct vsx_error *err);

/* Its length by now. */
enum vsx_status vsx_file_bytes(uint64_t *bytes, int fd, struct vsx_error *err);

/* Read n bytes: 0, or errno, or ENODATA where the file ends before. */
int vsx_read_at(int fd, void *to, uint64_t n, uint64_t at);
int vsx_origin_read(const struct vsx_origin *from, void *to, uint64_t n,
		    uint64_t at);

struct vsx_map {
	const uint8_t *base;
	uint64_t bytes;	       /* of the file, as found */
	bool copied;	       /* private memory, not the page cache */
	bool lent;	       /* memory of the caller: it stays his */
	struct vsx_room *room; /* it lies in; NULL: it has memory of its own */
	struct vsx_region *region; /* that may break; NULL: it cannot */
};

/*
 * Map the first `bytes` bytes of a file, or read them into private memory (huge
 * pages where there are some). A file system that cannot map is read.
 */
enum vsx_status vsx_map_file(struct vsx_map *map, int fd, uint64_t bytes,
			     bool copy, struct vsx_error *err);

/* The same of any origin: memory of the caller is used where it is. */
enum vsx_status vsx_map_origin(struct vsx_map *map,
			       const struct vsx_origin *from, uint64_t bytes,
			       bool copy, struct vsx_error *err);

/*
 * The same where `of` is mapped, if fd is the same file: both share what is in
 * memory. false: map it anew.
 */
bool vsx_map_share(struct vsx_map *map, const struct vsx_map *of, int fd,
		   uint64_t bytes);

/*
 * Map a file that ought to have `bytes` bytes and has `found`: where it has
 * none there are zeros.
 */
enum vsx_status vsx_map_torn(struct vsx_map *map, int fd, uint64_t found,
			     uint64_t bytes, struct vsx_error *err);

/*
 * Map the first `bytes` bytes of a file that is being written, to read them
 * back. Closing it answers `status`, what the reading came to, or VSX_EIO when
 * bytes were lost meanwhile. These texts name the file.
 */
enum vsx_status vsx_map_written(struct vsx_map *map, const struct vsx_file *f,
				uint64_t bytes, struct vsx_error *err);
enum vsx_status vsx_map_written_close(struct vsx_map *map,
				      const struct vsx_file *f,
				      enum vsx_status status,
				      struct vsx_error *err);
void vsx_map_close(struct vsx_map *map);

/*
 * Whether all that was read from it was there: VSX_EIO when bytes were lost
 * meanwhile, so that nothing that was read can be relied on. With the guard, a
 * file that is shorter by now is noticed wherever it was cut.
 */
enum vsx_status vsx_map_whole(const struct vsx_map *map, struct vsx_error *err);

/*
 * Bring mapped memory into the address space at once; p need not be aligned.
 * false: the system cannot do that, or cannot read the bytes.
 */
bool vsx_populate(const void *p, uint64_t bytes);

/*
 * A path as messages show it: control characters become '?', of a long one the
 * end is kept.
 */
#define VSX_PATH_TEXT 240
void vsx_path_text(char out[VSX_PATH_TEXT], const char *path);

#endif
