/* What only an index of VSX can: beyond the table of functions in engine.h. */
#ifndef VSX_BENCH_ENGINE_VSX_H
#define VSX_BENCH_ENGINE_VSX_H

#include "bench/engine/engine.h"

/* Open a file that exists. Queries will be of type elem. */
enum vsx_status engine_vsx_open(struct engine **out, const char *path,
				enum vsx_elem elem, struct vsx_error *err);

/* Rows that searches look at for each neighbour where codes are estimates; 0:
 * the default of the index. */
void engine_vsx_set_refine(struct engine *e, double refine);

/* The exact answer to a query among the rows that pass. */
enum vsx_status engine_vsx_exact(const struct engine *e, const void *query,
				 size_t k, uint64_t *ids, size_t *n,
				 struct vsx_error *err);

const struct vsx *engine_vsx_index(const struct engine *e);

/*
 * Bytes of the file that this process has in its memory through the mapping,
 * and of the heap that the open index takes.
 */
uint64_t engine_vsx_resident(const struct engine *e);

/* Rows that the session's searches have compared, codes included. */
uint64_t engine_vsx_distances(const struct engine_session *s);

/* The refine factor that a search with this effort is done with, by such a
 * search; 0: none. */
enum vsx_status engine_vsx_refine(struct engine_session *s, const void *query,
				  size_t k, uint32_t effort, double *refine,
				  struct vsx_error *err);

#endif
