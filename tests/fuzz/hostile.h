/*
 * What the targets share that read an index of hostile bytes: seeds and a
 * mutator.
 *
 * Half of the mutations make all checksums right again, so that the rules
 * behind them are reached. Seeds: small indexes of every kind, as they were
 * built and as they became by changes: several segments, deleted rows, shared
 * lists.
 */
#ifndef FUZZ_HOSTILE_H
#define FUZZ_HOSTILE_H

#include "fuzz/must.h"
#include "vsx_write.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/*
 * The path of a file of this process's own, in memory where the system has
 * such a place; valid until the call with the same name.
 */
const char *hostile_path(const char *name);

/* Write the bytes to it. */
const char *hostile_file(const char *name, const uint8_t *data, size_t size);

/* Verify it in full: no finding. */
void hostile_sound(const char *path);

/* Whether a full check of the bytes finds nothing. */
bool hostile_is_sound(const char *path);

/* A report that ends what runs away; count from 0. */
int hostile_go_on(void *n_events, const struct vsx_build_event *event);

/* One thread and 64 MiB; the report above, from 0. */
struct vsx_compact_opts hostile_compact_opts(unsigned int *n_events);

#endif
