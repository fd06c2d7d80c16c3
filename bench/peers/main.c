/*
 * vsx-bench with other libraries beside VSX: the same data, thread, k and run,
 * taking turns. Another one is a file here, its line in CMakeLists.txt and its
 * line below.
 */
#include "bench/engine/engine_vsx.h"

extern const struct engine_ops peer_hnswlib, peer_faiss;

/*
 * VSX once more, with rows and queries as f32 like those of the peers where
 * the data has a smaller type: "vsx-f32:HNSW16".
 */
static struct engine_ops vsx_f32;

/* Its memory counted like that of VSX itself: all that is mapped by now. */
static enum vsx_status reopen_f32(struct engine *e, const void *query, size_t k,
				  double *seconds, uint64_t *resident_bytes,
				  struct vsx_error *err)
{
	uint64_t bytes = engine_vsx_resident(e);
	enum vsx_status status =
		engine_vsx.reopen(e, query, k, seconds, resident_bytes, err);

	*resident_bytes = bytes;
	return status;
}

static const struct engine_ops *const peers[] = {
	&vsx_f32,
	&peer_hnswlib,
	&peer_faiss,
	NULL,
};

int main(int argc, char **argv)
{
	vsx_f32 = engine_vsx;
	vsx_f32.name = "VSX-f32";
	vsx_f32.f32_only = true;
	vsx_f32.reopen = reopen_f32;
	return bench_main(argc, argv, peers);
}
