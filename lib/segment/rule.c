#include "segment/rule.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/parallel.h"

/* Rows between two reports, and of a thread at a time. */
#define STEP  (1u << 18)
#define CHUNK 64u

struct step {
	const struct vsx_row_rule *rule;
	void *context;
	uint32_t first;
	uint8_t *broken; /* [STEP] */
};

static enum vsx_status look(void *context, unsigned int thread, uint64_t first,
			    uint64_t last, struct vsx_error *err)
{
	struct step *s = context;

	(void)err;
	for (uint64_t i = first; i < last; i++)
		s->broken[i] = s->rule->is_broken(s->context, thread,
						  s->first + (uint32_t)i);
	return VSX_OK;
}

static enum vsx_status check_step(struct step *s, unsigned int n_threads,
				  uint32_t n, struct vsx_error *err)
{
	if (s->rule->reached)
		VSX_TRY(s->rule->reached(s->context, s->first));
	VSX_TRY(vsx_parallel(n_threads, n, CHUNK, look, s, err));
	for (uint32_t i = 0; i < n; i++)
		if (s->broken[i])
			VSX_TRY(s->rule->tell(s->context, s->first + i));
	return VSX_OK;
}

enum vsx_status vsx_check_rows(const struct vsx_row_rule *rule, void *context,
			       unsigned int n_threads, uint32_t n_rows,
			       struct vsx_error *err)
{
	struct step s = {.rule = rule, .context = context};
	enum vsx_status status;

	status = vsx_alloc_to(&s.broken, n_rows < STEP ? n_rows : STEP, 1, err);
	while (status == VSX_OK && s.first < n_rows) {
		uint32_t n = n_rows - s.first < STEP ? n_rows - s.first : STEP;

		status = check_step(&s, n_threads, n, err);
		s.first += n;
	}
	free(s.broken);
	return status;
}
