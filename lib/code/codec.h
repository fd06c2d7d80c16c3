/*
 * A codec: what makes a query and the codes of rows into keys that say a row's
 * value within bounds. Rows themselves are codes, too, of the best codec there
 * is and the longest codes (vsx_codec_rows): so whatever compares a query with
 * rows, the sieve, lists, graphs, sees this table and nothing behind it.
 *
 * Reading side, over views of bytes; a codec knows nothing of segments or
 * files. What trains and encodes is in files build*.c and belongs to the writer
 * alone, see code/build.h. A codec is its files here and a line in codecs.c.
 */
#ifndef VSX_CODEC_H
#define VSX_CODEC_H

#include "code/bounds.h"
#include "code/form.h"
#include "io/view.h"
#include "kernel/tile.h"

/* Rows that lie one after the other: what scans walk over. */
struct vsx_run {
	uint32_t first_row;
	uint32_t n_rows;
	uint64_t offset; /* of the first in VECS */
};

/* Codes ready for use; borrows the memory they lie in. */
struct vsx_codes {
	const struct vsx_codec *codec;
	struct vsx_code_form form;
	struct vsx_space rows;	     /* of the rows they are codes of */
	const uint8_t *params;	     /* codec->params_bytes(); NULL: none */
	const struct vsx_view *view; /* for touching; NULL: not needed */
	const uint8_t *base;	     /* block 0 */
	uint64_t at;		     /* byte of base in the view */
	uint32_t block_bytes;
	uint32_t block_shift; /* rows in a block, as a power of two */
	bool by_offset; /* blocks are where VECS has the rows, not by number */

	/* Residuals: the centroids that rows were less by, f32[form.coded]
	   each, n_lists of them. */
	struct {
		const struct vsx_view *view;
		uint64_t at;
		uint32_t stride, n_lists;
	} centroids;

	/* Set by the codec's open(). */
	struct vsx_space space; /* codes as rows of their own, where they are */
	bool unsure;		/* keys of some rows say nothing, see mark() */
};

/* A query made ready. Its buffers belong to whoever made it. */
struct vsx_code_query {
	const struct vsx_query *asked;	  /* the query of the rows */
	struct vsx_query query;		  /* the same, as codes are */
	const struct vsx_query *compared; /* the one that the codes, as rows of
					     vsx_codes.space, have their keys
					     from; NULL: they are no rows */
	const int8_t *s; /* or, for codes that are panels, the query as
			    kernel/tile.h wants it, and its addend; NULL: keys
			    are joined from two products, each in units of
			    `high` and `low`, and `base` */
	uint32_t add;
	double base, high, low;
	const float *input; /* f32[form.coded], as what is coded of rows; NULL:
			       these are their own codes, or it is not made */
	struct vsx_bounds bounds; /* of the keys so far */
	double longest; /* row so far, where bounds grow with it; else 0 */
	uint32_t cut;	/* of estimates: keys above it may be others above it;
			   UINT32_MAX from prepare() on */
	void *room;	/* what else a codec makes of it; owned */
	size_t room_cap;
};

/* Whether keys are of products, not of squared distances. */
static inline bool vsx_codes_product(const struct vsx_codes *c)
{
	return c->rows.metric == VSX_IP;
}

/* n bytes of room, in what a query before may have left there. */
enum vsx_status vsx_code_query_room(struct vsx_code_query *q, size_t n,
				    struct vsx_error *err);
void vsx_code_query_release(struct vsx_code_query *q);

/*
 * Begin a query of codes that estimate: q->input is y, f32[coded], what is
 * coded of q->asked; nothing bounds how far a key is off, which is a squared
 * distance or a product.
 */
void vsx_code_query_take(const struct vsx_codes *c, struct vsx_code_query *q,
			 float *y);

/* A key that says nothing of its row. */
#define VSX_KEY_UNSURE UINT32_MAX

struct vsx_codec {
	uint32_t id; /* enum vsx_codec_id */
	const char *name;

	/* Keys are estimates: good for searches that may miss rows, which look
	   at more of them than they were asked for; no exact one uses these
	   codes. */
	bool estimates;
	double refine; /* how many rows for each that is wanted, where nothing
			  was measured; 0: bounds say it */

	/* Rows whose codes lie together, 2^block_shift: 1, or as many as a
	   kernel compares at once. A run may begin and end within a block. */
	uint32_t block_shift;
	uint32_t (*block_bytes)(const struct vsx_code_form *f);
	uint64_t (*params_bytes)(const struct vsx_code_form *f);

	/* Whether rows of this type can have such codes. */
	bool (*suits)(enum vsx_elem elem);

	/* Whether there are codes of this size, the word's, for form->coded
	   dimensions. NULL: 0 alone. */
	bool (*fits)(const struct vsx_code_form *f);
	uint32_t most_dim; /* that is coded; 0: any */

	/* Take over codes whose other fields are set, of bytes whose lengths
	   are right; parameters are touched. O(1). */
	enum vsx_status (*open)(struct vsx_codes *c, struct vsx_error *err);

	/*
	 * Make a query ready: all but `asked`, which is set. The buffers of
	 * `query` are for dim components.
	 */
	enum vsx_status (*prepare)(const struct vsx_codes *c,
				   struct vsx_code_query *q,
				   struct vsx_error *err);

	/* Of residuals: once more before the rows of each list, whose centroid
	   this is. Keys of all lists can be compared. */
	void (*prepare_list)(const struct vsx_codes *c,
			     struct vsx_code_query *q, const float *centroid);

	/* Keys of the rows of a run, which is touched. May widen q->bounds. */
	void (*keys_of_run)(const struct vsx_codes *c, struct vsx_code_query *q,
			    const struct vsx_run *run, uint32_t *keys);

	/* The same of n rows by number. Where blocks go by offset, rows are
	   those of one run from row 0 at byte 0. */
	void (*keys_of_rows)(const struct vsx_codes *c,
			     struct vsx_code_query *q, const uint32_t *rows,
			     size_t n, uint32_t *keys);

	/* NULL, or: blocks are panels, and a query with an `s` has its keys
	   from this tile of n blocks. */
	struct vsx_tile (*tile)(const struct vsx_codes *c, uint32_t first_block,
				uint32_t n);

	/* Set keys of a run that say nothing to VSX_KEY_UNSURE, which is no key
	   of others then. NULL: all say something. */
	void (*mark)(const struct vsx_codes *c, const struct vsx_run *run,
		     uint32_t *keys);

	/* Rules of the parameters that open() does not look at, of places of
	   the last block past n_rows (NULL: none), and of the code of the row
	   at `at`: the first that is broken, as VSX_ECORRUPT. */
	enum vsx_status (*check)(const struct vsx_codes *c,
				 struct vsx_error *err);
	enum vsx_status (*check_rest)(const struct vsx_codes *c,
				      uint32_t n_rows, struct vsx_error *err);
	enum vsx_status (*check_row)(const struct vsx_codes *c, uint32_t row,
				     const uint8_t *at, struct vsx_error *err);

	/* What can be said of a code without its row: of one that stands in
	   place of a row. Where there is decode(). */
	enum vsx_status (*check_code)(const struct vsx_codes *c,
				      const uint8_t *code,
				      struct vsx_error *err);

	/* NULL: check_row() is there, and the parameters have no head.
	   Otherwise a block, which is zeros, of n rows: y is what is coded of
	   each, f32 [n][form->coded], and centroids[i] what row i is less by,
	   f32[form->coded]; NULL: nothing. The same bytes on every machine. */
	void (*encode)(const struct vsx_code_form *f, const uint8_t *params,
		       const float *y, const float *const *centroids,
		       uint32_t n, uint8_t *block);
	/* Back, of row i of a block. */
	void (*decode)(const struct vsx_code_form *f, const uint8_t *params,
		       const uint8_t *block, uint32_t i, float *y);
};

/* Rows themselves. */
extern const struct vsx_codec vsx_codec_rows;

/* 8-bit codes on a grid, with what was lost: SPEC.md 5.7. */
extern const struct vsx_codec vsx_codec_grid;

/* 8 and 4 bits for each dimension: SPEC.md 5.9.1. */
extern const struct vsx_codec vsx_codec_sq8;
extern const struct vsx_codec vsx_codec_sq4;

/* 8 and 4 bits for a part of the dimensions: SPEC.md 5.9.2. */
extern const struct vsx_codec vsx_codec_pq8;
extern const struct vsx_codec vsx_codec_pq4;

/* 4 bits for a part, in blocks of 32 rows: SPEC.md 5.9.5. */
extern const struct vsx_codec vsx_codec_pq4fs;

/* Floats as they are, of transformed rows: SPEC.md 5.9.3. */
extern const struct vsx_codec vsx_codec_floats;

/* Bits for each dimension of rotated rows, in blocks of 32 and by themselves:
 * SPEC.md 5.9.6, 5.9.7. */
extern const struct vsx_codec vsx_codec_rabitq;
extern const struct vsx_codec vsx_codec_rabitq_record;

/* Whether its parameters begin with struct vsx_disk_codes. */
static inline bool vsx_codec_has_head(const struct vsx_codec *codec)
{
	return codec->encode != NULL;
}

/* NULL for an id that is not known. */
const struct vsx_codec *vsx_codec_find(uint32_t id);

/* What people call codes of a word: "SQ8", "PQ48x4", "grid". */
#define VSX_CODE_TEXT 16
void vsx_code_text(char out[VSX_CODE_TEXT], uint32_t word);

/* Bytes of the codes of n rows; n < 2^31. */
uint64_t vsx_codec_bytes(const struct vsx_codec *codec,
			 const struct vsx_code_form *form, uint64_t n);

/*
 * Take codes from bytes whose lengths are right: the first block begins at byte
 * `at` of the view. Pages of params are touched.
 */
enum vsx_status vsx_codes_open(struct vsx_codes *c,
			       const struct vsx_codec *codec,
			       const struct vsx_code_form *form,
			       const struct vsx_space *rows,
			       const uint8_t *params,
			       const struct vsx_view *view, uint64_t at,
			       struct vsx_error *err);

/* Rows as codes of themselves: row 0 is at `base`, which is the view's. A view
 * of NULL is never touched. */
void vsx_codes_of_rows(struct vsx_codes *c, const struct vsx_space *rows,
		       const uint8_t *base, const struct vsx_view *view);

/* Where the blocks of a run lie in the view, and how many bytes they are. */
static inline uint64_t vsx_codes_extent(const struct vsx_codes *c,
					const struct vsx_run *run,
					uint64_t *bytes)
{
	uint64_t first = run->first_row >> c->block_shift;
	uint64_t end = ((uint64_t)run->first_row + run->n_rows +
			(1u << c->block_shift) - 1) >>
		       c->block_shift;

	*bytes = (end - first) * c->block_bytes;
	return c->by_offset ? run->offset : c->at + first * c->block_bytes;
}

/* The centroid that the rows of a list were less by, touched; NULL: none. */
enum vsx_status vsx_codes_centroid(const struct vsx_codes *c, uint32_t list,
				   const float **out, struct vsx_error *err);

/* Before keys of a run are taken. */
static inline enum vsx_status vsx_codes_touch(const struct vsx_codes *c,
					      const struct vsx_run *run,
					      struct vsx_error *err)
{
	uint64_t bytes, at = vsx_codes_extent(c, run, &bytes);

	return vsx_touch(c->view, at, bytes, err);
}

#endif
