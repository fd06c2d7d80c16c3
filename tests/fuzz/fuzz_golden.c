/*
 * Golden sets in JSON lines, on whatever bytes: nothing may crash, leak or read
 * past an end, and what is read is whole.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/must.h"
#include "input/golden.h"
#include "vsx_types.h"

static void check_set(const struct golden *g)
{
	must(g->n > 0, "there is a query");
	must(g->dim >= 1 && g->dim <= VSX_MAX_DIM, "the dimension is allowed");
	must(g->first[0] == 0, "the ids begin at the first");
	for (size_t i = 0; i < g->n; i++) {
		must(g->first[i] < g->first[i + 1], "each query expects ids");
		for (size_t j = g->first[i] + 1; j < g->first[i + 1]; j++)
			must(g->expect[j - 1] < g->expect[j], "ids rise");
		must(g->place[i] > (i ? g->place[i - 1] : 0), "lines rise");
		for (uint32_t d = 0; d < g->dim; d++)
			must(isfinite(g->queries[i * g->dim + d]) != 0,
			     "components are finite");
		must(!g->note[i] || strlen(g->note[i]) < SIZE_MAX,
		     "a note ends");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];
	struct vsx_error err = {.text = ""};
	enum vsx_status status;
	struct golden g;

	if (fd < 0) {
		fd = memfd_create("golden", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	must_write(fd, data, size);
	status = golden_load(&g, path, &err);
	if (status == VSX_OK)
		check_set(&g);
	else
		must_tell(&err, status);
	golden_release(&g);
	return 0;
}
