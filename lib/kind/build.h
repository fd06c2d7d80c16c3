/*
 * What an index kind is to the writer: the other table of each, beside that of
 * kind.h. A builder sees rows in memory and gives arrays in memory; files are
 * written by others.
 */
#ifndef VSX_KIND_BUILD_H
#define VSX_KIND_BUILD_H

#include "code/build.h"
#include "disk.h"
#include "kind/kind.h"
#include "names.h"
#include "train/job.h"

/* What is kept of rows, to look at those that codes have found. */
enum vsx_spec_keep {
	VSX_KEEP_UNSAID, /* the same as rows */
	VSX_KEEP_ROWS,
	VSX_KEEP_FP16,
	VSX_KEEP_SQ8,
	VSX_KEEP_NONE,
};

/* What a spec string says: see build_spec.h. */
struct vsx_spec {
	uint32_t kind; /* enum vsx_kind_code; 0: "auto" */
	uint32_t size; /* nlist, M, ...; 0: by the rows, or it has none */
	struct vsx_code_wish codes; /* build NULL: "Flat", codes as the writer
				       thinks best */
	uint32_t gates; /* parts of the codes of links, "G<parts>"; 0: none */
	enum vsx_spec_keep keep;
};

/* Whether codes are kept in place of rows. */
static inline bool vsx_spec_keeps_codes(const struct vsx_spec *spec)
{
	return spec->keep == VSX_KEEP_SQ8 || spec->keep == VSX_KEEP_NONE;
}

/* What there is to choose by. */
struct vsx_spec_need {
	uint64_t n_rows;
	uint32_t dim;
	uint32_t stride;
	uint64_t memory; /* that rows, codes and links may take */
	double target_recall;
	enum vsx_metric metric;
	enum vsx_elem elem;
	bool few_bytes; /* what is small is wanted, too */
};

#define VSX_MAX_LAYOUTS 10

#define VSX_MAX_BUILT 6

/* A section that is made while it is written, a piece after the other. */
struct vsx_making {
	/* Bytes at .. at+n-1, by all threads of the job. */
	enum vsx_status (*make)(void *data, uint64_t at, uint64_t n,
				uint8_t *out, struct vsx_error *err);
	void (*release)(void *data);
};

/* What a builder gives; vsx_built_release() frees. */
struct vsx_built {
	struct vsx_arrays *arrays; /* that order and sections are of */
	uint32_t kind;
	uint32_t params[VSX_N_PARAMS];
	uint32_t *order; /* [n]: row r of the segment is input row order[r];
			    NULL: as the input */
	/* Where the rows are to lie in VECS, run after run, in the order of
	   their numbers; NULL: one after the other, without gaps. */
	struct vsx_run *runs;
	uint32_t n_runs;
	uint64_t vecs_bytes; /* with runs: of VECS */
	struct vsx_built_section {
		enum vsx_section_slot slot;
		void *data; /* the bytes, or what they are made of */
		uint64_t bytes;
		const struct vsx_making *making; /* NULL: data is the bytes */
		uint64_t step; /* pieces that are made are whole ones of so
				  many bytes */
	} section[VSX_MAX_BUILT];
	uint32_t n_sections;
};

/* Take over one more section. */
static inline void vsx_built_add(struct vsx_built *built,
				 enum vsx_section_slot slot, void *data,
				 uint64_t bytes)
{
	struct vsx_built_section *s = &built->section[built->n_sections++];

	s->slot = slot;
	s->data = data;
	s->bytes = bytes;
}

void vsx_built_release(struct vsx_built *built);

/* What is to be planned. */
struct vsx_plan_need {
	const struct vsx_job *job; /* its numbers alone */
	const struct vsx_space *space;
	uint64_t n_rows;
	uint32_t size;		    /* of the spec */
	uint32_t gates;		    /* likewise */
	uint32_t coded, code_bytes; /* components and bytes of what it walks
				       over: codes, or rows */
};

/* What the sections and the work of a kind come to. Set to that of rows one
   after the other, with nothing over them. */
struct vsx_plan {
	uint64_t vecs_bytes;
	bool renumbers; /* rows are not in the order of their ids */
	uint64_t section[VSX_MAX_BUILT]; /* bytes of the kind's own */
	uint32_t n_sections;
	uint64_t build_bytes;	 /* peak memory, beside rows and codes */
	uint64_t arrays_bytes;	 /* and that of job->arrays */
	uint64_t searcher_bytes; /* heap of a searching thread, beside a query
				  */
	double seconds;		 /* of work, for one thread */
};

/* Queries as users ask them, with their exact neighbours. */
struct vsx_asked {
	const float *queries; /* [n][dim] */
	uint32_t n;
	const uint32_t *near; /* [n][n_near] rows, nearest first */
	uint32_t n_near;
	const bool *held_out; /* [n] such tell what the others have brought */
	double recall;	      /* that is to be found, of the nearest 10 */
};

/* Of the progress of vsx_phase_shaping: their neighbours are found, and they
   are searched for before and after. */
#define VSX_SHAPE_ROUNDS 3u

/* What that was: distances of a search for queries that are held out, where it
   finds so much. */
struct vsx_shaped {
	bool is_tried; /* else it could not be */
	bool pays;     /* else what was built is as it was */
	double recall, before, after;
};

struct vsx_kind_build {
	uint32_t code;

	/*
	 * A spec is the kind's name, then a number if it has a size, then what
	 * `ending` says, which may be left out. params[size_param] of the
	 * segment holds the size.
	 */
	const char *size_name; /* "nlist"; NULL: it has no size */
	uint32_t least_size, most_size, size_param;
	const char *ending; /* that its text has: ",Flat" or "" */

	bool scans; /* rows: codes make that faster, also unasked */
	bool walks; /* over rows one by one: codes in blocks are not for it */
	uint32_t most_dead;  /* percent of rows: with more of them deleted a
				search takes so much longer that the others are
				worth a new segment; 0: never */
	const char *learned; /* what extend() takes over: "lists" */

	/*
	 * "auto" asks the kinds by rising turn, those of turn 0 not at all. The
	 * first that suits is taken; size and codes of the spec are set, and
	 * reason[n] gets why. One that does not may leave why not, for the
	 * reason of the next.
	 */
	uint32_t turn;
	bool (*suits)(const struct vsx_spec_need *need, struct vsx_spec *spec,
		      char *reason, size_t n);

	/*
	 * What "auto" may try of rows that are kept, the likeliest first: its
	 * sizes, codes and gates; returns how many. Twice the same does no
	 * harm. Which the rows can have, and have room for, is not asked here.
	 */
	uint32_t (*layouts)(const struct vsx_spec_need *need,
			    struct vsx_spec out[VSX_MAX_LAYOUTS]);

	/*
	 * Nanoseconds that a search of such work takes once the segment has
	 * n_rows: counted, by what such steps took where they were measured
	 * (bench/NOTES.md), so that every machine says the same.
	 */
	double (*cost)(const struct vsx_segment *seg,
		       const struct vsx_work *work, uint64_t n_rows);

	/* The size for the rows, where a spec names none; NULL: no size. */
	uint32_t (*size)(const struct vsx_spec_need *need, char *reason,
			 size_t n);
	bool size_grows; /* with the rows: of a sample it is another */
	/* Lower a size that is too large for so few rows; note[n] gets what is
	   to be said of it. NULL: no size. */
	uint32_t (*fit)(uint32_t size, uint64_t n_rows, char *note, size_t n);

	void (*plan)(const struct vsx_plan_need *need, struct vsx_plan *out);

	/* Efforts that the recall table has, number i from 0; 0 behind the
	   last. NULL: a search has none. */
	uint32_t (*effort_at)(const struct vsx_segment *seg, uint32_t i);

	enum vsx_status (*build)(struct vsx_job *job,
				 const struct vsx_rows *rows,
				 const struct vsx_spec *spec,
				 struct vsx_built *out, struct vsx_error *err);

	/*
	 * Shape what was built of the rows by queries, where that pays for
	 * others. NULL: it goes by the rows alone.
	 */
	enum vsx_status (*shape)(struct vsx_job *job,
				 const struct vsx_rows *rows,
				 const struct vsx_asked *asked,
				 struct vsx_built *built,
				 struct vsx_shaped *out, struct vsx_error *err);

	/*
	 * Codes of links, which a spec with `gates` wants: sections that are
	 * made once the codes of rows are learned, of the rows as they are
	 * compared. params[gates_param] holds the parts.
	 *
	 * codes  that searches compare rows by; build NULL: the rows themselves
	 * from   what they are made of, and the rows
	 *
	 * NULL: there are none.
	 */
	enum vsx_status (*gates)(struct vsx_job *job, uint32_t parts,
				 const struct vsx_code_params *codes,
				 const struct vsx_code_source *from,
				 struct vsx_built *built,
				 struct vsx_error *err);
	uint32_t gates_param;

	/*
	 * More rows for an index that has learned: the new segment shares what
	 * the segment `trained` has. *shift is the mean distance of the rows
	 * from their centroids, over that of the rows in `trained`, from
	 * samples. NULL: each segment is built by itself.
	 */
	enum vsx_status (*extend)(struct vsx_job *job,
				  const struct vsx_rows *rows,
				  const struct vsx_segment *trained,
				  struct vsx_built *out, double *shift,
				  struct vsx_error *err);
};

/* Kind number i from 0 in the order of format/kinds.h; NULL past the last. */
const struct vsx_kind_build *vsx_kind_build_at(uint32_t i);

/* NULL for a code that is not known. */
const struct vsx_kind_build *vsx_kind_build_find(uint32_t code);

#endif
