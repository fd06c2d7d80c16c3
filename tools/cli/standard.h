/* Descriptors 0, 1 and 2, whatever the caller has made of them. */
#ifndef VSX_CLI_STANDARD_H
#define VSX_CLI_STANDARD_H

/*
 * Put something on those of them that are closed, so that no file of ours is
 * opened there and messages go into it. Reading it and writing to it fails
 * with EBADF, as if it were closed. The first call of every command.
 */
void standard_hold(void);

/* Take an open one off as well: what goes there must not arrive. */
void standard_drop(int fd);

#endif
