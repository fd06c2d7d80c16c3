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

#include <pthread.h>
#include <stdatomic.h>
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

/* ---- a loop, for whoever has the threads ------------------------------ */

struct vsx_loop {
	vsx_work *work;
	void *context;
	uint64_t n, chunk;
	_Atomic uint64_t next;

	pthread_mutex_t lock; /* of what follows */
	enum vsx_status status;
	uint64_t failed_at;
	struct vsx_error error;
};

/* How many of n_threads threads it has chunks for. */
unsigned int vsx_loop_begin(struct vsx_loop *loop, unsigned int n_threads,
			    uint64_t n, uint64_t chunk, vsx_work *work,
			    void *context);

/* Take chunks, as thread `number`, until there is none. */
void vsx_loop_run(struct vsx_loop *loop, unsigned int number);

/* No thread runs it any more: the first failure. */
enum vsx_status vsx_loop_end(struct vsx_loop *loop, struct vsx_error *err);

/* 0 becomes the number of processors that this process may use. */
unsigned int vsx_thread_count(unsigned int wanted);

#define VSX_MAX_THREADS 1024

#endif
