/* Floats as codes: there is nothing to learn but the transform. */
#include "code/build.h"

static enum vsx_status train(struct vsx_job *job,
			     const struct vsx_code_source *from,
			     struct vsx_code_params *p, struct vsx_error *err)
{
	(void)job;
	(void)from;
	(void)p;
	(void)err;
	return VSX_OK;
}

const struct vsx_codec_build vsx_codec_floats_build = {
	.codec = &vsx_codec_floats,
	.name = "Flat",
	.train = train,
};
