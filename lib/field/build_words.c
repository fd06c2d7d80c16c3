#include "field/build_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "checksum.h"

static size_t slot_of(const struct vsx_words *w, const uint8_t *text,
		      uint32_t bytes)
{
	size_t slot = vsx_sum64(text, bytes) & (w->n_slots - 1);

	while (w->slots[slot]) {
		const struct vsx_word *word = &w->word[w->slots[slot] - 1];

		if (word->bytes == bytes &&
		    memcmp(word->text, text, bytes) == 0)
			break;
		slot = (slot + 1) & (w->n_slots - 1);
	}
	return slot;
}

/* At most half of the slots are taken. */
static enum vsx_status make_room(struct vsx_words *w, struct vsx_error *err)
{
	size_t n = w->n_slots ? 2 * w->n_slots : 64;
	uint32_t *slots;

	if (2 * w->n < w->n_slots)
		return VSX_OK;
	VSX_TRY(vsx_alloc_to(&slots, n, sizeof(*slots), err));
	free(w->slots);
	w->slots = slots;
	w->n_slots = n;
	for (size_t i = 0; i < w->n; i++)
		slots[slot_of(w, w->word[i].text, w->word[i].bytes)] =
			(uint32_t)(i + 1);
	return VSX_OK;
}

enum vsx_status vsx_words_add(struct vsx_words *w, const uint8_t *text,
			      uint32_t bytes, uint32_t *number,
			      struct vsx_error *err)
{
	size_t slot;

	VSX_TRY(make_room(w, err));
	slot = slot_of(w, text, bytes);
	if (!w->slots[slot]) {
		VSX_TRY(vsx_grow(&w->word, &w->cap, w->n + 1, sizeof(*w->word),
				 err));
		w->word[w->n] = (struct vsx_word){text, bytes, 0};
		w->slots[slot] = (uint32_t)++w->n;
		w->bytes += bytes;
	}
	*number = w->slots[slot] - 1;
	return VSX_OK;
}

static int by_text(const void *a, const void *b, void *context)
{
	const struct vsx_word *words = context;
	const struct vsx_word *x = &words[*(const uint32_t *)a];
	const struct vsx_word *y = &words[*(const uint32_t *)b];
	uint32_t n = x->bytes < y->bytes ? x->bytes : y->bytes;
	int order = n ? memcmp(x->text, y->text, n) : 0;

	return order ? order : x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

enum vsx_status vsx_words_sort(struct vsx_words *w, uint32_t **sorted,
			       struct vsx_error *err)
{
	VSX_TRY(vsx_alloc_to(sorted, w->n, sizeof(**sorted), err));
	for (size_t i = 0; i < w->n; i++)
		(*sorted)[i] = (uint32_t)i;
	qsort_r(*sorted, w->n, sizeof(**sorted), by_text, w->word);
	for (size_t i = 0; i < w->n; i++)
		w->word[(*sorted)[i]].place = (uint32_t)i;
	return VSX_OK;
}

void vsx_words_release(struct vsx_words *w)
{
	free(w->word);
	free(w->slots);
	*w = (struct vsx_words){.n = 0};
}
