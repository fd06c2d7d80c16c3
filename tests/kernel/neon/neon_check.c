/*
 * The NEON kernels against the scalar ones, bit for bit: a program without
 * Criterion, which is not there for the foreign processor. neon.sh builds it
 * and runs it under qemu. It prints "N passed, M failed" and exits 1 if any
 * failed. Rows and query end in front of a page without access.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/rng.h"
#include "kernel/half.h"
#include "kernel/kernel.h"

#define N_ROWS	9
#define MAX_DIM 65536
#define GUARD	65536 /* at least a page, whatever its size */

static const uint32_t numbers[N_ROWS] = {8, 3, 3, 0, 7, 8, 1, 5, 2};

static unsigned int passed, failed;

static size_t elem_bytes(enum vsx_elem elem)
{
	return elem == VSX_F32 ? 4 : elem == VSX_I8 || elem == VSX_U8 ? 1 : 2;
}

/* The end of `bytes` of memory with no access behind it; NULL on failure. */
static uint8_t *guarded_end(size_t bytes)
{
	size_t room = (bytes + GUARD - 1) / GUARD * GUARD;
	uint8_t *p = mmap(NULL, room + GUARD, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + room, GUARD, PROT_NONE) != 0)
		return NULL;
	return p + room;
}

static void fill(struct vsx_rng *rng, uint8_t *x, size_t n, enum vsx_elem elem)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t v = vsx_rng_next(rng);
		float f = (float)(v >> 40) / 1048576.0f - 8.0f;
		uint16_t h = elem == VSX_F16 ? vsx_f32_to_f16(f)
					     : vsx_f32_to_bf16(f);

		if (elem == VSX_F32)
			memcpy(x + 4 * i, &f, 4);
		else if (elem_bytes(elem) == 2)
			memcpy(x + 2 * i, &h, 2);
		else
			x[i] = (uint8_t)v;
	}
}

static void tell(int good, const char *what, enum vsx_elem elem, uint32_t dim)
{
	if (good) {
		passed++;
		return;
	}
	failed++;
	printf("%s, elem %d, dim %u: differs from scalar\n", what, (int)elem,
	       dim);
}

static void check_float(const char *what, vsx_float_kernel *got,
			vsx_float_kernel *due, const uint8_t *q,
			const uint8_t *base, size_t stride, uint32_t dim,
			enum vsx_elem elem)
{
	const float *qf = (const float *)(const void *)q;
	float a[N_ROWS], b[N_ROWS];
	int good = 1;

	for (size_t n = 1; n <= N_ROWS; n++) {
		const uint32_t *rows = n % 2 ? numbers : NULL;

		got(qf, base, stride, rows, n, dim, a);
		due(qf, base, stride, rows, n, dim, b);
		good &= memcmp(a, b, n * sizeof(*a)) == 0;
	}
	tell(good, what, elem, dim);
}

static void check_int(const char *what, vsx_int_kernel *got,
		      vsx_int_kernel *due, const uint8_t *q,
		      const uint8_t *base, size_t stride, uint32_t dim,
		      enum vsx_elem elem)
{
	uint32_t a[N_ROWS], b[N_ROWS];
	int good = 1;

	for (size_t n = 1; n <= N_ROWS; n++) {
		const uint32_t *rows = n % 2 ? numbers : NULL;

		got(q, base, stride, rows, n, dim, a);
		due(q, base, stride, rows, n, dim, b);
		good &= memcmp(a, b, n * sizeof(*a)) == 0;
	}
	tell(good, what, elem, dim);
}

static void check(const struct vsx_kernels *k, uint8_t *rows_end,
		  uint8_t *query_end, enum vsx_elem elem, uint32_t dim)
{
	const struct vsx_kernels *s = vsx_kernels_at(0);
	struct vsx_rng rng = {.state = dim};
	size_t bytes = dim * elem_bytes(elem), stride = bytes + dim % 3;
	uint8_t *base = rows_end - bytes - (N_ROWS - 1) * stride;
	uint8_t *q = query_end - dim * sizeof(float);

	for (size_t r = 0; r < N_ROWS; r++)
		fill(&rng, base + r * stride, dim, elem);
	fill(&rng, q, dim, VSX_F32);
	check_float("l2", k->l2[elem], s->l2[elem], q, base, stride, dim, elem);
	check_float("ip", k->ip[elem], s->ip[elem], q, base, stride, dim, elem);
	if (elem != VSX_I8 && elem != VSX_U8)
		return;
	q = query_end - dim;
	fill(&rng, q, dim, elem);
	check_int("int l2", k->l2_int[elem], s->l2_int[elem], q, base, stride,
		  dim, elem);
	check_int("int ip", k->ip_int[elem], s->ip_int[elem], q, base, stride,
		  dim, elem);
	for (size_t r = 0; r < N_ROWS; r++)
		memset(base + r * stride, r % 2 ? 0x80 : 0xff, dim);
	memset(q, dim % 2 ? 0x00 : 0x80, dim);
	check_int("extreme l2", k->l2_int[elem], s->l2_int[elem], q, base,
		  stride, dim, elem);
	check_int("extreme ip", k->ip_int[elem], s->ip_int[elem], q, base,
		  stride, dim, elem);
}

int main(void)
{
	static const enum vsx_elem elems[] = {VSX_F32, VSX_F16, VSX_BF16,
					      VSX_I8, VSX_U8};
	static const uint32_t large[] = {784, 1536, 65535, MAX_DIM};
	const struct vsx_kernels *k = vsx_kernels();
	uint8_t *rows_end = guarded_end(N_ROWS * ((size_t)MAX_DIM * 4 + 3));
	uint8_t *query_end = guarded_end((size_t)MAX_DIM * 4);

	if (!rows_end || !query_end) {
		perror("neon_check");
		return 3;
	}
	tell(strcmp(k->name, "neon") == 0, "neon is chosen", VSX_F32, 0);
	for (size_t e = 0; e < sizeof(elems) / sizeof(elems[0]); e++) {
		for (uint32_t dim = 1; dim <= 260; dim++)
			check(k, rows_end, query_end, elems[e], dim);
		for (size_t d = 0; d < sizeof(large) / sizeof(large[0]); d++)
			check(k, rows_end, query_end, elems[e], large[d]);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
