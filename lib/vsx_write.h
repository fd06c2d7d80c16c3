/*
 * VSX: building and changing index files. To read and search them see vsx.h,
 * whose rules for results, options and errors hold here too.
 *
 *     struct vsx_build_opts opts = VSX_BUILD_OPTS_INIT;
 *     struct vsx_builder *b;
 *
 *     opts.dim = 768;
 *     opts.metric = VSX_COSINE;
 *     if (vsx_builder_new(&b, "photos.vsx", &opts, &err) ||
 *         vsx_builder_add(b, VSX_BATCH(rows, VSX_F32, n, NULL), &err) ||
 *         vsx_builder_finish(b, NULL, &err))
 *             warnx("%s", err.text);
 *     vsx_builder_free(b);
 *
 * The new file appears at once and whole: it is written under a temporary name
 * in the same folder, synced, checked and renamed over the old one, and the
 * folder is synced. A build that fails or is stopped leaves nothing behind and
 * does not touch the old file; what a killed build leaves is removed by the
 * next writer of that name. No call raises SIGPIPE or SIGXFSZ: it fails
 * instead. The same rows, options and seed give the same bytes with any number
 * of threads.
 *
 * Threads    A builder or an update is used by one thread at a time and may go
 *            from one to another; different ones work at the same time. Every
 *            other call may be made by any thread. The threads that a call
 *            starts, n_threads at most, are joined before it returns.
 * Writers    A file has one writer at a time, be it of this process or another:
 *            who does not get it within wait_ms gets VSX_EBUSY. So nothing that
 *            is called back may wait for the file that its own call writes.
 *            Readers wait for nobody.
 * fork()     A child may use indexes that were open and begin work of its own,
 *            but may neither use nor free a builder or an update of its parent.
 *            What that has locked may stay locked until the child has ended or
 *            called exec(), which closes all descriptors of the library.
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
	VSX_BUILD_TRIED,    /* by "auto": `tried`; `text` says on what */
};

/*
 * What "auto" tried, on a sample of the rows. Which of it is chosen goes by
 * what is counted alone, so that every machine chooses the same; the time is
 * that of this one.
 */
struct vsx_tried {
	char spec[64];
	uint32_t is_chosen;
	uint32_t effort; /* that reaches the recall that was asked for, on the
			    sample; 0: the kind has none */
	const char *effort_name; /* lives for ever */
	double recall_at_10;	 /* with it; below what was asked for where none
				    reaches that, or at a greater cost than that
				    of another layout */
	uint64_t row_bytes;	 /* of the file for all rows, for each */
	double cost; /* nanoseconds that the steps of a search come to among all
			rows, as they were measured on a machine of 2024 */
	double seconds; /* that a search of the sample took here, with one
			   thread */
};

struct vsx_build_event {
	enum vsx_build_what what;
	const char *text;
	uint64_t done, total;
	const char *unit; /* of progress: what done and total count, "rows",
			     "bytes", "queries", ...; "": only their ratio
			     means something */
	const struct vsx_tried *tried; /* [n_tried], the best first; they live
					  as long as the call */
	uint32_t n_tried;
};

/*
 * Called by the thread that made the call. Return 0 to go on, anything else to
 * stop with VSX_ESTOPPED.
 */
typedef int vsx_build_report(void *context,
			     const struct vsx_build_event *event);

/* A row that is left out. */
struct vsx_rejected {
	uint64_t row; /* counted over all calls from 0 */
	uint64_t id;
	const char *why; /* lives as long as the call */
};

/*
 * Called for each row that no index can hold, in order, by the thread that adds
 * the rows: a NaN, an infinity, a value that the type cannot hold, length 0
 * under cosine; of rows with one id or key all but the first (in an update with
 * `replace` the last one with a key counts, and none is bad). Return 0 to go on
 * without the row, anything else to stop with VSX_ESTOPPED.
 */
typedef int vsx_reject_report(void *context, const struct vsx_rejected *row);

/* How the links of a graph are found. */
enum vsx_graph_builder {
	VSX_GRAPH_AUTO,	     /* by a partition, where rows are not few */
	VSX_GRAPH_INSERT,    /* one row after the other */
	VSX_GRAPH_PARTITION, /* for all rows at once, among near ones: several
				times as fast */
};

struct vsx_build_opts {
	size_t struct_size;
	uint32_t dim;		  /* 1 to 65536; required */
	enum vsx_metric metric;	  /* 0: VSX_L2 */
	enum vsx_elem elem;	  /* of the stored rows; 0: VSX_F32 */
	const char *spec;	  /* "Flat", "IVF1024,Flat", "HNSW32", or sized
				     for the rows: "IVF", "HNSW"; "auto" (NULL);
				     in any case */
	uint32_t ef_construction; /* HNSW; 0: 200 */
	uint64_t nlist_sample;	  /* IVF: rows to train on; 0: 256 a list */
	uint64_t seed;
	unsigned int n_threads;	  /* 0: one for each processor */
	uint64_t memory;	  /* for rows and the work on them; what goes
				     beyond it is in unnamed files beside the
				     output: rows, then links and what finds
				     them. 8 MiB, and what is learned, are in
				     memory in any case. 0: half of what the
				     process may use */
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
	vsx_reject_report *rejected; /* bad rows are left out and reported to
					it; NULL: they are an error */
	void *rejected_context;
	uint32_t wait_ms; /* for another writer of the file that is replaced,
			     at most; 0: not at all */
	const char *model_hash;	   /* a fingerprint of the model, any text, or
				      NULL */
	const char *model_aliases; /* names that count as `model`, with commas
				      between them, or NULL */
	/* The caller's own: [n_properties] texts "x_key=value", keys of a-z,
	   0-9 and _ after x_, each once; values are UTF-8 on one line, up to
	   4096 bytes, and an empty one is none. All properties of an index have
	   65536 bytes at most. vsx_property() reads them, and every change of
	   the index keeps them. */
	const char *const *properties;
	size_t n_properties;
	enum vsx_graph_builder builder; /* HNSW; 0: VSX_GRAPH_AUTO */
	uint32_t max_bytes_per_row; /* of the file, without keys, payload and
				       fields: "auto" takes what needs no more,
				       which then counts as asked for; another
				       spec is refused if it does. 0: any */
};
#define VSX_BUILD_OPTS_INIT                                                    \
	{                                                                      \
		sizeof(struct vsx_build_opts), 0, VSX_L2, VSX_F32, NULL, 0, 0, \
			0, 0, 0, 0, 0, 0, 0, 0.0, NULL, NULL, NULL, NULL,      \
			NULL, NULL, 0, NULL, NULL, NULL, 0, VSX_GRAPH_AUTO, 0  \
	}

/*
 * Begin a build of `path`. Checks the options, that the folder is writable and,
 * without `force`, that no file is in the way (VSX_EEXIST). A file that will be
 * replaced is locked against other writers until the build is finished or freed
 * (VSX_EBUSY: one of them is at work). The new file has its owner, group,
 * mode and access list; what the system refuses of these is reported as a
 * VSX_BUILD_NOTE. Compactions, repairs and restores do the same.
 */
VSX_API enum vsx_status vsx_builder_new(struct vsx_builder **out,
					const char *path,
					const struct vsx_build_opts *opts,
					struct vsx_error *err);

/*
 * Rows that are handed over by one call. What there is of each row is an array
 * of n in the order of the rows. Begin it with VSX_BATCH_INIT or VSX_BATCH().
 *
 * vectors  [n][dim] of type elem, row-major without gaps
 * ids      uint64[n]; NULL: the rows have none
 *
 * The arrays stay the caller's and are read during the call alone. A row's key
 * and payload will be arrays beside the ids.
 */
struct vsx_batch {
	size_t struct_size;
	size_t n; /* rows; 0: nothing to do */
	const void *vectors;
	enum vsx_elem elem; /* of the vectors; 0: VSX_F32 */
	const uint64_t *ids;
	const struct vsx_bytes *keys;	  /* or NULL: none has one */
	const struct vsx_bytes *payloads; /* likewise */
	const struct vsx_bytes *fields;	  /* of vsx_fields_bytes(), or NULL */
};
#define VSX_BATCH_INIT                                                         \
	{                                                                      \
		sizeof(struct vsx_batch), 0, NULL, VSX_F32, NULL, NULL, NULL,  \
			NULL                                                   \
	}
/* In C, the address of one that lives as long as the block it is in. */
#define VSX_BATCH(vectors, elem, n, ids)                                       \
	(&(struct vsx_batch){sizeof(struct vsx_batch), n, vectors, elem, ids,  \
			     NULL, NULL, NULL})

/*
 * Add rows; they are converted to the index's type if that differs. A
 * conversion to f16 or bf16 rounds; one to i8 or u8 must be exact.
 *
 * ids   unique over all rows; without them rows are numbered on from 0. All
 *       calls of one build give ids, or none does.
 * keys      of 1 to VSX_MAX_KEY bytes, any bytes, unique over all rows; n 0:
 * the row has none. See vsx_find() payloads  up to VSX_MAX_PAYLOAD bytes,
 * whatever they are; n 0: the row has none. See vsx_payload()
 *
 * fields    a field has one type in all rows (VSX_EINVAL); n 0: all are null
 *
 * VSX_ENUMERIC names the first row, counted over all calls, with a NaN, an
 * infinity, a value that the type cannot hold, length 0 under cosine, or under
 * l2 and ip a squared length above 2^125 (lengths up to 6e18 are taken).
 * With `rejected` in the options such rows are left out, and the others keep
 * the numbers they would have had. Of a call that fails no row is kept.
 */
VSX_API enum vsx_status vsx_builder_add(struct vsx_builder *b,
					const struct vsx_batch *rows,
					struct vsx_error *err);

/*
 * Give the queries of the acceptance test, [n][dim]; copied. Without them some
 * rows are drawn by the seed, and finding the row itself does not count. Links
 * of a graph are shaped by about half of 200 or more where that pays for the
 * others, which alone are the test then; a note says so.
 */
VSX_API enum vsx_status vsx_builder_queries(struct vsx_builder *b,
					    const void *queries,
					    enum vsx_elem elem, size_t n,
					    struct vsx_error *err);

struct vsx_build_result {
	uint64_t n_rows;
	uint64_t n_rejected; /* rows that were left out */
	uint64_t file_bytes;
	double seconds_train, seconds_build, seconds_test, seconds_write;
	uint32_t default_effort;
	double recall_at_10;	 /* at the default effort; 0 if not measured */
	char spec[64];		 /* as built, after "auto" and adjustments */
	uint32_t n_queries;	 /* that it was measured on */
	const char *effort_name; /* "ef", "nprobe", or "" for Flat; never freed
				  */
	double default_refine;	 /* 0: no codes stand for rows */
};

/*
 * Train, build, measure, write, publish. result may be NULL. VSX_ENUMERIC if
 * every row was left out.
 */
VSX_API enum vsx_status vsx_builder_finish_sized(
	struct vsx_builder *b, struct vsx_build_result *result, size_t size,
	struct vsx_error *err);
static inline enum vsx_status vsx_builder_finish(
	struct vsx_builder *b, struct vsx_build_result *result,
	struct vsx_error *err)
{
	return vsx_builder_finish_sized(b, result, sizeof(*result), err);
}

/* Free it, finished or not. Accepts NULL. */
VSX_API void vsx_builder_free(struct vsx_builder *b);

/* An index kind that a spec may name. All texts live for ever. */
struct vsx_kind_facts {
	const char *name;	 /* "Flat", "IVF", "HNSW" */
	const char *size_name;	 /* what may follow it: "nlist", "M"; NULL: it
				    has no size */
	const char *effort_name; /* of its searches: "nprobe", "ef", or "" */
};

/* Kind number i from 0; VSX_EINVAL past the last. */
VSX_API enum vsx_status vsx_get_kind_sized(uint32_t i,
					   struct vsx_kind_facts *facts,
					   size_t size, struct vsx_error *err);
static inline enum vsx_status vsx_get_kind(uint32_t i,
					   struct vsx_kind_facts *facts,
					   struct vsx_error *err)
{
	return vsx_get_kind_sized(i, facts, sizeof(*facts), err);
}

/* What a build of n_rows would take, before any work. */
struct vsx_build_plan {
	char spec[64];
	char reason[160];	  /* why it is not exactly what was asked for,
				     or a remark about it; or "" */
	uint64_t file_bytes;	  /* within 2 %, without the payload of names */
	uint64_t build_bytes;	  /* peak memory of the build */
	uint64_t query_hot_bytes; /* of the file that every search needs */
	uint64_t searcher_bytes;  /* heap of one searching thread */
	double build_seconds;	/* with n_threads, without reading the input; an
				   estimate for a machine of 2024, within a factor
				   of two there */
	uint64_t scratch_bytes; /* of unnamed files, for what is beyond the
				   `memory` of the options */
	/* Of "auto" where a trial will choose: the rest is of the largest. */
	char tried[400];      /* the layouts, with blanks between; or "" */
	uint64_t trial_rows;  /* of the sample; 0: there is no trial */
	double trial_seconds; /* part of build_seconds */
};

VSX_API enum vsx_status vsx_build_plan_sized(const struct vsx_build_opts *opts,
					     uint64_t n_rows,
					     struct vsx_build_plan *plan,
					     size_t size,
					     struct vsx_error *err);
static inline enum vsx_status vsx_build_plan(const struct vsx_build_opts *opts,
					     uint64_t n_rows,
					     struct vsx_build_plan *plan,
					     struct vsx_error *err)
{
	return vsx_build_plan_sized(opts, n_rows, plan, sizeof(*plan), err);
}

/* ---- change --------------------------------------------------------- */

/*
 * Add and delete rows of an index that may be in use: a new generation is
 * appended to its file. Readers keep the generation they have open; a crash at
 * any point leaves the old generation or the new one.
 *
 *     struct vsx_update *u;
 *
 *     if (vsx_update_begin(&u, "photos.vsx", NULL, &err) ||
 *         vsx_update_delete(u, gone, n_gone, &err) ||
 *         vsx_update_add(u, VSX_BATCH(rows, VSX_F32, n, ids), &err) ||
 *         vsx_update_commit(u, NULL, &err))
 *             warnx("%s", err.text);
 *     vsx_update_free(u);
 *
 * One writer works at a time and holds a lock from begin to free: a file
 * `.NAME.lock` beside the index, so its folder must be writable.
 */
struct vsx_update;

#define VSX_WAIT_FOREVER UINT32_MAX

struct vsx_update_opts {
	size_t struct_size;
	uint32_t replace;	  /* 1: an added row replaces the live one with
				     its id or key; 0: such ids and keys are
				     refused */
	uint32_t wait_ms;	  /* for another writer to finish, at most; 0:
				     not at all */
	uint32_t keep_segments;	  /* 1: segments stay as they are, be they small
				     and at the end, or graphs of many deleted
				     rows, whose others would go into the new
				     one: what a commit writes are rows that are
				     added, and which are deleted */
	unsigned int n_threads;	  /* 0: one for each processor */
	uint64_t memory;	  /* as in vsx_build_opts */
	vsx_build_report *report; /* or NULL */
	void *context;
	vsx_reject_report *rejected; /* as in vsx_build_opts */
	void *rejected_context;
	uint32_t flat_below; /* a new segment of fewer rows is scanned instead
				of what was asked for; 0: 1024 */
	const char
		*model; /* of what is added: see vsx_check_model(); or NULL */
	const char *model_hash;	       /* likewise */
	const char *const *properties; /* as in vsx_build_opts: set, or taken
					  away where the value is empty; a
					  commit of these alone is one */
	size_t n_properties;
};
#define VSX_UPDATE_OPTS_INIT                                                   \
	{                                                                      \
		sizeof(struct vsx_update_opts), 0, 0, 0, 0, 0, NULL, NULL,     \
			NULL, NULL, 0, NULL, NULL, NULL, 0                     \
	}

/*
 * Lock the file and read its newest generation.
 *
 * VSX_EBUSY     another writer holds it; the text names the process
 * VSX_EINVAL    the file has other names (hard links), or the index is of a
 *               different model from that in the options
 * VSX_ECORRUPT  a superblock slot is damaged: see vsx_repair()
 * VSX_ESTOPPED  the report asked to stop while waiting
 */
VSX_API enum vsx_status vsx_update_begin(struct vsx_update **out,
					 const char *path,
					 const struct vsx_update_opts *opts,
					 struct vsx_error *err);

/*
 * Add rows, as vsx_builder_add() does. Without ids numbering continues from the
 * greatest id in the index. vsx_update_commit() checks that ids are new.
 *
 * Rows with keys have no ids of the caller's (VSX_EINVAL). vsx_update_commit()
 * gives each the next free one or, with `replace`, that of the live row with
 * its key, which it replaces; of added rows with one key the last one counts
 * then.
 */
VSX_API enum vsx_status vsx_update_add(struct vsx_update *u,
				       const struct vsx_batch *rows,
				       struct vsx_error *err);

/*
 * Delete the rows with these ids, but not rows that this update adds. Ids that
 * no live row has are counted and named in the result; they are not an error.
 *
 * Where that leaves a graph with more than a fifth of its rows deleted, which
 * slow searches down, vsx_update_commit() builds a new segment of the others,
 * as it would if they were added, unless `keep_segments` is set.
 */
VSX_API enum vsx_status vsx_update_delete(struct vsx_update *u,
					  const uint64_t *ids, size_t n,
					  struct vsx_error *err);

/*
 * The same by keys, of rows that are live in the index. VSX_EINVAL for one that
 * no row can have.
 *
 * found  uint8_t[n], set to 1 or 0 for each: whether a row has it; or NULL
 */
VSX_API enum vsx_status vsx_update_delete_keys(struct vsx_update *u,
					       const struct vsx_bytes *keys,
					       size_t n, uint8_t *found,
					       struct vsx_error *err);

struct vsx_update_result {
	uint64_t generation;
	uint64_t n_added, n_replaced, n_deleted;
	uint64_t n_rejected;	 /* rows that were left out */
	uint64_t n_live;	 /* afterwards */
	uint64_t n_dead;	 /* that a compaction would free */
	uint64_t n_unknown;	 /* ids to delete that no live row has */
	const uint64_t *unknown; /* uint64[n_unknown], lives as long as u */
	uint32_t n_segments;
	uint32_t n_merged;	 /* segments that went into the new one */
	uint64_t appended_bytes; /* that the file grew by */
	uint64_t file_bytes;
	uint64_t deleted_bytes;	   /* about: those of deleted rows */
	uint64_t superseded_bytes; /* those of older generations */
	double recall_at_10; /* of the acceptance test, now; 0: not run, because
				less than a 64th of the rows is new */
	double recall_built; /* when it was built */
	uint32_t n_queries;  /* that recall_at_10 was measured on */
	double shift;	     /* mean distance of the added rows from their
				centroids, over that of the rows it was
				trained on; 0: not an IVF */
	char advice[192];    /* why a rebuild is due, or "" */
	double code_shift;   /* mean distance of the added rows from what codes
				would say that were trained before, over that of
				the rows these were trained on, or, where codes
				would lose all that the added rows differ by,
				over that; far above 1, and
				the rows have codes of their own, or, where
				codes are all that is kept, advice. May be
				infinite. 0: there are no codes such as SQ8 */
	int build_anew;	     /* the advice is of what no compaction mends: a
				build from the rows themselves is due */
};

/*
 * Write the new generation and sync it. If there is nothing to do, nothing is
 * committed: the generation stays. result may be NULL.
 *
 * VSX_EEXIST  ids are already live; the text names up to ten of them. A key is
 *             already live, or more, of which the text names one
 * VSX_EINVAL  two of the added rows have the same id, or the same key
 * VSX_ENUMERIC  rows were added, and all of them were left out
 *
 * After a failure the file holds the old generation; only if the text says so
 * may it hold the new one.
 */
VSX_API enum vsx_status vsx_update_commit_sized(
	struct vsx_update *u, struct vsx_update_result *result, size_t size,
	struct vsx_error *err);
static inline enum vsx_status vsx_update_commit(
	struct vsx_update *u, struct vsx_update_result *result,
	struct vsx_error *err)
{
	return vsx_update_commit_sized(u, result, sizeof(*result), err);
}

/* Release the lock, committed or not. Accepts NULL. */
VSX_API void vsx_update_free(struct vsx_update *u);

/* ---- compact -------------------------------------------------------- */

struct vsx_compact_opts {
	size_t struct_size;
	const char *spec;	/* NULL: what was asked for of the first input
				 */
	uint32_t force;		/* 1: replace an output that exists */
	uint32_t wait_ms;	/* for another writer of what is replaced */
	unsigned int n_threads; /* 0: one for each processor */
	uint64_t memory;	/* as in vsx_build_opts */
	double if_dead;		/* compact only if this share of the bytes
				   belongs to deleted rows or older generations,
				   0 to 1; otherwise *result says `skipped` */
	uint32_t renumber;	/* 1: ids are 0, 1, 2, ... in the order of the
				   inputs, and within each in the order of its
				   ids */
	const uint64_t *id_offsets; /* uint64[n_id_offsets], one for each input:
				       added to its ids; or NULL */
	size_t n_id_offsets;
	vsx_build_report *report; /* or NULL */
	void *context;
	const char *model; /* of the output, whatever the inputs name; NULL:
			      theirs, which must be one */
	const char *model_hash;	   /* likewise */
	const char *model_aliases; /* of the output; NULL: all that they have */
	const char *const *properties; /* as in vsx_update_opts, over those of
					  the first input */
	size_t n_properties;
	const struct vsx_filter *where; /* only rows that it passes, into an
					   output that is none of the inputs;
					   NULL: all */
};
#define VSX_COMPACT_OPTS_INIT                                                  \
	{                                                                      \
		sizeof(struct vsx_compact_opts), NULL, 0, 0, 0, 0, 0.0, 0,     \
			NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL   \
	}

struct vsx_compact_result {
	uint32_t skipped; /* 1: nothing was done, see if_dead */
	uint64_t n_rows;
	uint64_t n_dropped;    /* dead rows left out */
	uint64_t bytes_before; /* of all inputs */
	uint64_t bytes_dead;   /* of them: of deleted rows, older generations */
	uint64_t n_left_out;   /* live rows that opts->where does not pass */
};

/*
 * Write the live rows of one or more indexes, or those that a filter passes,
 * with the same dimension, metric,
 * element type, normalisation and model into one new index with one segment.
 * Indexes that differ are refused (VSX_EINVAL, naming all inputs). Models are
 * compared as in vsx_check_model(); an input that names none is taken to be of
 * the others' model, with a VSX_BUILD_NOTE, as for another name with the same
 * hash. Ids that two of them have are refused (VSX_EINVAL, naming both and some
 * of the ids), unless renumber or id_offsets makes them differ; so are keys
 * that two of them have.
 *
 * inputs  const char *[n_inputs]; never changed
 * path    the output, which must not be one of the inputs (VSX_EINVAL); NULL:
 *         the only input is replaced once the new file is whole, and is locked
 *         against other writers until then
 *
 * built   NULL, or set to what vsx_builder_finish() says of the output
 *
 * The output contains no byte of a deleted row. Facts (model, seed, queries and
 * properties of the caller's) are those of the first input.
 */
VSX_API enum vsx_status vsx_compact_sized(
	const char *const *inputs, size_t n_inputs, const char *path,
	const struct vsx_compact_opts *opts, struct vsx_compact_result *result,
	size_t size, struct vsx_build_result *built, size_t built_size,
	struct vsx_error *err);
static inline enum vsx_status vsx_compact(const char *const *inputs,
					  size_t n_inputs, const char *path,
					  const struct vsx_compact_opts *opts,
					  struct vsx_compact_result *result,
					  struct vsx_build_result *built,
					  struct vsx_error *err)
{
	return vsx_compact_sized(inputs, n_inputs, path, opts, result,
				 sizeof(*result), built, sizeof(*built), err);
}

/* ---- repair --------------------------------------------------------- */

struct vsx_repair_result {
	uint64_t generation; /* that was saved */
	uint32_t fell_back;  /* 1: a newer one is damaged beyond use */
	uint64_t n_rows;     /* of the new index */
	uint64_t n_lost;     /* live rows whose pages are damaged */
	uint64_t n_unsure;   /* of them: may have been deleted */
	uint64_t n_revived;  /* deleted rows that are live in the new index,
				because the list of them is damaged */
	/* Saved rows that had, or may have had, what is damaged now: a key, a
	   payload, fields of which some or all could not be read. */
	uint64_t n_without_key, n_without_payload, n_without_fields;
};

/*
 * From a damaged index, write a new one with every row whose vector, id and
 * mark are sound, and with what these rows have of key, payload and fields as
 * far as it is sound: a row goes on without the rest. Losses are reported as
 * VSX_BUILD_NOTE, one line for each row or run of rows, with ids where these
 * are sound.
 *
 * opts  as for vsx_compact(); spec, force, wait_ms, n_threads, memory,
 *       properties and report count
 * built NULL, or set to what vsx_builder_finish() says of the new index
 *
 * VSX_ECORRUPT if no row can be saved; VSX_EINVAL if both paths lead to the
 * same file.
 */
VSX_API enum vsx_status vsx_repair_sized(const char *path, const char *out_path,
					 const struct vsx_compact_opts *opts,
					 struct vsx_repair_result *result,
					 size_t size,
					 struct vsx_build_result *built,
					 size_t built_size,
					 struct vsx_error *err);
static inline enum vsx_status vsx_repair(const char *path, const char *out_path,
					 const struct vsx_compact_opts *opts,
					 struct vsx_repair_result *result,
					 struct vsx_build_result *built,
					 struct vsx_error *err)
{
	return vsx_repair_sized(path, out_path, opts, result, sizeof(*result),
				built, sizeof(*built), err);
}

/* ---- back up -------------------------------------------------------- */

/*
 * A repository is a folder with snapshots of indexes, as lists of chunks that
 * are stored once, compressed where that pays. A second backup costs only what
 * was added since the first one. An index may be written to meanwhile: what is
 * backed up is the newest generation that was committed when the call began.
 *
 *     if (vsx_backup_create("photos.vsx", "/backup/photos", NULL, NULL, &err))
 *             warnx("%s", err.text);
 *
 * While an index is backed up it is checked as by vsx_verify() at the level of
 * pages: no snapshot is made of a damaged one (VSX_ECORRUPT, naming the page).
 * A call that fails, is stopped or is killed leaves a usable repository, and
 * what it stored is not stored again by the next one.
 *
 * A chunk that is already in the repository is read and checked before a new
 * snapshot refers to it, unless the repository records that this was done
 * within 30 days and its file has not changed since; a damaged one is replaced.
 * Only those who can read the index can read the files of a repository.
 *
 * Readers share a repository with each other and with one create; prune needs
 * it alone. A call that cannot have it waits for wait_ms and then returns
 * VSX_EBUSY. Any other kind of folder is refused with VSX_EFORMAT, a repository
 * of a newer version with VSX_EVERSION.
 */
/* Which existing chunks of a repository a new snapshot may refer to. */
enum vsx_backup_reuse {
	VSX_REUSE_CHECKED, /* those that were checked within 30 days, and others
			      if they are read and found sound */
	VSX_REUSE_ALL,	   /* all with the right head and length */
	VSX_REUSE_NONE,	   /* only those that are read and found sound */
};

struct vsx_backup_opts {
	size_t struct_size;
	const char *name;     /* of the new snapshot: up to 100 letters, digits
				 and . _ - + = @ : , not starting with . or - (NULL:
				 time and generation, 20261121T101500Z-g3) */
	uint32_t force;	      /* 1: a restore replaces a file that exists */
	uint32_t wait_ms;     /* at most, for other processes */
	uint32_t chunk_bytes; /* 64 KiB to 16 MiB, a power of two; 0: 1 MiB */
	vsx_build_report *report; /* or NULL */
	void *context;
	uint32_t reuse; /* enum vsx_backup_reuse, of a new snapshot */
};
#define VSX_BACKUP_OPTS_INIT                                                   \
	{                                                                      \
		sizeof(struct vsx_backup_opts), NULL, 0, 0, 0, NULL, NULL, 0   \
	}

/* Strings live as long as the call they are passed to. */
struct vsx_snapshot {
	const char *name;
	const char *source; /* where the index was */
	const char *damage; /* what is wrong with it, in which case only `name`
			       is set; or NULL */
	uint64_t sequence;  /* numbers the snapshots of the repository in the
			       order in which they were made, from 1 */
	uint64_t created;   /* nanoseconds since 1970, UTC, by the clock at the
			       time */
	uint8_t uuid[16];   /* of the index */
	uint64_t index_bytes;
	uint64_t generation;
	uint64_t n_rows, n_live;
	uint64_t n_chunks;
	uint64_t new_chunks; /* of these, not there before */
	uint64_t new_bytes;  /* that these take in the repository */
};

/* Return 0 to go on, anything else to stop with VSX_ESTOPPED. */
typedef int vsx_snapshot_report(void *context,
				const struct vsx_snapshot *snapshot);

struct vsx_backup_result {
	char name[104]; /* of the snapshot; "" for a stream */
	uint64_t index_bytes, generation, n_rows, n_live;
	uint64_t n_chunks, new_chunks;
	uint64_t new_bytes; /* written: into the repository, or the stream */
	uint64_t read_chunks, read_bytes; /* of the repository, to check them */
	uint64_t replaced_chunks; /* of the new ones: replaced damaged chunks */
};

/*
 * Back up an index. A repository that does not exist is created; an empty
 * folder becomes one. VSX_EEXIST: there is already a snapshot of that name.
 * result may be NULL, here and below.
 */
VSX_API enum vsx_status vsx_backup_create_sized(
	const char *index_path, const char *repo,
	const struct vsx_backup_opts *opts, struct vsx_backup_result *result,
	size_t size, struct vsx_error *err);
static inline enum vsx_status vsx_backup_create(
	const char *index_path, const char *repo,
	const struct vsx_backup_opts *opts, struct vsx_backup_result *result,
	struct vsx_error *err)
{
	return vsx_backup_create_sized(index_path, repo, opts, result,
				       sizeof(*result), err);
}

/*
 * The same to a descriptor, such as that of a pipe, without a repository.
 * Writing starts at its current offset; it may be non-blocking, and stays open.
 * VSX_EIO at once for a descriptor that is closed, not open for writing, or of
 * a kind that takes no bytes.
 */
VSX_API enum vsx_status vsx_backup_send_sized(
	const char *index_path, int fd, const struct vsx_backup_opts *opts,
	struct vsx_backup_result *result, size_t size, struct vsx_error *err);
static inline enum vsx_status vsx_backup_send(
	const char *index_path, int fd, const struct vsx_backup_opts *opts,
	struct vsx_backup_result *result, struct vsx_error *err)
{
	return vsx_backup_send_sized(index_path, fd, opts, result,
				     sizeof(*result), err);
}

/* All snapshots in the order in which they were made, damaged ones first. */
VSX_API enum vsx_status vsx_backup_list(const char *repo,
					const struct vsx_backup_opts *opts,
					vsx_snapshot_report *each,
					void *context, struct vsx_error *err);

struct vsx_backup_check {
	uint64_t n_findings;
	uint64_t n_snapshots;
	uint64_t n_damaged; /* snapshots that cannot be restored */
	uint64_t n_chunks, bytes_read;
};

/*
 * Read every chunk and every snapshot and report everything that is wrong, with
 * the snapshots affected. name: only that snapshot and its chunks (NULL: all).
 * Returns what vsx_verify() does: VSX_OK means that everything was read. The
 * findings are recorded for later backups, if the folder is writable.
 */
VSX_API enum vsx_status vsx_backup_verify_sized(
	const char *repo, const char *name, const struct vsx_backup_opts *opts,
	vsx_verify_report *report, void *context,
	struct vsx_backup_check *result, size_t size, struct vsx_error *err);
static inline enum vsx_status vsx_backup_verify(
	const char *repo, const char *name, const struct vsx_backup_opts *opts,
	vsx_verify_report *report, void *context,
	struct vsx_backup_check *result, struct vsx_error *err)
{
	return vsx_backup_verify_sized(repo, name, opts, report, context,
				       result, sizeof(*result), err);
}

/*
 * Write the index of a snapshot to `index_path`, byte for byte as it was. The
 * file appears at once and whole, as with vsx_builder_finish().
 *
 * name  of the snapshot; "latest": the one made last, by its number
 *
 * VSX_EINVAL     `index_path` is in the repository
 * VSX_ENOTFOUND  there is no such snapshot
 * VSX_EEXIST     the file exists and may not be replaced
 * VSX_ECORRUPT   the snapshot, or a chunk of it, is damaged
 */
VSX_API enum vsx_status vsx_backup_restore_sized(
	const char *repo, const char *name, const char *index_path,
	const struct vsx_backup_opts *opts, struct vsx_backup_result *result,
	size_t size, struct vsx_error *err);
static inline enum vsx_status vsx_backup_restore(
	const char *repo, const char *name, const char *index_path,
	const struct vsx_backup_opts *opts, struct vsx_backup_result *result,
	struct vsx_error *err)
{
	return vsx_backup_restore_sized(repo, name, index_path, opts, result,
					sizeof(*result), err);
}

/*
 * The same from a descriptor that gives what vsx_backup_send() wrote.
 * VSX_ETRUNCATED: the stream ended early. VSX_EIO at once for a descriptor that
 * is closed, not open for reading, or of a kind that gives no bytes.
 */
VSX_API enum vsx_status vsx_backup_receive_sized(
	int fd, const char *index_path, const struct vsx_backup_opts *opts,
	struct vsx_backup_result *result, size_t size, struct vsx_error *err);
static inline enum vsx_status vsx_backup_receive(
	int fd, const char *index_path, const struct vsx_backup_opts *opts,
	struct vsx_backup_result *result, struct vsx_error *err)
{
	return vsx_backup_receive_sized(fd, index_path, opts, result,
					sizeof(*result), err);
}

struct vsx_prune_opts {
	size_t struct_size;
	uint64_t keep; /* so many of the newest snapshots of each index */
	uint64_t older_seconds; /* remove what is older, except the newest
				   snapshot of each index */
	uint32_t dry_run;	/* 1: change nothing */
	uint32_t wait_ms;
	vsx_snapshot_report *removed; /* called for each, beforehand; or NULL */
	void *removed_context;
	vsx_build_report *report; /* or NULL */
	void *context;
};
#define VSX_PRUNE_OPTS_INIT                                                    \
	{                                                                      \
		sizeof(struct vsx_prune_opts), 0, 0, 0, 0, NULL, NULL, NULL,   \
			NULL                                                   \
	}

struct vsx_prune_result {
	uint64_t n_removed, n_kept;	  /* snapshots */
	uint64_t n_chunks, n_chunks_kept; /* removed, kept */
	uint64_t freed_bytes;
};

/*
 * Remove old snapshots, then the chunks that none needs. Exactly one of keep
 * and older_seconds is set. Snapshots belong to the same index if it was at the
 * same path; their numbers say which is newer. A time in the future is replaced
 * by that of the next snapshot, and no snapshot counts as older than one made
 * before it.
 *
 * VSX_ECORRUPT  a snapshot is damaged, so that its needs are unknown, or one
 *               that stays lacks a chunk; nothing was removed
 */
VSX_API enum vsx_status vsx_backup_prune_sized(
	const char *repo, const struct vsx_prune_opts *opts,
	struct vsx_prune_result *result, size_t size, struct vsx_error *err);
static inline enum vsx_status vsx_backup_prune(
	const char *repo, const struct vsx_prune_opts *opts,
	struct vsx_prune_result *result, struct vsx_error *err)
{
	return vsx_backup_prune_sized(repo, opts, result, sizeof(*result), err);
}

#ifdef __cplusplus
}
#endif

#endif
