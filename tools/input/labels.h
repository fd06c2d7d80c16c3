/* A text file whose line i, counted from 0, is the label of id i. */
#ifndef VSX_INPUT_LABELS_H
#define VSX_INPUT_LABELS_H

#include "vsx_status.h"

#include <stddef.h>
#include <stdint.h>

struct labels {
	char *text;    /* the file; line feeds have become NUL */
	size_t *start; /* of each line */
	uint64_t n;
};

/*
 * Line ends are LF or CR LF; the last line may lack one. A NUL byte is
 * refused: the file is no text. Costs the file's size in memory and 8 bytes a
 * line. labels is zeroed on failure.
 */
enum vsx_status input_labels(const char *path, struct labels *labels,
			     struct vsx_error *err);

/* The same of standard input, too, if path is "-". */
enum vsx_status input_lines(const char *path, struct labels *labels,
			    struct vsx_error *err);

/* The label, borrowed, or NULL where the file has no such line. */
const char *labels_get(const struct labels *labels, uint64_t id);

void labels_release(struct labels *labels); /* accepts a zeroed one */

#endif
