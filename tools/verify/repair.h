/* --repair: save from a damaged index what is sound. */
#ifndef VSX_VERIFY_REPAIR_H
#define VSX_VERIFY_REPAIR_H

#include <stdbool.h>
#include <stdint.h>

struct repair_wish {
	const char *out; /* the index to write */
	bool force, json, quiet;
	uint64_t threads;
	uint32_t wait_ms; /* for another writer of `out` */
};

/* Returns the exit code: EXIT_DATA when rows were lost. */
int repair_index(char *path, const struct repair_wish *wish);

#endif
