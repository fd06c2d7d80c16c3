/*
 * Every table of kernels for codes gives what codes.h promises: the whole
 * numbers of sums written out here once more, and the bits of f32 sums in the
 * order given there. Codes, weights and books end where a page without access
 * begins, so that a kernel that reads one byte too much crashes.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/rng.h"
#include "kernel/codes.h"
#include "kernel/kernel.h"

#define MAX_ROWS 600
#define MAX_DIM	 65536u

enum fill { RANDOM, GREATEST, LEAST, MIXED, N_FILLS };

static uint8_t *guarded_end(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (bytes + page - 1) / page * page;
	uint8_t *p = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(p, MAP_FAILED);
	cr_assert_eq(mprotect(p + room, page, PROT_NONE), 0);
	return p + room;
}

static struct memory {
	uint8_t *codes_end, *weights_end;
} memory;

static void begin(void)
{
	memory.codes_end = guarded_end((size_t)16 << 20);
	memory.weights_end = guarded_end((size_t)MAX_DIM * 512);
}

TestSuite(codes, .init = begin);

static uint8_t byte(struct vsx_rng *rng, enum fill fill)
{
	uint8_t r = (uint8_t)(vsx_rng_next(rng) >> 17);

	return fill == RANDOM ? r : fill == MIXED && r & 1 ? 0 : 255;
}

static int16_t weight(struct vsx_rng *rng, enum fill fill)
{
	uint64_t r = vsx_rng_next(rng) >> 17;

	return fill == RANDOM		   ? (int16_t)(uint16_t)r
	       : fill == GREATEST	   ? INT16_MAX
	       : fill == LEAST || r & 1024 ? INT16_MIN
					   : INT16_MAX;
}

/* Rows to go over: n of them, by number if `number`. */
struct walk {
	const uint8_t *base;
	size_t stride, bytes;
	const uint32_t *number;
	uint32_t n;
};

static const uint8_t *row_of(const struct walk *k, uint32_t r)
{
	return k->base + k->stride * (k->number ? k->number[r] : r);
}

/* n rows in front of the page without access, read in order or not. */
static struct walk walk_over(struct vsx_rng *rng, size_t bytes, uint32_t n,
			     size_t gap, bool by_number, enum fill fill)
{
	static uint32_t number[MAX_ROWS];
	struct walk k = {.stride = bytes + gap, .bytes = bytes, .n = n};
	uint8_t *base = memory.codes_end - bytes - (n - 1) * k.stride;

	for (uint32_t r = 0; r < n; r++) {
		for (size_t i = 0; i < bytes; i++)
			base[r * k.stride + i] = byte(rng, fill);
		number[r] = (uint32_t)vsx_rng_below(rng, n);
	}
	number[n - 1] = n - 1;
	k.base = base;
	k.number = by_number ? number : NULL;
	return k;
}

static int32_t dot(const int16_t *w, const uint8_t *row, uint32_t dim, int bits)
{
	uint32_t h = (dim + 1) / 2;
	int64_t sum = 0;

	for (uint32_t i = 0; i < dim; i++)
		sum += (int64_t)w[i] * (bits == 8 ? row[i]
					: i < h	  ? row[i] % 16
						  : row[i - h] / 16);
	return (int32_t)(uint32_t)(uint64_t)sum;
}

static void check_dots(uint32_t dim, uint32_t n, size_t gap, bool by_number,
		       enum fill fill)
{
	const struct vsx_code_kernels *t;
	struct vsx_rng rng = {dim * 7919 + n};
	int16_t *w = (int16_t *)(void *)memory.weights_end - dim;
	int32_t out[MAX_ROWS + 1];

	for (uint32_t i = 0; i < dim; i++)
		w[i] = weight(&rng, fill);
	for (int bits = 4; bits <= 8; bits += 4) {
		struct walk k = walk_over(&rng, bits == 8 ? dim : (dim + 1) / 2,
					  n, gap, by_number, fill);

		for (unsigned int i = 0; (t = vsx_code_kernels_at(i)); i++) {
			out[n] = 77;
			(bits == 8 ? t->dot8 : t->dot4)(w, k.base, k.stride,
							k.number, n, dim, out);
			cr_assert_eq(out[n], 77);
			for (uint32_t r = 0; r < n; r++)
				cr_assert_eq(out[r],
					     dot(w, row_of(&k, r), dim, bits),
					     "%s dot%d, dim %u, row %u of %u",
					     t->name, bits, dim, r, n);
		}
	}
}

Test(codes, products_are_exact_in_all_dimensions)
{
	for (uint32_t dim = 1; dim <= 300; dim++)
		for (int fill = 0; fill < N_FILLS; fill++)
			check_dots(dim, 6 + dim % 5, dim % 3, fill % 2,
				   (enum fill)fill);
	check_dots(784, 40, 0, true, RANDOM);
	check_dots(960, 77, 4, false, RANDOM);
	for (int fill = 0; fill < N_FILLS; fill++) {
		check_dots(MAX_DIM - 1, 5, 0, false, (enum fill)fill);
		check_dots(MAX_DIM, 5, 0, true, (enum fill)fill);
	}
}

Test(codes, products_are_exact_for_all_numbers_of_rows)
{
	for (uint32_t n = 1; n <= 80; n++)
		check_dots(67, n, n % 4, n % 2, RANDOM);
	check_dots(3, MAX_ROWS, 1, false, RANDOM);
	check_dots(3, MAX_ROWS, 0, true, RANDOM);
}

static void check_sums(uint32_t m, uint32_t n, size_t gap, bool by_number,
		       enum fill fill)
{
	const struct vsx_code_kernels *t;
	struct vsx_rng rng = {m * 31 + n};
	uint16_t *tables =
		(uint16_t *)(void *)memory.weights_end - (size_t)m * 256;
	struct walk k = walk_over(&rng, m, n, gap, by_number, fill);
	uint32_t out[MAX_ROWS + 1];

	for (size_t i = 0; i < (size_t)m * 256; i++)
		tables[i] = fill == RANDOM ? (uint16_t)vsx_rng_next(&rng)
					   : UINT16_MAX;
	for (unsigned int i = 0; (t = vsx_code_kernels_at(i)) != NULL; i++) {
		out[n] = 77;
		t->sums(tables, k.base, k.stride, k.number, n, m, out);
		cr_assert_eq(out[n], 77);
		for (uint32_t r = 0; r < n; r++) {
			uint64_t due = 0;

			for (uint32_t j = 0; j < m; j++)
				due += tables[j * 256 + row_of(&k, r)[j]];
			cr_assert_eq(out[r], due, "%s m %u, row %u of %u",
				     t->name, m, r, n);
		}
	}
}

Test(codes, sums_of_tables_are_exact)
{
	for (uint32_t m = 1; m <= 130; m++)
		check_sums(m, 1 + m % 11, m % 3, m % 2, RANDOM);
	for (uint32_t n = 1; n <= 80; n++)
		check_sums(43, n, n % 4, n % 2, RANDOM);
	check_sums(50, MAX_ROWS, 1, false, RANDOM);
	check_sums(50, MAX_ROWS, 0, true, RANDOM);
	check_sums(MAX_DIM, 3, 0, false, GREATEST);
}

/* ---- books ------------------------------------------------------------ */

static float sum_of(const float *x, const float *book, uint32_t dim, uint32_t n,
		    uint32_t c, bool squares)
{
	volatile float sum = 0.0f, a, b;

	for (uint32_t i = 0; i < dim; i++) {
		b = book[(size_t)i * n + c];
		a = x[i] - b;
		a = squares ? a * a : x[i] * b;
		sum = sum + a;
	}
	return sum;
}

static bool same(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(float)) == 0;
}

static void check_book(const float *x, const float *book, uint32_t dim,
		       uint32_t n)
{
	const struct vsx_code_kernels *t;
	float least = INFINITY, squares[512], products[512], away, sum;
	uint32_t nearest = 0;

	for (uint32_t c = 0; c < n; c++) {
		sum = sum_of(x, book, dim, n, c, true);
		if (sum < least) {
			least = sum;
			nearest = c;
		}
	}
	for (unsigned int i = 0; (t = vsx_code_kernels_at(i)) != NULL; i++) {
		t->squares(x, book, dim, n, squares);
		t->products(x, book, dim, n, products);
		for (uint32_t c = 0; c < n; c++) {
			sum = sum_of(x, book, dim, n, c, true);
			cr_assert(same(&sum, &squares[c]), "%s", t->name);
			sum = sum_of(x, book, dim, n, c, false);
			cr_assert(same(&sum, &products[c]), "%s", t->name);
		}
		cr_assert_eq(t->nearest(x, book, dim, n, &away), nearest,
			     "%s, dim %u, %u codewords", t->name, dim, n);
		cr_assert(same(&away, &least), "%s", t->name);
		cr_assert_eq(t->nearest(x, book, dim, n, NULL), nearest);
	}
}

static void check_parts(const float *x, const float *book, uint32_t dim,
			uint32_t parts)
{
	const struct vsx_code_kernels *t;
	float out[40 * 16];

	for (unsigned int i = 0; (t = vsx_code_kernels_at(i)) != NULL; i++) {
		t->part_products(x, book, dim, parts, out);
		for (uint32_t p = 0; p < parts; p++) {
			uint32_t from = p * dim / parts;
			uint32_t n = (p + 1) * dim / parts - from;

			for (uint32_t c = 0; c < 16; c++) {
				float sum = sum_of(x + from, book + from * 16,
						   n, 16, c, false);

				cr_assert(same(&sum, &out[p * 16 + c]),
					  "%s, part %u of %u of %u", t->name, p,
					  parts, dim);
			}
		}
	}
}

/* Few values: many sums are equal, and the lowest codeword must win. */
static float value(struct vsx_rng *rng, uint32_t few)
{
	return few ? (float)vsx_rng_below(rng, few)
		   : (float)(vsx_rng_next(rng) >> 40) / 1048576.0f - 8.0f;
}

Test(codes, books_give_the_bits_of_the_order)
{
	struct vsx_rng rng = {11};

	for (uint32_t dim = 1; dim <= 40; dim++)
		for (uint32_t times = 0; times < 12; times++) {
			uint32_t n = times % 3 == 0   ? 16
				     : times % 3 == 1 ? 256
						      : 48;
			uint32_t few = times / 3 * times / 3;
			float *book = (float *)(void *)memory.weights_end -
				      (size_t)dim * n;
			float *x = (float *)(void *)memory.codes_end - dim;

			for (uint32_t i = 0; i < dim * n; i++)
				book[i] = value(&rng, few);
			for (uint32_t i = 0; i < dim; i++)
				x[i] = value(&rng, few);
			check_book(x, book, dim, n);
			if (n == 16)
				check_parts(x, book, dim, 1 + times % dim);
		}
}

Test(codes, what_no_codeword_is_near_has_the_first)
{
	static float book[2 * 256];
	const float x[2] = {3e38f, -3e38f};

	for (int i = 0; i < 512; i++)
		book[i] = -3e38f;
	check_book(x, book, 2, 256); /* all sums are infinite */
	book[7] = book[256 + 7] = 0.0f;
	book[200] = 3e38f;
	book[256 + 200] = -3e38f;
	check_book(x, book, 2, 256);
}

static void check_quantised(struct vsx_rng *rng, uint32_t n, float inverse)
{
	const struct vsx_code_kernels *t;
	float *x = (float *)(void *)memory.codes_end - n;
	uint16_t *out = (uint16_t *)(void *)memory.weights_end - n;
	float least = INFINITY, most = -INFINITY, low, high;

	for (uint32_t i = 0; i < n; i++) {
		x[i] = value(rng, inverse < 1.0f ? 200000 : 0);
		least = fminf(least, x[i]);
		most = fmaxf(most, x[i]);
	}
	if (!(inverse > 0.0f))
		inverse = 65535.0f / (most - least);
	for (unsigned int i = 0; (t = vsx_code_kernels_at(i)) != NULL; i++) {
		t->range(x, n, &low, &high);
		cr_assert_eq(low, least, "%s", t->name);
		cr_assert_eq(high, most, "%s", t->name);
		t->quantise(x, n, least, inverse, out);
		for (uint32_t k = 0; k < n; k++) {
			volatile float at = x[k] - least;

			at = at * inverse;
			cr_assert_eq(out[k], (uint16_t)nearbyintf(at),
				     "%s: %.9g becomes %u", t->name, (double)at,
				     out[k]);
		}
	}
}

/* By 0.25 there are ties, which go to the even number. */
Test(codes, quantise_to_the_nearest_whole_number)
{
	struct vsx_rng rng = {5};

	for (uint32_t n = 16; n <= 256; n += 16)
		for (int i = 0; i < 20; i++) {
			check_quantised(&rng, n, 0.0f);
			check_quantised(&rng, n, 0.25f);
		}
}

/* ---- directions -------------------------------------------------------- */

enum { WAYS_PARTS = 9, WAYS_DIM = 40, WAYS_N = 6 };

struct ways {
	uint32_t first[WAYS_PARTS + 1];
	float book[WAYS_DIM * 16], half[WAYS_PARTS * 16],
		along[WAYS_PARTS * 16];
	float r[WAYS_N * WAYS_DIM], length[WAYS_N];
};

/* Parts of 1 to 8 components; few: many scores are equal. */
static void make_ways(struct ways *w, struct vsx_rng *rng, uint32_t few)
{
	w->first[0] = 0;
	for (uint32_t p = 0; p < WAYS_PARTS; p++)
		w->first[p + 1] =
			w->first[p] + (p == WAYS_PARTS - 1 ? 4 : 1 + p);
	for (uint32_t i = 0; i < WAYS_DIM * 16; i++)
		w->book[i] = value(rng, few);
	for (uint32_t i = 0; i < WAYS_PARTS * 16; i++) {
		w->half[i] = value(rng, few);
		w->along[i] = value(rng, few);
	}
	for (uint32_t i = 0; i < WAYS_N * WAYS_DIM; i++)
		w->r[i] = value(rng, few);
	for (uint32_t i = 0; i < WAYS_N; i++)
		w->length[i] = value(rng, few);
}

static float score_of(const struct ways *w, uint32_t v, uint32_t p, uint32_t c)
{
	float sum = 0.0f;

	for (uint32_t i = w->first[p]; i < w->first[p + 1]; i++) {
		float product = w->r[v * WAYS_DIM + i] * w->book[i * 16 + c];

		sum += product;
	}
	return sum - w->length[v] * w->half[p * 16 + c];
}

static bool alike(float a, float b)
{
	return same(&a, &b) || (isnan(a) && isnan(b));
}

static void way_of(const struct ways *w, uint32_t v, uint8_t *code,
		   struct vsx_direction_sums *due)
{
	*due = (struct vsx_direction_sums){0};
	for (uint32_t p = 0; p < WAYS_PARTS; p++) {
		float greatest = -INFINITY;

		code[p] = 0;
		for (uint32_t c = 0; c < 16; c++)
			if (score_of(w, v, p, c) > greatest) {
				greatest = score_of(w, v, p, c);
				code[p] = (uint8_t)c;
			}
		due->score += greatest;
		due->half += w->half[p * 16 + code[p]];
		due->along += w->along[p * 16 + code[p]];
	}
}

static void check_ways(const struct ways *w)
{
	struct vsx_direction_book book = {w->book, w->half, w->along, w->first,
					  WAYS_PARTS};
	const struct vsx_code_kernels *t;
	struct vsx_direction_sums due[WAYS_N], sums[WAYS_N];
	uint8_t code[WAYS_N * WAYS_PARTS], found[WAYS_N * WAYS_PARTS + 1];

	for (uint32_t v = 0; v < WAYS_N; v++)
		way_of(w, v, code + v * WAYS_PARTS, &due[v]);
	for (unsigned int i = 0; (t = vsx_code_kernels_at(i)) != NULL; i++)
		for (uint32_t n = 1; n <= WAYS_N; n++) {
			found[n * WAYS_PARTS] = 77;
			t->direction(&book, w->r, w->length, n, found, sums);
			cr_assert_eq(memcmp(found, code, n * WAYS_PARTS), 0,
				     "%s", t->name);
			cr_assert_eq(found[n * WAYS_PARTS], 77);
			for (uint32_t v = 0; v < n; v++) {
				cr_assert(alike(sums[v].score, due[v].score));
				cr_assert(alike(sums[v].half, due[v].half));
				cr_assert(alike(sums[v].along, due[v].along));
			}
		}
}

Test(codes, directions_give_the_bits_of_the_order)
{
	struct vsx_rng rng = {31};
	struct ways w;

	for (uint32_t i = 0; i < 1000; i++) {
		make_ways(&w, &rng, i % 3 ? 0 : 2 + i % 5);
		check_ways(&w);
	}
}

/* Scores that are no numbers are none, and the first is taken where all are. */
Test(codes, directions_of_no_numbers_are_the_first)
{
	static const float odd[] = {INFINITY, -INFINITY, NAN, 3e38f, -3e38f};
	struct vsx_rng rng = {32};
	struct ways w;

	for (uint32_t i = 0; i < 1000; i++) {
		make_ways(&w, &rng, 3);
		for (uint32_t j = 0; j < 1 + i % 40; j++) {
			w.book[vsx_rng_below(&rng, WAYS_DIM * 16)] =
				odd[vsx_rng_below(&rng, 5)];
			w.half[vsx_rng_below(&rng, WAYS_PARTS * 16)] =
				odd[vsx_rng_below(&rng, 5)];
		}
		if (i % 3 == 0)
			w.length[i % WAYS_N] = odd[i % 5];
		if (i % 7 == 0)
			w.r[i % (WAYS_N * WAYS_DIM)] = odd[i / 7 % 5];
		check_ways(&w);
	}
}

/* ---- which table ------------------------------------------------------ */

Test(codes, has_the_tables_of_kernels)
{
	unsigned int n = 0;

	unsetenv("VSX_ISA");
	for (; vsx_code_kernels_at(n); n++)
		cr_assert_str_eq(vsx_code_kernels_at(n)->name,
				 vsx_kernels_at(n)->name);
	cr_assert_null(vsx_kernels_at(n));
	cr_assert_eq(vsx_code_kernels(), vsx_code_kernels_at(n - 1));
}

Test(codes, can_be_forced)
{
	setenv("VSX_ISA", "scalar", 1);
	cr_assert_str_eq(vsx_code_kernels()->name, "scalar");
}

/* ---- blocks of 32 rows -------------------------------------------------- */

static uint16_t entries_of(const uint8_t *tables, uint32_t parts,
			   const uint8_t *block, uint32_t i)
{
	uint32_t sum = 0;

	for (uint32_t p = 0; p < parts; p++) {
		uint8_t both = block[p * 16 + i % 16];

		sum += tables[p * 16 + (i < 16 ? both % 16 : both / 16)];
	}
	return (uint16_t)sum;
}

static void check_scan(const uint8_t *tables, uint32_t parts,
		       const uint8_t *blocks, size_t stride, uint32_t n)
{
	const struct vsx_code_kernels *t;
	uint16_t out[3 * VSX_SCAN_ROWS + 1];

	for (unsigned int k = 0; (t = vsx_code_kernels_at(k)); k++) {
		out[n * VSX_SCAN_ROWS] = 77;
		t->scan(tables, parts, blocks, stride, n, out);
		cr_assert_eq(out[n * VSX_SCAN_ROWS], 77);
		for (uint32_t i = 0; i < n * VSX_SCAN_ROWS; i++)
			cr_assert_eq(out[i],
				     entries_of(tables, parts,
						blocks + i / 32 * stride,
						i % 32),
				     "%s, %u parts, row %u of %u blocks",
				     t->name, parts, i, n);
	}
}

/* Sums of few parts and of so many that they wrap, of blocks that nothing lies
 * behind and of such with something in between. */
Test(codes, scans_give_the_same_sums)
{
	static const uint32_t sizes[] = {4,   8,   12,	16,  60,  64,
					 192, 256, 260, 480, 1024};
	struct vsx_rng rng = {4713};

	for (uint32_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
		for (uint32_t turn = 0; turn < 2 * N_FILLS; turn++) {
			uint32_t parts = sizes[s], n = 1 + turn % 3;
			size_t codes = vsx_scan_codes_bytes(parts);
			size_t stride = codes + (turn & 1 ? 128 : 0);
			size_t bytes = (n - 1) * stride + codes;
			uint8_t *blocks = memory.codes_end - bytes;
			uint8_t *tables = (uint8_t *)memory.weights_end -
					  (size_t)parts * 16;

			for (size_t i = 0; i < bytes; i++)
				blocks[i] = byte(&rng, RANDOM);
			for (uint32_t i = 0; i < parts * 16; i++)
				tables[i] =
					byte(&rng, (enum fill)(turn % N_FILLS));
			check_scan(tables, parts, blocks, stride, n);
		}
}

/* ---- gates -------------------------------------------------------------- */

static bool passes(const struct vsx_gate *g, const uint8_t *block, uint32_t i)
{
	const uint8_t *factors = block + (size_t)g->parts * 16;
	int64_t sum = g->base, value;
	int16_t f[2];

	for (uint32_t p = 0; p < g->parts; p++) {
		uint8_t both = block[p * 16 + i % 16];

		sum += g->tables[p * 16 + (i < 16 ? both % 16 : both / 16)];
	}
	memcpy(f, factors + i * 4, sizeof(f));
	value = (int64_t)f[0] * g->scale +
		(int64_t)f[1] * (int16_t)(uint16_t)(uint64_t)sum;
	return (int32_t)(uint32_t)(uint64_t)value <= g->bound;
}

/* The value of a link as a bound: there the answer turns. */
static int32_t value_of(struct vsx_gate g, const uint8_t *block, uint32_t i)
{
	int64_t low = INT32_MIN, high = INT32_MAX;

	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		g.bound = (int32_t)middle;
		if (passes(&g, block, i))
			high = middle;
		else
			low = middle + 1;
	}
	return (int32_t)low;
}

static void check_gates(const struct vsx_gate *g, const uint8_t *blocks,
			uint32_t n)
{
	const struct vsx_code_kernels *t;
	uint32_t out[4 + 1];

	for (unsigned int k = 0; (t = vsx_code_kernels_at(k)); k++) {
		out[n] = 77;
		t->gate(g, blocks, n, out);
		cr_assert_eq(out[n], 77);
		for (uint32_t i = 0; i < n * VSX_GATE_LINKS; i++)
			cr_assert_eq(
				out[i / 32] >> i % 32 & 1,
				passes(g,
				       blocks + i / 32 *
							vsx_gate_block_bytes(
								g->parts),
				       i % 32),
				"%s, %u parts, link %u of %u blocks", t->name,
				g->parts, i, n);
	}
}

static void check_least(const struct vsx_gate *g, const uint8_t *blocks,
			uint32_t n)
{
	size_t bytes = vsx_gate_block_bytes(g->parts);
	int32_t due[VSX_GATE_LINKS], least[VSX_GATE_LINKS + 1];
	uint32_t due_at[VSX_GATE_LINKS], which[VSX_GATE_LINKS + 1];
	const struct vsx_code_kernels *t;

	for (uint32_t i = 0; i < VSX_GATE_LINKS; i++)
		for (uint32_t j = 0; j < n; j++) {
			int32_t value = value_of(*g, blocks + j * bytes, i);

			if (j == 0 || value < due[i]) {
				due[i] = value;
				due_at[i] = j;
			}
		}
	for (unsigned int k = 0; (t = vsx_code_kernels_at(k)); k++) {
		least[VSX_GATE_LINKS] = 77;
		which[VSX_GATE_LINKS] = 78;
		t->least(g, blocks, n, least, which);
		cr_assert_eq(least[VSX_GATE_LINKS], 77);
		cr_assert_eq(which[VSX_GATE_LINKS], 78);
		cr_assert_arr_eq(least, due, sizeof(due), "%s, %u parts",
				 t->name, g->parts);
		cr_assert_arr_eq(which, due_at, sizeof(due_at), "%s, %u parts",
				 t->name, g->parts);
	}
}

/* Codes, tables and factors of every size, wrapped sums among them; bounds of
 * every size, and those at which one link turns. */
Test(codes, gates_let_the_same_links_pass)
{
	struct vsx_rng rng = {4711};

	for (uint32_t parts = 4; parts <= 128; parts += 4)
		for (uint32_t turn = 0; turn < 4 * N_FILLS; turn++) {
			enum fill fill = (enum fill)(turn % N_FILLS);
			uint32_t n = 1 + turn % 3;
			size_t bytes = n * vsx_gate_block_bytes(parts);
			uint8_t *blocks = memory.codes_end - bytes;
			uint8_t *tables = (uint8_t *)memory.weights_end -
					  (size_t)parts * 16;
			struct vsx_gate g = {
				.tables = tables,
				.parts = parts,
				.scale = weight(&rng, fill),
				.base = weight(&rng, (enum fill)(turn / 4)),
				.bound = (int32_t)vsx_rng_next(&rng),
			};

			for (size_t i = 0; i < bytes; i++)
				blocks[i] = byte(&rng, RANDOM);
			for (uint32_t i = 0; i < parts * 16; i++)
				tables[i] = byte(&rng, fill);
			for (uint32_t i = 0; i < n * 32 * 2; i++) {
				int16_t f = weight(&rng, fill);
				size_t block =
					i / 64 * vsx_gate_block_bytes(parts);

				memcpy(blocks + block + parts * 16 +
					       i % 64 * sizeof(f),
				       &f, sizeof(f));
			}
			check_gates(&g, blocks, n);
			g.bound = value_of(g, blocks, turn % 32);
			check_gates(&g, blocks, n);
			if (g.bound > INT32_MIN)
				g.bound--;
			check_gates(&g, blocks, n);
			check_least(&g, blocks, n);
		}
}
