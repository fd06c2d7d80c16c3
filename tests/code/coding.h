/* Learning codes and making them, of rows that lie in no segment. */
#ifndef CODING_H
#define CODING_H

#include <stdlib.h>

#include "base/alloc.h"
#include "code/build.h"

static inline enum vsx_status train_codes(const struct vsx_codec_build *build,
					  struct vsx_job *job,
					  const struct vsx_rows *rows,
					  struct vsx_code_params *p,
					  struct vsx_error *err)
{
	struct vsx_code_source from = {.rows = rows};
	struct vsx_code_wish wish = {.build = build};

	return vsx_codes_train(&wish, job, &from, p, err);
}

static inline void encode_codes(const struct vsx_code_params *p,
				const struct vsx_rows *rows,
				const uint32_t *order, uint64_t first,
				uint64_t n, uint8_t *out)
{
	struct vsx_code_source from = {.rows = rows, .order = order};
	float *work = vsx_alloc(vsx_codes_work(p), sizeof(*work));

	vsx_codes_encode(p, &from, first, n, work, out);
	free(work);
}

#endif
