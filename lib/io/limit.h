/*
 * How much memory this process may use: the machine's, or less where a control
 * group has a limit. Files that are larger do not stay in the page cache, which
 * counts towards the limit.
 *
 * Limits of address space (RLIMIT_AS) are another matter: with them a file
 * cannot be mapped at all. RLIMIT_RSS does nothing on Linux.
 */
#ifndef VSX_LIMIT_H
#define VSX_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/*
 * Whether a file of so many bytes may stay in memory as a whole.
 *
 * memory  that there is for it; 0: what this process may use
 */
bool vsx_fits_memory(uint64_t bytes, uint64_t memory);

/*
 * Whether this process may hold so many bytes that cannot be dropped; else
 * VSX_ENOMEM, with what they are for. Without the question the system would end
 * the process, or one beside it.
 */
enum vsx_status vsx_may_hold(uint64_t bytes, const char *what,
			     struct vsx_error *err);

/*
 * In bytes, as it was within the last second; UINT64_MAX when nothing says. Any
 * thread may ask. Costs some ten system calls, once a second at most.
 */
uint64_t vsx_memory_limit(void);

/*
 * The least limit of the control groups of this process, version 1 or 2, and of
 * all groups above them. UINT64_MAX: there is none.
 *
 * root  put before every path that is read: "" but in tests
 */
uint64_t vsx_group_limit(const char *root);

/*
 * What a file of limits says: "max" and what is not a number are UINT64_MAX,
 * which a number that is too great is as well.
 */
uint64_t vsx_limit_of(const char *text);

#endif
