/*
 * The shape of a section's tables of sums. SPEC.md section 6.
 *
 * Level 0 holds the XXH3-64 of each page of the section; of the last one, of
 * the bytes that belong to the section. While a level is longer than a page,
 * the next one holds the XXH3-64 of each page-sized chunk of it (the last chunk
 * may be shorter). The topmost level fits in a page; its XXH3-128, the root, is
 * in the manifest. So checking one page costs one hash a level, once, whatever
 * the size of the file.
 */
#ifndef VSX_SUMS_H
#define VSX_SUMS_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

#define VSX_MAX_SUM_LEVELS 8

struct vsx_sums {
	uint32_t page_shift;
	uint32_t n_levels;
	uint64_t count[VSX_MAX_SUM_LEVELS]; /* sums in each level */
	uint64_t start[VSX_MAX_SUM_LEVELS]; /* byte of its first, from the start
					       of the section's tables */
	uint64_t bytes;			    /* of all levels with the gaps */
	uint64_t data_bytes;		    /* of the section itself */
};

/*
 * Where sections may begin. One of a page or more begins at a page; a shorter
 * one lies in one page, beside others, at a multiple of this.
 */
#define VSX_SECTION_ALIGN 64

/* Whether a section of `bytes` bytes may begin at byte `offset`. */
bool vsx_section_fits(uint64_t offset, uint64_t bytes, uint32_t page_shift);

/* false when the numbers do not fit; bytes is the section's stored length. */
bool vsx_sums_shape(struct vsx_sums *s, uint64_t bytes, uint32_t page_shift);

/*
 * Where tables of this shape may begin, at or after `at`: at a page boundary
 * when there are several levels, otherwise so that the one table does not cross
 * a page boundary. Every chunk then lies in one page, and damage has one page.
 */
bool vsx_sums_place(uint64_t *out, const struct vsx_sums *s, uint64_t at);

/* Bytes of page i of the section: the last one may be shorter. */
static inline uint64_t vsx_sums_page_bytes(const struct vsx_sums *s, uint64_t i)
{
	uint64_t page = UINT64_C(1) << s->page_shift;
	uint64_t rest = s->data_bytes - (i << s->page_shift);

	return rest < page ? rest : page;
}

/* Bytes of chunk i of a level. */
static inline uint64_t vsx_sums_chunk_bytes(const struct vsx_sums *s,
					    uint32_t level, uint64_t i)
{
	uint64_t page = UINT64_C(1) << s->page_shift;
	uint64_t rest = s->count[level] * 8 - i * page;

	return rest < page ? rest : page;
}

/* How many chunks a level has: one for each page that it takes. */
static inline uint64_t vsx_sums_chunks(const struct vsx_sums *s, uint32_t level)
{
	uint64_t page = UINT64_C(1) << s->page_shift;

	return (s->count[level] * 8 + page - 1) >> s->page_shift;
}

/* The byte of the file where chunk i of a level begins. */
static inline uint64_t vsx_sums_chunk_at(const struct vsx_sums *s,
					 uint64_t sums_offset, uint32_t level,
					 uint64_t i)
{
	return sums_offset + s->start[level] + (i << s->page_shift);
}

/*
 * Whether a chunk is what the level above says: what every walk over the tables
 * asks, from whichever end it comes.
 *
 * above       of the topmost level: the root, 16 bytes; else the 8 bytes of
 *             this chunk's sum
 * found, due  what a message tells
 */
bool vsx_sums_chunk_holds(const struct vsx_sums *s, uint32_t level,
			  const uint8_t *chunk, uint64_t bytes,
			  const uint8_t *above, uint64_t *found, uint64_t *due);

/*
 * VSX_ECORRUPT for a page of the file whose sum is not what is due. what: of
 * the section is in it, "" for its own bytes, "sums of ", ...
 */
enum vsx_status vsx_sums_differ(uint64_t page, uint64_t found, uint64_t due,
				const char *what, const char *section,
				struct vsx_error *err);

#endif
