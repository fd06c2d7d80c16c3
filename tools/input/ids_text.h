/* Ids as text, one unsigned decimal a line. Private to input/. */
#ifndef VSX_INPUT_IDS_TEXT_H
#define VSX_INPUT_IDS_TEXT_H

#include "input/source.h"

/*
 * All lines of the source, which was peeked at: head, len. Lines end in LF or
 * CR LF; the last may lack its end. An empty line is refused, like everything
 * else that is no number.
 */
enum vsx_status ids_text(struct source *source, const uint8_t *head, size_t len,
			 uint64_t **ids, uint64_t *n, struct vsx_error *err);

#endif
