/*
 * The distance kernels in plain C: what kernel.h says, word for word. They run
 * where no better table does, and the tests hold every other table to them.
 */
#include <string.h>

#include "kernel/exact_loops.h"
#include "kernel/grid_query.h"
#include "kernel/half.h"
#include "kernel/tables.h"

#define LANES 32

static inline const uint8_t *row_at(const uint8_t *base, size_t stride,
				    const uint32_t *rows, size_t i)
{
	return base + stride * (rows ? rows[i] : i);
}

/* Component i of a row, as f32. */
static inline float component(const uint8_t *row, size_t i, enum vsx_elem elem)
{
	uint16_t half;
	float full;

	switch (elem) {
	case VSX_F32:
		memcpy(&full, row + 4 * i, sizeof(full));
		return full;
	case VSX_F16:
		memcpy(&half, row + 2 * i, sizeof(half));
		return vsx_f16_to_f32(half);
	case VSX_BF16:
		memcpy(&half, row + 2 * i, sizeof(half));
		return vsx_bf16_to_f32(half);
	case VSX_I8:
		return (float)(int8_t)row[i];
	case VSX_U8:
		return (float)row[i];
	}
	return 0;
}

static inline __attribute__((always_inline)) void to_f32s(float *out,
							  const uint8_t *x,
							  size_t n,
							  enum vsx_elem elem)
{
	for (size_t i = 0; i < n; i++)
		out[i] = component(x, i, elem);
}

static inline float term(float q, float x, enum vsx_metric metric)
{
	float d;

	if (metric == VSX_IP)
		return q * x;
	d = q - x;
	return d * d;
}

static inline __attribute__((always_inline)) void floats(
	const float *q, const uint8_t *base, size_t stride,
	const uint32_t *rows, size_t n, uint32_t dim, float *out,
	enum vsx_elem elem, enum vsx_metric metric)
{
	for (size_t r = 0; r < n; r++) {
		const uint8_t *row = row_at(base, stride, rows, r);
		float sum[LANES] = {0};
		size_t i = 0;

		for (; i + LANES <= dim; i += LANES)
			for (size_t lane = 0; lane < LANES; lane++)
				sum[lane] += term(
					q[i + lane],
					component(row, i + lane, elem), metric);
		for (size_t lane = 0; i + lane < dim; lane++)
			sum[lane] +=
				term(q[i + lane],
				     component(row, i + lane, elem), metric);

		for (size_t half = LANES / 2; half > 0; half /= 2)
			for (size_t lane = 0; lane < half; lane++)
				sum[lane] += sum[lane + half];
		out[r] = sum[0];
	}
}

static inline int integer(const uint8_t *x, size_t i, enum vsx_elem elem)
{
	return elem == VSX_I8 ? (int8_t)x[i] : x[i];
}

static inline __attribute__((always_inline)) void ints(
	const uint8_t *q, const uint8_t *base, size_t stride,
	const uint32_t *rows, size_t n, uint32_t dim, uint32_t *out,
	enum vsx_elem elem, enum vsx_metric metric)
{
	for (size_t r = 0; r < n; r++) {
		const uint8_t *row = row_at(base, stride, rows, r);
		uint32_t sum = 0; /* negative sums wrap, and wrap back */

		for (size_t i = 0; i < dim; i++) {
			int a = integer(q, i, elem);
			int b = integer(row, i, elem);

			sum += (uint32_t)(metric == VSX_IP ? a * b
							   : (a - b) * (a - b));
		}
		out[r] = sum;
	}
}

VSX_KERNEL_TABLE(vsx_kernels_scalar, "scalar", floats, ints)
