/* The folder of everything that a run makes and nobody keeps. */
#ifndef VSX_BENCH_WORKDIR_H
#define VSX_BENCH_WORKDIR_H

#include "vsx_status.h"

#include <limits.h>

struct workdir {
	char path[PATH_MAX]; /* "": there is none */
	int leftover;	     /* its place */
};

/* A fresh folder inside `parent`; NULL: $TMPDIR, else /tmp. */
enum vsx_status workdir_make(struct workdir *w, const char *parent,
			     struct vsx_error *err);

/* Remove it and the files in it. Harmless on zeros. */
void workdir_remove(struct workdir *w);

/*
 * Whether files could be put into a folder at `path`, which may have to be
 * made: asked before hours of work, whose result would have no place.
 */
enum vsx_status workdir_can_fill(const char *path, struct vsx_error *err);

#endif
