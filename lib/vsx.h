/*
 * VSX: indexes for vector search, as files that are mapped and not loaded.
 *
 * This is the reader: open, look inside, search, fetch, verify. To build files
 * see vsx_write.h.
 *
 *     struct vsx *index;
 *     struct vsx_error err;
 *
 *     if (vsx_open(&index, "photos.vsx", NULL, &err))
 *             errx(1, "%s", err.text);
 *
 * Rules for all calls
 *
 *   Result   VSX_OK (0), or a status that says what kind of failure it was;
 *            then *err, if given, holds one line that says what, where and both
 *            values, and the place as numbers. After a failure output arguments
 *            are NULL or untouched.
 *   Options  a structure with struct_size set by its VSX_..._INIT, or by hand
 *            in an initialiser of any form; a member that is 0 takes its
 *            default. NULL takes all defaults.
 *   Growth   structures that a call fills get new members at their end in later
 *            versions. The calls are inline functions that hand over the size
 *            that the program was compiled with, and nothing beyond it is
 *            written; programs that load the library at run time call
 *            vsx_..._sized(). What callbacks are handed grows in the same way.
 *   Threads  an open index is immutable: any number of threads may use it at
 *            the same time, also after fork(); close it when none does. A
 *            searcher holds the scratch of one thread and must not be used by
 *            two at once; nor must a pool, which has threads of its own. Each
 *            may go from one thread to another. The library has no others
 *            except those that vsx_search_batch() and vsx_verify() start and
 *            join, prints nothing, never exits, and handles no signal unless
 *            vsx_guard_install() is called.
 *   Calling  what is called back runs in the thread that made the call, once at
 *   back     a time and with no mutex held. It may call the library, but not
 *            for the searcher, builder or update that is at work.
 *   Bytes    whatever a file holds, no call reads outside the mapping or writes
 *            outside its own memory. A file that another program
 *            truncates while it is mapped raises SIGBUS, as with every mapped
 *            file: see vsx_guard_install(). VSX itself replaces files and never
 *            shortens them. Use VSX_LOAD_COPY for files that others may write
 *            to.
 *   Exact    the same index and query give the same ids and the same distances
 *            on every machine, for one query or a batch, for any number of
 *            threads.
 */
#ifndef VSX_H
#define VSX_H

#include <stddef.h>
#include <stdint.h>

#include "vsx_status.h"
#include "vsx_types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VSX_VERSION "0.2.0"

#if defined(__GNUC__)
#define VSX_API __attribute__((visibility("default")))
#else
#define VSX_API
#endif

struct vsx;	      /* an open index */
struct vsx_searcher;  /* the scratch of one searching thread */
struct vsx_pool;      /* threads that wait for batches of queries */
struct vsx_fields;    /* values of one row */
struct vsx_selection; /* rows of an index: vsx_select.h */

/* ---- about ---------------------------------------------------------- */

/* The version of the library that runs, such as "0.2.0". */
VSX_API const char *vsx_version(void);

/* The newest format version that it reads. */
VSX_API uint32_t vsx_format_version(void);

/* The instruction set that its kernels use here: "avx512", "avx2", ... */
VSX_API const char *vsx_isa(void);

/* A few words for a status; never NULL. */
VSX_API const char *vsx_status_text(enum vsx_status status);

/* "l2", "f32", ...; NULL for a number that means nothing. */
VSX_API const char *vsx_metric_text(enum vsx_metric metric);
VSX_API const char *vsx_elem_text(enum vsx_elem elem);

/* Bytes of one component; 0 for a number that means nothing. */
VSX_API size_t vsx_elem_size(enum vsx_elem elem);

/* ---- open ----------------------------------------------------------- */

/* When the checksum of a page is compared. */
enum vsx_check {
	VSX_CHECK_TOUCH = 0, /* before the first answer that needs the page */
	VSX_CHECK_NONE,	     /* never: for files that have just been verified */
	VSX_CHECK_ALL, /* in vsx_open(), all pages, and all rules that an answer
			  depends on: not those of the acceptance test */
};

/* What is brought into memory by vsx_open(). */
enum vsx_preload {
	VSX_PRELOAD_NONE = 0, /* nothing: pages come as searches need them */
	VSX_PRELOAD_HOT, /* links, centroids, codes and ids, but not the rows */
	VSX_PRELOAD_ALL, /* for a file larger than memory: like HOT */
};

/* Where the bytes are while the index is open. */
enum vsx_load {
	VSX_LOAD_MAP = 0, /* in the page cache, shared with other processes */
	VSX_LOAD_COPY,	  /* in a private copy, in huge pages where there are
			     some: nobody else can change it any longer */
};

struct vsx_open_opts {
	size_t struct_size;
	enum vsx_check check;
	enum vsx_preload preload;
	enum vsx_load load;
	uint32_t lock_memory; /* 1: mlock(), a failure is an error; VSX_ENOMEM
				 when it is more than the process may use */
	uint32_t untrusted;   /* 1: for files from untrusted sources: implies
				 VSX_LOAD_COPY and VSX_CHECK_ALL */
	uint64_t memory; /* bytes of page cache available for it; 0: as many as
			    this process may use */
};
#define VSX_OPEN_OPTS_INIT                                                     \
	{                                                                      \
		sizeof(struct vsx_open_opts), VSX_CHECK_TOUCH,                 \
			VSX_PRELOAD_NONE, VSX_LOAD_MAP, 0, 0, 0                \
	}

/*
 * Open an index for searching.
 *
 * out   set to the index, which the caller closes with vsx_close()
 * path  a regular file
 *
 * Takes the same time and memory for a file of any size, unless the options ask
 * for more: it reads only the superblock and the manifest. The descriptor is
 * closed again before the call returns. The file may be replaced by rename
 * while it is open; the index does not change.
 *
 * A file that is larger than the memory that this process may use (that of the
 * machine, or the least limit of its control groups; or opts->memory) is read
 * page by page where searches jump, and searches request pages ahead. A smaller
 * one is left to the kernel's read-ahead. Answers are the same. The limit is
 * checked when a file is opened or refreshed. VSX_LOAD_COPY of a file that is
 * larger is VSX_ENOMEM.
 *
 * VSX_EFORMAT     not a VSX file; the text names what it seems to be
 * VSX_EVERSION    written by a newer version
 * VSX_ETRUNCATED  shorter than the superblock says
 * VSX_ECORRUPT    a checksum or a rule is broken
 * VSX_EIO, VSX_ENOMEM
 */
VSX_API enum vsx_status vsx_open(struct vsx **out, const char *path,
				 const struct vsx_open_opts *opts,
				 struct vsx_error *err);

/*
 * The same of a regular file that is open for reading: one that has no path, as
 * of memfd_create(), or that a sandbox hands over. The descriptor stays the
 * caller's, with its offset, and is not needed any longer after the call.
 * Messages call it "descriptor 5". vsx_refresh() has nowhere to look:
 * VSX_EINVAL.
 */
VSX_API enum vsx_status vsx_open_fd(struct vsx **out, int fd,
				    const struct vsx_open_opts *opts,
				    struct vsx_error *err);

/*
 * The same of a file that is in memory, n bytes.
 *
 * bytes  begins at a multiple of 64; stays the caller's, who keeps it, and
 *        changes nothing in it, until the index is closed. With VSX_LOAD_COPY
 *        or opts->untrusted it is copied: then it may begin anywhere, change
 *        meanwhile, and is not needed any longer after the call.
 *
 * Checks are those of a file. opts->memory means nothing, lock_memory is for a
 * copy alone, and vsx_guard_install() does not cover memory of the caller.
 * vsx_refresh() is VSX_EINVAL.
 */
VSX_API enum vsx_status vsx_open_memory(struct vsx **out, const void *bytes,
					size_t n,
					const struct vsx_open_opts *opts,
					struct vsx_error *err);

/*
 * Close it. Its searchers and pools may not be used afterwards, except to free
 * them. Accepts NULL.
 */
VSX_API void vsx_close(struct vsx *index);

/*
 * Handle SIGBUS, which a mapped file raises when somebody else truncates it or
 * its disk fails: from now on the call that hit it, and every later one on that
 * index, returns VSX_EIO, and the process is not ended. What such a call has
 * written to its output arguments means nothing. vsx_refresh() opens the file
 * again once it is whole again. It costs a search one look at a byte. Without
 * the guard the signal does what the host has arranged; by default it ends the
 * process.
 *
 * It covers every call of both libraries, shared or static: a writer that loses
 * bytes that it reads or has written commits nothing and returns VSX_EIO.
 *
 * Installs a handler for the whole process, once, however often it is called; a
 * signal from outside the indexes of this library is passed on to the previous
 * handler. Call it before any thread searches, and after other code that sets a
 * handler for SIGBUS. It stays: a program that loaded the library with dlopen()
 * must not unload it. Threads that block SIGBUS are still ended by it.
 * Threads with small stacks may use sigaltstack().
 *
 * A file that is overwritten and keeps its length is not noticed: use
 * VSX_LOAD_COPY for such files.
 */
VSX_API enum vsx_status vsx_guard_install(struct vsx_error *err);

/*
 * Open the newest generation of the file at the same path, with the same
 * options.
 *
 * out  set to a separate index, which the caller closes with vsx_close(); NULL
 *      if `index` is already the newest
 *
 * `index` stays open and unchanged until it is closed: running searches are
 * never disturbed. Where the file has grown by
 * vsx_update_commit() both share what is in memory, and pages that were checked
 * are not checked again. Where it was replaced, by a compaction for example,
 * the new file is opened. Fails as vsx_open() does. Any thread may call it;
 * searchers belong to one index, so make new ones.
 */
VSX_API enum vsx_status vsx_refresh(struct vsx **out, const struct vsx *index,
				    struct vsx_error *err);

/* ---- facts ---------------------------------------------------------- */

struct vsx_facts {
	uint32_t format_version;
	uint32_t page_bytes;
	uint64_t generation;
	uint64_t file_bytes;  /* committed */
	uint64_t extra_bytes; /* after the committed end: left by a crash */
	uint8_t uuid[16];
	uint64_t n_rows;
	uint64_t n_live;
	uint32_t dim;
	enum vsx_metric metric;
	enum vsx_elem elem;
	uint32_t normalised; /* 1: rows were scaled to length 1 */
	uint64_t seed;
	uint32_t default_effort; /* ef or nprobe of a search that names none */
	double target_recall;	 /* recall@10 for which it was chosen */
	uint32_t n_queries;	 /* of the acceptance test */
	uint32_t own_queries;	 /* 1: they are rows of the index */
	uint32_t truth_k;	 /* exact neighbours kept for each */
	uint32_t n_recalls;	 /* rows of the recall table */
	uint32_t n_segments;
	uint32_t n_sections;
	uint64_t mapped_bytes;
	uint64_t heap_bytes;	/* that the open index itself uses */
	const char *spec;	/* such as "HNSW32"; lives as long as index */
	const char *asked;	/* for: what a compaction builds once there are
				   enough rows; likewise */
	uint64_t live_bytes;	/* of file_bytes, about: those of live rows */
	uint64_t deleted_bytes; /* those of deleted rows: a compaction frees
				   these */
	uint64_t superseded_bytes;     /* and these, of older generations */
	const char *effort_name;       /* "ef", "nprobe", or "" for Flat */
	uint32_t due_queries;	       /* needed to judge a recall: 100, or
					  n_live if that is less */
	const char *asked_effort_name; /* effort_name of what was asked for;
					  NULL: of "auto", which may become
					  any */
	const char *hops_name; /* what n_hops of a search counts: "hops",
				  "lists" */
	uint32_t vector_bytes; /* of one row, as vsx_row() has it: dim
				  components of elem */
	double default_refine; /* refine factor of a search that names neither
				  effort nor factor; 0: codes of the index do
				  not stand for its rows, or nothing was
				  measured */
	const char *kept; /* what is kept of rows, and vsx_get() gives back: the
			     element type ("f32"), or the codes that it decodes
			     ("SQ8", "PQ48x4"); lives as long as index */
	uint32_t kept_as_codes; /* 1: it is codes, at least of some rows */
	uint32_t test_as_given; /* 1: the queries and neighbours of the test are
				   of rows as they were given, before they
				   became codes */
	uint32_t has_keys;	/* 1: rows have keys, at least some */
	uint32_t has_payload;	/* 1: rows have payload, likewise */
	uint32_t kept_narrow;	/* 1: rows that are all whole numbers are in the
				   file as such, at least those of a segment,
				   whose `kept` is "u8" or "i8". Nothing is lost
				   by it; vsx_row() has none of these */
};

VSX_API void vsx_get_facts_sized(const struct vsx *index,
				 struct vsx_facts *facts, size_t size);
static inline void vsx_get_facts(const struct vsx *index,
				 struct vsx_facts *facts)
{
	vsx_get_facts_sized(index, facts, sizeof(*facts));
}

/* The value of a property ("model", "model_hash", "source", ...), or NULL. */
VSX_API const char *vsx_property(const struct vsx *index, const char *key);

/*
 * Check whether vectors said to be of `model`, with the fingerprint `hash`, are
 * of the model that the index names. Either may be NULL: not given. If both
 * sides have a hash, it decides, otherwise the name and its aliases.
 *
 * note  NULL, or set to a line if the names differ and the hash is the same,
 *       otherwise to an empty text
 *
 * VSX_EINVAL  of another model, or the index does not name the model or hash
 */
VSX_API enum vsx_status vsx_check_model(const struct vsx *index,
					const char *model, const char *hash,
					struct vsx_error *note,
					struct vsx_error *err);

/* Property number i as "key=value", NULL past the last. */
VSX_API const char *vsx_property_at(const struct vsx *index, uint32_t i);

/* A parameter of a segment: which there are goes by its kind. */
struct vsx_parameter {
	const char *name; /* for programs: "nlist", "m", "ef_construction",
			     "levels", "gates" */
	const char *text; /* for people: "nlist #", "M #", "efConstruction #",
			     "# levels", "G#"; # stands for the value */
	uint64_t value;
};

#define VSX_MOST_PARAMETERS 8

struct vsx_segment_facts {
	const char *kind; /* "Flat", "IVF", "HNSW" */
	uint64_t n_rows;
	uint64_t n_dead; /* of them deleted */
	uint64_t generation;
	uint32_t row_stride; /* bytes from row to row */
	uint32_t n_parameters;
	struct vsx_parameter parameters[VSX_MOST_PARAMETERS];
	uint32_t n_centroids; /* that vsx_get_centroid() has; 0: none */
	uint32_t most_effort; /* a greater one changes nothing; 0: there is
				 nothing to turn */
	char kept[16];	      /* as in vsx_facts, of the rows of this segment */
	char codes[16];	    /* beside them, which searches compare first: "SQ8",
			       "PQ48x4", ..., "grid", or "" */
	uint32_t estimates; /* 1: searches go by what are estimates, and look at
			       `refine` rows for each */
};

struct vsx_section_facts {
	char name[8]; /* four letters */
	const char *text;
	int32_t segment; /* -1: of the whole index */
	uint64_t offset;
	uint64_t bytes;
};

/*
 * One row of the recall table, measured when the index was built: of the
 * efforts and refine factors that were tried, those which find more than any
 * that cost as much.
 */
struct vsx_recall {
	uint32_t effort;
	double at_1, at_10, at_100; /* shares of the exact neighbours found:
				       the first two by searches for 10, the
				       last by searches for 100 */
	double distances; /* mean distance computations of a search for 10 */
	double refine;	  /* rows looked at for each that was wanted, of fewer
			     than 10 as for 10; 0: no codes stand for rows */
};

/* VSX_EINVAL when i is out of range. A table of recall rises by effort, and
 * among rows of one effort by refine. */
VSX_API enum vsx_status vsx_get_segment_sized(const struct vsx *index,
					      uint32_t i,
					      struct vsx_segment_facts *facts,
					      size_t size,
					      struct vsx_error *err);
static inline enum vsx_status vsx_get_segment(const struct vsx *index,
					      uint32_t i,
					      struct vsx_segment_facts *facts,
					      struct vsx_error *err)
{
	return vsx_get_segment_sized(index, i, facts, sizeof(*facts), err);
}
VSX_API enum vsx_status vsx_get_section_sized(const struct vsx *index,
					      uint32_t i,
					      struct vsx_section_facts *facts,
					      size_t size,
					      struct vsx_error *err);
static inline enum vsx_status vsx_get_section(const struct vsx *index,
					      uint32_t i,
					      struct vsx_section_facts *facts,
					      struct vsx_error *err)
{
	return vsx_get_section_sized(index, i, facts, sizeof(*facts), err);
}
VSX_API enum vsx_status vsx_get_recall_sized(const struct vsx *index,
					     uint32_t i, struct vsx_recall *row,
					     size_t size,
					     struct vsx_error *err);
static inline enum vsx_status vsx_get_recall(const struct vsx *index,
					     uint32_t i, struct vsx_recall *row,
					     struct vsx_error *err)
{
	return vsx_get_recall_sized(index, i, row, sizeof(*row), err);
}

/*
 * The cheapest row of the recall table whose recall@1, @10 or @100 (the
 * smallest of these that is at least k, or @100) reaches `recall`, 0 to 1;
 * between 10 and 100 both of these do.
 *
 * effort  set to its effort; Flat answers 0
 * refine  NULL, or set to its refine factor, 0 where no codes stand for rows
 *
 * Of searches for more than 100 rows, which the table does not tell of, an ef
 * is k at least. VSX_ENOTFOUND when none does; then the text says what is the
 * best.
 */
VSX_API enum vsx_status vsx_effort_for(const struct vsx *index, double recall,
				       uint32_t k, uint32_t *effort,
				       double *refine, struct vsx_error *err);

/* ---- fields --------------------------------------------------------- */

struct vsx_field_facts {
	const char *name; /* lives as long as the index */
	enum vsx_field_type type;
	uint32_t is_list; /* 1: rows have any number of values */
};

/* Field number i of the index, by rising name; VSX_EINVAL past the last. */
VSX_API enum vsx_status vsx_get_field_sized(const struct vsx *index, uint32_t i,
					    struct vsx_field_facts *facts,
					    size_t size, struct vsx_error *err);
static inline enum vsx_status vsx_get_field(const struct vsx *index, uint32_t i,
					    struct vsx_field_facts *facts,
					    struct vsx_error *err)
{
	return vsx_get_field_sized(index, i, facts, sizeof(*facts), err);
}

/* "int", "[string]"; NULL for a number that means nothing. */
VSX_API const char *vsx_field_type_text(enum vsx_field_type type,
					uint32_t is_list);

/* One value of a field; what is looked at goes by the field's type. */
struct vsx_value {
	uint32_t truth;		 /* VSX_BOOL: 1 or 0 */
	int64_t number;		 /* VSX_INT; VSX_TIME without a string */
	double real;		 /* VSX_FLOAT */
	struct vsx_bytes string; /* VSX_STRING; VSX_TIME: "2026-01-31",
				    "2026-01-31T12:00:00.5Z", "...+01:00" */
};

/*
 * The fields of a row, put together for struct vsx_batch: vsx_fields_bytes() is
 * what that takes, and lives until the next call for the same object. A field
 * that is not put is null.
 *
 * name     a letter or _, then up to 62 letters, digits, _ and dots, and no
 *          word of the filter language
 * is_list  1: values are [n], any n; otherwise n is 1
 *
 * VSX_EINVAL for a name that is none or was put before, a float that is not
 * finite, a string that is not UTF-8, too long or has a byte 0, a time that is
 * none; then nothing is put. vsx_fields_free() accepts NULL.
 */
VSX_API enum vsx_status vsx_fields_new(struct vsx_fields **out,
				       struct vsx_error *err);
VSX_API void vsx_fields_free(struct vsx_fields *fields);
VSX_API void vsx_fields_clear(struct vsx_fields *fields);
VSX_API enum vsx_status vsx_fields_put(struct vsx_fields *fields,
				       const char *name,
				       enum vsx_field_type type,
				       uint32_t is_list,
				       const struct vsx_value *values, size_t n,
				       struct vsx_error *err);
/* A value that is null: the index has the field, if no other row does. */
VSX_API enum vsx_status vsx_fields_put_null(struct vsx_fields *fields,
					    const char *name,
					    enum vsx_field_type type,
					    uint32_t is_list,
					    struct vsx_error *err);
VSX_API struct vsx_bytes vsx_fields_bytes(const struct vsx_fields *fields);

/* ---- search --------------------------------------------------------- */

/*
 * A flag that stops searches, also a batch, with VSX_ESTOPPED. It is the
 * caller's: { 0 } at first, one for as many searches as should stop together,
 * and it must outlive them.
 */
struct vsx_stop {
	int is_set; /* read and written atomically: by these calls */
};

/* Any thread may call these at any time, and so may a signal handler. A flag
   that is set stops searches that are still to begin, too. */
VSX_API void vsx_stop_set(struct vsx_stop *stop);
VSX_API void vsx_stop_clear(struct vsx_stop *stop);

struct vsx_search_opts {
	size_t struct_size;
	uint32_t effort; /* ef (HNSW) or nprobe (IVF); 0: the index's default.
			    With an ef below k a search looks around ef of
			    the k nearest that it has come by: it takes less
			    time, and misses more of them. */
	uint32_t exact;	 /* 1: compare with every row */
	double recall;	 /* if > 0: effort and refine factor by
			    vsx_effort_for(), or, where that recall was not
			    reached, those that found most */
	uint64_t first_query; /* vsx_search_batch(): the number of its first
				 query in messages, for a file that is searched
				 in parts */
	uint64_t deadline_ns; /* of CLOCK_MONOTONIC, in nanoseconds since its
				 beginning; 0: none */
	const struct vsx_stop *stop; /* NULL: nobody stops it */
	double refine; /* where codes are estimates: how many rows are looked
			  at for each of the k, of fewer than 10 as for 10,
			  1 to 1000; 0: the index's default. No matter to other
			  searches. */
	const struct vsx_selection *among; /* rows that may be hits; NULL: all.
					      It must outlive the search. */
	double slack; /* where codes of links say which rows a walk looks at
			 (HNSW with G): by how many standard deviations one must
			 seem too far to be left out, above 0; INFINITY: none
			 is; 0: 0.5. No matter to other searches. */
	const char *group_by; /* a field with one value a row: of the rows of
				 each value only the nearest is a hit, so that
				 k values are wanted; those without a value
				 count as one. As many as there are, where the
				 search finds all rows. NULL: no groups */
};
#define VSX_SEARCH_OPTS_INIT                                                   \
	{                                                                      \
		sizeof(struct vsx_search_opts), 0, 0, 0.0, 0, 0, NULL, 0.0,    \
			NULL, 0.0, NULL                                        \
	}

struct vsx_hit {
	uint64_t id;
	float distance; /* l2: squared distance; ip: product; cosine: the
			   similarity, -1 to 1. Always finite; hits come in
			   the order of these values in f64 */
};

/* What the searches of one searcher have done so far. */
struct vsx_search_stats {
	uint64_t n_queries;	  /* answered */
	uint64_t n_distances;	  /* rows compared, codes included */
	uint64_t n_hops;	  /* graph nodes or lists visited */
	uint64_t n_pages_checked; /* by the whole index, not this searcher */
	uint32_t effort; /* that the last search was done with, whatever it was
			    chosen by; 0: by each segment's size, or none */
	double refine;	 /* and its refine factor; 0: none */
	uint64_t n_eligible; /* rows that could be hits of it: live, and of its
				selection if it had one */
	uint64_t n_refused;  /* links not followed, since codes of them say that
				they lead too far away: no distances */
	uint64_t n_complete; /* of n_queries, those whose answers are exact:
				none of these rows was left out */
};

/*
 * Make the scratch of one thread. Free it with vsx_searcher_free() before or
 * after the index is closed. It grows with the greatest k and effort seen, and
 * allocates nothing more after that.
 */
VSX_API enum vsx_status vsx_searcher_new(struct vsx_searcher **out,
					 const struct vsx *index,
					 struct vsx_error *err);
VSX_API void vsx_searcher_free(struct vsx_searcher *searcher);

/*
 * The k nearest rows of one query.
 *
 * query   dim components of type elem, which need not be that of the rows
 * hits    vsx_hit[k], filled nearest first, ties by rising id
 * n_hits  how many: k, or all rows when the index, or opts->among, has fewer
 *
 * VSX_EINVAL    k is 0, or an option breaks its rule
 * VSX_ENUMERIC  the query holds a NaN or an infinity, is zero under cosine, or
 *               has a squared length above 2^125 under l2 or ip
 * VSX_ECORRUPT  a page that the search needed is damaged
 * VSX_ESTOPPED  opts->deadline_ns has passed, or opts->stop is set; the text
 *               says which. There are no hits then.
 *
 * Whether a search is to stop is looked at before it begins and then after
 * every 16 KiB of rows or so, which takes some microseconds; a row counts 256
 * bytes more than it has. Only what it does in one go is not interrupted: a
 * page that comes from a slow disk, one hop of a graph (up to 2 M rows), and
 * the sorting of the lists of an IVF index or of an answer of very many hits.
 */
VSX_API enum vsx_status vsx_search(struct vsx_searcher *searcher,
				   const void *query, enum vsx_elem elem,
				   size_t k, const struct vsx_search_opts *opts,
				   struct vsx_hit *hits, size_t *n_hits,
				   struct vsx_error *err);

/*
 * The same with the row with this id as the query; the row itself is not
 * counted. VSX_ENOTFOUND if no row has this id.
 */
VSX_API enum vsx_status vsx_search_id(struct vsx_searcher *searcher,
				      uint64_t id, size_t k,
				      const struct vsx_search_opts *opts,
				      struct vsx_hit *hits, size_t *n_hits,
				      struct vsx_error *err);

/*
 * Many queries, spread over n_threads threads (0: one for each processor).
 *
 * queries  [n][dim] of type elem, row-major without gaps
 * hits     vsx_hit[n][k]; entries beyond n_hits of a query stay unset
 * n_hits   size_t[n]
 * stats    NULL, or counts to which those of the searches are added
 *
 * Starts the threads and joins them before it returns: whoever has many batches
 * makes a pool. A failure, also VSX_ESTOPPED, names the query with the lowest
 * number that failed, counted from opts->first_query; the contents of hits and
 * n_hits then mean nothing.
 */
VSX_API enum vsx_status vsx_search_batch_sized(
	const struct vsx *index, const void *queries, enum vsx_elem elem,
	size_t n, size_t k, const struct vsx_search_opts *opts,
	unsigned int n_threads, struct vsx_hit *hits, size_t *n_hits,
	struct vsx_search_stats *stats, size_t size, struct vsx_error *err);
static inline enum vsx_status vsx_search_batch(
	const struct vsx *index, const void *queries, enum vsx_elem elem,
	size_t n, size_t k, const struct vsx_search_opts *opts,
	unsigned int n_threads, struct vsx_hit *hits, size_t *n_hits,
	struct vsx_search_stats *stats, struct vsx_error *err)
{
	return vsx_search_batch_sized(index, queries, elem, n, k, opts,
				      n_threads, hits, n_hits, stats,
				      sizeof(*stats), err);
}

/*
 * Threads that wait for batches, each with its searcher. Of one index.
 *
 * n_threads  0: one for each processor. vsx_pool_search() works in the thread
 *            that calls it as well, so that one fewer is started, or fewer
 *            still if the system has no more: answers are the same. They block
 *            all signals but those of faults.
 *
 * Memory grows with the greatest n, k and effort seen, and then no batch
 * allocates anything. One batch at a time: two threads need two pools.
 *
 * vsx_pool_free() joins the threads; the index may be closed before or after.
 * It accepts NULL. A child after fork() has none of the threads: there
 * vsx_pool_search() is VSX_EINVAL, unless the pool is of one, vsx_pool_free()
 * frees the memory, and a new pool can be made. Fork while no batch runs.
 */
VSX_API enum vsx_status vsx_pool_new(struct vsx_pool **out,
				     const struct vsx *index,
				     unsigned int n_threads,
				     struct vsx_error *err);
VSX_API void vsx_pool_free(struct vsx_pool *pool);

/*
 * Where the answers to n queries for k go: arrays of the caller, row-major
 * without gaps. NULL: not wanted.
 */
struct vsx_answers {
	size_t struct_size;
	struct vsx_hit *hits;  /* [n][k]; those beyond n_hits stay unset */
	size_t *n_hits;	       /* [n] */
	uint64_t *ids;	       /* [n][k]; UINT64_MAX beyond n_hits. A row may
				  have that id: its distance is never NaN. */
	float *distances;      /* [n][k]; NaN beyond n_hits */
	uint64_t *n_distances; /* [n]: rows that the query was compared with,
				  codes included */
	uint64_t *n_hops;      /* [n]: graph nodes or lists visited */
	uint8_t *complete;     /* [n]: 1: exact, as in n_complete of the stats;
				  otherwise 0 */
};
#define VSX_ANSWERS_INIT                                                       \
	{                                                                      \
		sizeof(struct vsx_answers), NULL, NULL, NULL, NULL, NULL,      \
			NULL, NULL                                             \
	}

/*
 * vsx_search_batch() by the threads of a pool. A failure is told in the same
 * way; what the arrays hold then means nothing.
 */
VSX_API enum vsx_status vsx_pool_search(struct vsx_pool *pool,
					const void *queries, enum vsx_elem elem,
					size_t n, size_t k,
					const struct vsx_search_opts *opts,
					const struct vsx_answers *answers,
					struct vsx_error *err);

VSX_API void vsx_get_stats_sized(const struct vsx_searcher *searcher,
				 struct vsx_search_stats *stats, size_t size);
static inline void vsx_get_stats(const struct vsx_searcher *searcher,
				 struct vsx_search_stats *stats)
{
	vsx_get_stats_sized(searcher, stats, sizeof(*stats));
}

/* ---- what an index was made with ------------------------------------- */

/*
 * Centroid i, 0 to n_centroids - 1, of a segment whose rows were grouped by
 * such, as f32[dim]. Under cosine it is a mean of rows scaled to length 1.
 * VSX_EINVAL if there is none.
 */
VSX_API enum vsx_status vsx_get_centroid(const struct vsx *index,
					 uint32_t segment, uint32_t i,
					 float *centroid,
					 struct vsx_error *err);

/*
 * The queries of the acceptance test.
 *
 * queries  float[n_queries][dim]
 * own      NULL, or uint64_t[n_queries]: the ids of the rows that serve as
 *          queries, set only if own_queries is; the row itself does not count
 */
VSX_API enum vsx_status vsx_get_test_queries(const struct vsx *index,
					     float *queries, uint64_t *own,
					     struct vsx_error *err);

/* ---- verify --------------------------------------------------------- */

enum vsx_verify_level {
	VSX_VERIFY_FULL = 0, /* pages, every rule of SPEC.md, acceptance test */
	VSX_VERIFY_PAGES,    /* every byte against its checksum */
	VSX_VERIFY_QUICK,    /* superblock and manifest */
};

enum vsx_verify_what {
	VSX_FINDING,  /* something is wrong: the file must not be released */
	VSX_NOTICE,   /* worth knowing, nothing is wrong */
	VSX_PROGRESS, /* `done` of `total` of the phase `text` */
};

struct vsx_verify_event {
	enum vsx_verify_what what;
	enum vsx_status status; /* of a finding */
	const char *text;	/* one line, without the file's name */
	uint64_t done, total;
	const char *unit;    /* of progress: what done and total count, "rows",
				"bytes", "queries", ... */
	struct vsx_where at; /* of a finding */
};

/* Return 0 to go on, anything else to stop with VSX_ESTOPPED. */
typedef int vsx_verify_report(void *context,
			      const struct vsx_verify_event *event);

struct vsx_verify_opts {
	size_t struct_size;
	enum vsx_verify_level level;
	unsigned int n_threads; /* 0: one for each processor */
	double min_recall;	/* if > 0: recall@10 at the default effort must
				   reach it in each test that is run, and one of
				   them must have due_queries, see above */
	/* A test of the caller's own, in addition to the one in the file. */
	const void *queries;	  /* [n_queries][query_dim] of query_elem */
	enum vsx_elem query_elem; /* 0: VSX_F32 */
	uint32_t query_dim;
	uint32_t truth_k;
	uint64_t n_queries;
	const uint64_t *truth; /* ids, [n_queries][truth_k]; UINT64_MAX ends a
				  shorter list; an id that no live row has
				  counts as not found */
};
#define VSX_VERIFY_OPTS_INIT                                                   \
	{                                                                      \
		sizeof(struct vsx_verify_opts), VSX_VERIFY_FULL, 0, 0.0, NULL, \
			VSX_F32, 0, 0, 0, NULL                                 \
	}

struct vsx_verify_result {
	uint64_t n_findings;
	uint64_t n_notices;
	uint64_t bytes_read;
	uint32_t recall_measured; /* 1: the numbers below are set */
	uint32_t effort;	  /* that they were measured with */
	double recall_at_1, recall_at_10, recall_at_100;
	uint32_t n_queries;    /* that they were measured on: those whose
				  neighbours are known */
	uint32_t own_measured; /* 1: the caller's queries were run */
	double own_recall;     /* recall@10, or @truth_k if that is less */
	uint32_t n_own;	       /* of them have neighbours */
	uint32_t due_queries;  /* as in vsx_facts; fewer are too few to judge a
				  recall */
	double refine; /* that the recalls were measured with; 0: none */
};

/*
 * Check a file as far as the level says, and report all findings, not only the
 * first. The index need not be openable.
 *
 * VSX_OK        the file was read; see result->n_findings for its state
 * VSX_EFORMAT, VSX_EVERSION, VSX_EIO, VSX_ENOMEM, VSX_EINVAL, VSX_ESTOPPED
 *               it could not be checked
 */
VSX_API enum vsx_status vsx_verify_sized(const char *path,
					 const struct vsx_verify_opts *opts,
					 vsx_verify_report *report,
					 void *context,
					 struct vsx_verify_result *result,
					 size_t size, struct vsx_error *err);
static inline enum vsx_status vsx_verify(const char *path,
					 const struct vsx_verify_opts *opts,
					 vsx_verify_report *report,
					 void *context,
					 struct vsx_verify_result *result,
					 struct vsx_error *err)
{
	return vsx_verify_sized(path, opts, report, context, result,
				sizeof(*result), err);
}

#ifdef __cplusplus
}
#endif

#include "vsx_range.h"
#include "vsx_rows.h"
#include "vsx_select.h"

#endif
