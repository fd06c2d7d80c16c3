/* Building small indexes on one thread: CPU time, and the bytes of the file. */
#include "made.h"
#include "row.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct build {
	const char *spec;
	size_t n;
	int runs;
	enum vsx_elem elem;
} builds[] = {
	{"Flat", MADE_ROWS, 5, VSX_F32},
	{"IVF64,Flat", MADE_ROWS, 5, VSX_F32},
	{"HNSW16", 3000, 3, VSX_F32},
	{"HNSW16", 3000, 3, VSX_U8},
};

struct job {
	const struct build *build;
	char path[1024];
};

static double build_it(void *context)
{
	const struct job *j = context;
	double start = cpu_ns();

	made_build(j->path, j->build->spec, j->build->elem, j->build->n);
	return cpu_ns() - start;
}

static void measure(const struct build *b)
{
	struct job job = {.build = b};
	double least;
	struct stat st;

	made_rows(b->n); /* not part of it */
	snprintf(job.path, sizeof(job.path), "%s/build.vsx", rows_folder());
	least = least_of(b->runs, build_it, &job);
	if (stat(job.path, &st) != 0)
		die(job.path);
	unlink(job.path);
	row("ms", least / 1e6, NULL, "build.%s.%s", b->spec,
	    vsx_elem_text(b->elem));
	row("bytes", (double)st.st_size, "of the file", "build.%s.%s.file",
	    b->spec, vsx_elem_text(b->elem));
}

int main(int argc, char **argv)
{
	rows_begin(argc, argv);
	for (size_t i = 0; i < sizeof(builds) / sizeof(builds[0]); i++)
		measure(&builds[i]);
	return rows_end();
}
