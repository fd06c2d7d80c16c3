/*
 * Which files a command reads and which it writes, so that no output costs an
 * input: compared are devices and inodes, so names, hard links and symbolic
 * links do not matter. Standard output and error are outputs of every command,
 * for what the shell has opened them on. There is one such list in a program.
 *
 *	files_read(o.ids);
 *	files_write(o.out);
 *	status = files_check(&err); // before anything is opened for writing
 */
#ifndef VSX_CLI_FILES_H
#define VSX_CLI_FILES_H

#include "vsx_status.h"

#include <stddef.h>

/*
 * NULL, an option that was not given, is none. "-" is standard input or
 * standard output.
 */
void files_read(const char *path);
void files_read_all(char *const *paths, size_t n);
void files_write(const char *path);

/* The same of an index, of which a signal must not leave half behind. */
void files_write_index(const char *path);

/*
 * VSX_EINVAL names an output that is an input, or the same file as another
 * output. If it is standard error, nothing more is said: it would go into the
 * file.
 */
enum vsx_status files_check(struct vsx_error *err);

/*
 * Follow symbolic links to what is to be written, which need not exist: the
 * path at their end, to be freed. Stops at a link of /proc, which is no name
 * but an open file. NULL and errno: no memory, or links without an end.
 */
char *files_follow(const char *path);

#endif
