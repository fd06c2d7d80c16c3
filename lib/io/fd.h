/*
 * Descriptors of the library's own. Every file that it opens, it opens here:
 * never as 0, 1 or 2, which the host may have closed, and which the host, and
 * everything that it is linked with, prints to and reads from nevertheless.
 */
#ifndef VSX_FD_H
#define VSX_FD_H

#include <dirent.h>
#include <stdio.h>

/*
 * As open() and openat(), but 3 or more, and not inherited by programs that are
 * started. -1 and errno on failure.
 */
int vsx_fd_open(const char *path, int flags, unsigned int mode);
int vsx_fd_open_at(int folder, const char *path, int flags, unsigned int mode);

/* As fopen(path, "r") and opendir(path). */
FILE *vsx_fd_stream(const char *path);
DIR *vsx_fd_folder(const char *path);

/* The same where a symbolic link is none. */
DIR *vsx_fd_folder_nofollow(const char *path);

#endif
