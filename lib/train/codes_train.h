/* Making 8-bit codes; index/codes.h says what they are. */
#ifndef VSX_CODES_TRAIN_H
#define VSX_CODES_TRAIN_H

#include "segment/codes.h"
#include "train/job.h"

struct vsx_code_params {
	struct vsx_codes_header header;
	uint32_t dim;
	uint32_t stride; /* of the records; 0: codes do not help, write none */
	float *lo;	 /* [dim] */
};

/*
 * Learn the grid of rows: lo and delta so that all components lie on it, but
 * for those of few rows far out, if they would make it much coarser. Sets
 * params->stride to 0, and succeeds, where codes would not make searches
 * faster: rows of integers or of few dimensions.
 *
 * Time    two passes over the rows, on job->n_threads threads
 * Repeat  the same rows give the same bytes for any number of threads
 */
enum vsx_status vsx_codes_train(struct vsx_job *job,
				const struct vsx_rows *rows,
				struct vsx_code_params *params,
				struct vsx_error *err);

/*
 * Its two parts: lo and delta from some rows, and eps_cap for these or others.
 * They make codes for rows of any kind; stride is never 0.
 */
enum vsx_status vsx_codes_grid(struct vsx_job *job, const struct vsx_rows *rows,
			       struct vsx_code_params *params,
			       struct vsx_error *err);
enum vsx_status vsx_codes_losses(struct vsx_job *job,
				 const struct vsx_rows *rows,
				 struct vsx_code_params *params,
				 struct vsx_error *err);

void vsx_code_params_release(struct vsx_code_params *params);

/* Section CPAR: vsx_codes_params_bytes(dim). */
void vsx_codes_put_params(const struct vsx_code_params *params, uint8_t *out);

/* The record of one row: params->stride bytes. */
void vsx_codes_encode(const struct vsx_code_params *params,
		      const struct vsx_space *space, const uint8_t *row,
		      uint8_t *out);

/* Just the code, u8[dim]. True if a component lay outside of the grid. */
bool vsx_codes_encode_plain(const struct vsx_code_params *params,
			    const struct vsx_space *space, const uint8_t *row,
			    uint8_t *code);

#endif
