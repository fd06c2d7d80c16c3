/*
 * The NEON kernels for codes against the scalar ones, bit for bit; see
 * neon_check.c. Codes and weights end in front of a page without access.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/rng.h"
#include "kernel/codes.h"

#define N_ROWS	9
#define MAX_DIM 65536
#define GUARD	65536 /* at least a page, whatever its size */

static const uint32_t numbers[N_ROWS] = {8, 3, 3, 0, 7, 8, 1, 5, 2};

static unsigned int passed, failed;

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

static void tell(int good, const char *what, uint32_t dim)
{
	if (good) {
		passed++;
		return;
	}
	failed++;
	printf("%s, dim %u: differs from scalar\n", what, dim);
}

static void check_dots(const struct vsx_code_kernels *k, uint8_t *codes_end,
		       uint8_t *weights_end, uint32_t dim, int bits, int fill)
{
	const struct vsx_code_kernels *s = vsx_code_kernels_at(0);
	struct vsx_rng rng = {.state = dim};
	size_t bytes = bits == 8 ? dim : (dim + 1) / 2;
	size_t stride = bytes + dim % 3;
	uint8_t *base = codes_end - bytes - (N_ROWS - 1) * stride;
	int16_t *w = (int16_t *)(void *)weights_end - dim;
	int32_t a[N_ROWS], b[N_ROWS];
	int good = 1;

	for (size_t i = 0; i < bytes + (N_ROWS - 1) * stride; i++)
		base[i] = fill ? 255 : (uint8_t)vsx_rng_next(&rng);
	for (uint32_t i = 0; i < dim; i++)
		w[i] = fill ? INT16_MIN : (int16_t)vsx_rng_next(&rng);
	for (size_t n = 1; n <= N_ROWS; n++) {
		const uint32_t *rows = n % 2 ? numbers : NULL;

		(bits == 8 ? k->dot8 : k->dot4)(w, base, stride, rows, n, dim,
						a);
		(bits == 8 ? s->dot8 : s->dot4)(w, base, stride, rows, n, dim,
						b);
		good &= memcmp(a, b, n * sizeof(*a)) == 0;
	}
	tell(good, bits == 8 ? "dot8" : "dot4", dim);
}

static void check_book(const struct vsx_code_kernels *k, float *book,
		       uint32_t dim, uint32_t n, uint32_t few)
{
	const struct vsx_code_kernels *s = vsx_code_kernels_at(0);
	struct vsx_rng rng = {.state = dim};
	float x[64], a[256], b[256], away[2];
	uint16_t words[2][256] = {{0}};
	int good = 1;

	for (uint32_t i = 0; i < dim; i++)
		x[i] = (float)vsx_rng_below(&rng, few) / 7.0f;
	for (uint32_t i = 0; i < dim * n; i++)
		book[i] = (float)vsx_rng_below(&rng, few) / 7.0f;
	k->squares(x, book, dim, n, a);
	s->squares(x, book, dim, n, b);
	good &= memcmp(a, b, n * sizeof(*a)) == 0;
	k->products(x, book, dim, n, a);
	s->products(x, book, dim, n, b);
	good &= memcmp(a, b, n * sizeof(*a)) == 0;
	for (uint32_t parts = 1; n == 16 && parts <= 16 && parts <= dim;
	     parts++) {
		k->part_products(x, book, dim, parts, a);
		s->part_products(x, book, dim, parts, b);
		good &= memcmp(a, b, parts * 16 * sizeof(*a)) == 0;
	}
	good &= k->nearest(x, book, dim, n, &away[0]) ==
		s->nearest(x, book, dim, n, &away[1]);
	good &= memcmp(&away[0], &away[1], sizeof(away[0])) == 0;
	k->range(book, n, &a[0], &a[1]);
	s->range(book, n, &b[0], &b[1]);
	good &= memcmp(a, b, 2 * sizeof(*a)) == 0;
	k->quantise(book, n, b[0], 0.25f, words[0]);
	s->quantise(book, n, b[0], 0.25f, words[1]);
	good &= memcmp(words[0], words[1], sizeof(words[0])) == 0;
	tell(good, "book", dim);
}

static void check_gate(const struct vsx_code_kernels *k, uint8_t *codes_end,
		       uint8_t *tables_end, uint32_t parts)
{
	const struct vsx_code_kernels *s = vsx_code_kernels_at(0);
	struct vsx_rng rng = {.state = parts};
	size_t bytes = 2 * vsx_gate_block_bytes(parts);
	uint8_t *blocks = codes_end - bytes;
	uint8_t *tables = tables_end - (size_t)parts * 16;
	uint16_t sums[2][2 * VSX_SCAN_ROWS];
	uint32_t a[2], b[2], which[2][VSX_GATE_LINKS];
	int32_t least[2][VSX_GATE_LINKS];
	int good = 1;

	for (size_t i = 0; i < bytes; i++)
		blocks[i] = (uint8_t)vsx_rng_next(&rng);
	for (uint32_t i = 0; i < parts * 16; i++)
		tables[i] = (uint8_t)vsx_rng_next(&rng);
	for (int i = 0; i < 50; i++) {
		struct vsx_gate g = {
			.tables = tables,
			.parts = parts,
			.scale = (int16_t)vsx_rng_next(&rng),
			.base = (int16_t)vsx_rng_next(&rng),
			.bound = (int32_t)vsx_rng_next(&rng),
		};

		k->gate(&g, blocks, 2, a);
		s->gate(&g, blocks, 2, b);
		good &= memcmp(a, b, sizeof(a)) == 0;
		k->least(&g, blocks, 2, least[0], which[0]);
		s->least(&g, blocks, 2, least[1], which[1]);
		good &= memcmp(least[0], least[1], sizeof(least[0])) == 0;
		good &= memcmp(which[0], which[1], sizeof(which[0])) == 0;
	}
	tell(good, "gate", parts);
	k->scan(tables, parts, blocks, bytes / 2, 2, sums[0]);
	s->scan(tables, parts, blocks, bytes / 2, 2, sums[1]);
	tell(memcmp(sums[0], sums[1], sizeof(sums[0])) == 0, "scan", parts);
}

/* Parts of n components; few: many scores are equal. */
static void check_direction(const struct vsx_code_kernels *k, uint32_t n,
			    uint32_t few)
{
	enum { PARTS = 5, N = 6 };
	static float book[PARTS * 64 * 16], r[N * PARTS * 64];
	const struct vsx_code_kernels *s = vsx_code_kernels_at(0);
	uint32_t first[PARTS + 1];
	float half[PARTS * 16], along[PARTS * 16], length[N];
	struct vsx_direction_book b = {book, half, along, first, PARTS};
	struct vsx_rng rng = {.state = n + few};
	struct vsx_direction_sums sums[2][N];
	uint8_t codes[2][N * PARTS];

	for (uint32_t p = 0; p <= PARTS; p++)
		first[p] = p * n;
	for (uint32_t i = 0; i < PARTS * n * 16; i++)
		book[i] = (float)vsx_rng_below(&rng, few) - (float)few / 2;
	for (uint32_t i = 0; i < PARTS * 16; i++) {
		half[i] = (float)vsx_rng_below(&rng, few);
		along[i] = (float)vsx_rng_below(&rng, few);
	}
	for (uint32_t i = 0; i < N; i++)
		length[i] = 0.25f * (float)i;
	for (uint32_t i = 0; i < N * PARTS * n; i++)
		r[i] = (float)vsx_rng_below(&rng, few) / 7.0f;
	k->direction(&b, r, length, N, codes[0], sums[0]);
	s->direction(&b, r, length, N, codes[1], sums[1]);
	tell(memcmp(codes[0], codes[1], sizeof(codes[0])) == 0 &&
		     memcmp(&sums[0], &sums[1], sizeof(sums[0])) == 0,
	     "direction", n);
}

int main(void)
{
	static const uint32_t large[] = {784, 1536, 65535, MAX_DIM};
	static float book[64 * 256];
	const struct vsx_code_kernels *k = vsx_code_kernels();
	uint8_t *codes_end = guarded_end(N_ROWS * ((size_t)MAX_DIM + 3));
	uint8_t *weights_end = guarded_end((size_t)MAX_DIM * 2);

	if (!codes_end || !weights_end) {
		perror("neon_codes");
		return 3;
	}
	tell(strcmp(k->name, "neon") == 0, "neon is chosen", 0);
	for (int i = 0; i < 4; i++) {
		for (uint32_t dim = 1; dim <= 260; dim++)
			check_dots(k, codes_end, weights_end, dim,
				   i % 2 ? 4 : 8, i / 2);
		for (size_t d = 0; d < sizeof(large) / sizeof(large[0]); d++)
			check_dots(k, codes_end, weights_end, large[d],
				   i % 2 ? 4 : 8, i / 2);
	}
	for (uint32_t dim = 1; dim <= 64; dim++)
		for (uint32_t few = 1; few < 1000000; few *= 10)
			check_book(k, book, dim, dim % 3 ? 256 : 16, few);
	for (uint32_t parts = 4; parts <= 128; parts += 4)
		check_gate(k, codes_end, weights_end, parts);
	for (uint32_t n = 1; n <= 64; n++) {
		check_direction(k, n, 3);
		check_direction(k, n, 100000);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
