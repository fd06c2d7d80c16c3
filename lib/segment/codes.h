/*
 * 8-bit codes of float rows, with what was lost. SPEC.md 5.7.
 *
 * Component d of a row is near lo[d] + delta * c[d]; the step delta is one for
 * all dimensions, so that the distance of two codes is an integer sum. Beside
 * its code each row keeps eps, an upper bound of the distance from the row to
 * the decoded code. Under cosine the code is that of the row scaled to length
 * 1.
 *
 * With eps a distance to the code bounds the distance to the row (triangle
 * inequality), so that most rows can be left out by a look at a quarter of
 * their bytes, provably.
 */
#ifndef VSX_CODES_H
#define VSX_CODES_H

#include "segment/segment.h"

/* Section CPAR: this header, then f32 lo[dim]. */
struct vsx_codes_header {
	float delta;   /* > 0 */
	float eps_cap; /* >= eps of every row, but for the wild ones */
	uint32_t wild; /* 1: there may be rows whose eps is above eps_cap */
	uint32_t zero;
};

/* Record of a row: u8 code[dim], zeros to a multiple of 4, f32 eps, zeros. */
static inline uint32_t vsx_codes_eps_at(uint32_t dim)
{
	return (dim + 3) & ~3u;
}

uint32_t vsx_codes_stride(uint32_t dim);

static inline uint64_t vsx_codes_params_bytes(uint32_t dim)
{
	return sizeof(struct vsx_codes_header) + (uint64_t)dim * 4;
}

/* Codes ready for use; borrows the memory they lie in. */
struct vsx_codes {
	struct vsx_space space;	     /* that the records are rows of: u8 */
	const struct vsx_view *view; /* for touching */
	const uint8_t *base;	     /* record of row 0 */
	uint64_t at;		     /* byte of base in the view */
	const uint8_t *lo;	     /* f32[dim] */
	bool cosine;
	struct vsx_codes_header header;
};

/*
 * Take codes from bytes: `params` are vsx_codes_params_bytes(), records begin
 * at byte `at` of the view. Lengths were checked, pages of params touched.
 */
enum vsx_status vsx_codes_attach(struct vsx_codes *c,
				 const struct vsx_space *rows,
				 const uint8_t *params,
				 const struct vsx_view *view, uint64_t at,
				 struct vsx_error *err);

/* Has this segment codes? Then CODE and CPAR are there. */
static inline bool vsx_codes_present(const struct vsx_segment *seg)
{
	return seg->view[VSX_SEC_CODE].base != NULL;
}

/* The lengths of CODE and CPAR, and that both or neither are there. */
enum vsx_status vsx_codes_check_lengths(const struct vsx_segment *seg,
					struct vsx_error *err);

/* The codes of a segment that has them; touches CPAR. */
enum vsx_status vsx_codes_open(struct vsx_codes *c,
			       const struct vsx_segment *seg,
			       struct vsx_error *err);

float vsx_codes_eps(const struct vsx_codes *c, uint32_t row);

/*
 * What a key says about a row's value (see vsx_topk): that it lies between
 * vsx_bounds_low() and vsx_bounds_high(). The functions rise with the key.
 */
struct vsx_bounds {
	const struct vsx_space *space; /* that the key belongs to */
	const struct vsx_query *query;
	enum {
		VSX_BOUNDS_SQUARE, /* the key is a squared distance, so is the
				      value */
		VSX_BOUNDS_ANGLE,  /* the same of unit vectors, and the value is
				      the negative product */
		VSX_BOUNDS_LINEAR, /* value = shift + unit * key's value */
	} shape;
	double unit;	 /* length of a step of the grid */
	double shift;	 /* linear only */
	double error;	 /* of the distance; linear: of the value */
	double relative; /* of the key's value, when it is a square */
	double absolute; /* the same: what underflow may have lost */
	double slack;	 /* of the value: rounding of f64 arithmetic, relative
			    for squares, else absolute */
};

double vsx_bounds_low(const struct vsx_bounds *b, uint32_t key);
double vsx_bounds_high(const struct vsx_bounds *b, uint32_t key);

/* Whether a key of a row is its exact value: whole numbers, never rounded. */
static inline bool vsx_bounds_are_values(const struct vsx_bounds *b)
{
	return b->shape == VSX_BOUNDS_LINEAR && b->error == 0.0;
}

/* The greatest key, or a somewhat greater one, whose low is up to `value`. */
uint32_t vsx_bounds_key(const struct vsx_bounds *b, double value);

/*
 * Bounds of keys of the rows themselves: they allow for the rounding of f32
 * kernels. For products of floats the error depends on the lengths of the rows:
 * then it returns false, error is infinite and the caller may set it to
 * vsx_bounds_product_error() of the longest row so far.
 */
bool vsx_bounds_rows(struct vsx_bounds *b, const struct vsx_space *rows,
		     const struct vsx_query *q);
double vsx_bounds_product_error(const struct vsx_space *rows,
				const struct vsx_query *q, double row_length);

/*
 * Make the query q of the rows a query of the codes, and say what its keys
 * mean. The code query is of whole numbers, so that the integer kernels serve,
 * unless the query lies too far outside of the grid.
 */
enum vsx_status vsx_codes_query(const struct vsx_codes *c,
				const struct vsx_space *rows,
				const struct vsx_query *q,
				struct vsx_query *code, struct vsx_bounds *b,
				struct vsx_error *err);

/*
 * Report records whose eps is less than what was lost, and parameters that
 * break their rules. Pages of CODE, CPAR and VECS are checked already.
 */
enum vsx_status vsx_codes_check(const struct vsx_segment *seg,
				vsx_finding *report, void *context,
				struct vsx_error *err);

/* That of the parameters which vsx_codes_attach() does not look at: lo. */
enum vsx_status vsx_codes_check_params(const struct vsx_codes *c,
				       struct vsx_error *err);

/* The same for record number i, of the row at `row`; `what` for the text. */
enum vsx_status vsx_codes_check_record(const struct vsx_codes *c,
				       const struct vsx_space *rows,
				       const uint8_t *row, const char *what,
				       uint32_t i, vsx_finding *report,
				       void *context);

/*
 * The distance from a row (under cosine: scaled to length 1) to its code,
 * rounded up. lo is f32[dim] at any alignment, code u8[dim].
 */
float vsx_codes_loss(const struct vsx_space *rows, float delta,
		     const uint8_t *lo, const uint8_t *row,
		     const uint8_t *code);

#endif
