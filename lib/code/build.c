#include "code/build.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Fewer dimensions are scanned as fast without codes. */
#define LEAST_DIM 16

const struct vsx_codec_build *vsx_codec_for(enum vsx_elem elem, uint32_t dim)
{
	const struct vsx_codec_build *build = &vsx_codec_grid_build;

	return dim >= LEAST_DIM && build->codec->suits(elem) ? build : NULL;
}

enum vsx_status vsx_code_params_init(struct vsx_code_params *p,
				     const struct vsx_codec_build *build,
				     uint32_t dim, struct vsx_error *err)
{
	*p = (struct vsx_code_params){
		.build = build,
		.dim = dim,
		.block_bytes = build->codec->block_bytes(dim),
		.n_bytes = build->codec->params_bytes(dim),
	};
	return vsx_alloc_to(&p->bytes, p->n_bytes, 1, err);
}

void vsx_code_params_release(struct vsx_code_params *p)
{
	free(p->bytes);
	*p = (struct vsx_code_params){0};
}

enum vsx_status vsx_codes_train(const struct vsx_codec_build *build,
				struct vsx_job *job,
				const struct vsx_rows *rows,
				struct vsx_code_params *p,
				struct vsx_error *err)
{
	enum vsx_status status;

	*p = (struct vsx_code_params){0};
	if (!build || rows->n == 0)
		return VSX_OK;
	VSX_TRY(vsx_code_params_init(p, build, rows->space->dim, err));
	status = build->train(job, rows, p, err);
	if (status != VSX_OK)
		vsx_code_params_release(p);
	return status;
}

uint64_t vsx_codes_bytes(const struct vsx_code_params *p, uint64_t n)
{
	return vsx_codec_bytes(p->build->codec, p->dim, n);
}

void vsx_codes_encode(const struct vsx_code_params *p,
		      const struct vsx_rows *rows, const uint32_t *order,
		      uint64_t first, uint64_t n, uint8_t *out)
{
	uint64_t block_rows = UINT64_C(1) << p->build->codec->block_shift;
	const struct vsx_space *space = rows->space;
	const uint8_t *block[VSX_MAX_BLOCK_ROWS];

	for (uint64_t i = 0; i < n; i += block_rows) {
		uint32_t some =
			(uint32_t)(n - i < block_rows ? n - i : block_rows);

		for (uint32_t j = 0; j < some; j++) {
			uint64_t row = first + i + j;

			block[j] = rows->base +
				   (order ? order[row] : row) * space->stride;
		}
		memset(out, 0, p->block_bytes);
		p->build->encode(p, space, block, some, out);
		out += p->block_bytes;
	}
}
