/*
 * Byte strings of the rows of a segment, in blocks that a directory finds:
 * sections KEYS with KDIR, and PAYL with PDIR. SPEC.md 5.12.
 */
#ifndef VSX_STRINGS_H
#define VSX_STRINGS_H

#include "segment/segment.h"

struct vsx_strings {
	const struct vsx_view *blocks, *directory;
	char name[5], directory_name[5];
	uint32_t n_rows;
	uint32_t most; /* bytes of one */
	bool packs;    /* some blocks may be of form UUID or HEX */
};

struct vsx_strings vsx_segment_keys(const struct vsx_segment *seg);
struct vsx_strings vsx_segment_payload(const struct vsx_segment *seg);

static inline bool vsx_strings_present(const struct vsx_strings *s)
{
	return s->blocks->base != NULL;
}

/* Whether both sections are there or neither, and as long as they must be. */
enum vsx_status vsx_strings_open(const struct vsx_strings *s,
				 struct vsx_error *err);

/* Rows first .. end-1, whose entries of the directory cannot be read. */
struct vsx_strings_gap {
	uint32_t first, end;
	struct vsx_error why;
};

/*
 * One block at a time. The bytes are believed only as far as they were checked:
 * any file gives errors at worst, and takes no more memory than a block may.
 */
struct vsx_strings_reader {
	struct vsx_strings of;
	uint32_t first, n; /* rows of the block at hand; n 0: there is none */
	uint32_t form;
	const uint8_t *lengths, *texts, *end; /* of it */
	/* The next row of it, and where its length and its bytes are. */
	uint32_t row;
	const uint8_t *length_at, *text_at;
	struct vsx_strings_gap gap; /* that it came upon last */
	uint8_t *raw;		    /* decoded; owned */
	size_t raw_cap;
	char text[VSX_MAX_KEY]; /* of a row that was packed */
};

/* A zeroed one may be released. It holds no memory until it has read. */
void vsx_strings_begin(struct vsx_strings_reader *r,
		       const struct vsx_strings *of);

/*
 * The string of a row, n 0: it has none. Touches what it reads; valid until the
 * next call. VSX_ECORRUPT.
 */
enum vsx_status vsx_strings_get(struct vsx_strings_reader *r, uint32_t row,
				struct vsx_bytes *out, struct vsx_error *err);

uint64_t vsx_strings_heap(const struct vsx_strings_reader *r);
void vsx_strings_release(struct vsx_strings_reader *r);

/*
 * Check every block by the rules of SPEC.md 5.12, and give each row's string in
 * turn. VSX_ECORRUPT names the first rule that is broken.
 */
typedef enum vsx_status vsx_string_take(void *context, uint32_t row,
					const struct vsx_bytes *string,
					struct vsx_error *err);
enum vsx_status vsx_strings_check(const struct vsx_strings *s,
				  vsx_string_take *take, void *context,
				  struct vsx_error *err);

#endif
