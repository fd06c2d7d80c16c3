/* Making codes: what the writer has beside the table of code/codec.h. */
#ifndef VSX_CODE_BUILD_H
#define VSX_CODE_BUILD_H

#include "code/codec.h"
#include "train/job.h"

struct vsx_code_params;

struct vsx_codec_build {
	const struct vsx_codec *codec;

	/*
	 * Learn from rows, of which there is at least one, and from these alone
	 * what holds for all of them: p->bytes, which are zeros. The same rows
	 * give the same bytes for any number of threads.
	 */
	enum vsx_status (*train)(struct vsx_job *job,
				 const struct vsx_rows *rows,
				 struct vsx_code_params *p,
				 struct vsx_error *err);

	/* The block of n rows, from 1 to 2^block_shift, into zeros. Any thread
	   may call it. */
	void (*encode)(const struct vsx_code_params *p,
		       const struct vsx_space *space,
		       const uint8_t *const *rows, uint32_t n, uint8_t *block);
};

/* The most rows of a block. */
#define VSX_MAX_BLOCK_ROWS 64

/* What was learned. */
struct vsx_code_params {
	const struct vsx_codec_build *build; /* NULL: write no codes */
	uint32_t dim;
	uint32_t block_bytes;
	uint8_t *bytes; /* section CPAR, n_bytes of it; owned */
	uint64_t n_bytes;
};

/* The codec that a segment gets unless another is asked for; NULL: searches of
 * such rows would be no faster with codes. */
const struct vsx_codec_build *vsx_codec_for(enum vsx_elem elem, uint32_t dim);

extern const struct vsx_codec_build vsx_codec_grid_build;

/* Learn the parameters of a codec; build NULL sets p to write no codes. */
enum vsx_status vsx_codes_train(const struct vsx_codec_build *build,
				struct vsx_job *job,
				const struct vsx_rows *rows,
				struct vsx_code_params *p,
				struct vsx_error *err);

/* Room for the parameters of a codec, zeros. */
enum vsx_status vsx_code_params_init(struct vsx_code_params *p,
				     const struct vsx_codec_build *build,
				     uint32_t dim, struct vsx_error *err);
void vsx_code_params_release(struct vsx_code_params *p);

/* What the segment entry says. */
static inline uint32_t vsx_code_params_id(const struct vsx_code_params *p)
{
	return p->build ? p->build->codec->id : 0;
}

/* Bytes of the codes of n rows. */
uint64_t vsx_codes_bytes(const struct vsx_code_params *p, uint64_t n);

/*
 * Codes of the rows first .. first+n-1 of a segment, whose row r is row
 * order[r] of `rows`, or row r when order is NULL. They begin and, but for the
 * last ones, end with a block. out: vsx_codes_bytes(p, n).
 */
void vsx_codes_encode(const struct vsx_code_params *p,
		      const struct vsx_rows *rows, const uint32_t *order,
		      uint64_t first, uint64_t n, uint8_t *out);

#endif
