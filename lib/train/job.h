/* What training and building get: rows in memory, and their surroundings. */
#ifndef VSX_JOB_H
#define VSX_JOB_H

#include "base/parallel.h"
#include "base/phase.h"
#include "kernel/space.h"
#include "manifest.h"
#include "train/arrays.h"

struct vsx_segment;

/* Where a row comes from: a row of a segment whose code may be taken over. */
struct vsx_row_from {
	uint32_t segment; /* one of job->sources; UINT32_MAX: none, it is new */
	uint32_t row;
};

/* What rows may have beside vector and id, byte strings all. */
enum vsx_attachment {
	VSX_ATT_KEY,
	VSX_ATT_PAYLOAD,
	VSX_ATT_FIELDS, /* a record, see field/record.h */
	VSX_N_ATT
};

/* One of them of all rows: that of row i is at bytes + at[i].offset. */
struct vsx_attached_at {
	uint64_t offset;
	uint64_t n; /* 0: it has none */
};
struct vsx_attached {
	const struct vsx_attached_at *at; /* [n]; NULL: none has any */
	const uint8_t *bytes;
};

/* All rows of a build, in input order. */
struct vsx_rows {
	const struct vsx_space *space;
	const uint8_t *base; /* n rows of space->stride bytes, tails set */
	uint32_t n;
	const uint64_t *ids;		 /* NULL: 0 .. n-1 */
	const struct vsx_row_from *from; /* [n]; NULL: all are new */
	struct vsx_attached attached[VSX_N_ATT];
};

/* n 0: the row has none. */
static inline struct vsx_bytes vsx_row_attached(const struct vsx_rows *rows,
						enum vsx_attachment a,
						uint32_t i)
{
	const struct vsx_attached *of = &rows->attached[a];

	return of->at ? (struct vsx_bytes){of->bytes + of->at[i].offset,
					   of->at[i].n}
		      : (struct vsx_bytes){NULL, 0};
}

/* The surroundings of a build. */
struct vsx_job {
	uint64_t seed;
	unsigned int n_threads;
	uint32_t ef_construction;
	/* How graphs are linked; neither: by how many rows they have. */
	bool by_insertion, by_partition;
	uint64_t nlist_sample; /* rows to train on; 0: by the kind */
	uint32_t page_bytes;   /* of the file that it is for */
	uint32_t kept_bytes;   /* rows are kept as codes of so many bytes each;
				  0: as they are */
	bool rows_alone;       /* codes find those that searches look at */

	/* What rows may come from, that stays as it was learned: lists, and
	   codes. NULL: all is learned anew. */
	const struct vsx_segment *sources;

	/* For what grows with the rows; NULL: the heap. */
	struct vsx_arrays *arrays;

	/* Progress and notes; both may be called from the main thread only.
	   progress answers VSX_ESTOPPED when the user wants to stop. */
	enum vsx_status (*progress)(struct vsx_job *job,
				    const struct vsx_phase *phase,
				    uint64_t done, uint64_t total,
				    struct vsx_error *err);
	void (*note)(struct vsx_job *job, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));
	void *context;
};

/* Where a row comes from whose list and code may be taken over; NULL: it is
 * new. */
static inline const struct vsx_row_from *vsx_row_from(
	const struct vsx_job *job, const struct vsx_rows *rows, uint64_t row)
{
	return job->sources && rows->from &&
			       rows->from[row].segment != UINT32_MAX
		       ? &rows->from[row]
		       : NULL;
}

/* Bytes from row to row in VECS. */
static inline uint32_t vsx_job_stride(const struct vsx_job *job,
				      const struct vsx_space *space)
{
	if (job->kept_bytes)
		return job->kept_bytes;
	return job->rows_alone
		       ? vsx_row_stride_alone(vsx_row_bytes(
				 space->dim, space->elem, space->metric))
		       : space->stride;
}

/* Threads to work with, at least one. */
static inline unsigned int vsx_job_threads(const struct vsx_job *job)
{
	unsigned int n = job->n_threads ? job->n_threads : 1;

	return n > VSX_MAX_THREADS ? VSX_MAX_THREADS : n;
}

#endif
