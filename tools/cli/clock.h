/* Wall time that never jumps. */
#ifndef VSX_CLI_CLOCK_H
#define VSX_CLI_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_SECOND 1000000000u

static inline uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

/* Between two readings of clock_ns(). */
static inline double clock_seconds(uint64_t from, uint64_t to)
{
	return (double)(to - from) / NS_PER_SECOND;
}

static inline double clock_now(void) /* seconds */
{
	return clock_seconds(0, clock_ns());
}

static inline struct timespec clock_timespec(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / NS_PER_SECOND),
		.tv_nsec = (long)(ns % NS_PER_SECOND),
	};
}

#endif
