/* Which indexes are to be built: what -i says, or what suits the data. */
#ifndef VSX_BENCH_SPECS_H
#define VSX_BENCH_SPECS_H

#include "bench/engine/engine.h"

struct spec {
	const struct engine_ops *ops;
	char text[64]; /* without the engine's name */
};

/*
 * n_texts 0: Flat, IVF and HNSW of the first engine. "IVF" and "HNSW" without
 * a size get one that suits n_rows and dim; a word before ':' picks the engine
 * by its name in lower case. *specs is to be freed.
 *
 * VSX_EINVAL for an engine that is not there.
 */
enum vsx_status specs_make(struct spec **specs, size_t *n,
			   const char *const *texts, size_t n_texts,
			   const struct engine_ops *const *engines,
			   uint64_t n_rows, uint32_t dim,
			   struct vsx_error *err);

#endif
