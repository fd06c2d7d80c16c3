/*
 * K-means of VSX beside that of FAISS: the same rows, as many centroids,
 * iterations and threads; mean squared distances over all rows by one routine.
 *
 * usage: bench_train ROWSxDIM|FILE NLIST [ITERATIONS] [THREADS]
 *
 * ROWSxDIM rows are made up as vsx-bench --synthetic makes them. Both train on
 * the same sample of 256 rows for each centroid, or on all. FAISS trains an IVF
 * by 10 iterations, which is what ITERATIONS is unless it is given; "-" leaves
 * FAISS out. VSX ends by itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/sample.h"
#include "bench/data/synthetic.h"
#include "train.h"
#include "train/kmeans.h"

#define EACH 256

static void die(const char *what)
{
	fprintf(stderr, "bench_train: %s\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void say(const char *who, const char *what, const char *unit,
		double value)
{
	printf("%-6s %-10s %12.6g %s\n", who, what, value, unit);
	fflush(stdout);
}

static void read_rows(struct vectors *v, const char *what, unsigned int threads)
{
	struct synthetic s = {.elem = VSX_F32, .seed = 1, .threads = threads};
	struct vectors queries = {0};
	struct vsx_error err;

	if (strchr(what, '.') || strchr(what, '/')) {
		if (vectors_read(v, what, NULL, &err) ||
		    vectors_convert(v, VSX_F32, &err))
			die(err.text);
		return;
	}
	if (synthetic_parse(&s, what, &err) ||
	    synthetic_make(&s, v, &queries, &err))
		die(err.text);
	vectors_release(&queries);
}

static const float *row_at(const struct vectors *v, uint64_t i)
{
	return (const float *)v->data + i * v->dim;
}

/* The rows to train on. */
static float *sample(const struct vectors *v, uint32_t n)
{
	float *x = aligned_alloc(64, (n * v->dim * 4 + 63) / 64 * 64);
	uint32_t *number = malloc(n * sizeof(*number));

	if (!x || !number)
		die("out of memory");
	vsx_sample(number, n, (uint32_t)v->n, 1, VSX_RANDOM_SAMPLE);
	for (uint32_t i = 0; i < n; i++)
		memcpy(x + i * v->dim, row_at(v, number[i]), v->dim * 4);
	free(number);
	return x;
}

static void tell(const char *who, const struct vectors *v,
		 const float *centroids, uint32_t k, unsigned int threads)
{
	uint32_t *nearest = malloc(v->n * sizeof(*nearest));
	uint64_t *size = calloc(k, sizeof(*size));
	double sum = 0.0, squares = 0.0;
	uint32_t empty = 0;
	uint64_t most = 0;

	if (!nearest || !size)
		die("out of memory");
	if (faiss_nearest(row_at(v, 0), (uint32_t)v->n, v->dim, centroids, k,
			  threads, nearest))
		exit(1);
	for (size_t i = 0; i < v->n; i++) {
		const float *x = row_at(v, i);
		const float *c = centroids + (size_t)nearest[i] * v->dim;

		for (size_t d = 0; d < v->dim; d++) {
			double r = (double)x[d] - (double)c[d];

			sum += r * r;
		}
		size[nearest[i]]++;
	}
	for (uint32_t c = 0; c < k; c++) {
		squares += (double)size[c] * (double)size[c];
		empty += size[c] == 0;
		most = size[c] > most ? size[c] : most;
	}
	say(who, "error", "", sum / (double)v->n);
	say(who, "imbalance", "", squares * k / (double)v->n / (double)v->n);
	say(who, "longest", "rows", (double)most);
	say(who, "empty", "lists", empty);
	free(nearest);
	free(size);
}

/* CPU seconds since, which other work on the machine changes least. */
static double tell_time(const char *who, const char *what, double since)
{
	double cpu = now() - since;

	say(who, what, "s of CPU", cpu);
	return cpu;
}

static double train_vsx(const struct vectors *v, const float *x, uint32_t n,
			uint32_t k, unsigned int threads)
{
	struct vsx_job job = {.seed = 1, .n_threads = threads};
	uint32_t *list = malloc(v->n * sizeof(*list));
	struct vsx_rows rows = {.base = (const uint8_t *)x, .n = n};
	struct vsx_space space;
	struct vsx_kmeans km;
	struct vsx_error err;
	double start;
	double cpu;

	if (!list)
		die("out of memory");
	vsx_space_init(&space, VSX_L2, VSX_F32, v->dim, v->dim * 4);
	rows.space = &space;
	start = now();
	if (vsx_kmeans_train(&km, &job, &rows, k, n, &err))
		die(err.text);
	cpu = tell_time("vsx", "train", start);
	rows.base = (const uint8_t *)v->data;
	rows.n = (uint32_t)v->n;
	start = now();
	if (vsx_kmeans_assign(&km, &job, &rows, list, &err))
		die(err.text);
	tell_time("vsx", "assign", start);
	tell("vsx", v, km.centroids, k, threads);
	vsx_kmeans_release(&km);
	free(list);
	return cpu;
}

static double train_faiss(const struct vectors *v, const float *x, uint32_t n,
			  uint32_t k, int iterations, unsigned int threads)
{
	float *centroids = malloc((size_t)k * v->dim * sizeof(float));
	double start = now();
	double cpu;

	if (!centroids)
		die("out of memory");
	if (faiss_train(x, n, v->dim, k, iterations, threads, centroids))
		exit(1);
	cpu = tell_time("faiss", "train", start);
	tell("faiss", v, centroids, k, threads);
	free(centroids);
	return cpu;
}

static uint32_t number_of(const char *text, const char *what)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || n == 0 || n > INT32_MAX)
		die(what);
	return (uint32_t)n;
}

int main(int argc, char **argv)
{
	uint32_t k, n, iterations, threads;
	struct vectors v = {0};
	double vsx, faiss;
	float *x;

	if (argc < 3 || argc > 5)
		die("ROWSxDIM|FILE NLIST [ITERATIONS] [THREADS]");
	iterations = argc < 4 ? 10
		     : strcmp(argv[3], "-") == 0
			     ? 0
			     : number_of(argv[3], "iterations");
	threads = argc > 4 ? number_of(argv[4], "threads") : 1;
	read_rows(&v, argv[1], threads);
	k = number_of(argv[2], "lists");
	if (k > v.n || v.n > INT32_MAX)
		die("more lists than rows, or too many rows");
	n = (uint64_t)k * EACH < v.n ? k * EACH : (uint32_t)v.n;
	x = sample(&v, n);
	vsx = train_vsx(&v, x, n, k, threads);
	if (iterations) {
		faiss = train_faiss(&v, x, n, k, (int)iterations, threads);
		say("ratio", "train", "times", faiss / vsx);
	}
	free(x);
	vectors_release(&v);
	return 0;
}
