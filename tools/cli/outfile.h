/*
 * An output file that appears whole or not at all: it is written under another
 * name in its folder, synced and renamed. Symbolic links are followed, and the
 * file that is replaced hands on its mode. What is no regular file, a pipe or
 * a device, is written to as it is, and so is "-", standard output.
 */
#ifndef VSX_CLI_OUTFILE_H
#define VSX_CLI_OUTFILE_H

#include "vsx_status.h"

#include <stdbool.h>
#include <stdio.h>

struct outfile {
	FILE *to;	 /* write here; NULL: not open */
	bool replaces;	 /* it is written beside; else straight to its end */
	char *target;	 /* behind all links */
	char *temporary; /* its name until it is whole */
	char *path;	 /* as given, for messages */
	int leftover;	 /* the temporary one's place */
};

/*
 * Whether it could be made, as far as can be told: asked before hours of work,
 * whose result would have no place.
 */
enum vsx_status outfile_check(const char *path, struct vsx_error *err);

/* `o` is zeroed by it. On failure there is nothing to drop. */
enum vsx_status outfile_open(struct outfile *o, const char *path,
			     struct vsx_error *err);

/* Put it in place. A failure, also of a write before, leaves what was there. */
enum vsx_status outfile_close(struct outfile *o, struct vsx_error *err);

/* Not wanted after all. Harmless on zeros and behind outfile_close(). */
void outfile_drop(struct outfile *o);

#endif
