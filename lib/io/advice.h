/*
 * What the kernel is told about how mapped memory will be read, where a file
 * does not fit into memory. All of it is advice: a kernel that cannot take it
 * is no failure. Addresses need not be aligned.
 */
#ifndef VSX_ADVICE_H
#define VSX_ADVICE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Bytes of a large page of usual machines. Systems hold what is written to a
 * file in one piece of this size, at a multiple of it, as one such page, and
 * map it as one where the address is a multiple, too: pages that are touched
 * first, and their neighbours, then come at a hundredth of the cost.
 */
#define VSX_LARGE_PAGE (UINT64_C(2) << 20)

/* The kernel reads ahead, as for any file. */
void vsx_advise_normal(const void *p, uint64_t bytes);

/* It reads the pages that are touched, and none beside them. */
void vsx_advise_random(const void *p, uint64_t bytes);

/* Begin to read these bytes, without waiting for them. */
void vsx_ask(const void *p, uint64_t bytes);

/* Pages that this thread has read from a disk so far; 0: it is not known. */
uint64_t vsx_disk_pages(void);

/*
 * Whether asking pays. It costs a call of the system even for what is in
 * memory: it does where so many pages were read, by asking or by waiting, for
 * so many rows that more than one came for every 128 of them.
 */
bool vsx_disk_is_slow(uint64_t pages, uint64_t rows);

#endif
