#include "segment/scratch.h"

#include <stdlib.h>
#include <string.h>

enum vsx_status vsx_scratch_init(struct vsx_scratch *s, uint32_t dim,
				 struct vsx_error *err)
{
	memset(s, 0, sizeof(*s));
	if (vsx_query_alloc(&s->query, dim, err) ||
	    vsx_query_alloc(&s->code.query, dim, err)) {
		vsx_scratch_release(s);
		return VSX_ENOMEM;
	}
	return VSX_OK;
}

void vsx_scratch_release(struct vsx_scratch *s)
{
	vsx_query_release(&s->query);
	vsx_code_query_release(&s->code);
	free(s->best);
	free(s->spare);
	free(s->passed.runs);
	vsx_kept_release(&s->kept);
	free(s->pool);
	free(s->rows);
	free(s->keys);
	free(s->marks);
	memset(s, 0, sizeof(*s));
}

uint64_t vsx_scratch_bytes(const struct vsx_scratch *s)
{
	return vsx_kept_bytes(&s->kept) + s->code.room_cap +
	       (s->best_cap + s->spare_cap) * sizeof(struct vsx_best) +
	       s->passed.cap * sizeof(*s->passed.runs) +
	       s->pool_cap * sizeof(*s->pool) +
	       (s->rows_cap + s->keys_cap) * sizeof(uint32_t) + s->marks_cap;
}
