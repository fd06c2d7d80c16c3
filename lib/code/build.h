/* Making codes: what the writer has beside the table of code/codec.h. */
#ifndef VSX_CODE_BUILD_H
#define VSX_CODE_BUILD_H

#include "code/codec.h"
#include "train/job.h"

struct vsx_code_params;

/* The rows of a segment, as codes are made of them. */
struct vsx_code_source {
	const struct vsx_rows *rows;
	const uint32_t *order; /* [n]: row r of the segment is row order[r] of
				  `rows`; NULL: row r */
	/* Lists, in the order of the segment's rows, and the centroid of each,
	   f32[dim] at `stride`; n_lists 0: there are none. */
	const struct vsx_run *lists;
	uint32_t n_lists;
	const uint8_t *centroids;
	uint32_t stride;
	/* What is kept of a row, and coded instead of it: what these codes are
	   decoded to. NULL: the row itself. */
	const struct vsx_code_params *kept;
	/* Of some rows what is kept is there already: the code of number `row`
	   of `rows`, which is what it decodes to; NULL: of another. May be NULL
	   itself. */
	const uint8_t *(*code_of)(const void *context, uint64_t row);
	const void *context;
};

struct vsx_codec_build {
	const struct vsx_codec *codec;

	/* Its name in a spec: "SQ8", or with a number in it, "PQ<m>x4": name
	   "PQ", size_name "m", ending "x4". NULL: not of a spec. */
	const char *name;
	const char *size_name; /* NULL: it has none */
	uint32_t most_size;    /* 0: as many as dimensions */
	const char *ending;    /* may be NULL */
	const char *alias;     /* another ending that may be written */
	uint32_t usual_size;   /* where the number is left out; 0: it must not
				  be */

	/* What a row is coded as that is kept as its code alone: its own
	   record, where these are blocks. NULL: the same. Blocks lie beside
	   it, or it is compared itself. */
	const struct vsx_codec_build *kept;
	bool kept_alone;

	bool residual; /* rows are nearer to their centroid than to each other:
			  in lists, codes are of what it leaves of them */

	/*
	 * Learn from rows, of which there is at least one, and from these alone
	 * what holds for all of them: p->bytes, which are zeros but for what
	 * comes before the codec's own. The same rows give the same bytes for
	 * any number of threads.
	 */
	enum vsx_status (*train)(struct vsx_job *job,
				 const struct vsx_code_source *from,
				 struct vsx_code_params *p,
				 struct vsx_error *err);

	/* What train() takes at most beside its n rows; NULL: next to nothing.
	 */
	uint64_t (*train_bytes)(const struct vsx_code_form *form, uint64_t n,
				unsigned int threads);

	/* The block of n rows, from 1 to 2^block_shift, into zeros, where the
	   codec has no encode(). Any thread may call it. */
	void (*encode)(const struct vsx_code_params *p,
		       const struct vsx_space *space,
		       const uint8_t *const *rows, uint32_t n, uint8_t *block);
};

/* The most rows of a block. */
#define VSX_MAX_BLOCK_ROWS 64

/* What is done to rows before they are coded. */
enum vsx_transform { VSX_NO_TRANSFORM, VSX_PCA, VSX_OPQ };

/* What codes are to be. */
struct vsx_code_wish {
	const struct vsx_codec_build *build; /* NULL: no codes */
	uint32_t size; /* that the name has; 0: it has none */
	enum vsx_transform transform;
	uint32_t transform_m;	/* OPQ: of the quantiser it is for */
	uint32_t transform_dim; /* that is left; 0: all */
};

/* What was learned. */
struct vsx_code_params {
	const struct vsx_codec_build *build; /* NULL: write no codes */
	struct vsx_code_form form;
	uint32_t block_bytes;
	uint8_t *bytes; /* section CPAR, n_bytes of it; owned */
	uint64_t n_bytes;
};

/* Number i of those that a spec may name; NULL past the last. */
const struct vsx_codec_build *vsx_codec_build_at(uint32_t i);

/* The codec that a segment gets unless another is asked for; NULL: searches of
 * such rows would be no faster with codes. */
const struct vsx_codec_build *vsx_codec_for(enum vsx_elem elem, uint32_t dim);

extern const struct vsx_codec_build vsx_codec_grid_build;
extern const struct vsx_codec_build vsx_codec_sq8_build;
extern const struct vsx_codec_build vsx_codec_sq8u_build;
extern const struct vsx_codec_build vsx_codec_sq4_build;
extern const struct vsx_codec_build vsx_codec_pq8_build;
extern const struct vsx_codec_build vsx_codec_pq4_build;
extern const struct vsx_codec_build vsx_codec_pq4fs_build;
extern const struct vsx_codec_build vsx_codec_rabitq_build;
extern const struct vsx_codec_build vsx_codec_rabitq_record_build;
/* Of "Flat" behind a transform. */
extern const struct vsx_codec_build vsx_codec_floats_build;

/* The form that codes of such rows will have, in n_lists lists. */
struct vsx_code_form vsx_code_form_of(const struct vsx_code_wish *wish,
				      uint32_t dim, uint32_t n_lists);

/* What learning them from n rows takes at most, beside these. */
uint64_t vsx_codes_train_bytes(const struct vsx_code_wish *wish,
			       const struct vsx_code_form *form, uint64_t n,
			       unsigned int threads);

/* Learn the parameters of codes; build NULL sets p to write none. */
enum vsx_status vsx_codes_train(const struct vsx_code_wish *wish,
				struct vsx_job *job,
				const struct vsx_code_source *from,
				struct vsx_code_params *p,
				struct vsx_error *err);

/* Take parameters that were learned before, `bytes` of a section CPAR. */
enum vsx_status vsx_code_params_take(struct vsx_code_params *p,
				     const struct vsx_codec_build *build,
				     const struct vsx_code_form *form,
				     const uint8_t *bytes,
				     struct vsx_error *err);

/* Room for the parameters of a codec, zeros. */
enum vsx_status vsx_code_params_init(struct vsx_code_params *p,
				     const struct vsx_codec_build *build,
				     const struct vsx_code_form *form,
				     struct vsx_error *err);
void vsx_code_params_release(struct vsx_code_params *p);

/* What the segment entry says. */
static inline uint32_t vsx_code_params_word(const struct vsx_code_params *p)
{
	return p->build ? VSX_CODE_WORD(p->build->codec->id, p->form.size) : 0;
}

/* Bytes of the codes of n rows. */
uint64_t vsx_codes_bytes(const struct vsx_code_params *p, uint64_t n);

/* The centroid of the list that a row of the segment is in, in the space of the
 * codes; NULL: codes are not of residuals. */
const float *vsx_code_centroid(const struct vsx_code_source *from,
			       const struct vsx_code_params *p, uint64_t row);

/* What is coded of a row of the segment: vsx_code_input(). */
void vsx_code_source_row(const struct vsx_code_source *from,
			 const struct vsx_code_params *p, uint64_t row,
			 float *x, float *y);

/* The code of a row of the segment that is there already (code_of); NULL: there
 * is none. */
const uint8_t *vsx_code_there(const struct vsx_code_source *from, uint64_t row);

/* Floats that vsx_codes_encode() works in. */
size_t vsx_codes_work(const struct vsx_code_params *p);
/* And as many more behind these where from->kept is set. */
size_t vsx_codes_work_kept(const struct vsx_code_source *from);

/*
 * Codes of the rows first .. first+n-1 of a segment. They begin and, but for
 * the last ones, end with a block. work: vsx_codes_work(p) floats; out:
 * vsx_codes_bytes(p, n).
 */
void vsx_codes_encode(const struct vsx_code_params *p,
		      const struct vsx_code_source *from, uint64_t first,
		      uint64_t n, float *work, uint8_t *out);

#endif
