/*
 * The kernels for codes in plain C: what codes.h says, word for word. The tests
 * hold every other table to them.
 */
#include <math.h>
#include <string.h>

#include "kernel/codes_tables.h"

static int32_t code(const uint8_t *row, uint32_t i, uint32_t dim, int bits)
{
	uint32_t half = (dim + 1) / 2;

	if (bits == 8)
		return row[i];
	return i < half ? row[i] & 15 : row[i - half] >> 4;
}

static inline void dots(const int16_t *w, const uint8_t *base, size_t stride,
			const uint32_t *rows, size_t n, uint32_t dim,
			int32_t *out, int bits)
{
	for (size_t r = 0; r < n; r++) {
		const uint8_t *row = base + stride * (rows ? rows[r] : r);
		uint32_t sum = 0;

		for (uint32_t i = 0; i < dim; i++)
			sum += (uint32_t)(w[i] * code(row, i, dim, bits));
		out[r] = (int32_t)sum;
	}
}

static void dot8(const int16_t *w, const uint8_t *base, size_t stride,
		 const uint32_t *rows, size_t n, uint32_t dim, int32_t *out)
{
	dots(w, base, stride, rows, n, dim, out, 8);
}

static void dot4(const int16_t *w, const uint8_t *base, size_t stride,
		 const uint32_t *rows, size_t n, uint32_t dim, int32_t *out)
{
	dots(w, base, stride, rows, n, dim, out, 4);
}

static float square(const float *x, const float *book, uint32_t dim, uint32_t n)
{
	float sum = 0.0f;

	for (uint32_t i = 0; i < dim; i++) {
		float d = x[i] - book[(size_t)i * n];

		sum += d * d;
	}
	return sum;
}

static void squares(const float *x, const float *book, uint32_t dim, uint32_t n,
		    float *out)
{
	for (uint32_t c = 0; c < n; c++)
		out[c] = square(x, book + c, dim, n);
}

static void products(const float *x, const float *book, uint32_t dim,
		     uint32_t n, float *out)
{
	for (uint32_t c = 0; c < n; c++) {
		out[c] = 0.0f;
		for (uint32_t i = 0; i < dim; i++)
			out[c] += x[i] * book[(size_t)i * n + c];
	}
}

static void part_products(const float *x, const float *book, uint32_t dim,
			  uint32_t parts, float *out)
{
	for (uint32_t p = 0; p < parts; p++) {
		uint32_t from = vsx_part_first(dim, parts, p);

		products(x + from, book + (size_t)from * 16,
			 vsx_part_first(dim, parts, p + 1) - from, 16,
			 out + (size_t)p * 16);
	}
}

static uint32_t nearest(const float *x, const float *book, uint32_t dim,
			uint32_t n, float *away)
{
	uint32_t best = 0;
	float least = INFINITY;

	for (uint32_t c = 0; c < n; c++) {
		float sum = square(x, book + c, dim, n);

		if (sum < least) {
			least = sum;
			best = c;
		}
	}
	if (away)
		*away = least;
	return best;
}

static void range(const float *x, uint32_t n, float *low, float *high)
{
	*low = *high = x[0];
	for (uint32_t i = 1; i < n; i++) {
		*low = x[i] < *low ? x[i] : *low;
		*high = x[i] > *high ? x[i] : *high;
	}
}

/* Adding 2^23 leaves whole numbers, which stand in the low bits. */
static void quantise(const float *x, uint32_t n, float low, float inverse,
		     uint16_t *out)
{
	for (uint32_t i = 0; i < n; i++) {
		float y = (x[i] - low) * inverse + 0x1p23f;

		memcpy(&out[i], &y, sizeof(out[i]));
	}
}

static uint32_t nearest_way(const float *r, uint32_t n, float length,
			    const float *book, const float *half,
			    float *greatest)
{
	uint32_t best = 0;

	*greatest = -INFINITY;
	for (uint32_t c = 0; c < 16; c++) {
		float score = 0.0f;

		for (uint32_t i = 0; i < n; i++)
			score += r[i] * book[i * 16 + c];
		score -= length * half[c];
		if (score > *greatest) {
			*greatest = score;
			best = c;
		}
	}
	return best;
}

static void direction_of(const struct vsx_direction_book *b, const float *r,
			 float length, uint8_t *codes,
			 struct vsx_direction_sums *out)
{
	*out = (struct vsx_direction_sums){0};
	for (uint32_t p = 0; p < b->parts; p++) {
		uint32_t first = b->first[p];
		float greatest;
		uint32_t c = nearest_way(r + first, b->first[p + 1] - first,
					 length, b->book + first * 16,
					 b->half + p * 16, &greatest);

		codes[p] = (uint8_t)c;
		out->score += greatest;
		out->half += b->half[p * 16 + c];
		out->along += b->along[p * 16 + c];
	}
}

static void direction(const struct vsx_direction_book *b, const float *r,
		      const float *length, uint32_t n, uint8_t *codes,
		      struct vsx_direction_sums *out)
{
	for (uint32_t i = 0; i < n; i++)
		direction_of(b, r + (size_t)i * b->first[b->parts], length[i],
			     codes + (size_t)i * b->parts, out + i);
}

static void scan_block(const uint8_t *tables, uint32_t parts,
		       const uint8_t *block, uint16_t out[VSX_SCAN_ROWS])
{
	memset(out, 0, VSX_SCAN_ROWS * sizeof(*out));
	for (uint32_t p = 0; p < parts; p++, tables += 16, block += 16)
		for (uint32_t i = 0; i < 16; i++) {
			out[i] = (uint16_t)(out[i] + tables[block[i] & 15]);
			out[16 + i] =
				(uint16_t)(out[16 + i] + tables[block[i] >> 4]);
		}
}

static void scan(const uint8_t *tables, uint32_t parts, const uint8_t *blocks,
		 size_t stride, size_t n, uint16_t *out)
{
	for (size_t j = 0; j < n; j++)
		scan_block(tables, parts, blocks + j * stride,
			   out + j * VSX_SCAN_ROWS);
}

/* What gates compare, of all links of a block. */
static void values_of(const struct vsx_gate *g, const uint8_t *block,
		      int32_t out[VSX_GATE_LINKS])
{
	uint16_t sums[VSX_SCAN_ROWS];

	scan_block(g->tables, g->parts, block, sums);
	block += vsx_scan_codes_bytes(g->parts);
	for (uint32_t i = 0; i < VSX_GATE_LINKS; i++) {
		uint16_t sum = (uint16_t)(g->base + sums[i]);
		int16_t f[2];

		memcpy(f, block + i * sizeof(f), sizeof(f));
		out[i] = (int32_t)((uint32_t)(f[0] * g->scale) +
				   (uint32_t)(f[1] * (int16_t)sum));
	}
}

static uint32_t gate_block(const struct vsx_gate *g, const uint8_t *block)
{
	int32_t values[VSX_GATE_LINKS];
	uint32_t out = 0;

	values_of(g, block, values);
	for (uint32_t i = 0; i < VSX_GATE_LINKS; i++)
		out |= (uint32_t)(values[i] <= g->bound) << i;
	return out;
}

static void gate(const struct vsx_gate *g, const uint8_t *blocks, size_t n,
		 uint32_t *out)
{
	for (size_t j = 0; j < n; j++)
		out[j] = gate_block(
			g, blocks + j * vsx_gate_block_bytes(g->parts));
}

static void least(const struct vsx_gate *g, const uint8_t *blocks, size_t n,
		  int32_t least[VSX_GATE_LINKS], uint32_t which[VSX_GATE_LINKS])
{
	size_t bytes = vsx_gate_block_bytes(g->parts);

	values_of(g, blocks, least);
	memset(which, 0, VSX_GATE_LINKS * sizeof(*which));
	for (size_t j = 1; j < n; j++) {
		int32_t values[VSX_GATE_LINKS];

		values_of(g, blocks + j * bytes, values);
		for (uint32_t i = 0; i < VSX_GATE_LINKS; i++)
			if (values[i] < least[i]) {
				least[i] = values[i];
				which[i] = (uint32_t)j;
			}
	}
}

const struct vsx_code_kernels vsx_code_kernels_scalar = {
	.name = "scalar",
	.dot8 = dot8,
	.dot4 = dot4,
	.sums = vsx_code_sums,
	.squares = squares,
	.products = products,
	.part_products = part_products,
	.nearest = nearest,
	.range = range,
	.quantise = quantise,
	.direction = direction,
	.scan = scan,
	.gate = gate,
	.least = least,
	.pool = vsx_pool_put,
};
