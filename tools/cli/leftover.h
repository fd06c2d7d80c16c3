/*
 * What is removed when a signal ends the process in the middle of its work:
 * files under temporary names, and folders with what is in them.
 */
#ifndef VSX_CLI_LEFTOVER_H
#define VSX_CLI_LEFTOVER_H

/*
 * The path is copied. Returns the place in the list, for leftover_forget(); -1:
 * the list is full, or the path too long.
 */
int leftover_add(const char *path);

/*
 * What the library has of an index of this name (links followed) as long as it
 * is not whole, `.NAME.tmp.PID.N` with our own PID: SPEC.md 7.1. A longer name
 * than is kept there is left to the next writer.
 */
void leftover_add_beside(const char *index);

/* It has got its name, or is gone. Takes -1. */
void leftover_forget(int place);

/* Remove all of them. Safe in a handler of a signal, beside other threads. */
void leftover_remove_all(void);

#endif
