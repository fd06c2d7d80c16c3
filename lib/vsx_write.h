/*
 * VSX: building index files. To read and search them see vsx.h, whose rules
 * for results, options and errors hold here too.
 *
 *     struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
 *     struct vsx_builder *b;
 *
 *     opts.dim = 768;
 *     opts.metric = VSX_COSINE;
 *     if (vsx_builder_new(&b, "photos.vsx", &opts, &err) ||
 *         vsx_builder_add(b, rows, VSX_F32, n, NULL, &err) ||
 *         vsx_builder_finish(b, NULL, &err))
 *             warnx("%s", err.text);
 *     vsx_builder_free(b);
 *
 * The new file appears at once and whole: it is written under a temporary name
 * in the same folder, synced, checked, renamed over the old one, and the folder
 * is synced. A build that fails or is stopped leaves nothing behind and does
 * not touch the old file. The same rows, options and seed give the same bytes
 * with any number of threads.
 */
#ifndef VSX_WRITE_H
#define VSX_WRITE_H

#include "vsx.h"

#ifdef __cplusplus
extern "C" {
#endif

struct vsx_builder;

enum vsx_build_what {
	VSX_BUILD_PROGRESS, /* `done` of `total` (0: unknown) of phase `text` */
	VSX_BUILD_NOTE,	    /* something was adjusted or chosen; `text` says */
};

struct vsx_build_event {
	enum vsx_build_what what;
	const char *text;
	uint64_t done, total;
};

/*
 * Called from the thread that called the builder. Return 0 to go on, anything
 * else to stop with VSX_ESTOPPED.
 */
typedef int vsx_build_report(void *context,
			     const struct vsx_build_event *event);

struct vsx_build_opts {
	size_t struct_size;
	uint32_t dim;		  /* 1 to 65536; required */
	enum vsx_metric metric;	  /* 0: VSX_L2 */
	enum vsx_elem elem;	  /* of the stored rows; 0: VSX_F32 */
	const char *spec;	  /* "Flat", "IVF1024,Flat", "HNSW32", "auto"
				     (NULL) */
	uint32_t ef_construction; /* HNSW; 0: 200 */
	uint64_t nlist_sample;	  /* IVF: rows to train on; 0: 256 a list */
	uint64_t seed;
	unsigned int n_threads;	  /* 0: one for each processor */
	uint64_t memory;	  /* bytes of rows held in memory at most; more
				     go to an unnamed file; 0: half of RAM */
	uint32_t normalize;	  /* 1: scale every row to length 1 */
	uint32_t force;		  /* 1: replace a file that exists */
	uint32_t page_bytes;	  /* 4096 (0) to 65536, a power of two */
	uint32_t n_test_queries;  /* of the acceptance test if drawn from the
				     rows; 0: by size; UINT32_MAX: no test */
	double target_recall;	  /* recall@10 for the default effort, and what
				     "auto" plans for; 0: 0.95 */
	const char *model;	  /* name of the embedding model, or NULL */
	const char *source;	  /* where the rows came from, or NULL */
	vsx_build_report *report; /* or NULL */
	void *context;
};
#define VSX_BUILD_OPTS_INIT                                                    \
	{                                                                      \
		.struct_size = sizeof(struct vsx_build_opts)                   \
	}

/*
 * Begin a build of `path`. Checks the options, that the folder can be written
 * and, without `force`, that no file is in the way (VSX_EEXIST).
 */
VSX_API enum vsx_status vsx_builder_new(struct vsx_builder **out,
					const char *path,
					const struct vsx_build_opts *opts,
					struct vsx_error *err);

/*
 * Add n rows: [n][dim] of type elem, row-major without gaps; converted to the
 * index's type if that differs. A conversion to f16 or bf16 rounds; one to i8
 * or u8 must be exact.
 *
 * ids   uint64[n], unique over all rows; NULL numbers the rows on from 0.
 *       All calls of one build give ids, or none does.
 *
 * VSX_ENUMERIC names the first row, counted over all calls, with a NaN, an
 * infinity, a value that the type cannot hold, or length 0 under cosine.
 */
VSX_API enum vsx_status vsx_builder_add(struct vsx_builder *b, const void *rows,
					enum vsx_elem elem, size_t n,
					const uint64_t *ids,
					struct vsx_error *err);

/*
 * Give the queries of the acceptance test, [n][dim]; copied. Without them some
 * rows are drawn by seed, and finding the row itself does not count.
 */
VSX_API enum vsx_status vsx_builder_queries(struct vsx_builder *b,
					    const void *queries,
					    enum vsx_elem elem, size_t n,
					    struct vsx_error *err);

struct vsx_build_result {
	uint64_t n_rows;
	uint64_t file_bytes;
	double seconds_train, seconds_build, seconds_test, seconds_write;
	uint32_t default_effort;
	double recall_at_10; /* at the default effort; 0 when not measured */
	char spec[64];	     /* as built, after "auto" and adjustments */
};

/* Train, build, measure, write, publish. result may be NULL. */
VSX_API enum vsx_status vsx_builder_finish(struct vsx_builder *b,
					   struct vsx_build_result *result,
					   struct vsx_error *err);

/* Free it, finished or not. Accepts NULL. */
VSX_API void vsx_builder_free(struct vsx_builder *b);

/* What a build of n_rows would take, before any work. */
struct vsx_build_plan {
	char spec[64];
	char reason[160];	  /* why "auto" chose it; "" otherwise */
	uint64_t file_bytes;	  /* within 2 %, without the payload of names */
	uint64_t build_bytes;	  /* peak memory of the build */
	uint64_t query_hot_bytes; /* of the file that every search needs */
	uint64_t searcher_bytes;  /* heap of one searching thread */
};

VSX_API enum vsx_status vsx_build_plan(const struct vsx_build_opts *opts,
				       uint64_t n_rows,
				       struct vsx_build_plan *plan,
				       struct vsx_error *err);

#ifdef __cplusplus
}
#endif

#endif
