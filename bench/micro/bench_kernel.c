/*
 * What one distance costs: nanoseconds for each kernel, dimension and
 * instruction set, with the rows in the first cache and, by the widest set,
 * with rows picked at random from an array that only a last cache may hold;
 * beside what the machine can do at most, measured in the same run.
 *
 * The rows of a call follow from the outcome of the call before, as in the
 * walk of a graph; so the processor cannot run the calls side by side.
 */
#include "base/rng.h"
#include "kernel/kernel.h"
#include "roofline.h"
#include "row.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MEGABYTES    200u
#define CACHED_BYTES 24576u /* half of a first cache */
#define N_PICKS	     (1u << 18)
#define N_ROWS	     32u /* of a call */
#define MAX_DIM	     784u
#define RUNS	     9

static const struct kernel {
	const char *name;
	enum vsx_elem elem;
	enum vsx_metric metric;
	int ints; /* query of the element type, exact sums */
} kernels[] = {
	{"f32.l2", VSX_F32, VSX_L2, 0}, {"f32.ip", VSX_F32, VSX_IP, 0},
	{"f16.l2", VSX_F16, VSX_L2, 0}, {"bf16.l2", VSX_BF16, VSX_L2, 0},
	{"u8.l2", VSX_U8, VSX_L2, 0},	{"u8u8.l2", VSX_U8, VSX_L2, 1},
	{"u8u8.ip", VSX_U8, VSX_IP, 1}, {"i8i8.l2", VSX_I8, VSX_L2, 1},
	{"i8i8.ip", VSX_I8, VSX_IP, 1},
};

static const uint32_t dims[] = {50, 128, MAX_DIM};

struct field {
	uint8_t *base;
	void *query;
	uint32_t *picks; /* random row numbers, N_PICKS + N_ROWS */
};

struct job {
	const struct vsx_kernels *table;
	const struct kernel *kernel;
	const struct field *field;
	uint32_t dim, n_calls;
	uint32_t at; /* in the picks: each run goes on behind the last */
	size_t stride;
};

static size_t elem_bytes(enum vsx_elem elem)
{
	return elem == VSX_F32 ? 4 : elem == VSX_I8 || elem == VSX_U8 ? 1 : 2;
}

/* ns a distance. */
static double run(void *context)
{
	struct job *j = context;
	const struct kernel *k = j->kernel;
	const struct field *f = j->field;
	uint32_t out[N_ROWS];
	uint32_t at = j->at;
	double start;

	start = cpu_ns();
	for (uint32_t c = 0; c < j->n_calls; c++) {
		const uint32_t *rows = f->picks + at % N_PICKS;

		if (k->ints)
			(k->metric == VSX_L2 ? j->table->l2_int
					     : j->table->ip_int)[k->elem](
				f->query, f->base, j->stride, rows, N_ROWS,
				j->dim, out);
		else
			(k->metric == VSX_L2 ? j->table->l2
					     : j->table->ip)[k->elem](
				f->query, f->base, j->stride, rows, N_ROWS,
				j->dim, (float *)(void *)out);
		/* The low bits of the outcome decide where to go on. */
		at += N_ROWS + (out[0] & 1) + (out[N_ROWS - 1] & 1);
	}
	start = cpu_ns() - start;
	j->at = at;
	return start / (double)j->n_calls / N_ROWS;
}

/* Over rows of the first `bytes` of the field; `work` bytes are read. */
static double best(struct job *j, size_t bytes, size_t work)
{
	uint64_t n_rows = bytes / j->stride;

	j->n_calls = (uint32_t)(work / j->stride / N_ROWS) + 16;
	for (uint32_t i = 0; i < N_PICKS + N_ROWS; i++)
		j->field->picks[i] =
			(uint32_t)(vsx_random_at(1, 2, i) % n_rows);
	return least_of(RUNS, run, j);
}

/* The time that a distance takes at least, by loading and by computing. */
static void remark(char to[64], const struct job *j, const struct roofline *r,
		   double load, double ns)
{
	double loading = (double)j->stride / load;
	double computing = j->dim / (j->kernel->ints ? r->dot : r->mul_add);
	double least = loading > computing ? loading : computing;

	to[0] = '\0';
	if (r->l1 > 0)
		snprintf(to, 64, "%5.1f GB/s, %3.0f %% of the roofline (%s)",
			 (double)j->stride / ns, 100 * least / ns,
			 loading > computing ? "loading" : "computing");
}

static void measure(struct job *j, const struct roofline *r, int random)
{
	char text[64];
	double ns;

	j->stride = j->dim * elem_bytes(j->kernel->elem);
	ns = best(j, CACHED_BYTES,
		  strcmp(j->table->name, "scalar") == 0 ? 2u << 20 : 8u << 20);
	remark(text, j, r, r->l1, ns);
	row("ns", ns, text, "kernel.%s.%u.%s.cached", j->kernel->name, j->dim,
	    j->table->name);
	if (!random)
		return;
	ns = best(j, (size_t)MEGABYTES << 20, 16u << 20);
	remark(text, j, r, r->memory, ns);
	row("ns", ns, text, "kernel.%s.%u.%s.random", j->kernel->name, j->dim,
	    j->table->name);
}

static void show(const struct roofline *r, const char *isa)
{
	if (r->l1 <= 0)
		return;
	row("GB/s", r->l1, "loading, first cache", "roofline.%s.l1", isa);
	row("GB/s", r->l2, "loading, second cache", "roofline.%s.l2", isa);
	row("GB/s", r->memory, "loading from 200 MB", "roofline.%s.memory",
	    isa);
	row("G/s", r->fma, "f32 components, multiplied and added, fused",
	    "roofline.%s.fma", isa);
	row("G/s", r->mul_add, "f32 components, multiplied, then added",
	    "roofline.%s.mul-add", isa);
	row("G/s", r->dot, "8-bit components, multiplied and added",
	    "roofline.%s.dot", isa);
}

static void measure_all(const struct field *f, const struct vsx_kernels *table,
			int widest)
{
	struct roofline r = roofline_measure(table->name, f->base, MEGABYTES);

	show(&r, table->name);
	for (size_t d = 0; d < sizeof(dims) / sizeof(dims[0]); d++)
		for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]);
		     i++) {
			struct job j = {
				.table = table,
				.kernel = &kernels[i],
				.field = f,
				.dim = dims[d],
			};

			measure(&j, &r, widest);
		}
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

static void field_make(struct field *f)
{
	size_t bytes = (size_t)MEGABYTES << 20;

	f->picks = malloc((N_PICKS + N_ROWS) * sizeof(*f->picks));
	f->query = malloc(MAX_DIM * sizeof(float));
	/* Small pages, as a mapped file has them. */
	f->base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!f->picks || !f->query || f->base == MAP_FAILED)
		die("out of memory");
	madvise(f->base, bytes, MADV_NOHUGEPAGE);
	fill(f->base, bytes);
	fill(f->query, MAX_DIM * sizeof(float));
}

int main(int argc, char **argv)
{
	const struct vsx_kernels *table;
	struct field f;

	rows_begin(argc, argv);
	field_make(&f);
	for (unsigned int i = 0; (table = vsx_kernels_at(i)); i++)
		measure_all(&f, table, !vsx_kernels_at(i + 1));
	munmap(f.base, (size_t)MEGABYTES << 20);
	free(f.query);
	free(f.picks);
	return rows_end();
}
