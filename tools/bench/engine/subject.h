/*
 * An index under measurement, opened, with the queries that it is asked and
 * what is found out about it.
 */
#ifndef VSX_BENCH_SUBJECT_H
#define VSX_BENCH_SUBJECT_H

#include "bench/engine/engine.h"

#include <math.h>

/* Queries in the element type that an engine takes, and the right answers. */
struct workload {
	const void *queries; /* [n][query_bytes] */
	size_t query_bytes;
	uint64_t n;
	uint64_t step;	       /* see workload_next() */
	const uint64_t *truth; /* [n][truth_k] */
	uint32_t truth_k;
	size_t k;
};

/*
 * All queries in an order in which any run of them is spread evenly over the
 * whole, since files often come sorted by something.
 */
void workload_order(struct workload *w);

static inline const void *workload_query(const struct workload *w, uint64_t at)
{
	return (const unsigned char *)w->queries + at * w->query_bytes;
}

static inline uint64_t workload_next(const struct workload *w, uint64_t at)
{
	at += w->step;
	return at < w->n ? at : at - w->n;
}

struct subject {
	const struct engine_ops *ops;
	const struct workload *work;
	enum vsx_elem elem; /* of the queries */
	unsigned int threads;
	double refine;	       /* of searches in VSX; 0: default of the index */
	char *path;	       /* of its file; may be one that never comes */
	bool own;	       /* made by this run: removed at the end */
	struct engine *engine; /* NULL while it is set aside */
	struct engine_session **sessions; /* [threads], as long */
	struct engine_plan plan;	  /* of an own one; rows borrowed */
	struct engine_cost cost;
	char note[256];
	char effort_name[16];
	uint32_t least, most; /* effort; both 0 when nothing can be turned */
};

/* Build plan->path and open it. The path is copied, the workload borrowed. */
enum vsx_status subject_build(struct subject *s, const struct engine_plan *plan,
			      struct vsx_error *err);

/* Open an index of VSX that exists. */
enum vsx_status subject_open(struct subject *s, const char *path,
			     struct vsx_error *err);

/* Its file opened once more, as an engine of the caller's. An own one of VSX.
 */
enum vsx_status subject_open_again(const struct subject *s, struct engine **out,
				   struct vsx_error *err);

/*
 * Close every handle of the file, so that nothing maps it, and open it again.
 * Only for VSX.
 */
void subject_set_aside(struct subject *s);
enum vsx_status subject_take_up(struct subject *s, struct vsx_error *err);

/* Close it and remove what was built. Harmless on zeros. */
void subject_release(struct subject *s);

bool subject_is_vsx(const struct subject *s);

/* "HNSW16", or "faiss HNSW16": for messages. */
const char *subject_name(const struct subject *s, char to[96]);

#endif
