/* Waiting for another writer: the same two options in every command. */
#ifndef VSX_CLI_WAIT_H
#define VSX_CLI_WAIT_H

#include "cli/options.h"
#include "vsx_write.h"

struct wait {
	bool forever;
	double seconds; /* negative: not given */
};
#define WAIT_INIT                                                              \
	{                                                                      \
		.forever = false, .seconds = -1                                \
	}

#define WAIT_MAX_SECONDS 4000000 /* fits into 32 bits as milliseconds */

/* clang-format off */
#define CLI_WAIT(to_)                                                   \
	CLI_FLAG(0, "wait", "wait for another writer to finish",        \
		 &(to_)->forever),                                      \
	CLI_REAL(0, "timeout", "SECONDS",                               \
		 "wait at most this long for another writer",             \
		 &(to_)->seconds, 0, WAIT_MAX_SECONDS)
/* clang-format on */

/* The wait_ms of the library's options. */
static inline uint32_t wait_ms(const struct wait *wait)
{
	if (wait->seconds >= 0)
		return (uint32_t)(wait->seconds * 1000);
	return wait->forever ? VSX_WAIT_FOREVER : 0;
}

#endif
