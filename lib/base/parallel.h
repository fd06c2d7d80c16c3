/*
 * Work over a range of items by threads that live for one call.
 *
 * Items go out in chunks in rising order to whichever thread asks next. What an
 * item computes must not depend on the thread, nor on other items; sums over
 * items are kept by chunk and added in the order of the chunks. Then the result
 * is the same for any number of threads.
 */
#ifndef VSX_PARALLEL_H
#define VSX_PARALLEL_H

#include <stdint.h>

#include "error.h"

/*
 * Do items [first, last). `thread` is 0 .. n_threads-1 and picks scratch.
 * Anything but VSX_OK stops the loop.
 */
typedef enum vsx_status vsx_work(void *context, unsigned int thread,
				 uint64_t first, uint64_t last,
				 struct vsx_error *err);

/*
 * Run work over [0, n) in chunks of `chunk` items. Of several failures the one
 * with the lowest first item is returned. With n_threads 1, or when no thread
 * can be started, all is done in the calling thread.
 */
enum vsx_status vsx_parallel(unsigned int n_threads, uint64_t n, uint64_t chunk,
			     vsx_work *work, void *context,
			     struct vsx_error *err);

/* 0 becomes the number of processors that this process may use. */
unsigned int vsx_thread_count(unsigned int wanted);

#define VSX_MAX_THREADS 1024

#endif
