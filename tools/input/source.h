/*
 * The bytes of one input: a regular file, or standard input or a pipe as a
 * stream. Private to input/. Reads in order go through a buffer of 1 MiB;
 * larger ones go past it.
 */
#ifndef VSX_INPUT_SOURCE_H
#define VSX_INPUT_SOURCE_H

#include "cli/fail.h"
#include "input/unpack.h"
#include "vsx_status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOURCE_PEEK 512

struct source {
	int fd; /* -1: nothing is open */
	bool stream;
	uint64_t size; /* of a file, when it was opened; 0 of a stream */
	uint64_t next; /* place in the file of the byte read next */
	uint8_t *buf;
	size_t begin, end; /* what of the buffer is not yet read */
	/* Of packed data, which are a stream then. */
	struct unpack *unpack; /* NULL: they are not packed */
	uint64_t packed_next;  /* place in the file of the packed byte read next
				*/
	uint8_t head[SOURCE_PEEK];
	size_t head_begin, head_end; /* packed bytes that were looked at */
	char name[TOOL_NAME_BYTES];
};

/*
 * "-" is standard input. A folder, a pipe, a device, an empty file and a
 * missing one are refused by name. On failure there is nothing to close.
 */
enum vsx_status source_open(struct source *source, const char *path,
			    struct vsx_error *err);
void source_close(struct source *source);

/*
 * The same for text, which is read once from begin to end: a pipe with a name
 * is read as standard input is, such as what `<(...)` of a shell stands for,
 * and gzip and zstd data are unpacked.
 */
enum vsx_status source_open_text(struct source *source, const char *path,
				 struct vsx_error *err);

/*
 * Skip a byte-order mark of UTF-8, which some editors put in front of a text.
 * *skipped bytes, 0 or 3; only before the first read.
 */
enum vsx_status source_skip_bom(struct source *source, size_t *skipped,
				struct vsx_error *err);

/* The next bytes; fewer than asked for only at the end. */
enum vsx_status source_read(struct source *source, void *to, size_t bytes,
			    size_t *got, struct vsx_error *err);

/* The next bytes, all of them: the end is an error that names the place. */
enum vsx_status source_need(struct source *source, void *to, size_t bytes,
			    struct vsx_error *err);

/* The next read starts at this byte. Files only. */
void source_seek(struct source *source, uint64_t place);

/* Bytes at a place, past the buffer and without moving. Files only. */
enum vsx_status source_read_at(struct source *source, void *to, size_t bytes,
			       uint64_t place, struct vsx_error *err);

/*
 * Look at the first bytes without consuming them; fewer at the end. At most
 * SOURCE_PEEK, and only before the first read.
 */
enum vsx_status source_peek(struct source *source, uint8_t to[SOURCE_PEEK],
			    size_t *got, struct vsx_error *err);

#endif
