/* What opening an index costs: time, memory, calls of malloc. */
#include "count_alloc.h"
#include "made.h"
#include "row.h"

#include <malloc.h>
#include <stdio.h>

#define RUNS  15
#define OPENS 20 /* in a run */

static const char *const specs[] = {"Flat", "IVF64,Flat", "HNSW16"};

static double open_and_close(void *context)
{
	double start = cpu_ns();

	for (int i = 0; i < OPENS; i++) {
		struct vsx_error err;
		struct vsx *index;

		if (vsx_open(&index, context, NULL, &err))
			die(err.text);
		vsx_close(index);
	}
	return (cpu_ns() - start) / OPENS;
}

static double heap(void)
{
	struct mallinfo2 now = mallinfo2();

	return (double)(now.uordblks + now.hblkhd);
}

static void measure(const char *spec)
{
	struct vsx_searcher *searcher;
	struct vsx_error err;
	char path[1024];
	double before, open, both;
	struct vsx *index;
	size_t calls;

	made_index(path, spec, VSX_F32);
	row("us", least_of(RUNS, open_and_close, path) / 1e3, NULL, "open.%s",
	    spec);
	before = heap();
	calls = count_alloc();
	if (vsx_open(&index, path, NULL, &err))
		die(err.text);
	calls = count_alloc() - calls;
	open = heap();
	if (vsx_searcher_new(&searcher, index, &err))
		die(err.text);
	both = heap();
	row("bytes", open - before, "of heap", "open.%s.heap", spec);
	row("calls", (double)calls, "of malloc", "open.%s.allocations", spec);
	row("bytes", both - open, "of heap", "open.%s.searcher", spec);
	vsx_searcher_free(searcher);
	vsx_close(index);
}

int main(int argc, char **argv)
{
	rows_begin(argc, argv);
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
		measure(specs[i]);
	return rows_end();
}
