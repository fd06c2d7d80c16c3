/*
 * One committed generation of an index file, read from its first byte to its
 * last, once. Every byte that has a checksum is compared with it on the way,
 * and every byte that must be zero is looked at, so that what was read to the
 * end is an index that vsx_verify() finds nothing wrong with at its level of
 * pages. A writer may commit later generations meanwhile.
 */
#ifndef VSX_BACKUP_SOURCE_H
#define VSX_BACKUP_SOURCE_H

#include "manifest.h"
#include "read/handle.h"
#include "sums.h"

/* The tables of sums of one section: of each level the piece in use. */
struct vsx_sum_path {
	struct vsx_section_entry entry;
	struct vsx_sums shape;
	char name[5];
	uint8_t *piece[VSX_MAX_SUM_LEVELS]; /* a page each */
	uint64_t held[VSX_MAX_SUM_LEVELS];  /* its number; UINT64_MAX: none */
};

struct vsx_zeros {
	uint64_t start, end;
	const char *what;
	uint32_t section; /* whose name is put behind it; UINT32_MAX: none */
};

/* The tables of sums of a section, one behind the other. */
struct vsx_tables {
	uint64_t start, end;
	uint32_t section;
};

struct vsx_backup_source {
	int fd;
	char name[VSX_PATH_TEXT];
	uint64_t file_bytes; /* as found */
	uint8_t head[2 * VSX_SLOT_BYTES];
	struct vsx_super super;
	uint8_t *raw; /* the manifest's bytes */
	struct vsx_manifest manifest;
	uint64_t at;		  /* read up to here */
	uint32_t section;	  /* the first that does not end before it */
	struct vsx_sum_path path; /* of that section */
	uint32_t path_of;	  /* UINT32_MAX: none yet */
	struct vsx_zeros *zeros;  /* by rising start */
	size_t n_zeros, zeros_cap, zeros_at;
	struct vsx_tables *tables; /* [n_sections], by rising start */
	uint32_t tables_at;	   /* the first that is not read whole */
};

/* Errors begin with the path. Release it whatever the answer is. */
enum vsx_status vsx_source_open(struct vsx_backup_source *s, const char *path,
				struct vsx_error *err);

/*
 * The next n bytes; n is a multiple of the page size, but the first call takes
 * vsx_data_start(). They do not go past super.committed_bytes.
 */
enum vsx_status vsx_source_read(struct vsx_backup_source *s, uint8_t *to,
				uint64_t n, struct vsx_error *err);

void vsx_source_release(struct vsx_backup_source *s);

/* source_check.c: where zeros must be, and that nothing is used twice. */
enum vsx_status vsx_source_lay_out(struct vsx_backup_source *s,
				   struct vsx_error *err);

/* The n bytes at `at`, against their sums and against zero. */
enum vsx_status vsx_source_check(struct vsx_backup_source *s,
				 const uint8_t *bytes, uint64_t at, uint64_t n,
				 struct vsx_error *err);

#endif
