/* What lies behind struct vsx_update. Private to libvsxwrite. */
#ifndef VSX_UPDATE_H
#define VSX_UPDATE_H

#include "io/sink.h"
#include "read/handle.h"
#include "write/intake/intake.h"
#include "write/areas.h"
#include "write/code_drift.h"
#include "write/report.h"

struct vsx_update {
	struct vsx_update_opts opts;
	struct vsx_build_opts build; /* what a build of the index would have */
	struct vsx_space space;
	struct vsx_output beside; /* for scratch files in the index's folder */
	struct vsx_intake intake; /* the new rows */
	struct vsx_areas areas;	  /* for the work on them */
	struct vsx_report report;
	struct vsx_job job;
	struct vsx_claim claim;
	struct vsx *index;    /* the newest generation of it */
	uint64_t greatest_id; /* that a row has or had; numbers go on from it */
	uint64_t *gone;	      /* ids to delete, sorted when it comes to that */
	size_t n_gone, gone_cap;
	uint64_t *unknown; /* of them */
	size_t n_unknown, unknown_cap;
	bool has_ids;	/* some of the new rows have ids of the caller's */
	bool committed; /* or failed on the way: of no more use */
};

/* vsx_update_begin() over file operations of the caller's. */
enum vsx_status vsx_update_begin_on(struct vsx_update **out, const char *path,
				    const struct vsx_update_opts *opts,
				    const struct vsx_file_ops *ops,
				    struct vsx_error *err);

/*
 * Whether an open index is the newest generation of the claimed one, and none
 * may have been lost: VSX_ECORRUPT when a slot is damaged, since it may be that
 * of a newer one.
 */
enum vsx_status vsx_update_check(const struct vsx *index,
				 const struct vsx_claim *claim,
				 struct vsx_error *err);

/* update_commit.c, whose parts are in update_run.h */
enum vsx_status vsx_update_run(struct vsx_update *u,
			       struct vsx_update_result *result,
			       struct vsx_error *err);

/* advise.c: set the advice, when everything else of the result is known. */
void vsx_update_advise(struct vsx_update_result *result,
		       const struct vsx_update *u,
		       const struct vsx_code_drift *drift,
		       const struct vsx_usage *usage);

/*
 * update_marks.c: the rows that the new generation deletes.
 *
 * segments[i].gone is replaced by a copy before the first of its bits is set,
 * which is gone[i]; n_gone and n_dead count on. Here n_gone may be more than a
 * file lists: then all become DEAD.
 */
struct vsx_marks {
	struct vsx_segment *segments;
	uint8_t **gone; /* [n_segments]; NULL: as in the file */
	uint32_t n_segments;
};

/* Mark the live row with an id; VSX_ENOTFOUND (without a text) if none has. */
enum vsx_status vsx_marks_set(struct vsx_marks *marks, uint64_t id,
			      struct vsx_error *err);
/* All rows of segment i, which are touched; some were marked before. */
void vsx_marks_set_all(struct vsx_marks *marks, uint32_t i);
/* The segment and row of the live row with a key; VSX_ENOTFOUND likewise. */
enum vsx_status vsx_marks_find_key(const struct vsx_marks *marks,
				   const struct vsx_bytes *key,
				   uint32_t *segment, uint32_t *row,
				   struct vsx_error *err);
/*
 * update_keys.c: give the added rows their ids, by key. Without u->opts.replace
 * keys that are live are refused.
 */
enum vsx_status vsx_update_name(struct vsx_update *u,
				const struct vsx_marks *marks,
				struct vsx_error *err);
/* Delete the ids of u->gone; fills u->unknown. */
enum vsx_status vsx_marks_gone(struct vsx_marks *marks, struct vsx_update *u,
			       uint64_t *n_deleted, struct vsx_error *err);
/* Replace, or refuse, the live rows that have an id of the new ones. */
enum vsx_status vsx_marks_replaced(struct vsx_marks *marks,
				   const struct vsx_rows *rows, bool replace,
				   uint64_t *n_replaced, struct vsx_error *err);
/* Whether a section of the old generation still says what is deleted. */
bool vsx_marks_keep(const struct vsx_marks *marks,
		    const struct vsx_section_entry *e);
/* Write GONE or DEAD of those of the first n segments that have new marks. */
enum vsx_status vsx_marks_write(const struct vsx_marks *marks, uint32_t n,
				struct vsx_sink *sink, struct vsx_error *err);
void vsx_marks_release(struct vsx_marks *marks);

#endif
