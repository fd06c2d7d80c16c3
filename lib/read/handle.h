/* The open index behind struct vsx. Private to the two libraries. */
#ifndef VSX_HANDLE_H
#define VSX_HANDLE_H

#include "kind/kind.h"
#include "io/map.h"
#include "manifest.h"
#include "segment/attached.h"
#include "segment/kept.h"
#include "vsx.h"

struct vsx {
	uint64_t file_bytes; /* as found; may exceed the committed length */
	struct vsx_map map;  /* of the committed length */
	struct vsx_super super;
	uint8_t *raw;				     /* the manifest's bytes */
	struct vsx_manifest manifest;		     /* points into raw */
	struct vsx_space space;			     /* of its rows */
	struct vsx_segment *segments;		     /* [manifest.n_segments] */
	struct vsx_view whole[VSX_N_SECTION_SLOTS];  /* of the whole index */
	uint32_t whole_section[VSX_N_SECTION_SLOTS]; /* number in manifest */
	struct vsx_guard *guards; /* [manifest.n_sections], or NULL */
	void *bits;		  /* their bitmaps: lazily zero pages */
	uint64_t bits_bytes;
	_Atomic uint64_t n_checked; /* pages */
	uint64_t heap_bytes;
	struct vsx_schema fields; /* of all segments, by name */
	char name[VSX_PATH_TEXT]; /* the path, for messages */
	char *path;		  /* itself; NULL: opened without one */
	char kept[VSX_CODE_TEXT]; /* what is kept of rows */
	struct vsx_open_opts opts;
};

/* Fail with what a lower layer had to say, a name put before it. */
enum vsx_status vsx_named(const char *name, enum vsx_status status,
			  const struct vsx_error *why, struct vsx_error *err);

/* The same with the path of the index. */
enum vsx_status vsx_with_path(const struct vsx *index, enum vsx_status status,
			      const struct vsx_error *why,
			      struct vsx_error *err);

/*
 * What a call that has read the index answers: `status`, unless bytes were lost
 * under it, which is then all that it has to say.
 */
enum vsx_status vsx_settle(const struct vsx *index, enum vsx_status status,
			   struct vsx_error *err);

/* Refuse what is no VSX file; n bytes of it are at head. */
enum vsx_status vsx_not_ours(const uint8_t *head, size_t n,
			     const struct vsx_origin *from,
			     struct vsx_error *err);

/*
 * Both slots of a file that a writer may change just then: a slot that is half
 * written, or two that do not follow each other, are read again until they hold
 * still. head[*n] is what was read; *file_bytes how long the file is.
 */
enum vsx_status vsx_head_read(uint8_t head[2 * VSX_SLOT_BYTES], size_t *n,
			      struct vsx_slot slots[2], int *chosen,
			      uint64_t *file_bytes, int fd,
			      struct vsx_error *err);

/*
 * vsx_super_choose(), but for two things: a file that is none of ours is named,
 * and one that a newer version wrote to is refused even if the older slot could
 * be read.
 */
enum vsx_status vsx_slots_read(struct vsx_slot slots[2], int *chosen,
			       const uint8_t *head, size_t n,
			       const struct vsx_origin *from,
			       struct vsx_error *err);

/* Compare the hash, then decode. raw must outlive *m. */
enum vsx_status vsx_manifest_read(struct vsx_manifest *m, const uint8_t *raw,
				  const struct vsx_super *sb,
				  struct vsx_error *err);

/* Make the guards of all sections, so that pages are checked when touched. */
enum vsx_status vsx_index_guard(struct vsx *index, struct vsx_error *err);

void vsx_index_unguard(struct vsx *index);

/*
 * Make the segments and the views of all sections, from map, manifest and
 * guards. The segments are not opened yet; the caller frees them.
 */
enum vsx_status vsx_index_bind(struct vsx *index, struct vsx_error *err);

/*
 * A copy of a section of the acceptance test, which is there and has as many
 * bytes as the manifest's counts say: that was checked when it was decoded.
 * free() it. Checks its pages first.
 */
enum vsx_status vsx_section_load(const struct vsx *index,
				 enum vsx_section_slot slot, uint8_t **data,
				 struct vsx_error *err);

/* Whether some of its rows are kept as codes. */
static inline bool vsx_index_is_coded(const struct vsx *index)
{
	for (uint32_t i = 0; i < index->manifest.n_segments; i++)
		if (index->segments[i].kept_bytes)
			return true;
	return false;
}

/* Whether some are kept in a narrower type than that of the index. */
static inline bool vsx_index_is_narrow(const struct vsx *index)
{
	for (uint32_t i = 0; i < index->manifest.n_segments; i++)
		if (index->segments[i].space.elem != index->space.elem)
			return true;
	return false;
}

/* The live row with an id, newest segment first. VSX_ENOTFOUND. */
enum vsx_status vsx_find_row(const struct vsx *index, uint64_t id,
			     const struct vsx_segment **seg, uint32_t *row,
			     struct vsx_error *err);

/* Whether a segment has an attachment. */
bool vsx_index_has(const struct vsx *index, enum vsx_attachment a);

/* Components of the row with an id. VSX_ENOTFOUND. */
enum vsx_status vsx_load_row(const struct vsx *index, uint64_t id,
			     float *vector, struct vsx_error *err);

/*
 * Search segments one after the other into find->top, which the caller has
 * emptied. exact compares with every row.
 */
enum vsx_status vsx_find_in(const struct vsx_segment *segments, uint32_t n,
			    struct vsx_find *find, bool exact,
			    struct vsx_error *err);

/*
 * vsx_effort_for(), with the refine factor in thousandths; but VSX_ENOTFOUND
 * leaves those that found most when it was measured.
 */
enum vsx_status vsx_setting_for(const struct vsx *index, double recall,
				uint32_t k, uint32_t *effort, uint32_t *refine,
				struct vsx_error *err);

/*
 * What a search does without: where it names neither, that is the index's own.
 * With an effort alone a refine factor that makes the most of it, by the recall
 * table: that of the last row whose effort is not above it. Where nothing was
 * measured, what the codec thinks best; 0 where no keys are estimates.
 */
enum vsx_status vsx_setting_fill(const struct vsx *index, uint32_t *effort,
				 uint32_t *refine, struct vsx_error *err);

#endif
