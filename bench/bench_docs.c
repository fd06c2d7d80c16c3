/*
 * How fast documents are read: bytes of text for each second of processor's
 * time, until rows are batches.
 *
 * usage: bench_docs write ROWS DIM FILE    JSON lines, or CSV by its suffix
 *        bench_docs read ROUNDS FILE...    all files in each round; medians
 *
 * Numbers have 17 digits, as Python writes the f64 that an f32 becomes; each
 * line has an id, a text of 180 bytes, a word and a year besides.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "input/docs.h"
#include "measure.h"

static double drawn(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (double)(int32_t)(*state >> 32) / 2147483648.0;
}

static void write_docs(size_t rows, size_t dim, const char *path)
{
	static const char *const words[] = {"alpha", "beta",  "river", "stone",
					    "north", "piano", "seven", "ocean"};
	bool csv = docs_format_of(path) == DOCS_CSV;
	FILE *f = fopen(path, "w");
	uint64_t state = 1;

	if (!f)
		die(path);
	if (csv)
		fputs("id,text,lang,year,vector\n", f);
	for (size_t i = 0; i < rows; i++) {
		fprintf(f,
			csv ? "doc-%08zu,"
			    : "{\"id\": \"doc-%08zu\", \"text\": \"",
			i);
		for (size_t j = 0; j < 30; j++)
			fprintf(f, "%s ", words[i * j % 8]);
		fprintf(f,
			csv ? ",%s,%zu,\"["
			    : "\", \"lang\": \"%s\", \"year\": %zu, "
			      "\"vector\": [",
			i % 3 ? "en" : "de", 2000 + i % 25);
		for (size_t j = 0; j < dim; j++)
			fprintf(f, "%s%.17g", j ? ", " : "",
				(double)(float)drawn(&state));
		fputs(csv ? "]\"\n" : "]}\n", f);
	}
	if (fclose(f))
		die(path);
}

/* Bytes of text of a row, which a packed file does not say. */
static double read_docs(const char *path, uint64_t *rows)
{
	struct docs_opts opts = {.fields = "auto"};
	double start = now(CLOCK_PROCESS_CPUTIME_ID);
	struct vsx_batch batch;
	struct vsx_error err;
	struct docs *docs;

	if (docs_open(&docs, path, &opts, &err))
		die(err.text);
	*rows = 0;
	do {
		if (docs_read(docs, &batch, &err))
			die(err.text);
		*rows += batch.n;
	} while (batch.n);
	docs_close(docs);
	return now(CLOCK_PROCESS_CPUTIME_ID) - start;
}

static void read_all(size_t rounds, char **paths, int n)
{
	double *seconds = calloc(rounds * (size_t)n, sizeof(*seconds));
	uint64_t rows = 0;
	struct rusage use;

	if (!seconds)
		die("no memory");
	for (size_t r = 0; r < rounds; r++)
		for (int i = 0; i < n; i++)
			seconds[(size_t)i * rounds + r] =
				read_docs(paths[i], &rows);
	for (int i = 0; i < n; i++) {
		double s = median(seconds + (size_t)i * rounds, rounds);
		struct stat st;

		if (stat(paths[i], &st))
			die(paths[i]);
		tell_figure(paths[i], "MB/s of the file",
			    (double)st.st_size / s / 1e6);
		tell_figure(paths[i], "rows/s", (double)rows / s);
	}
	getrusage(RUSAGE_SELF, &use);
	tell_figure("peak memory", "MiB", (double)use.ru_maxrss / 1024);
	free(seconds);
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "write") == 0)
		write_docs(number_above_0(argv[2], "ROWS"),
			   number_above_0(argv[3], "DIM"), argv[4]);
	else if (argc > 3 && strcmp(argv[1], "read") == 0)
		read_all(number_above_0(argv[2], "ROUNDS"), argv + 3, argc - 3);
	else
		die("usage: bench_docs write ROWS DIM FILE | read ROUNDS "
		    "FILE...");
	return 0;
}
