/* The folder of everything that a run makes and nobody keeps. */
#ifndef VSX_BENCH_WORKDIR_H
#define VSX_BENCH_WORKDIR_H

#include "vsx_status.h"

#include <limits.h>

struct workdir {
	char path[PATH_MAX]; /* "": there is none */
};

/* A fresh folder inside `parent`; NULL: $TMPDIR, else /tmp. */
enum vsx_status workdir_make(struct workdir *w, const char *parent,
			     struct vsx_error *err);

/* Remove it and the files in it. Harmless on zeros. */
void workdir_remove(struct workdir *w);

enum workdir_what {
	WORKDIR_FILE,	  /* written to, if it is there: /dev/stdout, too */
	WORKDIR_FOLDER,	  /* files are put into it */
	WORKDIR_REPLACED, /* a file that another one takes the place of */
};

/*
 * Whether it could be made at `path`: asked before hours of work, whose result
 * would have no place.
 */
enum vsx_status workdir_can_create(const char *path, enum workdir_what what,
				   struct vsx_error *err);

#endif
