/* A dictionary in the making: each string once, and its place among them. */
#ifndef VSX_BUILD_WORDS_H
#define VSX_BUILD_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct vsx_word {
	const uint8_t *text; /* borrowed */
	uint32_t bytes;
	uint32_t place; /* by the order of bytes, once they are sorted */
};

struct vsx_words {
	struct vsx_word *word;
	size_t n, cap;
	uint64_t bytes;	 /* of all */
	uint32_t *slots; /* numbers of words + 1 by their hash; 0: free */
	size_t n_slots;	 /* a power of two, or 0 */
};

/* The number of a string, which is added if it is new. */
enum vsx_status vsx_words_add(struct vsx_words *w, const uint8_t *text,
			      uint32_t bytes, uint32_t *number,
			      struct vsx_error *err);

/* Set their places; *sorted, to be freed: their numbers by place. */
enum vsx_status vsx_words_sort(struct vsx_words *w, uint32_t **sorted,
			       struct vsx_error *err);

void vsx_words_release(struct vsx_words *w);

#endif
