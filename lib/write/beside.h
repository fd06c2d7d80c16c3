/* The hidden files that writers keep beside an index. SPEC.md 7.1 and 7.2. */
#ifndef VSX_BESIDE_H
#define VSX_BESIDE_H

#include "io/fileops.h"

/* What is behind the last slash of a path. */
const char *vsx_beside_name(const char *path);

/* `FOLDER/.NAME.lock` of the file `path`; NULL: no memory. */
char *vsx_beside_lock(const char *folder, const char *path);

/*
 * `FOLDER/.NAME.tmp.PID.N`, made for reading and writing and locked, so that it
 * is known to be in use; NULL and *fd < 0: errno says why.
 */
char *vsx_beside_temp(const struct vsx_file_ops *ops, const char *folder,
		      const char *path, unsigned int mode, int *fd);

/* Remove the temporary files of `path` whose writers are gone. */
void vsx_beside_sweep(const struct vsx_file_ops *ops, const char *folder,
		      const char *path);

#endif
