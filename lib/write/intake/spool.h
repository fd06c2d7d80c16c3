/*
 * Rows of the stored type, with their ids, in one contiguous range whether they
 * fit in memory or not.
 */
#ifndef VSX_SPOOL_H
#define VSX_SPOOL_H

#include "train/job.h"
#include "write/area.h"
#include "write/intake/held.h"

struct vsx_spool {
	const struct vsx_space *space;
	const struct vsx_output *output; /* scratch files go beside it */
	uint64_t memory;		 /* bytes, of rows and ids together */
	uint64_t n;			 /* rows */
	bool has_ids;	      /* else rows are numbered from 0 without a gap */
	struct vsx_area rows; /* [n][stride] */
	struct vsx_area ids;  /* uint64[n], when has_ids */
	bool has_from;	      /* some were codes, and may become these again */
	struct vsx_area from; /* struct vsx_row_from[n], when has_from */
	struct vsx_held held[VSX_N_ATT];
};

void vsx_spool_init(struct vsx_spool *s);
void vsx_spool_release(struct vsx_spool *s);

/* Both move when there is room for more. */
static inline uint8_t *vsx_spool_row(const struct vsx_spool *s, uint64_t i)
{
	return s->rows.base + i * s->space->stride;
}

static inline uint64_t *vsx_spool_ids(const struct vsx_spool *s)
{
	return (uint64_t *)(void *)s->ids.base;
}

static inline struct vsx_row_from *vsx_spool_from(const struct vsx_spool *s)
{
	return (struct vsx_row_from *)(void *)s->from.base;
}

/* What n rows behind the last one have, before they are counted in. */
enum vsx_status vsx_spool_attach(struct vsx_spool *s, enum vsx_attachment a,
				 const struct vsx_bytes *strings, size_t n,
				 struct vsx_error *err);

/* Row `from` in the place of row `to`, with all that it has. */
void vsx_spool_move(struct vsx_spool *s, uint64_t to, uint64_t from);

/* Room for n more rows behind the last one, and for what else it has of each.
 */
enum vsx_status vsx_spool_room(struct vsx_spool *s, size_t n,
			       struct vsx_error *err);

/* Give back what rows took that have become shorter. */
void vsx_spool_trim(struct vsx_spool *s);

/* From here on rows have ids: those that are there their numbers. */
enum vsx_status vsx_spool_number(struct vsx_spool *s, struct vsx_error *err);

/* From here on it knows where rows come from: those that are there are new. */
enum vsx_status vsx_spool_trace(struct vsx_spool *s, struct vsx_error *err);

/* Its rows in another type; then s->space is to become `to`. VSX_ENUMERIC names
   a row that the type cannot hold. */
enum vsx_status vsx_spool_convert(struct vsx_spool *s,
				  const struct vsx_space *to,
				  struct vsx_error *err);

/* What is in it, as a build takes it; valid until it grows. */
struct vsx_rows vsx_spool_view(const struct vsx_spool *s);

/* Of rows that have one id keep the last; *dropped: how many are gone. */
enum vsx_status vsx_spool_keep_last(struct vsx_spool *s, uint64_t *dropped,
				    struct vsx_error *err);

/* Bytes of it that are in memory, not in files. */
uint64_t vsx_spool_in_memory(const struct vsx_spool *s);

/* What reading the rows came to: `status`, or VSX_EIO if some were lost. */
enum vsx_status vsx_spool_settle(const struct vsx_spool *s,
				 enum vsx_status status, struct vsx_error *err);

#endif
