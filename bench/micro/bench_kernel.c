/*
 * What one distance costs: nanoseconds and bytes a second for each kernel,
 * dimension and instruction set, with the rows in the first cache and with
 * rows picked at random from an array that no cache holds.
 *
 * usage: bench_kernel [MEGABYTES [ROWS_PER_CALL [ISA]]]
 *
 * The rows of a call follow from the outcome of the call before, as in the
 * walk of a graph; so the processor cannot run the calls side by side. Each
 * figure is the best of several runs: other work on the machine only adds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/rng.h"
#include "kernel/kernel.h"

#define CACHED_BYTES 24576 /* half of a first cache */
#define N_PICKS	     (1u << 18)
#define RUNS	     7

struct job {
	const char *name;
	enum vsx_elem elem;
	enum vsx_metric metric;
	int ints; /* query of the element type, exact sums */
};

static const struct job jobs[] = {
	{"f32 l2", VSX_F32, VSX_L2, 0}, {"f32 ip", VSX_F32, VSX_IP, 0},
	{"f16 l2", VSX_F16, VSX_L2, 0}, {"bf16 l2", VSX_BF16, VSX_L2, 0},
	{"u8 l2", VSX_U8, VSX_L2, 0},	{"u8u8 l2", VSX_U8, VSX_L2, 1},
	{"u8u8 ip", VSX_U8, VSX_IP, 1}, {"i8i8 l2", VSX_I8, VSX_L2, 1},
	{"i8i8 ip", VSX_I8, VSX_IP, 1},
};

static const uint32_t dims[] = {128, 784};

struct field {
	uint8_t *base;
	size_t bytes;
	void *query;
	uint32_t *picks; /* random row numbers, N_PICKS + n */
	size_t n;	 /* rows in a call */
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static size_t elem_bytes(enum vsx_elem elem)
{
	return elem == VSX_F32 ? 4 : elem == VSX_I8 || elem == VSX_U8 ? 1 : 2;
}

/* One run: ns per distance over the first n_rows rows of the field. */
static double run(const struct vsx_kernels *k, const struct job *job,
		  const struct field *f, uint32_t dim, uint32_t n_calls)
{
	size_t stride = dim * elem_bytes(job->elem);
	uint32_t out[1024];
	uint32_t at = 0;
	double start;

	start = now();
	for (uint32_t c = 0; c < n_calls; c++) {
		const uint32_t *rows = f->picks + at % N_PICKS;

		if (job->ints)
			(job->metric == VSX_L2 ? k->l2_int
					       : k->ip_int)[job->elem](
				f->query, f->base, stride, rows, f->n, dim,
				out);
		else
			(job->metric == VSX_L2 ? k->l2 : k->ip)[job->elem](
				f->query, f->base, stride, rows, f->n, dim,
				(float *)(void *)out);
		/* The low bits of the outcome decide where to go on. */
		at += (uint32_t)f->n + (out[0] & 1) + (out[f->n - 1] & 1);
	}
	return (now() - start) / (double)n_calls / (double)f->n;
}

static double best(const struct vsx_kernels *k, const struct job *job,
		   const struct field *f, uint32_t dim, size_t bytes)
{
	size_t stride = dim * elem_bytes(job->elem);
	uint64_t n_rows = bytes / stride;
	uint32_t n_calls = (uint32_t)(24000000 / stride / f->n) + 16;
	double least = 1e30;

	for (uint32_t i = 0; i < N_PICKS + f->n; i++)
		f->picks[i] = (uint32_t)(vsx_random_at(1, 2, i) % n_rows);
	for (int i = 0; i < RUNS; i++) {
		double ns = run(k, job, f, dim, n_calls);

		least = ns < least ? ns : least;
	}
	return least;
}

static void report(const struct vsx_kernels *k, const struct job *job,
		   const struct field *f, uint32_t dim)
{
	double bytes = (double)dim * (double)elem_bytes(job->elem);
	double cached = best(k, job, f, dim, CACHED_BYTES);
	double random = best(k, job, f, dim, f->bytes);

	printf("%-8s %5u  %-7s %9.1f %7.1f %11.1f %7.1f\n", job->name, dim,
	       k->name, cached, bytes / cached, random, bytes / random);
	fflush(stdout);
}

/* Bytes of no special pattern, but as f32, f16 and bf16 of modest size. */
static void fill(uint8_t *x, size_t bytes)
{
	for (size_t i = 0; i + 8 <= bytes; i += 8) {
		uint64_t v = vsx_random_at(3, 4, i);

		v = (v & UINT64_C(0xbfffbfffbfffbfff)) |
		    UINT64_C(0x3000300030003000);
		memcpy(x + i, &v, 8);
	}
}

static int field_make(struct field *f, size_t megabytes, size_t n)
{
	f->n = n;
	f->bytes = megabytes << 20;
	f->picks = malloc((N_PICKS + n) * sizeof(*f->picks));
	f->query = malloc(4096 * sizeof(float));
	/* Small pages, as a mapped file has them. */
	f->base = mmap(NULL, f->bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!f->picks || !f->query || f->base == MAP_FAILED)
		return -1;
	madvise(f->base, f->bytes, MADV_NOHUGEPAGE);
	fill(f->base, f->bytes);
	fill(f->query, 4096 * sizeof(float));
	return 0;
}

int main(int argc, char **argv)
{
	size_t megabytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 200;
	size_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 32;
	const char *isa = argc > 3 ? argv[3] : NULL;
	const struct vsx_kernels *k;
	struct field f;

	if (megabytes < 1 || n < 1 || n > 1024) {
		fprintf(stderr, "usage: bench_kernel [MEGABYTES "
				"[ROWS_PER_CALL (1..1024) [ISA]]]\n");
		return 2;
	}
	if (field_make(&f, megabytes, n) != 0) {
		perror("bench_kernel");
		return 3;
	}
	printf("%zu MB, %zu rows a call; ns a distance, GB/s\n", megabytes, n);
	printf("%-8s %5s  %-7s %9s %7s %11s %7s\n", "kernel", "dim", "isa",
	       "cached ns", "GB/s", "random ns", "GB/s");
	for (size_t d = 0; d < sizeof(dims) / sizeof(dims[0]); d++)
		for (size_t j = 0; j < sizeof(jobs) / sizeof(jobs[0]); j++)
			for (unsigned int t = 0; (k = vsx_kernels_at(t)); t++)
				if (!isa || strcmp(isa, k->name) == 0)
					report(k, &jobs[j], &f, dims[d]);
	munmap(f.base, f.bytes);
	free(f.query);
	free(f.picks);
	return 0;
}
