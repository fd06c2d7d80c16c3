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

/*
 * Whether asking pays. It costs a call of the system even for what is in
 * memory, so a thread asks while it has had to wait for the disk.
 */
struct vsx_disk_watch {
	bool begun;
	int64_t blocks; /* of 512 bytes, that this thread had read by then */
};

/*
 * Whether this thread has read from a disk more than a page for every 128 of
 * the rows that it has looked at since it was asked last. The first time: yes.
 */
bool vsx_disk_is_slow(struct vsx_disk_watch *w, uint64_t rows);

#endif
