/* Behind vsx_repair(). Private to libvsxwrite. */
#ifndef VSX_REPAIR_H
#define VSX_REPAIR_H

#include "io/fileops.h"
#include "vsx_write.h"

/* vsx_repair() over file operations of the caller's. */
enum vsx_status vsx_repair_on(const char *path, const char *out_path,
			      const struct vsx_compact_opts *opts,
			      const struct vsx_file_ops *ops,
			      struct vsx_repair_result *result,
			      struct vsx_build_result *built,
			      struct vsx_error *err);

/*
 * lost.c: rows that cannot be had, or not all that they had, told as they are
 * met: one note for a run of rows with one reason.
 */
struct vsx_lost {
	void (*note)(void *context, const char *text);
	void *context;
	const char *without;  /* what was lost of them; NULL: the rows */
	uint64_t n, n_unsure; /* in all */
	uint64_t first, next; /* rows of the run at hand */
	char reason[VSX_ERROR_TEXT];
	char ids[200]; /* of the run, as ranges */
	size_t used;
	uint64_t id_first, id_last; /* of the range that is not written yet */
	bool has_range, cut;
};

/* Row `row` is lost, or what it had is; id NULL: not even that is known. */
void vsx_lost_row(struct vsx_lost *lost, uint64_t row, const uint64_t *id,
		  const char *reason);
/* Tell what is not told yet. */
void vsx_lost_flush(struct vsx_lost *lost);

#endif
