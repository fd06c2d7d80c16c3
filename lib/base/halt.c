#include "base/halt.h"

#include <time.h>

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

enum vsx_status vsx_halt_look(struct vsx_halt *halt, struct vsx_error *err)
{
	uint64_t now;

	halt->left = VSX_HALT_BYTES;
	if (halt->flag && __atomic_load_n(halt->flag, __ATOMIC_RELAXED))
		return vsx_fail(err, VSX_ESTOPPED,
				"the search was stopped by its caller");
	if (!halt->deadline_ns)
		return VSX_OK;
	now = now_ns();
	if (now < halt->deadline_ns)
		return VSX_OK;
	return vsx_fail(err, VSX_ESTOPPED,
			"the search was stopped %.3f ms after its deadline",
			(double)(now - halt->deadline_ns) / 1e6);
}
