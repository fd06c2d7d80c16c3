/* The codecs that a file may name. */
#include "bytes.h"
#include "code/codec.h"

static const struct vsx_codec *const codecs[] = {
	&vsx_codec_grid,
};

const struct vsx_codec *vsx_codec_find(uint32_t id)
{
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (codecs[i]->id == id)
			return codecs[i];
	return NULL;
}

uint64_t vsx_codec_bytes(const struct vsx_codec *codec, uint32_t dim,
			 uint64_t n)
{
	uint64_t blocks =
		(n + (1u << codec->block_shift) - 1) >> codec->block_shift;

	return blocks * codec->block_bytes(dim);
}

enum vsx_status vsx_codes_open(struct vsx_codes *c,
			       const struct vsx_codec *codec,
			       const struct vsx_space *rows,
			       const uint8_t *params,
			       const struct vsx_view *view, uint64_t at,
			       struct vsx_error *err)
{
	*c = (struct vsx_codes){
		.codec = codec,
		.rows = *rows,
		.params = params,
		.view = view,
		.base = view->base + at,
		.at = at,
		.block_bytes = codec->block_bytes(rows->dim),
		.block_shift = codec->block_shift,
	};
	return codec->open(c, err);
}
