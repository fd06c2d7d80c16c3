/*
 * Small indexes for tests, and ways to break them. Whatever fails here is a
 * fault of the test: it says so and aborts.
 */
#ifndef SUPPORT_BUILD_H
#define SUPPORT_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vsx_write.h"

/* What to build; 0 takes the default that stands beside it. */
struct support_index {
	const char *spec;	 /* "Flat" */
	enum vsx_metric metric;	 /* VSX_L2 */
	enum vsx_elem elem;	 /* VSX_F32 */
	uint32_t dim;		 /* 8 */
	size_t n;		 /* 300 */
	uint32_t page_bytes;	 /* 4096 */
	uint32_t n_test_queries; /* 20; UINT32_MAX: none */
	bool ids;		 /* ids that are not 0 .. n-1 */
	bool keeps_truth;	 /* QTRU, which so few rows do without */
	bool keyed;		 /* rows have keys and payload */
	bool fields;		 /* rows have "n", "tags" or nothing */
	bool half;		 /* row 0 is of no whole numbers, whose type no
				    byte is */
};

/* What row i has, if rows are keyed: UUIDs under l2, digits under ip, words
 * under cosine, of which some rows have none. */
struct support_attached {
	char text[80];
	struct vsx_bytes key, payload; /* of it */
};
void support_attach(struct support_attached *a,
		    const struct support_index *what, size_t i);

/* The fields of row i, valid until the next call: the int n, i % 10, and
 * strings, tags. Every third row has none. */
struct vsx_bytes support_fields(size_t i);

/* The same with the defaults filled in. */
struct support_index support_defaults(struct support_index what);

/* Component d of row i: a whole number that every element type can hold, but
 * for a half. */
float support_component(const struct support_index *what, size_t i, uint32_t d);

/* Row i, and its id. */
void support_row(const struct support_index *what, size_t i, float *row);
uint64_t support_id(const struct support_index *what, size_t i);

/* Build it at `path`, replacing what is there. */
void support_build(const char *path, struct support_index what);

/*
 * One file of several segments, each the segment of a file of its own; they
 * must agree in dimension, metric and element type. It holds no test.
 */
void support_join(const char *path, const char *const *parts, uint32_t n);

/*
 * Commit another generation to a file: all its sections once more, behind the
 * committed end.
 */
void support_commit(const char *path);

/* A file of these bytes in memory; its path, valid until the next call with
 * the same descriptor. Close the descriptor to drop it. */
int support_memory_file(const void *bytes, size_t n);
const char *support_fd_path(int fd);

/* These bytes where vsx_open_memory() takes them, to be freed. */
void *support_aligned_copy(const void *bytes, size_t n);

/* A whole file in memory, to be freed. */
uint8_t *support_read(const char *path, size_t *n);

/*
 * Write the file at `from` to `to`, which may be the same, with a bit of the
 * first byte of a section flipped. Returns the byte of the file.
 */
uint64_t support_damage(const char *from, const char *to, const char *section);

/*
 * Make every checksum of a file right again that somebody has altered: sums of
 * pages and of sums, roots, the manifest's hash, superblocks. What makes no
 * sense is left alone. Never reads or writes outside of bytes[n].
 */
void support_reseal(uint8_t *bytes, size_t n);

/* Where section `name` begins and how long it is; false: there is none. */
bool support_section(const uint8_t *bytes, size_t n, const char *name,
		     uint64_t *offset, uint64_t *length);

#endif
