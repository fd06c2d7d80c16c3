/*
 * Rows that are left out of a build or an update: --skip-bad lists the first
 * few on standard error, --rejects writes all of them to a file.
 */
#ifndef VSX_INPUT_REJECTS_H
#define VSX_INPUT_REJECTS_H

#include "cli/outfile.h"
#include "input/feed.h"
#include "vsx_write.h"

#include <stdbool.h>
#include <stdio.h>

struct rejects {
	const char *path; /* or NULL */
	struct outfile file;
	const struct feed *feed; /* where the rows come from */
	bool quiet;		 /* list none */
	bool failed;		 /* the file could not be written */
	uint64_t n;
};

/*
 * Open the file, in which there is a line for each row: its number in the
 * input, its id, why, and the input, with tabs between them. The members
 * above are set; the command has told files_write() of the path.
 */
enum vsx_status rejects_open(struct rejects *r, struct vsx_error *err);

/* One row; not 0 when the file could not be written. */
int rejects_put(struct rejects *r, const char *input, uint64_t number,
		uint64_t id, const char *why);

/* For the options of the library; the context is the struct rejects. */
int rejects_take(void *context, const struct vsx_rejected *row);

/*
 * What came of it: `status`, unless the file could not be written. The file
 * appears when `status` is VSX_OK.
 */
enum vsx_status rejects_close(struct rejects *r, enum vsx_status status,
			      struct vsx_error *err);

#endif
