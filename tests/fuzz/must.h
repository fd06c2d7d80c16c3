/*
 * What all fuzz targets share: an input in memory, and what every call owes its
 * caller. Build with -fsanitize=fuzzer,address,undefined.
 */
#ifndef FUZZ_MUST_H
#define FUZZ_MUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vsx_status.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Abort unless the rule holds. */
void must(bool holds, const char *rule);

/* A failure has the status that was returned, and a text of one line. */
void must_tell(const struct vsx_error *err, enum vsx_status status);

/* Replace the bytes of a file in memory. */
void must_write(int fd, const uint8_t *data, size_t size);

#endif
