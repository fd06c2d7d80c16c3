/*
 * What is measured: an index of VSX, or of another library, behind one table
 * of functions. VSX is engine_vsx.c; the others are in bench/peers/, a file
 * each, and are linked into bench_peers alone.
 *
 * Ids are row numbers of the data. An engine may be searched by any number of
 * sessions at once, each of one thread. A failing call fills *err; the C++
 * peers catch their exceptions. The header is C++ clean.
 */
#ifndef VSX_BENCH_ENGINE_H
#define VSX_BENCH_ENGINE_H

#include "vsx.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct engine;	       /* a built index, opened */
struct engine_session; /* the scratch of one searching thread */

/* What to build. */
struct engine_plan {
	const char *spec; /* "HNSW16", without the engine's name */
	const void *rows; /* [n_rows][dim] of type elem, borrowed until close */
	uint64_t n_rows;
	const uint64_t *ids; /* uint64_t[n_rows], rising, or NULL: 0, 1, ... */
	uint32_t dim;
	enum vsx_elem elem; /* of rows */
	enum vsx_metric metric;
	uint32_t ef_construction; /* 0: 200, for every engine */
	uint64_t seed;
	unsigned int threads; /* of the build */
	bool quiet;	      /* says nothing of what was tried */
	const char *path;     /* where the index file goes; the caller removes
				 it */
};

/* What it cost. */
struct engine_cost {
	char spec[64];	/* as built, after "auto" and adjustments */
	char note[256]; /* what was adjusted, for the user; "" if nothing */
	double build_seconds; /* wall, from rows in memory to a usable index,
				 without the measuring of recall */
	uint64_t disk_bytes;  /* of its file; 0 if the engine has none */
};

struct engine_ops {
	const char *name; /* "VSX", "FAISS": leads the row of the table, and
			     in lower case the word before ':' in -i */
	bool f32_only;	  /* rows and queries must be given as f32 */

	enum vsx_status (*build)(struct engine **out,
				 const struct engine_plan *plan,
				 struct engine_cost *cost,
				 struct vsx_error *err);

	/* "ef", "nprobe", or "" when there is nothing to turn. */
	const char *(*effort_name)(const struct engine *e);
	/* Greatest effort that makes sense: rows for ef, nlist for nprobe. */
	uint32_t (*max_effort)(const struct engine *e);

	/*
	 * Seconds from a closed file to the first answer to `query`, and the
	 * bytes of memory that this took. NaN and 0 where an engine has no
	 * file. NULL if it cannot.
	 */
	enum vsx_status (*reopen)(struct engine *e, const void *query, size_t k,
				  double *seconds, uint64_t *resident_bytes,
				  struct vsx_error *err);

	enum vsx_status (*session)(struct engine_session **out,
				   struct engine *e, struct vsx_error *err);
	/* ids[k], nearest first; *n is how many. The query is dim components of
	   the plan's elem. */
	enum vsx_status (*search)(struct engine_session *s, const void *query,
				  size_t k, uint32_t effort, uint64_t *ids,
				  size_t *n, struct vsx_error *err);
	/*
	 * From now on only rows with a bit are hits: uint8_t[(n_rows + 7) / 8],
	 * by row number; NULL: all are. Nobody searches meanwhile. NULL where
	 * an engine has no filters.
	 */
	enum vsx_status (*filter)(struct engine *e, const uint8_t *bits,
				  struct vsx_error *err);
	void (*session_free)(struct engine_session *s); /* accepts NULL */
	void (*close)(struct engine *e);		/* accepts NULL */
};

extern const struct engine_ops engine_vsx;

/*
 * vsx-bench with these engines beside its own: the main() of bench_peers.
 * peers ends with NULL, and may be NULL.
 */
int bench_main(int argc, char **argv, const struct engine_ops *const *peers);

#ifdef __cplusplus
}
#endif

#endif
