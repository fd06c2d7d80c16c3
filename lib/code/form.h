/*
 * What a code word and the head of the parameters say of codes: SPEC.md 5.9.
 * The lengths of all that a codec reads go by it.
 */
#ifndef VSX_CODE_FORM_H
#define VSX_CODE_FORM_H

#include "disk.h"
#include "kernel/linear.h"
#include "kernel/space.h"

struct vsx_code_form {
	uint32_t dim;	      /* components of a row: D */
	uint32_t coded;	      /* of what is coded: d */
	uint32_t size;	      /* of the code word */
	uint32_t flags;	      /* VSX_CODES_* */
	uint32_t n_centroids; /* that lie in the parameters */
};

/* Codes of rows as they are. */
static inline struct vsx_code_form vsx_code_form_plain(uint32_t dim,
						       uint32_t size)
{
	return (struct vsx_code_form){.dim = dim, .coded = dim, .size = size};
}

/*
 * Where the parts of the parameters begin, each at a multiple of 64: the
 * transform (f32 mean[dim], then f32 matrix[dim][coded]), centroids as f32
 * [n_centroids][coded], and what is the codec's own.
 */
struct vsx_code_parts {
	uint64_t mean, matrix, centroids, own;
};

struct vsx_code_parts vsx_code_parts(const struct vsx_code_form *f);

/* The head, decoded into what word and row say of the form. */
struct vsx_code_form vsx_code_form_read(uint32_t word, uint32_t dim,
					const uint8_t *head);
/* And as bytes; no loss is known yet. */
void vsx_code_form_write(struct vsx_disk_codes *head,
			 const struct vsx_code_form *f);

/* What the head says is lost: mean distance of the rows that were learned from
 * to what their codes decode to. */
float vsx_code_head_loss(const uint8_t *head);
void vsx_code_head_set_loss(uint8_t *head, float loss);

/*
 * What is coded of a row: its components (under cosine of length 1), the
 * transform of these, less the centroid. All in f32, each operation rounded.
 *
 * centroid  f32[coded], or NULL
 * x, y      f32[dim] and f32[coded]; may be the same without a transform
 */
void vsx_code_input(const struct vsx_code_form *f, const uint8_t *params,
		    const struct vsx_space *rows, const uint8_t *row,
		    const float *centroid, float *x, float *y);

/* The same of a query that was made ready. Under ip it is not less the mean: a
 * product with what is coded is then one with the row, but for a number that is
 * the same for all rows. */
void vsx_code_input_query(const struct vsx_code_form *f, const uint8_t *params,
			  const struct vsx_space *rows,
			  const struct vsx_query *q, float *x, float *y);

/* Back from f32 y[coded], which is overwritten, to x[dim]. */
void vsx_code_output(const struct vsx_code_form *f, const uint8_t *params,
		     const float *centroid, float *y, float *x);

/* The transform that the parameters hold, if the form has one. */
struct vsx_linear vsx_code_linear(const struct vsx_code_form *f,
				  const uint8_t *params);

/* The rules of the transform: the first that is broken, as VSX_ECORRUPT. */
enum vsx_status vsx_code_form_check(const struct vsx_code_form *f,
				    const uint8_t *params,
				    struct vsx_error *err);

#endif
