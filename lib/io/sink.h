/*
 * An append-only writer of one commit: sections, then the tables of their page
 * sums, then the manifest. SPEC.md sections 4 and 6.
 *
 * Sections come one after the other; those that are shorter than a page share
 * pages. The sums of pages are computed as they stream by and kept in memory: 8
 * bytes a page.
 */
#ifndef VSX_SINK_H
#define VSX_SINK_H

#include "io/fileops.h"
#include "manifest.h"
#include "names.h"

struct vsx_sink_section {
	struct vsx_section_entry entry;
	uint64_t *sums; /* of its pages */
	size_t n_sums, sums_cap;
	bool kept; /* of an earlier commit: its bytes and sums stay */
};

struct vsx_sink {
	struct vsx_file *file;
	uint32_t page_shift;
	uint64_t at;	 /* place of the buffer in the file: a page */
	uint64_t length; /* that the file has, if nobody else cuts it */
	uint8_t *buffer; /* pages that are not complete yet */
	size_t used;
	struct vsx_sink_section *sections;
	size_t n_sections, sections_cap;
	bool open;		/* the last section takes bytes */
	struct vsx_usage usage; /* of the file's bytes, by vsx_sink_commit() */
};

/* Append to file from byte `start`, a multiple of the page size. */
enum vsx_status vsx_sink_init(struct vsx_sink *s, struct vsx_file *file,
			      uint32_t page_shift, uint64_t start,
			      struct vsx_error *err);
void vsx_sink_release(struct vsx_sink *s);

/*
 * Let the new generation refer to a section of an earlier one. All of these
 * come first, by rising offset.
 */
enum vsx_status vsx_sink_keep(struct vsx_sink *s,
			      const struct vsx_section_entry *entry,
			      struct vsx_error *err);

/*
 * Begin a section of segment number `segment` or VSX_WHOLE_INDEX. Those of
 * segments come in the order of the segments.
 */
enum vsx_status vsx_sink_begin(struct vsx_sink *s, enum vsx_section_slot slot,
			       uint32_t segment, struct vsx_error *err);
/* One of whatever id, as another file has it. */
enum vsx_status vsx_sink_begin_id(struct vsx_sink *s, uint32_t id,
				  uint32_t segment, struct vsx_error *err);
enum vsx_status vsx_sink_write(struct vsx_sink *s, const void *p, uint64_t n,
			       struct vsx_error *err);
enum vsx_status vsx_sink_zeros(struct vsx_sink *s, uint64_t n,
			       struct vsx_error *err);
/* A section without a byte is left out of the file. */
enum vsx_status vsx_sink_end(struct vsx_sink *s, struct vsx_error *err);

/*
 * Write what is buffered, so that all sections that have ended can be read from
 * the file; *bytes: as long as it is by now. More may follow.
 */
enum vsx_status vsx_sink_show(struct vsx_sink *s, uint64_t *bytes,
			      struct vsx_error *err);

/* Bytes of the open section so far. */
uint64_t vsx_sink_bytes(const struct vsx_sink *s);

/*
 * Write the tables of sums and the manifest, cut the file behind them and sync
 * it. Sets the manifest's n_sections; fills *sb but for the uuid, so that the
 * superblock is all that is missing.
 */
enum vsx_status vsx_sink_commit(struct vsx_sink *s, struct vsx_manifest *m,
				const struct vsx_segment_entry *segments,
				const char *properties, struct vsx_super *sb,
				struct vsx_error *err);

/*
 * The superblock of a new file, into both slots, and sync. The uuid is made
 * from the manifest's hash (RFC 9562, version 8), so that the same input gives
 * the same bytes.
 */
enum vsx_status vsx_sink_first_super(const struct vsx_file *file,
				     struct vsx_super *sb,
				     struct vsx_error *err);

/*
 * The superblock of a later generation, into the slot that is its turn, and
 * sync. When this fails the outcome is not known.
 */
enum vsx_status vsx_sink_next_super(const struct vsx_file *file,
				    const struct vsx_super *sb,
				    struct vsx_error *err);

#endif
